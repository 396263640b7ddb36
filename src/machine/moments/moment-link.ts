/**
 * A moment as the text of an address's fragment: `1.` and base64url of deflated JSON. What was typed lies in columns
 * there, times and steps as distances: a key costs about five characters.
 */
import { deflateSync, Inflate } from 'fflate';
import type { LoggedInput, Savepoint } from '../machine.ts';
import {
  INPUTS_MAX,
  isPageInput,
  type Moment,
  type MomentProblem,
  readMoment,
  TEXT_LENGTH_MAX,
  type WrongAt,
  type WrongPlace,
} from './moment.ts';

/** Longer ones are cut off by chats and mail programs. */
export const LINK_LENGTH_MAX = 8000;
/** What is read: a file may hold as much. */
const TEXT_READ_MAX = 32 << 20;
const INFLATED_BYTES_MAX = 48 << 20;
const CHUNK_BYTES = 4096;
const VERSION = 1;
/** Times are mostly whole multiples of this: where they are not they are told in negative ns. */
const TICK_NS = 100_000;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** `k` one key, `K` several at once (their number in `n`), `T` terminal, `S` session, `R` resize, `E` end, `U` upload (lengths of its name and its base64 in `n`). */
type Columns = { k: string; d: number[]; s: number[]; c: number[]; n: number[]; x: string };

/** Null when its log holds kinds of input that a page has not: `readMoment` would refuse it as well. */
export function linkText(moment: Moment): string | null {
  const { savepoint, ...rest } = moment;
  const { inputs, ...head } = savepoint;
  if (!inputs.every(({ kind }) => isPageInput(kind))) return null;
  const text = JSON.stringify({ ...rest, savepoint: head, log: columnsOf(inputs) });
  return `${VERSION}.${toBase64Url(deflateSync(new TextEncoder().encode(text), { level: 9 }))}`;
}

/** Never throws, and never makes more of a text than a bounded number of bytes. */
export function readLinkText(text: string, wrongAt: WrongAt = () => {}): Moment | MomentProblem {
  const wrong = (place: WrongPlace): 'malformed' => {
    wrongAt(place);
    return 'malformed';
  };
  if (text.length > TEXT_READ_MAX) return 'tooLarge';
  const [head = '', digits] = /^(\d{1,4})\./.exec(text) ?? [];
  if (digits === undefined) return wrong(standing(text, /^\d{0,4}/.exec(text)?.[0].length ?? 0));
  const strange = text.slice(head.length).search(/[^\w-]/);
  if (strange >= 0) return wrong(standing(text, head.length + strange));
  const version = Number(digits);
  if (version !== VERSION) return version > VERSION ? 'newer' : 'older';
  const packed = fromBase64Url(text.slice(head.length));
  if (packed === null || packed.length === 0) return wrong({ endsAfter: text.length });
  const inflated = inflate(packed);
  if (inflated === 'somewhere') return 'malformed';
  if (inflated === 'tooLarge') return inflated;
  if (typeof inflated === 'number') {
    const short = inflated >= packed.length;
    return wrong(short ? { endsAfter: text.length } : { from: head.length + Math.floor((inflated * 4) / 3) + 1 });
  }
  let read: { savepoint?: object; log?: unknown } | null;
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(inflated)) as typeof read;
  } catch (error) {
    return wrong(jsonPlace(error));
  }
  const inputs = inputsOf((read?.log ?? {}) as Partial<Columns>, wrong);
  if (typeof inputs === 'string') return inputs;
  return readMoment({ ...read, savepoint: { ...read?.savepoint, inputs } }, wrongAt);
}

/** What stands at `index` does not belong there; past the end it is the end that does not. */
function standing(text: string, index: number): WrongPlace {
  const found = String.fromCodePoint(text.codePointAt(index) ?? 0);
  return index < text.length ? { character: index + 1, found } : { endsAfter: text.length };
}

/** Some browsers say where. */
export function jsonPlace(error: unknown): string {
  const [, at] = /(?:position|column) (\d+)/.exec(String(error)) ?? [];
  return at === undefined ? 'JSON' : `JSON, ${at}`;
}

