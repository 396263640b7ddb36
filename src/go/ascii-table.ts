/**
 * A table in a frame of `+`, `-` and `|`: headings in capitals and centred, cells to the right.
 * @models olekukonko/tablewriter v0.0.5 table.go @fidelity partial: right alignment alone; no cell is wrapped
 */
export function asciiTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = header.map((title) => title.replaceAll('_', ' ').toUpperCase());
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const body = rows.map((row) => line(widths.map((width, i) => (row[i] ?? '').padStart(width))));
  return [
    rule,
    line(titles.map((title, i) => centred(title, widths[i] ?? 0))),
    rule,
    ...body,
    ...(rows.length > 0 ? [rule] : []),
  ].join('');
}

function centred(text: string, width: number): string {
  const before = Math.floor((width - text.length) / 2);
  return `${' '.repeat(before)}${text}`.padEnd(width);
}
