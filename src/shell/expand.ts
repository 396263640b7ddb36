/**
 * Word expansion: braces, tilde, parameters, commands, arithmetic, splitting, pathnames, quote removal, in that order.
 * @models bash 5.2 subst.c
 * @fidelity partial: values are text, so bytes that are not UTF-8 do not survive a variable
 */
import { type ParsedScript, parse, type Word, type WordPart } from 'unbash';
import type { Context } from '../linux/context.ts';
import { evaluateArithmetic } from './arithmetic.ts';
import { expandBraces } from './brace.ts';
import { ExpansionError } from './control.ts';
import { type Field, FieldBuilder, fieldText } from './fields.ts';
import { glob, globIgnorePatterns } from './glob.ts';
import { expandParameter } from './parameter-expansion.ts';
import { arithmeticVariables, fatalStatus, ifs, parameterValue, valueOf } from './parameters.ts';
import { hasMagic, quotePattern } from './pattern.ts';
import type { Shell } from './shell.ts';
import { processSubstitution, substituteCommand } from './substitution.ts';
import { scalar } from './variables.ts';

export type Quoting = 'none' | 'double';

export type ExpandOptions = { split: boolean; assignment?: boolean };

const wordCache = new Map<string, Word | null>();
const textCache = new Map<string, readonly WordPart[]>();
const CACHE_MAX = 1_000;

/** One word parsed from text (the results of brace expansion). */
function parseWord(text: string): Word | null {
  let word = wordCache.get(text);
  if (word === undefined) {
    const command = parse(`x ${text}`).commands[0]?.command;
    const first = command?.type === 'Command' ? command.suffix[0] : undefined;
    word = first?.type === 'Word' ? first : null;
    if (wordCache.size > CACHE_MAX) wordCache.clear();
    wordCache.set(text, word);
  }
  return word;
}

/** Text as the body of an unquoted here-document is read: only `$`, backquote and backslash mean something. */
function heredocParts(text: string): readonly WordPart[] {
  let parts = textCache.get(text);
  if (parts === undefined) {
    let delimiter = 'E';
    while (text.includes(delimiter)) delimiter += '_E';
    const command = parse(`x <<${delimiter}\n${text}\n${delimiter}\n`).commands[0]?.command;
    const redirect = command?.type === 'Command' ? command.redirects[0] : undefined;
    const body = redirect?.type === 'HereDoc' ? redirect.body : undefined;
    parts = body?.parts ?? [{ type: 'Literal', pos: 0, end: 0, value: body?.text ?? `${text}\n`, text: text }];
    if (textCache.size > CACHE_MAX) textCache.clear();
    if (text.length < 65_536) textCache.set(text, parts);
  }
  return parts;
}

