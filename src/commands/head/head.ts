/** @models coreutils 9.7 src/head.c */
import { isErrno } from '../../linux/errno.ts';
import type { Invocation } from '../common/command.ts';
import { command, Exit, reporting } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { parseSize } from '../common/sizes.ts';
import { concat, type Input, openInput } from '../common/streams.ts';

export async function readCount(
  call: Invocation,
  text: string,
  what: 'lines' | 'bytes',
): Promise<{ sign: string; count: number }> {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const count = parseSize(text.slice(sign.length));
  if (count === null) {
    await call.complain(`invalid number of ${what}: ${quote(call.ctx, text)}`);
    throw new Exit(1);
  }
  return { sign, count };
}

/** `-5`, `-5q` and the like of old. */
export function rewriteObsolete(args: string[]): string[] {
  const match = /^-(\d+)([bkm]?)([cln]?)([qv]*)$/.exec(args[0] ?? '');
  if (match === null) return args;
  const [, digits, , unit, rest] = match;
  return [unit === 'c' ? '-c' : '-n', digits as string, ...(rest === '' ? [] : [`-${rest}`]), ...args.slice(1)];
}

export async function banner(call: Invocation, path: string, first: boolean): Promise<void> {
  await call.out.write(`${first ? '' : '\n'}==> ${path === '-' ? 'standard input' : path} <==\n`);
}

async function headLines(call: Invocation, input: Input, count: number, delimiter: number): Promise<void> {
  let left = count;
  while (left > 0) {
    const bytes = await input.chunk();
    if (bytes.length === 0) return;
    let end = 0;
    while (left > 0 && end < bytes.length) {
      const newline = bytes.indexOf(delimiter, end);
      if (newline < 0) {
        end = bytes.length;
        break;
      }
      end = newline + 1;
      left--;
    }
    await call.out.bytes(bytes.subarray(0, end));
  }
}

async function headBytes(call: Invocation, input: Input, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const bytes = await input.chunk();
    if (bytes.length === 0) return;
    const part = bytes.subarray(0, left);
    left -= part.length;
    await call.out.bytes(part);
  }
}

/** All but the last `count` lines or bytes. */
async function elide(call: Invocation, input: Input, count: number, delimiter: number | null): Promise<void> {
  const parts: Uint8Array[] = [];
  for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) parts.push(bytes);
  const all = concat(parts);
  let end = all.length;
  if (delimiter === null) end = Math.max(0, end - count);
  else if (count > 0) {
    if (all[end - 1] === delimiter) end--;
    for (let n = 0; n < count && end >= 0; n++) {
      if (n === count - 1 || end > 0) end = end === 0 ? -1 : all.lastIndexOf(delimiter, end - 1);
    }
    end = end < 0 ? 0 : end + 1;
  }
  await call.out.bytes(all.subarray(0, end));
}

export const head = command(
  {
    name: 'head',
    usage: ['[OPTION]... [FILE]...'],
    about:
      'Write the first 10 lines of each FILE. Several files get a header each.\n\nWithout FILE, or where FILE is -, standard input is read.',
    options: {
      'c,bytes=[-]NUM': 'the first NUM bytes; with -, all but the last NUM',
      'n,lines=[-]NUM': 'the first NUM lines instead of 10; with -, all but the last NUM',
      'q,quiet': 'no headers with file names',
      silent: 'same as --quiet',
      'v,verbose': 'headers with file names always',
      'z,zero-terminated': 'lines end with NUL, not newline',
    },
    notes: 'NUM may have a multiplier: b 512, kB 1000, K 1024, MB, M, and so on.',
    rewrite: rewriteObsolete,
  },
  async (call) => {
    const { ctx, options } = call;
    const unit = options.last('bytes', 'lines') ?? 'lines';
    const { sign, count } = await readCount(call, options.value(unit) ?? '10', unit);
    const delimiter = options.has('zero-terminated') ? 0 : 10;
    const files = call.operands.length === 0 ? ['-'] : call.operands;
    const style = options.last('quiet', 'silent', 'verbose');
    const headers = style === 'verbose' || (style === undefined && files.length > 1);
    let status = 0;
    let first = true;
    for (const path of files) {
      let input: Input;
      try {
        input = await openInput(ctx, path);
      } catch (error) {
        status = 1;
        await failedOpen(call, path, error);
        continue;
      }
      if (headers) await banner(call, path, first);
      first = false;
      const ok = await reporting(
        {
          ...call,
          complain: (text) => call.complain(`error reading '${path}': ${text.slice(text.lastIndexOf(': ') + 2)}`),
        },
        path,
        async () => {
          if (sign === '-') await elide(call, input, count, unit === 'lines' ? delimiter : null);
          else if (unit === 'lines') await headLines(call, input, count, delimiter);
          else await headBytes(call, input, count);
        },
      );
      if (!ok) status = 1;
      await input.close();
    }
    return status;
  },
);

export async function failedOpen(call: Invocation, path: string, error: unknown): Promise<void> {
  if (!isErrno(error)) throw error;
  await call.complain(`cannot open '${path}' for reading: ${error.libc}`);
}
