/** The system calls that a piece of work made: its history is made again on a machine that is watched. */
import { decode } from '../commands/strace/decode.ts';
import { Printer } from '../commands/strace/printer.ts';
import type { Kernel } from '../linux/kernel.ts';
import { type CallStop, watchCalls } from '../linux/syscall-entry.ts';
import type { HostHooks } from '../sim/scheduler.ts';
import type { SpanId } from '../sim/trace.ts';
import { Machine, type Savepoint } from './machine.ts';

/** A call as strace prints it. `seq` is the number of the next event when it was made; times are virtual ns. */
export type CallLine = {
  readonly seq: number;
  readonly startNs: number;
  readonly endNs: number | null;
  readonly text: string;
};

/** Work between two events: of process `pid` (the machine's number), all of it or what belongs to `span`. */
export type Work = {
  readonly from: number;
  readonly until: number;
  readonly pid: number;
  readonly span: SpanId | null;
};

/** How many calls are kept; the rest is counted. */
export const CALLS_MAX = 2000;
const STRING_MAX = 200;

export async function callsBetween(
  savepoint: Savepoint,
  work: Work,
  host?: HostHooks,
): Promise<{ calls: CallLine[]; more: number }> {
  const replay = await Machine.replaying(savepoint, host === undefined ? {} : { host });
  await replay.to(savepoint.inputs, savepoint.time, work.from);
  const { machine } = replay;
  const calls: CallLine[] = [];
  let more = 0;
  const open = new Map<number, { seq: number; enter: CallStop & { kind: 'enter' } }>();
  const keep = (line: CallLine): void => {
    if (calls.length < CALLS_MAX) calls.push(line);
    else more++;
  };
  for (const kernel of kernelsOf(machine))
    watchCalls(kernel.sys, (ctx, stop) => {
      if (stop.pid !== work.pid || (work.span !== null && ctx.span !== work.span)) return;
      if (machine.trace.nextSeq > work.until) return;
      if (stop.kind === 'enter') {
        open.set(stop.call, { seq: machine.trace.nextSeq, enter: stop });
        return;
      }
      const began = open.get(stop.call);
      if (began === undefined) return;
      open.delete(stop.call);
      for (const text of lines(began.enter, stop))
        keep({ seq: began.seq, startNs: began.enter.time, endNs: stop.time, text });
    });
  await replay.to(savepoint.inputs, savepoint.time, work.until);
  // Who has become another program does not come back from it.
  for (const { seq, enter } of open.values())
    for (const { name, args } of decode(enter, { stringMax: STRING_MAX }))
      keep({
        seq,
        startNs: enter.time,
        endNs: null,
        text: `${name}(${args.join(', ')}${name === 'execve' ? ') = 0' : ' <unfinished ...>'}`,
      });
  return { calls: calls.sort((a, b) => a.startNs - b.startNs || a.seq - b.seq), more };
}

function lines(enter: CallStop, leave: CallStop): string[] {
  let text = '';
  const printer = new Printer(
    {
      stringMax: STRING_MAX,
      stamp: 0,
      relative: false,
      spent: false,
      follow: false,
      quiet: 2,
      shows: () => true,
      showsSignal: () => false,
      outcome: 'all',
      paths: [],
      prefix: 'none',
      epochNs: 0n,
    },
    null,
    (_, part) => {
      text += part;
    },
  );
  printer.take(enter, false);
  printer.take(leave, false);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/\) +=/, ') ='));
}

function kernelsOf(machine: Machine): Kernel[] {
  const kernels: Kernel[] = machine.hostNames.map((name) => machine.kernelOf(name));
  for (let i = 0; i < kernels.length; i++)
    for (const { guests } of (kernels[i] as Kernel).processes.values()) if (guests !== null) kernels.push(...guests);
  return kernels;
}
