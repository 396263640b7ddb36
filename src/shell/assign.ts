/** Assignments: `a=1 a+=1 a[i]=1 a=(…)`, attributes. @models bash 5.2 variables.c bind_variable, arrayfunc.c @fidelity full */
import type { ArrayValue, Assignment, Word } from 'unbash';
import { parse } from 'unbash';
import type { Context } from '../linux/context.ts';
import { LARGE_BYTES } from '../linux/large.ts';
import { evaluateArithmetic } from './arithmetic.ts';
import { ExpansionError } from './control.ts';
import { expandToString, expandWordInto } from './expand.ts';
import { joined } from './fields.ts';
import { arithmeticVariables } from './parameters.ts';
import type { Shell } from './shell.ts';
import { ensureVariable, maxIndex, setElement, setScalar, type Variable, variable } from './variables.ts';

export function attributeLetters(v: Variable): string {
  let out = '';
  if (v.indexed !== null) out += 'a';
  if (v.associative !== null) out += 'A';
  if (v.integer) out += 'i';
  if (v.lower) out += 'l';
  if (v.reference) out += 'n';
  if (v.readonly) out += 'r';
  if (v.upper) out += 'u';
  if (v.exported) out += 'x';
  return out;
}

function arithmetic(ctx: Context, sh: Shell, text: string): string {
  return String(evaluateArithmetic(text, arithmeticVariables(ctx, sh)));
}

/** Assigns text to a name or an element; arithmetic for integer variables. */
export async function setByText(
  ctx: Context,
  sh: Shell,
  name: string,
  index: string | null,
  text: string,
  append = false,
): Promise<void> {
  const v = variable(sh, name);
  let value = text;
  if (v?.integer)
    value = arithmetic(
      ctx,
      sh,
      append ? `${currentText(ctx, sh, name, index) || '0'} + (${text || '0'})` : text || '0',
    );
  else if (append) value = joined(currentText(ctx, sh, name, index), text);
  if (index === null) {
    setScalar(sh, name, value);
    return;
  }
  setElement(sh, name, elementKey(ctx, sh, name, index), value);
}

function elementKey(ctx: Context, sh: Shell, name: string, index: string): number | string {
  if (variable(sh, name)?.associative != null) return index;
  return Number(evaluateArithmetic(index, arithmeticVariables(ctx, sh)));
}

function currentText(ctx: Context, sh: Shell, name: string, index: string | null): string {
  const v = variable(sh, name);
  if (v === undefined) return '';
  if (v.associative !== null) return v.associative.get(index ?? '0') ?? '';
  if (v.indexed !== null) {
    let at = index === null ? 0 : Number(evaluateArithmetic(index, arithmeticVariables(ctx, sh)));
    if (at < 0) at += maxIndex(v.indexed) + 1;
    return v.indexed.get(at) ?? '';
  }
  return v.value ?? '';
}

/** The words of `( … )`, expanded: plain fields, or key and value where `[key]=` was written. */
export type ArrayItems = ({ key: Word | string; value: string; append: boolean } | string)[];

export async function expandArray(ctx: Context, sh: Shell, array: ArrayValue): Promise<ArrayItems> {
  const items: ArrayItems = [];
  for (const element of array.elements) {
    const keyed = keyedElement(element);
    if (keyed !== null) {
      items.push({ key: keyed.key, value: await expandToString(ctx, sh, keyed.value, true), append: keyed.append });
      continue;
    }
    const fields: string[] = [];
    await expandWordInto(ctx, sh, element, fields);
    items.push(...fields);
  }
  return items;
}

const keyedCache = new WeakMap<Word, { key: Word; value: Word; append: boolean } | { none: true }>();

/** `[key]=value` inside an array value; read as an assignment to a variable of its own. */
function keyedElement(word: Word): { key: Word; value: Word; append: boolean } | null {
  if (!word.text.startsWith('[')) return null;
  const cached = keyedCache.get(word);
  if (cached !== undefined) return 'none' in cached ? null : cached;
  const command = parse(`x${word.text}`).commands[0]?.command;
  const assignment = command?.type === 'Command' ? command.prefix[0] : undefined;
  let found: { key: Word; value: Word; append: boolean } | null = null;
  if (assignment?.type === 'Assignment' && assignment.index !== undefined && assignment.value.type === 'Word') {
    found = { key: assignment.index, value: assignment.value, append: assignment.append === true };
  }
  keyedCache.set(word, found ?? { none: true });
  return found;
}

export async function setArrayItems(
  ctx: Context,
  sh: Shell,
  name: string,
  items: ArrayItems,
  append: boolean,
): Promise<void> {
  const v = ensureVariable(sh, name);
  if (v.readonly) throw new ExpansionError(`${name}: readonly variable`);
  if (v.associative !== null) {
    const map = append ? v.associative : new Map<string, string>();
    v.associative = map;
    const loose: string[] = [];
    for (const item of items) {
      if (typeof item === 'string') loose.push(item);
      else {
        const key = typeof item.key === 'string' ? item.key : await expandToString(ctx, sh, item.key);
        map.set(key, item.append ? (map.get(key) ?? '') + item.value : item.value);
      }
    }
    for (let i = 0; i < loose.length; i += 2) map.set(loose[i] as string, loose[i + 1] ?? '');
    return;
  }
  if (v.indexed === null || !append) {
    const old = v.value;
    v.indexed = new Map();
    if (append && old !== undefined) v.indexed.set(0, old);
    v.value = undefined;
  }
  let next = maxIndex(v.indexed) + 1;
  for (const item of items) {
    let value: string;
    if (typeof item === 'string') value = item;
    else {
      const key = typeof item.key === 'string' ? item.key : await expandToString(ctx, sh, item.key);
      next = Number(evaluateArithmetic(key, arithmeticVariables(ctx, sh)));
      value = item.append ? (v.indexed.get(next) ?? '') + item.value : item.value;
    }
    v.indexed.set(next++, v.integer ? arithmetic(ctx, sh, value || '0') : value);
  }
}

export async function assign(ctx: Context, sh: Shell, node: Assignment): Promise<void> {
  const append = node.append === true;
  if (node.value.type === 'ArrayValue') {
    await setArrayItems(ctx, sh, node.name, await expandArray(ctx, sh, node.value), append);
    return;
  }
  const value = await expandToString(ctx, sh, node.value, true);
  const index = node.index === undefined ? null : await expandToString(ctx, sh, node.index);
  // What was expanded, the copy that is kept, and until then what was there before.
  const hold = value.length >= LARGE_BYTES || sh.heap !== null ? (await import('./memory.ts')).holdValues : null;
  await hold?.(ctx, sh, value.length * 2);
  await setByText(ctx, sh, node.name, index, value, append);
  await hold?.(ctx, sh, 0);
}
