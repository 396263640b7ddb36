/**
 * The log driver json-file: one object a line, with the text's own newline in it.
 * @models moby 20.10 daemon/logger/jsonfilelog, daemon/logger/copier.go
 * @fidelity partial: no rotation; following looks at the file ten times a second
 */
import { parseRfc3339, rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';

export type LogEntry = { log: string; stream: 'stdout' | 'stderr'; time: string };

const LINE_BYTES_MAX = 16_384;
const FOLLOW_NS = 100_000_000;

export class JsonLog {
  private readonly path: string;
  private readonly pending = { stdout: '', stderr: '' };
  private readonly decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  constructor(path: string) {
    this.path = path;
  }

  async write(ctx: Context, stream: LogEntry['stream'], data: Uint8Array): Promise<void> {
    let text = this.pending[stream] + this.decoders[stream].decode(data, { stream: true });
    const entries: string[] = [];
    for (;;) {
      const end = text.indexOf('\n');
      if (end < 0 && text.length < LINE_BYTES_MAX) break;
      const cut = end >= 0 && end < LINE_BYTES_MAX ? end + 1 : LINE_BYTES_MAX;
      entries.push(entryText(ctx, stream, text.slice(0, cut)));
      text = text.slice(cut);
    }
    this.pending[stream] = text;
    await this.append(ctx, entries);
  }

  /** What came without a newline at the end. */
  async end(ctx: Context, stream: LogEntry['stream']): Promise<void> {
    const rest = this.pending[stream];
    this.pending[stream] = '';
    if (rest !== '') await this.append(ctx, [entryText(ctx, stream, rest)]);
  }

  private async append(ctx: Context, entries: readonly string[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      const fd = await ctx.sys.open(ctx, this.path, { write: true, create: true, append: true }, 0o640);
      await ctx.sys.write(ctx, fd, entries.join(''));
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      // Removed under its feet: there is nothing left to log to.
      if (!isErrno(error)) throw error;
    }
  }
}

function entryText(ctx: Context, stream: LogEntry['stream'], log: string): string {
  return `${JSON.stringify({ log, stream, time: rfc3339Nano(ctx.wallTime) })}\n`;
}

export type LogQuery = {
  follow: boolean;
  tail: number | null;
  sinceNs: bigint | null;
  stdout: boolean;
  stderr: boolean;
};

/** `write` answers false once nobody reads. `isRunning` ends a follow. */
export async function readLog(
  ctx: Context,
  path: string,
  query: LogQuery,
  write: (ctx: Context, entry: LogEntry) => Promise<boolean>,
  isRunning: () => boolean,
): Promise<void> {
  let fd: number;
  try {
    fd = await ctx.sys.open(ctx, path, { read: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  const decoder = new TextDecoder();
  let buffered = '';
  const take = async (): Promise<LogEntry[]> => {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, 65_536);
      if (bytes.length === 0) break;
      buffered += decoder.decode(bytes, { stream: true });
    }
    const lines = buffered.split('\n');
    buffered = lines.pop() ?? '';
    return lines.flatMap(parseEntry).filter((entry) => query[entry.stream] && isSince(entry, query.sinceNs));
  };
  try {
    let entries = await take();
    if (query.tail !== null) entries = query.tail === 0 ? [] : entries.slice(-query.tail);
    for (const entry of entries) if (!(await write(ctx, entry))) return;
    while (query.follow) {
      const running = isRunning();
      entries = await take();
      for (const entry of entries) if (!(await write(ctx, entry))) return;
      if (!running && entries.length === 0) return;
      await ctx.sleep(FOLLOW_NS);
    }
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

function parseEntry(line: string): LogEntry[] {
  try {
    return [JSON.parse(line) as LogEntry];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [];
  }
}

function isSince(entry: LogEntry, sinceNs: bigint | null): boolean {
  if (sinceNs === null) return true;
  const parsed = parseRfc3339(entry.time);
  return !parsed.ok || parsed.ns >= sinceNs;
}
