/**
 * Completion tables: /usr/lib/cutaway/completions/NAME, for programs whose own script offers less than one would like.
 *
 *   # a comment
 *   flags --config --debug            flags valid everywhere
 *   value --runtime runc crun         what may follow a flag
 *   value --config @files             files
 *   command ps|list  --all -a         a subcommand (with other names) and its flags
 *   args ps  @run crictl ps -aq       its arguments: words, @files, or the lines a command prints
 *   args image pull  @none            nested subcommands are written out; `args` alone is for no subcommand
 *   from /usr/lib/x                   alone in the file: the table is what this command prints
 *
 * The scripts of bash-completion lie in /usr/share/bash-completion/completions and come first.
 */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { lookPath, readFile, runCommand } from '../linux/io.ts';
import { utf8 } from '../linux/rope.ts';
import { valueOf } from './parameters.ts';
import type { Shell } from './shell.ts';
import { environment } from './variables.ts';

const DIRECTORY = '/usr/lib/cutaway/completions';

type Entry = { path: string[]; names: string[]; flags: string[] };
type Table = { entries: Entry[]; flags: string[]; values: Map<string, string[]>; args: Map<string, string[]> };

export function parseTable(text: string): Table {
  const table: Table = { entries: [], flags: [], values: new Map(), args: new Map() };
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [head = '', tail = ''] = line.split(/ {2,}(.*)/s);
    const [keyword, ...words] = head.split(/\s+/);
    const more = tail === '' ? [] : tail.split(/\s+/);
    if (keyword === 'flags') table.flags.push(...words, ...more);
    else if (keyword === 'value') table.values.set(words[0] ?? '', [...words.slice(1), ...more]);
    else if (keyword === 'command') {
      const last = words[words.length - 1] ?? '';
      table.entries.push({ path: words.slice(0, -1), names: last.split('|'), flags: more });
    } else if (keyword === 'args') table.args.set(words.join(' '), more);
  }
  return table;
}

/** Candidates for the word `typed` after `words`; null when the program has no table. */
export async function tableCandidates(
  ctx: Context,
  sh: Shell,
  words: readonly string[],
  typed: string,
): Promise<string[] | null> {
  const name = (words[0] ?? '').replace(/^.*\//, '');
  let table: Table;
  try {
    table = parseTable(await tableText(ctx, sh, await readFile(ctx, `${DIRECTORY}/${name}`)));
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
  const previous = words[words.length - 1] ?? '';
  const offered = (list: readonly string[]): string[] => [...new Set(list)].filter((c) => c.startsWith(typed)).sort();
  const valueOfFlag = table.values.get(previous);
  if (valueOfFlag !== undefined) return offered(await resolve(ctx, sh, valueOfFlag));
  let path: string[] = [];
  let flags = [...table.flags];
  for (let i = 1; i < words.length; i++) {
    const word = words[i] as string;
    if (word.startsWith('-') || table.values.has(words[i - 1] ?? '')) continue;
    const entry = table.entries.find((e) => e.names.includes(word) && e.path.join(' ') === path.join(' '));
    if (entry === undefined) continue;
    path = [...path, entry.names[0] as string];
    flags = [...flags, ...entry.flags];
  }
  if (typed.startsWith('-')) return offered(flags);
  const inside = table.entries.filter((e) => e.path.join(' ') === path.join(' '));
  const args = table.args.get(path.join(' '));
  return offered([...inside.flatMap((e) => e.names), ...(args === undefined ? [] : await resolve(ctx, sh, args))]);
}

/** A file may say `from COMMAND`: the table is then what that command prints. */
async function tableText(ctx: Context, sh: Shell, text: string): Promise<string> {
  const command = /^from (\S+)\s*$/.exec(text)?.[1];
  if (command === undefined) return text;
  const { stdout } = await runCommand(ctx, [command], { env: environment(sh) });
  return utf8(stdout);
}

async function resolve(ctx: Context, sh: Shell, spec: readonly string[]): Promise<string[]> {
  if (spec[0] === '@files' || spec[0] === '@none') return [];
  if (spec[0] !== '@run') return [...spec];
  const program = await lookPath(ctx, spec[1] ?? '', valueOf(sh, 'PATH'));
  if (program === null) return [];
  try {
    const { stdout } = await runCommand(ctx, spec.slice(1), { path: program, env: environment(sh) });
    return utf8(stdout)
      .split('\n')
      .map((l) => l.trim().split(/\s+/)[0] ?? '')
      .filter((l) => l !== '');
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}
