import { beforeAll, expect, test } from 'vitest';
import { kubeApiserverProgram } from '../components/control-plane/api-server/program.ts';
import { kubeControllerManagerProgram } from '../components/control-plane/controller-manager/program.ts';
import { etcdProgram } from '../components/control-plane/etcd/program.ts';
import { kubeSchedulerProgram } from '../components/control-plane/scheduler/program.ts';
import type { Context } from '../linux/context.ts';
import { type KubeClient, newKubeClient } from '../protocols/kube/client.ts';
import { loadRestConfig } from '../protocols/kube/kubeconfig.ts';
import { StatusError } from '../protocols/kube/status-error.ts';
import type { Deployment, Event, Node, Pod, ReplicaSet } from '../protocols/kube/types.ts';
import { Random } from '../sim/random.ts';
import { type TestKernel, testKernel } from '../testing/kernel.ts';
import { containerdEndpoint } from './containerd-node.ts';
import { etcdImage } from './etcd-image.ts';
import { kubernetesNode } from './kubernetes-node.ts';

const SECOND = 1_000_000_000;
const PKI = '/etc/kubernetes/pki';

async function spawn(ctx: Context, line: string): Promise<number> {
  const argv = line.split(/\s+/);
  return ctx.sys.spawn(ctx, `/usr/bin/${argv[0]}`, { argv, stdio: { 0: 'null', 1: 'null', 2: 'null' } });
}

const ETCD = `etcd --data-dir=/var/lib/etcd --cert-file=${PKI}/etcd/server.crt --trusted-ca-file=${PKI}/etcd/ca.crt --listen-client-urls=https://127.0.0.1:2379`;
const API = `kube-apiserver --advertise-address=127.0.0.1 --etcd-servers=https://127.0.0.1:2379 --etcd-cafile=${PKI}/etcd/ca.crt --etcd-certfile=${PKI}/apiserver-etcd-client.crt --client-ca-file=${PKI}/ca.crt --tls-cert-file=${PKI}/apiserver.crt --service-account-signing-key-file=${PKI}/sa.key --secure-port=6443`;

let rig: TestKernel;
let etcdPid = 0;
let apiPid = 0;

beforeAll(async () => {
  rig = testKernel({
    programs: [etcdProgram, kubeApiserverProgram, kubeSchedulerProgram, kubeControllerManagerProgram],
  });
  etcdImage(rig.disk, new Random(1), []);
  kubernetesNode(rig.disk, { name: 'node-1', address: '127.0.0.1', runtime: containerdEndpoint });
  await rig.act(async (ctx) => {
    etcdPid = await spawn(ctx, ETCD);
    apiPid = await spawn(ctx, API);
    for (const name of ['scheduler', 'controller-manager'])
      await spawn(ctx, `kube-${name} --kubeconfig=/etc/kubernetes/${name}.conf --root-ca-file=${PKI}/ca.crt`);
    await ctx.sleep(10 * SECOND);
    const client = await clientOf(ctx);
    await client.create(ctx, 'nodes', null, { metadata: { name: 'node-1', labels: { disk: 'ssd' } } });
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady' };
    const amounts = { cpu: '2', memory: '4Gi', pods: '110' };
    await client.patch(
      ctx,
      'nodes',
      null,
      'node-1',
      'merge',
      { status: { capacity: amounts, allocatable: amounts, conditions: [ready] } },
      { subresource: 'status' },
    );
    await ctx.sleep(2 * SECOND);
  });
});

async function clientOf(ctx: Context, file = '/etc/kubernetes/admin.conf'): Promise<KubeClient> {
  return newKubeClient(await loadRestConfig(ctx, file, 'kubectl/v1.36.4'));
}

const withClient = <T>(body: (ctx: Context, client: KubeClient) => Promise<T>): Promise<T> =>
  rig.act(async (ctx) => body(ctx, await clientOf(ctx)));

async function refusal(body: Promise<unknown>): Promise<string> {
  try {
    await body;
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.reason}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

const pod = (name: string, spec: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
});

const create = (body: unknown, resource = 'pods'): Promise<string> =>
  withClient((ctx, client) =>
    refusal(
      client.create(ctx, resource, resource === 'runtimeclasses' ? null : 'default', body, {
        fieldValidation: 'Strict',
      }),
    ),
  );

