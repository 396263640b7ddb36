/**
 * What a quota's status says is used: counted again whenever something that it limits changes.
 * @models kubernetes 1.36 pkg/controller/resourcequota
 * @fidelity partial: no scopes
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { addUsage, countedResource, type Usage, usageOf } from '../../../protocols/kube/quota-usage.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { type Shared, type SharedInformers, share } from './shared.ts';

type Quota = KubeObject & { spec?: { hard?: Usage }; status?: { hard?: Usage; used?: Usage } };

export function startResourceQuotas(ctx: Context, client: KubeClient, { pods }: SharedInformers): void {
  const quotas = share<Quota>(ctx, client, 'resourcequotas');
  const watched = new Map<string, Shared<KubeObject>>([['pods', pods as Shared<KubeObject>]]);
  const touch = (namespace: string | undefined): void => {
    for (const [key, { metadata }] of quotas.items) if (metadata.namespace === namespace) queue.add(key);
  };
  const queue = startWorkQueue(ctx, 'resourcequota', async (c, key) => {
    const quota = quotas.items.get(key);
    if (quota === undefined) return undefined;
    const hard = quota.spec?.hard ?? {};
    const keys = Object.keys(hard).sort();
    const usages: Usage[] = [];
    for (const plural of new Set(keys.map(countedResource))) {
      if (plural === null) continue;
      const { kind } = resourceNamed(plural);
      for (const object of watch(plural).items.values())
        if (object.metadata.namespace === quota.metadata.namespace)
          usages.push(usageOf(plural, { ...object, kind }, keys));
    }
    const status = { hard, used: addUsage(usages, keys) };
    if (!equal(status, quota.status ?? {})) await client.update(c, 'resourcequotas', { ...quota, status }, 'status');
    return undefined;
  });

  /** Other kinds are watched once a quota counts them. */
  function watch(plural: string): Shared<KubeObject> {
    let found = watched.get(plural);
    if (found === undefined) {
      found = plural === 'resourcequotas' ? (quotas as Shared<KubeObject>) : share<KubeObject>(ctx, client, plural);
      watched.set(plural, found);
      if (plural !== 'resourcequotas') found.onChange((before, after) => touch((after ?? before)?.metadata.namespace));
    }
    return found;
  }

  quotas.onChange((before, after) => touch((after ?? before)?.metadata.namespace));
  pods.onChange((before, after) => {
    if (quotas.items.size > 0) touch((after ?? before)?.metadata.namespace);
  });
}
