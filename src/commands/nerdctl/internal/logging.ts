/**
 * The logger of a container: what comes from its descriptors goes to the json-file log.
 * @models nerdctl v2.3.5 pkg/logging/logging.go json_logger.go jsonfile/jsonfile.go, containerd core/runtime/v2/logging
 * @fidelity partial: drivers json-file and none; flock(2) is not modelled, so that the lock file holds the logger's pid instead
 */
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, getenv, mkdirAll, printError, readFile, removeAll, writeFile } from '../../../linux/io.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Future } from '../../../sim/primitives.ts';
import { Client } from '../../common/containerd/client.ts';
import { isKind, nativeError } from '../../common/containerd/errors.ts';
import { stateDirectory } from '../data-store.ts';

const STDOUT_FD = 3;
const STDERR_FD = 4;
const READY_FD = 5;
const READ_SIZE = 32 << 10;
const POLL_NS = 100_000_000;
const POLLS_MAX = 600;
const DEFAULT_MAX_BYTES = 100 << 20;
const SIZE_UNITS = ['', 'k', 'm', 'g', 't'];

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
  const path = config.opts?.['log-path'] ?? jsonLogPath(store, namespace, id);
  const writer = new JsonWriter(path, config.opts ?? {});
  const isSilent = config.driver === 'none';
  if (!isSilent) await writer.open(ctx);
  const lock = lockPath(store, namespace, id);
  await writeFile(ctx, lock, String(ctx.sys.getpid(ctx)), { mode: 0o600 });
  await ctx.sys.close(ctx, READY_FD);
  const finished = new Future<void>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGTERM', () => finished.resolve());
  let reading = 2;
  const state = { seen: false };
  for (const [fd, stream] of [
    [STDOUT_FD, 'stdout'],
    [STDERR_FD, 'stderr'],
  ] as const)
    ctx.go(stream, async (c) => {
      await readLines(c, fd, async (line) => {
        state.seen = true;
        if (!isSilent) await writer.write(c, stream, line);
      });
      if (--reading === 0) finished.resolve();
    });
  ctx.go('task', async (c) => {
    await taskEnd(c, config.address ?? '/run/containerd/containerd.sock', namespace, id, () => state.seen);
    finished.resolve();
  });
  await finished.wait();
  await removeAll(ctx, lock);
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

/** Each line with its newline; what has none yet is passed on as it is. */
async function readLines(ctx: Context, fd: number, emit: (line: string) => Promise<void>): Promise<void> {
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
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) await emit(line);
  }
}

/** The shim keeps its ends of the pipes open, so that the end of the output is that of the task. */
async function taskEnd(
  ctx: Context,
  address: string,
  namespace: string,
  id: string,
  outputSeen: () => boolean,
): Promise<void> {
  const client = await Client.connect(ctx, address.replace(/^unix:\/\//, ''), namespace);
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

class JsonWriter {
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly maxFiles: number;
  private fd = -1;
  private size = 0;

  constructor(path: string, opts: Readonly<Record<string, string>>) {
    this.path = path;
    this.maxBytes = humanSize(opts['max-size']) ?? DEFAULT_MAX_BYTES;
    this.maxFiles = Math.max(1, Number(opts['max-file'] ?? '1') || 1);
  }

  async open(ctx: Context): Promise<void> {
    await mkdirAll(ctx, this.path.slice(0, this.path.lastIndexOf('/')), 0o700);
    this.fd = await ctx.sys.open(ctx, this.path, { write: true, create: true, append: true }, 0o600);
    this.size = (await ctx.sys.fstat(ctx, this.fd)).size;
  }

  async write(ctx: Context, stream: string, line: string): Promise<void> {
    const entry: JsonValue = { log: line, stream, time: rfc3339Nano(ctx.wallTime) };
    const data = new TextEncoder().encode(`${marshalJson(entry)}\n`);
    if (this.size > 0 && this.size + data.length > this.maxBytes) await this.rotate(ctx);
    this.size += await ctx.sys.write(ctx, this.fd, data);
  }

  private async rotate(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
    for (let i = this.maxFiles - 1; i > 0; i--) {
      const from = i === 1 ? this.path : `${this.path}.${i - 1}`;
      if (await exists(ctx, from)) await ctx.sys.rename(ctx, from, `${this.path}.${i}`);
    }
    if (this.maxFiles === 1) await removeAll(ctx, this.path);
    await this.open(ctx);
  }
}

function humanSize(text: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text ?? '');
  if (match === null) return null;
  return Math.trunc(Number(match[1]) * 1000 ** SIZE_UNITS.indexOf((match[2] ?? '').toLowerCase()));
}

/** WaitForLogger: until everything is in the log. */
export async function waitForLogger(ctx: Context, store: string, namespace: string, id: string): Promise<void> {
  const lock = lockPath(store, namespace, id);
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    if (!(await exists(ctx, lock))) return;
    const pid = await readFile(ctx, lock).catch((error: unknown) => {
      if (isErrno(error)) return '';
      throw error;
    });
    if (pid === '' || !(await exists(ctx, `/proc/${pid}`))) return;
    await ctx.sleep(POLL_NS / 10);
  }
}
