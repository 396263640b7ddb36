/**
 * Whose a pod is: a controller adopts those without one that its selector matches, and lets go of its own that it no longer does.
 * @models kubernetes 1.36 pkg/controller/controller_ref_manager.go PodControllerRefManager
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { matches, type Requirement } from '../../../protocols/kube/labels.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, Pod } from '../../../protocols/kube/types.ts';
import { isApiFailure } from '../common/events.ts';
import { ownerOf } from './shared.ts';

type OwnerReference = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

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
export function candidates(owner: KubeObject, pods: Iterable<Pod>): Pod[] {
  const out: Pod[] = [];
  for (const pod of pods) {
    if (pod.metadata.namespace !== owner.metadata.namespace) continue;
    const controller = controllerOf(pod);
    if (controller === undefined || controller.uid === owner.metadata.uid) out.push(pod);
  }
  return out;
}

/**
 * @param pods as `candidates` gives them
 * @returns those that are its now. Throws the last GoError or StatusError once each has been tried.
 */
export async function claimPods(
  ctx: Context,
  client: KubeClient,
  resource: string,
  owner: KubeObject,
  selector: readonly Requirement[],
  pods: readonly Pod[],
): Promise<Pod[]> {
  const claimed: Pod[] = [];
  let failed: unknown = null;
  /** Asked once, and only before something is adopted: the watch may not have shown yet that it is being deleted. */
  let mayAdopt: boolean | null = null;
  for (const pod of pods) {
    const suits = matches(selector, pod.metadata.labels);
    const isIts = controllerOf(pod) !== undefined;
    if (isIts && suits) claimed.push(pod);
    if (isIts === suits || owner.metadata.deletionTimestamp !== undefined) continue;
    try {
      if (isIts) await release(ctx, client, owner, pod);
      else if (pod.metadata.deletionTimestamp === undefined) {
        mayAdopt ??= await isThere(ctx, client, resource, owner);
        if (mayAdopt) claimed.push(await adopt(ctx, client, owner, pod));
      }
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      if (!isStatusError(error, 'NotFound')) failed = error;
    }
  }
  if (failed !== null) throw failed;
  return claimed;
}

async function isThere(ctx: Context, client: KubeClient, resource: string, { metadata }: KubeObject): Promise<boolean> {
  const now = await client.get<KubeObject>(ctx, resource, metadata.namespace ?? null, metadata.name);
  return now.metadata.uid === metadata.uid && now.metadata.deletionTimestamp === undefined;
}

function adopt(ctx: Context, client: KubeClient, owner: KubeObject, { metadata }: Pod): Promise<Pod> {
  const body = { metadata: { uid: metadata.uid, ownerReferences: [ownerOf(owner)] } };
  return client.patch<Pod>(ctx, 'pods', metadata.namespace ?? null, metadata.name, 'strategic', body);
}

async function release(ctx: Context, client: KubeClient, owner: KubeObject, { metadata }: Pod): Promise<void> {
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  const body = { metadata: { uid: metadata.uid, ownerReferences } };
  try {
    await client.patch<Pod>(ctx, 'pods', metadata.namespace ?? null, metadata.name, 'strategic', body);
  } catch (error) {
    // It has no owner any more, or is another pod by now.
    if (!isStatusError(error, 'Invalid')) throw error;
  }
}
