/** What observers are told of every mount that appears or goes, in any namespace, also those that merely follow another. */
import type { TraceEventData } from '../../sim/trace.ts';
import type { Mount, MountNamespace } from './mounts.ts';

export type MountObserver = {
  attached(mount: Mount): void;
  detached(namespace: MountNamespace, mounts: readonly Mount[]): void;
  /** A whole namespace at once: its mounts are copies of `originals`, with ids one after the other. */
  copied(namespace: MountNamespace, originals: readonly Mount[]): void;
  /** Nobody is in the namespace any more. */
  left(namespace: MountNamespace): void;
};

export function mountObserver(emit: (event: TraceEventData) => void): MountObserver {
  return {
    attached(mount) {
      const { id, namespace, parent, source, fs } = mount;
      emit({
        kind: 'mount.attach',
        id,
        namespace: namespace.id,
        parent: parent?.id ?? null,
        at: mount.pathInParent,
        source,
        fstype: fs.type,
        options: fs.options,
      });
    },
    detached: ({ id }, mounts) => emit({ kind: 'mount.detach', namespace: id, ids: mounts.map((mount) => mount.id) }),
    copied({ id, mounts }, originals) {
      const first = mounts[0];
      if (first === undefined) return;
      emit({ kind: 'mount.copy', namespace: id, copied: originals.map((mount) => mount.id), first: first.id });
    },
    left: ({ id }) => emit({ kind: 'mount.forget', namespace: id }),
  };
}
