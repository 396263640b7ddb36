/** less, more, pager. @models less 668, util-linux 2.41 more @fidelity partial: the whole input is read first; see page.ts */
import { isErrno } from '../../linux/errno.ts';
import type { Program } from '../../linux/program.ts';
import { command, type Invocation } from '../common/command.ts';
import { isTerminal, openInput } from '../common/streams.ts';

import { decode } from '../common/text.ts';
import { page } from './page.ts';

/** Around the name of a file whose pages nobody turns. */
const RULE = ':'.repeat(14);

async function show(call: Invocation, name: string): Promise<number> {
  const { ctx, options, operands, out } = call;
  const tty = await isTerminal(ctx, 1);
  if (operands.length === 0 && (await isTerminal(ctx, 0))) {
    await out.flush();
    await ctx.sys.write(
      ctx,
      2,
      name === 'more'
        ? `more: bad usage\nTry 'more --help' for more information.\n`
        : 'Missing filename ("less --help" for help)\n',
    );
    return 1;
  }
  let text = '';
  let status = 0;
  for (const path of operands.length === 0 ? ['-'] : operands) {
    try {
      if (path !== '-' && (await ctx.sys.stat(ctx, path)).type === 'directory') {
        await ctx.sys.write(ctx, 2, name === 'more' ? `\n*** ${path}: directory ***\n\n` : `${path} is a directory\n`);
        status = 1;
        continue;
      }
      const input = await openInput(ctx, path);
      if (!tty && name === 'more' && path !== '-') await out.write(`${RULE}\n${path}\n${RULE}\n`);
      for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) {
        if (tty) text += decode(bytes);
        else await out.bytes(bytes);
      }
      await input.close();
    } catch (error) {
      if (!isErrno(error)) throw error;
      status = 1;
      await out.flush();
      await ctx.sys.write(
        ctx,
        2,
        name === 'more' ? `more: cannot open ${path}: ${error.libc}\n` : `${path}: ${error.libc}\n`,
      );
    }
  }
  if (!tty || text === '') return status;
  if (options.has('line-numbers'))
    text = text
      .replace(/\n$/, '')
      .split('\n')
      .map((line, i) => `${String(i + 1).padStart(7)} ${line}`)
      .join('\n');
  return page(ctx, text, { name: operands[0] ?? '', always: name === 'less' && !options.has('quit-if-one-screen') });
}

const OPTIONS = {
  'e,quit-at-eof': '',
  'F,quit-if-one-screen': 'just write what fits on one screen',
  'i,ignore-case': '',
  'N,line-numbers': 'line numbers',
  'R,RAW-CONTROL-CHARS': 'keep colours',
  'r,raw-control-chars': '',
  'S,chop-long-lines': '',
  'X,no-init': '',
  'K,quit-on-intr': '',
  'M,LONG-PROMPT': '',
  'm,long-prompt': '',
  'f,force': '',
  'q,quiet': '',
  's,squeeze-blank-lines': '',
  d: '',
  u: '',
  l: '',
  c: '',
  p: '',
  'n,lines=NUMBER': '',
};

export const less: Program = command(
  {
    name: 'less',
    usage: ['[options] file...'],
    about: 'Look through text: space, b, arrows, /, n, g, G, q.',
    version: '668',
    options: OPTIONS,
    rewrite: (args) => args.filter((a) => !a.startsWith('+')),
  },
  (call) => show(call, 'less'),
);
export const more: Program = command(
  {
    name: 'more',
    usage: ['[options] <file>...'],
    about: 'Show files a page at a time.',
    version: 'util-linux 2.41',
    options: OPTIONS,
  },
  (call) => show(call, 'more'),
);
