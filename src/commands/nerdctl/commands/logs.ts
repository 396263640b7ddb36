/**
 * nerdctl logs: of its own containers the json-file log or the journal, of the kubelet's the CRI log.
 * @models nerdctl v2.3.5 pkg/cmd/container/logs.go, pkg/logging/{json_logger,journald_logger,cri_logger,log_viewer}.go, pkg/timestamp
 * @fidelity partial: no --details; logs of before a rotation are not shown
 */
import { parseDuration } from '../../../go/duration.ts';
import { exitText } from '../../../go/exit-text.ts';
import { parseRfc3339, rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, lookPath, print, printError } from '../../../linux/io.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { Future, Queue } from '../../../sim/primitives.ts';
import { loadTask, startWait } from '../../common/containerd/container.ts';
import { nativeError, unlessMissing } from '../../common/containerd/errors.ts';
import { dataStore, stateDirectory } from '../data-store.ts';
import { jsonLogPath, waitForLogger } from '../internal/logging.ts';
import { jsonLabel, LABELS } from '../labels.ts';
import { command, fail, log, newClient, shortId } from '../run.ts';
import { findContainer } from '../walker.ts';

type Entry = { stream: string; timeNs: bigint; text: string };
type View = { since: bigint | null; until: bigint | null; timestamps: boolean };

const CRI_METADATA = 'io.cri-containerd.container.metadata';
const READ_SIZE = 65_536;
/** inotify tells the real journalctl at once what ours finds when it looks again. */
const JOURNAL_LAG_NS = 150_000_000;

export const logsCommand = command({
  name: 'logs',
  use: '[flags] CONTAINER',
  short: 'Print what a container has written',
  flags: [
    { name: 'follow', short: 'f', kind: 'bool', usage: 'Go on with what it writes' },
    { name: 'timestamps', short: 't', kind: 'bool', usage: 'With the time of each line' },
    { name: 'tail', short: 'n', kind: 'string', value: 'all', usage: 'So many lines from the end' },
    { name: 'since', kind: 'string', usage: 'From this time on (2013-01-02T13:23:37Z, or 42m for 42 minutes ago)' },
    { name: 'until', kind: 'string', usage: 'Up to this time' },
    { name: 'details', kind: 'bool', usage: 'With what --log-opt asked for' },
  ],
  args: { exactly: 1 },
  action: async (ctx, cli) => {
    const tail = tailOf(cli.string('tail'));
    const view = {
      since: pointInTime(ctx, 'since', cli.string('since')),
      until: pointInTime(ctx, 'until', cli.string('until')),
      timestamps: cli.bool('timestamps'),
    };
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, cli.args[0] ?? '');
    const store = await dataStore(ctx, cli);
    const namespace = container.labels[LABELS.namespace] ?? client.namespace;
    const journal = isOfJournal(container);
    const path = journal ? { path: '', isCri: false } : await logPath(ctx, container, store, namespace);
    const stopped = new Future<void>(ctx.scheduler);
    const task = cli.bool('follow') ? await unlessMissing(() => loadTask(ctx, client, container.id)) : null;
    if (task?.status === Status.RUNNING)
      ctx.go('wait', async (c) => {
        try {
          await startWait(c, client, container.id).wait();
        } catch (error) {
          nativeError(error);
        }
        await waitForLogger(c, store, namespace, container.id);
        stopped.resolve();
      });
    else if (cli.bool('follow')) await waitForLogger(ctx, store, namespace, container.id);
    if (journal) {
      await showJournal(ctx, container.id, view, task?.status === Status.RUNNING, stopped);
      return;
    }
    const reader = await LogReader.open(ctx, path.path, path.isCri);
    const first = await reader.next(ctx);
    await show(ctx, tail === null ? first : first.slice(Math.max(0, first.length - tail)), view);
    if (task?.status !== Status.RUNNING) return;
    await follow(ctx, reader, path.path, view, stopped);
  },
});

type StoredConfig = { driver?: string; opts?: Record<string, string> };

function isOfKubelet({ labels }: Container): boolean {
  return labels[LABELS.criKind] !== undefined || labels[LABELS.podName] !== undefined;
}

function isOfJournal(container: Container): boolean {
  if (isOfKubelet(container)) return false;
  return jsonLabel<StoredConfig>(container.labels, LABELS.logConfig)?.driver === 'journald';
}

async function logPath(
  ctx: Context,
  container: Container,
  store: string,
  namespace: string,
): Promise<{ path: string; isCri: boolean }> {
  if (isOfKubelet(container)) {
    const extension = container.extensions[CRI_METADATA];
    const text = new TextDecoder().decode(extension?.value ?? new Uint8Array(0));
    const metadata = /"LogPath":"([^"]*)"/.exec(text)?.[1] ?? '';
    if (metadata === '') fail('logpath is nil ');
    return { path: metadata, isCri: true };
  }
  const file = `${stateDirectory(store, namespace, container.id)}/log-config.json`;
  if (!(await exists(ctx, file)))
    fail(
      `failed to load logging config: failed to read log config file "${file}": open ${file}: no such file or directory`,
    );
  const config = jsonLabel<StoredConfig>(container.labels, LABELS.logConfig);
  const driver = config?.driver ?? 'json-file';
  if (driver !== 'json-file' && driver !== '') fail(`no log viewer type registered for logging driver "${driver}"`);
  return { path: config?.opts?.['log-path'] ?? jsonLogPath(store, namespace, container.id), isCri: false };
}

