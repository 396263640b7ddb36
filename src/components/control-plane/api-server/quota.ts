/**
 * Nothing is made beyond what a namespace's quotas allow.
 * @models kubernetes 1.36 staging apiserver pkg/admission/plugin/resourcequota
 * @fidelity partial: usage is counted afresh instead of read from the quota's status
 */
import {
  addUsage,
  countedResource,
  exceeded,
  type Usage,
  unstated,
  usageOf,
} from '../../../protocols/kube/quota-usage.ts';
import { type Resource, resourceNamed } from '../../../protocols/kube/resources.ts';
import { forbidden } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, Pod } from '../../../protocols/kube/types.ts';
import type { Store } from './store.ts';

type Quota = KubeObject & { spec?: { hard?: Usage } };

export function admitQuota(store: Store, resource: Resource, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return;
  for (const quota of store.list(resourceNamed('resourcequotas'), namespace) as Quota[]) {
    const hard = quota.spec?.hard ?? {};
    const keys = Object.keys(hard).filter((key) => countedResource(key) === resource.resource);
    if (keys.length === 0) continue;
    const refuse = (why: string): Error => forbidden(resource, name, why);
    if (object.kind === 'Pod') {
      const missing = unstated(object as Pod, keys);
      if (missing.length > 0) throw refuse(`failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
    }
    const more = usageOf(resource.resource, object, keys);
    const present = store
      .list(resource, namespace)
      .map((one) => usageOf(resource.resource, { ...one, kind: resource.kind }, keys));
    const used = addUsage(present, keys);
    const wanted = Object.keys(more);
    const over = exceeded(addUsage([used, more], keys), hard).filter((key) => wanted.includes(key));
    if (over.length === 0) continue;
    const told = (of: Usage): string => over.map((key) => `${key}=${of[key] ?? '0'}`).join(',');
    throw refuse(
      `exceeded quota: ${quota.metadata.name}, requested: ${told(more)}, used: ${told(used)}, limited: ${told(hard)}`,
    );
  }
}
