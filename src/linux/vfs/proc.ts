/** /proc: one directory a process, and the machine's own files. @models Linux 6.12 fs/proc @fidelity partial: see the entries below */
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import { oomScore } from '../oom.ts';
import type { Process } from '../process.ts';
import { directoryOf, fileOf, type GeneratedEntry, GeneratedInode } from './generated-fs.ts';
import { FileSystem, type Inode } from './inode.ts';
import { pathOf } from './mounts.ts';
import { NamespaceFileSystem } from './nsfs.ts';
import { mountInfo, mountsTable } from './proc-mounts.ts';
import { networkFiles } from './proc-net.ts';
import { limitsText, statLine, statmLine, statusText } from './proc-status.ts';
import { systemFiles } from './proc-system.ts';

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
    const linux = systemFiles(kernel, pidNamespace);
    const machine = kernel.procView?.machine(linux) ?? linux;
    const self = (caller: Process | null): string => String(caller?.pidIn(pidNamespace) ?? 0);
    const fixed: Record<string, GeneratedEntry> = {
      ...machine,
      self: { kind: 'link', target: self },
      'thread-self': { kind: 'link', target: (caller) => `${self(caller)}/task/${self(caller)}` },
      mounts: { kind: 'link', target: () => 'self/mounts' },
      net: { kind: 'link', target: () => 'self/net' },
    };
    const root: GeneratedEntry = {
      kind: 'directory',
      list: () => [...[...pidNamespace.processes.keys()].sort((a, b) => a - b).map(String), ...Object.keys(fixed)],
      entry: (name) => {
        if (Object.hasOwn(fixed, name)) return fixed[name] as GeneratedEntry;
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

function makeProcessDirectory(kernel: Kernel, process: Process, view: PidNamespace): GeneratedEntry {
  const alive = (): Process => {
    if (!process.alive) throw errno('ENOENT');
    return process;
  };
  const commandLine = (): string => {
    if (!process.alive) return '';
    if (process.title === '') return '';
    return process.title !== null ? `${process.title}\0` : process.argv.map((a) => `${a}\0`).join('');
  };
  const entries: Record<string, GeneratedEntry> = {
    cgroup: fileOf((caller) => `0::${process.cgroup.pathFrom((caller ?? process).namespaces.cgroup.root)}\n`),
    cmdline: fileOf(commandLine),
    comm: fileOf(
      () => `${process.comm}\n`,
      (text) => {
        process.comm = text.trim().slice(0, 15);
      },
    ),
    cwd: {
      kind: 'link',
      target: (caller) => pathOf(alive().cwd, (caller ?? process).root),
      magic: () => ({ kind: 'location', location: alive().cwd }),
    },
    environ: fileOf(() => (process.alive ? process.env.map((e) => `${e}\0`).join('') : ''), undefined, 0o400),
    exe: {
      kind: 'link',
      target: (caller) => {
        const { executable } = alive();
        if (executable === null) throw errno('ENOENT');
        return pathOf(executable, (caller ?? process).root);
      },
      magic: () => {
        const { executable } = alive();
        return executable === null ? null : { kind: 'location', location: executable };
      },
    },
    fd: {
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
    },
    fdinfo: {
      kind: 'directory',
      list: () => [...process.descriptors.keys()].sort((a, b) => a - b).map(String),
      entry: (name) =>
        process.descriptors.has(Number(name)) ? fileOf(() => 'pos:\t0\nflags:\t0100002\nmnt_id:\t1\n') : null,
    },
    gid_map: fileOf(() => '         0          0 4294967295\n'),
    limits: fileOf(() => limitsText(process)),
    loginuid: fileOf(() => '4294967295'),
    maps: fileOf(() =>
      process.executable === null
        ? ''
        : `5581c0e00000-5581c0e10000 r-xp 00000000 fe:01 ${process.executable.inode.ino} ${pathOf(process.executable, process.root)}\n`,
    ),
    mountinfo: fileOf((caller) => mountInfo(process, caller ?? process)),
    mounts: fileOf((caller) => mountsTable(process, caller ?? process)),
    net: directoryOf(networkFiles(process)),
    ns: directoryOf(namespaceLinks(kernel, process)),
    oom_score: fileOf(() => `${oomScore(process)}\n`),
    oom_score_adj: fileOf(
      () => `${process.oomScoreAdj}\n`,
      (text) => {
        const value = Number(text.trim());
        if (!Number.isInteger(value) || value < -1000 || value > 1000) throw errno('EINVAL');
        process.oomScoreAdj = value;
      },
    ),
    root: {
      kind: 'link',
      target: (caller) => pathOf(alive().root, (caller ?? process).root),
      magic: () => ({ kind: 'location', location: alive().root }),
    },
    setgroups: fileOf(
      () => 'allow\n',
      () => {},
    ),
    stat: fileOf(() => statLine(kernel, process, view)),
    statm: fileOf(() => statmLine(process)),
    status: fileOf(() => statusText(kernel, process, view)),
    uid_map: fileOf(
      () => '         0          0 4294967295\n',
      () => {},
    ),
    wchan: fileOf(() => '0'),
  };
  const tasks: GeneratedEntry = {
    kind: 'directory',
    list: () => [String(process.pidIn(view))],
    entry: (name) =>
      name === String(process.pidIn(view))
        ? directoryOf(Object.fromEntries(Object.entries(entries).filter(([key]) => key !== 'task')))
        : null,
  };
  entries['task'] = tasks;
  const directory = directoryOf(kernel.procView?.process(entries, process) ?? entries);
  return {
    ...(directory as Extract<GeneratedEntry, { kind: 'directory' }>),
    key: process,
    owner: () => ({ uid: process.credentials.euid, gid: process.credentials.egid }),
  };
}

function namespaceLinks(kernel: Kernel, process: Process): Record<string, GeneratedEntry> {
  const fs = namespacesOf(kernel);
  const link = (type: string, get: () => Parameters<NamespaceFileSystem['inodeOf']>[0]): GeneratedEntry => ({
    kind: 'link',
    target: () => `${type}:[${get().id}]`,
    magic: () => ({ kind: 'inode', inode: fs.inodeOf(get(), kernel.options.bootWallTime) }),
  });
  const ns = process.namespaces;
  return {
    cgroup: link('cgroup', () => ns.cgroup),
    ipc: link('ipc', () => ns.ipc),
    mnt: link('mnt', () => ns.mnt),
    net: link('net', () => ns.net),
    pid: link('pid', () => ns.pid),
    pid_for_children: link('pid', () => process.pidNamespaceForChildren),
    time: link('time', () => ns.time),
    time_for_children: link('time', () => ns.time),
    user: link('user', () => ns.user),
    uts: link('uts', () => ns.uts),
  };
}
