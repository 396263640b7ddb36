/**
 * Columns of text: what kubectl prints of the server's rows.
 * @models k8s.io/cli-runtime pkg/printers tableprinter.go, third_party tabwriter (liggitt)
 * @fidelity full
 */
import { field, list, number, text } from '../../protocols/kube/fields.ts';

const PADDING = 3;

/** Columns as wide as their widest cell; `widths` remembers them from one print of a watch to the next. */
export function layOutTable(
  headers: readonly string[] | null,
  rows: readonly (readonly string[])[],
  widths: number[] = [],
): string {
  const lines = headers === null ? rows : [headers, ...rows];
  for (const line of lines) {
    line.forEach((cell, i) => {
      if (i < line.length - 1) widths[i] = Math.max(widths[i] ?? 0, [...cell].length + PADDING);
    });
  }
  return lines
    .map((line) => line.map((cell, i) => (i < line.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join(''))
    .map((line) => `${line}\n`)
    .join('');
}

export type ShownTable = { readonly headers: string[]; readonly rows: string[][] };

export type TableOptions = {
  readonly wide: boolean;
  readonly withNamespace: boolean;
  /** `pod`, `deployment.apps`: put before each name. */
  readonly kind: string | null;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
};

const WRAPPED_LINES_MAX = 1;

/** The cells of a Table answer; `columns` are those of the first answer of a watch. */
export function shownTable(table: unknown, columns: readonly unknown[], options: TableOptions): ShownTable {
  const kept = columns.flatMap((column, i) => (options.wide || (number(column, 'priority') ?? 0) === 0 ? [i] : []));
  const headers = kept.map((i) => text(columns[i], 'name').toUpperCase());
  if (options.withNamespace) headers.unshift('NAMESPACE');
  headers.push(...options.labelColumns.map((key) => (key.split('/').at(-1) ?? key).toUpperCase()));
  if (options.showLabels) headers.push('LABELS');
  const rows = list(table, 'rows').map((row) => {
    const all = Array.isArray(row['cells']) ? (row['cells'] as readonly unknown[]) : [];
    const cells = kept.map((i) => cellText(all[i]));
    if (options.kind !== null) cells[0] = `${options.kind}/${cells[0] ?? ''}`;
    if (options.withNamespace) cells.unshift(text(row, 'object', 'metadata', 'namespace'));
    const labels = field(row, 'object', 'metadata', 'labels');
    for (const key of options.labelColumns) cells.push(text(labels, key));
    if (options.showLabels) cells.push(labelCell(labels));
    return cells;
  });
  return { headers, rows };
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '<none>';
  const [first = '', ...more] = String(value).split('\n');
  return more.length >= WRAPPED_LINES_MAX ? `${first}...` : first;
}

function labelCell(labels: unknown): string {
  if (typeof labels !== 'object' || labels === null) return '<none>';
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return parts.length === 0 ? '<none>' : parts.sort().join(',');
}
