/** cgroup2: directories are cgroups, files are their interface. @models Linux 6.12 cgroup v2 interface files */
import { PIDS_PER_KERNEL } from '../../sim/trace.ts';
import { type Cgroup, CONTROLLERS } from '../cgroup.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { GeneratedFile, type OpenFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import type { OpenFlags } from '../syscalls.ts';
import { FileSystem, Inode, type InodeInit } from './inode.ts';

export class CgroupFileSystem extends FileSystem {
  readonly root: CgroupInode;
  readonly kernel: Kernel;

  constructor(kernel: Kernel, device: readonly [number, number], root: Cgroup) {
    super('cgroup2', device);
    this.kernel = kernel;
    this.options = 'nsdelegate,memory_recursiveprot';
    this.root = new CgroupInode(this, root);
  }
}

type ControlFile = {
  read?: (cgroup: Cgroup, kernel: Kernel, caller: Process | null) => string;
  write?: (cgroup: Cgroup, text: string, kernel: Kernel, caller: Process) => void;
  controller?: string;
  rootToo?: boolean;
};

const numberOrMax = (value: number | null): string => `${value ?? 'max'}\n`;

function parseLimit(text: string): number | null {
  const value = text.trim();
  if (value === 'max') return null;
  const match = /^(\d+)([kKmMgG]?)$/.exec(value);
  if (match === null) throw errno('EINVAL');
  return Number(match[1]) * ({ k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? '').toLowerCase()] ?? 1);
}

function inert(controller: string, file: string, initial: string): ControlFile {
  return {
    controller,
    read: (cgroup) => `${cgroup.inert.get(file) ?? initial}\n`,
    write: (cgroup, text) => void cgroup.inert.set(file, text.trim()),
  };
}

const pressure: ControlFile = {
  read: () => 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
};

function applyFreeze(cgroup: Cgroup, kernel: Kernel): void {
  for (const process of [...cgroup.members()]) kernel.freeze(process, process.cgroup.effectivelyFrozen);
}

