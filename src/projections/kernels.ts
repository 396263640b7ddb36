/** The kernels of the node: its own, and those of guests, with what a process of theirs shares with it. */
import { kernelOfPid, NODE_KERNEL } from '../sim/trace.ts';
import type { NodeView, ProcessView } from './node-view.ts';

export type KernelView = {
  readonly number: number;
  /** `vm` has hardware of its own, `sentry` stands on a few calls of the host. */
  readonly kind: 'host' | 'vm' | 'sentry';
  readonly release: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Process of the host that carries it; 0 for the host itself. */
  readonly carrier: number;
  /** What its first process is in, by type. */
  readonly namespaces: Readonly<Record<string, number>>;
  /** How a call of a program gets into a Sentry and what that costs; empty and 0 for the others. */
  readonly platform: string;
  readonly callNs: number;
  /** A Sentry without directfs asks its gofer for every file. */
  readonly files: string;
};

export function kernelsOf(view: NodeView): Map<number, KernelView> {
  const kernels = new Map<number, KernelView>();
  for (const { component, topic, value } of view.state.values()) {
    if (component !== 'kernel') continue;
    const number = topic === 'guest' ? Number(value.number) : NODE_KERNEL;
    kernels.set(number, {
      number,
      kind: topic === 'guest' ? (value.kind as KernelView['kind']) : 'host',
      release: String(value.release),
      cores: Number(value.cores),
      memoryBytes: Number(value.memoryBytes),
      carrier: Number(value.carrier ?? 0),
      namespaces: (value.namespaces ?? {}) as Record<string, number>,
      platform: String(value.platform ?? ''),
      callNs: Number(value.callNs ?? 0),
      files: String(value.files ?? ''),
    });
  }
  return kernels;
}

export const NAMESPACE_TYPES = ['net', 'ipc', 'uts', 'pid', 'mnt', 'cgroup', 'user'] as const;

/** The namespace of a type that a process is in; null if its kernel has not said which it began with. */
export function namespaceOf(
  kernels: ReadonlyMap<number, KernelView>,
  process: ProcessView,
  type: string,
): number | null {
  return process.namespaces[type] ?? kernels.get(kernelOfPid(process.pid))?.namespaces[type] ?? null;
}
