/** Informers that several controllers look at: each object is watched once, changes go to all who asked. */
import { parseRfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { type Informer, startInformer } from '../../../protocols/kube/informer.ts';
import type {
  Condition,
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Job,
  KubeObject,
  LabelSelector,
  Node,
  Pod,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
} from '../../../protocols/kube/types.ts';

export type Shared<T> = Informer<T> & {
  /** Every change: before null when new, after null when gone. */
  onChange(listener: (before: T | null, after: T | null) => void): void;
};

export type SharedInformers = {
  nodes: Shared<Node>;
  pods: Shared<Pod>;
  replicaSets: Shared<ReplicaSet>;
  replicationControllers: Shared<ReplicationController>;
  deployments: Shared<Deployment>;
  daemonSets: Shared<DaemonSet>;
  jobs: Shared<Job>;
  cronJobs: Shared<CronJob>;
  statefulSets: Shared<StatefulSet>;
  services: Shared<Service>;
  slices: Shared<EndpointSlice>;
  claims: Shared<Claim>;
  revisions: Shared<ControllerRevision>;
};

/** A PersistentVolumeClaim. */
export type Claim = KubeObject & {
  spec: {
    accessModes?: string[];
    selector?: LabelSelector;
    resources?: { requests?: { storage?: string } };
    volumeName?: string;
    storageClassName?: string;
    volumeMode?: string;
  };
  status?: { phase?: string };
};

export function newShared(ctx: Context, client: KubeClient): SharedInformers {
  return {
    nodes: share<Node>(ctx, client, 'nodes'),
    pods: share<Pod>(ctx, client, 'pods'),
    replicationControllers: share<ReplicationController>(ctx, client, 'replicationcontrollers'),
    replicaSets: share<ReplicaSet>(ctx, client, 'replicasets'),
    deployments: share<Deployment>(ctx, client, 'deployments'),
    daemonSets: share<DaemonSet>(ctx, client, 'daemonsets'),
    jobs: share<Job>(ctx, client, 'jobs'),
    cronJobs: share<CronJob>(ctx, client, 'cronjobs'),
    statefulSets: share<StatefulSet>(ctx, client, 'statefulsets'),
    services: share<Service>(ctx, client, 'services'),
    slices: share<EndpointSlice>(ctx, client, 'endpointslices'),
    claims: share<Claim>(ctx, client, 'persistentvolumeclaims'),
    revisions: share<ControllerRevision>(ctx, client, 'controllerrevisions'),
  };
}

export function share<T extends KubeObject>(ctx: Context, client: KubeClient, resource: string): Shared<T> {
  const listeners: ((before: T | null, after: T | null) => void)[] = [];
  const tell = (before: T | null, after: T | null): void => {
    for (const listener of listeners) listener(before, after);
  };
  const informer = startInformer<T>(ctx, client, resource, {
    added: (object) => tell(null, object),
    updated: tell,
    deleted: (object) => tell(object, null),
  });
  return {
    items: informer.items,
    get hasSynced() {
      return informer.hasSynced;
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** Key of the controlling owner of that kind, or null. */
export function controllerKey(object: KubeObject, kind: string): string | null {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined) return null;
  const owner = owners.find((o) => o.controller === true && o.kind === kind);
  return owner === undefined ? null : `${object.metadata.namespace}/${owner.name}`;
}

export function ownerOf(object: KubeObject): NonNullable<KubeObject['metadata']['ownerReferences']>[number] {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** ns since 1970 of a time as objects have it; null where there is none. */
export function timeOf(text: string | null | undefined): bigint | null {
  const parsed = text === null || text === undefined ? null : parseRfc3339(text);
  return parsed?.ok === true ? parsed.ns : null;
}

const NONE: readonly Condition[] = [];

export function isReady(pod: Pod): boolean {
  const conditions = pod.status?.conditions ?? NONE;
  for (let i = 0; i < conditions.length; i++) {
    const condition = conditions[i] as Condition;
    if (condition.type === 'Ready' && condition.status === 'True') return true;
  }
  return false;
}

export function isActive(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  );
}

/** Pods that a controller has made or deleted and its watch has not shown yet: until it has, it must not count them. */
export class Expectations {
  private readonly pending = new Map<string, Set<string>>();

  /** Nothing is outstanding for this owner. */
  satisfied(key: string): boolean {
    return (this.pending.get(key)?.size ?? 0) === 0;
  }

  creation(key: string, pod: string): void {
    this.of(key).add(`+${pod}`);
  }

  deletion(key: string, pod: string): void {
    this.of(key).add(`-${pod}`);
  }

  /** A deletion that failed is not to be waited for. */
  deletionFailed(key: string, pod: string): void {
    this.pending.get(key)?.delete(`-${pod}`);
  }

  /** What the watch says of a pod of this owner: null means that it is gone. */
  observed(key: string, name: string, after: Pod | null): void {
    const pending = this.pending.get(key);
    if (after !== null) pending?.delete(`+${name}`);
    if (after === null || after.metadata.deletionTimestamp !== undefined) pending?.delete(`-${name}`);
  }

  forget(key: string): void {
    this.pending.delete(key);
  }

  private of(key: string): Set<string> {
    const known = this.pending.get(key) ?? new Set<string>();
    this.pending.set(key, known);
    return known;
  }
}
