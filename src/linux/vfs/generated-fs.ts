/** Directories and files whose contents are made on demand: the base of proc, sysfs and cgroup2. */
import { errno } from '../errno.ts';
import { GeneratedFile, type OpenFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import type { Rope } from '../rope.ts';
import type { OpenFlags } from '../syscalls.ts';
import { type FileSystem, Inode, isGazedAt, type MagicTarget } from './inode.ts';
import { countOf, entriesOf, type Names, NO_NAMES, valueOf, withName, withoutName } from './names.ts';

export type GeneratedEntry =
  | {
      kind: 'file';
      mode: number;
      read: (caller: Process | null) => string | Rope;
      write?: (text: string, caller: Process) => void;
    }
  | {
      kind: 'directory';
      list: (caller: Process | null) => Iterable<string>;
      entry: (name: string, caller: Process | null) => GeneratedEntry | null;
      key?: object;
      owner?: (caller: Process | null) => { uid: number; gid: number };
      mode?: number;
      /** Of the files and links in it no inodes are kept, only their numbers: there is one such directory for each process. */
      passing?: boolean;
    }
  | {
      kind: 'link';
      target: (caller: Process | null) => string;
      magic?: (caller: Process | null) => MagicTarget | null;
    };

/** Fixed entries by name, as a directory. */
export function directoryOf(entries: Record<string, GeneratedEntry>): GeneratedEntry {
  return {
    kind: 'directory',
    list: () => Object.keys(entries),
    entry: (name) => (Object.hasOwn(entries, name) ? (entries[name] as GeneratedEntry) : null),
  };
}

export function fileOf(
  read: (caller: Process | null) => string | Rope,
  write?: (text: string, caller: Process) => void,
  mode?: number,
): GeneratedEntry {
  return {
    kind: 'file',
    mode: mode ?? (write === undefined ? 0o444 : 0o644),
    read,
    ...(write === undefined ? {} : { write }),
  };
}

const KNOWN_MIN = 64;

export class GeneratedInode extends Inode {
  readonly entry: GeneratedEntry;
  /** Of a directory: the inodes of what is in it, or their numbers. None before somebody looks. */
  private known: Names<GeneratedInode | number> = NO_NAMES;
  private knownMax = KNOWN_MIN;
  private readonly time: bigint;

  constructor(fs: FileSystem, entry: GeneratedEntry, time: bigint, ino?: number) {
    super(fs, {
      ino,
      type: entry.kind === 'link' ? 'symlink' : entry.kind,
      mode: entry.kind === 'file' ? entry.mode : entry.kind === 'link' ? 0o777 : (entry.mode ?? 0o555),
      uid: 0,
      gid: 0,
      time,
    });
    this.entry = entry;
    this.time = time;
    if (entry.kind === 'directory') this.nlink = 2;
  }

  override lookup(name: string, caller: Process | null): Inode | null {
    if (this.entry.kind !== 'directory') throw errno('ENOTDIR');
    const entry = this.entry.entry(name, caller);
    if (entry === null) {
      if (!isGazedAt()) this.known = withoutName(this.known, name);
      return null;
    }
    const known = valueOf(this.known, name);
    // Stable entries keep their inode (mountpoints hang on it); a recycled pid or cgroup gets a new one.
    if (known instanceof GeneratedInode && known.entry.kind === entry.kind && keyOf(known.entry) === keyOf(entry)) {
      return this.owned(known, caller);
    }
    const passing = this.entry.passing === true && entry.kind !== 'directory';
    const inode = passing
      ? new PassingInode(this, name, entry, this.time, typeof known === 'number' ? known : undefined)
      : new GeneratedInode(this.fs, entry, this.time);
    if (isGazedAt() || inode.ino === known) return this.owned(inode, caller);
    if (countOf(this.known) >= this.knownMax) this.forget(caller);
    this.known = withName(this.known, name, passing ? inode.ino : inode);
    return this.owned(inode, caller);
  }

  /** What lies on it now would be lost with it. */
  keep(name: string, inode: GeneratedInode): void {
    this.known = withName(this.known, name, inode);
  }

  /** Processes and cgroups come and go: what was looked up and is no more must not be kept for ever. */
  private forget(caller: Process | null): void {
    const { entry } = this;
    if (entry.kind !== 'directory') return;
    for (const [name] of entriesOf(this.known))
      if (entry.entry(name, caller) === null) this.known = withoutName(this.known, name);
    this.knownMax = Math.max(KNOWN_MIN, Math.ceil(1.25 * countOf(this.known)));
  }

  /** Everything below a process's directory belongs to whoever the process is now. */
  private owned(inode: GeneratedInode, caller: Process | null): GeneratedInode {
    const owner = inode.entry.kind === 'directory' ? inode.entry.owner?.(caller) : undefined;
    inode.uid = owner?.uid ?? this.uid;
    inode.gid = owner?.gid ?? this.gid;
    return inode;
  }

  override entries(caller: Process | null): [string, Inode][] {
    if (this.entry.kind !== 'directory') throw errno('ENOTDIR');
    const out: [string, Inode][] = [];
    for (const name of this.entry.list(caller)) {
      const inode = this.lookup(name, caller);
      if (inode !== null) out.push([name, inode]);
    }
    return out;
  }

  override create(): Inode {
    throw errno('EACCES');
  }

  override readlink(caller: Process | null): string {
    if (this.entry.kind !== 'link') throw errno('EINVAL');
    return this.entry.target(caller);
  }

  override made(caller: Process): string | Rope | null {
    return this.entry.kind === 'file' ? this.entry.read(caller) : null;
  }

  override magicTarget(caller: Process | null): MagicTarget | null {
    return this.entry.kind === 'link' ? (this.entry.magic?.(caller) ?? null) : null;
  }

  override openAs(flags: OpenFlags, caller: Process, path: string): OpenFile | null {
    const { entry } = this;
    if (entry.kind !== 'file') return null;
    if (flags.write && entry.write === undefined) throw errno('EACCES');
    return new GeneratedFile(path, flags, this, () => entry.read(caller), entry.write ?? null);
  }
}

class PassingInode extends GeneratedInode {
  private readonly directory: GeneratedInode;
  private readonly name: string;

  constructor(directory: GeneratedInode, name: string, entry: GeneratedEntry, time: bigint, ino: number | undefined) {
    super(directory.fs, entry, time, ino);
    this.directory = directory;
    this.name = name;
  }

  override covered(): void {
    this.directory.keep(this.name, this);
  }
}

function keyOf(entry: GeneratedEntry): object | undefined {
  return entry.kind === 'directory' ? entry.key : undefined;
}
