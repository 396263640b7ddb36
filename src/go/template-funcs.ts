/**
 * The functions every Go template has.
 * @models go text/template funcs.go
 * @fidelity partial: call and method values are missing; html, js and urlquery escape the common characters
 */
import { type JsonValue, marshalJson } from './json.ts';
import { formatValue, sprintfWith, typeName, type ValueStyle } from './sprintf.ts';

export type TemplateFunction = (...args: readonly unknown[]) => unknown;

/** An error that a function returns; `isCount` marks a wrong number of arguments, which reads differently. */
export class FunctionFault extends Error {
  readonly isCount: boolean;
  constructor(message: string, isCount = false) {
    super(message);
    this.isCount = isCount;
  }
}

const STYLE: ValueStyle = { numbers: 'float64' };

/** false, 0, nil, and what is empty. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}

function expectArgs(name: string, args: readonly unknown[], least: number, most: number): void {
  if (args.length >= least && args.length <= most) return;
  const want = least === most ? String(least) : `at least ${least}`;
  throw new FunctionFault(`wrong number of args for ${name}: want ${want} got ${args.length}`, true);
}

type Kind = 'bool' | 'int' | 'float' | 'string' | 'nil';

function basicKind(value: unknown): Kind {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'string';
  throw new FunctionFault('invalid type for comparison');
}

function eq(...args: readonly unknown[]): boolean {
  expectArgs('eq', args, 1, Number.POSITIVE_INFINITY);
  const [first, ...others] = args;
  if (others.length === 0) throw new FunctionFault('missing argument for comparison');
  const kind = typeof first === 'object' && first !== null ? undefined : basicKind(first);
  for (const other of others) {
    if (kind === undefined)
      throw new FunctionFault(`non-comparable type ${formatValue(first, STYLE)}: ${typeName(first, STYLE)}`);
    const otherKind = basicKind(other);
    if (kind !== otherKind) {
      if (kind === 'nil' || otherKind === 'nil') continue;
      throw new FunctionFault('incompatible types for comparison');
    }
    if (kind === 'nil' || first === other) return true;
  }
  return false;
}

function ne(...args: readonly unknown[]): boolean {
  expectArgs('ne', args, 2, 2);
  return !eq(...args);
}

function not(...args: readonly unknown[]): boolean {
  expectArgs('not', args, 1, 1);
  return !isTrue(args[0]);
}

function lt(name: string, args: readonly unknown[]): boolean {
  expectArgs(name, args, 2, 2);
  const [a, b] = args;
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw new FunctionFault('incompatible types for comparison');
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new FunctionFault('invalid type for comparison');
}

function order(name: string, args: readonly unknown[], decide: (less: boolean, equal: boolean) => boolean): boolean {
  return decide(lt(name, args), eq(...args));
}

function toIndex(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  throw new FunctionFault(`cannot index slice/array with type ${typeName(value, STYLE)}`);
}

function index(...args: readonly unknown[]): unknown {
  expectArgs('index', args, 1, Number.POSITIVE_INFINITY);
  const [base, ...keys] = args;
  let item = base;
  for (const key of keys) {
    if (item === null || item === undefined) throw new FunctionFault('index of untyped nil');
    if (Array.isArray(item) || typeof item === 'string') {
      const at = toIndex(key);
      const length = typeof item === 'string' ? new TextEncoder().encode(item).length : item.length;
      if (at < 0 || at >= length) throw new FunctionFault(`index out of range: ${at}`);
      item = typeof item === 'string' ? BigInt(new TextEncoder().encode(item)[at] ?? 0) : (item[at] as unknown);
    } else if (typeof item === 'object') {
      if (typeof key !== 'string') {
        throw new FunctionFault(`value has type ${typeName(key, STYLE)}; should be string`);
      }
      item = Object.hasOwn(item, key) ? (item as Record<string, unknown>)[key] : null;
    } else {
      throw new FunctionFault(`can't index item of type ${typeName(item, STYLE)}`);
    }
  }
  return item;
}

function slice(...args: readonly unknown[]): unknown {
  expectArgs('slice', args, 1, Number.POSITIVE_INFINITY);
  const [item, ...bounds] = args;
  if (item === null || item === undefined) throw new FunctionFault('slice of untyped nil');
  if (bounds.length > 3) throw new FunctionFault(`too many slice indexes: ${bounds.length}`);
  if (typeof item !== 'string' && !Array.isArray(item)) {
    throw new FunctionFault(`can't slice item of type ${typeName(item, STYLE)}`);
  }
  const from = bounds[0] === undefined ? 0 : toIndex(bounds[0]);
  const to = bounds[1] === undefined ? item.length : toIndex(bounds[1]);
  for (const bound of [from, to]) {
    if (bound < 0 || bound > item.length) throw new FunctionFault(`index out of range: ${bound}`);
  }
  if (from > to) throw new FunctionFault(`invalid slice index: ${from} > ${to}`);
  return item.slice(from, to);
}

function len(...args: readonly unknown[]): bigint {
  expectArgs('len', args, 1, 1);
  const [item] = args;
  if (typeof item === 'string') return BigInt(new TextEncoder().encode(item).length);
  if (Array.isArray(item)) return BigInt(item.length);
  if (typeof item === 'object' && item !== null) return BigInt(Object.keys(item).length);
  if (item === null || item === undefined) throw new FunctionFault('len of nil pointer');
  throw new FunctionFault(`len of type ${typeName(item, STYLE)}`);
}

/** fmt.Sprint: blanks only between two operands that are both no strings. */
function sprint(...args: readonly unknown[]): string {
  return args
    .map((arg, i) => {
      const needsBlank = i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string';
      return (needsBlank ? ' ' : '') + formatValue(arg, STYLE);
    })
    .join('');
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

export const BUILTINS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['eq', eq],
  ['ne', ne],
  ['lt', (...args) => lt('lt', args)],
  ['le', (...args) => order('le', args, (less, equal) => less || equal)],
  ['gt', (...args) => order('gt', args, (less, equal) => !less && !equal)],
  ['ge', (...args) => order('ge', args, (less) => !less)],
  ['not', not],
  ['index', index],
  ['slice', slice],
  ['len', len],
  ['print', sprint],
  ['println', (...args) => `${args.map((arg) => formatValue(arg, STYLE)).join(' ')}\n`],
  ['printf', (format, ...args) => sprintfWith(STYLE, String(format), args)],
  ['html', (...args) => sprint(...args).replace(/[&<>"']/g, (ch) => HTML[ch] ?? ch)],
  ['js', (...args) => sprint(...args).replace(/[\\'"<>&=\n]/g, (ch) => jsEscape(ch))],
  ['urlquery', (...args) => encodeURIComponent(sprint(...args)).replaceAll('%20', '+')],
]);

function jsEscape(ch: string): string {
  if (ch === '\\' || ch === "'" || ch === '"') return `\\${ch}`;
  return `\\u${ch.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Not one of Go's own: crictl, nerdctl and docker add it to theirs. */
export const JSON_FUNCTION: readonly [string, TemplateFunction] = [
  'json',
  (value) => marshalJson((value ?? null) as JsonValue, { sortKeys: true }),
];
