/**
 * kube-scheduler: finds a node for each pod that has none.
 * @models kubernetes 1.36 pkg/scheduler schedule_one.go, types.go (FitError)
 * @fidelity partial: one profile; a pod of a higher priority gets its room by eviction, without disruption budgets
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { Program } from '../../../linux/program.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf, startInformer } from '../../../protocols/kube/informer.ts';
import type { Condition, Node, Pod, Service } from '../../../protocols/kube/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { runComponent } from '../common/component.ts';
import { newRecorder } from '../common/events.ts';
import { release123, release124, release136, type VersionInfo } from '../common/releases.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { type Claim, claimProblem, type StorageClass } from './claims.ts';
import { filterNode } from './filters.ts';
import { type Preemption, planPreemption } from './preempt.ts';
import { scores } from './scores.ts';
import type { Placed } from './spread.ts';

/** What only a change of the node itself can mend. */
const NODE_REASON = /unschedulable$|requested node name$|untolerated taint|node affinity\/selector$/;
const HEALTH_PORT = 10_259;
/** Pods that fitted nowhere are tried again after this long even if nothing has happened. */
const RETRY_NS = 300_000_000_000;

async function start(ctx: Context, client: KubeClient): Promise<void> {
  const record = newRecorder(ctx, client, 'default-scheduler');
  /** Placed by us, not yet seen so in the watch. */
  const assumed = new Map<string, string>();
  const unfit = new Set<string>();
  /** Of those, which ones no room on a node would help. */
  const onlyNodes = new Set<string>();
  const queue = startWorkQueue(ctx, 'schedule', async (c, key) => {
    const pod = pods.items.get(key);
    return pod === undefined || !isPending(pod) ? undefined : await schedule(c, pod);
  });
  const retry = (): void => {
    for (const key of unfit) queue.add(key);
    unfit.clear();
    onlyNodes.clear();
  };
  /** Something about pods has changed: whom only nodes keep out has nothing to hope from that. */
  const retryForRoom = (): void => {
    for (const key of unfit) {
      if (onlyNodes.has(key)) continue;
      queue.add(key);
      unfit.delete(key);
    }
  };
  const nodes = startInformer<Node>(ctx, client, 'nodes', {
    added: retry,
    updated: (before, after) => {
      if (
        JSON.stringify([before.spec, before.metadata.labels, before.status?.allocatable]) !==
        JSON.stringify([after.spec, after.metadata.labels, after.status?.allocatable])
      )
        retry();
    },
  });
  const pods = startInformer<Pod>(ctx, client, 'pods', {
    added: (pod) => {
      if (isPending(pod)) queue.add(keyOf(pod));
    },
    updated: (before, pod) => {
      const key = keyOf(pod);
      if (pod.spec.nodeName !== undefined) assumed.delete(key);
      if (isPending(pod) && JSON.stringify(before.spec) !== JSON.stringify(pod.spec)) queue.add(key);
      if (!isFinished(before) && isFinished(pod)) retryForRoom();
    },
    deleted: (pod) => {
      assumed.delete(keyOf(pod));
      unfit.delete(keyOf(pod));
      onlyNodes.delete(keyOf(pod));
      retryForRoom();
    },
  });

  const services = startInformer<Service>(ctx, client, 'services', {});
  const retryUnbound = { added: retry, updated: retry };
  const claims = startInformer<Claim>(ctx, client, 'persistentvolumeclaims', retryUnbound);
  const classes = startInformer<StorageClass>(ctx, client, 'storageclasses', retryUnbound);

  const podsOn = (name: string, except: string): Pod[] =>
    [...pods.items]
      .filter(([key, p]) => key !== except && !isFinished(p) && (p.spec.nodeName ?? assumed.get(key)) === name)
      .map(([, p]) => p);

  async function schedule(c: Context, pod: Pod): Promise<number | undefined> {
    await c.cpu(LATENCY.schedulerCycleNs);
    const key = keyOf(pod);
    const { namespace = '', name } = pod.metadata;
    const all = [...nodes.items.values()];
    const placed: Placed = {
      nodes: all,
      podsOn: remembered((node) => podsOn(node.metadata.name, key)),
      services: [...services.items.values()].map(({ metadata, spec }) => ({
        namespace: metadata.namespace ?? '',
        selector: spec.selector ?? {},
      })),
    };
    const verdicts = all.map((node) => {
      const others = placed.podsOn(node);
      return { node, others, verdict: filterNode(pod, node, others, placed) };
    });
    const unbound = claimProblem(pod, claims.items, classes.items);
    // Before anything is said of it: what happens meanwhile may make room.
    const fits = verdicts.filter((v) => v.verdict === null);
    if (unbound !== null || fits.length === 0) unfit.add(key);
    if (
      unbound === null &&
      verdicts.every(({ verdict }) => verdict !== null && NODE_REASON.test(verdict.reasons[0] ?? ''))
    )
      onlyNodes.add(key);
    if (unbound !== null) {
      await failed(c, pod, `0/${all.length} nodes are available: ${unbound}. not found`);
      return RETRY_NS;
    }
    if (fits.length === 0) {
      const plan = planPreemption(pod, placed);
      const problems = verdicts.map((v) => v.verdict ?? { reasons: [], resolvable: false });
      await failed(c, pod, fitError(problems, plan !== null), plan?.node.metadata.name);
      if (plan !== null) await evict(c, pod, plan);
      return RETRY_NS;
    }
    const points = fits.length === 1 ? [0] : scores(pod, fits, placed);
    const best = points.indexOf(Math.max(...points));
    const nodeName = (fits[best] as (typeof fits)[number]).node.metadata.name;
    assumed.set(key, nodeName);
    try {
      const target = { kind: 'Node', name: nodeName };
      await client.blind.request(c, 'POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
        body: { kind: 'Binding', apiVersion: 'v1', metadata: { name, namespace, uid: pod.metadata.uid }, target },
      });
    } catch (error) {
      assumed.delete(key);
      throw error;
    }
    record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
    return undefined;
  }

  async function evict(c: Context, pod: Pod, { node, victims }: Preemption): Promise<void> {
    for (const victim of victims) {
      if (victim.metadata.deletionTimestamp !== undefined) continue;
      const { namespace = null, name, uid } = victim.metadata;
      record(victim, 'Normal', 'Preempted', `Preempted by pod ${pod.metadata.uid} on node ${node.metadata.name}`);
      const condition: Condition = {
        type: 'DisruptionTarget',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: rfc3339(c.wallTime),
        reason: 'PreemptionByScheduler',
        message: 'default-scheduler: preempting to accommodate a higher priority pod',
      };
      const status = { conditions: [condition] };
      await client.patch(c, 'pods', namespace, name, 'strategic', { status }, { subresource: 'status' });
      await client.delete(c, 'pods', namespace, name, { preconditions: { uid } });
    }
  }

  async function failed(c: Context, pod: Pod, message: string, nominatedNodeName?: string): Promise<void> {
    record(pod, 'Warning', 'FailedScheduling', message);
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'False',
      observedGeneration: pod.metadata.generation ?? 1,
      lastProbeTime: null,
      lastTransitionTime: rfc3339(c.wallTime),
      reason: 'Unschedulable',
      message,
    };
    if (pod.status?.conditions?.some((x) => x.type === 'PodScheduled' && x.message === message)) return;
    const nominated = nominatedNodeName === undefined ? {} : { nominatedNodeName };
    await client.patch(
      c,
      'pods',
      pod.metadata.namespace ?? null,
      pod.metadata.name,
      'strategic',
      { status: { conditions: [condition], ...nominated } },
      { subresource: 'status' },
    );
  }
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function isPending(pod: Pod): boolean {
  const { nodeName, schedulerName = 'default-scheduler', schedulingGates = [] } = pod.spec;
  return (
    nodeName === undefined &&
    schedulerName === 'default-scheduler' &&
    schedulingGates.length === 0 &&
    pod.metadata.deletionTimestamp === undefined &&
    !isFinished(pod)
  );
}

