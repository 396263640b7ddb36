/**
 * The lines that strace prints: a call that is still on its way when something else happens is cut in two.
 * @models strace 6.13 src/{strace,syscall}.c @fidelity partial: no stack traces, injection or decoding of descriptors
 */

import type { TraceStop } from '../../linux/syscall-entry.ts';
import { strftime } from '../common/dates.ts';
import { type Decoded, decode, type Ending, errorText, execText } from './decode.ts';
import type { Summary } from './summary.ts';

export type PrinterOptions = {
  stringMax: number;
  /** How often -t was given: 0 nothing, 1 the time, 2 with microseconds, 3 seconds since 1970. */
  stamp: number;
  relative: boolean;
  spent: boolean;
  follow: boolean;
  /** 1 leaves out attaching, 2 exits as well. */
  quiet: number;
  /** Whether a call of this name is shown. */
  shows(name: string): boolean;
  showsSignal(name: string): boolean;
  /** Only those that went well, or only those that failed. */
  outcome: 'all' | 'successful' | 'failed';
  /** Paths that calls have to name. */
  paths: readonly string[];
  /** How a pid is put in front: `[pid  1234] ` or `1234 `. */
  prefix: 'bracket' | 'plain' | 'none';
  /** CLOCK_REALTIME at virtual time 0. */
  epochNs: bigint;
};

type Open = { call: number; time: number; parts: readonly Decoded[]; cut: boolean };

/** Where the result is aligned. */
const RESULT_COLUMN = 40;

export class Printer {
  private readonly options: PrinterOptions;
  private readonly summary: Summary | null;
  private readonly write: (pid: number, text: string) => void;
  private readonly open = new Map<string, Open>();
  /** What stands on the line that is not ended yet. */
  private unfinished: { pid: number; call: number; width: number } | null = null;
  private several = false;
  private lastTime: number | null = null;

  constructor(options: PrinterOptions, summary: Summary | null, write: (pid: number, text: string) => void) {
    this.options = options;
    this.summary = summary;
    this.write = write;
  }

  /** Takes one stop. `last`: nothing else has happened yet, so a call that waits is shown as far as it is known. */
  take(stop: TraceStop, last: boolean): void {
    switch (stop.kind) {
      case 'enter': {
        if (stop.method === 'exit') return;
        const parts = decode(stop, this.options).filter(({ name }) => this.options.shows(name));
        if (parts.length === 0) return;
        this.open.set(`${stop.pid}:${stop.call}`, { call: stop.call, time: stop.time, parts, cut: false });
        const [first] = parts;
        if (last && first !== undefined && this.visible(first, null)) this.begin(stop.pid, stop, first);
        return;
      }
      case 'leave':
        this.leave(stop);
        return;
      case 'exec': {
        const decoded = execText(stop.path, stop.argv, stop.env);
        for (const [key, { parts }] of this.open)
          if (parts[0]?.name === 'execve' && key.startsWith(`${stop.pid}:`)) this.open.delete(key);
        if (this.options.shows('execve') && this.visible(decoded, false))
          this.whole(stop.pid, stop.time, decoded, {}, null, 0);
        return;
      }
      case 'new':
        this.several = true;
        if (this.options.quiet === 0 && this.summary === null)
          this.note(stop.pid, `strace: Process ${stop.pid} attached`, false);
        return;
      case 'signal':
        if (!this.options.showsSignal(stop.signal) || this.summary !== null) return;
        this.note(
          stop.pid,
          `--- ${stop.signal} {si_signo=${stop.signal}, si_code=${stop.from === 0 ? 'SI_KERNEL' : stop.signal === 'SIGCHLD' ? 'CLD_EXITED' : 'SI_USER'}${stop.from === 0 ? '' : `, si_pid=${stop.from}, si_uid=${stop.uid}`}} ---`,
          true,
          stop.time,
        );
        return;
      case 'exit':
        this.exited(stop);
    }
  }

  private exited(stop: TraceStop & { kind: 'exit' }): void {
    const { pid, time } = stop;
    for (const [key, { call, cut }] of [...this.open]) {
      if (!key.startsWith(`${pid}:`)) continue;
      if (this.unfinished?.pid === pid && this.unfinished.call === call) this.endLine(' <unfinished ...>)         = ?');
      else if (cut) this.note(pid, '<... resumed> <unfinished ...>) = ?', true, time);
      this.open.delete(key);
    }
    if (stop.signal === null && this.options.shows('exit_group')) {
      this.summary?.add('exit_group', 0, false);
      if (this.summary === null)
        this.note(pid, `${`exit_group(${stop.code})`.padEnd(RESULT_COLUMN - 1)} = ?`, true, time);
    }
    if (this.summary !== null || this.options.quiet > 1) return;
    this.note(
      pid,
      stop.signal === null ? `+++ exited with ${stop.code} +++` : `+++ killed by ${stop.signal} +++`,
      true,
      time,
    );
  }

