/** containerd.services.leases.v1. @models containerd 2.1 plugins/services/leases @fidelity full */
import { LeasesService } from '../../../../protocols/containerd/services/leases/v1/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { failure, notFound } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import { timestampOf } from './containers.ts';
import { checkFilters, labelFields, matchesAny } from './filters.ts';
import { byKey, inNamespace, plainLabels } from './request.ts';

export function serveLeases(server: GrpcServer, parts: Parts): void {
  const { leases } = parts.metadata;
  server.implement(LeasesService, {
    Create: (ctx, { id, labels }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (id === '') throw failure('lease id must be provided');
        const record = await leases.create(ctx, ns, id, plainLabels(labels));
        return { lease: { id, createdAt: timestampOf(record.createdAt), labels: record.labels } };
      }),
    Delete: (ctx, { id, sync }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        await leases.delete(ctx, ns, id);
        if (sync) await parts.gc.collect(ctx);
      }),
    List: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkFilters(filters);
        const matching = leases
          .list(ns)
          .filter(([id, { labels }]) => matchesAny(filters, { id, ...labelFields(labels) }));
        return {
          leases: byKey(matching, ([id]) => id).map(([id, { createdAt, labels }]) => ({
            id,
            createdAt: timestampOf(createdAt),
            labels,
          })),
        };
      }),
    AddResource: (ctx, { id, resource }, call) =>
      inNamespace(ctx, parts, call, (ns, ctx) =>
        leases.changeResource(ctx, ns, id, 'add', resource?.type ?? '', resource?.id ?? ''),
      ),
    DeleteResource: (ctx, { id, resource }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        await leases.changeResource(ctx, ns, id, 'delete', resource?.type ?? '', resource?.id ?? '');
        parts.gc.schedule();
      }),
    ListResources: (ctx, { id }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const record = leases.get(ns, id);
        if (record === undefined) throw notFound(`lease "${id}"`);
        return {
          resources: byKey(record.resources, ([kind, key]) => `${kind} ${key}`).map(([type, key]) => ({
            type,
            id: key,
          })),
        };
      }),
  });
}