/** viewLogsJournald: journalctl itself. */
async function showJournal(
  ctx: Context,
  id: string,
  { since, until, timestamps }: View,
  follow: boolean,
  stopped: Future<void>,
): Promise<void> {
  const path = await lookPath(ctx, 'journalctl');
  if (path === null) fail('`journalctl` executable could not be found in PATH, cannot use Journald to view logs');
  if (timestamps) await log(ctx, 'warning', 'unsupported Timestamps option for journald driver');
  const argv = ['journalctl', `SYSLOG_IDENTIFIER=${shortId(id)}`, '--output=cat', ...(follow ? ['-f'] : [])];
  if (since !== null) argv.push('--since', journalDate(since));
  if (until !== null) argv.push('--until', journalDate(until));
  const pid = await ctx.sys.spawn(ctx, path ?? '', { argv, stdio: { 0: 'null', 1: 1, 2: 2 } });
  if (follow)
    ctx.go('stop', async (c) => {
      await stopped.wait();
      await c.sleep(JOURNAL_LAG_NS);
      await c.sys.kill(c, pid, 'SIGKILL');
    });
  const status = await ctx.sys.wait(ctx, pid);
  if (status === null || follow || status.exitCode === 0) return;
  fail(`journalctl command exited with non-zero exit code (${status.exitCode}): ${exitText(status)}`);
}

function journalDate(ns: bigint): string {
  return rfc3339Nano(ns - (ns % 1_000_000_000n))
    .replace('T', ' ')
    .replace('Z', '');
}

function tailOf(text: string): number | null {
  if (text === 'all' || text === '' || text === '+0') return null;
  if (!/^-?\d+$/.test(text)) fail(`strconv.ParseUint: parsing "${text}": invalid syntax`);
  return Number(text) <= 0 ? null : Number(text);
}

/** A duration is so long ago; a number is in seconds since 1970. */
function pointInTime(ctx: Context, name: string, text: string): bigint | null {
  if (text === '') return null;
  const duration = parseDuration(text);
  if (duration.ok) return ctx.wallTime - BigInt(Math.trunc(duration.ns));
  if (/^\d+(\.\d+)?$/.test(text)) return BigInt(Math.trunc(Number(text))) * 1_000_000_000n;
  const full = /T/.test(text) ? (/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) : `${text}T00:00:00Z`;
  const parsed = parseRfc3339(full);
  return parsed.ok
    ? parsed.ns
    : fail(`invalid value for "${name}": failed to parse value as time or duration: "${text}"`);
}

class LogReader {
  private readonly fd: number;
  private readonly isCri: boolean;
  private readonly decoder = new TextDecoder();
  private rest = '';

  private constructor(fd: number, isCri: boolean) {
    this.fd = fd;
    this.isCri = isCri;
  }

  static async open(ctx: Context, path: string, isCri: boolean): Promise<LogReader> {
    try {
      return new LogReader(await ctx.sys.open(ctx, path, { read: true }), isCri);
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (isCri) return fail(`failed to try resolving symlinks in path "${path}": lstat ${path}: ${error.go}`);
      return fail(`failed to stat JSON log file stat ${path}: ${error.go}`);
    }
  }

  /** What has been written since the last call. */
  async next(ctx: Context): Promise<Entry[]> {
    for (;;) {
      const data = await ctx.sys.read(ctx, this.fd, READ_SIZE);
      if (data.length === 0) break;
      this.rest += this.decoder.decode(data, { stream: true });
    }
    const lines = this.rest.split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => (this.isCri ? criEntry(line) : jsonEntry(line)));
  }
}

function jsonEntry(line: string): Entry[] {
  try {
    const { log = '', stream = '', time = '' } = JSON.parse(line) as { log?: string; stream?: string; time?: string };
    const parsed = parseRfc3339(time);
    return [{ stream, text: log, timeNs: parsed.ok ? parsed.ns : 0n }];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function criEntry(line: string): Entry[] {
  const match = /^(\S+) (stdout|stderr) ([FP])\S* ?(.*)$/s.exec(line);
  if (match === null) return [];
  const parsed = parseRfc3339(match[1] ?? '');
  const text = `${match[4] ?? ''}${match[3] === 'P' ? '' : '\n'}`;
  return [{ stream: match[2] ?? '', text, timeNs: parsed.ok ? parsed.ns : 0n }];
}

async function show(ctx: Context, entries: readonly Entry[], { since, until, timestamps }: View): Promise<void> {
  for (const { stream, timeNs, text } of entries) {
    if (since !== null && timeNs < since) continue;
    if (until !== null && timeNs > until) continue;
    const line = timestamps ? `${rfc3339Nano(timeNs)} ${text}` : text;
    if (stream === 'stderr') await printError(ctx, line);
    else await print(ctx, line);
  }
}

async function follow(ctx: Context, reader: LogReader, path: string, view: View, stopped: Future<void>): Promise<void> {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const news = new Queue<'end' | 'more'>(ctx.scheduler);
  ctx.go('end', async () => {
    await stopped.wait();
    news.push('end');
  });
  ctx.go('watch', async (c) => {
    for (;;) {
      await c.sys.watch(c, directory);
      news.push('more');
    }
  });
  for (;;) {
    await show(ctx, await reader.next(ctx), view);
    if ((await news.take()) === 'more') continue;
    await show(ctx, await reader.next(ctx), view);
    return;
  }
}
