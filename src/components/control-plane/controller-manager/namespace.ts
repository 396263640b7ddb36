/**
 * Each namespace gets its service account and the cluster's CA; a deleted one is emptied first.
 * @models kubernetes 1.36 pkg/controller/{namespace,serviceaccount}, certificates/rootcacertpublisher
 * @fidelity partial: no conditions while content remains
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { startInformer } from '../../../protocols/kube/informer.ts';
import { resources } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, Namespace } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';

const RECHECK_NS = 1_000_000_000;

export function startNamespaces(ctx: Context, client: KubeClient, rootCa: string): void {
  const queue = startWorkQueue(ctx, 'namespace', async (c, key) => {
    const namespace = namespaces.items.get(key);
    if (namespace === undefined) return undefined;
    return namespace.metadata.deletionTimestamp === undefined ? provide(c, key) : empty(c, namespace);
  });
  const namespaces = startInformer<Namespace>(ctx, client, 'namespaces', {
    added: (n) => queue.add(n.metadata.name),
    updated: (_, n) => queue.add(n.metadata.name),
  });
  // Somebody deletes what every namespace has: it comes back.
  startInformer<KubeObject>(
    ctx,
    client,
    'serviceaccounts',
    { deleted: (o) => queue.add(o.metadata.namespace ?? '') },
    { fieldSelector: 'metadata.name=default' },
  );
  startInformer<KubeObject>(
    ctx,
    client,
    'configmaps',
    { deleted: (o) => queue.add(o.metadata.namespace ?? '') },
    { fieldSelector: 'metadata.name=kube-root-ca.crt' },
  );

  async function provide(c: Context, name: string): Promise<undefined> {
    await ensure(c, 'serviceaccounts', name, { metadata: { name: 'default' } });
    await ensure(c, 'configmaps', name, {
      metadata: {
        name: 'kube-root-ca.crt',
        annotations: {
          'kubernetes.io/description':
            'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
        },
      },
      data: { 'ca.crt': rootCa },
    });
    return undefined;
  }

  async function ensure(c: Context, resource: string, namespace: string, body: unknown): Promise<void> {
    try {
      await client.create(c, resource, namespace, body);
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  }

  async function empty(c: Context, namespace: Namespace): Promise<number | undefined> {
    const { name } = namespace.metadata;
    let left = 0;
    for (const resource of resources.filter((r) => r.namespaced && r.verbs === undefined && r.storedAs === undefined)) {
      const { items } = await client.list<KubeObject>(c, resource, name);
      for (const item of items) {
        if (item.metadata.deletionTimestamp === undefined) {
          try {
            await client.delete(c, resource, name, item.metadata.name);
          } catch (error) {
            if (!isStatusError(error, 'NotFound')) throw error;
          }
        }
        if (resource.resource === 'pods' || (item.metadata.finalizers ?? []).length > 0) left++;
      }
    }
    if (left > 0) return RECHECK_NS;
    await client.update(c, 'namespaces', { ...namespace, spec: { finalizers: [] } }, 'finalize');
    return undefined;
  }
}
