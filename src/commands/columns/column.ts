/** @models util-linux 2.41 text-utils/column.c @fidelity partial: filling columns, -t with -s -o -N -R -H -J; no wrapping or trees */
import { eachLine, misuse } from '../common/files.ts';
import { shortCommand } from '../common/short-command.ts';
import { isTerminal } from '../common/streams.ts';
import { displayWidth } from '../common/text.ts';

export const column = shortCommand(
  {
    name: 'column',
    usage: ['[options] [<file>...]'],
    about: 'Put lists into columns.',
    version: 'column from util-linux 2.41',
    options: {
      't,table': 'make a table',
      'n,table-name=NAME': 'name of the table for JSON',
      'N,table-columns=NAMES': 'names of the columns',
      'R,table-right=COLUMNS': 'right-align these columns',
      'H,table-hide=COLUMNS': 'leave these columns out',
      'd,table-noheadings': 'no headings',
      'J,json': 'JSON',
      's,separator=STRING': 'characters that separate fields',
      'o,output-separator=STRING': 'between the columns of a table (default: two spaces)',
      'x,fillrows': 'fill rows before columns',
      'c,output-width=WIDTH': 'width of the output',
      'L,keep-empty-lines': 'do not skip empty lines',
    },
    hint: (name) => `Try '${name} --help' for more information.`,
  },
  async (call) => {
    const { ctx, options, out } = call;
    const rows: string[] = [];
    const ok = await eachLine(call, (line) => {
      if (line.trim() !== '' || options.has('keep-empty-lines')) rows.push(line);
    });
    const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));
    if (options.has('table') || options.has('json')) {
      const separator = options.value('separator');
      const split = (line: string): string[] =>
        separator === undefined
          ? line.trim().split(/[ \t]+/)
          : line.split(new RegExp(`[${separator.replace(/[\\\]^-]/g, '\\$&')}]`));
      const table = rows.map(split);
      const names = options.value('table-columns')?.split(',');
      if (options.has('json')) {
        if (names === undefined) return misuse(call, '--table-columns is required for --json');
        const name = options.value('table-name') ?? 'table';
        const objects = table.map(
          (cells) =>
            `{\n${names.map((n, i) => `         "${n.toLowerCase()}": ${cells[i] === undefined ? 'null' : JSON.stringify(cells[i])}`).join(',\n')}\n      }`,
        );
        await out.write(`{\n   "${name}": [\n      ${objects.join(',')}\n   ]\n}\n`);
        return ok ? 0 : 1;
      }
      if (names !== undefined && !options.has('table-noheadings')) table.unshift(names);
      const which = (key: string): Set<number> =>
        new Set(
          (options.value(key) ?? '')
            .split(',')
            .filter((c) => c !== '')
            .map((c) => (/^\d+$/.test(c) ? Number(c) - 1 : (names ?? []).indexOf(c))),
        );
      const [right, hidden] = [which('table-right'), which('table-hide')];
      const count = Math.max(0, ...table.map((cells) => cells.length));
      const widths = Array.from({ length: count }, (_, i) =>
        Math.max(0, ...table.map((cells) => displayWidth(cells[i] ?? ''))),
      );
      const shown = widths.map((_, i) => i).filter((i) => !hidden.has(i));
      const glue = options.value('output-separator') ?? '  ';
      for (const cells of table) {
        const text = shown.map((i, n) => {
          const cell = cells[i] ?? '';
          const width = widths[i] as number;
          if (right.has(i)) return ' '.repeat(width - displayWidth(cell)) + cell;
          return n === shown.length - 1 ? cell : pad(cell, width);
        });
        await out.write(`${text.join(glue)}\n`);
      }
      return ok ? 0 : 1;
    }
    const terminal = (await isTerminal(ctx, 1)) ? (await ctx.sys.getWindowSize(ctx, 1)).columns : 80;
    const width = Number(options.value('output-width') ?? terminal);
    const longest = Math.max(0, ...rows.map(displayWidth));
    const cell = (Math.floor(longest / 8) + 1) * 8;
    if (longest >= width) {
      for (const row of rows) await out.write(`${row}\n`);
      return ok ? 0 : 1;
    }
    const perLine = Math.max(1, Math.floor(width / cell));
    const height = Math.ceil(rows.length / perLine);
    const tabs = (text: string): string => text + '\t'.repeat(Math.ceil((cell - displayWidth(text)) / 8));
    for (let r = 0; r < height; r++) {
      const line = options.has('fillrows')
        ? rows.slice(r * perLine, (r + 1) * perLine)
        : Array.from({ length: perLine }, (_, c) => rows[c * height + r]).filter((t): t is string => t !== undefined);
      await out.write(`${line.map((t, i) => (i === line.length - 1 ? t : tabs(t))).join('')}\n`);
    }
    return ok ? 0 : 1;
  },
);
