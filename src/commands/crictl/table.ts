/**
 * Columns, at least 20 wide, three blanks apart.
 * @models kubernetes-sigs/cri-tools cmd/crictl/display.go
 * @fidelity full
 */
import { tabwrite } from '../../go/tabwriter.ts';

/** What `stats`, `statsp` and `config --list` print first, whether or not stdout is a terminal. */
export const CLEAR_SCREEN = '\u001b[2J\u001b[H';

export function table(rows: readonly (readonly string[])[], minWidth = 20): string {
  const text = rows.map((row) => `${row.join('\t')}\n`).join('');
  return tabwrite(text, { minWidth, tabWidth: 1, padding: 3, padChar: ' ' });
}

const TRUNCATED_ID_LENGTH = 13;

export function truncatedId(id: string, prefix = ''): string {
  return (id.startsWith(prefix) ? id.slice(prefix.length) : id).slice(0, TRUNCATED_ID_LENGTH);
}