const FILES: Record<string, ControlFile> = {
  'cgroup.procs': {
    rootToo: true,
    read: (cgroup, _kernel, caller) =>
      [...cgroup.processes]
        .map((p) => (caller === null ? p.pid : p.pidIn(caller.namespaces.pid)))
        .sort((a, b) => a - b)
        .map((pid) => `${pid}\n`)
        .join(''),
    write: (cgroup, text, kernel, caller) => {
      const pid = Number(text.trim());
      if (!Number.isInteger(pid) || pid < 0) throw errno('EINVAL');
      const target = pid === 0 ? caller : caller.namespaces.pid.processes.get(pid);
      if (target === undefined || !target.alive) throw errno('ESRCH');
      if (cgroup.parent !== null && cgroup.subtreeControl.size > 0) throw errno('EBUSY');
      kernel.attach(target, cgroup, caller);
    },
  },
  'cgroup.threads': {
    rootToo: true,
    read: (cgroup) => [...cgroup.processes].map((p) => `${p.pid % PIDS_PER_KERNEL}\n`).join(''),
  },
  'cgroup.controllers': { rootToo: true, read: (cgroup) => `${cgroup.controllers.join(' ')}\n` },
  'cgroup.subtree_control': {
    rootToo: true,
    read: (cgroup) => `${CONTROLLERS.filter((c) => cgroup.subtreeControl.has(c)).join(' ')}\n`,
    write: (cgroup, text) => {
      for (const word of text.trim().split(/\s+/)) {
        const name = word.slice(1);
        if (!/^[+-]/.test(word)) throw errno('EINVAL');
        if (!cgroup.controllers.includes(name)) throw errno('ENOENT');
        if (word.startsWith('+')) {
          if (cgroup.parent !== null && cgroup.processes.size > 0) throw errno('EBUSY');
          cgroup.subtreeControl.add(name);
        } else cgroup.subtreeControl.delete(name);
      }
    },
  },
  'cgroup.events': {
    read: (cgroup) => `populated ${cgroup.populated ? 1 : 0}\nfrozen ${cgroup.effectivelyFrozen ? 1 : 0}\n`,
  },
  'cgroup.freeze': {
    read: (cgroup) => `${cgroup.frozen ? 1 : 0}\n`,
    write: (cgroup, text, kernel) => {
      if (!/^[01]$/.test(text.trim())) throw errno('ERANGE');
      cgroup.frozen = text.trim() === '1';
      applyFreeze(cgroup, kernel);
      cgroup.changed();
    },
  },
  'cgroup.kill': {
    write: (cgroup, text, kernel) => {
      if (text.trim() !== '1') throw errno('ERANGE');
      for (const process of [...cgroup.members()]) kernel.deliver(process, 'SIGKILL', null);
    },
  },
  'cgroup.type': { read: () => 'domain\n' },
  'cgroup.stat': { rootToo: true, read: (cgroup) => `nr_descendants ${descendants(cgroup)}\nnr_dying_descendants 0\n` },
  'cgroup.max.depth': inert('', 'cgroup.max.depth', 'max'),
  'cgroup.max.descendants': inert('', 'cgroup.max.descendants', 'max'),
  'cpu.weight': {
    controller: 'cpu',
    read: (cgroup) => `${cgroup.cpuWeight}\n`,
    write: (cgroup, text) => {
      const value = Number(text.trim());
      if (!Number.isInteger(value) || value < 1 || value > 10_000) throw errno('ERANGE');
      cgroup.cpuWeight = value;
    },
  },
  'cpu.max': {
    controller: 'cpu',
    read: (cgroup) => `${cgroup.cpuMax.quota ?? 'max'} ${cgroup.cpuMax.period}\n`,
    write: (cgroup, text) => {
      const [quota, period] = text.trim().split(/\s+/);
      const max = parseLimit(quota ?? '');
      const every = period === undefined ? cgroup.cpuMax.period : Number(period);
      if ((max !== null && max < 1000) || !(every >= 1000 && every <= 1_000_000)) throw errno('EINVAL');
      cgroup.cpuMax = { quota: max, period: every };
    },
  },
  'cpu.max.burst': inert('cpu', 'cpu.max.burst', '0'),
  'cpu.idle': inert('cpu', 'cpu.idle', '0'),
  'cpu.weight.nice': inert('cpu', 'cpu.weight.nice', '0'),
  'cpu.stat': {
    rootToo: true,
    read: (cgroup) => {
      const usec = Math.floor(cgroup.cpuUsageNs / 1000);
      const system = Math.floor(usec / 3);
      const limited = cgroup.parent !== null && cgroup.controllers.includes('cpu');
      return `usage_usec ${usec}\nuser_usec ${usec - system}\nsystem_usec ${system}\nnice_usec 0\ncore_sched.force_idle_usec 0\n${limited ? 'nr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n' : ''}`;
    },
  },
  'cpu.pressure': { ...pressure, rootToo: true },
  'cpuset.cpus': inert('cpuset', 'cpuset.cpus', ''),
  'cpuset.mems': inert('cpuset', 'cpuset.mems', ''),
  'cpuset.cpus.effective': { controller: 'cpuset', read: (_cgroup, kernel) => `0-${kernel.options.cores - 1}\n` },
  'cpuset.mems.effective': { controller: 'cpuset', read: () => '0\n' },
  'cpuset.cpus.partition': inert('cpuset', 'cpuset.cpus.partition', 'member'),
  'io.weight': inert('io', 'io.weight', 'default 100'),
  'io.max': inert('io', 'io.max', ''),
  'io.stat': { controller: 'io', rootToo: true, read: () => '' },
  'io.pressure': { ...pressure, rootToo: true },
  'memory.current': { controller: 'memory', read: (cgroup) => `${cgroup.memoryCurrent}\n` },
  'memory.peak': { controller: 'memory', read: (cgroup) => `${cgroup.memoryPeak}\n` },
  'memory.max': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memoryMax),
    write: (cgroup, text, kernel) => {
      cgroup.memoryMax = parseLimit(text);
      kernel.checkMemory(cgroup);
    },
  },
  'memory.high': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memoryHigh),
    write: (cgroup, text) => void (cgroup.memoryHigh = parseLimit(text)),
  },
  'memory.low': {
    controller: 'memory',
    read: (cgroup) => `${cgroup.memoryLow}\n`,
    write: (cgroup, text) => void (cgroup.memoryLow = parseLimit(text) ?? 0),
  },
  'memory.min': {
    controller: 'memory',
    read: (cgroup) => `${cgroup.memoryMin}\n`,
    write: (cgroup, text) => void (cgroup.memoryMin = parseLimit(text) ?? 0),
  },
  'memory.swap.max': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memorySwapMax),
    write: (cgroup, text) => void (cgroup.memorySwapMax = parseLimit(text)),
  },
  'memory.swap.current': { controller: 'memory', read: () => '0\n' },
  'memory.oom.group': {
    controller: 'memory',
    read: (cgroup) => `${cgroup.memoryOomGroup ? 1 : 0}\n`,
    write: (cgroup, text) => void (cgroup.memoryOomGroup = text.trim() === '1'),
  },
  'memory.events': {
    controller: 'memory',
    read: ({ oomEvents: e }) =>
      `low ${e.low}\nhigh ${e.high}\nmax ${e.max}\noom ${e.oom}\noom_kill ${e.oomKill}\noom_group_kill ${e.oomGroupKill}\n`,
  },
  'memory.stat': {
    controller: 'memory',
    rootToo: true,
    read: (cgroup) =>
      `anon ${cgroup.memoryCurrent}\nfile 0\nkernel 0\nshmem 0\nfile_mapped 0\ninactive_anon 0\nactive_anon ${cgroup.memoryCurrent}\ninactive_file 0\nactive_file 0\npgfault 0\npgmajfault 0\n`,
  },
  'memory.pressure': { ...pressure, rootToo: true },
  'memory.reclaim': { controller: 'memory', write: () => {} },
  'pids.current': { controller: 'pids', read: (cgroup) => `${cgroup.pidsCurrent}\n` },
  'pids.peak': { controller: 'pids', read: (cgroup) => `${cgroup.pidsPeak}\n` },
  'pids.max': {
    controller: 'pids',
    read: (cgroup) => numberOrMax(cgroup.pidsMax),
    write: (cgroup, text) => void (cgroup.pidsMax = parseLimit(text)),
  },
  'pids.events': { controller: 'pids', read: () => 'max 0\n' },
};

