/**
 * Completion on Tab: commands, variables, files, and what a program's completion table offers.
 * @models bash 5.2 bashline.c, bash-completion
 * @fidelity partial: tables instead of completion scripts (format in completion-table.ts)
 */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { RESERVED } from './builtins/info.ts';
import { builtinNames } from './builtins/table.ts';
import { tableCandidates } from './completion-table.ts';
import { listDirectory } from './glob.ts';
import { valueOf } from './parameters.ts';
import type { Shell } from './shell.ts';
import { scalar, variableNames } from './variables.ts';

export type Candidate = { text: string; suffix: string; shown: string };
export type Completion = { start: number; candidates: Candidate[] };

const BREAKS = ' \t\n;|&()<>`';

/** Where the word being typed begins, and the quote it is in. */
function wordStart(line: string): { start: number; quote: string; commandAt: number } {
  let start = 0;
  let quote = '';
  let quoteAt = 0;
  let commandAt = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== '') {
      if (c === '\\' && quote === '"') i++;
      else if (c === quote) quote = '';
    } else if (c === '\\') i++;
    else if (c === "'" || c === '"') {
      quote = c;
      quoteAt = i;
    } else if (BREAKS.includes(c)) {
      start = i + 1;
      if (';|&(`'.includes(c)) commandAt = i + 1;
    }
  }
  void quoteAt;
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
    const names = await commandNames(ctx, sh, typed);
    return { start, candidates: names.map((n) => ({ text: n, suffix: ' ', shown: n })) };
  }
  if (words.length > 0 && !redirected) {
    const offered = await tableCandidates(ctx, sh, words, typed);
    if (offered !== null && offered.length > 0)
      return { start, candidates: offered.map((n) => ({ text: n, suffix: n.endsWith('=') ? '' : ' ', shown: n })) };
  }
  return { start, candidates: await fileCandidates(ctx, sh, typed, quote, words[0] === 'cd' || words[0] === 'pushd') };
}

async function commandNames(ctx: Context, sh: Shell, prefix: string): Promise<string[]> {
  const names = new Set<string>();
  const offer = (name: string): void => {
    if (name.startsWith(prefix)) names.add(name);
  };
  builtinNames(sh).forEach(offer);
  RESERVED.forEach(offer);
  for (const name of sh.functions.keys()) offer(name);
  for (const name of sh.aliases.keys()) offer(name);
  for (const directory of new Set(valueOf(sh, 'PATH').split(':'))) {
    for (const entry of await listDirectory(ctx, directory || '.')) {
      if (!entry.name.startsWith(prefix) || names.has(entry.name)) continue;
      try {
        const stat = await ctx.sys.stat(ctx, `${directory}/${entry.name}`);
        if (stat.type === 'file' && (stat.mode & 0o111) !== 0) names.add(entry.name);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
  }
  return [...names].sort();
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
    const text = opening !== '' ? opening + full : lead + full.replace(/[\s'"\\|&;()<>!{}*[\]?^$`]/g, '\\$&');
    out.push({
      text,
      suffix: isDirectory ? '/' : opening !== '' ? `${opening} ` : ' ',
      shown: isDirectory ? `${name}/` : name,
    });
  }
  return out.sort((a, b) => (a.text < b.text ? -1 : 1));
}
