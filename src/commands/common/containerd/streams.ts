/**
 * Streams of a process in a container: named pipes between this program and the shim, copied to and from its own files.
 * @models containerd 2.1 pkg/cio/io_unix.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../linux/io.ts';
import { Future } from '../../../sim/primitives.ts';
import type { TaskStreams } from './container.ts';

export type IoConfig = { stdin: string; stdout: string; stderr: string; terminal: boolean };

export const DEFAULT_FIFO_DIR = '/run/containerd/fifo';
export const NULL_IO: IoConfig = { stdin: '', stdout: '', stderr: '', terminal: false };

const READ_SIZE = 32_768;

export type OpenStreams = TaskStreams & {
  readonly config: IoConfig;
  /** Called when our own input has ended. */
  onInputEnd: ((ctx: Context) => Promise<void>) | null;
};

/** Descriptors that get the output as well, or instead of ours. */
export type Outputs = { readonly stdout: readonly number[]; readonly stderr: readonly number[] };

const OWN: Outputs = { stdout: [1], stderr: [2] };

/** cio.NewCreator with streams: our descriptors 0, 1 and 2, or other ones. `directory` empty: the default. */
export async function newStreams(
  ctx: Context,
  id: string,
  terminal: boolean,
  directory = '',
  withInput = true,
  outputs = OWN,
): Promise<OpenStreams> {
  const root = directory === '' ? DEFAULT_FIFO_DIR : directory;
  await mkdirAll(ctx, root, 0o700);
  const own = `${root}/${ctx.random.uint32()}`;
  await ctx.sys.mkdir(ctx, own, 0o700);
  const config: IoConfig = {
    stdin: withInput ? `${own}/${id}-stdin` : '',
    stdout: `${own}/${id}-stdout`,
    stderr: terminal ? '' : `${own}/${id}-stderr`,
    terminal,
  };
  for (const path of [config.stdin, config.stdout, config.stderr])
    if (path !== '') await ctx.sys.mknod(ctx, path, 'fifo', 0o700);
  return copyStreams(ctx, config, outputs, (c) => removeAll(c, own));
}

/** cio.NewAttach: the pipes that a running task has already. */
export function attachStreams(ctx: Context, config: IoConfig): OpenStreams {
  return copyStreams(ctx, config, OWN, async () => {});
}

function copyStreams(
  ctx: Context,
  config: IoConfig,
  targets: Outputs,
  remove: (ctx: Context) => Promise<void>,
): OpenStreams {
  const outputs: Future<void>[] = [];
  const streams: OpenStreams = {
    config,
    onInputEnd: null,
    remove,
    async drained() {
      for (const output of outputs) await output.wait();
    },
  };
  for (const [path, to] of [
    [config.stdout, targets.stdout],
    [config.stderr, targets.stderr],
  ] as const) {
    if (path === '') continue;
    const done = new Future<void>(ctx.scheduler);
    outputs.push(done);
    ctx.go('copy output', async (c) => {
      await copy(c, await c.sys.open(c, path, { read: true }), to);
      done.resolve();
    });
  }
  if (config.stdin !== '') ctx.go('copy input', (c) => copyInput(c, config.stdin, streams));
  return streams;
}

async function copyInput(ctx: Context, path: string, streams: OpenStreams): Promise<void> {
  let fd: number;
  try {
    fd = await ctx.sys.open(ctx, path, { write: true });
  } catch (error) {
    if (isErrno(error)) return;
    throw error;
  }
  await copy(ctx, 0, [fd]);
  await ctx.sys.close(ctx, fd);
  await streams.onInputEnd?.(ctx);
}

async function copy(ctx: Context, from: number, to: readonly number[]): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, from, READ_SIZE);
      if (data.length === 0) return;
      for (const fd of to) await ctx.sys.write(ctx, fd, data);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
