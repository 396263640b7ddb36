/**
 * One running Linux: the process table, namespaces, mounts, cgroups, network and terminals, and the system calls on
 * them (grouped in calls/). A node has one; a VM boots another instance.
 * @models Linux 6.12 @fidelity partial: single address-space-less processes; memory is a number per process
 */

import { WaitQueue } from '../sim/primitives.ts';
import type { Random } from '../sim/random.ts';
import { endGroup, type Scheduler } from '../sim/scheduler.ts';
import { NODE_KERNEL, PIDS_PER_KERNEL, type SpanId, type Trace, type TraceEventData } from '../sim/trace.ts';
import { LoadAverage } from './averages.ts';
import { fileCalls } from './calls/files.ts';
import { mountCalls } from './calls/mounts.ts';
import { namespaceCalls } from './calls/namespaces.ts';
import { networkCalls } from './calls/network.ts';
import { priorityCalls } from './calls/priorities.ts';
import { processCalls } from './calls/processes.ts';
import { withRemoteFiles } from './calls/remote-files.ts';
import { seldomCalls } from './calls/seldom.ts';
import { socketCalls } from './calls/sockets.ts';
import { terminalCalls } from './calls/terminals.ts';
import { traceCalls } from './calls/trace.ts';
import { Cgroup } from './cgroup.ts';
import { Context } from './context.ts';
import { Cpu, type CpuJob, type CpuQueue } from './cpu.ts';
import { errno } from './errno.ts';
import { FileLocks } from './file-locks.ts';
import {
  CgroupNamespace,
  type LinuxNamespaces,
  namespaceIds,
  PidNamespace,
  SimpleNamespace,
  UtsNamespace,
} from './namespaces.ts';
import { type Internet, NetNamespace } from './net/net-namespace.ts';
import { relieveMemory } from './oom.ts';
import type { OpenFile } from './open-file.ts';
import { adoptChildren } from './orphans.ts';
import { switchOff } from './power-off.ts';
import { type Credentials, copyCredentials, Process, rootCredentials } from './process.ts';
import type { ProgramRegistry } from './program.ts';
import { type PtySlave, Terminal } from './pty.ts';
import type { Rope } from './rope.ts';
import { defaultAction, type Signal } from './signals.ts';
import { releaseTraced, tellTracer, withEntry } from './syscall-entry.ts';
import type { Syscalls } from './syscalls.ts';
import { IpcNamespace } from './system-v-ipc.ts';
import { UserNamespace } from './user-namespace.ts';
import type { GeneratedEntry } from './vfs/generated-fs.ts';
import type { FileSystem } from './vfs/inode.ts';
import { MemoryFileSystem } from './vfs/memory-fs.ts';
import { mountObserver } from './vfs/mount-events.ts';
import { type Location, Mount, MountNamespace } from './vfs/mounts.ts';
import { VSOCK_HOST_CID, type Vsock } from './vsock.ts';
import { WallClock } from './wall-clock.ts';

export type KernelOptions = {
  scheduler: Scheduler;
  trace: Trace;
  random: Random;
  programs: ProgramRegistry;
  hostname: string;
  release: string;
  version: string;
  cores: number;
  memoryBytes: number;
  diskBytes: number;
  /** CLOCK_REALTIME at boot, ns since 1970. */
  bootWallTime: bigint;
  internet: Internet;
  commandLine: string;
  /** The disk as an earlier boot left it; an empty one by default. */
  disk?: MemoryFileSystem;
  /** Which of the machine's kernels this is (see PIDS_PER_KERNEL); 0, the node's, by default. */
  number?: number;
  /** The process that a guest runs in, and where its CPU time comes from (see guest-kernel.ts). */
  carrier?: Process;
  cpu?: CpuQueue;
  /** Told of every error that a program should have caught: ours, not the learner's. */
  onDefect?: (error: unknown, process: Process) => void;
};

