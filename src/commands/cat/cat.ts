/** @models coreutils 9.7 src/cat.c */
import { command, reporting } from '../common/command.ts';
import { type Input, openInput } from '../common/streams.ts';

/** ^X and M-X notation of one byte, newline excepted. */
function visible(byte: number, tabs: boolean): string {
  if (byte === 9 && !tabs) return '\t';
  if (byte >= 128)
    return `M-${byte - 128 < 32 || byte === 255 ? visible(byte - 128, true) : String.fromCharCode(byte - 128)}`;
  if (byte < 32) return `^${String.fromCharCode(byte + 64)}`;
  return byte === 127 ? '^?' : String.fromCharCode(byte);
}

export const cat = command(
  {
    name: 'cat',
    usage: ['[OPTION]... [FILE]...'],
    about:
      'Write each FILE to standard output, one after the other.\n\nWithout FILE, or where FILE is -, standard input is read.',
    options: {
      'A,show-all': 'the same as -vET',
      'b,number-nonblank': 'number lines that are not empty; -n is then ignored',
      e: 'the same as -vE',
      'E,show-ends': 'put a $ where each line ends',
      'n,number': 'number every line',
      's,squeeze-blank': 'keep only one of several empty lines in a row',
      t: 'the same as -vT',
      'T,show-tabs': 'write TAB characters as ^I',
      u: '(ignored)',
      'v,show-nonprinting': 'use ^ and M- notation, but not for newline and TAB',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const all = options.has('show-all');
    const ends = all || options.has('e') || options.has('show-ends');
    const tabs = all || options.has('t') || options.has('show-tabs');
    const nonPrinting = all || options.has('e') || options.has('t') || options.has('show-nonprinting');
    const nonBlank = options.has('number-nonblank');
    const numbered = nonBlank || options.has('number');
    const squeeze = options.has('squeeze-blank');
    const plain = !ends && !tabs && !nonPrinting && !numbered && !squeeze;
    let line = 0;
    let atStart = true;
    let blanks = 0;
    let status = 0;

    const decorate = (bytes: Uint8Array): Uint8Array => {
      const parts: number[] = [];
      const put = (text: string): void => {
        for (let i = 0; i < text.length; i++) parts.push(text.charCodeAt(i));
      };
      for (const byte of bytes) {
        if (atStart) {
          if (byte === 10) {
            if (++blanks > 1 && squeeze) continue;
          } else blanks = 0;
          if (numbered && !(nonBlank && byte === 10)) put(`${String(++line).padStart(6)}\t`);
          atStart = false;
        }
        if (byte === 10) {
          if (ends) parts.push(36);
          parts.push(10);
          atStart = true;
        } else if (byte === 9 && tabs) put('^I');
        else if (byte === 13 && ends && !nonPrinting) parts.push(13);
        else if (nonPrinting) put(visible(byte, tabs));
        else parts.push(byte);
      }
      return Uint8Array.from(parts);
    };

    for (const path of call.operands.length === 0 ? ['-'] : call.operands) {
      let input: Input | null = null;
      const ok = await reporting(call, path, async () => {
        input = await openInput(ctx, path);
        for (;;) {
          const bytes = await input.chunk();
          if (bytes.length === 0) break;
          await out.bytes(plain ? bytes : decorate(bytes));
        }
      });
      if (!ok) status = 1;
      if (input !== null) await (input as Input).close();
    }
    return status;
  },
);
