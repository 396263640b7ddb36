/** systemd-cgtop. @models systemd 257 src/cgtop @fidelity partial: no keys; block I/O is not counted */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { isTerminal, Output } from '../common/streams.ts';
import { groupsIn } from './control-group-tree.ts';
import { bytesText } from './time-text.ts';

const OPTIONS: OptionTable = {
  'h,help': 'show this text',
  version: 'show the version',
  'p,order-path': 'sort by path',
  't,order-tasks': 'sort by number of tasks',
  'c,order-cpu': 'sort by CPU load',
  'm,order-memory': 'sort by memory',
  'd,delay=DELAY': 'seconds between looks',
  'n,iterations=N': 'how many looks',
  '1,1': 'one look',
  'b,batch': 'plain lines, one after the other',
  'r,raw': 'bytes and nanoseconds as they are',
  'depth=DEPTH': 'how deep to go (3)',
};
const CGROUPS = '/sys/fs/cgroup';

type Group = { path: string; tasks: number; cpuUsec: number | null; memory: number | null };

async function look(ctx: Context, path: string, depth: number, out: Group[]): Promise<void> {
  const number = async (file: string): Promise<number | null> => {
    try {
      return Number((await readFile(ctx, `${CGROUPS}${path}/${file}`)).trim());
    } catch (error) {
      if (isErrno(error)) return null;
      throw error;
    }
  };
  const stat = await readFile(ctx, `${CGROUPS}${path}/cpu.stat`).catch(() => '');
  const own = (await readFile(ctx, `${CGROUPS}${path}/cgroup.procs`)).split('\n').filter((line) => line !== '').length;
  const usec = /^usage_usec (\d+)/m.exec(stat)?.[1];
  const group: Group = {
    path: path === '' ? '/' : path.slice(1),
    tasks: (await number('pids.current')) ?? own,
    cpuUsec: usec === undefined ? null : Number(usec),
    memory: await number('memory.current'),
  };
  out.push(group);
  const before = out.length;
  if (depth > 0)
    for (const name of await groupsIn(ctx, `${CGROUPS}${path}`)) await look(ctx, `${path}/${name}`, depth - 1, out);
  // The root has no counters of its own: it is the sum of what is directly below it.
  if (path !== '') return;
  const top = out.slice(before).filter((g) => !g.path.includes('/'));
  group.tasks = top.reduce((sum, g) => sum + g.tasks, own);
  group.memory = top.reduce((sum, g) => sum + (g.memory ?? 0), 0);
}

export const systemdCgtop: Program = {
  name: 'systemd-cgtop',
  rssBytes: 6_000_000,
  startCpuNs: 3_000_000,
  async main(ctx, argv) {
    const out = new Output(ctx);
    try {
      const { options } = parseOptions(OPTIONS, argv.slice(1));
      if (options.has('help')) {
        await out.write(
          `systemd-cgtop [OPTIONS...]\n\nShow control groups by what they use.\n\nOptions:\n${optionHelp(OPTIONS)}`,
        );
        await out.flush();
        return 0;
      }
      const screen = (await isTerminal(ctx, 1)) && !options.has('batch');
      const delayNs = Number(options.value('delay')?.replace(/s$/, '') ?? 1) * 1e9;
      const looks = options.has('1')
        ? 1
        : Number(options.value('iterations') ?? (screen ? Number.POSITIVE_INFINITY : 1));
      const raw = options.has('raw');
      const size = (bytes: number | null): string => (bytes === null ? '-' : raw ? String(bytes) : bytesText(bytes));
      let last = new Map<string, number>();
      let lastAt = ctx.now;
      for (let i = 0; i < looks; i++) {
        const groups: Group[] = [];
        await look(ctx, '', Number(options.value('depth') ?? 3), groups);
        const elapsed = (ctx.now - lastAt) / 1000;
        const load = (g: Group): number | null => {
          const before = last.get(g.path);
          return before === undefined || g.cpuUsec === null || elapsed <= 0
            ? null
            : ((g.cpuUsec - before) * 100) / elapsed;
        };
        const key = (g: Group): number =>
          options.has('order-memory') ? (g.memory ?? 0) : options.has('order-tasks') ? g.tasks : (load(g) ?? 0);
        groups.sort((a, b) => (options.has('order-path') ? 0 : key(b) - key(a)) || (a.path < b.path ? -1 : 1));
        const width = Math.max(43, ...groups.map((g) => g.path.length));
        if (screen) await out.write('\x1b[H\x1b[J');
        if (screen || i === 0)
          await out.write(`${'Control Group'.padEnd(width)} Tasks   %CPU   Memory  Input/s Output/s\n`);
        for (const g of groups) {
          const cpu = load(g);
          await out.write(
            `${g.path.padEnd(width)} ${String(g.tasks).padStart(5)} ${(cpu === null ? '-' : cpu.toFixed(1)).padStart(6)} ${size(g.memory).padStart(8)}        -        -\n`,
          );
        }
        last = new Map(groups.map((g) => [g.path, g.cpuUsec ?? 0]));
        lastAt = ctx.now;
        await out.flush();
        if (i + 1 < looks) await ctx.sleep(delayNs);
      }
      return 0;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await printError(ctx, `${this.name}: ${error.message}\n`);
      return 1;
    }
  },
};
