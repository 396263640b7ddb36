/** The strata of the drawing, top to bottom, and which of them a call or an event belongs to. */
import type { Layer, TraceEvent } from '../sim/trace.ts';

export type Stratum = Exclude<Layer, 'client'>;

export const STRATA: readonly Stratum[] = [
  'control-plane',
  'kubelet',
  'cri',
  'cri-runtime',
  'shim',
  'oci-runtime',
  'workload',
  'kernel',
];

export const NUMERALS: Readonly<Record<Stratum, string>> = {
  'control-plane': '①',
  kubelet: '②',
  cri: '③',
  'cri-runtime': '④',
  shim: '⑤',
  'oci-runtime': '⑥',
  workload: '⑦',
  kernel: '⑧',
};

/** CRI calls belong to the CRI; every other call to the layer that serves it. */
export function stratumOfCall(protocol: string, method: string, address: string): Stratum {
  if (protocol === 'grpc') return method.includes('runtime.v1.') ? 'cri' : 'cri-runtime';
  if (protocol === 'ttrpc') return address.endsWith('containerd.sock.ttrpc') ? 'cri-runtime' : 'shim';
  if (protocol === 'cni') return 'kernel';
  return 'cri-runtime';
}

/** `/runtime.v1.RuntimeService/StartContainer` → `StartContainer`. */
export function shortMethod(method: string): string {
  return method.slice(method.lastIndexOf('/') + 1);
}

const KERNEL_KINDS: ReadonlySet<TraceEvent['kind']> = new Set([
  'mount',
  'umount',
  'namespace.new',
  'namespace.join',
  'cgroup.create',
  'cgroup.remove',
  'cgroup.attach',
  'cgroup.write',
  'net.link',
  'net.address',
  'signal.send',
]);

export function isKernelEvent(event: TraceEvent): boolean {
  return KERNEL_KINDS.has(event.kind);
}
