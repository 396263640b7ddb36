/** Reads a YAML document field by field, remembering where each stands; problems are collected, not thrown. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { LessonProblem } from './lesson.ts';

export class YamlReader {
  readonly problems: LessonProblem[] = [];
  readonly root: YamlValue;
  private readonly file: string;
  private readonly lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    for (const error of [...document.errors, ...document.warnings]) this.problemAt(error.pos[0], error.message);
    this.root = new YamlValue(this, document.contents, 0, '');
  }

  lineAt(offset: number): number {
    return this.lines.linePos(offset).line;
  }

  problemAt(offset: number, message: string): void {
    this.problems.push({ file: this.file, line: this.lineAt(offset), message });
  }
}

/** One value of the document. `as…` report a problem and give a neutral value if it is of another kind. */
export class YamlValue {
  private readonly reader: YamlReader;
  private readonly node: Node | null;
  private readonly offset: number;
  private readonly path: string;

  constructor(reader: YamlReader, node: unknown, offset: number, path: string) {
    this.reader = reader;
    this.node = (node ?? null) as Node | null;
    this.offset = this.node?.range?.[0] ?? offset;
    this.path = path;
  }

  get line(): number {
    return this.reader.lineAt(this.offset);
  }

  get absent(): boolean {
    return this.node === null;
  }

  problem(message: string): void {
    this.reader.problemAt(this.offset, `${this.path === '' ? 'the lesson' : this.path}: ${message}`);
  }

  asString(): string {
    if (isScalar(this.node) && typeof this.node.value === 'string' && this.node.value.trim() !== '')
      return this.node.value;
    this.problem(this.absent ? 'is missing' : 'must be a text');
    return '';
  }

  asOneOf<T extends string>(values: readonly T[]): T {
    const text = this.asString();
    const found = values.find((value) => value === text);
    if (found === undefined && text !== '')
      this.problem(`must be one of ${values.join(', ')}, not ${JSON.stringify(text)}`);
    return found ?? (values[0] as T);
  }

  asWholeNumber(min: number, max: number): number {
    const value = isScalar(this.node) ? this.node.value : null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.problem(this.absent ? 'is missing' : `must be a whole number from ${min} to ${max}`);
    return min;
  }

  asBoolean(): boolean {
    const value = isScalar(this.node) ? this.node.value : null;
    if (typeof value === 'boolean') return value;
    this.problem('must be true or false');
    return false;
  }

  asList(): YamlValue[] {
    if (isSeq(this.node))
      return this.node.items.map((item, i) => new YamlValue(this.reader, item, this.offset, `${this.path}[${i}]`));
    this.problem(this.absent ? 'is missing' : 'must be a list');
    return [];
  }

  asStrings(): string[] {
    return this.asList().map((item) => item.asString());
  }

  /** The fields of a map. Names that are not known are problems: a misspelt check must not be skipped in silence. */
  asRecord<K extends string>(names: readonly K[]): Record<K, YamlValue> {
    const record = {} as Record<K, YamlValue>;
    const place = (name: string): string => (this.path === '' ? name : `${this.path}.${name}`);
    for (const name of names) record[name] = new YamlValue(this.reader, null, this.offset, place(name));
    if (!isMap(this.node)) {
      this.problem(this.absent ? 'is missing' : 'must be a map');
      return record;
    }
    for (const { key, value } of this.node.items) {
      const offset = (key as Node | null)?.range?.[0] ?? this.offset;
      const name = isScalar(key) ? String(key.value) : '';
      if ((names as readonly string[]).includes(name))
        record[name as K] = new YamlValue(this.reader, value, offset, place(name));
      else this.reader.problemAt(offset, `${place(name)}: unknown field; there are ${names.join(', ')}`);
    }
    return record;
  }
}