export type ProcView = {
  /** The files beside the processes' directories, made from those that Linux has. */
  machine(linux: Record<string, GeneratedEntry>): Record<string, GeneratedEntry>;
  /** The files of one process. */
  process(linux: Record<string, GeneratedEntry>, process: Process): Record<string, GeneratedEntry>;
};

/** By reboot(2), or because the process that carries it is gone. A halted machine stands still with its power on. */
export type PowerOffReason = 'shutdown' | 'reset' | 'halt' | 'killed';

const PID_MAX = 4_194_304;
/** First inode number of dynamically made namespaces, as on a real machine. */
const FIRST_NAMESPACE = 4_026_531_834;
const KMSG_LINES_MAX = 2000;
const PAGE_BYTES = 4096;
const KERNEL_THREADS = 286;

export class Kernel {
  readonly options: KernelOptions;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly random: Random;
  readonly programs: ProgramRegistry;
  readonly cpu: CpuQueue;
  /** What its processes' pids in the root namespace are counted from in the trace. */
  readonly pidBase: number;
  readonly mountObserver = mountObserver((event) => this.emit(0, this.pidBase, event));
  readonly bootTime: number;
  readonly processes = new Map<number, Process>();
  readonly rootPidNamespace: PidNamespace;
  readonly rootCgroup: Cgroup;
  readonly rootFileSystem: MemoryFileSystem;
  readonly terminals = new Map<number, Terminal>();
  /** The latest records of its log, how many there have been, and who waits for more. */
  readonly kmsg: { time: number; level: number; text: string }[] = [];
  kmsgCount = 0;
  /** The first line that syslog(2) still shows. */
  kmsgCleared = 0;
  readonly kmsgGrown: WaitQueue<void>;
  readonly fileLocks = new FileLocks();
  /** What processes get. A kernel that is not Linux (the Sentry) replaces some of it before its first process. */
  sys: Syscalls;
  readonly initialNamespaces: LinuxNamespaces;
  private nextNamespace = FIRST_NAMESPACE;
  private nextMount = 21;
  private nextDevice = 20;
  private nextObject = 12_000;
  private nextCgroup = 1;
  private nextPeerGroup = 1;
  processesStarted = 0;
  oomKills = 0;
  readonly wallClock: WallClock;
  private readonly loads: LoadAverage;
  /** Set once it does not run any more. */
  poweredOff: PowerOffReason | null = null;
  /** Called when it stops running: devices are unplugged, whoever waits for its end is told. */
  readonly onPowerOff: ((why: PowerOffReason) => void)[] = [];
  /** What follows a panic (panic=N on the command line); without it the machine hangs. */
  onPanic: (() => void) | null = null;
  readonly vsock: Vsock = { cid: VSOCK_HOST_CID, guests: new Map(), listeners: new Map() };
  /** Tells the embedder which descriptor terminal output was written to (1 or 2): the screen itself merges them. */
  onTerminalWrite: ((terminal: Terminal, slave: PtySlave, data: Rope) => void) | null = null;
  /** What file systems of type 9p show, by tag: directories that whoever carries this machine shares with it. */
  readonly shares = new Map<string, () => FileSystem>();
  /** The first process of a pid namespace is spared the signals it has no handler for; a kernel that is not Linux may not do so. */
  sparesInits = true;
  /** What a kernel that is not Linux shows in /proc instead. */
  procView: ProcView | null = null;
  /** /proc/sys values, by path without the leading /proc/sys/. Network ones live in the namespace. */
  readonly sysctls = new Map<string, string>();

