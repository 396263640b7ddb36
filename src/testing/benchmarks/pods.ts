/**
 * What a pod of a Kubernetes cluster costs as there are more of them: CPU time to bring one up, CPU time of one that is
 * left alone for a virtual minute, and heap. Nothing here fails: machines differ.
 */
import { clusterWith } from '../../machine/scenarios/cluster.ts';
import { type BootedNode, boot } from '../boot.ts';

/** Pods on one node; its own static ones count. */
const ON_ONE_NODE = [10, 30, 110];
const STATIC_PODS = 4;
const NODES = 20;
const PODS_PER_NODE = 30;
const IDLE_MINUTES = 5;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function done(node: BootedNode, line: string): Promise<string> {
  const { stdout, stderr, exitCode } = await node.run(line);
  // A command that fails is quick: such a figure would be worth nothing.
  if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
  return stdout;
}

async function idleMs(node: BootedNode): Promise<number> {
  const start = cpuMs();
  await done(node, `sleep ${IDLE_MINUTES * 60}`);
  return (cpuMs() - start) / IDLE_MINUTES;
}

const IMAGE = 'busybox:1.36';
/** Brings the image to every node: many pods that want it at once would exceed the kubelet's pull QPS, and wait. */
const PULLS = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: pulls }
spec:
  selector: { matchLabels: { app: pulls } }
  template:
    metadata: { labels: { app: pulls } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: pulls, image: "${IMAGE}", command: [sleep, "1000000"] }]
`;
const FILES = { '/root/pulls.yaml': new TextEncoder().encode(PULLS) };

/** `count` pods more, all of them up. */
async function measure(what: string, node: BootedNode, count: number): Promise<void> {
  await done(node, 'kubectl apply -f /root/pulls.yaml && kubectl rollout status daemonset pulls > /dev/null');
  await done(node, 'kubectl delete -f /root/pulls.yaml && sleep 60');
  const before = { heap: heapBytes(), idle: await idleMs(node), time: node.machine.now };
  const start = cpuMs();
  await done(
    node,
    `kubectl create deployment many --image=${IMAGE} --replicas=${count} -- sleep 1000000 && kubectl rollout status deployment many --timeout=30m > /dev/null`,
  );
  const minutes = (node.machine.now - before.time) / 60e9;
  const startMs = (cpuMs() - start - before.idle * minutes) / count;
  const after = { heap: heapBytes(), idle: await idleMs(node) };
  console.log(
    `${what.padStart(28)}  up in ${(minutes * 60).toFixed(0).padStart(4)} virtual s  ` +
      `start ${startMs.toFixed(1).padStart(6)} ms a pod  idle ${((after.idle - before.idle) / count).toFixed(2).padStart(6)} ms a pod and minute  ` +
      `heap ${((after.heap - before.heap) / count / 1000).toFixed(0).padStart(5)} kB a pod`,
  );
}

const limited = (node: BootedNode): BootedNode => {
  // What a view keeps is not what a pod costs.
  node.machine.trace.limit(20_000, 1 << 20);
  return node;
};

for (const count of ON_ONE_NODE)
  await measure(
    `${count} pods on one node`,
    limited(await boot({ scenario: 'containerd', files: FILES, forgetful: true })),
    count - STATIC_PODS,
  );

const many = limited(await boot({ scenario: 'cluster', instead: clusterWith(NODES), files: FILES, forgetful: true }));
await done(many, `test $(kubectl get nodes --no-headers | grep -c ' Ready') -eq ${NODES + 1}`);
await measure(`${NODES} nodes with ${PODS_PER_NODE} each`, many, NODES * PODS_PER_NODE);
