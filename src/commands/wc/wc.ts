/** @models coreutils 9.7 src/wc.c @fidelity partial: no --files0-from */
import { isErrno } from '../../linux/errno.ts';
import { command, reporting } from '../common/command.ts';
import { quoteIfNeeded } from '../common/quoting.ts';
import { openInput } from '../common/streams.ts';
import { displayWidth } from '../common/text.ts';

type Counts = { lines: number; words: number; chars: number; bytes: number; 'max-line-length': number };
const ORDER = ['lines', 'words', 'chars', 'bytes', 'max-line-length'] as const;

export const wc = command(
  {
    name: 'wc',
    usage: ['[OPTION]... [FILE]...'],
    about:
      'Count lines, words and bytes of each FILE, and all of them together if there are several.\nA word is a run of characters that are not white space.',
    options: {
      'c,bytes': 'count bytes',
      'm,chars': 'count characters',
      'l,lines': 'count newlines',
      'L,max-line-length': 'the display width of the longest line',
      'w,words': 'count words',
      'total=WHEN': 'when to show the sum: auto, always, only, never',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const chosen = ORDER.filter((key) => options.has(key));
    const columns = chosen.length > 0 ? chosen : (['lines', 'words', 'bytes'] as const);
    const files: (string | null)[] = operands.length === 0 ? [null] : operands;
    const rows: { counts: Counts; path: string | null }[] = [];
    const total: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, 'max-line-length': 0 };
    let status = 0;
    let width = 1;
    // GNU sizes the columns by the regular files' sizes, and uses 7 where one has no size.
    let sizes = 0;
    let unsized = false;
    for (const path of files) {
      try {
        const stat = path === null || path === '-' ? await ctx.sys.fstat(ctx, 0) : await ctx.sys.stat(ctx, path);
        if (stat.type === 'file') sizes += stat.size;
        else unsized = true;
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    if (files.length > 1 || columns.length > 1) width = Math.max(String(sizes).length, unsized ? 7 : 1);
    const line = (counts: Counts, path: string | null): string =>
      `${columns.map((c) => String(counts[c]).padStart(width)).join(' ')}${path === null ? '' : ` ${quoteIfNeeded(path)}`}\n`;
    const when = options.value('total') ?? 'auto';
    for (const path of files) {
      const counts: Counts = { lines: 0, words: 0, chars: 0, bytes: 0, 'max-line-length': 0 };
      const ok = await reporting(call, path ?? '-', async () => {
        const input = await openInput(ctx, path ?? '-');
        try {
          if (columns.every((c) => c === 'lines' || c === 'bytes')) {
            for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) {
              counts.bytes += bytes.length;
              for (const byte of bytes) if (byte === 10) counts.lines++;
            }
          } else {
            for (let text = await input.line(); text !== null; text = await input.line()) {
              if (input.terminated) counts.lines++;
              counts.words += text.match(/[^\s]+/g)?.length ?? 0;
              let characters = 0;
              let bytes = 0;
              for (const character of text) {
                const code = character.codePointAt(0) as number;
                characters++;
                bytes +=
                  code < 0x80 || (code >= 0xdc80 && code <= 0xdcff) ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
              }
              counts.chars += characters + (input.terminated ? 1 : 0);
              counts.bytes += bytes + (input.terminated ? 1 : 0);
              counts['max-line-length'] = Math.max(counts['max-line-length'], displayWidth(text));
            }
          }
        } finally {
          await input.close();
        }
      });
      if (!ok) status = 1;
      const isDirectory = !ok && path !== null && (await isDirectoryAt(ctx, path));
      if (!ok && !isDirectory) continue;
      rows.push({ counts, path });
      for (const key of ORDER)
        total[key] = key === 'max-line-length' ? Math.max(total[key], counts[key]) : total[key] + counts[key];
      if (when !== 'only') await out.write(line(counts, path));
    }
    if (when === 'only') await out.write(`${columns.map((c) => total[c]).join(' ')}\n`);
    else if (when === 'always' || (when === 'auto' && files.length > 1)) await out.write(line(total, 'total'));
    return status;
  },
);

async function isDirectoryAt(ctx: Parameters<typeof openInput>[0], path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'directory';
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}
