/** Tables and trees of util-linux. @models util-linux 2.41 libsmartcols @fidelity partial: columns are not shrunk to the terminal, the last one is cut */
export type TableColumn = { name: string; right?: boolean };

export type TableRow = { cells: readonly string[]; children: TableRow[] };

export type TableStyle = {
  /** Column that carries the tree, -1 for a plain list. */
  treeColumn: number;
  headings: boolean;
  raw?: boolean;
  pairs?: boolean;
  widthMax?: number;
};

const variable = (name: string): string => name.replace(/%$/, 'PCT').replace(/[^A-Za-z0-9_]/g, '_');
const rawCell = (text: string): string =>
  text.replace(/[\\\s]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

export function renderTable(columns: readonly TableColumn[], roots: readonly TableRow[], style: TableStyle): string {
  const lines: string[][] = [];
  const walk = (rows: readonly TableRow[], prefix: string, top: boolean): void => {
    rows.forEach((row, i) => {
      const last = i === rows.length - 1;
      const art = top || style.treeColumn < 0 ? '' : `${prefix}${last ? '└─' : '├─'}`;
      lines.push(row.cells.map((cell, c) => (c === style.treeColumn ? art + cell : cell)));
      walk(row.children, top ? '' : `${prefix}${last ? '  ' : '│ '}`, false);
    });
  };
  walk(roots, '', true);
  if (style.pairs)
    return lines
      .map((cells) => `${cells.map((cell, i) => `${variable(columns[i]?.name ?? '')}="${cell}"`).join(' ')}\n`)
      .join('');
  if (style.headings) lines.unshift(columns.map((c) => c.name));
  if (style.raw) return lines.map((cells) => `${cells.map(rawCell).join(' ')}\n`).join('');
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => [...(cells[i] as string)].length)));
  return lines
    .map((cells) => {
      const text = cells
        .map((cell, i) => {
          const gap = ' '.repeat((widths[i] as number) - [...cell].length);
          if (columns[i]?.right) return gap + cell;
          return i === cells.length - 1 ? cell : cell + gap;
        })
        .join(' ');
      return `${style.widthMax === undefined ? text : text.slice(0, style.widthMax)}\n`;
    })
    .join('');
}

/** `{ "filesystems": [ … ] }` in libsmartcols' layout. */
export function renderJson(
  name: string,
  columns: readonly TableColumn[],
  roots: readonly TableRow[],
  numeric: ReadonlySet<string>,
): string {
  const list = (rows: readonly TableRow[], indent: string): string =>
    rows
      .map((row) => {
        const fields = row.cells.map((cell, i) => {
          const key = (columns[i]?.name ?? '').toLowerCase();
          return `${indent}   "${key}": ${cell === '' ? 'null' : numeric.has(key) ? cell : JSON.stringify(cell)}`;
        });
        if (row.children.length > 0)
          fields.push(`${indent}   "children": [\n${list(row.children, `${indent}      `)}\n${indent}   ]`);
        return `${indent}{\n${fields.join(',\n')}\n${indent}}`;
      })
      .join(',');
  return `{\n   "${name}": [\n${list(roots, '      ')}\n   ]\n}\n`;
}
