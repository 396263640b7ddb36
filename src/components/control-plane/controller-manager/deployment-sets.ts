/**
 * A Deployment's ReplicaSets: which is the newest, which are old, and how they are made, scaled and forgotten.
 * @models kubernetes 1.36 pkg/controller/deployment sync.go, util/deployment_util.go @fidelity partial: see deployment.ts
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../protocols/kube/types.ts';
import type { Recorder } from '../common/events.ts';
import { controllerOf } from './claim-dependents.ts';
import { type DeploymentStatusWriter, maxSurge } from './deployment-status.ts';
import { ownerOf } from './shared.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const HISTORY_LENGTH_MAX = 2_000;

/** What a Deployment does not hand on to its sets. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED,
  MAX,
]);

export class ReplicaSets {
  /** The one with the present template. */
  current: ReplicaSet | undefined;
  private readonly ctx: Context;
  private readonly client: KubeClient;
  private readonly record: Recorder;
  private readonly deployment: Deployment;
  private readonly owned: ReplicaSet[];

  constructor(
    ctx: Context,
    client: KubeClient,
    record: Recorder,
    deployment: Deployment,
    owned: readonly ReplicaSet[],
  ) {
    this.ctx = ctx;
    this.client = client;
    this.record = record;
    this.deployment = deployment;
    this.owned = [...owned];
    this.current = this.owned.filter((set) => this.hasTemplate(set)).sort(byAge)[0];
  }

  get old(): readonly ReplicaSet[] {
    return this.owned.filter((set) => set !== this.current);
  }

  get all(): readonly ReplicaSet[] {
    return this.owned;
  }

  /** How many the newest may have now: with the old ones no more than the surge allows. */
  sizeOfNew(): number {
    const { deployment } = this;
    const wanted = deployment.spec.replicas ?? 1;
    if (deployment.spec.strategy?.type === 'Recreate') return wanted;
    const own = this.current === undefined ? 0 : replicasOf(this.current);
    const room = wanted + maxSurge(deployment) - totalOf(this.all);
    return room <= 0 ? own : own + Math.min(room, wanted - own);
  }

  /** If there is one its revision becomes the latest, and the Deployment's annotations go down to it. */
  async findNew(status: DeploymentStatusWriter): Promise<void> {
    const set = this.current;
    if (set === undefined) return;
    const revision = this.latestOfOld() + 1;
    const annotations = { ...set.metadata.annotations, ...this.handedOn() };
    const before = revisionOf(set);
    if (before < revision) {
      annotations[REVISION] = String(revision);
      if (before > 0) annotations[REVISION_HISTORY] = longer(annotations[REVISION_HISTORY], before);
    }
    const { minReadySeconds } = this.deployment.spec;
    if (
      Object.entries(annotations).some(([key, value]) => set.metadata.annotations?.[key] !== value) ||
      (set.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)
    ) {
      await this.update(set, {
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) },
      });
      return;
    }
    const renumbered = this.number(annotations[REVISION] ?? '1');
    const noted = status.note('FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`, {
      onlyFirst: true,
    });
    if (renumbered || noted) await status.put();
  }

  async findOrMakeNew(status: DeploymentStatusWriter): Promise<void> {
    if (this.current !== undefined) return this.findNew(status);
    const { ctx, client, deployment } = this;
    const { name, namespace = null } = deployment.metadata;
    const { template, selector, minReadySeconds } = deployment.spec;
    const hash = templateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const revision = String(this.latestOfOld() + 1);
    const replicas = this.sizeOfNew();
    const body = {
      metadata: {
        name: `${name}-${hash}`,
        labels,
        annotations: { ...this.handedOn(), ...this.sizes(), [REVISION]: revision },
        ownerReferences: [ownerOf(deployment)],
      },
      spec: {
        replicas,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    let made: ReplicaSet;
    let isNew = true;
    try {
      made = await client.create<ReplicaSet>(ctx, 'replicasets', namespace, body);
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
      made = await client.get<ReplicaSet>(ctx, 'replicasets', namespace, body.metadata.name);
      isNew = false;
      if (controllerOf(made)?.uid !== deployment.metadata.uid || !this.hasTemplate(made)) {
        // The name is another's: the next attempt takes a different one.
        await status.noteCollision();
        throw error;
      }
    }
    this.owned.push(made);
    this.current = made;
    if (isNew && replicas > 0) this.tell(made, 0, replicas);
    const noted = isNew && status.note('NewReplicaSetCreated', `Created new replica set "${made.metadata.name}"`);
    if (this.number(revision) || noted) await status.put();
  }

  /** False if it has that size. */
  async scale(set: ReplicaSet, replicas: number): Promise<boolean> {
    if (replicasOf(set) === replicas) return false;
    await this.resize(set, replicas);
    return true;
  }

  /** With a note of the size that it was scaled for, also where its own stays. */
  async resize(set: ReplicaSet, replicas: number): Promise<void> {
    const from = replicasOf(set);
    const annotations = { ...set.metadata.annotations, ...this.sizes() };
    if (from === replicas && Object.entries(annotations).every(([k, v]) => set.metadata.annotations?.[k] === v)) return;
    await this.update(set, { metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } });
    if (from !== replicas) this.tell(set, from, replicas);
  }

  /** Old ones are kept for going back to them, so many and no more. */
  async forgetOldest(): Promise<void> {
    const { ctx, client, deployment } = this;
    const limit = deployment.spec.revisionHistoryLimit;
    if (limit === undefined) return;
    const kept = this.old.filter((set) => set.metadata.deletionTimestamp === undefined);
    kept.sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const set of kept.slice(0, Math.max(0, kept.length - limit))) {
      const { status, metadata } = set;
      if ((status?.replicas ?? 0) > 0 || replicasOf(set) > 0) continue;
      if ((metadata.generation ?? 1) > (status?.observedGeneration ?? 0)) continue;
      await client.delete(ctx, 'replicasets', metadata.namespace ?? null, metadata.name);
    }
  }

  /** The Deployment's own, whatever the hash that was added to it. */
  private hasTemplate({ spec }: ReplicaSet): boolean {
    return equal(withoutHash(spec.template), withoutHash(this.deployment.spec.template));
  }

  private async update(set: ReplicaSet, changed: Partial<ReplicaSet>): Promise<void> {
    const updated = await this.client.update<ReplicaSet>(this.ctx, 'replicasets', { ...set, ...changed });
    this.owned[this.owned.indexOf(set)] = updated;
    if (set === this.current) this.current = updated;
  }

  private tell({ metadata }: ReplicaSet, from: number, to: number): void {
    const words = `Scaled ${to > from ? 'up' : 'down'} replica set ${metadata.name} from ${from} to ${to}`;
    this.record(this.deployment, 'Normal', 'ScalingReplicaSet', words);
  }

  /** The Deployment's own number is that of its newest set. True if it was another. */
  private number(revision: string): boolean {
    const { metadata } = this.deployment;
    if (metadata.annotations?.[REVISION] === revision) return false;
    metadata.annotations = { ...metadata.annotations, [REVISION]: revision };
    return true;
  }

  private latestOfOld(): number {
    return Math.max(0, ...this.old.map(revisionOf));
  }

  private handedOn(): Record<string, string> {
    const all = Object.entries(this.deployment.metadata.annotations ?? {});
    return Object.fromEntries(all.filter(([key]) => !OWN_ANNOTATIONS.has(key)));
  }

  private sizes(): Record<string, string> {
    const wanted = this.deployment.spec.replicas ?? 1;
    return { [DESIRED]: String(wanted), [MAX]: String(wanted + maxSurge(this.deployment)) };
  }
}

