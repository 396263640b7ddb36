/** A process: identity, credentials, descriptors, signals, family. The kernel moves it through its life. */

import { WaitQueue } from '../sim/primitives.ts';
import type { Random } from '../sim/random.ts';
import { endGroup, type StrandGroup, type Waiter } from '../sim/scheduler.ts';
import type { Layer, SpanId } from '../sim/trace.ts';
import { ALL_CAPABILITIES } from './capabilities.ts';
import type { Cgroup } from './cgroup.ts';
import { type CpuJob, NO_JOBS } from './cpu.ts';
import { programThrew } from './defects.ts';
import { DescriptorTable } from './descriptor-table.ts';
import type { Kernel } from './kernel.ts';
import type { LinuxNamespaces, PidNamespace } from './namespaces.ts';
import type { Terminal } from './pty.ts';
import type { SeccompFilter } from './seccomp.ts';
import type { Signal } from './signals.ts';
import type { Tracer } from './syscall-entry.ts';
import type { SignalAction } from './syscalls.ts';
import type { Location } from './vfs/mounts.ts';

/** Never changed in place: forked processes share the sets until one of them gets new ones. */
export type CapabilitySets = {
  effective: ReadonlySet<string>;
  permitted: ReadonlySet<string>;
  inheritable: ReadonlySet<string>;
  bounding: ReadonlySet<string>;
  ambient: ReadonlySet<string>;
};

export type Credentials = {
  uid: number;
  euid: number;
  suid: number;
  fsuid: number;
  gid: number;
  egid: number;
  sgid: number;
  fsgid: number;
  groups: readonly number[];
  capabilities: CapabilitySets;
  noNewPrivileges: boolean;
};

export type HandledSignal = { action: SignalAction; restart: boolean };

export type ResourceLimit = { readonly soft: number; readonly hard: number };

// Shared, for it is what nearly everybody has.
const NO_FILTERS: readonly SeccompFilter[] = [];
const NO_CHILDREN: ReadonlySet<Process> = new Set();
const NO_SIGNALS: ReadonlyMap<Signal, HandledSignal> = new Map();
const NO_LIMITS: ReadonlyMap<string, ResourceLimit> = new Map();

export class Process {
  readonly kernel: Kernel;
  /** Pid in the kernel's root pid namespace plus the kernel's base: unlike any other process of the machine. */
  readonly pid: number;
  /** Pids from the root namespace down to the process's own. */
  readonly pids: Map<PidNamespace, number>;
  parent: Process | null;
  private own: Set<Process> | null = null;
  group: StrandGroup;
  comm: string;
  argv: readonly string[];
  /** What /proc/PID/cmdline shows instead of argv, if the program overwrote it. */
  title: string | null = null;
  env: readonly string[];
  executable: Location | null = null;
  program = '';
  layer: Layer | null = null;
  /** Kernels that run inside this process (a hypervisor's VM, a Sentry): they end, and stop, with it. */
  guests: Set<Kernel> | null = null;
  cwd: Location;
  root: Location;
  umask = 0o022;
  readonly descriptors = new DescriptorTable();
  credentials: Credentials;
  private joined: Readonly<LinuxNamespaces>;
  /** New children go here after unshare(CLONE_NEWPID) or setns of a pid namespace. */
  pidNamespaceForChildren: PidNamespace;
  cgroup: Cgroup;
  /** Host pid of the group leader. */
  processGroup: number;
  sessionLeader: number;
  terminal: Terminal | null = null;
  state: 'running' | 'stopped' | 'zombie' | 'dead' = 'running';
  /** Frozen by its cgroup. */
  frozen = false;
  exitCode = 0;
  exitSignal: Signal | null = null;
  /** A stop that the parent has not yet seen through wait(WUNTRACED). */
  stopUnreported = false;
  subreaper = false;
  parentDeathSignal: Signal | null = null;
  private handled: ReadonlyMap<Signal, HandledSignal> = NO_SIGNALS;
  /** Signals that arrived while frozen or stopped. */
  readonly pending: Signal[] = [];
  private waiters: WaitQueue<void> | null = null;
  private mourners: WaitQueue<void> | null = null;
  /** It has a signal handler that does not restart system calls. */
  interruptible = false;
  /** Waiters that a caught signal interrupts. */
  blocked: Set<Waiter<unknown>> | null = null;
  readonly startTime: number;
  readonly startWallTime: bigint;
  span: SpanId;
  private ownRandom: Random | null = null;
  /** How many processes its kernel had started before. */
  private readonly number: number;
  cpuTimeNs = 0;
  /** That of its children that it has waited for, and of theirs. */
  childrenCpuTimeNs = 0;
  cpuJobs: readonly CpuJob[] = NO_JOBS;
  rssBytes = 1 << 20;
  /** How much of it is mapped from files, which many share: nobody is charged for that. */
  fileBytes = 0;
  threads = 1;
  oomScoreAdj = 0;
  /** Changed by the kernel only: whoever runs is weighed by it. */
  nice = 0;
  /** Filters of its system calls: replace, never push. */
  seccomp: readonly SeccompFilter[] = NO_FILTERS;
  /** Who is told of its system calls (syscall-entry.ts). */
  tracer: Tracer | null = null;
  tracedCalls = 0;
  /** As a tracer: who waits for it. */
  tracing: Tracer | null = null;
  /** Shared with relatives: replace, never set. */
  limits: ReadonlyMap<string, ResourceLimit> = NO_LIMITS;

