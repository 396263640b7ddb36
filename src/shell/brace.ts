/** Brace expansion on a word's text, quotes respected. @models bash 5.2 braces.c @fidelity full */

export function expandBraces(text: string): string[] {
  for (let i = 0; i < text.length; i++) {
    const skipped = skipQuoted(text, i);
    if (skipped !== i) {
      i = skipped - 1;
      continue;
    }
    if (text[i] !== '{') continue;
    if (text[i - 1] === '$') continue;
    const group = braceGroup(text, i);
    if (group === null) continue;
    const head = text.slice(0, i);
    const tails = expandBraces(text.slice(group.end));
    const out: string[] = [];
    for (const alternative of group.alternatives) for (const tail of tails) out.push(head + alternative + tail);
    return out;
  }
  return [text];
}

/** End of the quoted or `$`-construct beginning at i, or i. */
function skipQuoted(text: string, i: number): number {
  const c = text[i];
  if (c === '\\') return i + 2;
  if (c === "'") return past(text.indexOf("'", i + 1), text);
  if (c === '`') return past(text.indexOf('`', i + 1), text);
  if (c === '"') {
    for (let k = i + 1; k < text.length; k++) {
      if (text[k] === '\\') k++;
      else if (text[k] === '"') return k + 1;
    }
    return text.length;
  }
  if (c === '$' && (text[i + 1] === '{' || text[i + 1] === '(')) {
    const open = text[i + 1] as string;
    const close = open === '{' ? '}' : ')';
    let depth = 0;
    for (let k = i + 1; k < text.length; k++) {
      if (text[k] === '\\') k++;
      else if (text[k] === "'" && open === '(') k = past(text.indexOf("'", k + 1), text) - 1;
      else if (text[k] === open) depth++;
      else if (text[k] === close && --depth === 0) return k + 1;
    }
    return text.length;
  }
  return i;
}

function past(index: number, text: string): number {
  return index < 0 ? text.length : index + 1;
}

function braceGroup(text: string, open: number): { alternatives: string[]; end: number } | null {
  let depth = 0;
  let start = open + 1;
  const pieces: string[] = [];
  for (let i = open; i < text.length; i++) {
    const skipped = skipQuoted(text, i);
    if (skipped !== i) {
      i = skipped - 1;
      continue;
    }
    const c = text[i];
    if (c === '{') depth++;
    else if (c === ',' && depth === 1) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    } else if (c === '}' && --depth === 0) {
      const body = text.slice(start, i);
      if (pieces.length > 0) {
        pieces.push(body);
        return { alternatives: pieces.flatMap(expandBraces), end: i + 1 };
      }
      const sequence = expandSequence(body);
      return sequence === null ? null : { alternatives: sequence, end: i + 1 };
    }
  }
  return null;
}

const SEQUENCE_MAX = 1_000_000;

function expandSequence(body: string): string[] | null {
  const numeric = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/.exec(body);
  const letters = /^([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d+))?$/.exec(body);
  const match = numeric ?? letters;
  if (match === null) return null;
  const [, a = '', b = '', by] = match;
  const from = numeric !== null ? Number(a) : a.charCodeAt(0);
  const to = numeric !== null ? Number(b) : b.charCodeAt(0);
  const step = Math.max(1, Math.abs(Number(by ?? 1)));
  if (Math.abs(to - from) / step > SEQUENCE_MAX) return null;
  const padded = /^-?0\d/.test(a) || /^-?0\d/.test(b);
  const width = padded ? Math.max(a.length, b.length) : 0;
  const out: string[] = [];
  for (let n = from; from <= to ? n <= to : n >= to; n += from <= to ? step : -step) {
    if (numeric === null) out.push(String.fromCharCode(n));
    else out.push(n < 0 ? `-${String(-n).padStart(width - 1, '0')}` : String(n).padStart(width, '0'));
  }
  return out;
}
