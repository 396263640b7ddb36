import { test } from 'vitest';
import { ScriptSession } from '../../headless/session.ts';
import { Machine } from '../../machine/machine.ts';
import { measureHop } from '../../protocols/grpc/hop.bench.ts';

const HOP_US_MAX = 15;
const WALK_MS_MAX = 2_000;
const BOOT_MS_MAX = 1_000;
const POD_STARTS_PER_SECOND_MIN = 500;
const PODS = 50;

const now = (): number => performance.now();

/** One line: what was measured, against what; below 1.00 is within the target. */
function report(what: string, value: number, target: number, unit: string): void {
  const ratio = (value / target).toFixed(2);
  console.log(`${ratio.padStart(7)}  ${what}: ${value.toFixed(1)} ${unit} (target ${target} ${unit})`);
}

const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const CONTAINER = '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["top"],"linux":{}}';
const FILES = `echo '${POD}' > pod.json\necho '${CONTAINER}' > ctr.json\n`;
const WALK = `${FILES}crictl pull busybox
POD=$(crictl runp pod.json); crictl pods
CTR=$(crictl create $POD ctr.json pod.json); crictl ps -a
crictl start $CTR; crictl ps; crictl exec $CTR ls /; crictl logs $CTR | head -2
crictl stop $CTR; crictl rm $CTR; crictl stopp $POD; crictl rmp $POD
`;

async function timed(script: string): Promise<number> {
  const machine = await Machine.boot({ scenario: 'bare', seed: 1 });
  const start = now();
  const outcomes = await new ScriptSession(machine).run(script);
  const elapsed = now() - start;
  // A command that fails is quick: such a figure would be worth nothing.
  for (const { command, stderr, exitCode } of outcomes) if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
  return elapsed;
}

test('one hop: spawn and RPC', async () => {
  const { best, median } = await measureHop(now);
  report('hop, best', best, HOP_US_MAX, 'µs');
  report('hop, median', median, HOP_US_MAX, 'µs');
});

test('boot and walk', async () => {
  const start = now();
  await Machine.boot({ scenario: 'bare', seed: 1 });
  report('boot', now() - start, BOOT_MS_MAX, 'ms');
  report('crictl walk, boot excluded', await timed(WALK), WALK_MS_MAX, 'ms');
});

test('pod starts', async () => {
  const pods = `for i in $(seq ${PODS}); do
sed "s/\\"p\\"/\\"p$i\\"/" pod.json > p$i.json; crictl run ctr.json p$i.json > /dev/null; done\n`;
  const base = await timed(`${FILES}crictl pull busybox\n`);
  const seconds = ((await timed(`${FILES}crictl pull busybox\n${pods}`)) - base) / 1000;
  report('pod start', (seconds * 1000) / PODS, 1000 / POD_STARTS_PER_SECOND_MIN, 'ms');
});
