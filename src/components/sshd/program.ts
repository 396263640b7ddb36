/**
 * sshd: accepts connections and leaves each to a session of its own.
 * @models OpenSSH 10.0 sshd.c, sshd-session.c
 * @fidelity partial: public keys only, shown and compared; one session channel a connection; no sftp, no forwarding
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, printError, readFile, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { SSH_PORT, type SshMessage, SshStream } from '../../protocols/ssh/packets.ts';
import { Future } from '../../sim/primitives.ts';

const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key.pub';
const SESSION = '/usr/lib/openssh/sshd-session';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CGROUPS = '/sys/fs/cgroup/user.slice';
const READ_SIZE = 1 << 15;
const FIRST_SESSION = 100;

export const sshdProgram: Program = {
  name: 'sshd',
  rssBytes: 8_000_000,
  layer: 'client',
  async main(ctx) {
    const { sys } = ctx;
    let listener: number;
    try {
      listener = await sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: SSH_PORT });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `error: Bind to port ${SSH_PORT} on 0.0.0.0 failed: ${error.libc}.\n`);
      await printError(ctx, 'fatal: Cannot bind any address.\n');
      return 255;
    }
    sys.setTitle(ctx, 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups');
    await printError(ctx, `Server listening on 0.0.0.0 port ${SSH_PORT}.\n`);
    sys.sigaction(ctx, 'SIGCHLD', 'ignore');
    for (let session = FIRST_SESSION; ; session++) {
      const fd = await sys.accept(ctx, listener);
      await sys.spawn(ctx, SESSION, {
        argv: ['sshd-session', '-D', '-R', String(session)],
        stdio: { 0: fd, 1: fd, 2: 2 },
        newSession: true,
        defaultSignals: ['SIGCHLD'],
      });
      await sys.close(ctx, fd);
    }
  },
};

/** One connection, on descriptor 0. */
export async function serveSshConnection(ctx: Context, session: string): Promise<number> {
  const { sys } = ctx;
  const stream = new SshStream(ctx, 0);
  sys.setTitle(ctx, 'sshd-session: [accepted]');
  await stream.sendVersion(ctx);
  if ((await stream.readVersion(ctx)) === null) return 255;
  await stream.send(ctx, { type: 'hostKey', key: (await textOf(ctx, HOST_KEY)).split(' ').slice(0, 2).join(' ') });
  const user = await authenticate(ctx, stream);
  if (user === null) return 255;
  return await serveChannel(ctx, stream, user, session);
}

async function textOf(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return '';
  }
}

type User = { name: string; uid: number; gid: number; home: string; shell: string };

async function userNamed(ctx: Context, name: string): Promise<User | null> {
  for (const line of (await textOf(ctx, '/etc/passwd')).split('\n')) {
    const [found, , uid, gid, , home = '/', shell = '/bin/sh'] = line.split(':');
    if (found === name) return { name, uid: Number(uid), gid: Number(gid), home, shell };
  }
  return null;
}

async function authenticate(ctx: Context, stream: SshStream): Promise<User | null> {
  const address = ctx.sys.socketAddress(ctx, 0, 'peer');
  const from = address.family === 'inet' ? `${address.host} port ${address.port}` : 'UNKNOWN port 65535';
  for (;;) {
    const message = await stream.next(ctx);
    if (message?.type !== 'authRequest') {
      await printError(ctx, `Connection closed by ${from} [preauth]\n`);
      return null;
    }
    const user = await userNamed(ctx, message.user);
    const keys = user === null ? '' : await textOf(ctx, `${user.home}/.ssh/authorized_keys`);
    const known = message.key !== '' && keys.split('\n').some((line) => line.includes(message.key));
    if (user !== null && known && !user.shell.endsWith('nologin')) {
      await printError(ctx, `Accepted publickey for ${user.name} from ${from} ssh2: ED25519\n`);
      await stream.send(ctx, { type: 'authSuccess' });
      return user;
    }
    if (user === null) await printError(ctx, `Invalid user ${message.user} from ${from}\n`);
    await stream.send(ctx, { type: 'authFailure', methods: 'publickey' });
  }
}

type Pty = { master: number; slavePath: string };

async function serveChannel(ctx: Context, stream: SshStream, user: User, session: string): Promise<number> {
  const env = [
    `USER=${user.name}`,
    `LOGNAME=${user.name}`,
    `HOME=${user.home}`,
    `SHELL=${user.shell}`,
    'LANG=C.UTF-8',
    `PATH=${PATH}`,
  ];
  let pty: (Pty & { term: string }) | null = null;
  for (;;) {
    const message = await stream.next(ctx);
    switch (message?.type) {
      case 'env':
        if (/^(LANG|LC_\w+|COLORTERM|NO_COLOR)$/.test(message.name)) env.push(`${message.name}=${message.value}`);
        break;
      case 'pty':
        pty = { ...(await ctx.sys.openPty(ctx)), term: message.term };
        await ctx.sys.setWindowSize(ctx, pty.master, message);
        break;
      case 'shell':
      case 'exec': {
        await enterScope(ctx, user, session);
        const command = message.type === 'exec' ? message.command : null;
        return pty === null
          ? await onPipes(ctx, stream, user, env, command)
          : await onTerminal(ctx, stream, user, [...env, `TERM=${pty.term}`, `SSH_TTY=${pty.slavePath}`], command, pty);
      }
      default:
        return 255;
    }
  }
}

