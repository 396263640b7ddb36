/**
 * Every event, waiting reason, terminated reason and node condition that what is typed on a node can lead to: each is
 * reached here, by input and nothing else. Those that are not are named with the cause.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

/** Never seen here. RegistryUnavailable is CRI-O's: its kubernetes.test.ts has it. */
const NOT_REACHED: Readonly<Record<string, string>> = {
  FailedPodSandBoxStatus: 'the runtime would have to end between two calls of one sync',
  SignatureValidationFailed: 'signatures of images are not simulated',
  PreCreateHookError: 'hooks of resource managers (static CPU policy, devices), which are not simulated',
  PreStartHookError: 'the same',
};

const EVENTS = [
  'BackOff',
  'ContainerGCFailed',
  'Created',
  'DeadlineExceeded',
  'ErrImageNeverPull',
  'Evicted',
  'EvictionThresholdMet',
  'ExceededGracePeriod',
  'Failed',
  'FailedCreatePodSandBox',
  'FailedKillPod',
  'FailedMount',
  'FailedPostStartHook',
  'FailedPreStopHook',
  'FailedScheduling',
  'FailedToRetrieveImagePullSecret',
  'FreeDiskSpaceFailed',
  'ImageGCFailed',
  'InspectFailed',
  'InvalidDiskCapacity',
  'Killing',
  'NetworkNotReady',
  'NodeAllocatableEnforced',
  'NodeHasDiskPressure',
  'NodeHasInsufficientMemory',
  'NodeHasInsufficientPID',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientMemory',
  'NodeHasSufficientPID',
  'NodeNotReady',
  'NodeNotSchedulable',
  'NodeReady',
  'NodeSchedulable',
  'Pulled',
  'Pulling',
  'Rebooted',
  'RegisteredNode',
  'SandboxChanged',
  'Scheduled',
  'Started',
  'Starting',
  'SystemOOM',
  'TaintManagerEviction',
  'Unhealthy',
];

const WAITING = [
  'ContainerCreating',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'PodInitializing',
  'PostStartHookError',
  'RunContainerError',
];
const TERMINATED = ['Completed', 'ContainerStatusUnknown', 'Error', 'OOMKilled', 'StartError'];
const POD_REASONS = ['DeadlineExceeded', 'Evicted', 'NodeAffinity', 'OutOfcpu'];

/** Type, status and reason, and the beginning of the message. */
const CONDITIONS = [
  'DiskPressure=False KubeletHasNoDiskPressure kubelet has no disk pressure',
  'DiskPressure=True KubeletHasDiskPressure kubelet has disk pressure',
  'MemoryPressure=False KubeletHasSufficientMemory kubelet has sufficient memory available',
  'MemoryPressure=True KubeletHasInsufficientMemory kubelet has insufficient memory available',
  'PIDPressure=False KubeletHasSufficientPID kubelet has sufficient PID available',
  'PIDPressure=True KubeletHasInsufficientPID kubelet has insufficient PID available',
  'Ready=False KubeletNotReady [container runtime is down, PLEG is not healthy: pleg was last seen active',
  'Ready=False KubeletNotReady container runtime is down',
  'Ready=False KubeletNotReady container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
  'Ready=False KubeletNotReady [container runtime status check may not have completed yet, PLEG is not healthy: pleg has yet to be successful',
  'Ready=True KubeletReady kubelet is posting ready status',
  'Ready=Unknown NodeStatusUnknown Kubelet stopped posting node status.',
];

