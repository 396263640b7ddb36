/**
 * The numbers to reach, measured in one run of the bundled code: CPU time, since machines do other things besides.
 * Nothing here fails: machines differ.
 */
import { NATIVE_CODEC } from '../../headless/native-codec.ts';
import { Machine } from '../../machine/machine.ts';
import { measureHop } from '../../protocols/grpc/hop.bench.ts';
import { splitCommands } from '../../shell/parse.ts';
import { lendCodec } from '../../sim/trace-block.ts';
import { boot } from '../boot.ts';
import { testKernel } from '../kernel.ts';
import { measureHeldConnection } from './held-connection.ts';
import { idleContainerBytes, idlePodBytes } from './idle-containers.ts';

const HOP_US_MAX = 15;
const WALK_MS_MAX = 2_000;
const BOOT_MS_MAX = 1_000;
const HELD_CALLS = 10_000;
const HELD_US_MAX = 1_000;
const HELD_BYTES_MAX = 100;
const PS_MS_MAX = 16;
const PS_RUNS = 40;
const PIPELINE_MS_MAX = 300;
const POD_STARTS_PER_SECOND_MIN = 500;
const POD_BYTES_MAX = 50_000;
const PODS = 60;
const STAT_US_MAX = 5;
const STATS = 200_000;
const PULL_MS_MAX = 150;
const PULL_RUNS = 5;
const IDLE_CONTAINERS = 200;
const IDLE_BYTES_MAX = 20_000_000;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One line: what was measured, against what; below 1.00 is within the target. */
function report(what: string, value: number, target: number, unit: string): void {
  console.log(
    `${(value / target).toFixed(2).padStart(7)}  ${what}: ${value.toFixed(1)} ${unit} (target ${target} ${unit})`,
  );
}

const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const CONTAINER = '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["top"],"linux":{}}';
const FILES = `echo '${POD}' > pod.json\necho '${CONTAINER}' > ctr.json\ncrictl pull busybox\n`;
const WALK = `${FILES}POD=$(crictl runp pod.json); crictl pods
CTR=$(crictl create $POD ctr.json pod.json); crictl ps -a
crictl start $CTR; crictl ps; crictl exec $CTR ls /; crictl logs $CTR | head -2
crictl stop $CTR; crictl rm $CTR; crictl stopp $POD; crictl rmp $POD
`;
const startPods = (from: number, count: number): string =>
  `for ((i = ${from}; i < ${from + count}; i++)); do sed "s/\\"p\\"/\\"p$i\\"/; s/\\"u\\"/\\"u$i\\"/" pod.json > p$i.json; crictl runp p$i.json > id 2> /dev/null; CTR=$(crictl create $(cat id) ctr.json p$i.json 2> /dev/null); crictl start $CTR > /dev/null; done\n`;

async function node(): Promise<{ run: (script: string) => Promise<number> }> {
  const booted = await boot();
  return {
    async run(script) {
      const start = cpuMs();
      for (const line of splitCommands(script)) {
        const { command, stderr, exitCode } = await booted.run(line);
        // A command that fails is quick: such a figure would be worth nothing.
        if (exitCode !== 0) throw new Error(`${command}: ${stderr}`);
      }
      return cpuMs() - start;
    },
  };
}

lendCodec(NATIVE_CODEC);
const bare = await Machine.boot({ scenario: 'bare', seed: 1 }).then(cpuMs);
report('boot, code loaded and compiled with it', bare, BOOT_MS_MAX, 'ms');
report('crictl walk, cold, boot excluded', await (await node()).run(WALK), WALK_MS_MAX, 'ms');

const { best, median } = await measureHop(cpuMs);
report('hop, best', best, HOP_US_MAX, 'µs');
report('hop, median', median, HOP_US_MAX, 'µs');

const held = await measureHeldConnection(cpuMs, HELD_CALLS);
report('ListContainers over a held connection from outside', held.callUs, HELD_US_MAX, 'µs');
report('memory that stays of each such call', held.bytesPerCall, HELD_BYTES_MAX, 'bytes');

const busy = await node();
await busy.run(`${FILES}${startPods(0, 20)}`);
const times: number[] = [];
for (let i = 0; i < PS_RUNS; i++) times.push(await busy.run('crictl ps > /dev/null\n'));
times.sort((a, b) => a - b);
report('crictl ps with 20 containers, 95th percentile', times[Math.floor(PS_RUNS * 0.95)] as number, PS_MS_MAX, 'ms');

const pods = await node();
await pods.run(`${FILES}${startPods(0, 10)}`);
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
report('pod and container start', (await pods.run(startPods(10, PODS))) / PODS, 1000 / POD_STARTS_PER_SECOND_MIN, 'ms');
globalThis.gc?.();
report(
  'memory of a running pod, its trace included',
  (process.memoryUsage().heapUsed - before) / PODS,
  POD_BYTES_MAX,
  'bytes',
);

const shell = await node();
await shell.run('for ((i = 0; i < 50; i++)); do echo hi | grep h > /dev/null; done\n');
report(
  '1,000 × echo hi | grep h',
  await shell.run('for ((i = 0; i < 1000; i++)); do echo hi | grep h > /dev/null; done\n'),
  PIPELINE_MS_MAX,
  'ms',
);

/** 408 MB packed, 1.1 GB unpacked: the largest that the registries have. Each on a node of its own. */
const pulls: number[] = [];
for (let i = 0; i < PULL_RUNS; i++)
  pulls.push(await (await node()).run('ctr images pull docker.io/library/node:22 > /dev/null\n'));
pulls.sort((a, b) => a - b);
report('pull of a 408 MB image, median', pulls[Math.floor(PULL_RUNS / 2)] as number, PULL_MS_MAX, 'ms');

/** stat(2) of a file in the lowest of six layers, four directories down. */
async function overlayStatUs(): Promise<number> {
  const rig = testKernel();
  return rig.act(async (ctx) => {
    const { sys } = ctx;
    const make = async (path: string): Promise<void> => {
      let at = '';
      for (const part of path.split('/').slice(1)) {
        at += `/${part}`;
        await sys.mkdir(ctx, at).catch(() => {});
      }
    };
    for (let i = 1; i <= 6; i++) await make(`/o/l${i}/usr/lib/x/${i}`);
    for (const path of ['/o/u', '/o/w', '/o/m', '/o/l6/usr/lib/x/file']) await make(path);
    const lowers = [1, 2, 3, 4, 5, 6].map((i) => `/o/l${i}`).join(':');
    await sys.mount(ctx, 'overlay', '/o/m', 'overlay', {}, `lowerdir=${lowers},upperdir=/o/u,workdir=/o/w`);
    const start = cpuMs();
    for (let i = 0; i < STATS; i++) await sys.stat(ctx, '/o/m/usr/lib/x/file');
    return ((cpuMs() - start) / STATS) * 1000;
  });
}

report('stat through six overlay layers', await overlayStatUs(), STAT_US_MAX, 'µs');

report(
  '200 idle containers with shells, by ctr run',
  await idleContainerBytes(IDLE_CONTAINERS),
  IDLE_BYTES_MAX,
  'bytes',
);
report('200 idle containers with shells, in 100 pods', await idlePodBytes(IDLE_CONTAINERS), IDLE_BYTES_MAX, 'bytes');
