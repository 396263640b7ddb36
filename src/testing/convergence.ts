/**
 * A Kubernetes node on which the kubelet, the runtime or the whole machine ends at its n-th system call while objects
 * are declared: whatever had been done by then, in the end everything declared runs and nothing else does.
 */
import { type BootedNode, boot } from './boot.ts';
import { countCalls } from './count-calls.ts';

export const VICTIMS = ['kubelet', 'containerd', 'node'] as const;
export type Victim = (typeof VICTIMS)[number];

const OBJECTS = `apiVersion: v1
kind: ConfigMap
metadata: {name: page}
data: {index.html: hello}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 3
      volumes: [{name: page, configMap: {name: page}}, {name: scratch, emptyDir: {}}]
      initContainers: [{name: first, image: busybox, command: [sh, -c, 'echo first > /scratch/x'], volumeMounts: [{name: scratch, mountPath: /scratch}]}]
      containers:
      - {name: nginx, image: 'nginx:alpine', volumeMounts: [{name: page, mountPath: /usr/share/nginx/html}], readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}
      - {name: side, image: busybox, command: [sleep, '100000'], resources: {requests: {cpu: 10m, memory: 10Mi}, limits: {memory: 20Mi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, terminationGracePeriodSeconds: 1, containers: [{name: a, image: busybox, command: [sleep, '100000']}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  backoffLimit: 6
  completions: 2
  template: {spec: {restartPolicy: OnFailure, containers: [{name: j, image: busybox, command: [sleep, '2']}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: solo}
spec: {terminationGracePeriodSeconds: 2, containers: [{name: s, image: busybox, command: [sleep, '100000'], lifecycle: {preStop: {exec: {command: [sleep, '1']}}}}]}
`;

/** Typed one after the other, each until it is accepted; how long the node is then left alone, s. */
const STEPS: readonly (readonly [line: string, seconds: number])[] = [
  ['kubectl apply -f objects.yaml', 7],
  ['kubectl delete pod solo --ignore-not-found --wait=false', 1],
  ['kubectl scale deployment web --replicas=3', 3],
  ['kubectl set env deployment web A=1', 8],
];

const SETTLE_SECONDS = 10;
const TRIES = 120;
const ATTEMPTS = 60;

/** What there is to see of pods, in the API and below it; a line each. */
const PICTURE =
  `echo "deployment $(kubectl get deployment web -o jsonpath='{.status.updatedReplicas}/{.status.readyReplicas}/{.status.replicas}')"
echo "daemonset $(kubectl get daemonset agent -o jsonpath='{.status.numberReady}')"
echo "job $(kubectl get job job -o jsonpath='{.status.succeeded}/{.status.conditions[?(@.type=="Complete")].status}')"
echo "static $(kubectl get pods -n kube-system --no-headers | grep -c ' 1/1 *Running')"
echo "unwell $(kubectl get pods -A --no-headers | grep -v -c -E ' (1/1|2/2) +Running| 0/1 +Completed')"
echo "solo $(kubectl get pods -o name | grep -c solo)"
echo "sandboxes $(crictl pods -q --state ready | wc -l)"
echo "containers $(crictl ps -q | wc -l)"
echo "cgroups $(find /sys/fs/cgroup/kubepods.slice -name '*-pod*.slice' | wc -l)"
echo "mounts $(mount | grep -c 'kubernetes.io~projected')"
echo "veth $(ip -br link | grep -c ^veth)"
echo "addresses $(ls /var/lib/cni/networks/* | grep -c '^10[.]')"
echo "namespaces $(ls /run/netns | wc -l)"
{ kubectl get pods -A -o jsonpath='{range .items[*]}{.metadata.uid}{"\\n"}{end}'; kubectl get pods -n kube-system -o jsonpath='{range .items[*]}{.metadata.annotations.kubernetes\\.io/config\\.hash}{"\\n"}{end}'; } | grep . > /root/uids
echo "foreign $(ls /var/lib/kubelet/pods | grep -v -c -F -x -f /root/uids)"`
    .split('\n')
    .join('; ');

async function prepared(seed: number): Promise<BootedNode> {
  const node = await boot({ scenario: 'containerd', seed, files: { '/root/objects.yaml': encoded(OBJECTS) } });
  await node.run('kubectl wait --for=condition=Ready node/node-1 --timeout=60s');
  return node;
}

/**
 * A network namespace that was made and not yet written down as a pod's stays, as it does with the original: one for each
 * pod that was being started. So many of those declared here start at once.
 */
const LOST_NETNS_MAX = 4;

/** As `expected`, but for lost network namespaces. */
function agreesButForNamespaces(found: string, expected: string): boolean {
  const count = (text: string): number => Number(/^namespaces (\d+)$/m.exec(text)?.[1] ?? 0);
  const lost = count(found) - count(expected);
  return (
    lost >= 0 &&
    lost <= LOST_NETNS_MAX &&
    found.replace(/^namespaces \d+$/m, `namespaces ${count(expected)}`) === expected
  );
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

function counted(node: BootedNode, victim: Victim): ReturnType<typeof countCalls> {
  return victim === 'node'
    ? countCalls(node, ['kubelet', 'containerd'], ({ kernel }) => kernel.powerOff('reset'))
    : countCalls(node, [victim]);
}

/** Types it until it is accepted; says what was wrong if it never is. */
async function insist(node: BootedNode, line: string): Promise<string | null> {
  let last = '';
  for (let i = 0; i < ATTEMPTS; i++) {
    const { stderr, exitCode } = await node.run(line);
    if (exitCode === 0) return null;
    last = stderr;
    await node.run('sleep 5');
  }
  return `${line}: ${last}`;
}

let wanted: string | null = null;
const lengths = new Map<Victim, number>();

async function picture(node: BootedNode): Promise<string> {
  return (await node.run(PICTURE)).stdout;
}

/** What an undisturbed node comes to. */
async function undisturbed(): Promise<string> {
  if (wanted !== null) return wanted;
  const node = await prepared(1);
  for (const [line, seconds] of STEPS) {
    await insist(node, line);
    await node.run(`sleep ${seconds}`);
  }
  await node.run('sleep 60');
  wanted = await picture(node);
  return wanted;
}

/** How many system calls there are to choose from. */
export async function callsUntilSettled(victim: Victim): Promise<number> {
  const known = lengths.get(victim);
  if (known !== undefined) return known;
  const node = await prepared(1);
  const state = counted(node, victim);
  for (const [line, seconds] of STEPS) {
    await insist(node, line);
    await node.run(`sleep ${seconds}`);
  }
  lengths.set(victim, state.calls);
  return state.calls;
}

/** Returns null when everything came to what was declared, or what is different after the longest wait. */
export async function endAtCall(victim: Victim, n: number, seed: number): Promise<string | null> {
  const expected = await undisturbed();
  const node = await prepared(seed);
  const state = counted(node, victim);
  state.endAt = n;
  for (const [line, seconds] of STEPS) {
    const refused = await insist(node, line);
    if (refused !== null) return refused;
    await node.run(`sleep ${seconds}`);
  }
  let found = '';
  for (let i = 0; i < TRIES; i++) {
    found = await picture(node);
    if (found === expected) return null;
    if (victim === 'containerd' && agreesButForNamespaces(found, expected)) return null;
    await node.run(`sleep ${SETTLE_SECONDS}`);
  }
  const [before, after] = [expected.split('\n'), found.split('\n')];
  return after.flatMap((line, i) => (line === before[i] ? [] : [`${line} instead of ${before[i]}`])).join('; ');
}