/** A pod in one line of YAML; what is not said is a container of busybox that sleeps. */
function pod(name: string, container: string, spec = ''): string {
  const given = { image: 'busybox', imagePullPolicy: 'IfNotPresent', command: "[sleep, '100000']" };
  const rest = Object.entries(given)
    .filter(([key]) => !new RegExp(`(^|, )${key}: `).test(container.replace(/\{.*\}/, '')))
    .map(([key, value]) => `${key}: ${value}`);
  const fields = ['name: c', ...rest, ...(container === '' ? [] : [container])].join(', ');
  const more = spec === '' ? '' : `${spec}, `;
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {terminationGracePeriodSeconds: 1, ${more}containers: [{${fields}}]}
---
`;
}

const PODS = [
  pod('plain', ''),
  pod('no-tag', "image: 'busybox:none'"),
  pod('never', "image: 'redis', imagePullPolicy: Never"),
  pod('bad-name', "image: 'Busybox'"),
  pod('crash', "command: [sh, -c, 'exit 3']"),
  pod('finished', "command: ['true']", 'restartPolicy: Never'),
  pod(
    'oom',
    "image: polinux/stress, command: [stress, --vm, '1', --vm-bytes, 200M], resources: {limits: {memory: 50Mi}}",
  ),
  pod('no-command', "command: ['/none']"),
  pod('no-command-once', "command: ['/none']", 'restartPolicy: Never'),
  pod('no-secret', 'envFrom: [{secretRef: {name: none}}]'),
  pod('no-profile', 'securityContext: {seccompProfile: {type: Localhost, localhostProfile: none.json}}'),
  pod('no-volume', 'volumeMounts: [{name: v, mountPath: /v}]', 'volumes: [{name: v, secret: {secretName: none}}]'),
  pod('no-class', '', 'runtimeClassName: unknown'),
  pod('no-pull-secret', '', 'imagePullSecrets: [{name: none}]'),
  pod('unhealthy', "livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 2}"),
  pod('hook', "lifecycle: {postStart: {exec: {command: ['false']}}}"),
  pod('stop-hook', "lifecycle: {preStop: {exec: {command: ['false']}}}"),
  pod('init', '', "initContainers: [{name: i, image: busybox, command: [sleep, '3']}]"),
  pod('short', '', 'activeDeadlineSeconds: 3'),
  pod('too-big', "resources: {requests: {cpu: '64'}}"),
  pod('too-big-here', "resources: {requests: {cpu: '64'}}", 'nodeName: node-1'),
  pod('elsewhere', '', 'nodeName: node-1, nodeSelector: {disk: none}'),
].join('');

const CLASS = 'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: unknown}\nhandler: unknown\n';
/** Another containerd, only for images; it can be ended while the kubelet goes on. */
const SECOND = `version = 3
root = "/var/lib/second"
state = "/run/second"
[grpc]
address = "/run/second.sock"
`;

/** In the place of runc: it takes its time to send signals. */
const SLOW_RUNC = `#!/bin/sh
case "$*" in *kill*) sleep 30;; esac
exec /root/runc.real "$@"
`;

let node: BootedNode;
const seen = {
  events: new Set<string>(),
  waiting: new Set<string>(),
  terminated: new Set<string>(),
  pods: new Set<string>(),
  conditions: new Set<string>(),
};

async function out(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

type Shown = { reason?: string; message?: string };
type ContainerShown = { state: { waiting?: Shown; terminated?: Shown }; lastState: { terminated?: Shown } };
type ObjectShown = {
  status?: Shown & {
    conditions?: (Shown & { type: string; status: string })[];
    containerStatuses?: ContainerShown[];
    initContainerStatuses?: ContainerShown[];
  };
};

/** What a watch has written so far, object by object. */
async function watched(file: string): Promise<ObjectShown[]> {
  const { stdout } = await node.run(`cat ${file}`);
  return JSON.parse(`[${stdout.replaceAll('}\n{', '},\n{')}]`) as ObjectShown[];
}

/** All that the watches have shown since they were begun, and the events that are there. */
async function note(): Promise<void> {
  const add = (kind: keyof typeof seen, reason: string | undefined): void => {
    if (reason !== undefined) seen[kind].add(reason);
  };
  for (const { status } of await watched('pods.json')) {
    add('pods', status?.reason);
    for (const { state, lastState } of [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
    ]) {
      add('waiting', state.waiting?.reason);
      add('terminated', state.terminated?.reason);
      add('terminated', lastState.terminated?.reason);
    }
  }
  for (const { status } of await watched('nodes.json'))
    for (const { type, status: is, reason, message } of status?.conditions ?? [])
      add('conditions', `${type}=${is} ${reason} ${message}`);
  const { stdout } = await node.run('kubectl get events -A -o custom-columns=R:.reason --no-headers');
  for (const reason of stdout.trim().split('\n')) add('events', reason);
}

const watch = (): Promise<string> =>
  out('kubectl get pods -w -o json > pods.json & kubectl get nodes -w -o json > nodes.json &');

async function configure(fields: string): Promise<void> {
  await out(`cp kubelet.yaml /var/lib/kubelet/config.yaml; printf '${fields}\\n' >> /var/lib/kubelet/config.yaml`);
  await out('systemctl restart kubelet');
}

beforeAll(async () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  node = await boot({
    scenario: 'containerd',
    files: {
      '/root/pods.yaml': text(PODS),
      '/root/class.yaml': text(CLASS),
      '/root/slow-runc': text(SLOW_RUNC),
      '/etc/containerd/second.toml': text(SECOND),
    },
  });
  await out('cp /var/lib/kubelet/config.yaml kubelet.yaml');
}, 60_000);

describe('what input leads to', { timeout: 60_000 }, () => {
  test('pods that cannot run, or not for long', async () => {
    await watch();
    await out('kubectl apply -f class.yaml -f pods.yaml; sleep 20');
    await out('kill -9 $(pgrep -x pause | tail -1); crictl rm -f $(crictl ps -q --name "^c$" | tail -1)');
    await out('kubectl delete pod stop-hook unhealthy hook; sleep 60');
    await note();
    await out('kubectl delete pod --all --now');
  });

  test('a node that is cordoned, tainted, without its network, its runtime, its kubelet', async () => {
    await out('kubectl cordon node-1; sleep 12; kubectl uncordon node-1; sleep 12');
    await out('kubectl run one --image=busybox -- sleep 10000; sleep 5');
    await out('kubectl taint node node-1 gone:NoExecute; sleep 5; kubectl taint node node-1 gone-; sleep 40');
    await out('kubectl run one --image=busybox -- sleep 10000; sleep 5; mv /etc/cni/net.d/*.conflist .');
    await out('kubectl run two --image=busybox -- sleep 10000; sleep 12; kubectl delete pod one --now --wait=false');
    await out('sleep 15; cp *.conflist /etc/cni/net.d/; sleep 15; systemctl stop containerd; sleep 60');
    // A node's status is sent when it changes, and every five minutes.
    await out('sleep 260; systemctl start containerd; sleep 30; systemctl stop kubelet; sleep 60');
    await note();
    await out('kubectl delete node node-1; systemctl start kubelet; sleep 30');
  });

  test('a node that is short of process numbers, memory, disk', async () => {
    await configure('evictionHard: {pid.available: "4194290"}\\nevictionPressureTransitionPeriod: 20s');
    await out('sleep 25');
    await configure('evictionHard: {memory.available: 2Gi}\\nevictionPressureTransitionPeriod: 20s');
    const hog = (name: string, size: string): string =>
      `kubectl run ${name} --image=polinux/stress --restart=Never --command -- stress --vm 1 --vm-bytes ${size} --vm-hang 1`;
    await out(`sleep 30; ${hog('hog', '1500M')}; sleep 30`);
    await configure('evictionPressureTransitionPeriod: 20s');
    await out(`sleep 30; ${hog('huge', '9G')}; sleep 20`);
    await out(`kubectl run writer --image=busybox -- sh -c 'dd if=/dev/zero of=/x bs=1M count=900; sleep 10000'`);
    // What is to be ended does not end in time.
    await out('sleep 10; mv /usr/bin/runc runc.real; mv slow-runc /usr/bin/runc; chmod +x /usr/bin/runc');
    await out('fallocate -l 35G fill; sleep 40; mv runc.real /usr/bin/runc; sleep 620; rm fill; sleep 60');
    await note();
  });

  test('an image service that has gone, a machine that was switched off and on', async () => {
    await out('systemd-run --unit=second containerd -c /etc/containerd/second.toml; sleep 2');
    await configure('imageServiceEndpoint: unix:///run/second.sock');
    await out(
      'sleep 5; systemctl stop second; kubectl run three --image=busybox --image-pull-policy=IfNotPresent -- sleep 1000; sleep 10',
    );
    await note();
    await configure('');
    await out('sleep 5; echo b > /proc/sysrq-trigger');
    await out('kubectl wait --for=condition=Ready node/node-1 --timeout=120s; sleep 5');
    await note();
  });
});

test('every event', () => expect(EVENTS.filter((reason) => !seen.events.has(reason))).toEqual([]));
test('every waiting reason', () => expect(WAITING.filter((reason) => !seen.waiting.has(reason))).toEqual([]));
test('every terminated reason', () => expect(TERMINATED.filter((reason) => !seen.terminated.has(reason))).toEqual([]));
test('every reason of a pod', () => expect(POD_REASONS.filter((reason) => !seen.pods.has(reason))).toEqual([]));
test('every condition of a node', () => {
  const missing = CONDITIONS.filter((wanted) => ![...seen.conditions].some((line) => line.startsWith(wanted)));
  expect(missing).toEqual([]);
});
test('what is said to be out of reach is', () => {
  const all = [...seen.events, ...seen.waiting, ...seen.terminated];
  expect(Object.keys(NOT_REACHED).filter((reason) => all.includes(reason))).toEqual([]);
});
