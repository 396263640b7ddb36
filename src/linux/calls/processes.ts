/** System calls on processes: fork, exec, exit, wait, signals, identity. */

import { LATENCY } from '../../sim/latency.ts';
import { NOT_YET } from '../../sim/scheduler.ts';
import type { Layer } from '../../sim/trace.ts';
import type { Cgroup } from '../cgroup.ts';
import type { Context } from '../context.ts';
import { splitCpuTime } from '../cpu-times.ts';
import { openDevice } from '../devices.ts';
import { errno, isErrno } from '../errno.ts';
import { capabilitiesAfterExec, fileGives } from '../file-capabilities.ts';
import { blockUntil, interruptible } from '../interruptible.ts';
import type { Kernel } from '../kernel.ts';
import { highPenaltyNs } from '../oom.ts';
import { BOTH_WAYS } from '../open-file.ts';
import type { Process } from '../process.ts';
import { type LazyProgram, type Program, programNameOf, unmodelled } from '../program.ts';
import { PtySlave } from '../pty.ts';
import { utf8 } from '../rope.ts';
import { inheritTracer, tellTracer } from '../syscall-entry.ts';
import type { ForkOptions, SpawnOptions, Syscalls, WaitStatus } from '../syscalls.ts';
import { capable, fromKernel, rootOf, toKernel } from '../user-namespace.ts';
import { CgroupInode } from '../vfs/cgroupfs.ts';
import type { Inode } from '../vfs/inode.ts';
import { type Location, mayAccess, seenId } from '../vfs/mounts.ts';
import { sysctlValue } from '../vfs/sysctl-values.ts';
import { locate } from './files.ts';
import { newNamespace, requirePrivilege, userFirst } from './namespaces.ts';

type ProcessCalls = Pick<
  Syscalls,
  | 'fork'
  | 'spawn'
  | 'execve'
  | 'exit'
  | 'wait'
  | 'waitExit'
  | 'kill'
  | 'sigaction'
  | 'getpid'
  | 'getppid'
  | 'setsid'
  | 'getsid'
  | 'setpgid'
  | 'getpgid'
  | 'setSubreaper'
  | 'setParentDeathSignal'
  | 'setComm'
  | 'setTitle'
  | 'setNoNewPrivileges'
  | 'seccomp'
  | 'setuid'
  | 'setgid'
  | 'setgroups'
  | 'setCapabilities'
  | 'getrlimit'
  | 'getrusage'
  | 'setrlimit'
  | 'setOomScoreAdj'
  | 'setMemory'
  | 'syslog'
>;

const INTERPRETERS_MAX = 4;
const COMM_MAX = 15;
const HEAD_BYTES = 256;
const UNLIMITED = Number.POSITIVE_INFINITY;
const DEFAULT_LIMITS: Record<string, { soft: number; hard: number }> = {
  NOFILE: { soft: 1024, hard: 524_288 },
  NPROC: { soft: 96_365, hard: 96_365 },
  STACK: { soft: 8_388_608, hard: UNLIMITED },
  MEMLOCK: { soft: 8_388_608, hard: 8_388_608 },
  CORE: { soft: 0, hard: UNLIMITED },
  SIGPENDING: { soft: 96_365, hard: 96_365 },
  MSGQUEUE: { soft: 819_200, hard: 819_200 },
  NICE: { soft: 0, hard: 0 },
  RTPRIO: { soft: 0, hard: 0 },
};

export function limitOf(process: Process, resource: string): { soft: number; hard: number } {
  return process.limits.get(resource) ?? DEFAULT_LIMITS[resource] ?? { soft: UNLIMITED, hard: UNLIMITED };
}

/** Apart from what loads it: what waits there as long as the program runs would keep all of that. */
function mainWith(program: Program, argv: readonly string[]): (ctx: Context) => Promise<number> {
  return (ctx) => program.main(ctx, [...argv]);
}