  private leave(stop: TraceStop & { kind: 'leave' }): void {
    const key = `${stop.pid}:${stop.call}`;
    const open = this.open.get(key);
    if (open === undefined) return;
    this.open.delete(key);
    // Of several calls that stand for one the last to be tried is the one that fails.
    const failing = stop.error === null ? -1 : open.parts.length === 4 ? 0 : open.parts.length - 1;
    const spent = stop.time - open.time;
    for (const [i, part] of open.parts.entries()) {
      if (failing >= 0 && i > failing) break;
      const failed = i === failing;
      const ending = failed ? (part.end?.(undefined as never, true).rest ?? []) : [];
      const end: Ending = failed ? { rest: ending } : (part.end?.(stop.result as never, false) ?? {});
      this.summary?.add(part.name, spent, failed);
      if (this.summary !== null && !this.summary.alsoPrints) continue;
      if (!this.visible(part, failed)) continue;
      if (i === 0 && open.cut) this.resume(stop.pid, stop.time, part, end, stop.error, spent);
      else if (i === 0 && this.unfinished?.pid === stop.pid && this.unfinished.call === stop.call)
        this.endLine(this.tail(part, end, failed ? stop.error : null, spent, this.unfinished.width));
      else this.whole(stop.pid, open.time, part, end, failed ? stop.error : null, spent);
    }
  }

  private visible(part: Decoded, failed: boolean | null): boolean {
    if (this.summary !== null && !this.summary.alsoPrints) return false;
    const { outcome, paths } = this.options;
    if (outcome !== 'all' && (failed === null || failed !== (outcome === 'failed'))) return false;
    return paths.length === 0 || part.args.some((arg) => paths.some((one) => arg === `"${one}"`));
  }

  private begin(pid: number, stop: TraceStop & { kind: 'enter' }, part: Decoded): void {
    const text = `${part.name}(${part.args.join(', ')}`;
    this.startLine(pid, stop.time, text);
    this.unfinished = { pid, call: stop.call, width: text.length };
  }

  private tail(
    part: Decoded,
    { rest = [], value = 0 }: Ending,
    error: { code: string } | null,
    spent: number,
    width: number,
  ): string {
    const more = rest.length === 0 ? '' : `${part.args.length > 0 ? ', ' : ''}${rest.join(', ')}`;
    const shown = width + more.length + 1;
    const result = error === null ? String(value) : errorText(error as never);
    const took = this.options.spent ? ` <${(spent / 1e9).toFixed(6)}>` : '';
    return `${more})${' '.repeat(Math.max(0, RESULT_COLUMN - 1 - shown))} = ${result}${took}`;
  }

  private whole(
    pid: number,
    time: number,
    part: Decoded,
    end: Ending,
    error: { code: string } | null,
    spent: number,
  ): void {
    const text = `${part.name}(${part.args.join(', ')}`;
    this.startLine(pid, time, text);
    this.endLine(this.tail(part, end, error, spent, text.length));
  }

  private resume(
    pid: number,
    time: number,
    part: Decoded,
    end: Ending,
    error: { code: string } | null,
    spent: number,
  ): void {
    const text = `<... ${part.name} resumed>`;
    this.startLine(pid, time, text);
    this.endLine(
      this.tail(
        { ...part, args: part.args.length > 0 && (end.rest?.length ?? 0) > 0 ? part.args : [] },
        end,
        error,
        spent,
        text.length,
      ),
    );
  }

  private note(pid: number, text: string, prefixed: boolean, time = 0): void {
    this.interrupt();
    if (prefixed) this.startLine(pid, time, text);
    else this.write(pid, text);
    this.write(pid, '\n');
  }

  /** A line that waits for its end gives way to another. */
  private interrupt(): void {
    const { unfinished } = this;
    if (unfinished === null) return;
    this.write(unfinished.pid, ' <unfinished ...>\n');
    const open = this.open.get(`${unfinished.pid}:${unfinished.call}`);
    if (open !== undefined) open.cut = true;
    this.unfinished = null;
  }

  private startLine(pid: number, time: number, text: string): void {
    this.interrupt();
    this.write(pid, `${this.prefixOf(pid)}${this.stampOf(time)}${text}`);
  }

  private endLine(text: string): void {
    const pid = this.unfinished?.pid ?? this.lastPid;
    this.unfinished = null;
    this.write(pid, `${text}\n`);
  }

  private lastPid = 0;

  private prefixOf(pid: number): string {
    this.lastPid = pid;
    switch (this.options.prefix) {
      case 'plain':
        return `${String(pid).padEnd(5)} `;
      case 'bracket':
        return this.several ? `[pid ${String(pid).padStart(5)}] ` : '';
      default:
        return '';
    }
  }

  private stampOf(time: number): string {
    const { stamp, relative, epochNs } = this.options;
    const before = this.lastTime ?? time;
    this.lastTime = time;
    const since = relative ? `${((time - before) / 1e9).toFixed(6).padStart(12)} ` : '';
    if (stamp === 0) return since;
    const at = epochNs + BigInt(time);
    const us = String((at / 1000n) % 1_000_000n).padStart(6, '0');
    if (stamp === 1) return `${strftime('%H:%M:%S', at)} ${since}`;
    return stamp === 2 ? `${strftime('%H:%M:%S', at)}.${us} ${since}` : `${at / 1_000_000_000n}.${us} ${since}`;
  }

  /** Nobody is traced any more. */
  detached(): void {
    if (this.unfinished !== null) this.endLine(' <detached ...>');
  }

  /** More than one process from the beginning. */
  attachSeveral(): void {
    this.several = true;
  }
}
