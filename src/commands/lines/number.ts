/** @models coreutils 9.7 src/nl.c @fidelity partial: sections are recognised, -p too; join of blank lines only with -l */
import { command } from '../common/command.ts';
import { eachLine, misuse } from '../common/files.ts';
import { quote } from '../common/quoting.ts';
import { posixRegex } from '../common/regex.ts';

export const nl = command(
  {
    name: 'nl',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Write each FILE with numbered lines.',
    options: {
      'b,body-numbering=STYLE':
        'a: all lines, t: those that are not empty (default), n: none, pREGEX: those that match',
      'd,section-delimiter=CC': 'what separates logical pages',
      'f,footer-numbering=STYLE': 'for footers',
      'h,header-numbering=STYLE': 'for headers',
      'i,line-increment=NUMBER': 'step',
      'l,join-blank-lines=NUMBER': 'so many empty lines count as one',
      'n,number-format=FORMAT': 'ln, rn or rz',
      'p,no-renumber': 'go on counting on a new page',
      's,number-separator=STRING': 'after the number (default: TAB)',
      'v,starting-line-number=NUMBER': 'first number',
      'w,number-width=NUMBER': 'columns (default 6)',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const number = async (key: string, fallback: number, what: string): Promise<number> => {
      const text = options.value(key);
      if (text === undefined) return fallback;
      if (!/^-?\d+$/.test(text)) await misuse(call, `invalid ${what}: ${quote(ctx, text)}`);
      return Number(text);
    };
    const start = await number('starting-line-number', 1, 'starting line number');
    const step = await number('line-increment', 1, 'line number increment');
    const width = await number('number-width', 6, 'line number field width');
    const format = options.value('number-format') ?? 'rn';
    const separator = options.value('number-separator') ?? '\t';
    const styles = {
      body: options.value('body-numbering') ?? 't',
      header: options.value('header-numbering') ?? 'n',
      footer: options.value('footer-numbering') ?? 'n',
    };
    for (const [section, style] of Object.entries(styles))
      if (!/^[atn]$|^p/.test(style)) await misuse(call, `invalid ${section} numbering style: ${quote(ctx, style)}`);
    let section: keyof typeof styles = 'body';
    let next = start;
    const show = (n: number): string =>
      format === 'ln'
        ? String(n).padEnd(width)
        : format === 'rz'
          ? (n < 0 ? '-' : '') + String(Math.abs(n)).padStart(width - (n < 0 ? 1 : 0), '0')
          : String(n).padStart(width);
    const ok = await eachLine(call, (line) => {
      const mark = { '\\:\\:\\:': 'header', '\\:\\:': 'body', '\\:': 'footer' }[line] as
        | keyof typeof styles
        | undefined;
      if (mark !== undefined) {
        section = mark;
        if (mark === 'header' && !options.has('no-renumber')) next = start;
        out.put('\n');
        return;
      }
      const style = styles[section];
      const numbered =
        style === 'a' ||
        (style === 't' && line !== '') ||
        (style.startsWith('p') && posixRegex(style.slice(1), { extended: false }).test(line));
      if (numbered) {
        out.put(`${show(next)}${separator}${line}\n`);
        next += step;
      } else out.put(`${' '.repeat(width + separator.length)}${line}\n`);
    });
    return ok ? 0 : 1;
  },
);