export function processCalls(kernel: Kernel): ProcessCalls {
  const { scheduler } = kernel;

  const cgroupAt = (process: Process, path: string): Cgroup => {
    const { inode } = locate(process, path);
    if (!(inode instanceof CgroupInode)) throw errno('EBADF');
    return inode.cgroup;
  };

  /** `inherits`: with its open files; whoever spawns a program with others than these would only close them. */
  const forkProcess = (ctx: Context, options: ForkOptions, inherits = true): Process => {
    const { process } = ctx;
    requirePrivilege(process, options.newNamespaces ?? []);
    const cgroup = options.cgroup === undefined ? process.cgroup : cgroupAt(process, options.cgroup);
    cgroup.checkFork(() => kernel.log(`cgroup: fork rejected by pids controller in ${cgroup.path}`));
    let pidNamespace = process.pidNamespaceForChildren;
    if (pidNamespace.init !== null && !pidNamespace.init.alive) throw errno('ENOMEM');
    const parent = options.cloneParent ? process.parent : process;
    const child = kernel.newProcess({
      parent,
      comm: options.comm ?? process.comm,
      argv: process.argv,
      env: process.env,
      cwd: process.cwd,
      root: process.root,
      credentials: process.credentials,
      namespaces: process.namespaces,
      pidNamespace,
      cgroup,
      span: ctx.span,
    });
    // With CLONE_PARENT the kernel's parent is another: what is inherited still comes from the caller.
    child.processGroup = process.processGroup;
    child.sessionLeader = process.sessionLeader;
    child.terminal = process.terminal;
    child.umask = process.umask;
    child.title = process.title;
    child.layer = process.layer;
    child.program = process.program;
    child.executable = process.executable;
    child.oomScoreAdj = process.oomScoreAdj;
    child.nice = process.nice;
    inheritTracer(child, process);
    child.seccomp = process.seccomp;
    child.limits = process.limits;
    child.ignoreLike(process);
    if (inherits) child.descriptors.shareAll(process.descriptors);
    kernel.emit(ctx.span, process.pid, {
      kind: 'process.fork',
      child: child.pid,
      ppid: parent?.pid ?? 0,
      comm: child.comm,
      layer: child.layer,
      argv: child.argv,
      rssBytes: child.rssBytes,
      ...(pidNamespace === kernel.rootPidNamespace ? {} : { inside: child.pidIn(pidNamespace) }),
    });
    if (cgroup !== process.cgroup)
      kernel.emit(ctx.span, process.pid, { kind: 'cgroup.attach', path: cgroup.path, target: child.pid });
    // A new user namespace first: it owns the others.
    for (const type of userFirst(options.newNamespaces ?? [])) {
      if (type === 'pid') {
        // The child itself is pid 1 of the new namespace: give it its numbers anew.
        newNamespace(kernel, child, 'pid');
        pidNamespace = child.pidNamespaceForChildren;
        child.pids.set(pidNamespace, pidNamespace.nextPid++);
        pidNamespace.processes.set(1, child);
        pidNamespace.init = child;
        child.namespaces = { ...child.namespaces, pid: pidNamespace };
        kernel.emit(child.span, child.pid, { kind: 'namespace.join', type: 'pid', id: pidNamespace.id });
      } else newNamespace(kernel, child, type);
    }
    return child;
  };

  /** Checks and performs the replacement; returns how to run the new image. Throws without side effects. */
  const loadImage = async (
    ctx: Context,
    path: string,
    argv: readonly string[],
    env: readonly string[],
  ): Promise<() => void> => {
    const { process } = ctx;
    let file = locate(process, path);
    let args = [...argv];
    let depth = 0;
    let name: string | null;
    for (;;) {
      checkExecutable(process, file);
      const image = imageOf(file.inode);
      name = image.program;
      if (image.interpreter === null) break;
      if (++depth > INTERPRETERS_MAX) throw errno('ELOOP');
      const line = image.interpreter;
      const space = line.search(/[ \t]/);
      const interpreter = space < 0 ? line : line.slice(0, space);
      const argument = space < 0 ? [] : [line.slice(space).trim()];
      args = [interpreter, ...argument, depth === 1 ? path : (args[0] ?? ''), ...args.slice(1)];
      file = locate(process, interpreter);
    }
    if (name === null) throw errno('ENOEXEC');
    const gained = fileGives(process, file);
    const found = kernel.programs.get(name) ?? unmodelled(name);
    const program = 'load' in found ? (loaded.get(found) ?? (await fetchProgram(found))) : found;
    return () => {
      process.replaceImage(program.name);
      process.argv = args;
      process.title = null;
      process.env = [...env];
      // By the name it was asked for, a link's or a script's; what /proc leads to has none but its own.
      const named = depth > 0 || !path.startsWith('/proc/');
      process.comm = baseName(named ? path : file.name).slice(0, COMM_MAX);
      process.executable = file;
      process.program = program.name;
      process.layer = program.layer ?? layerInside(process);
      kernel.setThreads(process, program.threads ?? 1);
      process.blocked = null;
      process.interruptible = false;
      process.span = ctx.span;
      process.ignoreLike(process);
      for (const fd of process.descriptors.numbers())
        if (process.descriptors.closesOnExec(fd)) kernel.closeDescriptor(process, fd);
      capabilitiesAfterExec(process, gained);
      const owner = seenId(file.mount.idmap, 'uid', file.inode.uid);
      const { user } = process.namespaces;
      const setsUser = (file.inode.mode & 0o4000) !== 0 && fromKernel(user, 'uid', owner) !== null;
      if (setsUser && !process.credentials.noNewPrivileges && !file.mount.flags.noSuid) {
        process.credentials.euid = owner;
        process.credentials.fsuid = owner;
        if (owner === rootOf(user))
          process.credentials.capabilities.effective = new Set(process.credentials.capabilities.bounding);
      }
      kernel.emit(ctx.span, process.pid, {
        kind: 'process.exec',
        path: pathFor(process, file, path),
        argv: args,
        comm: process.comm,
        layer: process.layer,
        program: program.name,
      });
      if (process.tracer !== null) tellTracer(process, { kind: 'exec', path, argv, env: env.length });
      kernel.setMemory(process, program.rssBytes ?? 1_600_000, program.fileBytes ?? 0);
      const startNs = LATENCY.execNs + (program.startCpuNs ?? LATENCY.coreutilsStartNs);
      kernel.runMain(process, mainWith(program, args), startNs);
    };
  };

  const checkExecutable = (process: Process, file: Location): void => {
    if (file.inode.type === 'directory') throw errno('EACCES');
    if (file.inode.type !== 'file') throw errno('EACCES');
    if ((file.inode.mode & 0o111) === 0 || file.mount.flags.noExec) throw errno('EACCES');
    if (!mayAccess(file.inode, process, 1, file.mount.idmap)) throw errno('EACCES');
  };

  /** Containers' programs are workload; on the host whoever is not told otherwise is a client. */
  const layerInside = (process: Process): Layer =>
    process.namespaces.mnt === kernel.initialNamespaces.mnt ? 'client' : 'workload';

  const execve = async (
    ctx: Context,
    path: string,
    argv: readonly string[],
    env: readonly string[],
  ): Promise<never> => {
    (await loadImage(ctx, path, argv, env))();
    return scheduler.parkForever();
  };

  const collect = (
    process: Process,
    pid: number,
    options: { noHang?: boolean; untraced?: boolean },
  ): WaitStatus | null | undefined => {
    let any = false;
    for (const child of process.children) {
      const seen = child.pidIn(process.namespaces.pid);
      if (pid > 0 && seen !== pid) continue;
      if (pid === 0 && child.processGroup !== process.processGroup) continue;
      if (pid < -1 && groupIn(kernel, child, process) !== -pid) continue;
      any = true;
      if (child.state === 'zombie') {
        const status = { pid: seen, exitCode: child.exitCode, signal: child.exitSignal, stopped: false };
        kernel.reap(child);
        return status;
      }
      if (options.untraced && child.stopUnreported) {
        child.stopUnreported = false;
        return { pid: seen, exitCode: 0, signal: 'SIGTSTP', stopped: true };
      }
    }
    return any ? undefined : null;
  };

  return {
    async fork(ctx, body, options = {}) {
      const child = forkProcess(ctx, options);
      kernel.runMain(child, body, LATENCY.forkNs);
      return child.pidIn(ctx.process.namespaces.pid);
    },
    async spawn(ctx, path, options) {
      const { newNamespaces, cgroup } = options;
      const forked = { ...(newNamespaces && { newNamespaces }), ...(cgroup !== undefined && { cgroup }) };
      const child = forkProcess(ctx, forked, options.stdio === undefined);
      const inner = kernel.contextOf(child, ctx.span);
      try {
        prepareChild(kernel, ctx, child, inner, options);
        if (options.cwd !== undefined) child.cwd = locate(child, options.cwd);
        await options.prepare?.(inner);
        (await loadImage(inner, path, options.argv, options.env ?? ctx.process.env))();
      } catch (error) {
        if (isErrno(error)) {
          kernel.terminate(child, 127, null);
          if (child.state === 'zombie') kernel.reap(child);
        }
        throw error;
      }
      return child.pidIn(ctx.process.namespaces.pid);
    },
    execve,
    async exit(ctx, code) {
      kernel.terminate(ctx.process, code, null);
      return scheduler.parkForever();
    },
    wait(ctx, pid, options = {}) {
      const { process } = ctx;
      return blockUntil(ctx, process.childChanged, () => {
        const found = collect(process, pid, options);
        if (found === null) throw errno('ECHILD');
        return found ?? (options.noHang ? null : NOT_YET);
      });
    },
    async waitExit(ctx, pid) {
      const target = ctx.process.namespaces.pid.processes.get(pid);
      if (target === undefined) throw errno('ESRCH');
      if (target.alive) await interruptible(ctx, target.exited);
    },
    async kill(ctx, pid, signal) {
      const { process } = ctx;
      const { processes } = process.namespaces.pid;
      let targets: Process[];
      if (pid > 0) {
        const target = processes.get(pid);
        if (target === undefined) throw errno('ESRCH');
        targets = [target];
      } else {
        targets = [...processes.values()].filter((p) =>
          pid === -1
            ? p !== process && p.pidIn(process.namespaces.pid) !== 1
            : pid === 0
              ? p.processGroup === process.processGroup
              : groupIn(kernel, p, process) === -pid,
        );
        if (targets.length === 0) throw errno('ESRCH');
      }
      const { credentials } = process;
      const allowed = targets.filter(
        (t) =>
          capable(process, 'KILL', t.namespaces.user) ||
          credentials.uid === t.credentials.uid ||
          credentials.euid === t.credentials.uid,
      );
      if (allowed.length === 0) throw errno('EPERM');
      if (signal === 0) return;
      // The caller itself last: it may not live to deliver to the others.
      allowed.sort((a, b) => Number(a === process) - Number(b === process));
      for (const target of allowed) kernel.deliver(target, signal, process);
      if (!process.alive) return scheduler.parkForever();
      if (process.state === 'stopped') await scheduler.sleep(0);
    },
    sigaction(ctx, signal, action, options = {}) {
      if (signal === 'SIGKILL' || signal === 'SIGSTOP') throw errno('EINVAL');
      ctx.process.handle(signal, action === 'default' ? null : { action, restart: options.restart ?? true });
      if (typeof action === 'function' && options.restart === false) ctx.process.interruptible = true;
    },
    getpid(ctx) {
      return ctx.process.pidIn(ctx.process.namespaces.pid);
    },
    getppid(ctx) {
      return ctx.process.parent?.pidIn(ctx.process.namespaces.pid) ?? 0;
    },
    async setsid(ctx) {
      const { process } = ctx;
      if (process.processGroup === process.pid) throw errno('EPERM');
      process.sessionLeader = process.pid;
      process.processGroup = process.pid;
      process.terminal = null;
      return process.pidIn(process.namespaces.pid);
    },
    getsid(ctx) {
      return seenAs(kernel, ctx.process.sessionLeader, ctx.process);
    },
    async setpgid(ctx, pid, group) {
      const { process } = ctx;
      const target = pid === 0 ? process : process.namespaces.pid.processes.get(pid);
      if (target === undefined || (target !== process && target.parent !== process)) throw errno('ESRCH');
      if (group === 0) target.processGroup = target.pid;
      else {
        const leader = process.namespaces.pid.processes.get(group);
        const hostGroup =
          leader?.pid ??
          [...kernel.processes.values()].find((p) => groupIn(kernel, p, process) === group)?.processGroup;
        if (hostGroup === undefined) throw errno('EPERM');
        target.processGroup = hostGroup;
      }
    },
    getpgid(ctx, pid) {
      const target = pid === 0 ? ctx.process : ctx.process.namespaces.pid.processes.get(pid);
      if (target === undefined) throw errno('ESRCH');
      return groupIn(kernel, target, ctx.process);
    },
    setSubreaper(ctx, on) {
      ctx.process.subreaper = on;
    },
    setParentDeathSignal(ctx, signal) {
      ctx.process.parentDeathSignal = signal;
    },
    setComm(ctx, comm) {
      ctx.process.comm = comm.slice(0, COMM_MAX);
      kernel.emit(ctx.span, ctx.process.pid, { kind: 'process.comm', comm: ctx.process.comm });
    },
    setTitle(ctx, title) {
      ctx.process.title = title;
    },
    setNoNewPrivileges(ctx) {
      ctx.process.credentials.noNewPrivileges = true;
    },
    async seccomp(ctx, filter) {
      const { process } = ctx;
      const { noNewPrivileges } = process.credentials;
      if (!noNewPrivileges && !capable(process, 'SYS_ADMIN', process.namespaces.user)) throw errno('EACCES');
      process.seccomp = [...process.seccomp, filter];
    },
    async setuid(ctx, id) {
      const { credentials, namespaces } = ctx.process;
      const uid = toKernel(namespaces.user, 'uid', id);
      if (uid === null) throw errno('EINVAL');
      const root = rootOf(namespaces.user);
      if (!credentials.capabilities.effective.has('SETUID')) {
        if (uid !== credentials.uid && uid !== credentials.suid) throw errno('EPERM');
        credentials.euid = uid;
        credentials.fsuid = uid;
        return;
      }
      const wasRoot = credentials.uid === root;
      Object.assign(credentials, { uid, euid: uid, suid: uid, fsuid: uid });
      // Leaving uid 0 clears what is not ambient.
      if (wasRoot && uid !== root) {
        credentials.capabilities.effective = new Set(credentials.capabilities.ambient);
        credentials.capabilities.permitted = new Set(credentials.capabilities.ambient);
      }
    },
    async setgid(ctx, id) {
      const { credentials, namespaces } = ctx.process;
      const gid = toKernel(namespaces.user, 'gid', id);
      if (gid === null) throw errno('EINVAL');
      if (!credentials.capabilities.effective.has('SETGID') && gid !== credentials.gid) throw errno('EPERM');
      Object.assign(credentials, { gid, egid: gid, sgid: gid, fsgid: gid });
    },
    async setgroups(ctx, groups) {
      const { credentials, namespaces } = ctx.process;
      const { user } = namespaces;
      if (!credentials.capabilities.effective.has('SETGID')) throw errno('EPERM');
      if (user.setgroups === 'deny' || user.maps.gid === null) throw errno('EPERM');
      credentials.groups = groups.map((group) => {
        const gid = toKernel(user, 'gid', group);
        if (gid === null) throw errno('EINVAL');
        return gid;
      });
    },
    async setCapabilities(ctx, sets) {
      const { capabilities } = ctx.process.credentials;
      for (const key of ['bounding', 'permitted', 'effective', 'inheritable', 'ambient'] as const) {
        const wanted = sets[key];
        if (wanted !== undefined) capabilities[key] = new Set(wanted);
      }
    },
    getrusage(ctx, who) {
      kernel.cpu.update();
      return splitCpuTime(who === 'self' ? ctx.process.cpuTimeNs : ctx.process.childrenCpuTimeNs);
    },
    getrlimit(ctx, resource) {
      return limitOf(ctx.process, resource);
    },
    setrlimit(ctx, resource, soft, hard) {
      ctx.process.limits = new Map(ctx.process.limits).set(resource, { soft, hard });
    },
    setOomScoreAdj(ctx, value) {
      ctx.process.oomScoreAdj = value;
    },
    async syslog(ctx, clear) {
      const mayRead = capable(ctx.process, 'SYSLOG');
      if (!mayRead && sysctlValue(kernel, 'kernel/dmesg_restrict', '1') === '1') throw errno('EPERM');
      const first = kernel.kmsgCleared - kernel.kmsgCount + kernel.kmsg.length;
      if (clear) kernel.kmsgCleared = kernel.kmsgCount;
      return kernel.kmsg.slice(Math.max(0, first)).map(({ level, time, text }) => ({ level, timeNs: time, text }));
    },
    async setMemory(ctx, rssBytes) {
      const { process } = ctx;
      kernel.setMemory(process, rssBytes);
      if (!process.alive) return scheduler.parkForever();
      const penalty = highPenaltyNs(process.cgroup);
      if (penalty > 0) await ctx.sleep(penalty);
    },
  };
}

