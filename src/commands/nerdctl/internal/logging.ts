/**
 * The logger of a container: what comes from its descriptors goes to where its driver says.
 * @models nerdctl v2.3.5 pkg/logging/logging.go, containerd core/runtime/v2/logging
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenv, printError, readFile } from '../../../linux/io.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Future } from '../../../sim/primitives.ts';
import { Client, DEFAULT_ADDRESS } from '../../common/containerd/client.ts';
import { isKind, nativeError } from '../../common/containerd/errors.ts';
import { stateDirectory } from '../data-store.ts';
import type { LogOwner } from './log-drivers/driver.ts';
import { driverNamed } from './log-drivers/drivers.ts';

const STDOUT_FD = 3;
const STDERR_FD = 4;
const READY_FD = 5;
const READ_SIZE = 32 << 10;
const POLL_NS = 100_000_000;
const POLLS_MAX = 600;

export function jsonLogPath(store: string, namespace: string, id: string): string {
  return `${stateDirectory(store, namespace, id)}/${id}-json.log`;
}

const lockPath = (store: string, namespace: string, id: string): string =>
  `${stateDirectory(store, namespace, id)}/logger-lock`;

type LogConfig = { driver?: string; opts?: Record<string, string>; address?: string };

export async function loggingMain(ctx: Context, store: string): Promise<number> {
  const id = getenv(ctx, 'CONTAINER_ID') ?? '';
  const namespace = getenv(ctx, 'CONTAINER_NAMESPACE') ?? '';
  if (store === '' || id === '' || namespace === '') {
    await printError(ctx, store === '' ? 'got empty data store\n' : 'got invalid config\n');
    return 1;
  }
  const config = await readConfig(ctx, stateDirectory(store, namespace, id));
  if (config === null) return 1;
  const { driver: name = '', opts = {}, address = '' } = config;
  const driver = driverNamed(name, opts, jsonLogPath(store, namespace, id));
  if (driver === null) return 1;
  const lock = lockPath(store, namespace, id);
  // Until this process ends: who waits for the log waits for that.
  await ctx.sys.flock(ctx, await openLock(ctx, lock), 'exclusive');
  await ctx.sys.close(ctx, READY_FD);
  const client = { address: address === '' ? DEFAULT_ADDRESS : address.replace(/^unix:\/\//, ''), namespace, id };
  try {
    await driver.open(ctx, client);
  } catch (error) {
    // The container runs all the same: only what it says is lost.
    await printError(ctx, `${nativeError(error).message}\n`);
    return 1;
  }
  const finished = new Future<void>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGTERM', () => finished.resolve());
  let reading = 2;
  const state = { seen: false };
  /** Begun lines, for a driver that wants whole ones. */
  const rest = { stdout: '', stderr: '' };
  for (const [fd, stream] of [
    [STDOUT_FD, 'stdout'],
    [STDERR_FD, 'stderr'],
  ] as const)
    ctx.go(stream, async (c) => {
      await readLines(c, fd, async (text) => {
        state.seen = true;
        for (const line of (rest[stream] + text).match(/[^\n]*\n|[^\n]+$/g) ?? []) {
          const isWhole = driver.isImmediate || line.endsWith('\n');
          rest[stream] = isWhole ? '' : line;
          if (isWhole) await driver.write(c, stream, line);
        }
      });
      if (--reading === 0) finished.resolve();
    });
  ctx.go('task', async (c) => {
    await taskEnd(c, client, () => state.seen);
    finished.resolve();
  });
  await finished.wait();
  for (const stream of ['stdout', 'stderr'] as const)
    if (rest[stream] !== '') await driver.write(ctx, stream, rest[stream]);
  await driver.close(ctx);
  return 0;
}

async function readConfig(ctx: Context, directory: string): Promise<LogConfig | null> {
  try {
    return JSON.parse(await readFile(ctx, `${directory}/log-config.json`)) as LogConfig;
  } catch (error) {
    if (isErrno(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What comes, until the end. */
async function readLines(ctx: Context, fd: number, emit: (text: string) => Promise<void>): Promise<void> {
  const decoder = new TextDecoder();
  for (;;) {
    let text: string;
    try {
      const data = await ctx.sys.read(ctx, fd, READ_SIZE);
      if (data.length === 0) return;
      text = decoder.decode(data, { stream: true });
    } catch (error) {
      if (isErrno(error)) return;
      throw error;
    }
    await emit(text);
  }
}

/** The shim keeps its ends of the pipes open, so that the end of the output is that of the task. */
async function taskEnd(ctx: Context, owner: LogOwner, outputSeen: () => boolean): Promise<void> {
  const client = await Client.connect(ctx, owner.address, owner.namespace);
  const { id } = owner;
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    try {
      await client.call(ctx, TasksService.methods.Get, { containerId: id });
      await client.call(ctx, TasksService.methods.Wait, { containerId: id });
      return;
    } catch (error) {
      if (!isKind(nativeError(error), 'NotFound')) break;
      if (outputSeen() && polls > 0) return;
    }
    await ctx.sleep(POLL_NS);
  }
  // Nobody can tell: the pipes' own end has to do.
  await new Future<void>(ctx.scheduler).wait();
}

/** WaitForLogger: until everything is in the log. */
export async function waitForLogger(ctx: Context, store: string, namespace: string, id: string): Promise<void> {
  const fd = await openLock(ctx, lockPath(store, namespace, id));
  await ctx.sys.flock(ctx, fd, 'exclusive');
  await ctx.sys.close(ctx, fd);
}

function openLock(ctx: Context, path: string): Promise<number> {
  return ctx.sys.open(ctx, path, { read: true, create: true }, 0o600);
}
