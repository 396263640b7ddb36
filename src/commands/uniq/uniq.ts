/** @models coreutils 9.7 src/uniq.c @fidelity partial: no --group */
import { command, Exit, reporting } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { type Input, Output, openInput } from '../common/streams.ts';

export const uniq = command(
  {
    name: 'uniq',
    usage: ['[OPTION]... [INPUT [OUTPUT]]'],
    about: 'Merge equal lines that follow each other, from INPUT (or standard input) to OUTPUT (or standard output).',
    options: {
      'c,count': 'put the number of occurrences before each line',
      'd,repeated': 'only lines that occur more than once, one of each group',
      D: 'every line of the groups with more than one',
      'f,skip-fields=N': 'do not compare the first N fields',
      'i,ignore-case': 'upper and lower case are the same',
      's,skip-chars=N': 'do not compare the first N characters',
      'u,unique': 'only lines that occur once',
      'z,zero-terminated': 'lines end with NUL, not newline',
      'w,check-chars=N': 'compare no more than N characters',
    },
  },
  async (call) => {
    const { ctx, options, operands } = call;
    if (operands.length > 2) {
      await call.complain(
        `extra operand ${quote(ctx, operands[2] as string)}\nTry '${call.name} --help' for more information.`,
      );
      throw new Exit(1);
    }
    const number = async (key: string, what: string): Promise<number> => {
      const text = options.value(key);
      if (text === undefined) return key === 'check-chars' ? Infinity : 0;
      if (/^\d+$/.test(text)) return Number(text);
      await call.complain(`${text}: invalid number of ${what}`);
      throw new Exit(1);
    };
    const fields = await number('skip-fields', 'fields to skip');
    const skip = await number('skip-chars', 'bytes to skip');
    const check = await number('check-chars', 'bytes to compare');
    const end = options.has('zero-terminated') ? '\0' : '\n';
    const key = (line: string): string => {
      let rest = line;
      for (let i = 0; i < fields; i++) rest = rest.replace(/^[ \t]*[^ \t]*/, '');
      rest = rest.slice(skip).slice(0, check);
      return options.has('ignore-case') ? rest.toUpperCase() : rest;
    };
    let { out } = call;
    let input: Input | null = null;
    const path = operands[0] ?? '-';
    const opened = await reporting(call, path, async () => {
      input = await openInput(ctx, path, end.charCodeAt(0));
      if (operands[1] !== undefined && operands[1] !== '-')
        out = new Output(ctx, await ctx.sys.open(ctx, operands[1], { write: true, create: true, truncate: true }));
    });
    if (!opened) return 1;
    const source = input as unknown as Input;
    const repeatedOnly = options.has('repeated') || options.has('D');
    const uniqueOnly = options.has('unique');
    let group: string[] = [];
    let count = 0;
    let groupKey = '';
    const finish = async (): Promise<void> => {
      if (count === 0) return;
      if (count === 1 ? repeatedOnly : uniqueOnly) return;
      if (options.has('D')) for (const line of group) await out.write(line + end);
      else await out.write(`${options.has('count') ? `${String(count).padStart(7)} ` : ''}${group[0]}${end}`);
    };
    for (;;) {
      if (!source.ready) await out.flush();
      const line = await source.line();
      if (line === null) break;
      const own = key(line);
      if (count > 0 && own === groupKey) {
        count++;
        if (options.has('D')) group.push(line);
        continue;
      }
      await finish();
      group = [line];
      groupKey = own;
      count = 1;
    }
    await finish();
    await out.flush();
    return 0;
  },
);
