/** A setting on its way down, as it was really sent, written and is now. */
import { expect, test } from 'vitest';
import { lookAtDirectories, lookAtFile, lookAtMade } from '../../machine/look-at-files.ts';
import * as shimTask from '../../protocols/containerd/runtime/task/v3/generated.ts';
import * as cri from '../../protocols/cri/generated.ts';
import type { MessageType } from '../../protocols/proto/message-type.ts';
import { wireView } from '../../protocols/wire-view.ts';
import { type BootedNode, boot } from '../../testing/boot.ts';
import { History } from '../history.ts';
import { podsOf } from '../rooms.ts';
import { TraceIndex } from '../trace-index.ts';
import { type Evidence, gather, type Reader } from './evidence.ts';
import { fieldOfMessage } from './field-of-message.ts';
import { fieldsOf, follow, type Station } from './follow-field.ts';
import { trailOf } from './trail.ts';

const TYPES = new Map(
  [...Object.values(cri), ...Object.values(shimTask)].flatMap((type) =>
    typeof type === 'object' && 'typeName' in type ? [[type.typeName, type as MessageType<unknown>]] : [],
  ),
);

function readerOf({ machine }: BootedNode): Reader {
  return {
    payload: async ({ payload, type }) => {
      const bytes = machine.trace.payload(payload);
      const known = TYPES.get(type);
      return bytes && { bytes, fields: known === undefined ? [] : wireView(known, bytes).nodes };
    },
    file: async (pid, path) => {
      const bytes = lookAtFile(machine, { pid, path })?.bytes;
      return bytes == null ? null : new TextDecoder().decode(bytes);
    },
    made: async (pid, path) => lookAtMade(machine, { pid, path }),
    names: async (pid, path) => (lookAtDirectories(machine, pid, [path])?.[path] ?? []).map(({ name }) => name),
  };
}

type Followed = {
  evidence: Evidence;
  say: (field: string) => Promise<string[]>;
  stations: (field: string) => Promise<Station[]>;
};

/** Of the container of that name in the pod of that name; ids are told by what they are of. */
async function followed(node: BootedNode, pod: string, container: string, reader = readerOf(node)): Promise<Followed> {
  const history = new History();
  const index = new TraceIndex();
  history.append(node.machine.trace.since(0));
  index.append(history.events);
  const room = podsOf(history.live).find(({ name }) => name === pod);
  const { id, processes } = room?.containers.find(({ name }) => name === container) ?? { id: '', processes: [] };
  const trail = trailOf(history.live, index, history.events, id);
  if (trail === null || room === undefined) throw new Error(`no container ${container}`);
  const evidence = await gather(trail, reader);
  const plain = (text: string): string =>
    text
      .replaceAll(id, 'CTR')
      .replaceAll(room.id, 'POD')
      .replaceAll(`/proc/${processes[0]?.pid}`, '/proc/PID')
      .replace(/pod[0-9a-f_]{36}/g, 'podUID');
  const stations = async (wanted: string): Promise<Station[]> => {
    const found = fieldsOf(evidence).find((each) => each.id === wanted);
    if (found === undefined) throw new Error(wanted);
    return follow(evidence, found.field, reader);
  };
  const say = async (wanted: string): Promise<string[]> =>
    (await stations(wanted)).map(({ kind, where, lines, missing }) =>
      plain(
        `${kind} ${where}: ${lines.map(({ path, value }) => `${path}=${value}`).join(' ')}${missing === null ? '' : `(${missing.why})`}`,
      ),
    );
  return { evidence, say, stations };
}

const POD_YAML = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 12
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: app
    image: nginx:alpine
    env: [{name: COLOR, value: blue}]
    volumeMounts: [{name: data, mountPath: /data, readOnly: true}]
    resources: {requests: {cpu: 250m, memory: 64Mi}, limits: {memory: 128Mi, cpu: 500m}}
    securityContext: {runAsUser: 0, capabilities: {drop: [ALL], add: [CHOWN, SETGID, SETUID, NET_BIND_SERVICE]}}
