/**
 * The words that a compspec offers.
 * @models bash 5.2 pcomplete.c @fidelity partial: of readline's bindings and of disabled builtins none
 */
import { type Command, parse } from 'unbash';
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { readFile } from '../linux/io.ts';
import { ALL_SIGNALS } from '../linux/signals.ts';
import { RESERVED } from './builtins/info.ts';
import { OPTION_NAMES, SHOPTS } from './builtins/options.ts';
import { builtinNames } from './builtins/table.ts';
import { callFunction } from './command.ts';
import type { CompletionAction, Compspec } from './compspec.ts';
import { expandWords } from './expand.ts';
import { glob, listDirectory } from './glob.ts';
import { jobState } from './jobs.ts';
import { report } from './messages.ts';
import { valueOf } from './parameters.ts';
import { matches } from './pattern.ts';
import { singleQuote } from './quote.ts';
import type { Shell } from './shell.ts';
import { substituteCommand } from './substitution.ts';
import { scalarOf, setArray, setScalar, sortedIndexed, unsetVariable, variable, variableNames } from './variables.ts';

/** The command being completed: its words as COMP_WORDS has them, and the one at the cursor. */
export type CompletionRequest = {
  command: string;
  word: string;
  previous: string;
  words: readonly string[];
  /** -1 when nobody is typing. */
  cword: number;
  line: string;
};

/**
 * `compopt` changes the options while a function runs; `again` if it wants to be asked once more, because it has made
 * another compspec.
 */
export type Generated = { words: string[]; options: Compspec['options']; again: boolean };

const AGAIN_STATUS = 124;

export async function generateCompletions(
  ctx: Context,
  sh: Shell,
  spec: Compspec,
  request: CompletionRequest,
): Promise<Generated> {
  const { word } = request;
  const options = new Set(spec.options);
  const words: string[] = [];
  const offer = (...names: readonly string[]): void => {
    for (const name of names) if (name.startsWith(word)) words.push(name);
  };
  for (const action of ACTION_ORDER) if (spec.actions.has(action)) offer(...(await actionWords(ctx, sh, action, word)));
  if (spec.G !== null) offer(...(await glob(ctx, spec.G)));
  if (spec.W !== null) offer(...(await listedWords(ctx, sh, spec.W)));
  let again = false;
  if (spec.F !== null) {
    const reply = await functionWords(ctx, sh, spec.F, request, options);
    again = reply.status === AGAIN_STATUS;
    if (!again) words.push(...reply.words);
  }
  if (spec.C !== null) words.push(...(await commandWords(ctx, sh, spec.C, request)));
  let kept = words;
  if (spec.X !== null) {
    const pattern = spec.X.replace(/(\\?)&/g, (_, quoted: string) => (quoted === '' ? word : '&'));
    const negated = pattern.startsWith('!');
    kept = words.filter((name) => matches(negated ? pattern.slice(1) : pattern, name) === negated);
  }
  kept = kept.map((name) => `${spec.P ?? ''}${name}${spec.S ?? ''}`);
  const directories = (kept.length === 0 && options.has('dirnames')) || options.has('plusdirs');
  if (directories) kept.push(...(await pathWords(ctx, sh, word, true)).filter((name) => !kept.includes(name)));
  return { words: kept, options, again };
}

const ACTION_ORDER: readonly CompletionAction[] = [
  'alias',
  'arrayvar',
  'builtin',
  'enabled',
  'export',
  'function',
  'helptopic',
  'hostname',
  'job',
  'running',
  'stopped',
  'keyword',
  'setopt',
  'shopt',
  'signal',
  'variable',
  'command',
  'file',
  'user',
  'group',
  'service',
  'directory',
];

async function actionWords(ctx: Context, sh: Shell, action: CompletionAction, word: string): Promise<string[]> {
  switch (action) {
    case 'alias':
      return [...sh.aliases.keys()].sort();
    case 'arrayvar':
      return variableNames(sh).filter((name) => variable(sh, name)?.indexed != null);
    case 'builtin':
    case 'enabled':
    case 'helptopic':
      return builtinNames(sh);
    case 'export':
      return variableNames(sh).filter((name) => variable(sh, name)?.exported === true);
    case 'function':
      return [...sh.functions.keys()].sort();
    case 'hostname':
      return (await fields(ctx, '/etc/hosts', /\s+/)).flatMap((line) => line.slice(1));
    case 'job':
    case 'running':
    case 'stopped':
      return sh.jobs
        .filter((job) => action === 'job' || jobState(job).toLowerCase() === action)
        .map((job) => job.text.split(' ')[0] ?? '');
    case 'keyword':
      return [...RESERVED];
    case 'setopt':
      return [...OPTION_NAMES];
    case 'shopt':
      return [...SHOPTS];
    case 'signal':
      return ['EXIT', ...ALL_SIGNALS, 'DEBUG', 'ERR', 'RETURN'];
    case 'variable':
      return variableNames(sh);
    case 'command':
      return commandWordsOf(ctx, sh, word);
    case 'file':
      return pathWords(ctx, sh, word, false);
    case 'directory':
      return pathWords(ctx, sh, word, true);
    case 'user':
      return (await fields(ctx, '/etc/passwd', ':')).map(([name = '']) => name);
    case 'group':
      return (await fields(ctx, '/etc/group', ':')).map(([name = '']) => name);
    case 'service':
      return (await fields(ctx, '/etc/services', /\s+/)).map(([name = '']) => name);
    default:
      return [];
  }
}

