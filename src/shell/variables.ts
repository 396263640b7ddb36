/** Shell variables: attributes, arrays, dynamic scopes. @models bash 5.2 variables.c @fidelity partial: no dynamic hooks */

import { ExpansionError } from './control.ts';
import type { Shell } from './shell.ts';

export type Variable = {
  /** undefined: declared but unset. Arrays keep their elements in `indexed` or `associative` instead. */
  value: string | undefined;
  indexed: Map<number, string> | null;
  associative: Map<string, string> | null;
  exported: boolean;
  readonly: boolean;
  integer: boolean;
  lower: boolean;
  upper: boolean;
  reference: boolean;
};

/** A shell that forks in a loop changes a variable or two in between: so many are copied rather than all. */
const CHANGED_MAX = 24;

/** The variables of a shell or of a function. A forked shell's are the same ones until one of the two changes any. */
export class Scope {
  /** In a stable order, and changed by nobody any more: forks have it in common. */
  private base: ReadonlyMap<string, Variable>;
  /** What has come in or changed since. */
  private changed: Map<string, Variable> | null;
  /** A fork has `changed` as well: it is copied before either of them changes it. */
  private borrowed: boolean;
  /** Those of `changed` that no fork has: they are changed in place. */
  private owned: Set<Variable> | null = null;

  constructor(
    base: ReadonlyMap<string, Variable> = NO_VARIABLES,
    changed: Map<string, Variable> | null = null,
    borrowed = false,
  ) {
    this.base = base;
    this.changed = changed;
    this.borrowed = borrowed;
  }

  fork(): Scope {
    if (this.changed !== null && this.changed.size > CHANGED_MAX) this.settle(this.all());
    this.borrowed = this.changed !== null;
    this.owned = null;
    return new Scope(this.base, this.changed, this.borrowed);
  }

  get(name: string): Readonly<Variable> | undefined {
    return this.changed?.get(name) ?? this.base.get(name);
  }

  /** One that may be changed in place; undefined if it has none of that name. */
  own(name: string): Variable | undefined {
    const v = this.get(name);
    if (v === undefined || this.owned?.has(v)) return v as Variable | undefined;
    const own: Variable = {
      ...v,
      indexed: v.indexed === null ? null : new Map(v.indexed),
      associative: v.associative === null ? null : new Map(v.associative),
    };
    this.set(name, own);
    return own;
  }

  /** It is this scope's from now on: nobody else has or keeps it. */
  set(name: string, v: Variable): void {
    this.mine().set(name, v);
    this.owned ??= new Set();
    this.owned.add(v);
  }

  delete(name: string): void {
    if (!this.base.has(name)) {
      if (this.changed?.has(name)) this.mine().delete(name);
      return;
    }
    const all = new Map(this.all());
    all.delete(name);
    this.settle(all);
  }

  names(): Iterable<string> {
    return this.all().keys();
  }

  [Symbol.iterator](): Iterator<[string, Readonly<Variable>]> {
    return this.all().entries();
  }

  /** What was there first comes first. */
  private all(): ReadonlyMap<string, Variable> {
    if (this.changed === null) return this.base;
    return this.base.size === 0 ? this.changed : new Map([...this.base, ...this.changed]);
  }

  private mine(): Map<string, Variable> {
    if (this.changed === null || this.borrowed) this.changed = new Map(this.changed);
    this.borrowed = false;
    return this.changed;
  }

  private settle(all: ReadonlyMap<string, Variable>): void {
    this.base = all;
    this.changed = null;
    this.borrowed = false;
    this.owned = null;
  }
}

const NO_VARIABLES: ReadonlyMap<string, Variable> = new Map();

export function newVariable(): Variable {
  return {
    value: undefined,
    indexed: null,
    associative: null,
    exported: false,
    readonly: false,
    integer: false,
    lower: false,
    upper: false,
    reference: false,
  };
}

