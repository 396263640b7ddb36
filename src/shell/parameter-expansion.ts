/** `${name…}` in all its forms. @models bash 5.2 subst.c parameter_brace_expand @fidelity partial: @A @K as scalars */
import type { ParameterExpansionPart, ParameterOperation } from 'unbash';
import type { Context } from '../linux/context.ts';
import { attributeLetters, setByText } from './assign.ts';
import { ExpansionError } from './control.ts';
import { ansiUnescape } from './escapes.ts';
import {
  addList,
  expandArithmetic,
  expandParts,
  expandReference,
  expandToPattern,
  expandToString,
  type Quoting,
  unbound,
} from './expand.ts';
import type { FieldBuilder } from './fields.ts';
import { arrayKeys, fatalStatus, namesWithPrefix, type ParameterValue, parameterValue } from './parameters.ts';
import { matches, patternRegExp, patternSource } from './pattern.ts';
import { expandPrompt } from './prompt.ts';
import { quoteAlways } from './quote.ts';
import type { Shell } from './shell.ts';
import { resolveName, variable } from './variables.ts';

export async function expandParameter(
  ctx: Context,
  sh: Shell,
  part: ParameterExpansionPart,
  quoting: Quoting,
  builder: FieldBuilder,
): Promise<void> {
  const quoted = quoting === 'double';
  let name = part.parameter;
  const { operation } = part;
  if (operation?.type === 'Unknown' || (name === '' && part.prefix !== '#')) {
    throw new ExpansionError(`${part.text}: bad substitution`);
  }
  if (operation?.type === 'Names') {
    addList(sh, namesWithPrefix(sh, name), operation.operator === '*', quoted, builder);
    return;
  }
  let index = await indexText(ctx, sh, part);
  if (part.prefix === '!') {
    if (index === '@' || index === '*') {
      addList(sh, arrayKeys(sh, name), index === '*', quoted, builder);
      return;
    }
    const target =
      variable(sh, name)?.reference || resolveName(sh, name) !== name
        ? resolveName(sh, name)
        : (parameterValue(ctx, sh, name, index).value ?? '');
    if (target === '' && operation === undefined) throw new ExpansionError(`${name}: invalid indirect expansion`);
    ({ name, index } = await expandReference(ctx, sh, target));
    if (resolveName(sh, part.parameter) !== part.parameter && operation === undefined) {
      add(sh, { list: null, star: false, value: target }, quoted, builder, name);
      return;
    }
  }
  const value = parameterValue(ctx, sh, name, index);
  if (part.prefix === '#') {
    if (name === '' || (name === '#' && operation === undefined)) builder.literal(String(sh.positional.length), quoted);
    else {
      if (value.list === null && value.value === undefined) unbound(sh, name);
      const length = value.list !== null ? value.list.length : [...(value.value ?? '')].length;
      if (quoted) builder.literal(String(length), true);
      else builder.expansion(String(length));
    }
    return;
  }
  if (operation === undefined) {
    add(sh, value, quoted, builder, index === null ? name : `${name}[${index}]`);
    return;
  }
  if (operation.type === 'Default') {
    await defaults(ctx, sh, part, name, index, value, operation, quoting, builder);
    return;
  }
  if (value.list === null && value.value === undefined) {
    unbound(sh, name);
    if (operation.type !== 'Transform') return;
  }
  const result = await operate(ctx, sh, name, index, value, operation);
  add(sh, result, quoted, builder, name);
}

async function indexText(ctx: Context, sh: Shell, part: ParameterExpansionPart): Promise<string | null> {
  if (part.index === undefined) return null;
  const { text } = part.index;
  if (text === '@' || text === '*') return text;
  return expandToString(ctx, sh, part.index);
}

function add(sh: Shell, value: ParameterValue, quoted: boolean, builder: FieldBuilder, name: string): void {
  if (value.list !== null) addList(sh, value.list, value.star, quoted, builder);
  else if (value.value === undefined) unbound(sh, name);
  else if (quoted) builder.literal(value.value, true);
  else builder.expansion(value.value);
}

type DefaultOperation = Extract<ParameterOperation, { type: 'Default' }>;

