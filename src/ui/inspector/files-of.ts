/** Where the files of a thing are looked at: through which process, from which directory on. */
import { mountTarget } from '../../projections/fold.ts';
import { kernelsOf, namespaceOf } from '../../projections/kernels.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { nameOf } from '../../projections/roles.ts';
import { containerIdOf, overlayOf, podsOf } from '../../projections/rooms.ts';
import { kernelOfPid, NODE_KERNEL } from '../../sim/trace.ts';
import type { FilesSelection } from '../selection.ts';
import { membersOf } from './describe-namespace.ts';
import { handlesOf } from './handles.ts';

type Inspected = Parameters<typeof handlesOf>[1];

const INIT = 1;

/** The node's own, as its first process sees them. */
export const FILES_OF_NODE: FilesSelection = { kind: 'files', title: 'pid 1', pid: INIT, path: '/', overlay: null };

/** Null: it has none, or nobody is there through whom they could be seen. */
export function filesOf(view: NodeView, selection: Inspected): FilesSelection | null {
  switch (selection.kind) {
    case 'process': {
      const process = view.processes.get(selection.pid);
      if (process === undefined || process.exitedAt !== null) return null;
      return {
        kind: 'files',
        title: `${nameOf(process)} ${process.pid}`,
        pid: process.pid,
        path: '/',
        overlay: rootOverlay(view, process),
      };
    }
    case 'container': {
      const container = podsOf(view)
        .flatMap((pod) => pod.containers)
        .find(({ id }) => id === selection.id);
      const first = container?.processes.find(({ exitedAt }) => exitedAt === null);
      const overlay = (first === undefined ? null : rootOverlay(view, first)) ?? overlayPlace(view, selection.id);
      if (first === undefined && overlay === null) return null;
      const title = container?.name ?? selection.id.slice(0, 13);
      const from = first === undefined ? overlay : { pid: first.pid, path: '/' };
      return from === null ? null : { kind: 'files', title, ...from, overlay };
    }
    case 'state':
    case 'mount':
    case 'namespace':
      return filesOfPlace(view, selection);
    default:
      return null;
  }
}

function filesOfPlace(view: NodeView, selection: Inspected & { kind: 'state' | 'mount' | 'namespace' }) {
  const place = (pid: number, path: string): FilesSelection => ({
    kind: 'files',
    title: path,
    pid,
    path,
    overlay: null,
  });
  if (selection.kind === 'state') {
    if (view.state.get(selection.id)?.topic !== 'snapshot') return null;
    const path = handlesOf(view, selection).paths[0];
    return path === undefined ? null : place(INIT, path);
  }
  if (selection.kind === 'mount') {
    const mount = view.mounts.get(selection.id);
    if (mount === undefined) return null;
    const { kernel, namespace } = mount;
    const holder = membersOf(view, { kind: 'namespace', kernel, type: 'mnt', id: namespace })[0];
    const path = mountTarget(view, mount);
    if (holder === undefined) return null;
    const overlay = mount.fstype === 'overlay' ? { pid: holder.pid, path } : null;
    return { ...place(holder.pid, path), overlay };
  }
  const holder = selection.type === 'mnt' ? membersOf(view, selection)[0] : undefined;
  return holder === undefined ? null : place(holder.pid, '/');
}

/** The overlay that a process has for its root; where that is a guest's, as the node has it. */
function rootOverlay(view: NodeView, process: ProcessView): { pid: number; path: string } | null {
  const { pid } = process;
  const kernel = kernelOfPid(pid);
  const kernels = kernelsOf(view);
  const namespace = namespaceOf(kernels, process, 'mnt');
  if (namespace === kernels.get(kernel)?.namespaces.mnt && kernel === NODE_KERNEL) return null;
  for (const mount of view.mounts.values()) {
    if (mount.kernel === kernel && mount.namespace === namespace && mount.fstype === 'overlay')
      if (mountTarget(view, mount) === '/') return { pid, path: '/' };
  }
  const container = containerIdOf(process);
  return container === null || kernel === NODE_KERNEL ? null : overlayPlace(view, container);
}

/** A container's root as the node has it mounted. */
function overlayPlace(view: NodeView, id: string): { pid: number; path: string } | null {
  const overlay = overlayOf(view, id);
  return overlay === undefined ? null : { pid: INIT, path: mountTarget(view, overlay[1]) };
}
