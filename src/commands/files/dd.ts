/** @models coreutils 9.7 src/dd.c @fidelity partial: if, of, bs, ibs, obs, count, skip, seek, status; conv=notrunc, sync, fsync, ucase, lcase */
import { isErrno } from '../../linux/errno.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Rope } from '../../linux/rope.ts';
import { LATENCY } from '../../sim/latency.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { humanSize, parseSize } from '../common/sizes.ts';

const BLOCK = 512;
const PAGE = 4096;

export const dd: Program = {
  name: 'dd',
  async main(ctx, argv) {
    const name = argv[0] ?? 'dd';
    const given = new Map<string, string>();
    const fail = async (text: string): Promise<number> => {
      await printError(ctx, `${name}: ${text}\n`);
      return 1;
    };
    for (const arg of argv.slice(1)) {
      if (arg === '--help') {
        await print(
          ctx,
          `Usage: ${name} [OPERAND]...\nCopy a file block by block.\n\n  if=FILE of=FILE bs=BYTES ibs=BYTES obs=BYTES count=N skip=N seek=N\n  conv=notrunc,fsync,ucase,lcase  iflag=... oflag=...  status=none|noxfer|progress\n`,
        );
        return 0;
      }
      const match = /^(if|of|bs|ibs|obs|count|skip|seek|status|conv|iflag|oflag)=(.*)$/.exec(arg);
      if (match === null)
        return fail(`unrecognized operand ${quote(ctx, arg)}\nTry '${name} --help' for more information.`);
      given.set(match[1] as string, match[2] as string);
    }
    const numbers: Record<string, number> = {};
    for (const key of ['bs', 'ibs', 'obs', 'count', 'skip', 'seek']) {
      const text = given.get(key);
      if (text === undefined) continue;
      const value = text.split('x').reduce<number | null>((product, part) => {
        const size = parseSize(part.replace(/c$/, ''));
        return product === null || size === null ? null : product * size;
      }, 1);
      if (value === null || (key.endsWith('bs') && value === 0)) return fail(`invalid number: ${quote(ctx, text)}`);
      numbers[key] = value;
    }
    const blockSize = numbers['bs'] ?? numbers['ibs'] ?? BLOCK;
    const outSize = numbers['bs'] ?? numbers['obs'] ?? BLOCK;
    const conversions = new Set((given.get('conv') ?? '').split(','));
    let [input, output] = [0, 1];
    const open = async (path: string, flags: Parameters<typeof ctx.sys.open>[2]): Promise<number | string> => {
      try {
        return await ctx.sys.open(ctx, path, flags, 0o666);
      } catch (error) {
        if (!isErrno(error)) throw error;
        return `failed to open ${quoteAlways(path)}: ${error.libc}`;
      }
    };
    const source = given.get('if');
    if (source !== undefined) {
      const fd = await open(source, { read: true });
      if (typeof fd === 'string') return fail(fd);
      input = fd;
    }
    const target = given.get('of');
    const seek = (numbers['seek'] ?? 0) * outSize;
    if (target !== undefined) {
      const fd = await open(target, { write: true, create: true, truncate: !conversions.has('notrunc') && seek === 0 });
      if (typeof fd === 'string') return fail(fd);
      output = fd;
      if (seek > 0) {
        if (!conversions.has('notrunc') && (await ctx.sys.fstat(ctx, output)).type === 'file')
          await ctx.sys.truncate(ctx, output, seek);
        await ctx.sys.seek(ctx, output, seek, 'set');
      }
    }
    // Its buffer: what a small limit on memory runs into.
    if (blockSize > PAGE) await ctx.sys.setMemory(ctx, ctx.process.rssBytes + blockSize);
    const start = ctx.now;
    const skip = (numbers['skip'] ?? 0) * blockSize;
    try {
      if (skip > 0) await ctx.sys.seek(ctx, input, skip, 'cur');
    } catch (error) {
      if (!isErrno(error)) throw error;
      for (let left = skip; left > 0; ) {
        const part = await ctx.sys.read(ctx, input, left);
        if (part.length === 0) break;
        left -= part.length;
      }
    }
    let [full, partial, outFull, outPartial, total] = [0, 0, 0, 0, 0];
    let status = 0;
    const limit = numbers['count'] ?? Infinity;
    try {
      while (full + partial < limit) {
        const block: Rope = await ctx.sys.readRope(ctx, input, blockSize);
        if (block.length === 0) break;
        await ctx.cpu(LATENCY.textCallNs + Math.ceil(block.length * LATENCY.textByteNs));
        if (block.length === blockSize) full++;
        else partial++;
        const changed = conversions.has('ucase') || conversions.has('lcase');
        await ctx.sys.write(
          ctx,
          output,
          changed
            ? block
                .bytes()
                .map((b) =>
                  conversions.has('ucase') ? (b >= 97 && b <= 122 ? b - 32 : b) : b >= 65 && b <= 90 ? b + 32 : b,
                )
            : block,
        );
        total += block.length;
        if (block.length === outSize) outFull++;
        else if (outSize < block.length) {
          outFull += Math.floor(block.length / outSize);
          if (block.length % outSize !== 0) outPartial++;
        } else outPartial++;
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(
        ctx,
        `${name}: error ${error.code === 'ENOSPC' ? 'writing' : 'reading'} ${quoteAlways((error.code === 'ENOSPC' ? target : source) ?? 'standard input')}: ${error.libc}\n`,
      );
      status = 1;
    }
    if (given.get('status') === 'none') return status;
    await printError(ctx, `${full}+${partial} records in\n${outFull}+${outPartial} records out\n`);
    if (given.get('status') === 'noxfer') return status;
    const seconds = (ctx.now - start) / 1e9;
    const sizes =
      total < 1000
        ? ''
        : total < 1024
          ? ` (${spaced(total, true)})`
          : ` (${spaced(total, true)}, ${spaced(total, false)})`;
    const rate = seconds === 0 ? 'Infinity B/s' : `${spaced(total / seconds, true)}/s`;
    await printError(
      ctx,
      `${total} byte${total === 1 ? '' : 's'}${sizes} copied, ${Number(seconds.toPrecision(6))} s, ${rate}\n`,
    );
    return status;
  },
};

/** `1.0 MB`, `977 KiB` */
function spaced(bytes: number, decimal: boolean): string {
  const text = humanSize(Math.floor(bytes), decimal);
  const match = /^([\d.]+)([a-zA-Z]?)$/.exec(text);
  return `${match?.[1] ?? text} ${match?.[2] ?? ''}${decimal ? '' : 'i'}B`;
}