  constructor(options: KernelOptions) {
    this.options = options;
    this.scheduler = options.scheduler;
    this.trace = options.trace;
    this.random = options.random;
    this.wallClock = new WallClock(options.bootWallTime);
    this.programs = options.programs;
    this.kmsgGrown = new WaitQueue(options.scheduler);
    this.loads = new LoadAverage(options.scheduler.now);
    this.pidBase = (options.number ?? NODE_KERNEL) * PIDS_PER_KERNEL;
    this.bootTime = options.scheduler.now;
    const time = new SimpleNamespace('time', this.newNamespaceId());
    this.rootCgroup = new Cgroup('', null, this.nextCgroup++);
    this.cpu = options.cpu ?? new Cpu(options.scheduler, options.cores, this.rootCgroup);
    const cgroup = new CgroupNamespace(this.newNamespaceId(), this.rootCgroup);
    this.rootPidNamespace = new PidNamespace(this.newNamespaceId(), null);
    const user = new UserNamespace(this.newNamespaceId(), null, 0);
    const uts = new UtsNamespace(this.newNamespaceId(), options.hostname);
    const ipc = new IpcNamespace(this.newNamespaceId());
    const net = new NetNamespace(this.newNamespaceId(), options.internet);
    const mnt = new MountNamespace(this.newNamespaceId(), this.mountObserver);
    mnt.rememberPaths();
    this.rootFileSystem =
      options.disk ?? new MemoryFileSystem('ext4', [254, 1], options.bootWallTime, { bytesMax: options.diskBytes });
    this.rootFileSystem.readOnly = false;
    mnt.add(new Mount(this.newMountId(), mnt, this.rootFileSystem, this.rootFileSystem.root, '/', '/dev/vda1', null));
    this.initialNamespaces = { mnt, pid: this.rootPidNamespace, net, uts, ipc, user, cgroup, time };
    const sys: Syscalls = {
      wallTime: () => this.wallTime(),
      uptimeNs: () => this.uptimeNs,
      cpu: (ctx, ns) => this.cpu.spend(ctx.process, ns),
      ...fileCalls(this),
      ...mountCalls(this),
      ...namespaceCalls(this),
      ...processCalls(this),
      ...priorityCalls(this),
      ...terminalCalls(this),
      ...socketCalls(this),
      ...networkCalls(this),
      ...seldomCalls(this),
      ...traceCalls(),
    };
    this.sys = withEntry(this.carrier === null ? sys : withRemoteFiles(this, sys));
  }

  /** Says once what machine this is, for observers. */
  announce(): void {
    const { hostname, release, version, cores, memoryBytes } = this.options;
    this.emit(0, this.pidBase, {
      kind: 'state',
      component: 'kernel',
      topic: 'kernel',
      key: hostname,
      value: { release, version, cores, memoryBytes, namespaces: namespaceIds(this.initialNamespaces) },
    });
  }

  /** The opposite: with it goes all that was in it. */
  forget(): void {
    const key = this.options.hostname;
    this.emit(0, this.pidBase, { kind: 'state', component: 'kernel', topic: 'kernel', key, value: null });
  }

  wallTime(): bigint {
    return this.wallClock.at(this.scheduler.now);
  }

  /** CLOCK_REALTIME when this kernel started. */
  get bootWallTime(): bigint {
    return this.wallClock.at(this.bootTime);
  }

  get carrier(): Process | null {
    return this.options.carrier ?? null;
  }

  get uptimeNs(): number {
    return this.scheduler.now - this.bootTime;
  }

  /** Runnable processes, averaged over 1, 5 and 15 minutes. */
  get loadAverages(): readonly number[] {
    this.cpu.update();
    this.loads.update(this.scheduler.now, this.cpu.loadNs);
    return this.loads.values;
  }

  newNamespaceId(): number {
    return this.nextNamespace++;
  }

  newMountId(): number {
    return this.nextMount++;
  }

  newPeerGroupId(): number {
    return this.nextPeerGroup++;
  }

  newDevice(): readonly [number, number] {
    return [0, this.nextDevice++];
  }

  /** Numbers in `pipe:[N]`, `socket:[N]`. */
  newObjectId(): number {
    return this.nextObject++;
  }

  newCgroup(name: string, parent: Cgroup): Cgroup {
    const cgroup = new Cgroup(name, parent, this.nextCgroup++);
    parent.children.set(name, cgroup);
    this.emit(0, this.pidBase, { kind: 'cgroup.create', path: cgroup.path });
    return cgroup;
  }

