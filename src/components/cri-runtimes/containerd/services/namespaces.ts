/** containerd.services.namespaces.v1: not Linux's namespaces. @models containerd 2.1 plugins/services/namespaces @fidelity full */
import {
  NamespaceCreate,
  NamespaceDelete,
  NamespaceUpdate,
} from '../../../../protocols/containerd/events/generated.ts';
import { NamespacesService } from '../../../../protocols/containerd/services/namespaces/v1/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { classed, notFound } from '../../shared/errors.ts';
import type { NamespaceRecord } from '../metadata/metadata.ts';
import type { Parts } from '../parts.ts';
import { plainLabels, updatedLabels } from './request.ts';

export function serveNamespaces(server: GrpcServer, parts: Parts): void {
  const { metadata, events } = parts;
  const get = (name: string): NamespaceRecord => {
    const record = metadata.namespace(name);
    if (record === undefined) throw notFound(`namespace "${name}"`);
    return record;
  };
  server.implement(NamespacesService, {
    Get: async (_ctx, { name }) => ({ namespace: { name, labels: get(name).labels } }),
    List: async (ctx) => {
      await ctx.cpu(LATENCY.containerdReadRpcNs);
      return { namespaces: metadata.namespaces().map((name) => ({ name, labels: get(name).labels })) };
    },
    Create: async (ctx, { namespace }) => {
      if (namespace === undefined) throw classed('InvalidArgument', 'namespace must be set');
      const { name } = namespace;
      const labels = plainLabels(namespace.labels);
      await metadata.createNamespace(ctx, name, labels);
      events.publish(ctx, name, '/namespaces/create', NamespaceCreate, { name, labels });
      return { namespace: { name, labels } };
    },
    Update: async (ctx, { namespace, updateMask }) => {
      if (namespace === undefined) throw classed('InvalidArgument', 'namespace must be set');
      const { name } = namespace;
      const paths = updateMask?.paths ?? [];
      const wrong = paths.find((path) => path !== 'labels' && !path.startsWith('labels.'));
      if (wrong !== undefined) throw classed('InvalidArgument', `cannot update "${wrong}" field`);
      // Labels may be set on a namespace that is not there: it comes into being with them.
      const old = metadata.namespace(name)?.labels ?? {};
      const given = paths.length === 0 ? { ...old, ...namespace.labels } : namespace.labels;
      const labels = plainLabels(updatedLabels(old, given, paths));
      await metadata.setNamespaceLabels(ctx, name, labels);
      events.publish(ctx, name, '/namespaces/update', NamespaceUpdate, { name, labels });
      return { namespace: { name, labels } };
    },
    Delete: async (ctx, { name }) => {
      await metadata.deleteNamespace(ctx, name);
      events.publish(ctx, name, '/namespaces/delete', NamespaceDelete, { name });
    },
  });
}
