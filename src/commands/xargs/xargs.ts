/** @models GNU findutils 4.10 xargs @fidelity partial: -P runs one after the other; -p does not ask */
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import { signalNumber } from '../../linux/signals.ts';
import { command, Exit } from '../common/command.ts';
import { spawnp, waitFor } from '../common/exec.ts';
import { quote, quoteIfNeeded } from '../common/quoting.ts';
import { openInput } from '../common/streams.ts';
import { interpretEscapes } from '../echo/escapes.ts';

const LENGTH_MAX = 131_072;

export const xargs = command(
  {
    name: 'xargs',
    usage: ['[OPTION]... COMMAND [INITIAL-ARGS]...'],
    about: 'Run COMMAND with INITIAL-ARGS and more arguments read from input.',
    version: 'GNU findutils) 4.10.0',
    options: {
      '0,null': 'items end with NUL; no quoting',
      'a,arg-file=FILE': 'read FILE, not standard input',
      'd,delimiter=CHARACTER': 'items end with CHARACTER; no quoting',
      'E=END': '',
      'I=R': 'put each item where R is in INITIAL-ARGS; items end with newlines',
      'L,max-lines=N': 'at most N lines a command line',
      'n,max-args=N': 'at most N arguments a command line',
      'P,max-procs=N': 'this many at a time',
      'p,interactive': '',
      'r,no-run-if-empty': 'without items, run nothing',
      's,max-chars=N': '',
      't,verbose': 'show the commands',
      'x,exit': '',
      'o,open-tty': '',
      'i,replace[=R]': '',
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options } = call;
    const initial = call.operands.length === 0 ? ['echo'] : call.operands;
    const replace = options.value('I') ?? (options.has('replace') ? options.value('replace') || '{}' : undefined);
    const count = async (key: string): Promise<number> => {
      const text = options.value(key);
      if (text === undefined) return Infinity;
      if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
      await call.complain(
        /^\d+$/.test(text)
          ? `value ${text} for -${key === 'max-args' ? 'n' : 'L'} option should be >= 1\nTry '${call.name} --help' for more information.`
          : `invalid number "${text}" for -${key === 'max-args' ? 'n' : 'L'} option`,
      );
      throw new Exit(1);
    };
    const maxArgs = await count('max-args');
    const maxLines = await count('max-lines');
    let input: Awaited<ReturnType<typeof openInput>>;
    try {
      input = await openInput(ctx, options.value('arg-file') ?? '-', 10);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`Cannot open input file ${quote(ctx, options.value('arg-file') as string)}: ${error.libc}`);
      return 1;
    }
    const lines: string[] = [];
    for (let line = await input.line(); line !== null; line = await input.line()) lines.push(line);
    const text = lines.join('\n');
    const delimiter = options.has('null')
      ? '\0'
      : options.has('delimiter')
        ? interpretEscapes(options.value('delimiter') as string, false).text
        : null;
    const groups: string[][] = [];
    if (delimiter !== null) {
      const items = (input.terminated && delimiter === '\n' ? text : `${text}${input.terminated ? '\n' : ''}`).split(
        delimiter,
      );
      if (items.at(-1) === '' || (items.length > 0 && items.at(-1) === '\n')) items.pop();
      for (const item of items) groups.push([item]);
    } else if (replace !== undefined)
      for (const line of lines) {
        const item = unquote(line.replace(/^[ \t]+/, ''), false).words.join('');
        if (item !== '') groups.push([item]);
      }
    else {
      for (const line of lines) {
        const { words, error } = unquote(line, true);
        if (error !== null) {
          if (words.length > 0 && maxArgs === Infinity) {
            const pid = await spawnp(ctx, [...initial, ...words], { stdio: { 0: 'null', 1: 1, 2: 2 } });
            if (typeof pid === 'number') await waitFor(ctx, pid);
          }
          await call.complain(
            `unmatched ${error} quote; by default quotes are special to xargs unless you use the -0 option`,
          );
          return 1;
        }
        if (words.length > 0) groups.push(words);
      }
    }
    const limit = Number(options.value('max-chars') ?? LENGTH_MAX) - initial.reduce((sum, w) => sum + w.length + 1, 0);
    const batches: string[][] = [];
    if (replace !== undefined)
      for (const [item = ''] of groups)
        batches.push(initial.map((w, i) => (i === 0 ? w : w.replaceAll(replace, item))));
    else {
      let batch: string[] = [];
      let used = 0;
      let usedLines = 0;
      const emit = (): void => {
        batches.push([...initial, ...batch]);
        batch = [];
        used = 0;
        usedLines = 0;
      };
      for (const group of groups) {
        for (const word of group) {
          if (batch.length > 0 && (batch.length >= maxArgs || used + word.length + 1 > limit)) emit();
          batch.push(word);
          used += word.length + 1;
        }
        if (++usedLines >= maxLines) emit();
      }
      if (batch.length > 0 || (batches.length === 0 && !options.has('no-run-if-empty'))) emit();
    }
    let status = 0;
    for (const argv of batches) {
      if (options.has('verbose')) await printError(ctx, `${argv.map(quoteIfNeeded).join(' ')}\n`);
      const pid = await spawnp(ctx, argv, { stdio: { 0: options.has('arg-file') ? 0 : 'null', 1: 1, 2: 2 } });
      if (typeof pid !== 'number') {
        await call.complain(`${argv[0]}: ${pid.libc}`);
        return pid.code === 'ENOENT' ? 127 : 126;
      }
      const result = await waitFor(ctx, pid);
      if (result.signal !== null) {
        await call.complain(`${argv[0]}: terminated by signal ${signalNumber(result.signal)}`);
        return 125;
      }
      if (result.exitCode === 255) {
        await call.complain(`${argv[0]}: exited with status 255; aborting`);
        return 124;
      }
      if (result.exitCode !== 0) status = 123;
    }
    return status;
  },
);

function unquote(line: string, split: boolean): { words: string[]; error: string | null } {
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (split && /[ \t]/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (c === '\\') word = (word ?? '') + (line[++i] ?? '');
    else if (c === '"' || c === "'") {
      const close = line.indexOf(c, i + 1);
      if (close < 0) return { words, error: c === '"' ? 'double' : 'single' };
      word = (word ?? '') + line.slice(i + 1, close);
      i = close;
    } else word = (word ?? '') + c;
  }
  if (word !== null) words.push(word);
  return { words, error: null };
}
