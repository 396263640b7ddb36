/**
 * What exec and attach share: the terminal in raw mode, its size, and the streams at the URL that the runtime gave.
 * @models kubernetes-sigs/cri-tools cmd/crictl/exec.go stream, k8s.io/kubectl/pkg/util/term
 * @fidelity partial: the detach keys ctrl-p ctrl-q reach the container; TLS flags are checked but nothing is encrypted
 */

import type { CliContext } from '../../go/cli-types.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { Termios, WindowSize } from '../../linux/syscalls.ts';
import type { StreamStatus } from '../../protocols/streaming/channels.ts';
import { connectStream, StreamError, type StreamOptions } from '../../protocols/streaming/client.ts';
import { Queue } from '../../sim/primitives.ts';
import { Failure } from './failure.ts';

export type Transport = 'spdy' | 'websocket';

export function checkTlsFlags(cli: CliContext): void {
  const [ca, cert, key] = ['tls-ca', 'tls-cert', 'tls-key'].map((flag) => cli.string(flag));
  if ((ca === '' && cert === '' && key === '') || (cert !== '' && key !== '')) return;
  // The flags are named in the wrong order upstream.
  const text = 'all two flags --tls-ca, --tls-cert are required for TLS streaming, only --tls-key is optional';
  throw new Failure(`get TLS config from flags: ${text}`);
}

export function transportOf(name: string, what: 'executor' | 'dialer'): Transport {
  if (name === 'spdy' || name === 'websocket') return name;
  throw new Failure(`get ${what}: unknown transport: ${name}`);
}

/** Where only the path was given, the rest is kubelet's. */
export function fullUrl(url: string): string {
  if (url.startsWith('//')) return `http:${url}`;
  return url.startsWith('/') ? `http://127.0.0.1:10250${url}` : url;
}

export type StreamTarget = {
  readonly url: string;
  readonly transport: string;
  readonly stdin: boolean;
  readonly tty: boolean;
};

/** Returns when the command has ended well; fails with its exit code or the runtime's words otherwise. */
export async function stream(ctx: Context, target: StreamTarget): Promise<void> {
  const transport = transportOf(target.transport, 'executor');
  const url = fullUrl(target.url);
  if (!target.tty) {
    const stdin = target.stdin ? 0 : null;
    return await finish(ctx, url, { stdin, stdout: 1, stderr: 2, tty: false, transport });
  }
  if (!target.stdin) throw new Failure('tty=true must be specified with interactive=true');
  if (!(await ctx.sys.isTty(ctx, 0))) throw new Failure('input is not a terminal');
  await inRawMode(ctx, async () => {
    const resizes = await monitorSize(ctx);
    await finish(ctx, url, { stdin: 0, stdout: 1, tty: true, transport, resizes });
  });
}

async function finish(ctx: Context, url: string, options: StreamOptions): Promise<void> {
  const status = await connect(ctx, url, options);
  if (status.status === 'Success') return;
  throw new Failure(status.exitCode === null ? status.message : `command terminated with exit code ${status.exitCode}`);
}

async function connect(ctx: Context, url: string, options: StreamOptions): Promise<StreamStatus> {
  try {
    return await connectStream(ctx, url, options);
  } catch (error) {
    if (error instanceof StreamError) throw new Failure(error.message, { cause: error });
    throw error;
  }
}

const RAW: Termios = { canonical: false, echo: false, signals: false, outputNewline: false };

/** The terminal comes back as it was, also when a signal ends the process. */
async function inRawMode(ctx: Context, body: () => Promise<void>): Promise<void> {
  const { sys } = ctx;
  const before = await sys.getTermios(ctx, 0);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
    const restoreAndExit = (): void => {
      ctx.go('restore terminal', async (c) => {
        await c.sys.setTermios(c, 0, before);
        await c.sys.exit(c, 1);
      });
    };
    sys.sigaction(ctx, signal, restoreAndExit, { restart: true });
  }
  await sys.setTermios(ctx, 0, RAW);
  try {
    await body();
  } finally {
    await sys.setTermios(ctx, 0, before);
  }
}

/** The present size, then each new one. */
async function monitorSize(ctx: Context): Promise<Queue<WindowSize>> {
  const sizes = new Queue<WindowSize>(ctx.scheduler);
  const push = async (c: Context): Promise<void> => {
    try {
      sizes.push(await c.sys.getWindowSize(c, 0));
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  };
  await push(ctx);
  ctx.sys.sigaction(ctx, 'SIGWINCH', () => ctx.go('window size', push), { restart: true });
  return sizes;
}