async function defaults(
  ctx: Context,
  sh: Shell,
  part: ParameterExpansionPart,
  name: string,
  index: string | null,
  value: ParameterValue,
  operation: DefaultOperation,
  quoting: Quoting,
  builder: FieldBuilder,
): Promise<void> {
  const colon = operation.operator.startsWith(':');
  const kind = operation.operator.slice(-1);
  const text = value.list !== null ? value.list.join(' ') : value.value;
  const missing =
    value.list !== null
      ? value.list.length === 0 || (colon && text === '')
      : text === undefined || (colon && text === '');
  if (kind === '+') {
    if (!missing) await operand(ctx, sh, operation, quoting, builder);
    return;
  }
  if (!missing) {
    add(sh, value, quoting === 'double', builder, name);
    return;
  }
  if (kind === '-') {
    await operand(ctx, sh, operation, quoting, builder);
    return;
  }
  const word = await expandToString(ctx, sh, operation.operand);
  if (kind === '?') {
    const shown = index === null ? name : `${name}[${index}]`;
    throw new ExpansionError(
      `${shown}: ${operation.operand.text === '' ? (colon ? 'parameter null or not set' : 'parameter not set') : word}`,
      fatalStatus(sh),
      true,
    );
  }
  if (!/^[A-Za-z_]/.test(name)) throw new ExpansionError(`$${part.parameter}: cannot assign in this way`, 1);
  await setByText(ctx, sh, name, index, word);
  if (quoting === 'double') builder.literal(word, true);
  else builder.expansion(word);
}

