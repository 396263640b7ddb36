/** @models coreutils 9.7 src/df.c @fidelity partial: no --sync; block sizes are those of -h, -H, -k, -m, -B */
import { isErrno } from '../../linux/errno.ts';
import type { StatFs } from '../../linux/syscalls.ts';
import { command, Exit, reporting } from '../common/command.ts';
import { humanSize, parseSize } from '../common/sizes.ts';
import { type MountEntry, normalise, readMounts } from '../util-linux/mount-table.ts';

type Row = { entry: MountEntry; stat: StatFs };
const PSEUDO = new Set(['proc', 'sysfs', 'cgroup2', 'devpts', 'mqueue', 'nsfs', 'securityfs', 'debugfs', 'bpf']);

export const df = command(
  {
    name: 'df',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Show how much space there is on the filesystem of each FILE, or on all that are mounted.',
    options: {
      'a,all': 'also filesystems without blocks, duplicates and hidden ones',
      'B,block-size=SIZE': 'count in units of SIZE',
      'h,human-readable': 'powers of 1024 with a letter (1023M)',
      'H,si': 'powers of 1000 with a letter (1.1G)',
      'i,inodes': 'inodes instead of blocks',
      k: 'like --block-size=1K',
      m: 'like --block-size=1M',
      'l,local': 'local filesystems only',
      'P,portability': 'the POSIX format',
      total: 'a line with the sum',
      't,type=TYPE': 'only filesystems of this type',
      'T,print-type': 'show the type',
      'x,exclude-type=TYPE': 'no filesystems of this type',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const mounts = await readMounts(ctx);
    const rows: Row[] = [];
    let status = 0;
    if (operands.length === 0) {
      // One line a filesystem: of several mounts the one with the shortest path, as df chooses.
      const best = new Map<string, MountEntry>();
      for (const entry of mounts) {
        const key = options.has('all') ? `${entry.id}` : entry.device;
        const other = best.get(key);
        if (other === undefined || entry.target.length < other.target.length) best.set(key, entry);
      }
      for (const entry of mounts) {
        if (![...best.values()].includes(entry)) continue;
        try {
          const stat = await ctx.sys.statfs(ctx, entry.target);
          if (!options.has('all') && (stat.blocks === 0 || PSEUDO.has(entry.type))) continue;
          rows.push({ entry, stat });
        } catch (error) {
          if (!isErrno(error)) throw error;
        }
      }
    }
    for (const path of operands) {
      const ok = await reporting(call, path, async () => {
        const stat = await ctx.sys.statfs(ctx, path);
        const absolute = normalise(path, await ctx.sys.getcwd(ctx));
        const below = (target: string): boolean =>
          target === '/' || absolute === target || absolute.startsWith(`${target}/`);
        const entry = mounts
          .filter((m) => below(m.target))
          .reduce((a, b) => (b.target.length >= a.target.length ? b : a));
        rows.push({ entry, stat });
      });
      if (!ok) status = 1;
    }
    const only = options.values('type');
    const without = options.values('exclude-type');
    const shown = rows.filter(
      ({ entry }) => (only.length === 0 || only.includes(entry.type)) && !without.includes(entry.type),
    );
    if (shown.length === 0) {
      if (status === 0) await call.complain('no file systems processed');
      throw new Exit(1);
    }
    const how = options.last('human-readable', 'si', 'block-size', 'k', 'm');
    const size = how === 'm' ? 1024 ** 2 : how === 'block-size' ? parseSize(options.value('block-size') ?? '') : 1024;
    if (size === null) {
      await call.complain(`invalid --block-size argument '${options.value('block-size')}'`);
      throw new Exit(1);
    }
    const inodes = options.has('inodes');
    const human = how === 'human-readable' || how === 'si';
    const amount = (units: number, unitBytes: number): string =>
      inodes
        ? human
          ? humanSize(units, how === 'si')
          : String(units)
        : human
          ? humanSize(units * unitBytes, how === 'si')
          : String(Math.ceil((units * unitBytes) / size));
    const title = inodes
      ? ['Inodes', 'IUsed', 'IFree', 'IUse%']
      : [
          human
            ? 'Size'
            : size === 1024
              ? options.has('portability')
                ? '1024-blocks'
                : '1K-blocks'
              : `${humanSize(size)}-blocks`,
          'Used',
          human ? 'Avail' : 'Available',
          options.has('portability') ? 'Capacity' : 'Use%',
        ];
    const line = (
      source: string,
      type: string,
      total: number,
      free: number,
      unit: number,
      target: string,
    ): string[] => {
      const used = total - free;
      const percent = total === 0 ? '-' : `${Math.ceil((used * 100) / total)}%`;
      return [
        source,
        ...(options.has('print-type') ? [type] : []),
        amount(total, unit),
        amount(used, unit),
        amount(free, unit),
        percent,
        target,
      ];
    };
    const table = [
      ['Filesystem', ...(options.has('print-type') ? ['Type'] : []), ...title, 'Mounted on'],
      ...shown.map(({ entry, stat }) =>
        line(
          entry.source,
          entry.type,
          inodes ? stat.files : stat.blocks,
          inodes ? stat.filesFree : stat.blocksFree,
          stat.blockSize,
          entry.target,
        ),
      ),
    ];
    if (options.has('total')) {
      const sum = (pick: (s: StatFs) => number): number => shown.reduce((a, { stat }) => a + pick(stat), 0);
      table.push(
        line(
          'total',
          '-',
          sum((s) => (inodes ? s.files : s.blocks)),
          sum((s) => (inodes ? s.filesFree : s.blocksFree)),
          4096,
          '-',
        ),
      );
    }
    const left = options.has('print-type') ? 2 : 1;
    const MINIMUM = [14, ...(left === 2 ? [4] : []), 5, 5, 5, 4, 0];
    const widths = MINIMUM.map((min, i) => Math.max(min, ...table.map((row) => (row[i] as string).length)));
    for (const row of table) {
      const cells = row.map((cell, i) =>
        i === row.length - 1 ? cell : i < left ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
      );
      await out.write(`${cells.join(' ')}\n`);
    }
    return status;
  },
);