/** Asks for each node once. */
function remembered(podsOn: (node: Node) => Pod[]): (node: Node) => readonly Pod[] {
  const known = new Map<Node, Pod[]>();
  return (node) => {
    let found = known.get(node);
    if (found === undefined) {
      found = podsOn(node);
      known.set(node, found);
    }
    return found;
  };
}

/** `0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: …` */
function fitError(verdicts: readonly { reasons: readonly string[]; resolvable: boolean }[], preempts: boolean): string {
  const count = verdicts.length;
  if (count === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const { reasons } of verdicts) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, n]) => `${n} ${reason}`).sort();
  if (preempts) return `0/${count} nodes are available: ${texts.join(', ')}.`;
  const fixed = verdicts.filter((v) => !v.resolvable).length;
  const preemption: string[] = [];
  if (count > fixed) preemption.push(`${count - fixed} No preemption victims found for incoming pod`);
  if (fixed > 0) preemption.push(`${fixed} Preemption is not helpful for scheduling`);
  return `0/${count} nodes are available: ${texts.join(', ')}. no new claims to deallocate, preemption: 0/${count} nodes are available: ${preemption.join(', ')}.`;
}

const program = (name: string, { gitVersion: version }: VersionInfo): Program => ({
  name,
  main: (ctx, argv) =>
    runComponent(
      ctx,
      argv,
      { name: 'kube-scheduler', version, healthPort: HEALTH_PORT, startNs: LATENCY.schedulerStartNs },
      start,
    ),
  layer: 'control-plane',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 62_000_000,
  threads: 9,
});

export const kubeSchedulerProgram = program('kube-scheduler', release136);
export const kubeScheduler123Program = program('kube-scheduler-1.23', release123);
export const kubeScheduler124Program = program('kube-scheduler-1.24', release124);
