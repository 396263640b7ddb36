/**
 * Containers with a shell each that waits for nothing in particular: what they cost while they are left alone, with all
 * that is kept so that one may look back at how they came to be.
 */
import { type BootedNode, boot } from '../boot.ts';

const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const SHELL = 'sleep 100000 & wait';
const CONTAINER = `{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["sh","-c","${SHELL}"],"linux":{}}`;
/** Two to a pod: the node has memory for 178 pods. */
const CONTAINERS_PER_POD = 2;
/** The first ones bring compiled code and tables that all share. */
const WARM_UP = 10;

async function done(node: BootedNode, line: string): Promise<void> {
  const { stderr, exitCode } = await node.run(line);
  if (exitCode !== 0) throw new Error(stderr);
}

/** After the macrotasks that fetch what a trace is packed with. */
async function heapBytes(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function bytesOf(warmUp: number, count: number, start: (i: number) => Promise<void>): Promise<number> {
  for (let i = 0; i < warmUp; i++) await start(i);
  const before = await heapBytes();
  for (let i = warmUp; i < warmUp + count; i++) await start(i);
  return (await heapBytes()) - before;
}

/** Started by `crictl`: pods with a pause each, behind one shim for each pod. */
export async function idlePodBytes(containers: number): Promise<number> {
  const node = await boot();
  await done(node, `echo '${POD}' > pod.json; echo '${CONTAINER}' > ctr.json; crictl pull busybox`);
  return bytesOf(WARM_UP / CONTAINERS_PER_POD, containers / CONTAINERS_PER_POD, (i) =>
    done(
      node,
      `sed "s/\\"p\\"/\\"p${i}\\"/; s/\\"u\\"/\\"u${i}\\"/" pod.json > p.json; sed 's/"c"/"d"/' ctr.json > other.json; POD=$(crictl runp p.json) && crictl start $(crictl create $POD ctr.json p.json) && crictl start $(crictl create $POD other.json p.json)`,
    ),
  );
}

/** Started by `ctr run`: nothing but the containers, behind a shim for each. */
export async function idleContainerBytes(containers: number): Promise<number> {
  const node = await boot();
  const image = 'docker.io/library/busybox:latest';
  await done(node, `ctr -n k8s.io images pull ${image}`);
  return bytesOf(WARM_UP, containers, (i) => done(node, `ctr -n k8s.io run -d ${image} c${i} sh -c '${SHELL}'`));
}
