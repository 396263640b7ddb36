/**
 * The learner's way in: what sshd starts for a connection. With a terminal it allocates a pty, starts a login shell
 * on it and carries bytes both ways; without, it starts the shell on plain streams, or takes a file as internal-sftp
 * does. A connection from another node
 * (`-R`) speaks the protocol.
 * @models OpenSSH 10 sshd-session @fidelity partial: no encryption or authentication; the wire is the embedder's
 */
import type { Context } from '../linux/context.ts';
import { Errno } from '../linux/errno.ts';
import { LineReader, mkdirAll, writeFile } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';

const ENV = [
  'USER=root',
  'LOGNAME=root',
  'HOME=/root',
  'SHELL=/bin/bash',
  'LANG=C.UTF-8',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
];
const CGROUP = '/sys/fs/cgroup/user.slice/user-0.slice';
/** What the connection carries; keeps `yes` from flooding the screen. */
const FORWARD_SIZE = 1 << 18;
const WIRE_BYTES_PER_SECOND = 4_000_000;

async function enterSession(ctx: Context, id: string): Promise<void> {
  const path = `${CGROUP}/session-${id}.scope`;
  await mkdirAll(ctx, path);
  await writeFile(ctx, `${path}/cgroup.procs`, '0');
}

async function withTerminal(ctx: Context, id: string, columns: number, rows: number): Promise<number> {
  const { sys } = ctx;
  await enterSession(ctx, id);
  const { master, slavePath } = await sys.openPty(ctx);
  await sys.setWindowSize(ctx, master, { columns, rows });
  sys.setTitle(ctx, `sshd-session: root@${slavePath.slice('/dev/'.length)}`);
  const child = await sys.fork(ctx, async (c) => {
    await c.sys.setsid(c);
    const tty = await c.sys.open(c, slavePath, { read: true, write: true });
    const errors = await c.sys.open(c, slavePath, { read: true, write: true });
    for (const fd of [0, 1]) await c.sys.dup2(c, tty, fd);
    await c.sys.dup2(c, errors, 2);
    for (const fd of await c.sys.openDescriptors(c)) if (fd > 2) await c.sys.close(c, fd);
    await c.sys.chdir(c, '/root');
    return c.sys.execve(c, '/bin/bash', ['-bash'], [...ENV, 'TERM=xterm-256color', `SSH_TTY=${slavePath}`]);
  });
  ctx.go('keys', async (c) => {
    for (;;) {
      const bytes = await c.sys.read(c, 0);
      if (bytes.length === 0) break;
      await c.sys.write(c, master, bytes);
    }
    await c.sys.kill(c, child, 'SIGHUP');
  });
  ctx.go('window-changes', async (c) => {
    const lines = new LineReader(3);
    for (let line = await lines.next(c); line !== null; line = await lines.next(c)) {
      const [width, height] = line.split(' ').map(Number);
      if (width && height) await c.sys.setWindowSize(c, master, { columns: width, rows: height });
    }
  });
  try {
    for (;;) {
      const bytes = await sys.read(ctx, master);
      if (bytes.length === 0) break;
      await sys.write(ctx, 1, bytes);
      await ctx.sleep(Math.ceil((bytes.length / WIRE_BYTES_PER_SECOND) * 1e9));
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  const status = await sys.wait(ctx, child);
  return status?.exitCode ?? 0;
}

/** Streams: 0 commands, 1 and 2 output, 3 the shell's control pipe. */
async function withStreams(ctx: Context, id: string): Promise<number> {
  const { sys } = ctx;
  await enterSession(ctx, id);
  sys.setTitle(ctx, 'sshd-session: root@notty');
  const child = await sys.spawn(ctx, '/usr/lib/cutaway/bash-session', {
    argv: ['-bash'],
    env: ENV,
    cwd: '/root',
    newSession: true,
    stdio: { 0: 0, 1: 1, 2: 2, 3: 3 },
  });
  const status = await sys.wait(ctx, child);
  return status?.exitCode ?? 0;
}

/** A forwarded connection: standard input to a socket of the node, and back to standard output. */
async function forward(ctx: Context, where: readonly string[]): Promise<number> {
  const { sys } = ctx;
  const [host = '', port] = where;
  let fd: number;
  try {
    fd = await sys.connect(
      ctx,
      port === undefined ? { family: 'unix', path: host } : { family: 'inet', host, port: Number(port) },
    );
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return 1;
  }
  ctx.go('forward-in', async (c) => {
    try {
      for (;;) {
        const bytes = await c.sys.read(c, 0, FORWARD_SIZE);
        if (bytes.length === 0) break;
        await c.sys.write(c, fd, bytes);
      }
      await c.sys.shutdown(c, fd, 'write');
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  });
  try {
    for (;;) {
      const bytes = await sys.read(ctx, fd, FORWARD_SIZE);
      if (bytes.length === 0) break;
      await sys.write(ctx, 1, bytes);
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  return 0;
}

/** A file for root's home: standard input until its end. Nothing of it stays if the disk cannot hold all of it. */
async function receiveFile(ctx: Context, id: string, name: string): Promise<number> {
  const { sys } = ctx;
  await enterSession(ctx, id);
  sys.setTitle(ctx, 'sshd-session: root@internal-sftp');
  await sys.chdir(ctx, '/root');
  try {
    const fd = await sys.open(ctx, name, { write: true, create: true, truncate: true }, 0o644);
    for (;;) {
      const bytes = await sys.read(ctx, 0, FORWARD_SIZE);
      if (bytes.length === 0) break;
      await sys.write(ctx, fd, bytes);
      await ctx.sleep(Math.ceil((bytes.length / WIRE_BYTES_PER_SECOND) * 1e9));
    }
    await sys.close(ctx, fd);
    return 0;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code === 'ENOSPC') await sys.unlink(ctx, name);
    return 1;
  }
}

export const sshdSession: Program = {
  name: 'sshd-session',
  layer: 'client',
  rssBytes: 7_000_000,
  main: async (ctx, argv) => {
    // Fetched when somebody comes over the network: the page's own session does not.
    if (argv[1] === '-D')
      return (await import('../components/sshd/program.ts')).serveSshConnection(ctx, argv[3] ?? '1');
    if (argv[1] === 'sftp') return receiveFile(ctx, argv[2] ?? '1', argv[3] ?? '');
    if (argv[1] === 'forward') return forward(ctx, argv.slice(2));
    const [, mode, id = '1', columns = '80', rows = '24'] = argv;
    return mode === 'tty' ? withTerminal(ctx, id, Number(columns), Number(rows)) : withStreams(ctx, id);
  },
};
