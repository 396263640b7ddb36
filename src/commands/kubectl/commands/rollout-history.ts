/**
 * What a workload's template was: the ReplicaSets of a Deployment, the ControllerRevisions of a DaemonSet or StatefulSet.
 * @models k8s.io/kubectl pkg/polymorphichelpers/history.go, rollback.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { type Fields, field, flag, list, number, object, text } from '../../../protocols/kube/fields.ts';
import { formatSelector } from '../../../protocols/kube/selector-text.ts';
import { ownedSets, revisionOf } from '../describe/workloads.ts';
import type { Run } from '../run.ts';

export type PastTemplate = {
  readonly revision: number;
  /** The annotation kubernetes.io/change-cause, or ''. */
  readonly cause: string;
  readonly template: Fields;
  /** Of the set that had it. */
  readonly annotations: Fields;
  /** The strategic merge patch that brings it back, where one is kept. */
  readonly patch: Fields | null;
};

/** In the order of use, the present one last; null for kinds that keep no history. */
export async function historyOf(ctx: Context, run: Run, kind: string, item: Fields): Promise<PastTemplate[] | null> {
  if (kind === 'Deployment') {
    const sets = await ownedSets(ctx, run, item);
    return sets.map((set) => ({
      revision: revisionOf(set),
      cause: causeOf(set),
      template: object(set, 'spec', 'template') ?? {},
      annotations: object(set, 'metadata', 'annotations') ?? {},
      patch: null,
    }));
  }
  if (kind !== 'DaemonSet' && kind !== 'StatefulSet') return null;
  const client = await run.client(ctx);
  const found = await client.list<Fields>(ctx, 'controllerrevisions', text(item, 'metadata', 'namespace'), {
    labelSelector: formatSelector(field(item, 'spec', 'selector')),
  });
  const uid = text(item, 'metadata', 'uid');
  return list(found, 'items')
    .filter((one) =>
      list(one, 'metadata', 'ownerReferences').some((o) => flag(o, 'controller') && text(o, 'uid') === uid),
    )
    .map((one) => {
      const { $patch: _, ...template } = object(one, 'data', 'spec', 'template') ?? {};
      return {
        revision: number(one, 'revision') ?? 0,
        cause: causeOf(one),
        template,
        annotations: object(one, 'metadata', 'annotations') ?? {},
        patch: object(one, 'data') ?? null,
      };
    })
    .sort((a, b) => a.revision - b.revision);
}

function causeOf(one: Fields): string {
  return text(one, 'metadata', 'annotations', 'kubernetes.io/change-cause');
}
