/** md5sum, sha1sum and its family, b2sum, base64. @models coreutils 9.7 src/digest.c, basenc.c */
import { blake2b } from '@noble/hashes/blake2.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { base64 as encode64 } from '../../go/json.ts';
import { isErrno } from '../../linux/errno.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { command, type Invocation, reporting } from '../common/command.ts';
import { quote, quoteIfNeeded } from '../common/quoting.ts';
import { concat, openInput } from '../common/streams.ts';

type Hash = { update(data: Uint8Array): Hash; digest(): Uint8Array };

async function hashFile(call: Invocation, path: string, create: () => Hash): Promise<string> {
  const input = await openInput(call.ctx, path);
  const hash = create();
  try {
    for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) {
      hash.update(bytes);
      await call.ctx.cpu(bytes.length * LATENCY.hashByteNs);
    }
  } finally {
    await input.close();
  }
  return [...hash.digest()].map((b) => b.toString(16).padStart(2, '0')).join('');
}

function digestProgram(name: string, label: string, length: number, create: () => Hash): Program {
  return command(
    {
      name,
      usage: ['[OPTION]... [FILE]...'],
      about: `Print or check ${label} checksums.`,
      options: {
        'b,binary': 'read in binary mode',
        'c,check': 'read checksums from the FILEs and check them',
        tag: 'BSD-style lines',
        't,text': 'read in text mode (default)',
        'z,zero': 'lines end with NUL, not newline',
        'ignore-missing': 'with -c, missing files are no failure',
        quiet: 'with -c, no OK lines',
        status: 'with -c, no output',
        strict: 'with -c, badly formed lines are a failure',
        'w,warn': 'with -c, complain about badly formed lines',
      },
    },
    async (call) => {
      const { ctx, options, operands, out } = call;
      let status = 0;
      for (const path of operands.length === 0 ? ['-'] : operands) {
        if (!options.has('check')) {
          const ok = await reporting(call, path, async () => {
            const sum = await hashFile(call, path, create);
            await out.write(
              (options.has('tag')
                ? `${label} (${path}) = ${sum}`
                : `${sum} ${options.has('binary') ? '*' : ' '}${path}`) + (options.has('zero') ? '\0' : '\n'),
            );
          });
          if (!ok) status = 1;
          continue;
        }
        let failed = 0;
        let unreadable = 0;
        let malformed = 0;
        let good = 0;
        const ok = await reporting(call, path, async () => {
          const input = await openInput(ctx, path);
          for (let line = await input.line(); line !== null; line = await input.line()) {
            const match =
              /^([0-9a-fA-F]+) [ *](.+)$/.exec(line) ??
              /^(?:\w+) \((.+)\) = ([0-9a-fA-F]+)$/.exec(line)?.toReversed().slice(0, 2);
            const [sum, file] =
              match === null || match === undefined
                ? []
                : match.length === 3
                  ? [match[1], match[2]]
                  : [match[0], match[1]];
            if (sum === undefined || file === undefined || sum.length !== length) {
              malformed++;
              continue;
            }
            try {
              const matches = (await hashFile(call, file, create)) === sum.toLowerCase();
              if (matches) good++;
              else failed++;
              if (!options.has('status') && !(matches && options.has('quiet')))
                await out.write(`${quoteIfNeeded(file)}: ${matches ? 'OK' : 'FAILED'}\n`);
            } catch (error) {
              if (!isErrno(error)) throw error;
              if (options.has('ignore-missing') && isErrno(error, 'ENOENT')) continue;
              unreadable++;
              await call.complain(`${quoteIfNeeded(file)}: ${error.libc}`);
              if (!options.has('status')) await out.write(`${quoteIfNeeded(file)}: FAILED open or read\n`);
            }
          }
          await input.close();
        });
        if (!ok) status = 1;
        else if (good + failed + unreadable === 0) {
          await call.complain(
            `${path === '-' ? "'standard input'" : quoteIfNeeded(path)}: no properly formatted checksum lines found`,
          );
          status = 1;
        } else {
          const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);
          if (malformed > 0 && !options.has('status'))
            await call.complain(
              `WARNING: ${malformed} ${plural(malformed, 'line is', 'lines are')} improperly formatted`,
            );
          if (unreadable > 0 && !options.has('status'))
            await call.complain(
              `WARNING: ${unreadable} listed ${plural(unreadable, 'file', 'files')} could not be read`,
            );
          if (failed > 0 && !options.has('status'))
            await call.complain(`WARNING: ${failed} computed ${plural(failed, 'checksum', 'checksums')} did NOT match`);
          if (failed + unreadable > 0 || (malformed > 0 && options.has('strict'))) status = 1;
        }
      }
      return status;
    },
  );
}

export const md5sum = digestProgram('md5sum', 'MD5', 32, () => md5.create());
export const sha1sum = digestProgram('sha1sum', 'SHA1', 40, () => sha1.create());
export const sha256sum = digestProgram('sha256sum', 'SHA256', 64, () => sha256.create());
export const sha224sum = digestProgram('sha224sum', 'SHA224', 56, () => sha224.create());
export const sha384sum = digestProgram('sha384sum', 'SHA384', 96, () => sha384.create());
export const b2sum = digestProgram('b2sum', 'BLAKE2b', 128, () => blake2b.create());
export const sha512sum = digestProgram('sha512sum', 'SHA512', 128, () => sha512.create());

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function decodeBase64(text: string): { bytes: Uint8Array; valid: boolean } {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  let valid = true;
  const body = text.replace(/=+$/, '');
  for (const c of body) {
    const value = ALPHABET.indexOf(c);
    if (value < 0) {
      valid = false;
      break;
    }
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  if (text.length % 4 !== 0) valid = false;
  return { bytes: Uint8Array.from(out), valid };
}

export const base64 = command(
  {
    name: 'base64',
    usage: ['[OPTION]... [FILE]'],
    about: 'Encode or decode FILE, or standard input, in base64.',
    options: {
      'd,decode': 'decode',
      'i,ignore-garbage': 'when decoding, skip other characters',
      'w,wrap=COLS': 'lines of COLS characters (default 76), 0 for one line',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands[1] !== undefined) {
      await call.complain(`extra operand ${quote(ctx, operands[1])}\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    const wrap = options.value('wrap') ?? '76';
    if (!/^\d+$/.test(wrap)) {
      await call.complain(`invalid wrap size: ${quote(ctx, wrap)}`);
      return 1;
    }
    let status = 0;
    const path = operands[0] ?? '-';
    const ok = await reporting(call, path, async () => {
      const input = await openInput(ctx, path);
      const parts: Uint8Array[] = [];
      for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) parts.push(bytes);
      const all = parts.length === 0 ? new Uint8Array(0) : concat(parts);
      if (options.has('decode')) {
        const text = new TextDecoder()
          .decode(all)
          .replace(options.has('ignore-garbage') ? /[^A-Za-z0-9+/=]/g : /\n/g, '');
        const { bytes, valid } = decodeBase64(text);
        await out.bytes(bytes);
        if (!valid) {
          await call.complain('invalid input');
          status = 1;
        }
        return;
      }
      const text = encode64(all);
      const width = Number(wrap);
      if (width === 0) await out.write(text);
      else for (let i = 0; i < text.length; i += width) await out.write(`${text.slice(i, i + width)}\n`);
    });
    return ok ? status : 1;
  },
);
