/** fc: the history listed, changed and run again. @models bash 5.2 builtins/fc.def @fidelity full */
import type { Context } from '../../linux/context.ts';
import { readFile, removeAll, writeFile } from '../../linux/io.ts';
import { builtinError, complain } from '../messages.ts';
import { valueOf } from '../parameters.ts';
import { runText } from '../run-text.ts';
import type { Shell } from '../shell.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

const USAGE = 'fc [-e ename] [-lnr] [first] [last] or fc -s [pat=rep] [command]';
const LISTED = 16;

/** The entry that a number (from the end if negative) or a beginning stands for; -1 if there is none. */
function entryAt(sh: Shell, entries: readonly string[], word: string): number {
  if (!/^-?\d+$/.test(word)) return entries.findLastIndex((entry) => entry.startsWith(word));
  const number = Number(word);
  if (number <= 0) return Math.max(0, entries.length + Math.min(number, -1));
  const at = number - sh.historyBase;
  return at >= 0 && at < entries.length ? at : 0;
}

const fc: Builtin = async (ctx, sh, argv) => {
  // A negative number is no option.
  const numbered = argv.findIndex((word, i) => i > 0 && /^-\d+$/.test(word));
  const [before, after] = numbered < 0 ? [argv, []] : [argv.slice(0, numbered), argv.slice(numbered)];
  const parsed = parseOptions(before, 'e:lnrs');
  if ('bad' in parsed) return usage(ctx, sh, 'fc', parsed.bad, USAGE);
  const { options } = parsed;
  const words = [...parsed.rest, ...after];
  // The line that fc itself stands on is the newest.
  const entries = sh.history.slice(0, -1);
  if (options.has('s') || options.get('e') === '-') return again(ctx, sh, entries, words);
  const listing = options.has('l');
  const [firstWord = listing ? String(-LISTED) : '-1', lastWord = listing ? '-1' : firstWord] = words;
  const [first, last] = [entryAt(sh, entries, firstWord), entryAt(sh, entries, lastWord)];
  if (entries.length === 0) return 0;
  if (first < 0 || last < 0) return none(ctx, sh);
  const [from, to] = first <= last ? [first, last] : [last, first];
  const chosen = entries.slice(from, to + 1).map((line, i) => ({ line, number: sh.historyBase + from + i }));
  if (options.has('r') !== first > last) chosen.reverse();
  if (!listing) return edited(ctx, sh, chosen.map(({ line }) => `${line}\n`).join(''), options.get('e'));
  const shown = chosen.map(({ line, number }) => `${options.has('n') ? '' : number}\t ${line}\n`);
  await ctx.sys.write(ctx, 1, shown.join(''));
  return 0;
};

async function none(ctx: Context, sh: Shell): Promise<number> {
  await builtinError(ctx, sh, 'fc', 'no command found');
  return 1;
}

async function again(ctx: Context, sh: Shell, entries: readonly string[], words: readonly string[]): Promise<number> {
  const changes = words.filter((word, i) => word.includes('=') && words.slice(0, i).every((one) => one.includes('=')));
  const at = entryAt(sh, entries, words[changes.length] ?? '-1');
  let line = entries[at];
  if (line === undefined) return none(ctx, sh);
  for (const change of changes) {
    const equals = change.indexOf('=');
    line = line.replaceAll(change.slice(0, equals), change.slice(equals + 1));
  }
  return run(ctx, sh, line);
}

/** As typed anew: shown, and in the history instead of fc's own line. */
async function run(ctx: Context, sh: Shell, text: string): Promise<number> {
  sh.history.pop();
  sh.history.push(...text.trimEnd().split('\n'));
  await complain(ctx, `${text.trimEnd()}\n`);
  return runText(ctx, sh, text);
}

async function edited(ctx: Context, sh: Shell, text: string, named: string | undefined): Promise<number> {
  const editor = named ?? (valueOf(sh, 'FCEDIT') || valueOf(sh, 'EDITOR') || 'vi');
  const path = `/tmp/bash-fc.${ctx.random.hex(6)}`;
  await writeFile(ctx, path, text, { mode: 0o600 });
  try {
    const status = await runText(ctx, sh, `${editor} ${path}`);
    return status === 0 ? await run(ctx, sh, await readFile(ctx, path)) : status;
  } finally {
    await removeAll(ctx, path);
  }
}

export const fcBuiltins: Record<string, Builtin> = { fc };