const loaded = new WeakMap<LazyProgram, Program>();

async function fetchProgram(lazy: LazyProgram): Promise<Program> {
  const program = await lazy.load();
  loaded.set(lazy, program);
  return program;
}

type Image = { mtime: bigint; size: number; program: string | null; interpreter: string | null };

/** What the first bytes of executables said, kept while the file is unchanged (the page cache, so to speak). */
const images = new WeakMap<Inode, Image>();

function imageOf(inode: Inode): Image {
  const known = images.get(inode);
  if (known !== undefined && known.mtime === inode.mtime && known.size === inode.size) return known;
  const head = inode.readData(0, HEAD_BYTES).bytes();
  const isScript = head[0] === 0x23 && head[1] === 0x21;
  const image: Image = {
    mtime: inode.mtime,
    size: inode.size,
    program: programNameOf(head),
    interpreter: isScript ? (utf8(head.subarray(2)).split('\n')[0]?.trim() ?? '') : null,
  };
  images.set(inode, image);
  return image;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function pathFor(process: Process, file: Location, path: string): string {
  const names: string[] = [];
  for (
    let at: Location | null = file;
    at !== null && at.up !== null && !(at.mount === process.root.mount && at.inode === process.root.inode);
    at = at.up
  )
    names.push(at.name);
  return names.length === 0 ? path : `/${names.reverse().join('/')}`;
}

/** A host pid as the observer's namespace numbers it, 0 if it is not there. */
function seenAs(kernel: Kernel, hostPid: number, observer: Process): number {
  return (
    kernel.processes.get(hostPid)?.pidIn(observer.namespaces.pid) ??
    (observer.namespaces.pid === kernel.rootPidNamespace ? hostPid - kernel.pidBase : 0)
  );
}

export function groupIn(kernel: Kernel, process: Process, observer: Process): number {
  return seenAs(kernel, process.processGroup, observer);
}

function prepareChild(kernel: Kernel, ctx: Context, child: Process, inner: Context, options: SpawnOptions): void {
  const { process } = ctx;
  if (options.newSession) {
    child.sessionLeader = child.pid;
    child.processGroup = child.pid;
    child.terminal = null;
  }
  if (options.processGroup !== undefined) {
    const leader = options.processGroup === 0 ? child : process.namespaces.pid.processes.get(options.processGroup);
    child.processGroup = leader?.pid ?? options.processGroup;
  }
  if (options.foregroundTty !== undefined) {
    const file = kernel.file(process, options.foregroundTty);
    if (file instanceof PtySlave) file.terminal.foregroundGroup = child.processGroup;
  }
  if (options.stdio !== undefined) {
    const wanted = Object.entries(options.stdio).map(([fd, from]) => {
      const file = from === 'null' ? null : kernel.file(process, from);
      if (file !== null) file.acquire();
      return { fd: Number(fd), file };
    });
    // As Go's os/exec and posix_spawn with close-on-exec everywhere: the child has nothing but what is listed.
    for (const { fd, file } of wanted) {
      if (file !== null) child.descriptors.set(fd, file);
      else openNull(kernel, child, inner, fd);
    }
  }
  for (const signal of options.defaultSignals ?? []) child.handle(signal, null);
  if (options.gid !== undefined)
    Object.assign(child.credentials, { gid: options.gid, egid: options.gid, sgid: options.gid, fsgid: options.gid });
  if (options.uid !== undefined) {
    const { uid } = options;
    Object.assign(child.credentials, { uid, euid: uid, suid: uid, fsuid: uid });
    if (uid !== 0) {
      child.credentials.capabilities.effective = new Set();
      child.credentials.capabilities.permitted = new Set();
    }
  }
  if (options.oomScoreAdj !== undefined) child.oomScoreAdj = options.oomScoreAdj;
}

function openNull(kernel: Kernel, child: Process, inner: Context, fd: number): void {
  const location = locate(child, '/dev/null');
  const file = openDevice(kernel, inner, location.inode, BOTH_WAYS, '/dev/null');
  file.inode = location.inode;
  file.location = location;
  file.acquire();
  child.descriptors.set(fd, file);
}
