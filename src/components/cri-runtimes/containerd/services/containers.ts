/** containerd.services.containers.v1. @models containerd 2.1 plugins/services/containers @fidelity full */
import { base64 } from '../../../../go/json.ts';
import { parseRfc3339 } from '../../../../go/time.ts';
import {
  type Container,
  ContainersService,
  type ContainersService as Service,
} from '../../../../protocols/containerd/services/containers/v1/generated.ts';
import type { GrpcServer, Handlers } from '../../../../protocols/grpc/server.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed, wrap } from '../../shared/errors.ts';
import { type ContainerRecord, runtimeOptionsOf } from '../containers/container-store.ts';
import { fromAny, toAny } from '../metadata/json-any.ts';
import { validateIdentifier } from '../metadata/metadata.ts';
import type { Parts } from '../parts.ts';
import { toTimestamp } from '../timestamps.ts';
import { checkFilters, type Fields, labelFields, matchesAny } from './filters.ts';
import { byKey, inNamespace, plainLabels, updatedLabels } from './request.ts';

export function serveContainers(server: GrpcServer, parts: Parts): void {
  const { containers } = parts;
  const list = (ns: string, filters: readonly string[]): ContainerRecord[] => {
    checkFilters(filters);
    return byKey(containers.list(ns), (record) => record.id).filter((record) => matchesAny(filters, fieldsOf(record)));
  };
  const handlers: Handlers<typeof Service> = {
    Get: (ctx, { id }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({ container: toProto(containers.get(ns, id)) })),
    List: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({ containers: list(ns, filters).map(toProto) })),
    ListStream: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        for (const record of list(ns, filters)) await call.send(ctx, { container: toProto(record) });
      }),
    Create: (ctx, { container }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (container === undefined) throw classed('InvalidArgument', 'container must be set');
        const init = fromProto(container);
        try {
          validate(init);
        } catch (error) {
          throw wrap('create container failed validation', error);
        }
        return { container: toProto(await containers.create(ctx, ns, init)) };
      }),
    Update: (ctx, { container, updateMask }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (container === undefined || container.id === '')
          throw classed('InvalidArgument', 'must specify a container id');
        const old = containers.get(ns, container.id);
        const changes = changesOf(old, fromProto(container), updateMask?.paths ?? []);
        return { container: toProto(await containers.update(ctx, ns, container.id, changes)) };
      }),
    Delete: (ctx, { id }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        await containers.delete(ctx, ns, id);
        parts.gc.schedule();
      }),
  };
  server.implement(ContainersService, handlers);
}

function fieldsOf(record: ContainerRecord): Fields {
  return {
    id: record.id,
    'runtime.name': record.runtime.name === '' ? undefined : record.runtime.name,
    image: record.image === '' ? undefined : record.image,
    ...labelFields(record.labels),
  };
}

type Init = Omit<ContainerRecord, 'createdAt' | 'updatedAt'>;

function validate(init: Init): void {
  try {
    validateIdentifier(init.id, 'container.ID');
  } catch (error) {
    throw wrap('container.ID', error);
  }
  if (Object.keys(init.extensions).includes(''))
    throw classed('InvalidArgument', 'container.Extension keys must not be zero-length');
  if (init.runtime.name === '') throw classed('InvalidArgument', 'container.Runtime.Name must be set');
  if (init.spec.typeUrl === '') throw classed('InvalidArgument', 'container.Spec must be set');
  if (init.snapshotKey !== '' && init.snapshotter === '')
    throw classed('InvalidArgument', 'container.Snapshotter must be set if container.SnapshotKey is set');
}

function changesOf(old: ContainerRecord, given: Init, paths: readonly string[]): Partial<ContainerRecord> {
  if (paths.length === 0) {
    if (old.snapshotter !== given.snapshotter)
      throw classed('InvalidArgument', 'container.Snapshotter field is immutable');
    if (old.runtime.name !== given.runtime.name)
      throw classed('InvalidArgument', 'container.Runtime.Name field is immutable');
    const { labels, spec, extensions, image, snapshotKey } = given;
    return { labels, spec, extensions, image, snapshotKey };
  }
  const changes: Partial<ContainerRecord> = {};
  for (const path of paths) {
    if (path === 'labels' || path.startsWith('labels.'))
      changes.labels = updatedLabels(old.labels, given.labels, paths);
    else if (path === 'spec') changes.spec = given.spec;
    else if (path === 'image') changes.image = given.image;
    else if (path === 'snapshotkey') changes.snapshotKey = given.snapshotKey;
    else if (path === 'extensions') changes.extensions = given.extensions;
    else if (path.startsWith('extensions.')) {
      const key = path.slice('extensions.'.length);
      const value = given.extensions[key];
      changes.extensions = {
        ...old.extensions,
        ...changes.extensions,
        ...(value === undefined ? {} : { [key]: value }),
      };
    } else throw classed('InvalidArgument', `cannot update "${path}" field on "${old.id}"`);
  }
  return changes;
}

export function timestampOf(text: string): ReturnType<typeof toTimestamp> {
  const parsed = parseRfc3339(text);
  return toTimestamp(parsed.ok ? parsed.ns : 0n);
}

function toProto(record: ContainerRecord): Input<Container> {
  const options = runtimeOptionsOf(record);
  return {
    id: record.id,
    labels: record.labels,
    image: record.image,
    runtime: { name: record.runtime.name, ...(options === null ? {} : { options }) },
    spec: toAny(record.spec),
    snapshotter: record.snapshotter,
    snapshotKey: record.snapshotKey,
    createdAt: timestampOf(record.createdAt),
    updatedAt: timestampOf(record.updatedAt),
    extensions: Object.fromEntries(Object.entries(record.extensions).map(([key, any]) => [key, toAny(any)])),
    sandbox: record.sandboxId,
  };
}

function fromProto(container: Container): Init {
  const { runtime } = container;
  return {
    id: container.id,
    labels: plainLabels(container.labels),
    image: container.image,
    runtime: {
      name: runtime?.name ?? '',
      options:
        runtime?.options === undefined
          ? null
          : { typeUrl: runtime.options.typeUrl, base64: base64(runtime.options.value) },
    },
    spec: fromAny(container.spec),
    snapshotter: container.snapshotter,
    snapshotKey: container.snapshotKey,
    sandboxId: container.sandbox,
    extensions: Object.fromEntries(Object.entries(container.extensions).map(([key, any]) => [key, fromAny(any)])),
  };
}
