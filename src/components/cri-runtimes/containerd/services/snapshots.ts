/** containerd.services.snapshots.v1. @models containerd 2.1 plugins/services/snapshots @fidelity full */
import { type Info, Kind, SnapshotsService } from '../../../../protocols/containerd/services/snapshots/v1/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import type { SnapshotInfo, Snapshots } from '../snapshotters/snapshots.ts';
import { timestampOf } from './containers.ts';
import { checkFilters, labelFields, matchesAny } from './filters.ts';
import type { OutsideMounts } from './outside-mounts.ts';
import { byKey, inNamespace, plainLabels, updatedLabels } from './request.ts';

const LIST_BLOCK = 100;

const nameOf = (ns: string, snapshotter: string, key: string): string => `${ns}/${snapshotter}/${key}`;

export function serveSnapshots(server: GrpcServer, parts: Parts, outside: OutsideMounts): void {
  const of = (name: string): Snapshots => {
    if (name === '') throw classed('InvalidArgument', 'snapshotter argument missing');
    const snapshots = parts.snapshotters.get(name);
    if (snapshots === undefined) throw classed('InvalidArgument', `snapshotter not loaded: ${name}`);
    return snapshots;
  };
  server.implement(SnapshotsService, {
    Prepare: (ctx, { snapshotter, key, parent, labels }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({
        mounts: await of(snapshotter).prepare(ctx, ns, key, parent, plainLabels(labels)),
      })),
    View: (ctx, { snapshotter, key, parent, labels }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({
        mounts: await outside.give(
          ctx,
          call,
          nameOf(ns, snapshotter, key),
          await of(snapshotter).view(ctx, ns, key, parent, plainLabels(labels)),
        ),
      })),
    Mounts: (ctx, { snapshotter, key }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({
        mounts: await outside.give(ctx, call, nameOf(ns, snapshotter, key), of(snapshotter).mounts(ns, key)),
      })),
    Commit: (ctx, { snapshotter, name, key, labels }, call) =>
      inNamespace(ctx, parts, call, (ns, ctx) => of(snapshotter).commit(ctx, ns, name, key, plainLabels(labels))),
    Remove: (ctx, { snapshotter, key }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        await of(snapshotter).remove(ctx, ns, key);
        await outside.forget(ctx, nameOf(ns, snapshotter, key));
      }),
    Stat: (ctx, { snapshotter, key }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({ info: toProto(of(snapshotter).stat(ns, key)) })),
    Update: (ctx, { snapshotter, info, updateMask }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const snapshots = of(snapshotter);
        const key = info?.name ?? '';
        const paths = updateMask?.paths ?? [];
        const wrong = paths.find((path) => path !== 'labels' && !path.startsWith('labels.'));
        if (wrong !== undefined)
          throw classed('InvalidArgument', `cannot update "${wrong}" field on snapshot "${key}"`);
        const old = snapshots.stat(ns, key);
        await snapshots.setLabels(ctx, ns, key, plainLabels(updatedLabels(old.labels, info?.labels ?? {}, paths)));
        return { info: toProto(snapshots.stat(ns, key)) };
      }),
    List: (ctx, { snapshotter, filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const snapshots = of(snapshotter);
        checkFilters(filters);
        const matching = byKey(snapshots.list(ns), (info) => info.key).filter((info) =>
          matchesAny(filters, {
            kind: info.kind.toLowerCase(),
            name: info.key,
            parent: info.parent,
            ...labelFields(info.labels),
          }),
        );
        for (let at = 0; at < matching.length; at += LIST_BLOCK)
          await call.send(ctx, { info: matching.slice(at, at + LIST_BLOCK).map(toProto) });
      }),
    Usage: (ctx, { snapshotter, key }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const { size, inodes } = await of(snapshotter).usage(ctx, ns, key);
        return { size: BigInt(size), inodes: BigInt(inodes) };
      }),
    // Directories go with their snapshots: nothing is ever left over.
    Cleanup: (ctx, { snapshotter }, call) => inNamespace(ctx, parts, call, async () => void of(snapshotter)),
  });
}

const KINDS = { View: Kind.VIEW, Active: Kind.ACTIVE, Committed: Kind.COMMITTED } as const;

function toProto(info: SnapshotInfo): Input<Info> {
  return {
    name: info.key,
    parent: info.parent,
    kind: KINDS[info.kind],
    createdAt: timestampOf(info.createdAt),
    updatedAt: timestampOf(info.updatedAt),
    labels: info.labels,
  };
}
