/**
 * What exec, attach and run -i share: the terminal in raw mode, its size, and the streams through the API server.
 * @models k8s.io/kubectl pkg/cmd/exec exec.go, pkg/util/term; k8s.io/client-go tools/remotecommand
 * @fidelity partial: SPDY's upgrade rather than WebSocket's; no port of the detach keys
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError } from '../../linux/io.ts';
import type { Termios, WindowSize } from '../../linux/syscalls.ts';
import { queryText, statusErrorOf } from '../../protocols/kube/client.ts';
import { flag, list, text } from '../../protocols/kube/fields.ts';
import { resourceNamed, resourcePath } from '../../protocols/kube/resources.ts';
import { connectStream, StreamError, type StreamOptions } from '../../protocols/streaming/client.ts';
import { Queue } from '../../sim/primitives.ts';
import { Failure } from './failure.ts';
import type { Run } from './run.ts';

export type StreamRequest = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly subresource: 'exec' | 'attach';
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
  /** Descriptors in place of the standard ones. */
  readonly io?: { readonly stdin: number | null; readonly stdout: number; readonly stderr: number };
};

export async function streamPod(ctx: Context, run: Run, request: StreamRequest): Promise<void> {
  const client = await run.client(ctx);
  const { namespace, pod, container, subresource, command, stdin, tty, io } = request;
  const query = {
    ...(command.length === 0 ? {} : { command }),
    ...(container === '' ? {} : { container }),
    ...(stdin ? { stdin: 'true' } : {}),
    stdout: 'true',
    ...(tty ? { tty: 'true' } : { stderr: 'true' }),
  };
  const url =
    client.config.server + resourcePath(resourceNamed('pods'), namespace, pod, subresource) + queryText(query);
  const base: StreamOptions = {
    stdin: stdin ? (io?.stdin ?? 0) : null,
    stdout: io?.stdout ?? 1,
    tty,
    dialer: client.transport,
  };
  if (!tty) return await finish(ctx, url, { ...base, stderr: io?.stderr ?? 2 });
  await inRawMode(ctx, async () => await finish(ctx, url, { ...base, resizes: await monitorSize(ctx) }));
}

async function finish(ctx: Context, url: string, options: StreamOptions): Promise<void> {
  let status: Awaited<ReturnType<typeof connectStream>>;
  try {
    status = await connectStream(ctx, url, options);
  } catch (error) {
    if (error instanceof StreamError) throw refusalOf(error.message);
    throw error;
  }
  if (status.status === 'Success') return;
  const { exitCode, message } = status;
  if (exitCode === null) throw new Failure(message);
  throw new Failure(`command terminated with exit code ${exitCode}`, { exitCode, bare: true });
}

/** The API server refuses with a Status, the kubelet with plain text. */
export function refusalOf(message: string): Error {
  const body = message.replace(/^unable to upgrade connection: /, '');
  return body.startsWith('{') ? statusErrorOf(500, body) : new Failure(message);
}

/** -t without a terminal behind stdin is given up with a warning. */
export async function ttyOf(ctx: Context, wanted: boolean): Promise<boolean> {
  if (!wanted || (await ctx.sys.isTty(ctx, 0))) return wanted;
  await printError(ctx, 'Unable to use a TTY - input is not a terminal or the right kind of file\n');
  return false;
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

/** The container meant: the one named, the annotated default, or the first with a word about the others. */
export async function containerOf(ctx: Context, pod: unknown, named: string, quiet: boolean): Promise<string> {
  const kinds: readonly [field: string, mark: string][] = [
    ['containers', ''],
    ['initContainers', ' (init)'],
    ['ephemeralContainers', ' (ephem)'],
  ];
  const all = kinds.flatMap(([key, mark]) => list(pod, 'spec', key).map((c) => ({ name: text(c, 'name'), mark })));
  const pod_ = text(pod, 'metadata', 'name');
  if (named !== '') {
    if (all.some(({ name }) => name === named)) return named;
    const known = all.map(({ name, mark }) => name + mark).join(', ');
    throw new Failure(`container ${named} is not valid for pod ${pod_} out of: ${known}`);
  }
  const preferred = text(pod, 'metadata', 'annotations', 'kubectl.kubernetes.io/default-container');
  if (preferred !== '' && all.some(({ name }) => name === preferred)) return preferred;
  const first = all[0]?.name ?? '';
  if (all.length > 1 && !quiet) {
    const known = all.map(({ name, mark }) => name + mark).join(', ');
    await printError(ctx, `Defaulted container "${first}" out of: ${known}\n`);
  }
  return first;
}

export function isTtyContainer(pod: unknown, container: string): boolean {
  return list(pod, 'spec', 'containers').some((c) => text(c, 'name') === container && flag(c, 'tty'));
}

export async function attachHints(ctx: Context, isTerminal: boolean): Promise<void> {
  const lines =
    "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n";
  await (isTerminal ? print(ctx, lines.replaceAll('\n', '\r\n')) : printError(ctx, lines));
}
