/**
 * containerd killed with -9 at its n-th system call while it does something, and what is there after systemd has started
 * it again: nothing that was acknowledged is lost, what was begun can be done again, and nothing is left behind.
 */
import { type BootedNode, boot } from './boot.ts';
import { countCalls } from './count-calls.ts';

const VICTIM = 'containerd';
const IMAGE = 'docker.io/library/nginx:alpine';
const SMALL = 'docker.io/library/busybox:latest';
/** Of few bytes: they are really read and hashed. */
const OTHER = 'docker.io/library/alpine:3.20';
const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const CONTAINER = `{"metadata":{"name":"c"},"image":{"image":"${SMALL}"},"command":["sleep","1000"],"linux":{}}`;

type Operation = {
  /** What has been done, and acknowledged, before. */
  readonly before: readonly string[];
  readonly line: string;
  /** May be gone afterwards: names of images, containers, pods. */
  readonly removes: RegExp | null;
  /** What may be said when the line is typed again after a failure. */
  readonly again: RegExp;
  /** Leftovers that the original has as well. */
  readonly known?: RegExp;
};

const PULLED = `ctr images pull ${SMALL} > /dev/null`;
const OK = /^$/;
/** The shim told its address to somebody who was dead by then: nobody can find it any more. */
const LOST_SHIM = /^\d+ \/usr\/bin\/containerd-shim-runc-v2 -namespace \S+ -id /;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  pull: { before: [PULLED], line: `ctr images pull ${IMAGE} > /dev/null`, removes: null, again: OK },
  unpack: {
    before: [PULLED, `ctr content fetch ${IMAGE} > /dev/null`],
    line: `ctr snapshots unpack $(ctr images ls | awk '/nginx/ {print $3}') > /dev/null`,
    removes: null,
    again: OK,
  },
  import: {
    before: [
      PULLED,
      `ctr images pull ${OTHER} > /dev/null`,
      `ctr images export n.tar ${OTHER}`,
      `ctr images rm --sync ${OTHER} > /dev/null`,
    ],
    line: 'ctr images import n.tar > /dev/null',
    removes: null,
    again: OK,
  },
  'cri pull': { before: [PULLED], line: `crictl pull ${IMAGE} > /dev/null`, removes: null, again: OK },
  create: {
    before: [PULLED],
    line: `ctr run -d ${SMALL} new sleep 1000`,
    removes: null,
    again: /already exists/,
    known: LOST_SHIM,
  },
  'cri create': {
    before: [`crictl pull ${SMALL} > /dev/null`],
    line: 'P=$(crictl runp pod.json) && C=$(crictl create $P ctr.json pod.json) && crictl start $C > /dev/null',
    removes: null,
    // A sandbox that was begun keeps its name until it is removed.
    again: /is reserved for/,
    known: LOST_SHIM,
  },
  'delete image': {
    before: [PULLED, `ctr images pull ${IMAGE} > /dev/null`],
    line: `ctr images rm --sync ${IMAGE} > /dev/null`,
    removes: /nginx/,
    again: /image not found/,
  },
  'delete container': {
    before: [PULLED, `ctr run -d ${SMALL} old sleep 1000`, `ctr run -d ${SMALL} kept sleep 1000`],
    line: 'ctr tasks kill -s 9 old; sleep 0.1; ctr tasks rm old; ctr containers rm old',
    removes: /old/,
    again: /not found|no running task|non-zero exit code 137/,
  },
  'cri delete': {
    before: [
      `crictl pull ${SMALL} > /dev/null`,
      'crictl start $(crictl create $(crictl runp pod.json) ctr.json pod.json) > /dev/null',
    ],
    line: 'crictl rmp -fa > /dev/null',
    removes: /^(pod|cri container|k8s\.io container) /,
    again: OK,
  },
};

/** A network namespace that was made, and not yet written down as a pod's: the record comes before it, and names it after. */
const LOST_NETNS = /^proc on \/run\/netns\/|^cni-[0-9a-f-]+$/;
const NAMED_NETNS = `for p in $(crictl pods -q); do crictl inspectp $p; done | grep '"NetNSPath": "/'`;

/** What somebody was told is there, a line each. */
const INVENTORY =
  'for n in default k8s.io; do ctr -n $n images ls -q | sed "s/^/$n image /"; ctr -n $n containers ls -q | sed "s/^/$n container /"; ' +
  "ctr -n $n images check | awk 'NR > 1 {print \"check\", $1, $4, $NF}'; done; crictl pods -q | sed 's/^/pod /'; crictl ps -q | sed 's/^/cri container /'";