  emit(span: SpanId, pid: number, data: TraceEventData): void {
    this.trace.emit(span, pid, data);
  }

  /** A line in the kernel's log (dmesg). */
  log(text: string, level = 6): void {
    this.kmsg.push({ time: this.uptimeNs, level, text });
    this.kmsgCount++;
    this.kmsgGrown.wakeAll();
    if (this.kmsg.length > KMSG_LINES_MAX) this.kmsg.shift();
    this.emit(0, this.pidBase, { kind: 'log', source: 'kernel', text });
  }

  rootLocation(namespace: MountNamespace): Location {
    return namespace.root.top;
  }

  contextOf(process: Process, span: SpanId = process.span): Context {
    return new Context(this.sys, process, process.group, this.scheduler, this.trace, span, null);
  }

  /** Pid 1: a process without parent that runs `body` (which usually execs). */
  startInit(
    comm: string,
    argv: readonly string[],
    env: readonly string[],
    body: (ctx: Context) => Promise<number>,
  ): Process {
    const root = this.rootLocation(this.initialNamespaces.mnt);
    const process = this.newProcess({
      parent: null,
      comm,
      argv,
      env,
      cwd: root,
      root,
      credentials: rootCredentials(),
      namespaces: this.initialNamespaces,
      pidNamespace: this.rootPidNamespace,
      cgroup: this.rootCgroup,
      span: 0,
    });
    process.sessionLeader = process.pid;
    process.processGroup = process.pid;
    // The numbers in between went to kernel threads, which are not modelled.
    this.rootPidNamespace.nextPid += KERNEL_THREADS;
    this.emit(0, process.pid, {
      kind: 'process.fork',
      child: process.pid,
      ppid: 0,
      comm,
      layer: null,
      argv: [...argv],
      rssBytes: process.rssBytes,
    });
    this.runMain(process, body);
    return process;
  }

  newProcess(init: {
    parent: Process | null;
    comm: string;
    argv: readonly string[];
    env: readonly string[];
    cwd: Location;
    root: Location;
    credentials: Credentials;
    namespaces: Readonly<LinuxNamespaces>;
    pidNamespace: PidNamespace;
    cgroup: Cgroup;
    span: SpanId;
  }): Process {
    const pids = new Map<PidNamespace, number>();
    for (let ns: PidNamespace | null = init.pidNamespace; ns !== null; ns = ns.parent) {
      while (ns.processes.has(ns.nextPid)) ns.nextPid++;
      if (ns.nextPid >= PID_MAX) ns.nextPid = 300;
      pids.set(ns, ns.nextPid++);
    }
    const own = pids.get(this.rootPidNamespace);
    if (own === undefined) throw new Error('a pid namespace outside the root one');
    const pid = this.pidBase + own;
    const process = new Process({
      kernel: this,
      pid,
      pids,
      parent: init.parent,
      comm: init.comm,
      argv: init.argv,
      env: init.env,
      cwd: init.cwd,
      root: init.root,
      credentials: copyCredentials(init.credentials),
      namespaces:
        init.namespaces.pid === init.pidNamespace ? init.namespaces : { ...init.namespaces, pid: init.pidNamespace },
      cgroup: init.cgroup,
      processGroup: init.parent?.processGroup ?? pid,
      sessionLeader: init.parent?.sessionLeader ?? pid,
      startTime: this.scheduler.now,
      startWallTime: this.wallTime(),
      span: init.span,
      number: this.processesStarted++,
    });
    if (init.parent !== null) {
      process.terminal = init.parent.terminal;
      process.umask = init.parent.umask;
      process.oomScoreAdj = init.parent.oomScoreAdj;
      process.seccomp = init.parent.seccomp;
      process.layer = init.parent.layer;
      process.program = init.parent.program;
      process.executable = init.parent.executable;
      process.limits = init.parent.limits;
      init.parent.adopt(process);
    }
    for (const [ns, inner] of pids) {
      ns.processes.set(inner, process);
      if (ns.init === null) ns.init = process;
    }
    this.processes.set(pid, process);
    init.cgroup.processes.add(process);
    init.cgroup.chargePids(process.threads);
    init.cgroup.chargeMemory(process.chargedBytes);
    if (init.cgroup.effectivelyFrozen) this.freeze(process, true);
    return process;
  }

