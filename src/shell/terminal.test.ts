/** The shell at a terminal: keys in, screen bytes out. */

import { Terminal } from '@xterm/headless';
import { expect, test } from 'vitest';
import type { Context } from '../linux/context.ts';
import { testKernel } from '../testing/kernel.ts';
import { testPrograms } from './test-programs.ts';

type Step = string | { wait: number };

const SECOND = 1e9;

/** Types the steps, 50 ms apart, into `argv` on a pty; returns the screen's text and the raw output. */
async function typed(
  steps: readonly Step[],
  options: { program?: string; argv?: string[]; columns?: number; files?: Record<string, string>; env?: string[] } = {},
): Promise<{ screen: string; raw: string; ended: boolean }> {
  const rig = testKernel({
    programs: testPrograms,
    files: { '/root/.bashrc': "PS1='\\u@\\h:\\w\\$ '\n", ...options.files },
  });
  let raw = '';
  const columns = options.columns ?? 80;
  let ended = false;
  await rig.act(async (ctx) => {
    for (let i = 0; i < 3; i++) await ctx.sys.open(ctx, '/dev/null', { read: true, write: true });
    const { master, slavePath } = await ctx.sys.openPty(ctx);
    await ctx.sys.setWindowSize(ctx, master, { rows: 24, columns });
    const pid = await ctx.sys.fork(ctx, async (c: Context) => {
      await c.sys.setsid(c);
      const slave = await c.sys.open(c, slavePath, { read: true, write: true });
      await c.sys.setControllingTty(c, slave);
      for (const fd of [0, 1, 2]) await c.sys.dup2(c, slave, fd);
      await c.sys.close(c, slave);
      await c.sys.close(c, master);
      await c.sys.chdir(c, '/root');
      return c.sys.execve(
        c,
        options.program ?? '/usr/bin/bash',
        options.argv ?? ['bash'],
        options.env ?? ['PATH=/usr/bin', 'HOME=/root', 'TERM=xterm', 'USER=root'],
      );
    });
    ctx.go('screen', async (c) => {
      const decoder = new TextDecoder();
      for (;;) {
        let part: Uint8Array;
        try {
          part = await c.sys.read(c, master);
        } catch {
          return; // EIO: the last slave is closed
        }
        if (part.length === 0) return;
        raw += decoder.decode(part, { stream: true });
      }
    });
    await ctx.sleep(0.1 * SECOND);
    for (const step of steps) {
      if (typeof step === 'string') await ctx.sys.write(ctx, master, step);
      await ctx.sleep(typeof step === 'string' ? 0.05 * SECOND : step.wait * SECOND);
    }
    ended = (await ctx.sys.wait(ctx, pid, { noHang: true })) !== null;
  });
  return { screen: await rendered(raw, columns), raw, ended };
}

async function rendered(raw: string, columns: number): Promise<string> {
  const terminal = new Terminal({ cols: columns, rows: 24, allowProposedApi: true });
  await new Promise<void>((done) => terminal.write(raw, done));
  const out: string[] = [];
  const buffer = terminal.buffer.active;
  for (let i = 0; i < buffer.length; i++) out.push(buffer.getLine(i)?.translateToString(true).trimEnd() ?? '');
  return out.join('\n').trimEnd();
}

test('prompt, command, exit', async () => {
  const { screen, ended } = await typed(['echo hi\r', 'exit\r']);
  expect(screen).toBe('root@node-1:~# echo hi\nhi\nroot@node-1:~# exit\nexit');
  expect(ended).toBe(true);
});

test('errors at a prompt', async () => {
  const { screen } = await typed(['nosuch\r', 'echo $?\r', 'echo )\r', 'cd /nope\r'], {
    argv: ['-bash'],
    files: { '/root/.profile': '. ~/.bashrc\n' },
  });
  expect(screen).toBe(
    [
      'root@node-1:~# nosuch',
      '-bash: nosuch: command not found',
      'root@node-1:~# echo $?',
      '127',
      'root@node-1:~# echo )',
      "-bash: syntax error near unexpected token `)'",
      'root@node-1:~# cd /nope',
      '-bash: cd: /nope: No such file or directory',
      'root@node-1:~#',
    ].join('\n'),
  );
});

test('PS2 for heredocs, quotes, loops, pipes, backslashes', async () => {
  const { screen } = await typed([
    'cat <<E\r',
    'one\r',
    'E\r',
    'echo "a\r',
    'b"\r',
    'for i in 1 2; do\r',
    'echo $i\r',
    'done\r',
    'echo x |\r',
    'cat\r',
    'echo \\\r',
    'y\r',
  ]);
  expect(screen).toBe(
    [
      'root@node-1:~# cat <<E',
      '> one',
      '> E',
      'one',
      'root@node-1:~# echo "a',
      '> b"',
      'a',
      'b',
      'root@node-1:~# for i in 1 2; do',
      '> echo $i',
      '> done',
      '1',
      '2',
      'root@node-1:~# echo x |',
      '> cat',
      'x',
      'root@node-1:~# echo \\',
      '> y',
      'y',
      'root@node-1:~#',
    ].join('\n'),
  );
});

