import { TEXT_BYTES_MAX } from '../linux/large.ts';
import { exhausted } from './control.ts';

/** Fields under construction: pieces of text that remember whether they were quoted. */
export type Piece = { text: string; quoted: boolean };
export type Field = Piece[];

/** Collects pieces into fields, splitting unquoted expansions by IFS. */
export class FieldBuilder {
  readonly fields: Field[] = [];
  private current: Field | null = null;
  private endedByBlank = false;
  private readonly ifs: string;
  /** False in assignments and other places without word splitting. */
  private readonly splits: boolean;

  constructor(ifs: string, splits: boolean) {
    this.ifs = ifs;
    this.splits = splits;
  }

  literal(text: string, quoted: boolean): void {
    this.endedByBlank = false;
    this.current ??= [];
    this.current.push({ text, quoted });
  }

  /** The result of an unquoted expansion. */
  expansion(text: string): void {
    if (!this.splits || this.ifs === '') {
      if (text !== '') this.literal(text, false);
      return;
    }
    let start = -1;
    for (let i = 0; i < text.length; i++) {
      const c = text[i] as string;
      if (!this.ifs.includes(c)) {
        if (start < 0) start = i;
        continue;
      }
      if (start >= 0) this.literal(text.slice(start, i), false);
      start = -1;
      if (c === ' ' || c === '\t' || c === '\n') {
        if (this.current !== null) {
          this.endField();
          this.endedByBlank = true;
        }
      } else if (this.current !== null) {
        this.endField();
      } else if (this.endedByBlank) {
        this.endedByBlank = false;
      } else {
        this.fields.push([]);
      }
    }
    if (start >= 0) this.literal(text.slice(start), false);
  }

  endField(): void {
    if (this.current !== null) this.fields.push(this.current);
    this.current = null;
    this.endedByBlank = false;
  }

  finish(): Field[] {
    this.endField();
    return this.fields;
  }
}

export function fieldText(field: Field): string {
  let out = '';
  for (const piece of field) out = joined(out, piece.text);
  return out;
}

/** @throws ExpansionError when that is longer than a text can be */
export function joined(a: string, b: string): string {
  const length = a.length + b.length;
  if (length > TEXT_BYTES_MAX) throw exhausted(length);
  return a + b;
}
