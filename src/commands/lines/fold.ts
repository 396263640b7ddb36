/** fold, expand, unexpand. @models coreutils 9.7 src/fold.c, expand.c, unexpand.c */
import { command, type Invocation } from '../common/command.ts';
import { eachLine, misuse } from '../common/files.ts';
import { quote } from '../common/quoting.ts';

const obsolete = (letter: string) => (args: string[]) =>
  args.map((a) => (/^-\d+$/.test(a) ? `-${letter}${a.slice(1)}` : a));

export const fold = command(
  {
    name: 'fold',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Break the lines of each FILE.',
    options: {
      'b,bytes': 'count bytes, not columns',
      'c,characters': 'count characters, not columns',
      's,spaces': 'break at spaces',
      'w,width=WIDTH': 'columns (default 80)',
    },
    rewrite: obsolete('w'),
  },
  async (call) => {
    const text = call.options.value('width') ?? '80';
    if (!/^[1-9]\d*$/.test(text)) {
      await call.complain(`invalid number of columns: ${quote(call.ctx, text)}`);
      return 1;
    }
    const width = Number(text);
    const plain = call.options.has('bytes') || call.options.has('characters');
    const ok = await eachLine(call, (line, terminated) => {
      let rest = '';
      let column = 0;
      for (const c of line) {
        const next = plain
          ? column + 1
          : c === '\t'
            ? column + 8 - (column % 8)
            : c === '\b'
              ? Math.max(0, column - 1)
              : c === '\r'
                ? 0
                : column + 1;
        if (next > width && rest !== '') {
          const space = call.options.has('spaces') ? rest.search(/[ \t](?=[^ \t]*$)/) : -1;
          const cut = space >= 0 ? space + 1 : rest.length;
          call.out.put(`${rest.slice(0, cut)}\n`);
          rest = rest.slice(cut);
          column = rest.length;
          column = plain ? column + 1 : c === '\t' ? column + 8 - (column % 8) : column + 1;
        } else column = next;
        rest += c;
      }
      call.out.put(rest + (terminated ? '\n' : ''));
    });
    return ok ? 0 : 1;
  },
);

type Stops = (column: number) => number;

async function tabStops(call: Invocation): Promise<Stops> {
  const text = call.options.value('tabs') ?? '8';
  const list = text.split(/[, ]/).map(Number);
  if (list.some((n) => !Number.isInteger(n) || n <= 0))
    await misuse(call, `tab size contains invalid character(s): ${quote(call.ctx, text)}`);
  if (list.length === 1) return (column) => column + (list[0] as number) - (column % (list[0] as number));
  return (column) => list.find((stop) => stop > column) ?? column + 1;
}

export const expand = command(
  {
    name: 'expand',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Turn tabs into spaces.',
    options: { 'i,initial': 'only those at the beginning of a line', 't,tabs=LIST': 'tab stops (default: every 8)' },
    rewrite: obsolete('t'),
  },
  async (call) => {
    const stops = await tabStops(call);
    const ok = await eachLine(call, (line, terminated) => {
      let shown = '';
      let column = 0;
      let initial = true;
      for (const c of line) {
        if (c === '\t' && (initial || !call.options.has('initial'))) {
          const next = stops(column);
          shown += ' '.repeat(next - column);
          column = next;
          continue;
        }
        if (c !== ' ') initial = false;
        shown += c;
        column += 1;
      }
      call.out.put(shown + (terminated ? '\n' : ''));
    });
    return ok ? 0 : 1;
  },
);

export const unexpand = command(
  {
    name: 'unexpand',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Turn spaces at the beginning of lines into tabs.',
    options: { 'a,all': 'everywhere', 'first-only': 'only at the beginning', 't,tabs=LIST': 'tab stops; implies -a' },
  },
  async (call) => {
    const stops = await tabStops(call);
    const all = (call.options.has('all') || call.options.has('tabs')) && !call.options.has('first-only');
    const ok = await eachLine(call, (line, terminated) => {
      let shown = '';
      let column = 0;
      let blanks = 0;
      let initial = true;
      const flush = (): void => {
        shown += ' '.repeat(blanks);
        blanks = 0;
      };
      for (const c of line) {
        if ((c === ' ' || c === '\t') && (initial || all)) {
          const before = column;
          column = c === '\t' ? stops(column) : column + 1;
          const start = before - blanks;
          blanks += column - before;
          if (column === stops(before) && (blanks > 1 || c === '\t' || initial)) {
            shown += '\t';
            blanks = 0;
            void start;
          }
          continue;
        }
        flush();
        initial = false;
        shown += c;
        column += 1;
      }
      flush();
      call.out.put(shown + (terminated ? '\n' : ''));
    });
    return ok ? 0 : 1;
  },
);
