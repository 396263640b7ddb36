/**
 * The canonical tree into structs: texts that are sizes, durations, commands and mappings are read.
 * @models compose-go v2.12.1 loader/loader.go (Transform), types/{mapping,bytes,duration,hostList,labels,command,cpus}.go; mattn/go-shellwords
 * @fidelity partial: several faults are told as one
 */
import { parseDuration } from '../../../../go/duration.ts';
import { ContainerdError } from '../../../common/containerd/errors.ts';
import { fail } from '../../run.ts';
import { type Field, shapeOf } from './shape.ts';
import { type Dict, dictOf, isDict, listOf, text, type Value } from './tree.ts';

/** `path`: as mapstructure tells it, such as `services[web].deploy`. */
export function decodeStruct(name: string, value: Value, path: string): Dict {
  const source = dictOf(value);
  const out: Dict = {};
  for (const field of shapeOf(name)) {
    const item = source[field.key];
    if (item === undefined || (item === null && field.kind !== 'structMap')) continue;
    const place = path === '' ? field.key : `${path}.${field.key}`;
    try {
      const read = decodeField(field, item, place);
      if (read !== undefined) out[field.key] = read;
    } catch (error) {
      if (!(error instanceof ContainerdError) || error instanceof DecodingError) throw error;
      throw new DecodingError(`decoding failed due to the following error(s):\n\n'${place}' ${error.message}`);
    }
  }
  const extensions = Object.entries(source).filter(([key]) => key.startsWith('x-'));
  if (extensions.length > 0) out['#extensions'] = Object.fromEntries(extensions);
  return out;
}

class DecodingError extends ContainerdError {}

function decodeField(field: Field, value: Value, place: string): Value | undefined {
  switch (field.kind) {
    case 'bytes':
      return bytes(value);
    case 'duration':
      return duration(text(value));
    case 'command':
      return typeof value === 'string' ? shellWords(value) : listOf(value).map(text);
    case 'test':
      return typeof value === 'string' ? ['CMD-SHELL', value] : listOf(value).map(text);
    case 'env':
      return env(value);
    case 'mapping':
      return Object.fromEntries(Object.entries(dictOf(env(value))).map(([key, item]) => [key, item ?? '']));
    case 'hosts':
      return hosts(value);
    case 'cpus':
      return number(value, 'ParseFloat');
    case 'int':
      return number(value, 'ParseInt');
    case 'mode':
      return typeof value === 'string' ? Number.parseInt(value, 8) : value;
    case 'strings':
      return (Array.isArray(value) ? value : [value]).map(text);
    case 'ulimits':
      return Object.fromEntries(
        Object.entries(dictOf(value)).map(([key, item]) => [
          key,
          isDict(item) ? item : { single: number(item, 'Atoi') },
        ]),
      );
    case 'struct':
      return decodeStruct(field.of, value, place);
    case 'structs':
      return listOf(value).map((item, i) => decodeStruct(field.of, item, `${place}[${i}]`));
    case 'structMap':
      return Object.fromEntries(
        Object.entries(dictOf(value)).map(([key, item]) => [
          key,
          item === null && field.isPointer ? null : decodeStruct(field.of, item, `${place}[${key}]`),
        ]),
      );
    default:
      return field.key === 'published' ? text(value) : value;
  }
}

function number(value: Value, call: string): number {
  const read = typeof value === 'number' ? value : Number(text(value).trim() === '' ? Number.NaN : text(value));
  return Number.isNaN(read) ? fail(`strconv.${call}: parsing ${JSON.stringify(text(value))}: invalid syntax`) : read;
}

const UNITS = 'kmgtp';

/** units.RAMInBytes: of 1024. */
function bytes(value: Value): number {
  if (typeof value === 'number') return value;
  const source = text(value);
  if (/^[-+]?\d+$/.test(source)) return Number(source);
  const match = /^(\d+(?:\.\d+)?|\.\d+)(.*)$/.exec(source);
  if (match === null) return fail(`invalid size: '${source}'`);
  const suffix = (match[2] ?? '').replace(/^ /, '').toLowerCase();
  const unit = /^([kmgtp]?)(?:i?b)?$/.exec(suffix);
  if (unit === null) return fail(`invalid suffix: '${suffix}'`);
  const power = (unit[1] ?? '') === '' ? 0 : UNITS.indexOf(unit[1] ?? '') + 1;
  return Math.trunc(Number(match[1]) * 1024 ** power);
}

const HOURS_A_DAY = 24;

/** str2duration: days and weeks as well. */
function duration(source: string): number {
  const hours = source.replace(/(\d+(?:\.\d+)?)([dw])/g, (_, count: string, unit: string) => {
    const factor = unit === 'd' ? HOURS_A_DAY : HOURS_A_DAY * 7;
    return `${Number(count) * factor}h`;
  });
  const parsed = parseDuration(hours);
  return parsed.ok ? parsed.ns : fail(parsed.error.replace(JSON.stringify(hours), JSON.stringify(source)));
}

function env(value: Value): Value {
  if (isDict(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item === null ? null : text(item)]));
  const out: Dict = {};
  for (const item of listOf(value)) {
    const word = text(item);
    const at = word.indexOf('=');
    const key = at < 0 ? word : word.slice(0, at);
    if (/\s$/.test(key)) fail(`environment variable ${key} is declared with a trailing space`);
    out[key] = at < 0 ? null : word.slice(at + 1);
  }
  return out;
}

function hosts(value: Value): Value {
  const out: Record<string, string[]> = {};
  if (isDict(value)) {
    for (const [host, item] of Object.entries(value))
      out[host] = Array.isArray(item) ? item.map(text) : [item === null ? '' : text(item)];
  } else
    for (const item of listOf(value)) {
      const word = text(item);
      const at = word.includes('=') ? word.indexOf('=') : word.indexOf(':');
      if (at < 0) fail(`invalid additional host, missing IP: ${word}`);
      const host = word.slice(0, at);
      out[host] = [...(out[host] ?? []), ...word.slice(at + 1).split(',')];
    }
  for (const [host, ips] of Object.entries(out)) {
    if (host === '' || /[:=]/.test(host)) fail(`bad host name '${host}'`);
    out[host] = ips.map((ip) => ip.replace(/^\[(.+)\]$/, '$1'));
  }
  return out;
}

/** Words as a shell would split them; nothing is expanded, and an operator ends the line. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let hasWord = false;
  let mark = '';
  for (let i = 0; i < line.length; i++) {
    const ch = line[i] as string;
    if (ch === '\\' && mark !== "'") {
      i += 1;
      word += line[i] ?? '';
      hasWord = true;
    } else if (mark !== '') {
      if (ch === mark) mark = '';
      else word += ch;
    } else if (ch === '"' || ch === "'") {
      mark = ch;
      hasWord = true;
    } else if (/\s/.test(ch)) {
      if (hasWord) words.push(word);
      [word, hasWord] = ['', false];
    } else if (/[;&|<>]/.test(ch)) break;
    else {
      word += ch;
      hasWord = true;
    }
  }
  if (mark !== '') fail('invalid command line string');
  if (hasWord) words.push(word);
  return words;
}
