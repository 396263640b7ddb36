/**
 * YAML as sigs.k8s.io/yaml prints it: the value's JSON, keys sorted, block style, a list at its key's own indent,
 * quotes only where the plain text would read back as something else.
 * @models sigs.k8s.io/yaml goyaml.v2 encode.go emitterc.go resolve.go sorter.go
 * @fidelity partial: no anchors, tags or comments; keys longer than 128 characters do not get the `? ` form
 */
import { formatFloat } from './floats.ts';
import { base64, type JsonValue } from './json.ts';
import { compareYamlKeys, resolvesToString, scalarFeatures } from './yaml-scalar.ts';

/** Column after which text is folded at the next blank. */
const FOLD_COLUMN = 80;

/** How go-yaml's third version differs: columns of indent, members as they come, lists below their key's column. */
export type YamlLayout = {
  readonly indent: number;
  readonly keepsOrder: boolean;
  readonly indentsLists: boolean;
  /** Column after which text is folded at the next blank. */
  readonly foldColumn: number;
};

const SIGS: YamlLayout = { indent: 2, keepsOrder: false, indentsLists: false, foldColumn: FOLD_COLUMN };

/** @models go.yaml.in/yaml v3.0.4 yaml.go (Marshal of structs) @fidelity full */
export const YAML_V3: YamlLayout = {
  indent: 4,
  keepsOrder: true,
  indentsLists: true,
  foldColumn: Number.POSITIVE_INFINITY,
};

export function marshalYaml(value: JsonValue, layout: YamlLayout = SIGS): string {
  const out: string[] = [];
  if (isCollection(value)) collection(value, 0, true, out, layout);
  else out.push(scalar(value, { indent: layout.indent, column: 0, isKey: false, layout }), '\n');
  return out.join('');
}

type Collection = readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

function isCollection(value: JsonValue): value is Collection {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Array.isArray(value) ? value.length > 0 : Object.values(value).some((member) => member !== undefined);
}

function isList(value: Collection): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** `isLineStart`: false right after `- `, where the first line goes on. */
function collection(value: Collection, indent: number, isLineStart: boolean, out: string[], layout: YamlLayout): void {
  const margin = ' '.repeat(indent);
  let lead = isLineStart ? margin : '';
  if (isList(value)) {
    for (const item of value) {
      out.push(lead, '- ');
      if (isCollection(item)) collection(item, indent + 2, false, out, layout);
      else out.push(scalar(item, { indent: indent + 2, column: indent + 2, isKey: false, layout }), '\n');
      lead = margin;
    }
    return;
  }
  const members = Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  if (!layout.keepsOrder) members.sort(([a], [b]) => compareYamlKeys(a, b));
  for (const [key, item] of members) {
    const keyText = scalar(key, { indent, column: indent, isKey: true, layout });
    out.push(lead, keyText, ':');
    lead = margin;
    if (isCollection(item)) {
      out.push('\n');
      const deeper = layout.indent * Math.floor((indent + layout.indent) / layout.indent);
      collection(item, isList(item) && !layout.indentsLists ? indent : deeper, true, out, layout);
    } else {
      const column = indent + [...keyText].length + 2;
      out.push(' ', scalar(item, { indent: indent + layout.indent, column, isKey: false, layout }), '\n');
    }
  }
}

type Place = {
  readonly indent: number;
  readonly column: number;
  readonly isKey: boolean;
  readonly layout: YamlLayout;
};

function scalar(value: JsonValue, place: Place): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return text(value, place);
  if (value instanceof Uint8Array) return text(base64(value), place);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : formatFloat(value, 'g', -1);
  if (typeof value === 'object') return Array.isArray(value) ? '[]' : '{}';
  return String(value);
}

function text(value: string, place: Place): string {
  const features = scalarFeatures(value);
  if (value.includes('\n')) {
    return features.blockAllowed && !place.isKey ? literal(value, place) : doubleQuoted(value, place);
  }
  if (!resolvesToString(value)) return doubleQuoted(value, place);
  if (features.plainAllowed && !(value === '' && place.isKey)) return folded(value, '', '', place);
  if (features.singleQuotedAllowed) return folded(value.replaceAll("'", "''"), "'", "'", place);
  return doubleQuoted(value, place);
}

function literal(value: string, place: Place): string {
  const indentHint = /^[ \n]/.test(value) ? '2' : '';
  const chomp = !value.endsWith('\n') ? '-' : value === '\n' || value.endsWith('\n\n') ? '+' : '';
  const body = value.endsWith('\n') ? value.slice(0, -1) : value;
  const margin = ' '.repeat(place.indent);
  const lines = body.split('\n').map((line) => (line === '' ? '' : margin + line));
  return `|${indentHint}${chomp}\n${lines.join('\n')}`;
}

/** Plain and single-quoted text: a lone blank past the fold column becomes a line break. */
function folded(value: string, open: string, close: string, place: Place): string {
  const chars = [...value];
  let column = place.column + open.length;
  let out = open;
  let wasSpace = false;
  chars.forEach((ch, i) => {
    const isInside = open === '' || (i > 0 && i < chars.length - 1);
    if (
      ch === ' ' &&
      !place.isKey &&
      !wasSpace &&
      column > place.layout.foldColumn &&
      isInside &&
      chars[i + 1] !== ' '
    ) {
      out += `\n${' '.repeat(place.indent)}`;
      column = place.indent;
    } else {
      out += ch;
      column += 1;
    }
    wasSpace = ch === ' ';
  });
  return out + close;
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x00, '0'],
  [0x07, 'a'],
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0b, 'v'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x1b, 'e'],
  [0x22, '"'],
  [0x5c, '\\'],
  [0x85, 'N'],
  [0xa0, '_'],
  [0x2028, 'L'],
  [0x2029, 'P'],
]);

function doubleQuoted(value: string, place: Place): string {
  const chars = [...value];
  let column = place.column + 1;
  let out = '"';
  let wasSpace = false;
  chars.forEach((ch, i) => {
    const code = ch.codePointAt(0) ?? 0;
    if (ch === ' ' && !place.isKey && !wasSpace && column > place.layout.foldColumn && i > 0 && i < chars.length - 1) {
      out += `\n${' '.repeat(place.indent)}${chars[i + 1] === ' ' ? '\\' : ''}`;
      column = place.indent;
    } else {
      const piece = escaped(ch, code);
      out += piece;
      column += piece.length;
    }
    wasSpace = ch === ' ';
  });
  return `${out}"`;
}

function escaped(ch: string, code: number): string {
  const isPlain =
    (code >= 0x20 && code <= 0x7e) || (code > 0xa0 && code !== 0xfeff && (code < 0xd800 || code > 0xdfff));
  const short = ESCAPES.get(code);
  if (short !== undefined) return `\\${short}`;
  if (isPlain) return ch;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
