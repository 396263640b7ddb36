/**
 * 50 pods on one node, 20 of which restart: CPU time from the first command on, and of the boot before, once until each
 * of the 20 has restarted and once for a minute of back-off. A second round in the same process tells how much of it is
 * V8 that has not seen the code yet. Nothing here fails: machines differ.
 */
import { NATIVE_CODEC } from '../../headless/native-codec.ts';
import { lendCodec } from '../../sim/trace-block.ts';
import { boot } from '../boot.ts';

const ROUNDS = 2;
const deploy = (seconds: number): string[] => [
  'kubectl create deployment stay --image=busybox:1.36 --replicas=30 -- sleep 1000000',
  `kubectl create deployment crash --image=busybox:1.36 --replicas=20 -- sh -c 'sleep ${seconds}; exit 1'`,
  'kubectl rollout status deployment stay --timeout=10m > /dev/null',
];
const LOOKS = ['kubectl get pods -A > /dev/null', 'crictl ps -a > /dev/null'];
const RESTARTED = "kubectl get pods -l app=crash --no-headers | awk '$4 >= 1' | wc -l";
const WINDOWS: Readonly<Record<string, readonly string[]>> = {
  'each of 20 restarted once': [...deploy(20), `until [ $(${RESTARTED}) -eq 20 ]; do sleep 5; done`, ...LOOKS],
  'a minute of back-off': [...deploy(1), 'sleep 60', ...LOOKS],
};

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

lendCodec(NATIVE_CODEC);
for (let round = 1; round <= ROUNDS; round++)
  for (const [window, lines] of Object.entries(WINDOWS)) {
    const start = cpuMs();
    const node = await boot({ scenario: 'containerd' });
    const booted = cpuMs();
    for (const line of lines) {
      const { stderr, exitCode } = await node.run(line);
      // A command that fails is quick: such a figure would be worth nothing.
      if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
    }
    const run = (cpuMs() - booted).toFixed(0);
    console.log(`round ${round}, ${window}: boot ${(booted - start).toFixed(0)} ms, run ${run} ms`);
  }