export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** The variable as declared, without following a nameref. Not to be changed: see `rawOwn`. */
export function rawVariable(sh: Shell, name: string): Readonly<Variable> | undefined {
  for (let i = sh.scopes.length - 1; i >= 0; i--) {
    const found = sh.scopes[i]?.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same, to be changed in place. */
export function rawOwn(sh: Shell, name: string): Variable | undefined {
  for (let i = sh.scopes.length - 1; i >= 0; i--) {
    const found = (sh.scopes[i] as Scope).own(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function resolveName(sh: Shell, name: string): string {
  for (let i = 0; i < 8; i++) {
    const v = rawVariable(sh, name);
    if (v === undefined || !v.reference || v.value === undefined || !/^[A-Za-z_]\w*$/.test(v.value)) return name;
    name = v.value;
  }
  // References that lead in a circle lead to nothing.
  return '';
}

/** `declare -n r='a[2]'`: the element that a name stands for. */
export function elementReference(sh: Shell, name: string): { name: string; index: string } | null {
  const v = rawVariable(sh, resolveName(sh, name));
  if (v === undefined || !v.reference) return null;
  const [, base, index] = /^([A-Za-z_]\w*)\[(.*)\]$/.exec(v.value ?? '') ?? [];
  return base === undefined || index === undefined ? null : { name: base, index };
}

export function variable(sh: Shell, name: string): Readonly<Variable> | undefined {
  return rawVariable(sh, resolveName(sh, name));
}

export function ensureVariable(sh: Shell, name: string): Variable {
  const real = resolveName(sh, name);
  let v = rawOwn(sh, real);
  if (v === undefined) {
    v = newVariable();
    (sh.scopes[0] as Scope).set(real, v);
  }
  return v;
}

export function scalar(sh: Shell, name: string): string | undefined {
  const v = variable(sh, name);
  return v === undefined ? undefined : scalarOf(v);
}

export function scalarOf(v: Readonly<Variable>): string | undefined {
  if (v.indexed !== null) return v.indexed.get(0);
  if (v.associative !== null) return v.associative.get('0');
  return v.value;
}

export function sortedIndexed(map: Map<number, string>): [number, string][] {
  return [...map].sort((a, b) => a[0] - b[0]);
}

function checkWritable(v: Variable, name: string): void {
  if (v.readonly) throw new ExpansionError(`${name}: readonly variable`);
}

export function cased(v: Variable, value: string): string {
  if (v.lower) return value.toLowerCase();
  return v.upper ? value.toUpperCase() : value;
}

export function setScalar(sh: Shell, name: string, value: string): void {
  const v = ensureVariable(sh, name);
  checkWritable(v, name);
  const text = cased(v, value);
  if (v.indexed !== null) v.indexed.set(0, text);
  else if (v.associative !== null) v.associative.set('0', text);
  else v.value = text;
  if (sh.option('allexport')) v.exported = true;
  if (name === 'PATH') sh.forgetPaths();
  if (name === 'SECONDS') sh.secondsBase = Number.NaN;
}

export function setElement(sh: Shell, name: string, index: number | string, value: string): void {
  const v = ensureVariable(sh, name);
  checkWritable(v, name);
  if (typeof index === 'string') {
    v.associative ??= new Map();
    v.associative.set(index, cased(v, value));
    return;
  }
  if (v.indexed === null) {
    v.indexed = new Map();
    if (v.value !== undefined) v.indexed.set(0, v.value);
    v.value = undefined;
  }
  let at = index;
  if (at < 0) {
    at += 1 + maxIndex(v.indexed);
    if (at < 0) throw new ExpansionError(`${name}[${index}]: bad array subscript`);
  }
  v.indexed.set(at, cased(v, value));
}

export function maxIndex(map: Map<number, string>): number {
  let max = -1;
  for (const key of map.keys()) if (key > max) max = key;
  return max;
}

export function setArray(sh: Shell, name: string, values: readonly string[]): void {
  const v = ensureVariable(sh, name);
  checkWritable(v, name);
  v.value = undefined;
  v.associative = null;
  v.indexed = new Map(values.map((value, i) => [i, value]));
}

export function unsetVariable(sh: Shell, name: string): void {
  const real = resolveName(sh, name);
  for (let i = sh.scopes.length - 1; i >= 0; i--) {
    const scope = sh.scopes[i] as Scope;
    const v = scope.get(real);
    if (v === undefined) continue;
    if (v.readonly) throw new ExpansionError(`unset: ${name}: cannot unset: readonly variable`);
    // A local that is unset stays declared in its function's scope, hiding the outer one.
    if (i > 0) scope.set(real, newVariable());
    else scope.delete(real);
    return;
  }
}

/** The environment of an executed program. */
export function environment(sh: Shell): string[] {
  const seen = new Map<string, string | undefined>();
  for (const scope of sh.scopes) {
    for (const [name, v] of scope) {
      if (v.exported && v.indexed === null && v.associative === null) seen.set(name, v.value);
      else seen.delete(name);
    }
  }
  const out: string[] = [];
  for (const [name, value] of seen) if (value !== undefined) out.push(`${name}=${value}`);
  return out;
}

/** Every visible name, sorted by code unit. */
export function variableNames(sh: Shell): string[] {
  const names = new Set<string>();
  for (const scope of sh.scopes) for (const name of scope.names()) names.add(name);
  return [...names].sort();
}
