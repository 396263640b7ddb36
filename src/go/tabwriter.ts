/**
 * Elastic tab stops: text whose cells end in a tab is laid out in columns, and a column is as wide as its widest
 * cell in a run of consecutive lines that all have that cell. The last cell of a line (not ended by a tab) never widens
 * a column.
 * @models go text/tabwriter tabwriter.go
 * @fidelity partial: no FilterHTML and no StripEscape; width counts code points, as upstream does
 */
export type TabwriterOptions = {
  readonly minWidth: number;
  readonly tabWidth: number;
  readonly padding: number;
  readonly padChar: string;
  readonly alignRight?: boolean;
  readonly tabIndent?: boolean;
  readonly discardEmptyColumns?: boolean;
  readonly debug?: boolean;
};

type Cell = { readonly text: string; readonly width: number; readonly horizontalTab: boolean };

/** What urfave/cli lays its help out with. */
export const HELP_TABS: TabwriterOptions = { minWidth: 1, tabWidth: 8, padding: 2, padChar: ' ' };

/** Lays out `text` whole, as Write followed by Flush does; a missing final newline stays missing. */
export function tabwrite(text: string, options: TabwriterOptions): string {
  const out: string[] = [];
  const pages = text.split('\f');
  pages.forEach((page, index) => {
    const isLast = index === pages.length - 1;
    layOut(page.split('\n').map(toCells), options, out);
    // A form feed ends its line and the columns; in debug mode it is shown as a rule.
    if (!isLast) out.push('\n', options.debug === true ? '---\n' : '');
  });
  return out.join('');
}

function toCells(line: string): Cell[] {
  const cells: Cell[] = [];
  let start = 0;
  for (let i = 0; i <= line.length; i++) {
    const ch = line[i];
    if (i < line.length && ch !== '\t' && ch !== '\v') continue;
    const text = line.slice(start, i);
    cells.push({ text, width: [...text].length, horizontalTab: ch === '\t' });
    start = i + 1;
  }
  return cells;
}

function layOut(lines: readonly Cell[][], options: TabwriterOptions, out: string[]): void {
  const alignRight = options.alignRight === true && options.padChar !== '\t';
  const widths: number[] = [];

  const pad = (textWidth: number, cellWidth: number, useTabs: boolean): void => {
    if (options.padChar === '\t' || useTabs) {
      if (options.tabWidth === 0) return;
      const rounded = Math.ceil(cellWidth / options.tabWidth) * options.tabWidth;
      out.push('\t'.repeat(Math.max(0, Math.ceil((rounded - textWidth) / options.tabWidth))));
      return;
    }
    out.push(options.padChar.repeat(Math.max(0, cellWidth - textWidth)));
  };

  const writeLines = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      let useTabs = options.tabIndent === true;
      (lines[i] ?? []).forEach((cell, j) => {
        if (j > 0 && options.debug === true) out.push('|');
        const width = widths[j];
        if (cell.text === '') {
          if (width !== undefined) pad(0, width, useTabs);
          return;
        }
        useTabs = false;
        if (alignRight && width !== undefined) pad(cell.width, width, false);
        out.push(cell.text);
        if (!alignRight && width !== undefined) pad(cell.width, width, false);
      });
      if (i + 1 < lines.length) out.push('\n');
    }
  };

  const hasColumn = (line: number, column: number): boolean => column < (lines[line]?.length ?? 0) - 1;

  const formatBlock = (from: number, to: number): void => {
    const column = widths.length;
    let unwritten = from;
    for (let line = from; line < to; line++) {
      if (!hasColumn(line, column)) continue;
      writeLines(unwritten, line);
      unwritten = line;
      let width = options.minWidth;
      let discardable = true;
      for (; line < to && hasColumn(line, column); line++) {
        const cell = lines[line]?.[column];
        if (cell === undefined) break;
        width = Math.max(width, cell.width + options.padding);
        if (cell.width > 0 || cell.horizontalTab) discardable = false;
      }
      widths.push(discardable && options.discardEmptyColumns === true ? 0 : width);
      formatBlock(unwritten, line);
      widths.pop();
      unwritten = line;
    }
    writeLines(unwritten, to);
  };

  formatBlock(0, lines.length);
}
