/** The strata of the drawing, top to bottom, and which of them a call or an event belongs to. */
import { kernelOfPid, type Layer, NODE_KERNEL, OUTSIDE_KERNEL, type TraceEvent } from '../sim/trace.ts';

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
  if (protocol === 'grpc' && method.includes('etcdserverpb.')) return 'control-plane';
  if (protocol === 'grpc') return method.includes('runtime.v1.') ? 'cri' : 'cri-runtime';
  if (protocol === 'ttrpc') return address.endsWith('containerd.sock.ttrpc') ? 'cri-runtime' : 'shim';
  if (protocol === 'cni' || protocol === 'lisafs') return 'kernel';
  return (protocol === 'http' ? STRATUM_OF_PORT[/:(\d+)$/.exec(address)?.[1] ?? ''] : undefined) ?? 'cri-runtime';
}

/** The ports that kubeadm gives the API server and etcd, and kubelet's own. */
const STRATUM_OF_PORT: Readonly<Record<string, Stratum>> = {
  6443: 'control-plane',
  2379: 'control-plane',
  10250: 'kubelet',
};

/** A call that is open for so long is a watch or a wait: a line that stands, not something on its way. */
export const STANDING_NS = 2_000_000_000;
/** These answer only when what they wait for ends. */
const STANDING_METHOD = /(?:^|\/)(?:Wait|Subscribe|GetContainerEvents|GetOOMEvent)$/;

export function isStanding(call: { readonly method: string; readonly startedAt: number }, now: number): boolean {
  return now - call.startedAt >= STANDING_NS || STANDING_METHOD.test(call.method);
}

/**
 * RPCs are numbered by their spans, HTTP requests by a counter of their own: kept apart by sign, so that one map can
 * hold both.
 */
export function callKey(event: { readonly protocol: string; readonly call: number }): number {
  return event.protocol === 'http' ? -event.call : event.call;
}

export function callFailed(protocol: string, code: number): boolean {
  return protocol === 'http' ? code >= 400 : code !== 0;
}

/** Not in a guest, nor beyond the node. */
export function isOnNode(pid: number): boolean {
  return kernelOfPid(pid) === NODE_KERNEL;
}

/** Processes of the simulated internet live on machines of their own, which the node's drawing does not contain. */
export function isOutside(pid: number): boolean {
  return kernelOfPid(pid) === OUTSIDE_KERNEL;
}

/** `/runtime.v1.RuntimeService/StartContainer` → `StartContainer`; `GET /v2/…/latest` → `GET manifests/latest`. */
export function shortMethod(method: string): string {
  const space = method.indexOf(' ');
  if (space >= 0) {
    const path = (method.slice(space + 1).split('?')[0] ?? '').split('/').slice(-2).join('/');
    return `${method.slice(0, space)} ${path.replace(/(sha256:[0-9a-f]{7})[0-9a-f]+/, '$1…')}`;
  }
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
