/** @models coreutils 9.7 src/cut.c @fidelity partial: -b and -c both count characters' bytes as GNU's do */
import { command, Exit, reporting } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { openInput } from '../common/streams.ts';
import { decode, encode } from '../common/text.ts';

type Ranges = [number, number][];

function parseRanges(text: string, unit: string): Ranges | string {
  const ranges: Ranges = [];
  for (const part of text.split(/[, ]/)) {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (match === null) return `invalid ${unit} value`;
    const [, from = '', dash, to = ''] = match;
    if (dash !== '' && from === '' && to === '') return 'invalid range with no endpoint: -';
    if (from === '' && dash === '')
      return `${unit === 'field' ? 'fields' : 'byte/character positions'} are numbered from 1`;
    const low = from === '' ? 1 : Number(from);
    const high = dash === '' ? low : to === '' ? Infinity : Number(to);
    if (low === 0 || high === 0)
      return unit === 'field' ? 'fields are numbered from 1' : 'byte/character positions are numbered from 1';
    if (high < low) return 'invalid decreasing range';
    ranges.push([low, high]);
  }
  return ranges;
}

export const cut = command(
  {
    name: 'cut',
    usage: ['OPTION... [FILE]...'],
    about: 'Write chosen parts of the lines of each FILE.\n\nWithout FILE, or where FILE is -, standard input is read.',
    options: {
      'b,bytes=LIST': 'these bytes',
      'c,characters=LIST': 'these characters',
      complement: 'all but what was chosen',
      'd,delimiter=DELIM': 'fields are separated by DELIM instead of TAB',
      'f,fields=LIST': 'these fields; lines without the delimiter are written whole',
      n: '(ignored)',
      'output-delimiter=STRING': 'separate what is written with STRING',
      's,only-delimited': 'leave lines without the delimiter out',
      'z,zero-terminated': 'lines end with NUL, not newline',
    },
    notes:
      "LIST is numbers from 1 and ranges, with commas between:\n\n  N     the N'th\n  N-    from the N'th to the end of the line\n  N-M   from the N'th to the M'th\n  -M    from the first to the M'th",
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const usage = async (text: string): Promise<never> => {
      await call.complain(`${text}\nTry '${call.name} --help' for more information.`);
      throw new Exit(1);
    };
    const lists = (['bytes', 'characters', 'fields'] as const).filter((k) => options.has(k));
    const [unit] = lists;
    if (unit === undefined) return usage('you must specify a list of bytes, characters, or fields');
    if (lists.length > 1 || options.values(unit).length > 1) return usage('only one list may be specified');
    const delimiter = options.value('delimiter') ?? '\t';
    if (encode(delimiter).length > 1) return usage('the delimiter must be a single character');
    if (options.has('delimiter') && unit !== 'fields')
      return usage('an input delimiter may be specified only when operating on fields');
    const list = options.value(unit) as string;
    const ranges = parseRanges(list, unit === 'fields' ? 'field' : 'byte/character');
    if (typeof ranges === 'string') {
      return usage(
        ranges.startsWith('invalid field')
          ? `invalid field value ${quote(ctx, list)}`
          : ranges.startsWith('invalid byte')
            ? `invalid byte/character position ${quote(ctx, list)}`
            : ranges,
      );
    }
    const inverted = options.has('complement');
    const chosen = (n: number): boolean => ranges.some(([a, b]) => n >= a && n <= b) !== inverted;
    const end = options.has('zero-terminated') ? '\0' : '\n';
    const glue = options.value('output-delimiter') ?? (unit === 'fields' ? delimiter : '');
    const cutLine = (line: string): string | null => {
      if (unit === 'fields') {
        if (!line.includes(delimiter)) return options.has('only-delimited') ? null : line;
        return line
          .split(delimiter)
          .filter((_, i) => chosen(i + 1))
          .join(glue);
      }
      const bytes = encode(line);
      if (glue === '') return decode(bytes.filter((_, i) => chosen(i + 1)));
      let text = '';
      let run: number[] = [];
      const runs: string[] = [];
      bytes.forEach((byte, i) => {
        const starts =
          ranges.some(([a]) => a === i + 1) && run.length > 0 && !ranges.some(([a, b]) => a < i + 1 && b >= i + 1);
        if (!chosen(i + 1) || starts) {
          if (run.length > 0) runs.push(decode(Uint8Array.from(run)));
          run = [];
        }
        if (chosen(i + 1)) run.push(byte);
      });
      if (run.length > 0) runs.push(decode(Uint8Array.from(run)));
      text = runs.join(glue);
      return text;
    };
    let status = 0;
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const ok = await reporting(call, path, async () => {
        const input = await openInput(ctx, path, end.charCodeAt(0));
        for (;;) {
          if (!input.ready) await out.flush();
          const line = await input.line();
          if (line === null) break;
          const text = cutLine(line);
          if (text !== null) await out.write(text + end);
        }
        await input.close();
      });
      if (!ok) status = 1;
    }
    return status;
  },
);