`;
const files = { '/root/pod.yaml': new TextEncoder().encode(POD_YAML) };
const POSTED = 'POST /api/v1/namespaces/default/pods';
const SLICE = '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice';

test('a Pod’s settings through containerd and runc, and what a resize changes', { timeout: 60_000 }, async () => {
  const node = await boot({ scenario: 'containerd', seed: 3, files });
  await node.run('kubectl apply -f pod.yaml; sleep 15');
  const { evidence, say, stations } = await followed(node, 'web', 'app');
  const BUNDLE = 'spec /run/containerd/io.containerd.runtime.v2.task/k8s.io/CTR/config.json';
  const SCOPE = `${SLICE}/cri-containerd-CTR.scope`;
  expect(await say('memoryLimit')).toEqual([
    `sent ${POSTED}: spec.containers[0].resources.limits.memory=128Mi`,
    `stored ${POSTED}: spec.containers[0].resources.limits.memory=128Mi`,
    `podCgroup ${SLICE}: memory.max=134217728`,
    'create CreateContainerRequest: config.linux.resources.memory_limit_in_bytes=134217728',
    `${BUNDLE}: linux.resources.memory.limit=134217728`,
    'unit /run/systemd/transient/cri-containerd-CTR.scope: MemoryMax=134217728',
    `write ${SCOPE}: memory.max=134217728`,
    `kernel ${SCOPE}: memory.max=134217728`,
  ]);
  expect((await say('cpuLimit')).slice(3)).toEqual([
    'create CreateContainerRequest: config.linux.resources.cpu_quota=50000 config.linux.resources.cpu_period=100000',
    `${BUNDLE}: linux.resources.cpu.quota=50000 linux.resources.cpu.period=100000`,
    'unit /run/systemd/transient/cri-containerd-CTR.scope: CPUQuota=50%',
    `write ${SCOPE}: cpu.max=50000 100000`,
    `kernel ${SCOPE}: cpu.max=50000 100000`,
  ]);
  expect((await say('cpuRequest')).slice(3)).toEqual([
    'create CreateContainerRequest: config.linux.resources.cpu_shares=256',
    `${BUNDLE}: linux.resources.cpu.shares=256`,
    'unit /run/systemd/transient/cri-containerd-CTR.scope: CPUWeight=35',
    `write ${SCOPE}: cpu.weight=35`,
    `kernel ${SCOPE}: cpu.weight=35`,
  ]);
  expect((await say('capabilities')).slice(2)).toEqual([
    'create CreateContainerRequest: config.linux.security_context.capabilities.add_capabilities=["CHOWN","SETGID","SETUID","NET_BIND_SERVICE"] config.linux.security_context.capabilities.drop_capabilities=["ALL"]',
    `${BUNDLE}: process.capabilities.effective=["CAP_CHOWN","CAP_SETGID","CAP_SETUID","CAP_NET_BIND_SERVICE"]`,
    'kernel /proc/PID/status: CapEff=00000000000004c1',
  ]);
  expect(await say('variable COLOR')).toEqual([
    `sent ${POSTED}: spec.containers[0].env[0]={name: COLOR, value: blue}`,
    `stored ${POSTED}: spec.containers[0].env[0]={name: COLOR, value: blue}`,
    'create CreateContainerRequest: config.envs[0].value=blue',
    `${BUNDLE}: process.env[7]=COLOR=blue`,
    'kernel /proc/PID/environ: COLOR=blue',
  ]);
  // 0 is said by a message that has nothing in it.
  expect((await say('runAsUser')).slice(2)).toEqual([
    'create CreateContainerRequest: config.linux.security_context.run_as_user={}',
    `${BUNDLE}: process.user.uid=0`,
    'kernel /proc/PID/status: Uid=0 0 0 0',
  ]);
  expect((await say('mount /data')).at(-1)).toMatch(/^kernel \/proc\/PID\/mountinfo: \/data=\d+ .* \/data ro,/);
  // What nobody asked for is not on the wire, and the kernel has its own mind.
  expect(await say('pidsLimit')).toEqual([
    'sent Pod web: (noField)',
    'create CreateContainerRequest: (noField)',
    `${BUNDLE}: (unset)`,
    'unit /run/systemd/transient/cri-containerd-CTR.scope: (unset)',
    `write ${SCOPE}: (notWritten)`,
    `kernel ${SCOPE}: pids.max=max`,
  ]);
  expect((await say('readOnlyRootFilesystem')).slice(0, 4)).toEqual([
    `sent ${POSTED}: (unset)`,
    `stored ${POSTED}: (unset)`,
    'create CreateContainerRequest: (notOnWire)',
    `${BUNDLE}: (unset)`,
  ]);
  expect((await say('terminationGracePeriod')).slice(2)).toEqual([
    'create CreateContainerRequest: config.annotations["io.kubernetes.pod.terminationGracePeriod"]=12',
    'stop StopContainer: (notSeen)',
  ]);
  const set = fieldsOf(evidence).filter((each) => each.set);
  expect(set.map(({ id }) => id)).toEqual([
    ...['memoryLimit', 'cpuLimit', 'cpuRequest', 'memoryRequest', 'image', 'runAsUser', 'capabilities', 'hostname'],
    ...['terminationGracePeriod', 'annotations', 'variable COLOR', 'mount /data'],
  ]);
  // In the order of time, each at its own moment.
  const moments = (await stations('memoryLimit')).flatMap(({ seq }) => seq ?? []);
  expect(moments).toEqual([...moments].sort((a, b) => a - b));

  const evicted = { ...readerOf(node), payload: async () => null };
  const blind = await followed(node, 'web', 'app', evicted);
  expect(await blind.say('memoryLimit')).toContain('create CreateContainerRequest: (evicted)');

  const PATCH = '{"spec":{"containers":[{"name":"app","resources":{"limits":{"memory":"256Mi"}}}]}}';
  await node.run(`kubectl patch pod web --subresource resize --patch '${PATCH}'; sleep 20`);
  const RESIZED = 'PATCH /api/v1/namespaces/default/pods/web/resize';
  expect((await (await followed(node, 'web', 'app')).say('memoryLimit')).slice(1)).toEqual([
    `stored ${POSTED}: spec.containers[0].resources.limits.memory=128Mi`,
    `sent ${RESIZED}: spec.containers[0].resources.limits.memory=256Mi`,
    `stored ${RESIZED}: spec.containers[0].resources.limits.memory=256Mi`,
    `podCgroup ${SLICE}: memory.max=268435456`,
    'create CreateContainerRequest: config.linux.resources.memory_limit_in_bytes=134217728',
    'update UpdateContainerResourcesRequest: linux.memory_limit_in_bytes=268435456',
    `${BUNDLE}: linux.resources.memory.limit=134217728`,
    'taskUpdate UpdateTaskRequest: resources.memory.limit=268435456',
    'unit /run/systemd/transient/cri-containerd-CTR.scope.d/50-MemoryMax.conf: MemoryMax=268435456',
    `write ${SCOPE}: memory.max=268435456`,
    `kernel ${SCOPE}: memory.max=268435456`,
  ]);

  const kubelets = await followed(node, 'etcd-node-1', 'etcd');
  expect((await kubelets.say('cpuRequest'))[0]).toBe(
    'staticPod /etc/kubernetes/manifests/etcd.yaml: spec.containers[0].resources.requests.cpu=100m',
  );
});

test('CRI-O writes the same down in its own places', { timeout: 60_000 }, async () => {
  const node = await boot({ scenario: 'crio', seed: 3, files });
  await node.run('kubectl apply -f pod.yaml; sleep 15');
  const { say } = await followed(node, 'web', 'app');
  expect((await say('memoryLimit')).slice(2)).toEqual([
    `podCgroup ${SLICE}: memory.max=134217728`,
    'create CreateContainerRequest: config.linux.resources.memory_limit_in_bytes=134217728',
    'spec /run/containers/storage/overlay-containers/CTR/userdata/config.json: linux.resources.memory.limit=134217728',
    'unit /run/systemd/transient/crio-CTR.scope: MemoryMax=134217728',
    `write ${SLICE}/crio-CTR.scope/container: memory.max=134217728`,
    `kernel ${SLICE}/crio-CTR.scope/container: memory.max=134217728`,
  ]);
});

test('without Kubernetes there is no manifest, and the kernel rounds what it is told', async () => {
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const container = {
    metadata: { name: 'app' },
    image: { image: 'busybox' },
    command: ['top'],
    log_path: 'c.log',
    linux: { resources: { memory_limit_in_bytes: 50_000_000 } },
  };
  const node = await boot({
    files: {
      '/root/pod.json': json({ metadata: { name: 'web', namespace: 'default', uid: 'u' }, linux: {} }),
      '/root/c.json': json(container),
    },
  });
  await node.run(
    'crictl pull busybox; P=$(crictl runp pod.json); C=$(crictl create $P c.json pod.json); crictl start $C',
  );
  const { evidence, say } = await followed(node, 'web', 'app');
  expect(await say('memoryLimit')).toEqual([
    'sent web: (noManifest)',
    'create CreateContainerRequest: config.linux.resources.memory_limit_in_bytes=50000000',
    'spec /run/containerd/io.containerd.runtime.v2.task/k8s.io/CTR/config.json: linux.resources.memory.limit=50000000',
    'write /sys/fs/cgroup/k8s.io/CTR: memory.max=49999872',
    'kernel /sys/fs/cgroup/k8s.io/CTR: memory.max=49999872',
  ]);
  expect((await say('cpuRequest')).slice(-1)).toEqual(['kernel /sys/fs/cgroup/k8s.io/CTR: cpu.weight=100']);
  expect(
    fieldsOf(evidence)
      .filter((each) => each.set)
      .map(({ id }) => id),
  ).toEqual(['memoryLimit', 'image', 'command']);
  // Where the message is read, its fields lead here.
  const message = evidence.create?.sent.request ?? { payload: 0, length: 0, type: '' };
  const fields = (await readerOf(node).payload(message))?.fields ?? [];
  const config = fields.find(({ name }) => name === 'config');
  const linux = config?.children.find(({ name }) => name === 'linux');
  const path = [config, linux, linux?.children[0], linux?.children[0]?.children[0]].filter(
    (each) => each !== undefined,
  );
  expect(fieldOfMessage('/runtime.v1.RuntimeService/CreateContainer', path)).toBe('memoryLimit');
  expect(fieldOfMessage('/runtime.v1.RuntimeService/CreateContainer', path.slice(0, 2))).toBeNull();
});
