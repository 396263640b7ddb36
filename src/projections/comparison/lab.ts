/**
 * What one container adds to its node and how its system calls are answered, read from the trace of a machine on which
 * it was started: the same for every runtime, whatever its name.
 */
import { kernelOfPid, NODE_KERNEL, PIDS_PER_KERNEL, type TraceEvent } from '../../sim/trace.ts';
import { fold } from '../fold.ts';
import { type KernelView, kernelsOf } from '../kernels.ts';
import { emptyNodeView, type NodeView, type ProcessView } from '../node-view.ts';
import { nameOf, placeOf, type Role } from '../roles.ts';

export type AddedProcess = {
  readonly pid: number;
  readonly name: string;
  readonly role: Role | null;
  readonly rssBytes: number;
};

export type PathStep = {
  readonly kind: 'app' | 'host-kernel' | 'guest-kernel' | 'sentry' | 'hypervisor' | 'file-server';
  /** The program, or the release of the kernel. */
  readonly name: string;
  readonly pid: number | null;
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
    if (kernel.kind === 'sentry')
      path.push({ kind: 'sentry', name: `${placeName(carrier, name)} ${kernel.release}`, pid: kernel.carrier });
    else {
      path.push({ kind: 'guest-kernel', name: `Linux ${kernel.release}`, pid: null });
      path.push({ kind: 'hypervisor', name, pid: kernel.carrier });
    }
    for (const { role, name: server, pid } of added)
      if (role === 'file-server')
        path.push({ kind: 'file-server', name: placeName(view.processes.get(pid), server), pid });
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
export const EXPOSURE: Readonly<Record<KernelView['kind'], { readonly calls: string; readonly source: string }>> = {
  host: { calls: '', source: 'config.json of the bundle, linux.seccomp' },
  vm: { calls: '0', source: 'kata-containers docs/design/virtualization.md' },
  sentry: { calls: '77–97', source: 'gVisor runsc/boot/filter/config (77; 82 by systrap, 97 with directfs)' },
};

/** What was measured or published of the real ones, to stand beside the model's. In ms; `null` where nothing was. */
export type RealFigure = { readonly what: string; readonly ms: string; readonly source: string };

const RECORDED = 'recorded, median of 12 on two cores';

export const REAL_FIGURES: Readonly<Record<string, readonly RealFigure[]>> = {
  runc: [
    { what: 'crictl runp', ms: '160.8', source: RECORDED },
    { what: 'crictl create', ms: '33.3', source: RECORDED },
    { what: 'crictl start', ms: '89.8', source: RECORDED },
    { what: 'runc run true', ms: '36.6', source: RECORDED },
  ],
  crun: [
    { what: 'crictl runp', ms: '133.8', source: RECORDED },
    { what: 'crictl create', ms: '30.3', source: RECORDED },
    { what: 'crictl start', ms: '62.2', source: RECORDED },
    { what: 'crun run true', ms: '9.7', source: RECORDED },
  ],
  kata: [
    { what: 'RunPodSandbox', ms: '850–950', source: 'kuasar.io benchmark, Cloud Hypervisor, without CNI' },
    { what: 'Firecracker to /sbin/init', ms: '≤ 125', source: 'Firecracker SPECIFICATION.md' },
    {
      what: 'start (article)',
      ms: '~150',
      source: 'the article, with Firecracker: the VMM and its guest, not the pod',
    },
  ],
  runsc: [
    { what: 'runsc run true', ms: '137.5', source: RECORDED },
    { what: 'start (article)', ms: 'milliseconds', source: 'the article: the Sentry alone' },
  ],
};
