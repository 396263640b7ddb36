/** @models coreutils 9.7 src/du.c @fidelity partial: no --time, --exclude-from, --files0-from, --inodes */
import { isErrno } from '../../linux/errno.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { command, Exit } from '../common/command.ts';
import { globRegex } from '../common/glob.ts';
import { quoteAlways } from '../common/quoting.ts';
import { humanSize, parseSize } from '../common/sizes.ts';

const SECTOR = 512;

export const du = command(
  {
    name: 'du',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Show what the set of FILEs takes on disk, directories with all that is in them.',
    options: {
      'a,all': 'a line for every file, not just for directories',
      'apparent-size': 'the lengths of files, not what they take on disk',
      'B,block-size=SIZE': 'count in units of SIZE',
      'b,bytes': 'like --apparent-size --block-size=1',
      'c,total': 'a line with the sum',
      'd,max-depth=N': 'lines down to N levels below the command line; 0 is like -s',
      'exclude=PATTERN': 'leave out what matches',
      'h,human-readable': 'powers of 1024 with a letter',
      k: 'like --block-size=1K',
      'l,count-links': 'count a file once for each of its links',
      m: 'like --block-size=1M',
      's,summarize': 'only the sum of each argument',
      si: 'powers of 1000 with a letter',
      'S,separate-dirs': 'directories without their subdirectories',
      'x,one-file-system': 'stay on the filesystem',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const operands = call.operands.length === 0 ? ['.'] : call.operands;
    const how = options.last('human-readable', 'si', 'block-size', 'k', 'm', 'bytes');
    const unit =
      how === 'm'
        ? 1024 ** 2
        : how === 'bytes'
          ? 1
          : how === 'block-size'
            ? parseSize(options.value('block-size') ?? '')
            : 1024;
    if (unit === null) {
      await call.complain(`invalid --block-size argument '${options.value('block-size')}'`);
      throw new Exit(1);
    }
    const depth = options.value('max-depth');
    if (depth !== undefined && !/^\d+$/.test(depth)) {
      await call.complain(`invalid maximum depth '${depth}'\nTry 'du --help' for more information.`);
      throw new Exit(1);
    }
    const depthMax = options.has('summarize') ? 0 : depth === undefined ? Number.POSITIVE_INFINITY : Number(depth);
    const apparent = options.has('apparent-size') || options.has('bytes');
    const exclude = options.values('exclude').map((g) => globRegex(g));
    const seen = new Set<string>();
    let status = 0;
    let total = 0;
    const show = async (bytes: number, path: string): Promise<void> => {
      const text =
        how === 'human-readable' || how === 'si' ? humanSize(bytes, how === 'si') : String(Math.ceil(bytes / unit));
      await out.write(`${text}\t${path}\n`);
    };
    const own = (stat: Stat): number => {
      if (apparent) return stat.type === 'file' || stat.type === 'symlink' ? stat.size : 0;
      return stat.blocks * SECTOR;
    };
    const walk = async (path: string, level: number, device: number | null): Promise<number> => {
      let stat: Stat;
      try {
        stat = await ctx.sys.lstat(ctx, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`cannot access ${quoteAlways(path)}: ${error.libc}`);
        status = 1;
        return 0;
      }
      if (device !== null && options.has('one-file-system') && stat.dev !== device) return 0;
      if (stat.type !== 'directory' && stat.nlink > 1 && !options.has('count-links')) {
        const key = `${stat.dev}:${stat.ino}`;
        if (seen.has(key)) return 0;
        seen.add(key);
      }
      let sum = own(stat);
      let below = 0;
      if (stat.type === 'directory') {
        try {
          for (const entry of await ctx.sys.readDirectory(ctx, path)) {
            if (exclude.some((e) => e.test(entry.name))) continue;
            const size = await walk(
              path.endsWith('/') ? `${path}${entry.name}` : `${path}/${entry.name}`,
              level + 1,
              stat.dev,
            );
            if (entry.type === 'directory' && options.has('separate-dirs')) below += size;
            else sum += size;
          }
        } catch (error) {
          if (!isErrno(error)) throw error;
          await call.complain(`cannot read directory ${quoteAlways(path)}: ${error.libc}`);
          status = 1;
        }
      }
      if (level <= depthMax && (stat.type === 'directory' || options.has('all') || level === 0)) await show(sum, path);
      return sum + below;
    };
    for (const path of operands) total += await walk(path, 0, null);
    if (options.has('total')) await show(total, 'total');
    return status;
  },
);