export function replicasOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function totalOf(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

/** The size of the Deployment that it was last scaled for; null if it does not say. */
export function desiredReplicas(set: ReplicaSet): number | null {
  return numberIn(set, DESIRED);
}

/** Oldest first. */
function byAge({ metadata: a }: ReplicaSet, { metadata: b }: ReplicaSet): number {
  if (a.creationTimestamp === b.creationTimestamp) return a.name < b.name ? -1 : 1;
  return a.creationTimestamp < b.creationTimestamp ? -1 : 1;
}

function withoutHash({ metadata, ...rest }: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _, ...labels } = metadata?.labels ?? {};
  return { ...rest, metadata: { ...metadata, labels } };
}

export function newestSet(sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0];
}

/** In the middle of a rollout each grows or shrinks by its share; what is left over goes to the largest. */
export function proportions(
  deployment: Deployment,
  active: readonly ReplicaSet[],
  surge: number,
): [set: ReplicaSet, size: number][] {
  const wanted = deployment.spec.replicas ?? 1;
  const most = wanted > 0 ? wanted + surge : 0;
  const change = most - totalOf(active);
  const age = change > 0 ? -1 : 1;
  const sorted = [...active].sort(
    (a, b) =>
      replicasOf(b) - replicasOf(a) || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -age : age),
  );
  let added = 0;
  const sizes = sorted.map((set): [ReplicaSet, number] => {
    const own = replicasOf(set);
    if (own === 0 || change === 0 || change === added) return [set, own];
    const before = numberIn(set, MAX) ?? deployment.status?.replicas ?? own;
    const share = wanted === 0 ? -own : Math.round((own * (wanted + surge)) / before) - own;
    const by = change > 0 ? Math.min(share, change - added) : Math.max(share, change - added);
    added += by;
    return [set, own + by];
  });
  const [largest] = sizes;
  if (largest !== undefined) largest[1] = Math.max(0, largest[1] + change - added);
  return sizes;
}

function numberIn(set: ReplicaSet, annotation: string): number | null {
  const text = set.metadata.annotations?.[annotation];
  return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
}

function revisionOf(set: ReplicaSet): number {
  return numberIn(set, REVISION) ?? 0;
}

/** `1,3`: the numbers that it had before, without the first ones if there are too many. */
function longer(history: string | undefined, revision: number): string {
  const all = history === undefined || history === '' ? [] : history.split(',');
  all.push(String(revision));
  while (all.length > 1 && all.join(',').length > HISTORY_LENGTH_MAX) all.shift();
  return all.join(',');
}

/**
 * rand.SafeEncodeString of a number: its digits as bytes, so that ten of the letters occur.
 * @param collisions how often what it had given before was taken
 */
export function templateHash(template: PodTemplateSpec, collisions?: number): string {
  const text = JSON.stringify(template) + (collisions ?? '');
  let found = hashes.get(text);
  if (found === undefined) {
    found = hashOf(text);
    if (hashes.size >= HASHES_MAX) hashes.clear();
    hashes.set(text, found);
  }
  return found;
}

/** A Deployment's template is looked at whenever one of its sets changes. */
const hashes = new Map<string, string>();
const HASHES_MAX = 100;

function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return [...String(hash)].map((digit) => LETTERS[digit.charCodeAt(0) % LETTERS.length]).join('');
}