test('a pod is completed by defaults and admission, then bound', async () => {
  const made = await withClient(async (ctx, client) => {
    await client.create<Pod>(ctx, 'pods', 'default', pod('web'));
    await ctx.sleep(SECOND);
    return client.get<Pod>(ctx, 'pods', 'default', 'web');
  });
  const volume = made.spec.volumes?.[0]?.name ?? '';
  expect(volume).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(made.spec).toEqual({
    containers: [
      {
        name: 'c',
        image: 'busybox',
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        volumeMounts: [{ name: volume, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    nodeName: 'node-1',
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccount: 'default',
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 30,
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
    volumes: [expect.objectContaining({ name: volume })],
  });
  expect(made.status?.conditions?.map((c) => [c.type, c.status])).toEqual([['PodScheduled', 'True']]);
  const events = await withClient((ctx, client) =>
    client.list<Event>(ctx, 'events', 'default', { fieldSelector: 'involvedObject.name=web' }),
  );
  expect(events.items.map((e) => `${e.type} ${e.reason} ${e.message}`)).toEqual([
    'Normal Scheduled Successfully assigned default/web to node-1',
  ]);
});

test('refusals are worded as the real server words them', async () => {
  expect(await create(pod('web'))).toBe('409 AlreadyExists: pods "web" already exists');
  expect(await create(pod('bad3', { contaners: [] }))).toBe(
    '400 BadRequest: Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.contaners"',
  );
  expect(
    await create(pod('bad5', { containers: [{ name: 'c', image: 'a', resources: { limits: { cpu: 'lots' } } }] })),
  ).toBe(
    `400 BadRequest: Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  );
  expect(
    await create(
      pod('bad15', { containers: [{ name: 'c', image: 'nginx', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
    ),
  ).toBe('422 Invalid: Pod "bad15" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"');
  expect(await create(pod('none', { containers: [] }))).toBe(
    '422 Invalid: Pod "none" is invalid: spec.containers: Required value',
  );
  expect(await create({ ...pod(''), metadata: {} })).toBe(
    '422 Invalid: Pod "" is invalid: metadata.name: Required value: name or generateName is required',
  );
  expect(await create(pod('rc-missing', { runtimeClassName: 'nosuch' }))).toBe(
    '403 Forbidden: pods "rc-missing" is forbidden: pod rejected: RuntimeClass "nosuch" not found',
  );
  const missing = await withClient((ctx, client) => refusal(client.create(ctx, 'pods', 'nosuchns', pod('x'))));
  expect(missing).toBe('404 NotFound: namespaces "nosuchns" not found');
  const field = await withClient((ctx, client) =>
    refusal(client.list(ctx, 'pods', 'default', { fieldSelector: 'nosuch=x' })),
  );
  expect(field).toBe('400 BadRequest: field label not supported: nosuch');
  expect(
    await create(
      { metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': '<base64>' } },
      'secrets',
    ),
  ).toBe('400 BadRequest: Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0');
  const node = await rig.act(async (ctx) => {
    const client = await clientOf(ctx, '/etc/kubernetes/kubelet.conf');
    return refusal(client.create(ctx, 'deployments', 'default', {}));
  });
  expect(node).toBe(
    '403 Forbidden: deployments.apps is forbidden: User "system:node:node-1" cannot create resource "deployments" in API group "apps" in the namespace "default"',
  );
});

test('a runtime class adds its overhead and its place to the pod', async () => {
  const rc = {
    metadata: { name: 'high-security' },
    handler: 'kata',
    overhead: { podFixed: { memory: '120Mi', cpu: '250m' } },
    scheduling: { nodeSelector: { security: 'high' } },
  };
  expect(await create(rc, 'runtimeclasses')).toBe('no error');
  await create(pod('secure', { runtimeClassName: 'high-security' }));
  const seen = await withClient(async (ctx, client) => {
    await ctx.sleep(SECOND);
    const before = await client.get<Pod>(ctx, 'pods', 'default', 'secure');
    const list = await client.list<Event>(ctx, 'events', 'default', { fieldSelector: 'involvedObject.name=secure' });
    await client.patch(ctx, 'nodes', null, 'node-1', 'strategic', { metadata: { labels: { security: 'high' } } });
    await ctx.sleep(SECOND);
    return { before, list, after: await client.get<Pod>(ctx, 'pods', 'default', 'secure') };
  });
  expect(seen.before.spec.overhead).toEqual({ memory: '120Mi', cpu: '250m' });
  expect(seen.before.spec.nodeSelector).toEqual({ security: 'high' });
  expect(seen.list.items.map((e) => e.message)).toEqual([
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  ]);
  expect(seen.after.spec.nodeName).toBe('node-1');
});

test('a deployment makes a replica set, that makes pods, and all go with it', async () => {
  const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] } };
  const counts = await withClient(async (ctx, client) => {
    await client.create<Deployment>(ctx, 'deployments', 'default', {
      metadata: { name: 'd' },
      spec: { replicas: 3, selector: { matchLabels: { app: 'd' } }, template },
    });
    await ctx.sleep(3 * SECOND);
    const pods = await client.list<Pod>(ctx, 'pods', 'default', { labelSelector: 'app=d' });
    const sets = await client.list<ReplicaSet>(ctx, 'replicasets', 'default');
    const deployment = await client.get<Deployment>(ctx, 'deployments', 'default', 'd');
    await client.delete(ctx, 'deployments', 'default', 'd');
    await ctx.sleep(3 * SECOND);
    const left = await client.list<Pod>(ctx, 'pods', 'default', { labelSelector: 'app=d' });
    return {
      pods: pods.items.length,
      sets: sets.items.map((s) => s.status?.replicas),
      status: deployment.status,
      deleting: left.items.map((p) => p.metadata.deletionGracePeriodSeconds),
    };
  });
  expect(counts.pods).toBe(3);
  expect(counts.sets).toEqual([3]);
  expect(counts.status).toMatchObject({ replicas: 3, updatedReplicas: 3, unavailableReplicas: 3 });
  expect(counts.deleting).toEqual([30, 30, 30]);
});

test('what an update was based on must still be true', async () => {
  const text = await withClient(async (ctx, client) => {
    const old = await client.get<Pod>(ctx, 'pods', 'default', 'web');
    await client.patch(ctx, 'pods', 'default', 'web', 'merge', { metadata: { labels: { a: 'b' } } });
    return refusal(client.update(ctx, 'pods', old));
  });
  expect(text).toBe(
    '409 Conflict: Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test('a watch tells what a selector sees come and go', async () => {
  const seen = await withClient(async (ctx, client) => {
    const { metadata } = await client.list<Pod>(ctx, 'pods', 'default');
    const watch = await client.watch<Pod>(ctx, 'pods', 'default', {
      labelSelector: 'colour=red',
      resourceVersion: metadata.resourceVersion,
    });
    for (const colour of ['red', 'blue', 'red'])
      await client.patch(ctx, 'pods', 'default', 'web', 'merge', { metadata: { labels: { colour } } });
    await client.delete(ctx, 'pods', 'default', 'web', { gracePeriodSeconds: 0 });
    const types: string[] = [];
    while (types.length < 4) types.push((await watch.next(ctx))?.type ?? 'end');
    await watch.stop(ctx);
    return types;
  });
  expect(seen).toEqual(['ADDED', 'DELETED', 'ADDED', 'DELETED']);
});

test('objects outlive etcd and the API server', async () => {
  const names = await rig.act(async (ctx) => {
    for (const pid of [etcdPid, apiPid]) await ctx.sys.kill(ctx, pid, 'SIGKILL');
    await ctx.sleep(SECOND);
    await spawn(ctx, ETCD);
    await spawn(ctx, API);
    await ctx.sleep(10 * SECOND);
    const client = await clientOf(ctx);
    const pods = await client.list<Pod>(ctx, 'pods', 'default');
    return {
      pods: pods.items.map((p) => p.metadata.name).filter((n) => !n.startsWith('d-')),
      nodes: (await client.list<Node>(ctx, 'nodes', null)).items.map((n) => n.metadata.name),
    };
  });
  expect(names).toEqual({ pods: ['secure'], nodes: ['node-1'] });
});

test('a node that is silent for fifty seconds is unreachable', async () => {
  const node = await withClient(async (ctx, client) => {
    await ctx.sleep(70 * SECOND);
    return client.get<Node>(ctx, 'nodes', null, 'node-1');
  });
  expect(node.status?.conditions?.find((c) => c.type === 'Ready')).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(node.spec.taints?.map((t) => `${t.key}:${t.effect}`)).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
});
