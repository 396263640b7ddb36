/**
 * Nodes that are not heard of any more, taints that say so, and pods that do not tolerate them.
 * @models kubernetes 1.36 pkg/controller/nodelifecycle, tainteviction
 * @fidelity partial: no zones, no eviction rate limit
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { startInformer } from '../../../protocols/kube/informer.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Condition, Lease, Node, Pod, Taint } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import type { SharedInformers } from './shared.ts';

const SECOND = 1_000_000_000;
const MONITOR_NS = 5 * SECOND;
const GRACE_NS = BigInt(50 * SECOND);
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** Conditions that keep pods away from a node. */
const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const CONDITIONS = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'];

export function startNodeLifecycle(
  ctx: Context,
  client: KubeClient,
  { pods }: SharedInformers,
  record: Recorder,
  recordEviction: Recorder,
): void {
  const leases = startInformer<Lease>(ctx, client, 'leases', {}, { namespace: 'kube-node-lease' });
  const known = new Set<string>();
  const nodes = startInformer<Node>(ctx, client, 'nodes', {
    added: (node) => {
      if (!known.has(node.metadata.uid))
        record(
          { ...node, metadata: { ...node.metadata } },
          'Normal',
          'RegisteredNode',
          `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`,
        );
      known.add(node.metadata.uid);
      later(node.metadata.name);
    },
    updated: (before, node) => {
      if (statusesOf(before) !== statusesOf(node) || JSON.stringify(before.spec) !== JSON.stringify(node.spec))
        later(node.metadata.name);
    },
  });
  /** When this controller first saw the lease's present renewTime: its own clock counts, not the node's. */
  const seen = new Map<string, { renewTime: string; at: bigint }>();
  const evictions = new Map<string, number>();

  function later(name: string): void {
    ctx.go('node', async (c) => {
      const node = nodes.items.get(name);
      if (node !== undefined) await guarded(c, node);
    });
  }

  async function guarded(c: Context, node: Node): Promise<void> {
    try {
      await setTaints(c, node);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
    }
  }

  async function monitor(c: Context, node: Node): Promise<void> {
    const { name } = node.metadata;
    const lease = leases.items.get(`kube-node-lease/${name}`);
    const renewTime = lease?.spec?.renewTime ?? readyOf(node)?.lastHeartbeatTime ?? node.metadata.creationTimestamp;
    const last = seen.get(name);
    if (last?.renewTime !== renewTime) {
      seen.set(name, { renewTime, at: c.wallTime });
      return;
    }
    if (c.wallTime - last.at < GRACE_NS || readyOf(node)?.status === 'Unknown') return;
    const now = rfc3339(c.wallTime);
    const conditions = CONDITIONS.map((type): Condition => {
      const before = node.status?.conditions?.find((x) => x.type === type);
      const heartbeat = before?.lastHeartbeatTime ?? now;
      return {
        type,
        status: 'Unknown',
        lastHeartbeatTime: heartbeat,
        lastTransitionTime: now,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      };
    });
    await client.patch(c, 'nodes', null, name, 'strategic', { status: { conditions } }, { subresource: 'status' });
    record(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    for (const pod of pods.items.values()) if (pod.spec.nodeName === name) await markNotReady(c, pod, now);
  }

  async function markNotReady(c: Context, pod: Pod, now: string): Promise<void> {
    const { namespace = null, name } = pod.metadata;
    const ready = pod.status?.conditions?.find((x) => x.type === 'Ready');
    if (ready?.status !== 'True') return;
    const condition = { ...ready, status: 'False', lastTransitionTime: now };
    await client.patch(
      c,
      'pods',
      namespace,
      name,
      'strategic',
      { status: { conditions: [condition] } },
      { subresource: 'status' },
    );
    record(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  async function setTaints(c: Context, node: Node): Promise<void> {
    const ready = readyOf(node)?.status;
    const wanted: Taint[] = [];
    if (node.spec.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
    if (ready === 'Unknown')
      wanted.push({ key: UNREACHABLE, effect: 'NoSchedule' }, { key: UNREACHABLE, effect: 'NoExecute' });
    else if (ready !== 'True') wanted.push({ key: NOT_READY, effect: 'NoSchedule' });
    for (const [type, key] of Object.entries(PRESSURES))
      if (node.status?.conditions?.find((c) => c.type === type)?.status === 'True')
        wanted.push({ key, effect: 'NoSchedule' });
    const present = node.spec.taints ?? [];
    const ours = new Set([UNREACHABLE, NOT_READY, UNSCHEDULABLE, ...Object.values(PRESSURES)]);
    const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
    const kept = present.filter((t) => !ours.has(t.key) || wanted.some((w) => same(w, t)));
    const fresh = wanted
      .filter((w) => !present.some((t) => same(w, t)))
      .map((w) => ({ ...w, timeAdded: rfc3339(c.wallTime) }));
    const taints = [...kept, ...fresh];
    if (taints.length !== present.length || fresh.length > 0)
      await client.patch(c, 'nodes', null, node.metadata.name, 'merge', {
        spec: { taints: taints.length === 0 ? null : taints },
      });
    for (const pod of pods.items.values())
      if (pod.spec.nodeName === node.metadata.name)
        planEviction(
          pod,
          taints.filter((t) => t.effect === 'NoExecute'),
        );
  }

  pods.onChange((_, pod) => {
    const node = pod?.spec.nodeName === undefined ? undefined : nodes.items.get(pod.spec.nodeName);
    const taints = (node?.spec.taints ?? []).filter((t) => t.effect === 'NoExecute');
    if (pod !== null && taints.length > 0) planEviction(pod, taints);
  });

  function planEviction(pod: Pod, taints: readonly Taint[]): void {
    const { uid, namespace = '', name } = pod.metadata;
    if (taints.length === 0) {
      evictions.delete(uid);
      return;
    }
    if (evictions.has(uid) || pod.metadata.deletionTimestamp !== undefined) return;
    let delayNs = Number.POSITIVE_INFINITY;
    for (const taint of taints) {
      const found = (pod.spec.tolerations ?? []).find(
        (t) =>
          (t.key ?? taint.key) === taint.key &&
          (t.effect ?? taint.effect) === taint.effect &&
          (t.operator === 'Exists' || (t.value ?? '') === (taint.value ?? '')),
      );
      if (found === undefined) delayNs = 0;
      else if (found.tolerationSeconds !== undefined) delayNs = Math.min(delayNs, found.tolerationSeconds * SECOND);
    }
    if (delayNs === Number.POSITIVE_INFINITY) return;
    evictions.set(uid, ctx.now + delayNs);
    ctx.go('taint-eviction', async (c) => {
      await c.sleep(delayNs);
      if (!evictions.delete(uid)) return;
      recordEviction(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
      try {
        await client.delete(c, 'pods', namespace, name, { preconditions: { uid } });
      } catch (error) {
        if (!isStatusError(error)) throw error;
      }
    });
  }

  ctx.go('node-monitor', async (c) => {
    for (;;) {
      await c.sleep(MONITOR_NS);
      for (const node of nodes.items.values()) {
        try {
          await monitor(c, node);
        } catch (error) {
          if (!isApiFailure(error)) throw error;
        }
      }
    }
  });
}

function statusesOf(node: Node): string {
  return (node.status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`).join();
}

function readyOf(node: Node): Condition | undefined {
  return node.status?.conditions?.find((c) => c.type === 'Ready');
}
