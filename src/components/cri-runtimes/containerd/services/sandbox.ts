/** containerd.services.sandbox.v1: the store of sandboxes, and who runs them. @models containerd 2.1 plugins/services/sandbox @fidelity partial: the controller knows the CRI plugin's pods only, and shows their state */
import { base64 } from '../../../../go/json.ts';
import { rfc3339Nano } from '../../../../go/time.ts';
import { ControllerService, StoreService } from '../../../../protocols/containerd/services/sandbox/v1/generated.ts';
import type { Sandbox } from '../../../../protocols/containerd/types/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed, notFound } from '../../shared/errors.ts';
import { fromBase64 } from '../../shared/go-json.ts';
import { findSandboxRecord, listSandboxRecords, type SandboxRecord } from '../cri/sandbox-records.ts';
import { fromAny, toAny } from '../metadata/json-any.ts';
import type { Parts } from '../parts.ts';
import { toTimestamp } from '../timestamps.ts';
import { timestampOf } from './containers.ts';
import { checkFilters, labelFields, matchesAny } from './filters.ts';
import { byKey, inNamespace, plainLabels } from './request.ts';

export function serveSandboxes(server: GrpcServer, parts: Parts): void {
  const { metadata } = parts;
  const get = (ns: string, id: string): SandboxRecord => {
    const record = findSandboxRecord(metadata, ns, id);
    if (record === undefined) throw notFound(`sandbox "${id}" in namespace "${ns}"`);
    return record;
  };
  server.implement(StoreService, {
    Create: (ctx, { sandbox }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (sandbox === undefined || sandbox.sandboxId === '')
          throw classed('InvalidArgument', 'sandbox ID is required');
        if (findSandboxRecord(metadata, ns, sandbox.sandboxId) !== undefined)
          throw classed('AlreadyExists', `sandbox "${sandbox.sandboxId}"`);
        const now = rfc3339Nano(ctx.wallTime);
        const record = fromProto(sandbox, now, now);
        await metadata.update(ctx, ns, (tx) => tx.put(`${ns}/sandboxes`, record.id, record));
        return { sandbox: toProto(record) };
      }),
    Update: (ctx, { sandbox }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const old = get(ns, sandbox?.sandboxId ?? '');
        const record = fromProto(sandbox as Sandbox, old.createdAt, rfc3339Nano(ctx.wallTime));
        await metadata.update(ctx, ns, (tx) => tx.put(`${ns}/sandboxes`, record.id, record));
        return { sandbox: toProto(record) };
      }),
    Delete: (ctx, { sandboxId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        get(ns, sandboxId);
        await metadata.update(ctx, ns, (tx) => tx.delete(`${ns}/sandboxes`, sandboxId));
      }),
    List: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkFilters(filters);
        const matching = listSandboxRecords(metadata, ns).filter(({ id, labels }) =>
          matchesAny(filters, { id, ...labelFields(labels) }),
        );
        return { list: byKey(matching, (record) => record.id).map(toProto) };
      }),
    Get: (ctx, { sandboxId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({ sandbox: toProto(get(ns, sandboxId)) })),
  });
  server.implement(ControllerService, {
    Status: (ctx, { sandboxId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const record = get(ns, sandboxId);
        const shim = parts.tasks.find(ns, sandboxId);
        const state = shim === undefined ? null : await shim.state(ctx);
        return {
          sandboxId,
          pid: state?.pid ?? 0,
          state: state?.status === 'running' ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
          createdAt: timestampOf(record.createdAt),
          ...(state === null || state.exitedAt === 0n ? {} : { exitedAt: toTimestamp(state.exitedAt) }),
          ...(shim === undefined ? {} : { address: shim.params.address, version: shim.params.version }),
        };
      }),
  });
}

function toProto(record: SandboxRecord): Input<Sandbox> {
  const { options } = record.runtime;
  return {
    sandboxId: record.id,
    runtime: {
      name: record.runtime.name,
      ...(options === null ? {} : { options: { typeUrl: options.typeUrl, value: fromBase64(options.base64) } }),
    },
    labels: record.labels,
    createdAt: timestampOf(record.createdAt),
    updatedAt: timestampOf(record.updatedAt),
    extensions: Object.fromEntries(Object.entries(record.extensions).map(([key, any]) => [key, toAny(any)])),
    sandboxer: record.sandboxer,
  };
}

function fromProto(sandbox: Sandbox, createdAt: string, updatedAt: string): SandboxRecord {
  const { runtime } = sandbox;
  return {
    id: sandbox.sandboxId,
    labels: plainLabels(sandbox.labels),
    runtime: {
      name: runtime?.name ?? '',
      options:
        runtime?.options === undefined
          ? null
          : { typeUrl: runtime.options.typeUrl, base64: base64(runtime.options.value) },
    },
    sandboxer: sandbox.sandboxer,
    extensions: Object.fromEntries(Object.entries(sandbox.extensions).map(([key, any]) => [key, fromAny(any)])),
    createdAt,
    updatedAt,
  };
}
