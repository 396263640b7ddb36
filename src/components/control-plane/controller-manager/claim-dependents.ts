/**
 * Whose an object is: a controller adopts those without one that its selector matches, and lets go of its own that it no
 * longer does.
 * @models kubernetes 1.36 pkg/controller/controller_ref_manager.go, and each controller's handlers of what it owns
 * @fidelity partial: no finalizers go with it
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { matches, type Requirement, selectorRequirements } from '../../../protocols/kube/labels.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, LabelSelector } from '../../../protocols/kube/types.ts';
import { isApiFailure } from '../common/events.ts';
import { controllerKey, ownerOf, type Shared } from './shared.ts';

type OwnerReference = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

/** Resources of what owns and of what is owned. */
export type Resources = { readonly owner: string; readonly dependents: string };

/** The owner that decides about it. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  const owners = metadata.ownerReferences;
  // Nearly all have one.
  const first = owners?.[0];
  return first === undefined || first.controller === true
    ? first
    : owners?.find(({ controller }) => controller === true);
}

/** Those whose it may be: its own, and such as have no controller, of its namespace. */
export function candidates<T extends KubeObject>(owner: KubeObject, all: Iterable<T>): T[] {
  const out: T[] = [];
  for (const item of all) {
    if (item.metadata.namespace !== owner.metadata.namespace) continue;
    const controller = controllerOf(item);
    if (controller === undefined || controller.uid === owner.metadata.uid) out.push(item);
  }
  return out;
}

/** Of a kind that has none without a selector: the API server sees to it. */
export function selectorOf({ spec }: KubeObject & { spec: { selector?: LabelSelector } }): readonly Requirement[] {
  return selectorRequirements(spec.selector) ?? [];
}

/**
 * Asks the API server only where something is to be adopted or let go.
 * @param near as `candidates` gives them
 * @param suits what else has to be so, beside the labels
 * @returns those that are its now. Throws the last GoError or StatusError once each has been tried.
 */
export async function claim<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resources: Resources,
  owner: KubeObject,
  selector: readonly Requirement[],
  near: readonly T[],
  suits?: (item: T) => boolean,
): Promise<T[]> {
  const claimed: T[] = [];
  let failed: unknown = null;
  /** Asked once, and only before something is adopted: the watch may not have shown yet that it is being deleted. */
  let recheck: Promise<void> | null = null;
  for (const item of near) {
    const isSuitable = matches(selector, item.metadata.labels) && (suits === undefined || suits(item));
    const isIts = controllerOf(item) !== undefined;
    if (isIts && isSuitable) claimed.push(item);
    if (isIts === isSuitable || owner.metadata.deletionTimestamp !== undefined) continue;
    try {
      if (isIts) await release(ctx, client, resources, owner, item);
      else if (item.metadata.deletionTimestamp === undefined) {
        recheck ??= recheckDeletion(ctx, client, resources, owner);
        await recheck;
        claimed.push(await adopt(ctx, client, resources, owner, item));
      }
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      if (!isStatusError(error, 'NotFound')) failed = error;
    }
  }
  if (failed !== null) throw failed;
  return claimed;
}

/** Throws a GoError where the owner is not the one that it was, or on its way out. */
async function recheckDeletion(
  ctx: Context,
  client: KubeClient,
  resources: Resources,
  { kind, metadata }: KubeObject,
): Promise<void> {
  const { namespace = null, name, uid } = metadata;
  let fresh: KubeObject;
  try {
    fresh = await client.get<KubeObject>(ctx, resources.owner, namespace, name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    throw newError(`can't recheck DeletionTimestamp: ${error.message}`);
  }
  const { deletionTimestamp } = fresh.metadata;
  if (fresh.metadata.uid !== uid)
    throw newError(
      `can't recheck DeletionTimestamp: original ${kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    );
  if (deletionTimestamp !== undefined)
    throw newError(`${namespace}/${name} has just been deleted at ${deletionTimestamp}`);
}

function adopt<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  { dependents }: Resources,
  owner: KubeObject,
  { metadata }: T,
): Promise<T> {
  const body = { metadata: { uid: metadata.uid, ownerReferences: [ownerOf(owner)] } };
  return client.patch<T>(ctx, dependents, metadata.namespace ?? null, metadata.name, 'strategic', body);
}

async function release(
  ctx: Context,
  client: KubeClient,
  { dependents }: Resources,
  owner: KubeObject,
  { metadata }: KubeObject,
): Promise<void> {
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  const body = { metadata: { uid: metadata.uid, ownerReferences } };
  try {
    await client.blind.patch(ctx, dependents, metadata.namespace ?? null, metadata.name, 'strategic', body);
  } catch (error) {
    // It has no owner any more, or is another one by now.
    if (!isStatusError(error, 'Invalid')) throw error;
  }
}

/**
 * Tells whose something is that has changed, and whose it was; of what has no controller, or none any more, everybody who
 * could adopt it.
 * @param selects by what an owner tells its own
 * @param tell with the owner's key
 */
export function onDependents<D extends KubeObject, O extends KubeObject>(
  dependents: Shared<D>,
  owners: Shared<O>,
  kind: string,
  selects: (owner: O) => readonly Requirement[],
  tell: (key: string, before: D | null, after: D | null) => void,
): void {
  dependents.onChange((before, after) => {
    const was = before === null ? null : controllerKey(before, kind);
    const key = controllerKey((after ?? before) as D, kind);
    if (was !== null && was !== key) tell(was, before, after);
    if (key !== null) tell(key, before, after);
    else if (after !== null && isOffered(before, after)) {
      const { namespace, labels } = after.metadata;
      for (const owner of owners.items.values())
        if (owner.metadata.namespace === namespace && matches(selects(owner), labels))
          tell(keyOf(owner), before, after);
    }
  });
}

function isOffered(before: KubeObject | null, after: KubeObject): boolean {
  if (controllerOf(after) !== undefined || after.metadata.deletionTimestamp !== undefined) return false;
  return before === null || controllerOf(before) !== undefined || !equal(before.metadata.labels, after.metadata.labels);
}
