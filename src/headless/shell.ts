/** `cutaway shell`: a login on the node, on this terminal, at the pace of the real clock. */
import { Machine } from '../machine/machine.ts';
import type { HostHooks } from '../sim/scheduler.ts';
import { machineFlags, machineOptions, parseFlags } from './arguments.ts';

const FRAME_MS = 8;
const END_OF_INPUT = new Uint8Array([4]);
/** After its input has ended the session may still finish what it does; a terminal that nobody holds is then hung up. */
const ENDED_INPUT_MS_MAX = 600_000;

export async function shell(args: string[]): Promise<number> {
  const { scenario, seed } = machineFlags;
  const { values } = parseFlags(args, { scenario, seed }, false);
  const machine = await Machine.boot(machineOptions(values));
  const { stdin, stdout } = process;
  const port = machine.openTerminal({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 });
  port.onData((bytes) => void stdout.write(bytes));
  let endedAt: number | null = null;
  stdin.on('data', (bytes) =>
    port.write(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : new Uint8Array(bytes)),
  );
  stdin.on('end', () => {
    endedAt = performance.now();
    port.write(END_OF_INPUT);
  });
  stdout.on('resize', () => port.resize(stdout.columns, stdout.rows));
  if (stdin.isTTY) stdin.setRawMode(true);
  try {
    await pace(machine, () => port.closed || (endedAt !== null && performance.now() - endedAt > ENDED_INPUT_MS_MAX));
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
  const last = machine.trace.findLast((event) => event.kind === 'command.end');
  return last?.kind === 'command.end' ? last.exitCode : 0;
}

/** Lets virtual time follow real time; where the model is slower than that, virtual time waits for it. */
async function pace(machine: Machine, done: () => boolean): Promise<void> {
  let sliceEnd = 0;
  const host: HostHooks = {
    sliceUsed: () => performance.now() >= sliceEnd,
    yieldToHost: (resume) => {
      setImmediate(() => {
        sliceEnd = performance.now() + FRAME_MS;
        resume();
      });
    },
  };
  let last = performance.now();
  while (!done()) {
    const now = performance.now();
    sliceEnd = now + FRAME_MS;
    const elapsedNs = Math.round((now - last) * 1e6);
    last = now;
    await machine.advance({ horizon: machine.now + elapsedNs, stopWhen: done, host });
    await new Promise((resume) => setTimeout(resume, FRAME_MS));
  }
}
