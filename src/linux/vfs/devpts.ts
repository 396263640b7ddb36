/** devpts: one directory of pty slaves per instance, each with its own numbering. @models Linux 6.12 fs/devpts */
import { LazyMap } from '../../sim/lazy-map.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { OpenFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import { PtySlave, type Terminal } from '../pty.ts';
import type { OpenFlags } from '../syscalls.ts';
import { FileSystem, Inode } from './inode.ts';

export class DevptsFileSystem extends FileSystem {
  readonly root: DevptsRoot;
  readonly terminals = new LazyMap<number, Terminal>();
  private readonly kernel: Kernel;

  constructor(kernel: Kernel, device: readonly [number, number], ptmxMode: number) {
    super('devpts', device);
    this.kernel = kernel;
    this.root = new DevptsRoot(this, { type: 'directory', mode: 0o755, uid: 0, gid: 0, time: kernel.wallTime() });
    this.root.ptmx = new PlainInode(this, {
      type: 'char',
      mode: ptmxMode,
      uid: 0,
      gid: 0,
      time: kernel.wallTime(),
      rdev: [5, 2],
    });
  }

  allocate(): Terminal {
    let index = 0;
    while (this.terminals.has(index)) index++;
    const terminal = this.kernel.newTerminal(index);
    this.terminals.set(index, terminal);
    this.root.add(terminal, this.kernel.wallTime());
    // The name goes with the master; the number is used again when nobody has the terminal open any more.
    terminal.onClose = () => {
      this.root.slaves.delete(String(index));
      if (terminal.slaves === 0) this.terminals.delete(index);
    };
    return terminal;
  }
}

class PlainInode extends Inode {}

class SlaveInode extends Inode {
  terminal!: Terminal;

  override openAs(flags: OpenFlags, caller: Process, path: string): OpenFile | null {
    if (!this.terminal.masterOpen) throw errno('EIO');
    const file = new PtySlave(this.terminal, path, flags);
    file.inode = this;
    // A session leader without a terminal gets the first one it opens.
    if (caller.sessionLeader === caller.pid && caller.terminal === null && this.terminal.session === 0) {
      caller.terminal = this.terminal;
      this.terminal.session = caller.pid;
      this.terminal.foregroundGroup = caller.processGroup;
    }
    return file;
  }
}

class DevptsRoot extends Inode {
  ptmx!: Inode;
  readonly slaves = new LazyMap<string, SlaveInode>();

  add(terminal: Terminal, time: bigint): void {
    const inode = new SlaveInode(this.fs, {
      type: 'char',
      mode: 0o620,
      uid: 0,
      gid: 5,
      time,
      rdev: [136, terminal.index],
    });
    inode.terminal = terminal;
    this.slaves.set(String(terminal.index), inode);
  }

  override lookup(name: string): Inode | null {
    return name === 'ptmx' ? this.ptmx : (this.slaves.get(name) ?? null);
  }

  override entries(): [string, Inode][] {
    return [...this.slaves, ['ptmx', this.ptmx]];
  }
}
