/** complete, compgen, compopt. @models bash 5.2 builtins/complete.def @fidelity full */
import type { Context } from '../../linux/context.ts';
import {
  COMPLETION_OPTIONS,
  type CompletionAction,
  type CompletionOption,
  type Compspec,
  compspecText,
  inTableOrder,
  LETTERED_ACTIONS,
  NAMED_ACTIONS,
  newCompspec,
  SPECIAL_NAMES,
  shownName,
} from '../compspec.ts';
import { generateCompletions } from '../generate-completions.ts';
import { builtinError, complain } from '../messages.ts';
import { NO_COMPSPECS, type Shell } from '../shell.ts';
import { scanOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

const SPEC_USAGE =
  '[-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix]';
const COMPLETE_USAGE = `complete [-abcdefgjksuv] [-pr] [-DEI] ${SPEC_USAGE} [name ...]`;
const COMPGEN_USAGE = `compgen [-abcdefgjksuv] ${SPEC_USAGE} [word]`;
const COMPOPT_USAGE = 'compopt [-o|+o option] [-DEI] [name ...]';

const ACTION_OF_LETTER: ReadonlyMap<string, CompletionAction> = new Map(
  Object.entries(LETTERED_ACTIONS).map(([action, letter]) => [letter, action as CompletionAction]),
);
const TEXT_LETTERS = 'GWPSXCF';
type TextLetter = 'G' | 'W' | 'P' | 'S' | 'X' | 'C' | 'F';

function optionNamed(name: string): CompletionOption | undefined {
  return COMPLETION_OPTIONS.find((option) => option === name);
}

function actionNamed(name: string): CompletionAction | undefined {
  return [...ACTION_OF_LETTER.values(), ...NAMED_ACTIONS].find((action) => action === name);
}

type ParsedSpec = { spec: Compspec; flags: Set<string>; rest: string[]; any: boolean };

/** Null when something was wrong and has been told. `flags` are the letters among the options that say nothing of words. */
async function parseSpec(
  ctx: Context,
  sh: Shell,
  argv: readonly string[],
  flagLetters: string,
  usageText: string,
): Promise<ParsedSpec | null> {
  const [builtin = ''] = argv;
  const letters = [...ACTION_OF_LETTER.keys()].join('');
  const { found, rest, bad } = scanOptions(argv, `${flagLetters}${letters}o:A:${TEXT_LETTERS.replace(/./g, '$&:')}`);
  const parsed: ParsedSpec = { spec: newCompspec(), flags: new Set(), rest, any: false };
  const { spec, flags } = parsed;
  for (const [letter, value] of found) {
    if (flagLetters.includes(letter)) {
      flags.add(letter);
      continue;
    }
    parsed.any = true;
    if (letter === 'o') {
      const option = optionNamed(value);
      if (option === undefined) {
        await builtinError(ctx, sh, builtin, `${value}: invalid option name`);
        return null;
      }
      spec.options.add(option);
    } else if (TEXT_LETTERS.includes(letter)) spec[letter as TextLetter] = value;
    else {
      const action = letter === 'A' ? actionNamed(value) : ACTION_OF_LETTER.get(letter);
      if (action === undefined) {
        await builtinError(ctx, sh, builtin, `${value}: invalid action name`);
        return null;
      }
      spec.actions.add(action);
    }
  }
  if (bad === null) return parsed;
  await usage(ctx, sh, builtin, bad, usageText);
  return null;
}

const specialsIn = (flags: ReadonlySet<string>): string[] =>
  (['D', 'E', 'I'] as const).filter((letter) => flags.has(letter)).map((letter) => SPECIAL_NAMES[letter]);

const complete: Builtin = async (ctx, sh, argv) => {
  const parsed = await parseSpec(ctx, sh, argv, 'prDEI', COMPLETE_USAGE);
  if (parsed === null) return 2;
  const { spec, flags, any } = parsed;
  const specials = specialsIn(flags);
  const names = specials.length > 0 ? specials.slice(0, 1) : parsed.rest;
  if (flags.has('r')) {
    if (sh.compspecs === NO_COMPSPECS) return 0;
    if (names.length === 0) sh.compspecs = new Map();
    return eachKnown(ctx, sh, names, (name) => sh.setCompspec(name, null));
  }
  if (flags.has('p') || (names.length === 0 && !any)) {
    let out = '';
    if (names.length === 0)
      for (const [name, known] of inTableOrder(sh.compspecs)) out += `${compspecText(name, known)}\n`;
    const status = await eachKnown(ctx, sh, names, (name, known) => {
      out += `${compspecText(name, known)}\n`;
    });
    if (out !== '') await ctx.sys.write(ctx, 1, out);
    return status;
  }
  if (names.length === 0) {
    await complain(ctx, `complete: usage: ${COMPLETE_USAGE}\n`);
    return 2;
  }
  for (const name of names) sh.setCompspec(name, spec);
  return 0;
};

async function eachKnown(
  ctx: Context,
  sh: Shell,
  names: readonly string[],
  act: (name: string, spec: Compspec) => void,
): Promise<number> {
  let status = 0;
  for (const name of names) {
    const spec = sh.compspecs.get(name);
    if (spec === undefined) {
      await builtinError(ctx, sh, 'complete', `${shownName(name)}: no completion specification`);
      status = 1;
    } else act(name, spec);
  }
  return status;
}

const compgen: Builtin = async (ctx, sh, argv) => {
  const parsed = await parseSpec(ctx, sh, argv, '', COMPGEN_USAGE);
  if (parsed === null) return 2;
  const { spec, rest } = parsed;
  for (const letter of ['F', 'C'] as const)
    if (spec[letter] !== null)
      await builtinError(ctx, sh, 'compgen', `warning: -${letter} option may not work as you expect`);
  const request = { command: 'compgen', word: rest[0] ?? '', previous: '', words: [], cword: -1, line: '' };
  const { words } = await generateCompletions(ctx, sh, spec, request);
  if (words.length === 0) return 1;
  await ctx.sys.write(ctx, 1, words.map((word) => `${word}\n`).join(''));
  return 0;
};

const compopt: Builtin = async (ctx, sh, argv) => {
  const on = new Set<CompletionOption>();
  const off = new Set<CompletionOption>();
  const flags = new Set<string>();
  let i = 1;
  for (; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (arg === '--') {
      i++;
      break;
    }
    if (/^-[DEI]+$/.test(arg)) {
      for (const letter of arg.slice(1)) flags.add(letter);
      continue;
    }
    if (!/^[-+]./.test(arg)) break;
    if (arg[1] !== 'o') return usage(ctx, sh, 'compopt', `${arg.slice(0, 2)}: invalid option`, COMPOPT_USAGE);
    const value = arg.length > 2 ? arg.slice(2) : argv[++i];
    if (value === undefined) return usage(ctx, sh, 'compopt', `${arg}: option requires an argument`, COMPOPT_USAGE);
    const option = optionNamed(value);
    if (option === undefined) {
      await builtinError(ctx, sh, 'compopt', `${value}: invalid option name`);
      return 2;
    }
    (arg.startsWith('-') ? on : off).add(option);
  }
  const change = (options: Compspec['options']): void => {
    for (const option of on) options.add(option);
    for (const option of off) options.delete(option);
  };
  const specials = specialsIn(flags);
  const names = specials.length > 0 ? specials.slice(0, 1) : argv.slice(i);
  if (names.length === 0) {
    if (sh.completing === null) {
      await builtinError(ctx, sh, 'compopt', 'not currently executing completion function');
      return 1;
    }
    if (on.size + off.size === 0) await printOptions(ctx, sh.completing, '');
    change(sh.completing);
    return 0;
  }
  let status = 0;
  for (const name of names) {
    const spec = sh.compspecs.get(name);
    if (spec === undefined) {
      await builtinError(ctx, sh, 'compopt', `${shownName(name)}: no completion specification`);
      status = 1;
    } else if (on.size + off.size === 0) await printOptions(ctx, spec.options, ` ${shownName(name)}`);
    else {
      const changed = { ...spec, options: new Set(spec.options) };
      change(changed.options);
      sh.setCompspec(name, changed);
    }
  }
  return status;
};

function printOptions(ctx: Context, options: Compspec['options'], name: string): Promise<number> {
  const shown = COMPLETION_OPTIONS.map((option) => `${options.has(option) ? '-' : '+'}o ${option}`);
  return ctx.sys.write(ctx, 1, `compopt ${shown.join(' ')}${name}\n`);
}

export const completionBuiltins: Record<string, Builtin> = { complete, compgen, compopt };