  /** `startNs` of CPU time pass before it begins. */
  runMain(process: Process, body: (ctx: Context) => Promise<number>, startNs = 0): void {
    const ctx = this.contextOf(process);
    const { group } = process;
    const exit = (code: number): void => {
      // After execve the old image's strand must not end the process.
      if (process.group === group && process.alive) this.terminate(process, code, null);
    };
    const main = (): Promise<void> => body(ctx).then(exit);
    this.scheduler.go(group, process.comm, main, startNs > 0 ? () => ctx.cpu(startNs) : undefined);
  }

  // --- Signals -------------------------------------------------------------------------------------------------

  /** Delivers a signal; `from` is for the trace only. */
  deliver(process: Process, signal: Signal, from: Process | null): void {
    if (!process.alive) return;
    this.emit(from?.span ?? 0, from?.pid ?? this.pidBase, { kind: 'signal.send', to: process.pid, signal });
    if (process.tracer !== null) {
      const sender = from?.pidIn(process.namespaces.pid) ?? 0;
      tellTracer(process, { kind: 'signal', signal, from: sender, uid: from?.credentials.uid ?? 0 });
    }
    if (signal === 'SIGCONT') this.continueProcess(process);
    const handled = process.signals.get(signal);
    const action = signal === 'SIGKILL' || signal === 'SIGSTOP' ? 'default' : (handled?.action ?? 'default');
    if (action === 'ignore') return;
    if (typeof action === 'function') {
      if (process.state === 'stopped' || process.frozen) {
        process.pending.push(signal);
        return;
      }
      action(signal);
      if (handled?.restart !== true) {
        const { blocked } = process;
        process.blocked = null;
        for (const waiter of blocked ?? []) waiter.fail(errno('EINTR'));
      }
      return;
    }
    // The init of a pid namespace ignores signals it has no handler for, unless an ancestor kills or stops it.
    const own = process.namespaces.pid;
    if (own.init === process && (this.sparesInits || own.level === 0)) {
      if (from === null ? own.level === 0 : this.isInside(from, own)) return;
      if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') return;
    }
    switch (defaultAction(signal)) {
      case 'terminate':
        if (process.frozen && signal !== 'SIGKILL') process.pending.push(signal);
        else this.terminate(process, 0, signal);
        break;
      case 'stop':
        this.stopProcess(process);
        break;
      default:
    }
  }

  private isInside(process: Process, namespace: PidNamespace): boolean {
    return process.pids.has(namespace);
  }

  signalGroup(group: number, signal: Signal, from: Process | null = null): number {
    // A Sentry's processes may have a terminal of its host: it passes on the signals that the terminal makes.
    const owner = Math.floor(group / PIDS_PER_KERNEL);
    if (owner !== (this.options.number ?? NODE_KERNEL)) return this.guest(owner)?.signalGroup(group, signal, from) ?? 0;
    let count = 0;
    for (const process of [...this.processes.values()]) {
      if (process.processGroup !== group || !process.alive) continue;
      count++;
      this.deliver(process, signal, from);
    }
    return count;
  }

  private guest(number: number): Kernel | undefined {
    for (const process of this.processes.values())
      for (const guest of process.guests ?? []) if (guest.options.number === number) return guest;
    return undefined;
  }

  private readonly heldCpu = new Map<Process, CpuJob[]>();

  private hold(process: Process): void {
    process.group.stopped = true;
    for (const guest of process.guests ?? []) guest.pauseAll(true);
    const jobs = this.cpu.remove(process);
    if (jobs.length > 0) this.heldCpu.set(process, [...(this.heldCpu.get(process) ?? []), ...jobs]);
  }

