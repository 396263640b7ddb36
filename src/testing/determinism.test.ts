/** Same seed, same input, same history. */
import { expect, test } from 'vitest';
import { Machine } from '../machine/machine.ts';

const LINES = [
  'echo x > /tmp/$RANDOM; ls / | wc -l',
  'sleep 1.5 & cat /proc/sys/kernel/random/uuid',
  'crictl pull busybox',
  'ps -ef',
];
const GAP_NS = 700_000_000;

/** Types on a terminal and a session at once, at fixed times, with a command still running under the next keys. */
async function history(seed: number): Promise<{ machine: Machine; screen: string }> {
  const machine = await Machine.boot({
    scenario: 'bare',
    seed,
    files: { '/root/note': new TextEncoder().encode('note\n') },
  });
  let screen = '';
  const decoder = new TextDecoder();
  const terminal = machine.openTerminal({ columns: 100, rows: 30 });
  terminal.onData((bytes) => {
    screen += decoder.decode(bytes, { stream: true });
  });
  const session = machine.openSession();
  for (const line of LINES) {
    terminal.write(new TextEncoder().encode(`${line}\r`));
    session.write(`cat note; ${line}\n`);
    await machine.advance({ horizon: machine.now + GAP_NS });
  }
  terminal.resize(60, 20);
  terminal.write(new Uint8Array([3]));
  await machine.advance({ horizon: machine.now + 5 * GAP_NS });
  return { machine, screen };
}

test('the same seed and input give the same trace and the same screen', async () => {
  const a = await history(7);
  const b = await history(7);
  expect(a.machine.trace.events.length).toBeGreaterThan(100);
  expect(b.machine.trace.digest()).toBe(a.machine.trace.digest());
  expect(b.screen).toBe(a.screen);
  expect(a.screen.length).toBeGreaterThan(0);
});

test('another seed gives another history', async () => {
  const [a, b] = [await history(7), await history(8)];
  expect(b.machine.trace.digest()).not.toBe(a.machine.trace.digest());
});

test('a savepoint replays to the same history', async () => {
  const { machine } = await history(11);
  const savepoint = JSON.parse(JSON.stringify(machine.savepoint())) as ReturnType<Machine['savepoint']>;
  const replayed = await Machine.replay(savepoint);
  expect(replayed.machine.now).toBe(machine.now);
  expect(replayed.machine.trace.digest()).toBe(machine.trace.digest());
  expect(replayed.terminals.length).toBe(1);
});

test('how the host slices real time does not show', async () => {
  const { machine } = await history(5);
  let slice = 0;
  const host = { sliceUsed: () => slice++ % 3 === 0, yieldToHost: (resume: () => void) => void setImmediate(resume) };
  const replayed = await Machine.replay(machine.savepoint(), { host });
  expect(replayed.machine.trace.digest()).toBe(machine.trace.digest());
});

test('a replay stops at any event, and goes on from there as if nothing had come after', async () => {
  const { machine } = await history(3);
  const all = machine.trace.events;
  const savepoint = machine.savepoint();
  const first = all.findIndex((event) => event.kind === 'input');
  for (const untilSeq of [first, first + 1, Math.floor((first + all.length) / 2), all.length - 1]) {
    const branch = async (): Promise<Machine> => {
      const branched = (await Machine.replay(savepoint, { untilSeq })).machine;
      // The rest of the step in which the event happens belongs to it.
      expect(branched.trace.nextSeq).toBeGreaterThanOrEqual(untilSeq);
      expect(branched.trace.nextSeq).toBeLessThan(untilSeq + 200);
      expect(branched.trace.events).toEqual(all.slice(0, branched.trace.nextSeq));
      expect(branched.inputs).toEqual(machine.inputs.slice(0, branched.inputs.length));
      branched.openSession().write('echo another way; ls /\n');
      await branched.advance({ horizon: branched.now + GAP_NS });
      return branched;
    };
    const [a, b] = [await branch(), await branch()];
    expect(a.trace.digest()).toBe(b.trace.digest());
    expect((await Machine.replay(a.savepoint())).machine.trace.digest()).toBe(a.trace.digest());
  }
});

test('a replay in parts is the whole one, wherever the parts end, also while the log grows', async () => {
  const { machine } = await history(6);
  const all = machine.trace.events;
  const { inputs, ...savepoint } = machine.savepoint();
  const first = all.findIndex((event) => event.kind === 'input');
  for (const parts of [
    [first],
    [first + 1, all.length - 2],
    [first + 7, first + 8, Math.floor((first + all.length) / 2)],
  ]) {
    const replay = await Machine.replaying({ ...savepoint, inputs });
    for (const untilSeq of parts) {
      // The log as it was somewhat later.
      const time = all[untilSeq + 40]?.time ?? savepoint.time;
      await replay.to(
        inputs.filter((input) => input.time <= time),
        time,
        untilSeq,
      );
      const { nextSeq } = replay.machine.trace;
      const direct = await Machine.replay({ ...savepoint, inputs }, { untilSeq });
      expect(nextSeq).toBe(direct.machine.trace.nextSeq);
      expect(replay.machine.inputs).toEqual(direct.machine.inputs);
    }
    await replay.to(inputs, savepoint.time);
    expect(replay.machine.trace.digest()).toBe(machine.trace.digest());
    expect(replay.terminals).toHaveLength(1);
  }
});

test('a replayed terminal has printed what the first one printed', async () => {
  const { machine, screen } = await history(4);
  let again = '';
  const decoder = new TextDecoder();
  await Machine.replay(machine.savepoint(), {
    onTerminal: (port) => port.onData((bytes) => void (again += decoder.decode(bytes, { stream: true }))),
  });
  expect(again).toBe(screen);
});
