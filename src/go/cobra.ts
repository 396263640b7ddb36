/**
 * Finding the command on a command line and parsing its flags.
 * @models spf13/cobra v1.10 command.go (Find, Traverse, SuggestionsFor, ValidateRequiredFlags), args.go (legacyArgs)
 * @fidelity partial: no plugins, no flag groups
 */
import type { CobraApp, CobraCommand, CobraContext, CobraResult, Pflag } from './cobra-types.ts';
import { bareValue, indexFlags, type PflagIndex, type PflagSet, parsePflags } from './pflag.ts';
import { compareStrings, quote } from './quote.ts';

const HELP: Pflag = { name: 'help', short: 'h', kind: 'bool', usage: 'help for the command', hidden: true };

/** `args` is without the program's own name. */
export function parseCobra<A>(app: CobraApp<A>, args: readonly string[]): CobraResult<A> {
  if (args[0] === 'help') return helpOn(app, args.slice(1));
  const { path, rest } = findCommand(app, args);
  const command = path.at(-1) ?? app.root;
  if (path.length === 1) {
    const word = firstArgument(flagIndex(app, command), rest);
    if (word !== undefined) return { kind: 'error', error: unknownCommand(app, word), path };
  }
  if (command.disableFlagParsing === true) return run(app, path, plainArguments(rest));
  const parsed = parsePflags(flagIndex(app, command), rest, command.flagsFirst);
  if (!parsed.ok) return { kind: 'flag-error', error: parsed.error, path };
  if (parsed.set.values.get('help') === true) return { kind: 'help', path };
  return run(app, path, parsed.set);
}

function run<A>(app: CobraApp<A>, path: readonly CobraCommand<A>[], set: PflagSet): CobraResult<A> {
  const command = path.at(-1) ?? app.root;
  if (command.action === undefined) return { kind: 'help', path, words: set.args };
  const missing = (command.flags ?? []).filter((flag) => flag.required === true && !set.changed.has(flag.name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => quote(name)).join(', ');
    return { kind: 'error', error: `required flag(s) ${names} not set`, path };
  }
  return { kind: 'run', command, action: command.action, path, context: contextOf(path, set) };
}

function plainArguments(args: readonly string[]): PflagSet {
  return { values: new Map(), changed: new Set(), args, argsBeforeDash: -1 };
}

export function flagIndex<A>(app: CobraApp<A>, command: CobraCommand<A>): PflagIndex {
  return indexFlags([...(command.flags ?? []), HELP, ...app.globalFlags]);
}

/** Descends through the names of subcommands; the names go, flags between them stay. */
function findCommand<A>(
  app: CobraApp<A>,
  args: readonly string[],
): { path: readonly CobraCommand<A>[]; rest: readonly string[] } {
  const path: CobraCommand<A>[] = [app.root];
  let rest = [...args];
  for (let command = app.root; ; ) {
    const at = argumentIndex(flagIndex(app, command), rest);
    const word = at < 0 ? undefined : rest[at];
    const child = word === undefined ? undefined : childNamed(app, command, word);
    if (child === undefined) return { path, rest };
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
    path.push(child);
    command = child;
  }
}

function childNamed<A>(app: CobraApp<A>, command: CobraCommand<A>, word: string): CobraCommand<A> | undefined {
  const below = command.subcommands ?? [];
  const exact = below.find(({ name, aliases }) => name === word || (aliases ?? []).includes(word));
  if (exact !== undefined || app.prefixMatching !== true) return exact;
  const begun = below.filter(({ name }) => name.startsWith(word));
  return begun.length === 1 ? begun[0] : undefined;
}

function argumentIndex(index: PflagIndex, words: readonly string[]): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return -1;
    if (word === '' || !word.startsWith('-') || word === '-') return i;
    if (word.includes('=')) continue;
    const flag = word.startsWith('--') ? index.long.get(word.slice(2)) : index.short.get(word.slice(-1));
    const takesNext = word.startsWith('--') || word.length === 2;
    if (takesNext && flag !== undefined && bareValue(flag) === undefined) i += 1;
  }
  return -1;
}

function firstArgument(index: PflagIndex, words: readonly string[]): string | undefined {
  const at = argumentIndex(index, words);
  return at < 0 ? undefined : words[at];
}

function helpOn<A>(app: CobraApp<A>, words: readonly string[]): CobraResult<A> {
  const { path, rest } = findCommand(app, words);
  const word = rest.find((text) => !text.startsWith('-'));
  if (word !== undefined && path.length === 1) {
    return { kind: 'error', error: `unknown help topic [${quote(word)}]`, path };
  }
  return { kind: 'help', path };
}

function unknownCommand<A>(app: CobraApp<A>, word: string): string {
  const similar = suggestions(app, word);
  const hint = similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join('')}`;
  return `unknown command ${quote(word)} for ${quote(app.root.name)}${hint}`;
}

const DISTANCE_MAX = 2;

function suggestions<A>(app: CobraApp<A>, word: string): string[] {
  const lower = word.toLowerCase();
  return (app.root.subcommands ?? [])
    .filter(({ hidden }) => hidden !== true)
    .filter(
      ({ name, suggestFor }) =>
        editDistance(lower, name.toLowerCase()) <= DISTANCE_MAX ||
        name.toLowerCase().startsWith(lower) ||
        (suggestFor ?? []).some((other) => other.toLowerCase() === lower),
    )
    .map(({ name }) => name)
    .sort(compareStrings);
}

/** Levenshtein's distance. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + change));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function contextOf<A>(path: readonly CobraCommand<A>[], set: PflagSet): CobraContext {
  const value = (name: string): unknown => {
    const found = set.values.get(name);
    if (found === undefined) throw new Error(`${path.at(-1)?.name ?? ''} has no flag --${name}`);
    return found;
  };
  return {
    path: path.map(({ name }) => name),
    args: set.args,
    argsBeforeDash: set.argsBeforeDash,
    changed: [...set.changed],
    isSet: (name) => set.changed.has(name),
    has: (name) => set.values.has(name),
    bool: (name) => value(name) === true,
    string: (name) => String(value(name)),
    number: (name) => Number(value(name)),
    duration: (name) => Number(value(name)),
    strings: (name) => {
      const found = value(name);
      return Array.isArray(found) ? (found as readonly string[]) : [];
    },
  };
}

/**
 * The words before the one that is being typed: the command so far, and the flag whose value comes next. `context` is
 * null when there is a fault in the flags.
 */
export function commandSoFar<A>(
  app: CobraApp<A>,
  words: readonly string[],
): { path: readonly CobraCommand<A>[]; context: CobraContext | null; pending: Pflag | null } {
  const { path, rest } = findCommand(app, words);
  const index = flagIndex(app, path.at(-1) ?? app.root);
  const last = rest.at(-1) ?? '';
  const awaits = /^-[^-=]*$/.test(last) ? index.short.get(last.slice(-1)) : index.long.get(last.slice(2));
  const pending =
    /^-./.test(last) && !last.includes('=') && awaits !== undefined && bareValue(awaits) === undefined ? awaits : null;
  const parsed = parsePflags(index, pending === null ? rest : rest.slice(0, -1), path.at(-1)?.flagsFirst);
  return { path, context: parsed.ok ? contextOf(path, parsed.set) : null, pending };
}
