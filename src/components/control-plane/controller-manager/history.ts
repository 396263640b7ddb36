/**
 * What the template of a DaemonSet or StatefulSet was: one ControllerRevision for each, numbered in the order of use.
 * @models kubernetes 1.36 pkg/controller/history, pkg/controller/daemon/update.go, pkg/controller/statefulset/stateful_set_utils.go
 * @fidelity partial: no collision count (two templates of one hash fail)
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { ControllerRevision, DaemonSet, PodTemplateSpec, StatefulSet } from '../../../protocols/kube/types.ts';
import { templateHash } from './deployment-sets.ts';
import { ownerOf } from './shared.ts';

const RESOURCE = 'controllerrevisions';
/** How long after an attempt with nothing known yet of the history the next one follows; upstream waits for its caches first. */
export const SYNC_WAIT_NS = 100_000_000;

/** Oldest first. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/**
 * The revision of the set's present template: a new one, or an old one that becomes the newest again.
 * `owned`: oldest first. `label`: under which the hash stands. Throws StatusError.
 */
export async function presentRevision(
  c: Context,
  client: KubeClient,
  set: DaemonSet | StatefulSet,
  owned: readonly ControllerRevision[],
  label: string,
): Promise<ControllerRevision> {
  const { template } = set.spec;
  const data: ControllerRevision['data'] = { spec: { template: { ...template, $patch: 'replace' } } };
  const next = (owned.at(-1)?.revision ?? 0) + 1;
  const known = owned.filter((r) => equal(r.data, data)).at(-1);
  if (known !== undefined) {
    if (known === owned.at(-1)) return known;
    return client.update<ControllerRevision>(c, RESOURCE, { ...known, revision: next });
  }
  const hash = templateHash(template);
  const { namespace = null, annotations } = set.metadata;
  const name = `${set.metadata.name}-${hash}`;
  try {
    return await client.create<ControllerRevision>(c, RESOURCE, namespace, {
      metadata: {
        name,
        labels: { ...template.metadata?.labels, [label]: hash },
        ...(annotations === undefined ? {} : { annotations }),
        ownerReferences: [ownerOf(set)],
      },
      data,
      revision: next,
    });
  } catch (error) {
    // The watch has not shown it yet.
    if (!isStatusError(error, 'AlreadyExists')) throw error;
    const there = await client.get<ControllerRevision>(c, RESOURCE, namespace, name);
    if (!equal(there.data, data)) throw error;
    return there;
  }
}

/** The template that a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = data.spec.template;
  return template;
}

/** Deletes the oldest of `unused`, which are in order. */
export async function forgetRevisions(
  c: Context,
  client: KubeClient,
  unused: readonly ControllerRevision[],
  count: number,
): Promise<void> {
  for (const { metadata } of unused.slice(0, Math.max(0, count))) {
    try {
      await client.delete(c, RESOURCE, metadata.namespace ?? null, metadata.name);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}
