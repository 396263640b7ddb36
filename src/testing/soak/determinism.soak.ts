/** Many seeds: each history is made twice and replayed once, and must be the same to the last byte. */
import { expect, test } from 'vitest';
import { Machine } from '../../machine/machine.ts';
import { Random } from '../../sim/random.ts';

const SEEDS = Number(process.env['SOAK_SEEDS'] ?? 200);
const STEPS = 30;
const GAP_NS_MAX = 900_000_000;
const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const CONTAINER = '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["top"],"linux":{}}';
const LINES = [
  `echo '${POD}' > pod.json; echo '${CONTAINER}' > ctr.json`,
  'crictl pull busybox',
  'POD=$(crictl runp pod.json)',
  'CTR=$(crictl create $POD ctr.json pod.json)',
  'crictl start $CTR',
  'crictl ps -a',
  'crictl pods',
  'kill -9 $(pgrep -x top | head -1)',
  'kill -9 $(pgrep -x containerd-shim | head -1)',
  'pkill -9 -x containerd',
  'systemctl restart containerd',
  'crictl stop -t 3 $CTR',
  'crictl rm -f $CTR',
  'crictl stopp $POD',
  'crictl rmp -f -a',
  'sleep 2 & wait',
  'yes | head -3',
  'while true; do :; done',
  'ps -ef --forest',
  '\u0003',
];

/** Typed at random moments, whether or not the command before has ended. */
async function history(seed: number): Promise<Machine> {
  const random = new Random(seed).fork('soak');
  const machine = await Machine.boot({ scenario: 'bare', seed });
  const terminal = machine.openTerminal({ columns: 80, rows: 24 });
  terminal.onData(() => {});
  for (let step = 0; step < STEPS; step++) {
    const line = LINES[random.below(LINES.length)] ?? '';
    terminal.write(new TextEncoder().encode(line === '\u0003' ? line : `${line}\r`));
    await machine.advance({ horizon: machine.now + random.below(GAP_NS_MAX) });
  }
  return machine;
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`seed ${seed}`, async () => {
    const machine = await history(seed);
    const digest = machine.trace.digest();
    expect((await history(seed)).trace.digest()).toBe(digest);
    const { machine: replayed } = await Machine.replay(machine.savepoint());
    expect(replayed.trace.digest()).toBe(digest);
  });
}
