/** /proc: one directory a process, and the machine's own files. @models Linux 6.12 fs/proc @fidelity partial: see the entries below */
import { PIDS_PER_KERNEL } from '../../sim/trace.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import { oomScore } from '../oom.ts';
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

const cache = new WeakMap<Process, Map<PidNamespace, GeneratedEntry>>();

function processDirectory(kernel: Kernel, process: Process, view: PidNamespace): GeneratedEntry {
  let byView = cache.get(process);
  if (byView === undefined) {
    byView = new Map();
    cache.set(process, byView);
  }
  let entry = byView.get(view);
  if (entry === undefined) {
    entry = makeProcessDirectory(kernel, process, view);
    byView.set(view, entry);
  }
  return entry;
}

/** Whose files, seen in which pid namespace, and who may look into them. */
type Shown = {
  kernel: Kernel;
  process: Process;
  view: PidNamespace;
  inspected: (caller: Process | null) => Process;
};

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

/** Made when somebody looks: there are many processes, and few of these are ever asked for. */
const FILES: Readonly<Record<string, (of: Shown) => GeneratedEntry>> = {
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
  cwd: ({ process, inspected }) => ({
    kind: 'link',
    target: (caller) => pathOf(inspected(caller).cwd, (caller ?? process).root),
    magic: (caller) => ({ kind: 'location', location: inspected(caller).cwd }),
  }),
  environ: ({ process }) =>
    fileOf(() => (process.alive ? process.env.map((e) => `${e}\0`).join('') : ''), undefined, 0o400),
  exe: ({ process, inspected }) => ({
    kind: 'link',
    target: (caller) => {
      const { executable } = inspected(caller);
      if (executable === null) throw errno('ENOENT');
      return pathOf(executable, (caller ?? process).root);
    },
    magic: (caller) => {
      const { executable } = inspected(caller);
      return executable === null ? null : { kind: 'location', location: executable };
    },
  }),
  fd: ({ process }) => ({
    kind: 'directory',
    mode: 0o500,
    list: () => [...process.descriptors.keys()].sort((a, b) => a - b).map(String),
    entry: (name) => {
      const descriptor = process.descriptors.get(Number(name));
      if (descriptor === undefined) return null;
      return {
        kind: 'link',
        target: () => descriptor.file.path,
        magic: () => ({ kind: 'file', file: descriptor.file }),
      };
    },
  }),
  fdinfo: ({ kernel, process, view }) => ({
    kind: 'directory',
    list: () => [...process.descriptors.keys()].sort((a, b) => a - b).map(String),
    entry: (name) => {
      const file = process.descriptors.get(Number(name))?.file;
      return file === undefined ? null : fileOf(() => descriptorInfo(file, kernel, view));
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
  ns: ({ kernel, process, inspected }) => directoryOf(namespaceLinks(kernel, process, inspected)),
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
    fileOf(() => (process.cpuJobs.size > 0 ? 'running\n' : '-1 0x7ffc00000000 0x7f0000000000\n'), undefined, 0o400),
  timens_offsets: () => fileOf(() => 'monotonic           0         0\nboottime            0         0\n'),
  timerslack_ns: () =>
    fileOf(
      () => '50000\n',
      () => {},
    ),
  root: ({ process, inspected }) => ({
    kind: 'link',
    target: (caller) => pathOf(inspected(caller).root, (caller ?? process).root),
    magic: (caller) => ({ kind: 'location', location: inspected(caller).root }),
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

function makeProcessDirectory(kernel: Kernel, process: Process, view: PidNamespace): GeneratedEntry {
  /** What ptrace would allow: the same user, or CAP_SYS_PTRACE. */
  const inspected = (caller: Process | null): Process => {
    if (!process.alive) throw errno('ENOENT');
    if (caller === null || caller === process || capable(caller, 'SYS_PTRACE', process.namespaces.user)) return process;
    const { uid, euid } = process.credentials;
    const { fsuid } = caller.credentials;
    if (uid !== fsuid || euid !== fsuid) throw errno('EACCES');
    return process;
  };
  const of: Shown = { kernel, process, view, inspected };
  const owner = (): { uid: number; gid: number } => ({ uid: process.credentials.euid, gid: process.credentials.egid });
  const inner = (name: string): GeneratedEntry | null =>
    Object.hasOwn(FILES, name) ? (FILES[name]?.(of) ?? null) : null;
  const own = String(process.pidIn(view));
  const tasks = (): GeneratedEntry => ({
    kind: 'directory',
    list: () => [own],
    entry: (name) => (name === own ? { kind: 'directory', list: () => Object.keys(FILES), entry: inner } : null),
  });
  if (kernel.procView !== null) {
    const all = Object.fromEntries(
      NAMES.map((name) => [name, name === 'task' ? tasks() : (inner(name) as GeneratedEntry)]),
    );
    const directory = directoryOf(kernel.procView.process(all, process));
    return { ...(directory as Extract<GeneratedEntry, { kind: 'directory' }>), key: process, owner };
  }
  return {
    kind: 'directory',
    list: () => NAMES,
    entry: (name) => (name === 'task' ? tasks() : inner(name)),
    key: process,
    owner,
  };
}

function namespaceLinks(
  kernel: Kernel,
  process: Process,
  inspected: (caller: Process | null) => Process,
): Record<string, GeneratedEntry> {
  const fs = namespacesOf(kernel);
  const link = (type: string, get: () => Parameters<NamespaceFileSystem['inodeOf']>[0]): GeneratedEntry => ({
    kind: 'link',
    target: (caller) => {
      inspected(caller);
      return `${type}:[${get().id}]`;
    },
    magic: (caller) => {
      inspected(caller);
      return { kind: 'inode', inode: fs.inodeOf(get(), kernel.options.bootWallTime) };
    },
  });
  return {
    cgroup: link('cgroup', () => process.namespaces.cgroup),
    ipc: link('ipc', () => process.namespaces.ipc),
    mnt: link('mnt', () => process.namespaces.mnt),
    net: link('net', () => process.namespaces.net),
    pid: link('pid', () => process.namespaces.pid),
    pid_for_children: link('pid', () => process.pidNamespaceForChildren),
    time: link('time', () => process.namespaces.time),
    time_for_children: link('time', () => process.namespaces.time),
    user: link('user', () => process.namespaces.user),
    uts: link('uts', () => process.namespaces.uts),
  };
}
