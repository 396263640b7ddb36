/**
 * Runs runsc and turns its failures into Go errors.
 * @models gVisor pkg/shim/v1/runsccmd/runsc.go, pkg/shim/v1/proc/utils.go @fidelity full
 */
import { type GoError, newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { lookPath, readAll, readFile } from '../../../linux/io.ts';
import { type Data, utf8 } from '../../../linux/rope.ts';
import { Future } from '../../../sim/primitives.ts';
import { messageOf } from '../shared/errors.ts';
import type { Reaper } from '../shared/reaper.ts';
import { lastRuntimeError } from '../shared/runtime-log.ts';
import type { Stdio } from '../shared/stdio.ts';

export type RunscOptions = {
  /** Name on PATH, or a path. */
  binary: string;
  /** --root, with the containerd namespace in it. */
  root: string;
  log: string;
  /** Flags of runsc, from [runsc_config]. */
  config: Readonly<Record<string, string>>;
};

export type RunResult = { status: number; stdout: string; stderr: string };

/** With `stdio` the three descriptors are the container's; without, output is collected. */
export async function runRunsc(
  ctx: Context,
  reaper: Reaper,
  options: RunscOptions,
  args: readonly string[],
  io: { stdio?: Stdio; stdin?: Data } = {},
): Promise<RunResult> {
  const { sys } = ctx;
  const path = await lookPath(ctx, options.binary);
  if (path === null) {
    const words = options.binary.includes('/')
      ? `fork/exec ${options.binary}: no such file or directory`
      : `exec: ${quote(options.binary)}: executable file not found in $PATH`;
    throw newError(words);
  }
  const argv = [
    options.binary,
    `--root=${options.root}`,
    `--log=${options.log}`,
    '--log-format=json',
    ...Object.entries(options.config).map(([name, value]) => `--${name}=${value}`),
    ...args,
  ];
  const out = io.stdio === undefined ? await sys.pipe(ctx) : null;
  const err = io.stdio === undefined ? await sys.pipe(ctx) : null;
  const input = io.stdin === undefined ? null : await sys.pipe(ctx);
  const stdio: Stdio = io.stdio ?? [input?.[0] ?? 'null', out?.[1] ?? 'null', err?.[1] ?? 'null'];
  let pid: number;
  try {
    pid = await sys.spawn(ctx, path, { argv, stdio: { 0: stdio[0], 1: stdio[1], 2: stdio[2] } });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw newError(`fork/exec ${path}: ${error.go}`);
  } finally {
    for (const fd of [out?.[1], err?.[1], input?.[0]]) if (fd !== undefined) await sys.close(ctx, fd);
  }
  if (input !== null && io.stdin !== undefined) {
    await sys.write(ctx, input[1], io.stdin);
    await sys.close(ctx, input[1]);
  }
  const stdout = collect(ctx, out?.[0]);
  const stderr = collect(ctx, err?.[0]);
  const exit = await reaper.exit(ctx, pid);
  return { status: exit.status, stdout: await stdout.wait(), stderr: await stderr.wait() };
}

function collect(ctx: Context, fd: number | undefined): Future<string> {
  const future = new Future<string>(ctx.scheduler);
  if (fd === undefined) future.resolve('');
  else {
    ctx.go('runsc output', async (inner) => {
      future.resolve(utf8(await readAll(inner, fd)));
      await inner.sys.close(inner, fd);
    });
  }
  return future;
}

/** Fails with the words of runsc's wrapper unless the exit code is 0. */
export async function mustRun(
  ctx: Context,
  reaper: Reaper,
  options: RunscOptions,
  args: readonly string[],
  io: { stdio?: Stdio; stdin?: Data } = {},
): Promise<RunResult> {
  const result = await runRunsc(ctx, reaper, options, args, io);
  if (result.status !== 0) {
    throw newError(
      `${options.binary} did not terminate successfully: exit status ${result.status}: ${result.stdout}${result.stderr}`,
    );
  }
  return result;
}

/** The runtime's own last words, from its JSON log, behind ours. */
export async function runtimeError(
  ctx: Context,
  options: RunscOptions,
  cause: unknown,
  words: string,
): Promise<GoError> {
  const reason = messageOf(cause);
  let text: string;
  try {
    text = await readFile(ctx, options.log);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return newError(`${words}: unable to retrieve OCI runtime error (open ${options.log}: ${error.go}): ${reason}`);
  }
  const last = lastRuntimeError(text);
  return newError(last === '' ? `${words}: ${reason}` : `${words}: ${last}`, { hop: 'containerd-shim-runsc-v1' });
}
