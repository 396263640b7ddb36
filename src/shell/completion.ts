/**
 * Completion on Tab: commands, variables, files, what `complete` was told of a command, and for commands that it was not
 * told of what a program's completion table offers.
 * @models bash 5.2 bashline.c, pcomplete.c, bash-completion
 * @fidelity partial: bash-completion's loader is part of the shell; for some programs tables (format in completion-table.ts)
 */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { readFile } from '../linux/io.ts';
import { tableCandidates } from './completion-table.ts';
import { type Compspec, SPECIAL_NAMES } from './compspec.ts';
import { statusOf } from './fork.ts';
import { type CompletionRequest, commandWordsOf, generateCompletions } from './generate-completions.ts';
import { listDirectory } from './glob.ts';
import { runText } from './run-text.ts';
import type { Shell } from './shell.ts';
import { scalar, variableNames } from './variables.ts';

export type Candidate = { text: string; suffix: string; shown: string };
export type Completion = { start: number; candidates: Candidate[] };

const BREAKS = ' \t\n;|&()<>`';

/** Where the word being typed begins, and the quote it is in. */
function wordStart(line: string): { start: number; quote: string; commandAt: number } {
  let start = 0;
  let quote = '';
  let commandAt = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== '') {
      if (c === '\\' && quote === '"') i++;
      else if (c === quote) quote = '';
    } else if (c === '\\') i++;
    else if (c === "'" || c === '"') {
      quote = c;
    } else if (BREAKS.includes(c)) {
      start = i + 1;
      if (';|&(`'.includes(c)) commandAt = i + 1;
    }
  }
  return { start, quote, commandAt };
}

