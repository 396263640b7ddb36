/**
 * What one container adds to its node and how its system calls are answered, read from the trace of a machine on which
 * it was started: the same for every runtime, whatever its name.
 */
import { kernelOfPid, NODE_KERNEL, PIDS_PER_KERNEL, type TraceEvent } from '../../sim/trace.ts';
import { fold } from '../fold.ts';
import { type KernelView, kernelsOf } from '../kernels.ts';
import { emptyNodeView, type NodeView, type ProcessView } from '../node-view.ts';
import { nameOf, placeOf, type Role } from '../roles.ts';
import type { LabPhraseKey } from './lab-phrases.ts';

export type AddedProcess = {
  readonly pid: number;
  readonly name: string;
  readonly role: Role | null;
  readonly rssBytes: number;
};

export type PathStep = {
  readonly kind: 'app' | 'platform' | 'host-kernel' | 'guest-kernel' | 'sentry' | 'hypervisor' | 'file-server';
  /** The program, or the release of the kernel. */
  readonly name: string;
  readonly pid: number | null;
  /** There and back, of what has a published figure. */
  readonly ns?: number;
};

export type LabFigures = {
  /** Processes of the host that were not there before, with what is resident of each. */
  readonly added: readonly AddedProcess[];
  readonly memoryBytes: number;
  /** From the container's program down to the kernel of the node. */
  readonly path: readonly PathStep[];
  /** Whose kernel answers the program's system calls. */
  readonly kernel: KernelView['kind'];
  readonly release: string;
};

/** @param before events before the pod was asked for @param after events until its container ran */
export function labFigures(events: readonly TraceEvent[], before: number, after: number): LabFigures {
  const view = emptyNodeView();
  for (const event of events) {
    if (event.seq >= before) break;
    fold(view, event);
  }
  const known = new Set(view.processes.keys());
  for (const event of events) if (event.seq >= before && event.seq < after) fold(view, event);
  const alive = [...view.processes.values()].filter((process) => process.exitedAt === null);
  const fresh = alive.filter((process) => !known.has(process.pid) && process.layer !== 'client');
  const added = fresh
    .filter((process) => kernelOfPid(process.pid) === NODE_KERNEL)
    .map((process) => ({
      pid: process.pid,
      name: placeName(process, nameOf(process)),
      role: placeOf(process).role,
      rssBytes: process.rssBytes,
    }));
  const programs = fresh.filter((process) => process.layer === 'workload' && process.path !== '');
  const app = programs.sort((a, b) => b.startSeq - a.startSeq)[0] ?? null;
  const kernels = kernelsOf(view);
  const kernel = kernels.get(app === null ? NODE_KERNEL : kernelOfPid(app.pid));
  return {
    added,
    memoryBytes: added.reduce((sum, process) => sum + process.rssBytes, 0),
    path: app === null ? [] : pathOf(view, app, kernels, added),
    kernel: kernel?.kind ?? 'host',
    release: kernel?.release ?? '',
  };
}

function pathOf(
  view: NodeView,
  app: ProcessView,
  kernels: ReadonlyMap<number, KernelView>,
  added: readonly AddedProcess[],
): PathStep[] {
  const path: PathStep[] = [{ kind: 'app', name: app.comm, pid: app.pid % PIDS_PER_KERNEL }];
  const kernel = kernels.get(kernelOfPid(app.pid));
  if (kernel !== undefined && kernel.kind !== 'host') {
    const carrier = view.processes.get(kernel.carrier);
    const name = carrier === undefined ? '' : nameOf(carrier);
    if (kernel.kind === 'sentry') {
      path.push({ kind: 'platform', name: kernel.platform, pid: null, ns: kernel.callNs });
      path.push({ kind: 'sentry', name: `${placeName(carrier, name)} ${kernel.release}`, pid: kernel.carrier });
    } else {
      path.push({ kind: 'guest-kernel', name: `Linux ${kernel.release}`, pid: null });
      path.push({ kind: 'hypervisor', name, pid: kernel.carrier });
    }
    for (const { role, name: server, pid } of added)
      if (kernel.files !== 'directfs' && role === 'file-server' && !path.some((step) => step.name === server))
        path.push({ kind: 'file-server', name: server, pid });
  }
  path.push({ kind: 'host-kernel', name: `Linux ${kernels.get(NODE_KERNEL)?.release ?? ''}`, pid: null });
  return path;
}

/** What it was started as, which for one binary with many parts says which part it is. */
function placeName(process: ProcessView | undefined, otherwise: string): string {
  return process?.argv[0]?.split('/').at(-1) ?? otherwise;
}

/**
 * What of the host's kernel a program behind each kind of kernel can reach, as counted in the sources of the real ones.
 * Conceptual: no defect and no way to use one is meant.
 */
export const EXPOSURE: Readonly<Record<KernelView['kind'], { readonly calls: string; readonly source: LabPhraseKey }>> =
  {
    host: { calls: '', source: 'lab.source.bundle' },
    vm: { calls: '0', source: 'lab.source.kata' },
    sentry: { calls: '77–97', source: 'lab.source.gvisor' },
  };

/** What was measured or published of the real ones, to stand beside the model's. */
export type RealFigure = {
  readonly what: string;
  /** In ms; null where only words were said. */
  readonly ms: string | null;
  readonly source: LabPhraseKey;
};

const recorded = (what: string, ms: string): RealFigure => ({ what, ms, source: 'lab.source.recorded' });

export const REAL_FIGURES: Readonly<Record<string, readonly RealFigure[]>> = {
  runc: [
    recorded('crictl runp', '160.8'),
    recorded('crictl create', '33.3'),
    recorded('crictl start', '89.8'),
    recorded('runc run true', '36.6'),
  ],
  crun: [
    recorded('crictl runp', '133.8'),
    recorded('crictl create', '30.3'),
    recorded('crictl start', '62.2'),
    recorded('crun run true', '9.7'),
  ],
  kata: [
    { what: 'RunPodSandbox', ms: '850–950', source: 'lab.source.kuasar' },
    { what: 'Firecracker → /sbin/init', ms: '≤ 125', source: 'lab.source.firecracker' },
    { what: 'Kata', ms: '~150', source: 'lab.source.articleKata' },
  ],
  runsc: [recorded('runsc run true', '137.5'), { what: 'gVisor', ms: null, source: 'lab.source.articleGvisor' }],
};
