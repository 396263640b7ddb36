import { expect, test } from 'vitest';
import { TraceIndex } from '../../projections/trace-index.ts';
import type { TraceEvent, TraceEventData } from '../../sim/trace.ts';
import { TerminalsInUse } from './terminals-in-use.ts';

function told(...data: TraceEventData[]): { use: TerminalsInUse; index: TraceIndex; events: TraceEvent[] } {
  const events = data.map((each, seq) => ({ ...each, seq, time: seq, span: 0, pid: 1 }) as TraceEvent);
  const [use, index] = [new TerminalsInUse(), new TraceIndex()];
  for (const event of events) use.see(event);
  index.append(events);
  return { use, index, events };
}

const key = (terminal: number): TraceEventData => ({ kind: 'input', source: 'keys', length: 1, terminal });
const start = (command: number, line: string): TraceEventData => ({ kind: 'command.start', command, line });
const end = (command: number): TraceEventData => ({ kind: 'command.end', command, exitCode: 0 });

test('a line runs where it was entered, and is taken back to its own first key', () => {
  // While a watch runs on the first, the second is typed in; the watch ends in the middle of a line.
  const { use, index, events } = told(
    key(0),
    start(1, 'watch'),
    key(1),
    start(2, 'ls'),
    end(2),
    key(1),
    key(0),
    end(1),
    key(1),
    start(3, 'sleep 9'),
  );
  expect(use.shown([0, 1])).toEqual([
    { number: 0, line: null },
    { number: 1, line: 'sleep 9' },
  ]);
  expect(use.begun(index.commands, events)).toBe(5);
  expect(use.begun(index.commands.slice(0, 2), events)).toBe(2);
  expect(use.begun([], events)).toBe(-1);
});

test('a shell on another node runs inside what led there', () => {
  const { use, index, events } = told(key(0), start(1, 'ssh node-2'), key(0), start(2, 'ls'), end(2));
  expect(use.shown([0])).toEqual([{ number: 0, line: 'ssh node-2' }]);
  expect(use.begun(index.commands, events)).toBe(2);
});
