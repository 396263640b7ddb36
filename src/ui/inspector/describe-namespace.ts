/** A namespace: who is in it, and what there is one of for all of them. */
import { kernelsOf, NAMESPACE_TYPES, namespaceOf } from '../../projections/kernels.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { kernelOfPid } from '../../sim/trace.ts';
import type { Part, Thing } from './describe.ts';

export type NamespaceSelection = {
  readonly kind: 'namespace';
  readonly kernel: number;
  readonly type: string;
  readonly id: number;
};

/** Oldest first. */
export function membersOf(view: NodeView, { kernel, type, id }: NamespaceSelection): ProcessView[] {
  const kernels = kernelsOf(view);
  return [...view.processes.values()].filter(
    (process) =>
      process.exitedAt === null && kernelOfPid(process.pid) === kernel && namespaceOf(kernels, process, type) === id,
  );
}

export function describeNamespace(view: NodeView, selection: NamespaceSelection): Thing {
  const { kernel, type, id } = selection;
  const members = membersOf(view, selection);
  const first = kernelsOf(view).get(kernel)?.namespaces[type] === id;
  const links = [...view.links].filter(([, l]) => type === 'net' && l.kernel === kernel && l.namespace === id);
  const mounts = [...view.mounts.values()].filter((m) => type === 'mnt' && m.kernel === kernel && m.namespace === id);
  // One that is bound to a file, or holds a device, is there without anybody in it.
  const gone = members.length === 0 && links.length === 0 && mounts.length === 0;
  return {
    title: `⑧ ${type}:[${id}]`,
    facts: gone
      ? null
      : [
          ['type', type],
          ['inode', String(id)],
          ['processes', String(members.length)],
          ...(type === 'net' ? [['links', String(links.length)] as const] : []),
          ...(type === 'mnt' ? [['mounts', String(mounts.length)] as const] : []),
          ...(first ? [['initial', 'yes'] as const] : []),
        ],
    parts: [
      ...members.map((p): Part => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } })),
      ...links.map(([key, link]): Part => ({ label: link.name, select: { kind: 'link', id: key } })),
    ],
    about: null,
  };
}

/** Those that a process is in, as its /proc/PID/ns says. */
export function namespaceParts(view: NodeView, process: ProcessView): Part[] {
  const kernel = kernelOfPid(process.pid);
  const kernels = kernelsOf(view);
  return NAMESPACE_TYPES.flatMap((type) => {
    const id = namespaceOf(kernels, process, type);
    return id === null ? [] : [{ label: `${type}:[${id}]`, select: { kind: 'namespace', kernel, type, id } as const }];
  });
}