/** Everything is taken away by those who made it; what they do not see must be gone too. */
const CLEAN = [
  'crictl rmp -fa > /dev/null 2>&1',
  'for c in $(ctr tasks ls -q); do ctr tasks kill -s 9 $c; sleep 0.2; ctr tasks rm -f $c; done > /dev/null 2>&1',
  'for c in $(ctr containers ls -q); do ctr containers rm $c; done > /dev/null 2>&1',
  'for n in default k8s.io; do ctr -n $n images ls -q | xargs -r ctr -n $n images rm > /dev/null; ctr -n $n leases ls -q | xargs -r ctr -n $n leases rm > /dev/null; ctr -n $n leases rm --sync $(ctr -n $n leases create) > /dev/null; done',
  'sleep 1',
] as const;
const LEFT =
  'for n in default k8s.io; do ctr -n $n content ls -q; ctr -n $n content active | tail -n +2; ctr -n $n snapshots ls | tail -n +2; ctr -n $n leases ls -q; ctr -n $n containers ls -q; done; ' +
  'cd /var/lib/containerd; ls tmpmounts io.containerd.content.v1.content/ingest io.containerd.content.v1.content/blobs/sha256 ' +
  "io.containerd.snapshotter.v1.overlayfs/snapshots io.containerd.grpc.v1.cri/sandboxes io.containerd.grpc.v1.cri/containers | grep -v ':$' | grep .; cd; " +
  "ls /run/containerd/io.containerd.runtime.v2.task/default /run/containerd/io.containerd.runtime.v2.task/k8s.io 2> /dev/null | grep -v ':$' | grep .; " +
  "mount | grep -E 'tmpmounts|/run/containerd|netns'; pgrep -af 'containerd-shim|sleep 1000|/pause'; ls /run/netns 2> /dev/null";

async function prepared(operation: Operation, seed: number): Promise<BootedNode> {
  const node = await boot({ seed });
  await node.run(`echo '${POD}' > pod.json; echo '${CONTAINER}' > ctr.json`);
  for (const line of operation.before) {
    const { stderr, exitCode } = await node.run(line);
    if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
  }
  return node;
}

const lengths = new Map<string, number>();

/** How many system calls containerd makes for it. */
export async function callsOf(name: string): Promise<number> {
  const known = lengths.get(name);
  if (known !== undefined) return known;
  const operation = OPERATIONS[name] as Operation;
  const node = await prepared(operation, 1);
  const state = countCalls(node, [VICTIM]);
  await node.run(operation.line);
  await node.run('sleep 1');
  lengths.set(name, state.calls);
  return state.calls;
}

/** Returns what is wrong afterwards, one thing a line; empty if nothing is. */
export async function killAtCall(name: string, n: number, seed: number): Promise<string[]> {
  const operation = OPERATIONS[name] as Operation;
  const node = await prepared(operation, seed);
  const lines = async (line: string): Promise<string[]> =>
    (await node.run(line)).stdout.split('\n').filter((text) => text !== '');
  const acknowledged = await lines(INVENTORY);
  const state = countCalls(node, [VICTIM]);
  state.endAt = n;
  const first = await node.run(operation.line);
  const after = first.exitCode === 0 ? new Set(await lines(INVENTORY)) : null;
  await node.run('sleep 7');
  state.endAt = Number.POSITIVE_INFINITY;
  const wrong: string[] = [];
  const active = await node.run('systemctl is-active containerd');
  if (active.stdout !== 'active\n') return [`containerd is ${active.stdout.trim()}`];
  const found = new Set(await lines(INVENTORY));
  const named = await lines(NAMED_NETNS);
  for (const item of acknowledged)
    if (
      !found.has(item) &&
      operation.removes?.test(item.replace(/^\S+ /, '')) !== true &&
      operation.removes?.test(item) !== true
    )
      wrong.push(`lost: ${item}`);
  // Done is done: what had been there at the end is there now.
  for (const item of after ?? []) if (!found.has(item)) wrong.push(`lost although done: ${item}`);
  for (const item of found) if (/^check \S+ incomplete|^check \S+ complete \(\S+ false$/.test(item)) wrong.push(item);
  const { stderr } = await node.run(operation.line);
  const words = stderr
    .split('\n')
    .filter((text) => text !== '' && !text.includes('cgroup_parent is not set') && !operation.again.test(text));
  if (first.exitCode !== 0 && words.length > 0) wrong.push(`again: ${words.join(' | ')}`);
  for (const line of CLEAN) await node.run(line);
  const isKnown = (item: string): boolean =>
    operation.known?.test(item) === true || (LOST_NETNS.test(item) && named.length === 0);
  for (const item of await lines(LEFT)) if (!isKnown(item)) wrong.push(`left: ${item}`);
  return wrong;
}
