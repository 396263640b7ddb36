/**
 * What is mounted on the real machine below the shared directory is mounted on the node too, by the node's own mount(2)
 * in the namespace of its init: so it goes on to containers as their propagation says. What the node mounts stays its own.
 */
import { readFileSync } from 'node:fs';
import { isErrno } from '../../linux/errno.ts';
import type { Kernel } from '../../linux/kernel.ts';
import { HostFileSystem } from './host-directory.ts';

const TABLE = '/proc/self/mountinfo';
const ESCAPE = /\\([0-7]{3})/g;

type RealMount = { shared: boolean; readOnly: boolean };

export class HostMounts {
  private readonly kernel: Kernel;
  private readonly directory: string;
  /** Shared with the file systems, which show nothing of what lies below. */
  readonly points: Set<string>;
  private readonly mounted = new Map<string, RealMount>();
  private lastTable = '';

  constructor(kernel: Kernel, directory: string, points: Set<string>) {
    this.kernel = kernel;
    this.directory = directory;
    this.points = points;
  }

  /** Looks again; cheap when nothing has changed. */
  follow(): void {
    let table: string;
    try {
      table = readFileSync(TABLE, 'utf8');
    } catch {
      return;
    }
    if (table === this.lastTable) return;
    this.lastTable = table;
    const wanted = realMountsBelow(this.directory, table);
    for (const path of [...this.mounted.keys()].reverse()) if (!wanted.has(path)) this.unmount(path);
    for (const [path, mount] of wanted) {
      const known = this.mounted.get(path);
      if (known === undefined) this.mount(path, mount);
      else if (known.shared !== mount.shared) this.setPropagation(path, mount);
    }
  }

  private mount(path: string, mount: RealMount): void {
    const { kernel } = this;
    this.mounted.set(path, mount);
    this.points.add(path);
    kernel.shares.set(path, () => new HostFileSystem(kernel.newDevice(), path, this.points));
    this.call(async (ctx) => {
      await ctx.sys.mount(ctx, path, path, '9p', { readOnly: mount.readOnly });
      await ctx.sys.mount(ctx, '', path, '', { propagation: mount.shared ? 'shared' : 'private' });
    });
  }

  private setPropagation(path: string, mount: RealMount): void {
    this.mounted.set(path, mount);
    this.call((ctx) => ctx.sys.mount(ctx, '', path, '', { propagation: mount.shared ? 'shared' : 'private' }));
  }

  private unmount(path: string): void {
    this.mounted.delete(path);
    this.kernel.shares.delete(path);
    const { mnt } = this.kernel.initialNamespaces;
    const gone = mnt.mounts.filter((mount) => mount.fs instanceof HostFileSystem && mount.fs.root.path === path);
    this.call(async (ctx) => {
      try {
        await ctx.sys.umount(ctx, path, { detach: true });
      } catch (error) {
        // The directories that lead there have been removed already.
        if (!isErrno(error, 'ENOENT')) throw error;
        for (const mount of gone) mnt.remove(mount);
      } finally {
        this.points.delete(path);
      }
    });
  }

  /** As init, which is where the node's own mounts come from; a real mount that the node cannot follow stays away. */
  private call(body: (ctx: ReturnType<Kernel['contextOf']>) => Promise<void>): void {
    const init = this.kernel.processes.get(this.kernel.pidBase + 1);
    if (init === undefined) return;
    body(this.kernel.contextOf(init)).catch((error: unknown) => {
      if (!isErrno(error)) throw error;
      process.stderr.write(`cutaway serve: a mount below the shared directory is not followed: ${error.libc}\n`);
    });
  }
}

/** By path, outer ones first; of several on one another the topmost. @param table as in /proc/self/mountinfo */
export function realMountsBelow(directory: string, table: string): Map<string, RealMount> {
  const out = new Map<string, RealMount>();
  for (const line of table.split('\n')) {
    const fields = line.split(' ');
    const path = (fields[4] ?? '').replace(ESCAPE, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (!path.startsWith(`${directory}/`)) continue;
    const shared = fields.slice(6, fields.indexOf('-')).some((tag) => tag.startsWith('shared:'));
    out.delete(path);
    out.set(path, { shared, readOnly: (fields[5] ?? '').split(',').includes('ro') });
  }
  return out;
}
