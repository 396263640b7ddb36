/**
 * 50 pods on one node, 20 of whose containers end again and again: CPU time from the first command on, and of the boot
 * before. A second round in the same process tells how much of it is V8 that has not seen the code yet. Nothing here
 * fails: machines differ.
 */
import { boot } from '../boot.ts';

const ROUNDS = 2;
const LINES = [
  'kubectl create deployment stay --image=busybox:1.36 --replicas=30 -- sleep 1000000',
  "kubectl create deployment crash --image=busybox:1.36 --replicas=20 -- sh -c 'sleep 1; exit 1'",
  'kubectl rollout status deployment stay --timeout=10m > /dev/null',
  'sleep 60',
  'kubectl get pods -A > /dev/null',
  'crictl ps -a > /dev/null',
];

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

for (let round = 1; round <= ROUNDS; round++) {
  const start = cpuMs();
  const node = await boot({ scenario: 'containerd' });
  const booted = cpuMs();
  for (const line of LINES) {
    const { stderr, exitCode } = await node.run(line);
    // A command that fails is quick: such a figure would be worth nothing.
    if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
  }
  console.log(`round ${round}: boot ${(booted - start).toFixed(0)} ms, run ${(cpuMs() - booted).toFixed(0)} ms`);
}