/** The bytes; or the number of the byte that makes no sense, which is `packed.length` when there are too few. */
function inflate(packed: Uint8Array): Uint8Array | number | 'somewhere' | 'tooLarge' {
  const parts: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  const stream = new Inflate((part, final) => {
    parts.push(part);
    length += part.length;
    ended = final;
  });
  for (let at = 0; at < packed.length; at += CHUNK_BYTES) {
    try {
      stream.push(packed.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= packed.length);
    } catch {
      return firstBad(packed, at);
    }
    if (length > INFLATED_BYTES_MAX) return 'tooLarge';
  }
  if (!ended) return packed.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Which byte it is that makes no sense, at or after `chunk`: the stream says only that there is one. Found by halving, as
 * what begins well goes on to be read until that byte. In what is longer than any link it is not looked for.
 */
function firstBad(packed: Uint8Array, chunk: number): number | 'somewhere' {
  if (packed.length > LINK_LENGTH_MAX) return 'somewhere';
  let [good, bad] = [chunk, Math.min(packed.length, chunk + CHUNK_BYTES) + 1];
  while (bad - good > 1) {
    const length = (good + bad) >> 1;
    if (beginsWell(packed.subarray(0, length))) good = length;
    else bad = length;
  }
  // Where all of them can be read it is those that should follow that are not there.
  return good;
}

function beginsWell(packed: Uint8Array): boolean {
  try {
    new Inflate(() => {}).push(packed);
    return true;
  } catch {
    return false;
  }
}

function columnsOf(inputs: readonly LoggedInput[]): Columns {
  const columns: Columns = { k: '', d: [], s: [], c: [], n: [], x: '' };
  let before = { step: 0, time: 0 };
  for (const input of inputs) {
    const ns = input.time - before.time;
    columns.d.push(ns % TICK_NS === 0 ? ns / TICK_NS : -ns);
    columns.s.push(input.step - before.step);
    before = input;
    columns.k += letterOf(input);
    if ('channel' in input) columns.c.push(input.channel);
    if ('columns' in input) columns.n.push(input.columns, input.rows);
    if (input.kind === 'upload') {
      columns.n.push(input.name.length, input.base64.length);
      columns.x += input.name + input.base64;
    }
    if (input.kind !== 'keys') continue;
    if (input.text.length !== 1) columns.n.push(input.text.length);
    columns.x += input.text;
  }
  return columns;
}

function letterOf(input: LoggedInput): string {
  if (input.kind === 'keys') return input.text.length === 1 ? 'k' : 'K';
  const letters: Readonly<Record<string, string>> = {
    'open-terminal': 'T',
    'open-session': 'S',
    resize: 'R',
    end: 'E',
    upload: 'U',
  };
  const letter = letters[input.kind];
  if (letter === undefined) throw new Error(`no letter for input of the kind ${input.kind}`);
  return letter;
}

/** Of whatever kind the numbers are: `readMoment` looks at each. */
function inputsOf(columns: Partial<Columns>, wrong: (place: string) => 'malformed'): unknown[] | MomentProblem {
  const { k, d, s, c, n, x } = columns;
  if (typeof k !== 'string') return wrong('log.k');
  if (typeof x !== 'string') return wrong('log.x');
  for (const [name, column] of Object.entries({ d, s, c, n })) if (!Array.isArray(column)) return wrong(`log.${name}`);
  if (k.length > INPUTS_MAX || x.length > TEXT_LENGTH_MAX) return 'tooLarge';
  const [delays, steps, channels, numbers] = [d, s, c, n] as number[][] as [number[], number[], number[], number[]];
  const when = { step: 0, time: 0 };
  let [channelAt, numberAt, textAt] = [0, 0, 0];
  const inputs: unknown[] = [];
  /** Null: there is not so much. */
  const textOf = (length: number | undefined): string | null => {
    if (length === undefined || !Number.isSafeInteger(length) || length < 0 || textAt + length > x.length) return null;
    textAt += length;
    return x.slice(textAt - length, textAt);
  };
  for (let i = 0; i < k.length; i++) {
    const delay = delays[i] ?? Number.NaN;
    when.time += delay < 0 ? -delay : delay * TICK_NS;
    when.step += steps[i] ?? Number.NaN;
    const letter = k[i];
    if (letter === 'S') inputs.push({ ...when, kind: 'open-session' });
    else if (letter === 'T')
      inputs.push({ ...when, kind: 'open-terminal', columns: numbers[numberAt++], rows: numbers[numberAt++] });
    else if (letter === 'U') {
      const name = textOf(numbers[numberAt++]);
      const base64 = textOf(numbers[numberAt++]);
      if (name === null || base64 === null) return wrong(`savepoint.inputs[${i}]`);
      inputs.push({ ...when, kind: 'upload', name, base64 });
    } else {
      const channel = channels[channelAt++];
      if (letter === 'E') inputs.push({ ...when, kind: 'end', channel });
      else if (letter === 'R')
        inputs.push({ ...when, kind: 'resize', channel, columns: numbers[numberAt++], rows: numbers[numberAt++] });
      else if (letter === 'k' || letter === 'K') {
        const text = textOf(letter === 'k' ? 1 : numbers[numberAt++]);
        if (text === null) return wrong(`savepoint.inputs[${i}]`);
        inputs.push({ ...when, kind: 'keys', channel, text });
      } else return wrong(`savepoint.inputs[${i}]`);
    }
  }
  return textAt === x.length ? inputs : wrong('log.x');
}

/** Everything up to `before` (virtual ns), so that what came later is not in it. */
export function cutAt(savepoint: Savepoint, before: number): Savepoint {
  if (before >= savepoint.time) return savepoint;
  return { ...savepoint, inputs: savepoint.inputs.filter((input) => input.time < before), time: before };
}

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] ?? 0, bytes[i + 1], bytes[i + 2]];
    text += DIGITS[a >> 2];
    text += DIGITS[((a & 3) << 4) | ((b ?? 0) >> 4)];
    if (b !== undefined) text += DIGITS[((b & 15) << 2) | ((c ?? 0) >> 6)];
    if (c !== undefined) text += DIGITS[c & 63];
  }
  return text;
}

/** Null for letters that are none of its own, or a length that none can have. */
function fromBase64Url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, held, at] = [0, 0, 0];
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    if (digit < 0) return null;
    bits = ((bits << 6) | digit) & 0xffffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = (bits >> held) & 255;
  }
  return bytes;
}
