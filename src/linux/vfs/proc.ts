/** /proc: one directory a process, and the machine's own files. @models Linux 6.12 fs/proc @fidelity partial: see the entries below */
import { PIDS_PER_KERNEL } from '../../sim/trace.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import { oomScore } from '../oom.ts';
import type { OpenFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import { capable, type IdKind, mapText, writeMap, writeSetgroups } from '../user-namespace.ts';
import { directoryOf, fileOf, type GeneratedEntry, GeneratedInode } from './generated-fs.ts';
import { FileSystem, type Inode } from './inode.ts';
import { pathOf } from './mounts.ts';
import { NamespaceFileSystem } from './nsfs.ts';
import { descriptorInfo, mapsText, schedText, smapsRollup } from './proc-details.ts';
import { mountInfo, mountsTable } from './proc-mounts.ts';
import { networkFiles } from './proc-net.ts';
import { limitsText, statLine, statmLine, statusText } from './proc-status.ts';
import { loadAverage, systemFiles } from './proc-system.ts';

export const namespaceFiles = new WeakMap<Kernel, NamespaceFileSystem>();

function namespacesOf(kernel: Kernel): NamespaceFileSystem {
  let fs = namespaceFiles.get(kernel);
  if (fs === undefined) {
    fs = new NamespaceFileSystem();
    namespaceFiles.set(kernel, fs);
  }
  return fs;
}

export class ProcFileSystem extends FileSystem {
  readonly root: Inode;

  constructor(kernel: Kernel, device: readonly [number, number], pidNamespace: PidNamespace) {
    super('proc', device);
    const linux = systemFiles(kernel);
    const inView: Record<string, GeneratedEntry> = {
      loadavg: loadAverage(kernel, pidNamespace),
      locks: fileOf(() => kernel.fileLocks.describe(pidNamespace)),
    };
    const machine = kernel.procView?.machine({ ...linux, ...inView }) ?? linux;
    const self = (caller: Process | null): string => String(caller?.pidIn(pidNamespace) ?? 0);
    const own: Record<string, GeneratedEntry> = {
      self: { kind: 'link', target: self },
      'thread-self': { kind: 'link', target: (caller) => `${self(caller)}/task/${self(caller)}` },
      mounts: { kind: 'link', target: () => 'self/mounts' },
      net: { kind: 'link', target: () => 'self/net' },
    };
    const root: GeneratedEntry = {
      kind: 'directory',
      list: () => [
        ...[...pidNamespace.processes.keys()].sort((a, b) => a - b).map(String),
        ...Object.keys(machine),
        ...Object.keys(own),
      ],
      entry: (name) => {
        if (Object.hasOwn(own, name)) return own[name] as GeneratedEntry;
        if (machine === linux && Object.hasOwn(inView, name)) return inView[name] as GeneratedEntry;
        if (Object.hasOwn(machine, name)) return machine[name] as GeneratedEntry;
        if (!/^[1-9]\d*$/.test(name)) return null;
        const process = pidNamespace.processes.get(Number(name));
        return process === undefined ? null : processDirectory(kernel, process, pidNamespace);
      },
    };
    this.root = new GeneratedInode(this, root, kernel.wallTime());
  }
}

/** What a Sentry shows instead, which decides on everything at once. */
const views = new WeakMap<Process, Map<PidNamespace, GeneratedEntry>>();

function processDirectory(kernel: Kernel, process: Process, view: PidNamespace): GeneratedEntry {
  const directory = new ProcessDirectory(kernel, process, view);
  if (kernel.procView === null) return directory;
  let byView = views.get(process);
  if (byView === undefined) {
    byView = new Map();
    views.set(process, byView);
  }
  let entry = byView.get(view);
  if (entry === undefined) {
    const all = Object.fromEntries(NAMES.map((name) => [name, directory.entry(name) as GeneratedEntry]));
    const shown = directoryOf(kernel.procView.process(all, process)) as Extract<GeneratedEntry, { kind: 'directory' }>;
    entry = { ...shown, key: process, owner: () => directory.owner() };
    byView.set(view, entry);
  }
  return entry;
}

/** Whose files, seen in which pid namespace. Made whenever somebody looks: it is no more than that. */
class ProcessDirectory {
  readonly kind = 'directory';
  readonly kernel: Kernel;
  readonly process: Process;
  readonly view: PidNamespace;

  constructor(kernel: Kernel, process: Process, view: PidNamespace) {
    this.kernel = kernel;
    this.process = process;
    this.view = view;
  }

  get key(): object {
    return this.process;
  }

  get passing(): boolean {
    return true;
  }

  list(): readonly string[] {
    return NAMES;
  }

  entry(name: string): GeneratedEntry | null {
    return name === 'task' ? this.tasks() : this.file(name);
  }

  owner(): { uid: number; gid: number } {
    const { euid, egid } = this.process.credentials;
    return { uid: euid, gid: egid };
  }

  /** What ptrace would allow: the same user, or CAP_SYS_PTRACE. */
  inspected(caller: Process | null): Process {
    const { process } = this;
    if (!process.alive) throw errno('ENOENT');
    if (caller === null || caller === process || capable(caller, 'SYS_PTRACE', process.namespaces.user)) return process;
    const { uid, euid } = process.credentials;
    const { fsuid } = caller.credentials;
    if (uid !== fsuid || euid !== fsuid) throw errno('EACCES');
    return process;
  }

  private file(name: string): GeneratedEntry | null {
    return Object.hasOwn(FILES, name) ? (FILES[name]?.(this) ?? null) : null;
  }

  private tasks(): GeneratedEntry {
    const own = String(this.process.pidIn(this.view));
    const task = (name: string): GeneratedEntry | null => this.file(name);
    return {
      kind: 'directory',
      list: () => [own],
      entry: (name) =>
        name === own ? { kind: 'directory', list: () => Object.keys(FILES), entry: task, passing: true } : null,
    };
  }
}

function commandLine(process: Process): string {
  if (!process.alive || process.title === '') return '';
  return process.title !== null ? `${process.title}\0` : process.argv.map((a) => `${a}\0`).join('');
}

function idMap(process: Process, kind: IdKind): GeneratedEntry {
  return fileOf(
    (caller) => mapText(process.namespaces.user, kind, (caller ?? process).namespaces.user),
    (text, caller) => writeMap(process.namespaces.user, kind, text, caller),
  );
}

function openUnder(process: Process, name: string): OpenFile {
  const file = process.descriptors.get(Number(name));
  if (file === null) throw errno('ENOENT');
  return file;
}

/** Made when somebody looks: there are many processes, and few of these are ever asked for. */
const FILES: Readonly<Record<string, (directory: ProcessDirectory) => GeneratedEntry>> = {
  cgroup: ({ process }) =>
    fileOf((caller) => `0::${process.cgroup.pathFrom((caller ?? process).namespaces.cgroup.root)}\n`),
  cmdline: ({ process }) => fileOf(() => commandLine(process)),
  comm: ({ process }) =>
    fileOf(
      () => `${process.comm}\n`,
      (text) => {
        process.comm = text.trim().slice(0, 15);
      },
    ),
  cwd: (directory) => ({
    kind: 'link',
    target: (caller) => pathOf(directory.inspected(caller).cwd, (caller ?? directory.process).root),
    magic: (caller) => ({ kind: 'location', location: directory.inspected(caller).cwd }),
  }),
  environ: ({ process }) =>
    fileOf(() => (process.alive ? process.env.map((e) => `${e}\0`).join('') : ''), undefined, 0o400),
  exe: (directory) => ({
    kind: 'link',
    target: (caller) => {
      const { executable } = directory.inspected(caller);
      if (executable === null) throw errno('ENOENT');
      return pathOf(executable, (caller ?? directory.process).root);
    },
    magic: (caller) => {
      const { executable } = directory.inspected(caller);
      return executable === null ? null : { kind: 'location', location: executable };
    },
  }),
  fd: ({ process }) => ({
    kind: 'directory',
    mode: 0o500,
    passing: true,
    list: () => process.descriptors.numbers().map(String),
    entry: (name) => {
      if (process.descriptors.get(Number(name)) === null) return null;
      // Numbers are used again: the link leads to whatever is open under its number when it is followed.
      return {
        kind: 'link',
        target: () => openUnder(process, name).path,
        magic: () => ({ kind: 'file', file: openUnder(process, name) }),
      };
    },
  }),
  fdinfo: ({ kernel, process, view }) => ({
    kind: 'directory',
    passing: true,
    list: () => process.descriptors.numbers().map(String),
    entry: (name) => {
      if (process.descriptors.get(Number(name)) === null) return null;
      return fileOf(() => descriptorInfo(openUnder(process, name), kernel, view));
    },
  }),
  gid_map: ({ process }) => idMap(process, 'gid'),
  io: () =>
    fileOf(
      () => 'rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n',
      undefined,
      0o400,
    ),
  limits: ({ process }) => fileOf(() => limitsText(process)),
  loginuid: () =>
    fileOf(
      () => '4294967295',
      () => {},
    ),
  maps: ({ process }) => fileOf(() => (process.alive ? mapsText(process) : '')),
  mountstats: ({ process }) =>
    fileOf((caller) =>
      mountsTable(process, caller ?? process)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '))
        .map(([source, target, type]) => `device ${source} mounted on ${target} with fstype ${type}\n`)
        .join(''),
    ),
  mountinfo: ({ process }) => fileOf((caller) => mountInfo(process, caller ?? process)),
  mounts: ({ process }) => fileOf((caller) => mountsTable(process, caller ?? process)),
  net: ({ process }) => directoryOf(networkFiles(process)),
  ns: (directory) => ({
    kind: 'directory',
    passing: true,
    list: () => Object.keys(NAMESPACES),
    entry: (name) => namespaceLink(directory, name),
  }),
  oom_score: ({ process }) => fileOf(() => `${oomScore(process)}\n`),
  oom_score_adj: ({ process }) =>
    fileOf(
      () => `${process.oomScoreAdj}\n`,
      (text, caller) => {
        const value = Number(text.trim());
        if (text.trim() === '' || !Number.isInteger(value) || value < -1000 || value > 1000) throw errno('EINVAL');
        // Making somebody safer than he was takes a privilege.
        if (value < process.oomScoreAdj && !capable(caller, 'SYS_RESOURCE')) throw errno('EACCES');
        process.oomScoreAdj = value;
      },
    ),
  autogroup: ({ process }) => fileOf(() => `/autogroup-${process.sessionLeader % PIDS_PER_KERNEL} nice 0\n`),
  coredump_filter: () =>
    fileOf(
      () => '00000033\n',
      () => {},
    ),
  cpuset: ({ process }) => fileOf(() => `${process.cgroup.path}\n`),
  oom_adj: ({ process }) => fileOf(() => `${Math.trunc((process.oomScoreAdj * 17) / 1000)}\n`),
  patch_state: () => fileOf(() => '-1\n'),
  personality: () => fileOf(() => '00000000\n'),
  sched: ({ process, view }) => fileOf(() => schedText(process, view)),
  schedstat: ({ process }) => fileOf(() => `${Math.floor(process.cpuTimeNs)} 0 1\n`),
  sessionid: () => fileOf(() => '4294967295'),
  smaps_rollup: ({ process }) => fileOf(() => (process.alive ? smapsRollup(process) : '')),
  stack: () => fileOf(() => '', undefined, 0o400),
  syscall: ({ process }) =>
    fileOf(() => (process.cpuJobs.length > 0 ? 'running\n' : '-1 0x7ffc00000000 0x7f0000000000\n'), undefined, 0o400),
  timens_offsets: () => fileOf(() => 'monotonic           0         0\nboottime            0         0\n'),
  timerslack_ns: () =>
    fileOf(
      () => '50000\n',
      () => {},
    ),
  root: (directory) => ({
    kind: 'link',
    target: (caller) => pathOf(directory.inspected(caller).root, (caller ?? directory.process).root),
    magic: (caller) => ({ kind: 'location', location: directory.inspected(caller).root }),
  }),
  setgroups: ({ process }) =>
    fileOf(
      () => `${process.namespaces.user.setgroups}\n`,
      (text, caller) => writeSetgroups(process.namespaces.user, text, caller),
    ),
  stat: ({ kernel, process, view }) => fileOf(() => statLine(kernel, process, view)),
  statm: ({ process }) => fileOf(() => statmLine(process)),
  status: ({ kernel, process, view }) =>
    fileOf((caller) => statusText(kernel, process, view, caller?.namespaces.user ?? kernel.initialNamespaces.user)),
  uid_map: ({ process }) => idMap(process, 'uid'),
  wchan: () => fileOf(() => '0'),
};
const NAMES = [...Object.keys(FILES), 'task'];

type Namespace = Parameters<NamespaceFileSystem['inodeOf']>[0];

/** By the name of the link: its type as the link tells it, and which it is. */
const NAMESPACES: Readonly<Record<string, { type: string; of: (process: Process) => Namespace }>> = {
  cgroup: { type: 'cgroup', of: (process) => process.namespaces.cgroup },
  ipc: { type: 'ipc', of: (process) => process.namespaces.ipc },
  mnt: { type: 'mnt', of: (process) => process.namespaces.mnt },
  net: { type: 'net', of: (process) => process.namespaces.net },
  pid: { type: 'pid', of: (process) => process.namespaces.pid },
  pid_for_children: { type: 'pid', of: (process) => process.pidNamespaceForChildren },
  time: { type: 'time', of: (process) => process.namespaces.time },
  time_for_children: { type: 'time', of: (process) => process.namespaces.time },
  user: { type: 'user', of: (process) => process.namespaces.user },
  uts: { type: 'uts', of: (process) => process.namespaces.uts },
};

function namespaceLink(directory: ProcessDirectory, name: string): GeneratedEntry | null {
  const namespace = Object.hasOwn(NAMESPACES, name) ? NAMESPACES[name] : undefined;
  if (namespace === undefined) return null;
  const { kernel } = directory;
  return {
    kind: 'link',
    target: (caller) => `${namespace.type}:[${namespace.of(directory.inspected(caller)).id}]`,
    magic: (caller) => ({
      kind: 'inode',
      inode: namespacesOf(kernel).inodeOf(namespace.of(directory.inspected(caller)), kernel.options.bootWallTime),
    }),
  };
}