  private release(process: Process): void {
    if (process.state === 'stopped' || process.frozen) return;
    this.scheduler.resumeGroup(process.group);
    const jobs = this.heldCpu.get(process);
    this.heldCpu.delete(process);
    if (jobs !== undefined) this.cpu.add(jobs);
    for (const guest of process.guests ?? []) guest.pauseAll(false);
    for (const signal of process.pending.splice(0)) this.deliver(process, signal, null);
  }

  private stopProcess(process: Process): void {
    if (process.state !== 'running') return;
    process.state = 'stopped';
    process.stopUnreported = true;
    this.hold(process);
    this.emit(process.span, process.pid, { kind: 'process.stop', stopped: true });
    if (process.parent !== null) {
      this.deliver(process.parent, 'SIGCHLD', process);
      process.parent.childChanged.wakeAll();
    }
  }

  private continueProcess(process: Process): void {
    if (process.state !== 'stopped') return;
    process.state = 'running';
    process.stopUnreported = false;
    this.emit(process.span, process.pid, { kind: 'process.stop', stopped: false });
    this.release(process);
  }

  freeze(process: Process, frozen: boolean): void {
    if (process.frozen === frozen || !process.alive) return;
    process.frozen = frozen;
    if (frozen) this.hold(process);
    else this.release(process);
  }

  // --- Death ---------------------------------------------------------------------------------------------------

  /** The process ends now: none of its code runs again; the kernel gives back what it held. */
  terminate(process: Process, code: number, signal: Signal | null): void {
    if (!process.alive) return;
    endGroup(process.group);
    process.state = 'zombie';
    process.exitCode = signal === null ? code & 255 : 0;
    process.exitSignal = signal;
    this.cpu.remove(process);
    this.heldCpu.delete(process);
    this.emit(process.span, process.pid, { kind: 'process.exit', code: process.exitCode, signal });
    if (process.tracer !== null) tellTracer(process, { kind: 'exit', code: process.exitCode, signal });
    if (process.tracing !== null) releaseTraced(process);
    for (const guest of process.guests ?? []) guest.powerOff('killed');
    for (const file of process.descriptors.takeAll()) file.release();
    process.cgroup.processes.delete(process);
    process.cgroup.chargeMemory(-process.chargedBytes);
    this.setThreads(process, 1);
    process.namespaces.mnt.release();
    process.namespaces.net.release();
    adoptChildren(this, process);
    const own = process.namespaces.pid;
    if (own.init === process) {
      for (const other of [...own.processes.values()]) if (other !== process) this.terminate(other, 0, 'SIGKILL');
    }
    if (process.terminal !== null && process.terminal.session === process.pid) {
      const { terminal } = process;
      terminal.session = 0;
      if (terminal.foregroundGroup !== 0 && terminal.foregroundGroup !== process.processGroup)
        this.signalGroup(terminal.foregroundGroup, 'SIGHUP');
    }
    process.cgroup.changed();
    process.exited.wakeAll();
    const { parent } = process;
    if (parent === null) {
      if (process === this.rootPidNamespace.init) this.panic('Attempted to kill init!');
      this.reap(process);
      return;
    }
    this.deliver(parent, 'SIGCHLD', process);
    if (parent.signals.get('SIGCHLD')?.action === 'ignore') this.reap(process);
    parent.childChanged.wakeAll();
  }

  /** The zombie's last trace goes; its CPU time is its parent's children's now. */
  reap(process: Process): void {
    if (process.parent !== null) process.parent.childrenCpuTimeNs += process.cpuTimeNs + process.childrenCpuTimeNs;
    process.state = 'dead';
    process.cgroup.chargePids(-process.threads);
    process.parent?.lose(process);
    this.processes.delete(process.pid);
    for (const [ns, pid] of process.pids) ns.processes.delete(pid);
    this.emit(process.span, process.parent?.pid ?? this.pidBase, { kind: 'process.reap', child: process.pid });
  }