test('Ctrl-C at the prompt, in a busy loop, in a list, in a program', async () => {
  const { screen } = await typed([
    'abc',
    '\x03',
    'echo $?\r',
    'while true; do :; done\r',
    { wait: 1 },
    '\x03',
    'sleep 5; echo no\r',
    '\x03',
    'echo $?\r',
    'cat\r',
    '\x03',
    'echo $?\r',
  ]);
  expect(screen).toBe(
    [
      'root@node-1:~# abc^C',
      'root@node-1:~# echo $?',
      '130',
      'root@node-1:~# while true; do :; done',
      '^C',
      'root@node-1:~# sleep 5; echo no',
      '^C',
      'root@node-1:~# echo $?',
      '130',
      'root@node-1:~# cat',
      '^C',
      'root@node-1:~# echo $?',
      '130',
      'root@node-1:~#',
    ].join('\n'),
  );
});

test('job control', async () => {
  const { screen } = await typed([
    'sleep 100\r',
    '\x1a',
    'jobs\r',
    'bg\r',
    'jobs\r',
    'kill %1\r',
    '\r',
    'sleep 0.2 &\r',
    { wait: 1 },
    '\r',
    'fg\r',
  ]);
  const shown = screen.replace(/\[1\] \d+/g, '[1] PID');
  expect(shown).toBe(
    [
      'root@node-1:~# sleep 100',
      '^Z',
      '[1]+  Stopped                 sleep 100',
      'root@node-1:~# jobs',
      '[1]+  Stopped                 sleep 100',
      'root@node-1:~# bg',
      '[1]+ sleep 100 &',
      'root@node-1:~# jobs',
      '[1]+  Running                 sleep 100 &',
      'root@node-1:~# kill %1',
      '[1]+  Terminated              sleep 100',
      'root@node-1:~#',
      'root@node-1:~# sleep 0.2 &',
      '[1] PID',
      'root@node-1:~#',
      '[1]+  Done                    sleep 0.2',
      'root@node-1:~# fg',
      'bash: fg: current: no such job',
      'root@node-1:~#',
    ].join('\n'),
  );
});

test('emacs keys', async () => {
  const { screen } = await typed([
    'cho a b\x01e\x05 c\x17d\x1bbX\x06\x02\x0b\x19\r',
    'echo ab\x1b[D\x1b[D\x14\r',
    'x\x15echo 你好\x7f\r',
    '\x1b[A\r',
    '\x10\x10\x10\x0e\r',
    'echo \x1b.\r',
  ]);
  expect(screen).toMatchInlineSnapshot(`
    "root@node-1:~# echo a b Xd
    a b Xd
    root@node-1:~# echoa b
    bash: echoa: command not found
    root@node-1:~# echo 你
    你
    root@node-1:~# echo 你
    你
    root@node-1:~# echo 你
    你
    root@node-1:~# echo 你
    你
    root@node-1:~#"
  `);
});

test('reverse search and history expansion', async () => {
  const { screen } = await typed([
    'echo one\r',
    'echo two\r',
    '\x12one\r',
    '!!\r',
    'echo !$\r',
    '!nosuch\r',
    '!-2\r',
    'history 2\r',
  ]);
  expect(screen).toMatchInlineSnapshot(`
    "root@node-1:~# echo one
    one
    root@node-1:~# echo two
    two
    root@node-1:~# echo one
    one
    root@node-1:~# !!
    echo one
    one
    root@node-1:~# echo !$
    echo one
    one
    root@node-1:~# !nosuch
    bash: !nosuch: event not found
    root@node-1:~# !-2
    echo one
    one
    root@node-1:~# history 2
        6  echo one
        7  history 2
    root@node-1:~#"
  `);
});

test('lines that wrap', async () => {
  const { screen } = await typed([`echo ${'x'.repeat(30)}\x01\x05\x1b[D\x1b[DY\r`], { columns: 20 });
  expect(screen).toMatchInlineSnapshot(`
    "root@node-1:~# echo
    xxxxxxxxxxxxxxxxxxxx
    xxxxxxxxYxx
    xxxxxxxxxxxxxxxxxxxx
    xxxxxxxxYxx
    root@node-1:~#"
  `);
});

