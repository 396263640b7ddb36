/** The few programs that the shell's own tests need, as small as they can be. Only tests import this. */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { print, printError, readAll } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';
import { utf8 } from '../linux/rope.ts';
import { parseSignal } from '../linux/signals.ts';
import { ashProgram, bashProgram, bashSessionProgram } from './program.ts';

async function input(ctx: Context, files: readonly string[]): Promise<string> {
  if (files.length === 0) return utf8(await readAll(ctx, 0));
  let out = '';
  for (const file of files) {
    const fd = await ctx.sys.open(ctx, file, { read: true });
    out += utf8(await readAll(ctx, fd));
    await ctx.sys.close(ctx, fd);
  }
  return out;
}

const main = (name: string, run: (ctx: Context, args: string[]) => Promise<number | void>): Program => ({
  name,
  main: async (ctx, argv) => {
    try {
      return (await run(ctx, argv.slice(1))) ?? 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `${name}: ${argv[1] ?? ''}: ${error.libc}\n`);
      return 1;
    }
  },
});

const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

export const testPrograms: Program[] = [
  bashProgram,
  ashProgram,
  bashSessionProgram,
  main('cat', async (ctx, args) => {
    if (args.length > 0) return print(ctx, await input(ctx, args));
    for (;;) {
      const part = await ctx.sys.read(ctx, 0);
      if (part.length === 0) return;
      await print(ctx, part);
    }
  }),
  main('seq', async (ctx, args) => {
    const [from, to] = args.length > 1 ? args.map(Number) : [1, Number(args[0])];
    let out = '';
    for (let i = from as number; i <= (to as number); i++) out += `${i}\n`;
    await print(ctx, out);
  }),
  main('sleep', async (ctx, args) => ctx.sleep(Number(args[0]) * 1e9)),
  main('env', async (ctx) => print(ctx, ctx.process.env.map((e) => `${e}\n`).join(''))),
  main('sort', async (ctx, args) =>
    print(
      ctx,
      lines(await input(ctx, args))
        .sort()
        .map((l) => `${l}\n`)
        .join(''),
    ),
  ),
  main('head', async (ctx, args) => {
    const n = Number((args[0] ?? '-10').slice(1));
    let text = '';
    while (lines(text).length < n + 1) {
      const part = await ctx.sys.read(ctx, 0);
      if (part.length === 0) break;
      text += utf8(part);
    }
    await print(
      ctx,
      lines(text)
        .slice(0, n)
        .map((l) => `${l}\n`)
        .join(''),
    );
  }),
  main('yes', async (ctx) => {
    for (;;) await print(ctx, 'y\n'.repeat(512));
  }),
  main('tr', async (ctx, [from = '', to = '']) =>
    print(ctx, [...(await input(ctx, []))].map((c) => (from.includes(c) ? (to[from.indexOf(c)] ?? '') : c)).join('')),
  ),
  main('rm', async (ctx, args) => {
    for (const path of args) if (!path.startsWith('-')) await ctx.sys.unlink(ctx, path);
  }),
  main('mkdir', async (ctx, args) => {
    for (const path of args) if (!path.startsWith('-')) await ctx.sys.mkdir(ctx, path, 0o777);
  }),
  main('touch', async (ctx, args) => {
    for (const path of args)
      await ctx.sys.close(ctx, await ctx.sys.open(ctx, path, { write: true, create: true }, 0o666));
  }),
  main('chmod', async (ctx, [mode = '', ...paths]) => {
    for (const path of paths) await ctx.sys.chmod(ctx, path, mode === '+x' ? 0o755 : Number.parseInt(mode, 8));
  }),
  main('dirname', async (ctx, [path = '']) => print(ctx, `${path.replace(/\/[^/]*$/, '') || '/'}\n`)),
  main('selfkill', async (ctx, [signal = 'TERM']) =>
    ctx.sys.kill(ctx, ctx.sys.getpid(ctx), parseSignal(signal) ?? 'SIGTERM'),
  ),
];