/** The word of `:-` and `:+` is expanded in place, so that its own quotes decide about splitting. */
async function operand(
  ctx: Context,
  sh: Shell,
  operation: DefaultOperation,
  quoting: Quoting,
  builder: FieldBuilder,
): Promise<void> {
  const word = operation.operand;
  if (quoting === 'double') {
    if (word.parts === undefined) builder.literal(word.text.replace(/\\([$`"\\}])/g, '$1'), true);
    else {
      for (const p of word.parts) {
        if (p.type === 'SingleQuoted') builder.literal(p.text, true);
        else if (p.type === 'Literal') builder.literal(p.text.replace(/\\([$`"\\}])/g, '$1'), true);
        else if (p.type === 'Glob') builder.literal(p.text, true);
        else await expandParts(ctx, sh, [p], 'double', builder);
      }
    }
    return;
  }
  if (word.parts === undefined) {
    if (/[\\~]/.test(word.text)) builder.literal(await expandToString(ctx, sh, word), true);
    else builder.expansion(word.text);
    return;
  }
  for (const [i, p] of word.parts.entries()) {
    if (p.type === 'Literal' && !p.text.includes('\\') && !(i === 0 && p.text.startsWith('~')))
      builder.expansion(p.text);
    else await expandParts(ctx, sh, [p], 'none', builder);
  }
}

async function operate(
  ctx: Context,
  sh: Shell,
  name: string,
  index: string | null,
  value: ParameterValue,
  operation: ParameterOperation,
): Promise<ParameterValue> {
  const each = (f: (text: string) => string): ParameterValue =>
    value.list !== null ? { ...value, list: value.list.map(f) } : { ...value, value: f(value.value ?? '') };
  switch (operation.type) {
    case 'Remove': {
      const pattern = await expandToPattern(ctx, sh, operation.operand);
      return each((text) => remove(text, pattern, operation.operator));
    }
    case 'Replace': {
      const pattern = await expandToPattern(ctx, sh, operation.pattern);
      const replacement = await expandToString(ctx, sh, operation.replacement);
      return each((text) => replace(text, pattern, replacement, operation.operator));
    }
    case 'CaseModification': {
      const pattern =
        operation.operand === undefined || operation.operand.text === ''
          ? '?'
          : await expandToPattern(ctx, sh, operation.operand);
      return each((text) => changeCase(text, pattern, operation.operator));
    }
    case 'Slice':
      return slice(ctx, sh, name, value, operation);
    case 'Transform':
      return transform(ctx, sh, name, index, value, operation.operand.text);
    default:
      throw new ExpansionError(`\${${name}}: bad substitution`);
  }
}

function remove(text: string, pattern: string, operator: '#' | '##' | '%' | '%%'): string {
  const n = text.length;
  if (operator === '#') {
    for (let i = 0; i <= n; i++) if (matches(pattern, text.slice(0, i))) return text.slice(i);
  } else if (operator === '##') {
    for (let i = n; i >= 0; i--) if (matches(pattern, text.slice(0, i))) return text.slice(i);
  } else if (operator === '%') {
    for (let i = n; i >= 0; i--) if (matches(pattern, text.slice(i))) return text.slice(0, i);
  } else {
    for (let i = 0; i <= n; i++) if (matches(pattern, text.slice(i))) return text.slice(0, i);
  }
  return text;
}

/** patsub_replacement is on in bash 5.2: an unquoted & in the replacement stands for the match. */
function replace(text: string, pattern: string, replacement: string, operator: '/' | '//' | '/#' | '/%'): string {
  if (pattern === '' && operator !== '/#' && operator !== '/%') return text;
  const source = patternSource(pattern);
  const anchored = operator === '/#' ? `^(?:${source})` : operator === '/%' ? `(?:${source})$` : source;
  let expression: RegExp;
  try {
    expression = new RegExp(anchored, operator === '//' ? 'gu' : 'u');
  } catch {
    return text;
  }
  return text.replace(expression, (found) =>
    found === '' && operator === '//' ? '' : replacement.replace(/\\&|&/g, (m) => (m === '&' ? found : '&')),
  );
}

function changeCase(text: string, pattern: string, operator: '^' | '^^' | ',' | ',,'): string {
  const expression = patternRegExp(pattern);
  const change = (c: string): string =>
    expression.test(c) ? (operator.startsWith('^') ? c.toUpperCase() : c.toLowerCase()) : c;
  if (operator.length === 2) return [...text].map(change).join('');
  const [first = ''] = [...text];
  return change(first) + text.slice(first.length);
}

async function slice(
  ctx: Context,
  sh: Shell,
  name: string,
  value: ParameterValue,
  operation: Extract<ParameterOperation, { type: 'Slice' }>,
): Promise<ParameterValue> {
  const offset = Number(await expandArithmetic(ctx, sh, operation.offset.text));
  const length = operation.length === undefined ? null : Number(await expandArithmetic(ctx, sh, operation.length.text));
  const bad = (): never => {
    throw new ExpansionError(`${operation.length?.text ?? ''}: substring expression < 0`);
  };
  if (value.list !== null) {
    const items = name === '@' || name === '*' ? [sh.name, ...value.list] : value.list;
    let from = offset < 0 ? items.length + offset : offset;
    if (from < 0) return { ...value, list: [] };
    if ((name === '@' || name === '*') && offset === 0 && items[0] === undefined) from = 1;
    if (length !== null && length < 0) bad();
    return { ...value, list: items.slice(from, length === null ? undefined : from + length) };
  }
  const text = [...(value.value ?? '')];
  const from = offset < 0 ? text.length + offset : offset;
  if (from < 0 || from > text.length) return { ...value, value: '' };
  const to = length === null ? text.length : length < 0 ? text.length + length : from + length;
  if (to < from) bad();
  return { ...value, value: text.slice(from, to).join('') };
}

async function transform(
  ctx: Context,
  sh: Shell,
  name: string,
  index: string | null,
  value: ParameterValue,
  letter: string,
): Promise<ParameterValue> {
  const each = (f: (text: string) => string): ParameterValue => {
    if (value.list !== null) return { ...value, list: value.list.map(f) };
    return value.value === undefined ? value : { ...value, value: f(value.value) };
  };
  switch (letter) {
    case 'Q':
      return each(quoteAlways);
    case 'E':
      return each(ansiUnescape);
    case 'U':
      return each((t) => t.toUpperCase());
    case 'u':
      return each((t) => t.charAt(0).toUpperCase() + t.slice(1));
    case 'L':
      return each((t) => t.toLowerCase());
    case 'P':
      return value.value === undefined ? value : { ...value, value: await expandPrompt(ctx, sh, value.value) };
    case 'a': {
      const v = variable(sh, name);
      return { list: null, star: false, value: v === undefined ? undefined : attributeLetters(v) };
    }
    case 'A': {
      const v = variable(sh, name);
      if (value.value === undefined) return value;
      const letters = v === undefined ? '' : attributeLetters(v);
      return {
        ...value,
        value:
          letters === '' || index !== null
            ? `${name}=${quoteAlways(value.value)}`
            : `declare -${letters} ${name}=${quoteAlways(value.value)}`,
      };
    }
    case 'K':
    case 'k': {
      if (value.list === null) return each(quoteAlways);
      const keys = arrayKeys(sh, name);
      const pairs = value.list.flatMap((v, i) =>
        letter === 'k' ? [keys[i] ?? '', v] : [`${keys[i] ?? ''} ${`"${v.replace(/["\\$`]/g, '\\$&')}"`}`],
      );
      return letter === 'k' ? { ...value, list: pairs } : { list: null, star: false, value: pairs.join(' ') };
    }
    default:
      throw new ExpansionError(`\${${name}@${letter}}: bad substitution`);
  }
}