function descendants(cgroup: Cgroup): number {
  let count = 0;
  for (const child of cgroup.children.values()) count += 1 + descendants(child);
  return count;
}

export class CgroupInode extends Inode {
  readonly cgroup: Cgroup;
  private readonly files = new Map<string, ControlInode>();
  private readonly directories = new Map<Cgroup, CgroupInode>();

  constructor(fs: CgroupFileSystem, cgroup: Cgroup) {
    super(fs, { type: 'directory', mode: 0o755, uid: 0, gid: 0, time: fs.kernel.wallTime() });
    this.cgroup = cgroup;
    this.nlink = 2;
  }

  private get kernel(): Kernel {
    return (this.fs as CgroupFileSystem).kernel;
  }

  private available(name: string): ControlFile | null {
    const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (file === undefined) return null;
    if (this.cgroup.parent === null) return file.rootToo ? file : null;
    if (file.controller && !this.cgroup.controllers.includes(file.controller)) return null;
    return file;
  }

  override lookup(name: string): Inode | null {
    const child = this.cgroup.children.get(name);
    if (child !== undefined) {
      let inode = this.directories.get(child);
      if (inode === undefined) {
        inode = new CgroupInode(this.fs as CgroupFileSystem, child);
        this.directories.set(child, inode);
      }
      return inode;
    }
    const file = this.available(name);
    if (file === null) return null;
    let inode = this.files.get(name);
    if (inode === undefined) {
      inode = new ControlInode(this.fs as CgroupFileSystem, this.cgroup, name, file);
      inode.uid = this.uid;
      inode.gid = this.gid;
      this.files.set(name, inode);
    }
    return inode;
  }

  override entries(): [string, Inode][] {
    const names = [
      ...Object.keys(FILES).filter((name) => this.available(name) !== null),
      ...this.cgroup.children.keys(),
    ];
    return names.map((name) => [name, this.lookup(name) as Inode]);
  }

  override create(name: string, init: InodeInit): Inode {
    if (init.type !== 'directory') throw errno('EACCES');
    if (this.cgroup.children.has(name)) throw errno('EEXIST');
    if (name.includes('\n')) throw errno('EINVAL');
    this.kernel.newCgroup(name, this.cgroup);
    return this.lookup(name) as Inode;
  }

  override rmdir(name: string): void {
    const child = this.cgroup.children.get(name);
    if (child === undefined) throw errno(this.available(name) === null ? 'ENOENT' : 'ENOTDIR');
    if (child.children.size > 0 || child.processes.size > 0) throw errno('EBUSY');
    this.cgroup.children.delete(name);
    this.directories.delete(child);
    this.kernel.emit(0, this.kernel.pidBase, { kind: 'cgroup.remove', path: child.path });
  }
}

class ControlInode extends Inode {
  private readonly cgroup: Cgroup;
  private readonly name: string;
  private readonly file: ControlFile;

  constructor(fs: CgroupFileSystem, cgroup: Cgroup, name: string, file: ControlFile) {
    super(fs, {
      type: 'file',
      mode: file.write === undefined ? 0o444 : file.read === undefined ? 0o200 : 0o644,
      uid: 0,
      gid: 0,
      time: fs.kernel.wallTime(),
    });
    this.cgroup = cgroup;
    this.name = name;
    this.file = file;
    // The kernel notifies watchers of these files, and of no others.
    if (name.endsWith('.events')) cgroup.watchers.add(() => this.watchers?.wakeAll());
  }

  override openAs(flags: OpenFlags, caller: Process, path: string): OpenFile {
    const { cgroup, file, name } = this;
    const { kernel } = this.fs as CgroupFileSystem;
    if (flags.write && file.write === undefined) throw errno('EACCES');
    return new GeneratedFile(
      path,
      flags,
      this,
      () => file.read?.(cgroup, kernel, caller) ?? '',
      file.write === undefined
        ? null
        : (text, writer) => {
            file.write?.(cgroup, text, kernel, writer);
            if (name !== 'cgroup.procs')
              kernel.emit(writer.span, writer.pid, {
                kind: 'cgroup.write',
                path: cgroup.path,
                file: name,
                // As it then reads: 64M is 67108864.
                value: (file.read?.(cgroup, kernel, writer) ?? text).trim(),
              });
          },
    );
  }
}
