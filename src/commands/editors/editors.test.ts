/** Keys typed into the editors on a pty; what real vim 9.0 made of them (`vim -s KEYS FILE`), and what nano leaves. */
import { Terminal } from '@xterm/headless';
import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { testKernel } from '../../testing/kernel.ts';
import { nano } from './nano.ts';
import { vim } from './vim.ts';
import corpus from './vim-corpus.json' with { type: 'json' };

async function edit(
  program: Program,
  text: string | null,
  keys: readonly string[],
): Promise<{ text: string; screen: string; exitCode: number }> {
  const rig = testKernel({ programs: [program], files: text === null ? {} : { '/root/f': text } });
  let exitCode = -1;
  let screen = '';
  await rig.act(async (ctx) => {
    for (let i = 0; i < 3; i++) await ctx.sys.open(ctx, '/dev/null', { read: true, write: true });
    const { master, slavePath } = await ctx.sys.openPty(ctx);
    await ctx.sys.setWindowSize(ctx, master, { rows: 12, columns: 70 });
    const pid = await ctx.sys.fork(ctx, async (c: Context) => {
      await c.sys.setsid(c);
      const slave = await c.sys.open(c, slavePath, { read: true, write: true });
      await c.sys.setControllingTty(c, slave);
      for (const fd of [0, 1, 2]) await c.sys.dup2(c, slave, fd);
      await c.sys.close(c, slave);
      await c.sys.close(c, master);
      await c.sys.chdir(c, '/root');
      return c.sys.execve(c, `/usr/bin/${program.name}`, [program.name, 'f'], ['TERM=xterm', 'LANG=C.UTF-8']);
    });
    const decoder = new TextDecoder();
    ctx.go('screen', async (c) => {
      for (;;) {
        let part: Uint8Array;
        try {
          part = await c.sys.read(c, master);
        } catch {
          return; // EIO: the editor has gone
        }
        screen += decoder.decode(part, { stream: true });
      }
    });
    await ctx.sleep(1e8);
    for (const key of keys) {
      await ctx.sys.write(ctx, master, key);
      await ctx.sleep(1e7);
    }
    const status = await ctx.sys.wait(ctx, pid, { noHang: true });
    exitCode = status?.exitCode ?? -1;
    if (status === null) await ctx.sys.kill(ctx, pid, 'SIGKILL');
  });
  return { text: await rig.act((ctx) => readFile(ctx, '/root/f').catch(() => '')), screen, exitCode };
}

/** The screen as a person would see it after these bytes. */
async function rendered(raw: string): Promise<string> {
  const terminal = new Terminal({ rows: 12, cols: 70, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(raw, resolve));
  const lines: string[] = [];
  for (let i = 0; i < 12; i++) lines.push(terminal.buffer.active.getLine(i)?.translateToString(true) ?? '');
  return lines.join('\n');
}

test.each(corpus.cases.map((c) => [JSON.stringify(c.keys), c] as const))('vim %s', async (_, recorded) => {
  const result = await edit(vim, corpus.base, [...recorded.keys, '\x1b', ...':wq\r']);
  expect(result.text).toBe(recorded.text);
});

test('vi shows the text, where it is, and what it has to say', async () => {
  const { screen } = await edit(vim, 'one\ntwo\n', ['x', ':', 'q', '\r']);
  expect(await rendered(screen)).toMatchInlineSnapshot(`
    "ne
    two
    ~
    ~
    ~
    ~
    ~
    ~
    ~
    ~
    ~
    E37: No write since last change (add ! to override)"
  `);
});

test('vi leaves a new file unwritten after :q! and writes it after :wq', async () => {
  expect(await edit(vim, null, [...'ihello\x1b:q!\r'])).toMatchObject({ text: '', exitCode: 0 });
  expect(await edit(vim, null, [...'ihello\x1b:wq\r'])).toMatchObject({ text: 'hello\n', exitCode: 0 });
});

test('nano writes with ^O, leaves with ^X, cuts and pastes lines, searches', async () => {
  expect(
    await edit(nano, 'a\nb\nc\n', ['\x0b', '\x1b[B', '\x15', '\x17', ...'b\r', 'X', '\x0f', '\r', '\x18']),
  ).toMatchObject({
    text: 'Xb\na\nc\n',
    exitCode: 0,
  });
  expect(await edit(nano, 'a\n', ['Z', '\x18', 'n'])).toMatchObject({ text: 'a\n', exitCode: 0 });
  expect(await edit(nano, 'a\n', ['Z', '\x18', 'y', '\r'])).toMatchObject({ text: 'Za\n', exitCode: 0 });
  const { screen } = await edit(nano, 'a\n', ['Z']);
  expect(await rendered(screen)).toMatchInlineSnapshot(`
    "  GNU nano 8.4                    f                          Modified 

    Za







    ^G Help    ^O Write Out^W Where Is^K Cut     ^T Execute ^C Location
    ^X Exit    ^R Read File^\\ Replace ^U Paste   ^J Justify ^/ Go To Line"
  `);
});
