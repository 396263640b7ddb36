/** How many terminal cells a character takes. @models glibc wcwidth @fidelity partial: the common wide and zero blocks */
export function characterWidth(code: number): number {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < 0x300) return 1;
  if (
    code <= 0x36f ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0x20d0 && code <= 0x20ff)
  )
    return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0x303e) ||
    (code >= 0x3041 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f680 && code <= 0x1f6ff) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Text as readline shows it: control characters as ^X, newlines kept. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (c) => `^${String.fromCharCode(c.charCodeAt(0) ^ 64)}`)
    .replace(/\t/g, '        ');
}

export type Position = { row: number; column: number };

/** Where the cursor is after writing `text` from `start` on a terminal `columns` wide. */
export function advance(start: Position, text: string, columns: number): Position {
  let { row, column } = start;
  for (const c of text) {
    if (c === '\n') {
      row++;
      column = 0;
      continue;
    }
    const width = characterWidth(c.codePointAt(0) as number);
    if (column + width > columns) {
      row++;
      column = 0;
    }
    column += width;
  }
  if (column >= columns) return { row: row + 1, column: 0 };
  return { row, column };
}

/** A prompt without the parts between \[ and \] and without escape sequences. */
export function promptText(prompt: string): { shown: string; measured: string } {
  const shown = prompt.replace(/[\x01\x02]/g, '');
  const measured = prompt.replace(/\x01[^\x02]*\x02/g, '').replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g, '');
  return { shown, measured };
}