  /** What its cgroup is charged. */
  get chargedBytes(): number {
    return Math.max(0, this.rssBytes - this.fileBytes);
  }

  constructor(init: {
    kernel: Kernel;
    pid: number;
    pids: Map<PidNamespace, number>;
    parent: Process | null;
    comm: string;
    argv: readonly string[];
    env: readonly string[];
    cwd: Location;
    root: Location;
    credentials: Credentials;
    namespaces: LinuxNamespaces;
    cgroup: Cgroup;
    processGroup: number;
    sessionLeader: number;
    startTime: number;
    startWallTime: bigint;
    span: SpanId;
    number: number;
  }) {
    this.kernel = init.kernel;
    this.pid = init.pid;
    this.pids = init.pids;
    this.parent = init.parent;
    this.comm = init.comm;
    this.argv = init.argv;
    this.env = init.env;
    this.cwd = init.cwd;
    this.root = init.root;
    this.credentials = init.credentials;
    this.joined = init.namespaces;
    this.joined.mnt.acquire();
    this.joined.net.acquire();
    this.pidNamespaceForChildren = init.namespaces.pid;
    this.cgroup = init.cgroup;
    this.processGroup = init.processGroup;
    this.sessionLeader = init.sessionLeader;
    this.startTime = init.startTime;
    this.startWallTime = init.startWallTime;
    this.span = init.span;
    this.number = init.number;
    this.group = this.strandsOf(init.comm);
  }

  /** Where it waits for its children. */
  get childChanged(): WaitQueue<void> {
    this.waiters ??= new WaitQueue(this.kernel.scheduler);
    return this.waiters;
  }

  /** Where others wait for its end. */
  get exited(): WaitQueue<void> {
    this.mourners ??= new WaitQueue(this.kernel.scheduler);
    return this.mourners;
  }

  private strandsOf(program: string): StrandGroup {
    const stopped = this.group?.stopped ?? false;
    return { dead: false, stopped, held: null, parked: null, name: `${program}[${this.pid}]`, owner: this };
  }

  get children(): ReadonlySet<Process> {
    return this.own ?? NO_CHILDREN;
  }

  adopt(child: Process): void {
    this.own ??= new Set();
    this.own.add(child);
  }

  lose(child: Process): void {
    this.own?.delete(child);
  }

  /** A strand of it threw something that nobody caught. */
  threw(error: unknown): void {
    programThrew(this, error);
  }

  /** A new program image: nothing of the one before runs again. */
  replaceImage(program: string): void {
    endGroup(this.group);
    this.group = this.strandsOf(program);
  }

  /** Shared with relatives until one of them changes: replace, never assign into it. */
  get namespaces(): Readonly<LinuxNamespaces> {
    return this.joined;
  }

  set namespaces(next: Readonly<LinuxNamespaces>) {
    const before = this.joined;
    this.joined = next;
    if (before.mnt !== next.mnt) {
      next.mnt.acquire();
      before.mnt.release();
    }
    if (before.net !== next.net) {
      next.net.acquire();
      before.net.release();
    }
  }

  /** What it does about signals that do not have their default action. */
  get signals(): ReadonlyMap<Signal, HandledSignal> {
    return this.handled;
  }

  handle(signal: Signal, handled: HandledSignal | null): void {
    if (handled === null && !this.handled.has(signal)) return;
    const next = new Map(this.handled);
    if (handled === null) next.delete(signal);
    else next.set(signal, handled);
    this.handled = next.size === 0 ? NO_SIGNALS : next;
  }

  /** Of what `from` does about signals only what a new program keeps, and a child: that some are ignored. */
  ignoreLike({ handled }: Process): void {
    if (handled.size === 0) {
      this.handled = NO_SIGNALS;
      return;
    }
    const ignored = [...handled].filter(([, { action }]) => action === 'ignore');
    this.handled = ignored.length === 0 ? NO_SIGNALS : ignored.length === handled.size ? handled : new Map(ignored);
  }

  /** This process's own stream, the same whatever other processes draw. */
  get random(): Random {
    this.ownRandom ??= this.kernel.random.fork(`process:${this.number}`);
    return this.ownRandom;
  }

  get alive(): boolean {
    return this.state === 'running' || this.state === 'stopped';
  }

  /** The pid this process has in a namespace; 0 if it is not visible there. */
  pidIn(namespace: PidNamespace): number {
    return this.pids.get(namespace) ?? 0;
  }
}

/** Written out field by field: a spread of this many properties is slow, and every fork makes one. */
export function copyCredentials(from: Credentials): Credentials {
  const { effective, permitted, inheritable, bounding, ambient } = from.capabilities;
  return {
    uid: from.uid,
    euid: from.euid,
    suid: from.suid,
    fsuid: from.fsuid,
    gid: from.gid,
    egid: from.egid,
    sgid: from.sgid,
    fsgid: from.fsgid,
    groups: from.groups,
    capabilities: { effective, permitted, inheritable, bounding, ambient },
    noNewPrivileges: from.noNewPrivileges,
  };
}

/** Of the machine's root: everything. */
export function rootCredentials(): Credentials {
  const all: ReadonlySet<string> = new Set(ALL_CAPABILITIES);
  return {
    uid: 0,
    euid: 0,
    suid: 0,
    fsuid: 0,
    gid: 0,
    egid: 0,
    sgid: 0,
    fsgid: 0,
    groups: [0],
    noNewPrivileges: false,
    capabilities: { effective: all, permitted: all, inheritable: new Set(), bounding: all, ambient: new Set() },
  };
}