  // --- The end of the machine ------------------------------------------------------------------------------------

  private panic(why: string): void {
    this.log(`Kernel panic - not syncing: ${why}`, 0);
    this.onPanic?.();
  }

  powerOff(why: PowerOffReason): void {
    if (this.poweredOff !== null) return;
    this.poweredOff = why;
    switchOff(this);
    for (const unplug of this.onPowerOff.splice(0)) unplug(why);
  }

  /** The process that carries this kernel was stopped, or goes on. */
  pauseAll(paused: boolean): void {
    for (const process of this.processes.values()) {
      if (paused) process.group.stopped = true;
      else if (process.state === 'running' && !process.frozen) this.scheduler.resumeGroup(process.group);
    }
  }

  // --- Descriptors ---------------------------------------------------------------------------------------------

  install(process: Process, file: OpenFile, closeOnExec = false, lowest = 0): number {
    const limit = process.limits.get('NOFILE')?.soft ?? 1_048_576;
    const fd = process.descriptors.free(lowest);
    if (fd >= limit) throw errno('EMFILE');
    file.acquire();
    process.descriptors.set(fd, file, closeOnExec);
    return fd;
  }

  file(process: Process, fd: number): OpenFile {
    const file = process.descriptors.get(fd);
    if (file === null) throw errno('EBADF');
    return file;
  }

  closeDescriptor(process: Process, fd: number): void {
    const file = this.file(process, fd);
    process.descriptors.delete(fd);
    file.release();
  }

  // --- Cgroups -------------------------------------------------------------------------------------------------

  attach(process: Process, cgroup: Cgroup, by: Process | null): void {
    if (process.cgroup === cgroup) return;
    const from = process.cgroup;
    const jobs = this.cpu.remove(process);
    from.processes.delete(process);
    from.chargeMemory(-process.chargedBytes);
    from.chargePids(-process.threads);
    process.cgroup = cgroup;
    cgroup.processes.add(process);
    cgroup.chargeMemory(process.chargedBytes);
    cgroup.chargePids(process.threads);
    this.cpu.add(jobs);
    this.freeze(process, cgroup.effectivelyFrozen);
    this.emit(by?.span ?? 0, by?.pid ?? this.pidBase, {
      kind: 'cgroup.attach',
      path: cgroup.path,
      target: process.pid,
    });
    from.changed();
    cgroup.changed();
    this.checkMemory(cgroup, process);
  }

  setThreads(process: Process, count: number): void {
    if (count === process.threads) return;
    if (process.alive) this.emit(process.span, process.pid, { kind: 'process.threads', count });
    process.cgroup.chargePids(count - process.threads);
    process.threads = count;
  }

  /** What a process has is whole pages. */
  setMemory(process: Process, bytes: number, fileBytes = process.fileBytes): void {
    const rssBytes = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    if (rssBytes === process.rssBytes && fileBytes === process.fileBytes) return;
    const before = process.chargedBytes;
    process.rssBytes = rssBytes;
    process.fileBytes = fileBytes;
    process.cgroup.chargeMemory(process.chargedBytes - before);
    const file = fileBytes === 0 ? {} : { fileBytes };
    this.emit(process.span, process.pid, { kind: 'process.memory', rssBytes, ...file });
    this.checkMemory(process.cgroup, process);
  }

  shmemChanged(cgroup: Cgroup): void {
    this.emit(0, this.pidBase, { kind: 'cgroup.shmem', path: cgroup.path, bytes: cgroup.shmemBytesLocal });
  }

  /** Ends processes while a cgroup, or the machine, uses more memory than it may. `by` is whose demand was too much. */
  checkMemory(cgroup: Cgroup, by: Process): void {
    relieveMemory(this, cgroup, by);
  }

  newTerminal(index: number): Terminal {
    return new Terminal(this.scheduler, index, {
      signalGroup: (group, signal) => void this.signalGroup(group, signal),
    });
  }
}