test('completion', async () => {
  const files = {
    '/root/file-one': '',
    '/root/file-two': '',
    '/root/dir/x y': '',
    '/usr/lib/cutaway/completions/seq': 'flags --width --equal\ncommand list|ls  --all\nargs list  @run seq 2\n',
  };
  const { screen } = await typed(
    [
      'cat fi\t',
      '\t',
      '\t',
      'o\t\r',
      'cat dir/\t\r',
      'slee\t0\r',
      'echo $HOM\t\r',
      'seq --w\t\x15',
      'seq li\t\t\t\x15',
      'echo\r',
    ],
    { files },
  );
  expect(screen).toMatchInlineSnapshot(`
    "root@node-1:~# cat file-
    file-one  file-two
    root@node-1:~# cat file-
    file-one  file-two
    root@node-1:~# cat file-one
    root@node-1:~# cat dir/x\\ y
    root@node-1:~# sleep 0
    root@node-1:~# echo $HOME
    /root
    root@node-1:~# seq list
    1  2
    root@node-1:~# seq list
    1  2
    root@node-1:~# echo

    root@node-1:~#"
  `);
});

test('completion by what `complete` was told', async () => {
  const files = {
    '/root/.bashrc': `PS1='$ '
for c in words asked files none paths unheard later; do eval "$c() { printf '[%s]' \\"\\$@\\"; echo; }"; done
complete -W 'alpha beta "be two"' words
f() { COMPREPLY=("$COMP_CWORD-$2-$3-$1"); compopt -o nospace; }
complete -F f asked
complete -o default -F nothing files; nothing() { :; }
complete -F never none; never() { :; }
complete -o filenames -W '/root/dir' paths
loader() { complete -W "learnt" "$1"; return 124; }
complete -D -F loader
`,
    '/usr/share/bash-completion/completions/later': "complete -W 'script' later\n",
    '/root/one-file': '',
    '/root/dir/x': '',
  };
  const { screen } = await typed(
    [
      'words a\t,\r',
      'words \t\tb\t\r',
      'true; asked x --out=a\t,\r',
      'files one\t,\r',
      'none one\t,\r',
      'paths /r\t,\r',
      'unheard \t,\r',
      'complete -r -D\r',
      'later \t,\r',
    ],
    { files },
  );
  expect(screen).toMatchInlineSnapshot(`
    "$ words alpha ,
    [alpha][,]
    $ words
    alpha   be two  beta
    $ words be
    [be]
    $ true; asked x --out=4-a-=-asked,
    [x][--out=4-a-=-asked,]
    $ files one-file ,
    [one-file][,]
    $ none one,
    [one,]
    $ paths /root/dir/,
    [/root/dir/,]
    $ unheard learnt ,
    [learnt][,]
    $ complete -r -D
    $ later script ,
    [script][,]
    $"
  `);
});

test('bracketed paste, plain paste, garbage and a huge line', async () => {
  const { screen } = await typed([
    '\x1b[200~echo a\necho b\x1b[201~',
    '\r',
    'echo c\recho d\r',
    '\x00\x01\xff\x1b[99;99x\x15',
    'echo ok\r',
  ]);
  expect(screen).toMatchInlineSnapshot(`
    "root@node-1:~# echo a
    echo b
    a
    b
    root@node-1:~# echo c
    c
    root@node-1:~# echo d
    d
    root@node-1:~# echo ok
    ok
    root@node-1:~#"
  `);
  const huge = await typed([`: ${'z'.repeat(5_000_000)}`, { wait: 5 }, '\x15', 'echo fine\r']);
  expect(huge.raw.endsWith('fine\r\n\x1b[?2004hroot@node-1:~# ')).toBe(true);
}, 60_000);

test('Ctrl-D, stopped jobs, read, nested shell', async () => {
  const { screen, ended } = await typed([
    'read -p "name? " x\r',
    'me\r',
    'echo $x\r',
    'bash\r',
    'exit 3\r',
    'echo $?\r',
    'sleep 9\r',
    '\x1a',
    '\x04',
    '\x04',
  ]);
  expect(screen).toMatchInlineSnapshot(`
    "root@node-1:~# read -p "name? " x
    name? me
    root@node-1:~# echo $x
    me
    root@node-1:~# bash
    root@node-1:~# exit 3
    exit
    root@node-1:~# echo $?
    3
    root@node-1:~# sleep 9
    ^Z
    [1]+  Stopped                 sleep 9
    root@node-1:~#
    exit
    There are stopped jobs.
    root@node-1:~#
    exit"
  `);
  expect(ended).toBe(true);
});

test('ash at a terminal', async () => {
  const { screen } = await typed(['nosuch\r', 'for i in 1 2; do echo $i; done\r', 'cd /tmp\r', 'echo )\r', 'exit\r'], {
    program: '/usr/bin/ash',
    argv: ['sh'],
  });
  expect(screen).toMatchInlineSnapshot(`
    "~ # nosuch
    sh: nosuch: not found
    ~ # for i in 1 2; do echo $i; done
    1
    2
    ~ # cd /tmp
    /tmp # echo )
    sh: syntax error: unexpected ")"
    /tmp # exit"
  `);
});
