/**
 * json.Unmarshal into an interface: the value, or the error in the words of Go's scanner.
 * @models go encoding/json scanner.go decode.go
 * @fidelity partial: no typed targets, so "cannot unmarshal" and unknown-field errors are the caller's
 */
import { quote } from './quote.ts';

export type ParsedJson = null | boolean | number | bigint | string | ParsedJson[] | { [key: string]: ParsedJson };

export type JsonResult =
  | { readonly ok: true; readonly value: ParsedJson }
  /** `offset`: how many bytes of input had been read, as SyntaxError.Offset. */
  | { readonly ok: false; readonly error: string; readonly offset: number };

const DEPTH_MAX = 10_000;

/** What the platform's own parser would read otherwise: long integers, huge exponents, halves of surrogate pairs. */
const OWN_WAYS = /(?:\d{16}|[eE][+-]?\d{3})\s*(?:[,\]}]|$)|\\u/;

/** Integers that a float64 cannot hold come back as bigint. */
export function parseJson(text: string): JsonResult {
  if (!OWN_WAYS.test(text)) {
    try {
      return { ok: true, value: JSON.parse(text) as ParsedJson };
    } catch {
      // In Go's words, below.
    }
  }
  try {
    const parser = new JsonParser(text);
    return { ok: true, value: parser.document() };
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    const offset = new TextEncoder().encode(text.slice(0, fault.at)).length;
    return { ok: false, error: fault.message, offset };
  }
}

class JsonFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

class JsonParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): ParsedJson {
    const value = this.value(0, 'looking for beginning of value');
    this.space();
    if (this.at < this.text.length) this.fail('after top-level value');
    return value;
  }

  private fail(context: string): never {
    const ch = this.text[this.at];
    if (ch === undefined) throw new JsonFault('unexpected end of JSON input', this.at);
    throw new JsonFault(`invalid character ${quoteByte(ch)} ${context}`, this.at + 1);
  }

  private space(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? 'x')) this.at += 1;
  }

  private value(depth: number, context: string): ParsedJson {
    this.space();
    if (depth > DEPTH_MAX) throw new JsonFault('exceeded max depth', this.at);
    const ch = this.text[this.at] ?? '';
    if (ch === '{') return this.object(depth);
    if (ch === '[') return this.array(depth);
    if (ch === '"') return this.string();
    if (ch === '-' || isDigit(ch)) return this.number();
    if (ch === 't') return this.literal('true', true);
    if (ch === 'f') return this.literal('false', false);
    if (ch === 'n') return this.literal('null', null);
    return this.fail(context);
  }

  private object(depth: number): ParsedJson {
    const members: [string, ParsedJson][] = [];
    this.at += 1;
    this.space();
    if (this.text[this.at] === '}') {
      this.at += 1;
      return {};
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail('looking for beginning of object key string');
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ':') this.fail('after object key');
      this.at += 1;
      members.push([key, this.value(depth + 1, 'looking for beginning of value')]);
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== '}') this.fail('after object key:value pair');
      this.at += 1;
      // fromEntries defines own members, so that a key like __proto__ stays data.
      if (next === '}') return Object.fromEntries(members);
    }
  }

  private array(depth: number): ParsedJson {
    const items: ParsedJson[] = [];
    this.at += 1;
    this.space();
    if (this.text[this.at] === ']') {
      this.at += 1;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1, 'looking for beginning of value'));
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== ']') this.fail('after array element');
      this.at += 1;
      if (next === ']') return items;
    }
  }

  private string(): string {
    let out = '';
    this.at += 1;
    // In runs: built up letter by letter, a text would stay a list of its letters until somebody reads it.
    for (let start = this.at; ; ) {
      const ch = this.text[this.at];
      if (ch === undefined || ch < ' ') return this.fail('in string literal');
      if (ch === '"') {
        out += this.text.slice(start, this.at);
        this.at += 1;
        return out;
      }
      if (ch !== '\\') {
        this.at += 1;
        continue;
      }
      out += this.text.slice(start, this.at);
      this.at += 1;
      out += this.escape();
      start = this.at;
    }
  }

  private escape(): string {
    const ch = this.text[this.at] ?? '';
    if (ch === 'u') {
      this.at += 1;
      const start = this.at;
      for (; this.at < start + 4; this.at++) {
        if (!/^[0-9a-fA-F]$/.test(this.text[this.at] ?? '')) this.fail('in \\u hexadecimal character escape');
      }
      return String.fromCharCode(Number.parseInt(this.text.slice(start, this.at), 16));
    }
    const plain = SIMPLE_ESCAPES.get(ch);
    if (plain === undefined) return this.fail('in string escape code');
    this.at += 1;
    return plain;
  }

  private number(): ParsedJson {
    const start = this.at;
    if (this.text[this.at] === '-') this.at += 1;
    if (!isDigit(this.text[this.at] ?? '')) this.fail('in numeric literal');
    if (this.text[this.at] === '0') this.at += 1;
    else this.digits();
    let isInteger = true;
    if (this.text[this.at] === '.') {
      isInteger = false;
      this.at += 1;
      if (!isDigit(this.text[this.at] ?? '')) this.fail('after decimal point in numeric literal');
      this.digits();
    }
    if (/^[eE]$/.test(this.text[this.at] ?? '')) {
      isInteger = false;
      this.at += 1;
      if (/^[+-]$/.test(this.text[this.at] ?? '')) this.at += 1;
      if (!isDigit(this.text[this.at] ?? '')) this.fail('in exponent of numeric literal');
      this.digits();
    }
    const literal = this.text.slice(start, this.at);
    const value = Number(literal);
    return isInteger && !Number.isSafeInteger(value) ? BigInt(literal) : value;
  }

  private digits(): void {
    while (isDigit(this.text[this.at] ?? '')) this.at += 1;
  }

  private literal<T>(word: string, value: T): T {
    for (const letter of word) {
      if (this.text[this.at] !== letter) this.fail(`in literal ${word} (expecting '${letter}')`);
      this.at += 1;
    }
    return value;
  }
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function isDigit(ch: string): boolean {
  return ch >= '0' && ch <= '9';
}

/** The scanner works on bytes: beyond ASCII it names the character whose number is the first UTF-8 byte. */
function quoteByte(ch: string): string {
  if (ch === "'") return `'\\''`;
  if (ch === '"') return `'"'`;
  const byte = new TextEncoder().encode(ch)[0] ?? 0;
  return `'${quote(String.fromCharCode(byte)).slice(1, -1)}'`;
}