export async function expandHeredoc(ctx: Context, sh: Shell, text: string): Promise<string> {
  if (!/[$`\\]/.test(text)) return text;
  const builder = new FieldBuilder('', false);
  await expandParts(ctx, sh, heredocParts(text.endsWith('\n') ? text.slice(0, -1) : text), 'double', builder);
  const out = joinFields(builder.finish());
  return text.endsWith('\n') ? out : out.slice(0, -1);
}

export async function expandArithmetic(ctx: Context, sh: Shell, text: string): Promise<bigint> {
  const expanded = /[$`\\]/.test(text) ? await expandHeredoc(ctx, sh, text) : text;
  return evaluateArithmetic(expanded, arithmeticVariables(ctx, sh));
}

/** A subscript that comes in a text, as in `unset 'a[$key]'`: expanded, without its quotes. */
export async function expandSubscript(ctx: Context, sh: Shell, text: string): Promise<string> {
  const word = /[$`'"\\\\]/.test(text) ? parseWord(text) : null;
  return word === null ? text : expandToString(ctx, sh, word, true);
}

/** `name` or `name[subscript]`. */
export async function expandReference(
  ctx: Context,
  sh: Shell,
  text: string,
): Promise<{ name: string; index: string | null }> {
  const [, name, index] = /^(\w+)\[(.*)\]$/.exec(text) ?? [];
  if (name === undefined || index === undefined) return { name: text, index: null };
  return { name, index: await expandSubscript(ctx, sh, index) };
}

/** All the fields a list of words becomes. */
export async function expandWords(ctx: Context, sh: Shell, words: readonly Word[]): Promise<string[]> {
  const out: string[] = [];
  for (const word of words) await expandWordInto(ctx, sh, word, out);
  return out;
}

export async function expandWordInto(ctx: Context, sh: Shell, word: Word, out: string[]): Promise<void> {
  const { parts } = word;
  if (parts === undefined && !/[\\~{]/.test(word.text)) {
    out.push(word.value);
    return;
  }
  if (
    sh.option('braceexpand') &&
    word.text.includes('{') &&
    (parts === undefined || parts.some((p) => p.type === 'BraceExpansion' || p.type === 'Literal'))
  ) {
    const texts = expandBraces(word.text);
    if (texts.length > 1 || texts[0] !== word.text) {
      for (const text of texts) {
        const one = text === '' ? null : parseWord(text);
        if (one !== null) await expandFields(ctx, sh, one, out);
      }
      return;
    }
  }
  await expandFields(ctx, sh, word, out);
}

async function expandFields(ctx: Context, sh: Shell, word: Word, out: string[]): Promise<void> {
  const builder = new FieldBuilder(ifs(sh), true);
  await expandWordParts(ctx, sh, word, builder, { split: true });
  for (const field of builder.finish()) await globField(ctx, sh, field, out);
}

async function globField(ctx: Context, sh: Shell, field: Field, out: string[]): Promise<void> {
  if (!sh.option('noglob') && field.some((p) => !p.quoted && /[*?[]|[@+!]\(/.test(p.text))) {
    let pattern = '';
    // A backslash that an expansion has brought quotes what follows it, as long as there is something to match.
    for (const piece of field) pattern += piece.quoted ? quotePattern(piece.text) : piece.text;
    if (hasMagic(pattern)) {
      const ignored = scalar(sh, 'GLOBIGNORE') ?? '';
      const found = await glob(ctx, pattern, {
        dotglob: sh.shopts.has('dotglob') || ignored !== '',
        ignoreCase: sh.shopts.has('nocaseglob'),
        showDots: !sh.shopts.has('globskipdots') && ignored === '',
        globstar: sh.shopts.has('globstar'),
        ignored: ignored === '' ? [] : globIgnorePatterns(ignored),
      });
      if (found.length > 0) {
        out.push(...found);
        return;
      }
      if (sh.shopts.has('failglob')) throw new ExpansionError(`no match: ${fieldText(field)}`);
      if (sh.shopts.has('nullglob')) return;
    }
  }
  out.push(fieldText(field));
}

/** A word without splitting or pathname expansion: assignments, redirection targets of here-strings, case words. */
export async function expandToString(ctx: Context, sh: Shell, word: Word, assignment = false): Promise<string> {
  if (word.parts === undefined && !/[\\~]/.test(word.text)) return word.value;
  const builder = new FieldBuilder('', false);
  await expandWordParts(ctx, sh, word, builder, { split: false, assignment });
  return joinFields(builder.finish());
}

/** A word as a pattern: what was quoted matches itself. */
export async function expandToPattern(ctx: Context, sh: Shell, word: Word): Promise<string> {
  const builder = new FieldBuilder('', false);
  await expandWordParts(ctx, sh, word, builder, { split: false });
  let out = '';
  builder.finish().forEach((field, i) => {
    if (i > 0) out += ' ';
    for (const piece of field) out += piece.quoted ? quotePattern(piece.text) : piece.text;
  });
  return out;
}

function joinFields(fields: readonly Field[]): string {
  return fields.length === 1 ? fieldText(fields[0] as Field) : fields.map(fieldText).join(' ');
}

async function expandWordParts(
  ctx: Context,
  sh: Shell,
  word: Word,
  builder: FieldBuilder,
  options: ExpandOptions,
): Promise<void> {
  if (word.parts === undefined) {
    // `name=~` is expanded in ordinary words too (bash outside posix mode).
    const name = options.assignment ? null : /^[A-Za-z_]\w*=(?=~)/.exec(word.text);
    if (name !== null) builder.literal(name[0], false);
    await unquotedLiteral(
      ctx,
      sh,
      name === null ? word.text : word.text.slice(name[0].length),
      builder,
      true,
      options.assignment === true || name !== null,
    );
    return;
  }
  await expandParts(ctx, sh, word.parts, 'none', builder, options.assignment === true);
}

/** Unquoted literal text: tilde, then backslashes. */
async function unquotedLiteral(
  ctx: Context,
  sh: Shell,
  text: string,
  builder: FieldBuilder,
  atStart: boolean,
  assignment: boolean,
): Promise<void> {
  let rest = text;
  if (atStart && rest.startsWith('~')) {
    const match = /^~[^/:\\]*/.exec(rest)?.[0] ?? '';
    const complete =
      match.length === rest.length || rest[match.length] === '/' || (assignment && rest[match.length] === ':');
    const home = complete ? tilde(sh, match) : null;
    if (home !== null) {
      builder.literal(home, true);
      rest = rest.slice(match.length);
    }
  }
  let run = '';
  for (let i = 0; i < rest.length; i++) {
    const c = rest[i] as string;
    if (c === '\\') {
      const next = rest[++i];
      if (next === '\n') continue;
      if (run !== '') builder.literal(run, false);
      run = '';
      builder.literal(next ?? '\\', true);
    } else if (assignment && c === ':' && rest[i + 1] === '~') {
      builder.literal(`${run}:`, false);
      run = '';
      await unquotedLiteral(ctx, sh, rest.slice(i + 1), builder, true, true);
      return;
    } else run += c;
  }
  if (run !== '') builder.literal(run, false);
}

function tilde(sh: Shell, prefix: string): string | null {
  if (prefix === '~') return scalar(sh, 'HOME') ?? '/root';
  if (prefix === '~+') return valueOf(sh, 'PWD');
  if (prefix === '~-') return scalar(sh, 'OLDPWD') ?? null;
  if (prefix === '~root') return '/root';
  return null;
}

export async function expandParts(
  ctx: Context,
  sh: Shell,
  parts: readonly WordPart[],
  quoting: Quoting,
  builder: FieldBuilder,
  assignment = false,
): Promise<void> {
  const quoted = quoting === 'double';
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as WordPart;
    switch (part.type) {
      case 'Literal':
        if (quoted) builder.literal(part.value, true);
        else await unquotedLiteral(ctx, sh, part.text, builder, i === 0, assignment);
        break;
      case 'Glob':
        if (part.kind === 'bracket') await bracket(ctx, sh, part.text, part.parts, builder);
        else builder.literal(part.text, false);
        break;
      case 'ExtendedGlob': {
        builder.literal(`${part.operator}(`, false);
        // What is inside is never split: blanks belong to the pattern.
        const inside = new FieldBuilder('', false);
        if (part.parts === undefined) await unquotedLiteral(ctx, sh, part.pattern, inside, false, false);
        else await expandParts(ctx, sh, part.parts, 'none', inside);
        for (const field of inside.finish()) for (const piece of field) builder.literal(piece.text, piece.quoted);
        builder.literal(')', false);
        break;
      }
      case 'BraceExpansion':
        if (part.parts === undefined) builder.literal(part.text, false);
        else {
          builder.literal('{', false);
          await expandParts(ctx, sh, part.parts, quoting, builder);
          builder.literal('}', false);
        }
        break;
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        builder.literal(part.value, true);
        break;
      case 'LocaleString':
      case 'DoubleQuoted':
        await doubleQuoted(ctx, sh, part.parts, builder);
        break;
      case 'SimpleExpansion':
        addParameter(ctx, sh, part.text.slice(1), quoted, builder);
        break;
      case 'ParameterExpansion':
        await expandParameter(ctx, sh, part, quoting, builder);
        break;
      case 'CommandExpansion': {
        const text = await substituteCommand(ctx, sh, part.script, part.text);
        if (quoted) builder.literal(text, true);
        else builder.expansion(text);
        break;
      }
      case 'ArithmeticExpansion': {
        const inner = part.text.startsWith('$[') ? part.text.slice(2, -1) : part.text.slice(3, -2);
        const value = String(await expandArithmetic(ctx, sh, inner));
        if (quoted) builder.literal(value, true);
        else builder.expansion(value);
        break;
      }
      case 'ProcessSubstitution':
        builder.literal(await processSubstitution(ctx, sh, part.script as ParsedScript, part.operator), true);
        break;
    }
  }
}

async function bracket(
  ctx: Context,
  sh: Shell,
  text: string,
  parts: readonly WordPart[],
  builder: FieldBuilder,
): Promise<void> {
  if (parts.length === 0 || parts.every((p) => p.type === 'Literal')) {
    if (text.includes('\\')) await unquotedLiteral(ctx, sh, text, builder, false, false);
    else builder.literal(text, false);
    return;
  }
  builder.literal(text.startsWith('[!') || text.startsWith('[^') ? text.slice(0, 2) : '[', false);
  const first = parts[0];
  if (first?.type === 'Literal' && /^[!^]/.test(first.text) && text.startsWith(`[${first.text[0]}`)) {
    builder.literal(first.text.slice(1), false);
    await expandParts(ctx, sh, parts.slice(1), 'none', builder);
  } else await expandParts(ctx, sh, parts, 'none', builder);
  builder.literal(']', false);
}

async function doubleQuoted(ctx: Context, sh: Shell, parts: readonly WordPart[], builder: FieldBuilder): Promise<void> {
  // "$@" with no parameters makes no field at all; any other quoted text makes one even when empty.
  const only = parts.length === 1 ? parts[0] : undefined;
  const isList =
    only !== undefined &&
    ((only.type === 'SimpleExpansion' && only.text === '$@') ||
      (only.type === 'ParameterExpansion' &&
        only.prefix === undefined &&
        (only.parameter === '@' || only.index?.text === '@')) ||
      (only.type === 'ParameterExpansion' && only.prefix === '!' && only.index?.text === '@'));
  if (!isList) builder.literal('', true);
  await expandParts(ctx, sh, parts, 'double', builder);
}

/** `$name` and friends: value into the builder. */
function addParameter(ctx: Context, sh: Shell, name: string, quoted: boolean, builder: FieldBuilder): void {
  const { list, star, value } = parameterValue(ctx, sh, name, null);
  if (list !== null) {
    addList(sh, list, star, quoted, builder);
    return;
  }
  if (value === undefined) {
    unbound(sh, name);
    return;
  }
  if (quoted) builder.literal(value, true);
  else builder.expansion(value);
}

export function unbound(sh: Shell, name: string): void {
  if (!sh.option('nounset')) return;
  const shown = /^\d+$/.test(name) || name === '!' ? `$${name}` : name;
  throw new ExpansionError(`${shown}: unbound variable`, fatalStatus(sh), true);
}

export function addList(
  sh: Shell,
  list: readonly string[],
  star: boolean,
  quoted: boolean,
  builder: FieldBuilder,
): void {
  if (quoted && star) {
    builder.literal(list.join((scalar(sh, 'IFS') ?? ' ').slice(0, 1)), true);
    return;
  }
  list.forEach((value, i) => {
    if (i > 0) builder.endField();
    if (quoted) builder.literal(value, true);
    else builder.expansion(value);
  });
}
