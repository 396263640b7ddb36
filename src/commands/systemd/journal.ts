/** Reading the journal. @models systemd 257 sd-journal, src/shared/logs-show.c @fidelity partial: the file format is our own, JSON lines */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { strftime } from '../common/dates.ts';
import { Input } from '../common/streams.ts';

export const JOURNAL_DIRECTORY = '/var/log/journal';
export const JOURNAL_FILE = `${JOURNAL_DIRECTORY}/node.journal.jsonl`;

export type Entry = Readonly<Record<string, string>>;

/** Entries in the order they were written; keeps the place, so that a follower reads on from there. */
export class JournalReader {
  private input: Input | null = null;
  private half = '';

  async next(ctx: Context): Promise<Entry | null> {
    if (this.input === null) {
      try {
        this.input = new Input(ctx, await ctx.sys.open(ctx, JOURNAL_FILE, { read: true }));
      } catch (error) {
        if (isErrno(error, 'ENOENT')) return null;
        throw error;
      }
    }
    const line = await this.input.line();
    if (line === null) {
      // At the end for now: a fresh reader of the same descriptor goes on where this one stopped.
      this.input = new Input(ctx, this.input.fd);
      return null;
    }
    if (!this.input.terminated) {
      this.half += line;
      return null;
    }
    const text = this.half + line;
    this.half = '';
    try {
      return JSON.parse(text) as Entry;
    } catch {
      return this.next(ctx);
    }
  }
}

/** What `journalctl -u` and `systemctl status` show of a unit: what it said and what the manager said of it. */
export function belongsTo(entry: Entry, unit: string): boolean {
  return entry['_SYSTEMD_UNIT'] === unit || (entry['_PID'] === '1' && entry['UNIT'] === unit);
}

export function entryNs(entry: Entry): bigint {
  return BigInt(entry['__REALTIME_TIMESTAMP'] ?? '0') * 1000n;
}

export type ShortStyle =
  | 'short'
  | 'short-precise'
  | 'short-iso'
  | 'short-iso-precise'
  | 'short-full'
  | 'short-unix'
  | 'short-monotonic'
  | 'with-unit';

function stamp(style: ShortStyle, ns: bigint, bootNs: bigint): string {
  const us = String((ns / 1000n) % 1_000_000n).padStart(6, '0');
  switch (style) {
    case 'short':
      return strftime('%b %d %H:%M:%S', ns);
    case 'short-precise':
      return `${strftime('%b %d %H:%M:%S', ns)}.${us}`;
    case 'short-iso':
      return strftime('%Y-%m-%dT%H:%M:%S+00:00', ns);
    case 'short-iso-precise':
      return `${strftime('%Y-%m-%dT%H:%M:%S', ns)}.${us}+00:00`;
    case 'short-full':
    case 'with-unit':
      return strftime('%a %Y-%m-%d %H:%M:%S UTC', ns);
    case 'short-unix':
      return `${ns / 1_000_000_000n}.${us}`;
    case 'short-monotonic': {
      const since = (ns - bootNs) / 1000n;
      return `[${`${since / 1_000_000n}.${String(since % 1_000_000n).padStart(6, '0')}`.padStart(12)}]`;
    }
  }
}

const RED = '\x1b[0;1;31m';
const YELLOW = '\x1b[0;1;38:5:185m';
const BOLD = '\x1b[0;1;39m';
const GREY = '\x1b[0;38:5:245m';
const OFF = '\x1b[0m';

export function shortLine(
  entry: Entry,
  options: { style: ShortStyle; hostname: string | null; colour: boolean; bootNs: bigint },
): string {
  const pid = entry['_PID'] === undefined || entry['_PID'] === '0' ? '' : `[${entry['_PID']}]`;
  const who =
    options.style === 'with-unit'
      ? (entry['_SYSTEMD_UNIT'] ?? entry['SYSLOG_IDENTIFIER'] ?? 'unknown')
      : (entry['SYSLOG_IDENTIFIER'] ?? 'unknown');
  const priority = Number(entry['PRIORITY'] ?? 6);
  const message = (entry['MESSAGE'] ?? '').replace(/\n$/, '');
  const on = !options.colour
    ? ''
    : priority <= 3
      ? RED
      : priority === 4
        ? YELLOW
        : priority === 5
          ? BOLD
          : priority === 7
            ? GREY
            : '';
  const shown = on === '' ? message : `${on}${message}${OFF}`;
  return `${stamp(options.style, entryNs(entry), options.bootNs)} ${options.hostname === null ? '' : `${options.hostname} `}${who}${pid}: ${shown}`;
}
