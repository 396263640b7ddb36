/**
 * Watches a container's memory.events and leaves a file `oom` when its cgroup has run out of memory.
 * @models conmon 2.1 src/cgroup.c (version 2)
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile, writeFile } from '../../../linux/io.ts';

const CGROUP_ROOT = '/sys/fs/cgroup';

export class OomWatch {
  private readonly directory: string;
  private readonly targets: readonly string[];
  private seen = 0;

  private constructor(directory: string, targets: readonly string[]) {
    this.directory = directory;
    this.targets = targets;
  }

  /** `targets`: files that appear then. Null when the process has gone already. */
  static async start(ctx: Context, pid: number, targets: readonly string[]): Promise<OomWatch | null> {
    let path: string;
    try {
      const line = (await readFile(ctx, `/proc/${pid}/cgroup`)).split('\n').find((text) => text.startsWith('0::'));
      path = `${CGROUP_ROOT}${line?.slice(3) ?? ''}`;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return null;
    }
    const watch = new OomWatch(path, targets);
    ctx.go('oom', async (inner) => {
      try {
        for (;;) {
          await inner.sys.watch(inner, `${path}/memory.events`);
          await watch.check(inner);
        }
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    });
    return watch;
  }

  async check(ctx: Context): Promise<void> {
    try {
      const text = await readFile(ctx, `${this.directory}/memory.events`);
      const kills = Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
      if (kills === this.seen) return;
      this.seen = kills;
      for (const target of this.targets) await writeFile(ctx, target, '', { mode: 0o666 });
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}