/** What logind does for it. */
async function enterScope(ctx: Context, user: User, session: string): Promise<void> {
  const path = `${CGROUPS}/user-${user.uid}.slice/session-${session}.scope`;
  try {
    await mkdirAll(ctx, path);
    await writeFile(ctx, `${path}/cgroup.procs`, '0');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

function argvOf(user: User, command: string | null): string[] {
  const name = user.shell.slice(user.shell.lastIndexOf('/') + 1);
  return command === null ? [`-${name}`] : [name, '-c', command];
}

async function become(c: Context, user: User): Promise<void> {
  if (user.uid !== 0) {
    await c.sys.setgroups(c, [user.gid]);
    await c.sys.setgid(c, user.gid);
    await c.sys.setuid(c, user.uid);
  }
  await c.sys.chdir(c, user.home);
}

async function onTerminal(
  ctx: Context,
  stream: SshStream,
  user: User,
  env: string[],
  command: string | null,
  { master, slavePath }: Pty,
): Promise<number> {
  const { sys } = ctx;
  sys.setTitle(ctx, `sshd-session: ${user.name}@${slavePath.slice('/dev/'.length)}`);
  const child = await sys.fork(ctx, async (c) => {
    await c.sys.setsid(c);
    const tty = await c.sys.open(c, slavePath, { read: true, write: true });
    for (const fd of [0, 1, 2]) await c.sys.dup2(c, tty, fd);
    for (const fd of await c.sys.openDescriptors(c)) if (fd > 2) await c.sys.close(c, fd);
    await become(c, user);
    return c.sys.execve(c, user.shell, argvOf(user, command), env);
  });
  ctx.go('keys', async (c) => {
    for (let message = await stream.next(c); message !== null; message = await stream.next(c)) {
      if (message.type === 'data') await c.sys.write(c, master, message.data);
      else if (message.type === 'windowChange') await c.sys.setWindowSize(c, master, message);
      else if (message.type === 'close') break;
    }
    await quietly(() => c.sys.kill(c, child, 'SIGHUP'));
  });
  await quietly(() => carry(ctx, master, stream, 'data'));
  return await finish(ctx, stream, child);
}

async function onPipes(
  ctx: Context,
  stream: SshStream,
  user: User,
  env: string[],
  command: string | null,
): Promise<number> {
  const { sys } = ctx;
  sys.setTitle(ctx, `sshd-session: ${user.name}@notty`);
  const [inRead, inWrite] = await sys.pipe(ctx);
  const [outRead, outWrite] = await sys.pipe(ctx);
  const [errRead, errWrite] = await sys.pipe(ctx);
  const child = await sys.fork(ctx, async (c) => {
    await c.sys.setsid(c);
    for (const [from, to] of [
      [inRead, 0],
      [outWrite, 1],
      [errWrite, 2],
    ] as const)
      await c.sys.dup2(c, from, to);
    for (const fd of await c.sys.openDescriptors(c)) if (fd > 2) await c.sys.close(c, fd);
    await become(c, user);
    return c.sys.execve(c, user.shell, argvOf(user, command), env);
  });
  for (const fd of [inRead, outWrite, errWrite]) await sys.close(ctx, fd);
  ctx.go('input', async (c) => {
    let open = true;
    for (let message = await stream.next(c); message !== null; message = await stream.next(c)) {
      if (message.type === 'data' && open) open = await quietly(() => c.sys.write(c, inWrite, message.data));
      else if (message.type === 'eof' && open) {
        open = false;
        await c.sys.close(c, inWrite);
      } else if (message.type === 'close') break;
    }
    // The other end is gone: what still runs has nobody to write to.
    if (open) await quietly(() => c.sys.close(c, inWrite));
    for (const fd of [outRead, errRead]) await quietly(() => c.sys.close(c, fd));
  });
  const errors = new Future<void>(ctx.scheduler);
  ctx.go('errors', async (c) => {
    await quietly(() => carry(c, errRead, stream, 'extendedData'));
    errors.resolve();
  });
  await quietly(() => carry(ctx, outRead, stream, 'data'));
  await errors.wait();
  return await finish(ctx, stream, child);
}

async function quietly(body: () => Promise<unknown>): Promise<boolean> {
  try {
    await body();
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return false;
  }
}

async function carry(ctx: Context, fd: number, stream: SshStream, type: 'data' | 'extendedData'): Promise<void> {
  for (;;) {
    const data = await ctx.sys.read(ctx, fd, READ_SIZE);
    if (data.length === 0 || !(await stream.send(ctx, { type, data }))) return;
  }
}

async function finish(ctx: Context, stream: SshStream, child: number): Promise<number> {
  const status = await ctx.sys.wait(ctx, child);
  const told: SshMessage =
    status?.signal != null
      ? { type: 'exitSignal', signal: status.signal.replace(/^SIG/, '') }
      : { type: 'exitStatus', status: status?.exitCode ?? 0 };
  for (const message of [{ type: 'eof' }, told, { type: 'close' }] as const) await stream.send(ctx, message);
  return 0;
}