/** Everything that may stand first on a line; what is there under several headings comes several times. */
export async function commandWordsOf(ctx: Context, sh: Shell, word: string): Promise<string[]> {
  if (word.includes('/')) return pathWords(ctx, sh, word, false);
  const names = [
    ...[...sh.aliases.keys()].sort(),
    ...RESERVED,
    ...[...sh.functions.keys()].sort(),
    ...builtinNames(sh),
  ];
  const programs = new Set<string>();
  for (const directory of new Set(valueOf(sh, 'PATH').split(':')))
    for (const { name } of await listDirectory(ctx, directory || '.')) {
      if (!name.startsWith(word) || programs.has(name)) continue;
      const stat = await statOf(ctx, `${directory}/${name}`);
      if (stat?.type === 'file' && (stat.mode & 0o111) !== 0) programs.add(name);
    }
  return [...names, ...[...programs].sort()];
}

async function statOf(ctx: Context, path: string): Promise<{ type: string; mode: number } | null> {
  try {
    return await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}

/** Lines of a table in /etc without comments, in fields; none if it is not there. */
async function fields(ctx: Context, path: string, separator: string | RegExp): Promise<string[][]> {
  try {
    const lines = (await readFile(ctx, path)).split('\n').map((line) => line.replace(/#.*/, '').trim());
    return lines.filter((line) => line !== '').map((line) => line.split(separator));
  } catch (error) {
    if (!isErrno(error)) throw error;
    return [];
  }
}

/** Paths as they would be typed on from `word`. */
async function pathWords(ctx: Context, sh: Shell, word: string, directoriesOnly: boolean): Promise<string[]> {
  const slash = word.lastIndexOf('/') + 1;
  const typed = word.slice(0, slash);
  const real = typed.startsWith('~/') ? `${valueOf(sh, 'HOME')}${typed.slice(1)}` : typed;
  const found: string[] = [];
  for (const { name } of await listDirectory(ctx, real || '.')) {
    if (name === '.' || name === '..' || !name.startsWith(word.slice(slash))) continue;
    if (name.startsWith('.') && slash === word.length) continue;
    if (!directoriesOnly || (await statOf(ctx, `${real}${name}`))?.type === 'directory') found.push(typed + name);
  }
  return found.sort();
}

/** -W: split as a line is, each word expanded; quotes keep words together. */
async function listedWords(ctx: Context, sh: Shell, text: string): Promise<string[]> {
  const separators = variable(sh, 'IFS') === undefined ? ' \t\n' : valueOf(sh, 'IFS');
  const out: string[] = [];
  for (const raw of quotedFields(text, separators)) {
    const parsed = /[\\'"$`~*?[{]/.test(raw) ? parse(`: ${raw}`) : null;
    const command = parsed?.commands.length === 1 ? parsed.commands[0]?.command : undefined;
    const args = parsed?.errors === undefined && command?.type === 'Command' ? (command as Command).args : null;
    if (args === null) out.push(raw);
    else
      out.push(
        ...(await expandWords(
          ctx,
          sh,
          args.filter((argument) => argument.type === 'Word'),
        )),
      );
  }
  return out;
}

function quotedFields(text: string, separators: string): string[] {
  const out: string[] = [];
  let word = '';
  let quote = '';
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quote !== '') {
      if (c === quote) quote = '';
      else if (c === '\\' && quote === '"') word += text[i++];
    } else if (c === '\\') word += text[i++];
    else if (c === "'" || c === '"') quote = c;
    else if (c === '(' && (depth > 0 || text[i - 1] === '$')) depth++;
    else if (c === ')' && depth > 0) depth--;
    else if (depth === 0 && separators.includes(c)) {
      if (word !== '') out.push(word);
      word = '';
      continue;
    }
    word += text[i] ?? '';
  }
  if (word !== '') out.push(word);
  return out;
}

const COMP_KEY_TAB = '9';

/** What the function leaves in COMPREPLY. */
async function functionWords(
  ctx: Context,
  sh: Shell,
  name: string,
  request: CompletionRequest,
  options: Compspec['options'],
): Promise<{ words: string[]; status: number }> {
  const body = sh.functions.get(name);
  if (body === undefined) {
    await report(ctx, sh, `completion: function \`${name}' not found`);
    return { words: [], status: 0 };
  }
  const { status: before } = sh;
  const outer = sh.completing;
  sh.completing = options;
  setScalar(sh, 'COMP_LINE', request.line);
  setScalar(sh, 'COMP_POINT', String(new TextEncoder().encode(request.line).length));
  setScalar(sh, 'COMP_TYPE', COMP_KEY_TAB);
  setScalar(sh, 'COMP_KEY', COMP_KEY_TAB);
  setArray(sh, 'COMP_WORDS', request.words);
  setScalar(sh, 'COMP_CWORD', String(request.cword));
  try {
    await callFunction(ctx, sh, body, [name, request.command, request.word, request.previous]);
  } finally {
    sh.completing = outer;
    for (const set of ['COMP_LINE', 'COMP_POINT', 'COMP_TYPE', 'COMP_KEY', 'COMP_WORDS', 'COMP_CWORD'])
      unsetVariable(sh, set);
  }
  const { status } = sh;
  sh.status = before;
  const reply = variable(sh, 'COMPREPLY');
  unsetVariable(sh, 'COMPREPLY');
  if (reply === undefined) return { words: [], status };
  const { indexed } = reply;
  const words = indexed === null ? [scalarOf(reply) ?? ''] : sortedIndexed(indexed).map(([, value]) => value);
  return { words, status };
}

/** -C: a command line that gets the same three arguments, and prints a word a line. */
async function commandWords(ctx: Context, sh: Shell, text: string, request: CompletionRequest): Promise<string[]> {
  const line = [text, ...[request.command, request.word, request.previous].map(singleQuote)].join(' ');
  const { status } = sh;
  const printed = await substituteCommand(ctx, sh, parse(line), line);
  sh.status = status;
  return printed === '' ? [] : printed.split('\n');
}