export async function complete(ctx: Context, sh: Shell, line: string): Promise<Completion> {
  const { start, quote, commandAt } = wordStart(line);
  const typed = line.slice(start);
  const variable = /\$\{?(\w*)$/.exec(typed);
  if (variable !== null && quote !== "'") {
    const brace = typed.slice(variable.index).startsWith('${');
    const at = start + variable.index;
    const names = variableNames(sh).filter((n) => n.startsWith(variable[1] ?? ''));
    return {
      start: at,
      candidates: names.map((n) => ({
        text: `$${brace ? '{' : ''}${n}${brace ? '}' : ''}`,
        suffix: brace ? '' : ' ',
        shown: n,
      })),
    };
  }
  const words = line
    .slice(commandAt, start)
    .trim()
    .split(/\s+/)
    .filter((w) => w !== '' && !/^\w+=/.test(w));
  const previous = line.slice(0, start).trimEnd().slice(-1);
  const redirected = previous === '>' || previous === '<';
  if (words.length === 0 && !redirected && !typed.includes('/') && !typed.startsWith('~')) {
    const special = typed === '' ? SPECIAL_NAMES.E : SPECIAL_NAMES.I;
    const initial = sh.compspecs.get(special);
    if (initial !== undefined) return programmed(ctx, sh, initial, requestFor(line.slice(commandAt)), start, quote);
    const names = await commandNames(ctx, sh, typed);
    return { start, candidates: names.map((n) => ({ text: n, suffix: ' ', shown: n })) };
  }
  if (words.length > 0 && !redirected) {
    const request = requestFor(line.slice(commandAt).trimStart());
    const spec = compspecOf(sh, request.command) ?? (await loadedCompspec(ctx, sh, request.command));
    if (spec !== undefined) return programmed(ctx, sh, spec, request, line.length - request.word.length, quote);
    const offered = await tableCandidates(ctx, sh, words, typed);
    if (offered !== null && offered.length > 0)
      return { start, candidates: offered.map((n) => ({ text: n, suffix: n.endsWith('=') ? '' : ' ', shown: n })) };
  }
  return { start, candidates: await fileCandidates(ctx, sh, typed, quote, words[0] === 'cd' || words[0] === 'pushd') };
}

async function commandNames(ctx: Context, sh: Shell, prefix: string): Promise<string[]> {
  const names = await commandWordsOf(ctx, sh, prefix);
  return [...new Set(names)].filter((name) => name.startsWith(prefix)).sort();
}

/** By the name as typed, else by what follows the last slash; else what `complete -D` says of all others. */
function compspecOf(sh: Shell, command: string): Compspec | undefined {
  const { compspecs } = sh;
  return (
    compspecs.get(command) ??
    compspecs.get(command.slice(command.lastIndexOf('/') + 1)) ??
    compspecs.get(SPECIAL_NAMES.D)
  );
}

const SCRIPTS = '/usr/share/bash-completion/completions';

/** bash-completion reads the script that a package has for a command when somebody first asks. */
async function loadedCompspec(ctx: Context, sh: Shell, command: string): Promise<Compspec | undefined> {
  let script: string;
  try {
    script = await readFile(ctx, `${SCRIPTS}/${command.slice(command.lastIndexOf('/') + 1)}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return undefined;
  }
  const { status } = sh;
  try {
    await runText(ctx, sh, script, { ownLines: true });
  } catch (error) {
    await statusOf(ctx, sh, error);
  }
  sh.status = status;
  return compspecOf(sh, command);
}

/** Runs of these, outside quotes, are words of their own: what COMP_WORDBREAKS has beside blanks and quotes. */
const DELIMITERS = '><=;|&(:';

function requestFor(line: string): CompletionRequest {
  const words: string[] = [];
  let word = '';
  let quote = '';
  const end = (): void => {
    if (word !== '') words.push(word);
    word = '';
  };
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote === '' && /\s/.test(c)) end();
    else if (quote === '' && DELIMITERS.includes(c) !== (word !== '' && DELIMITERS.includes(word[0] as string))) {
      end();
      word = c;
    } else {
      word += c;
      if (c === '\\' && quote !== "'") word += line[++i] ?? '';
      else if (c === quote) quote = '';
      else if (quote === '' && (c === "'" || c === '"')) quote = c;
    }
  }
  const current = word;
  end();
  if (current === '') words.push('');
  const cword = words.length - 1;
  return {
    command: words[0] ?? '',
    word: current !== '' && DELIMITERS.includes(current[0] as string) ? '' : current,
    previous: words[cword - 1] ?? '',
    words,
    cword,
    line,
  };
}

const AGAIN_MAX = 2;

async function programmed(
  ctx: Context,
  sh: Shell,
  spec: Compspec,
  request: CompletionRequest,
  start: number,
  quote: string,
): Promise<Completion> {
  let made = await generateCompletions(ctx, sh, spec, request);
  // A loader for all commands has learnt something about this one.
  for (let i = 0; made.again && i < AGAIN_MAX; i++)
    made = await generateCompletions(ctx, sh, compspecOf(sh, request.command) ?? spec, request);
  const { words, options } = made;
  if (words.length === 0) {
    const falls = options.has('default') || options.has('bashdefault');
    return { start, candidates: falls ? await fileCandidates(ctx, sh, request.word, quote, false) : [] };
  }
  const unique = [...new Set(words)];
  const candidates: Candidate[] = [];
  for (const name of options.has('nosort') ? unique : unique.sort()) {
    const isDirectory = options.has('filenames') && (await isDirectoryAt(ctx, name));
    const text = options.has('filenames') && !options.has('noquote') && quote === '' ? escaped(name) : name;
    candidates.push({
      text,
      suffix: isDirectory ? '/' : options.has('nospace') ? '' : ' ',
      shown: options.has('filenames') ? `${name.replace(/.*\/(?=.)/, '')}${isDirectory ? '/' : ''}` : name,
    });
  }
  return { start, candidates };
}

async function isDirectoryAt(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'directory';
  } catch (error) {
    if (!isErrno(error)) throw error;
    return false;
  }
}

function escaped(name: string): string {
  return name.replace(/[\s'"\\|&;()<>!{}*[\]?^$`]/g, '\\$&');
}

async function fileCandidates(
  ctx: Context,
  sh: Shell,
  typed: string,
  quote: string,
  directoriesOnly: boolean,
): Promise<Candidate[]> {
  const opening = quote !== '' && typed.startsWith(quote) ? quote : '';
  const plain = opening !== '' ? typed.slice(1) : typed.replace(/\\([\s\S])/g, '$1');
  const equals = /^(--?[\w-]+=)(.*)$/.exec(plain);
  const lead = equals?.[1] ?? '';
  const path = equals?.[2] ?? plain;
  const slash = path.lastIndexOf('/');
  const directory = path.slice(0, slash + 1);
  const prefix = path.slice(slash + 1);
  const real = directory.startsWith('~/') ? (scalar(sh, 'HOME') ?? '/root') + directory.slice(1) : directory;
  const out: Candidate[] = [];
  for (const entry of await listDirectory(ctx, real || '.')) {
    const { name } = entry;
    if (name === '.' || name === '..' || !name.startsWith(prefix) || (name.startsWith('.') && !prefix.startsWith('.')))
      continue;
    let { type } = entry;
    if (type === 'symlink') {
      try {
        type = (await ctx.sys.stat(ctx, `${real}${name}`)).type;
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    const isDirectory = type === 'directory';
    if (directoriesOnly && !isDirectory) continue;
    const full = directory + name;
    const text = opening !== '' ? opening + full : lead + escaped(full);
    out.push({
      text,
      suffix: isDirectory ? '/' : opening !== '' ? `${opening} ` : ' ',
      shown: isDirectory ? `${name}/` : name,
    });
  }
  return out.sort((a, b) => (a.text < b.text ? -1 : 1));
}
