/**
 * ssh. @models OpenSSH 10.0 ssh.c, sshconnect.c, clientloop.c
 * @fidelity partial: public keys; of ssh_config nothing; no forwarding, no multiplexing, of the escapes `~.` and `~?`
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, LineReader, print, printError, printRefusal, readFile, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Termios } from '../../linux/syscalls.ts';
import { resolveName } from '../../protocols/dns/resolve.ts';
import { SSH_PORT, SSH_VERSION, SshStream } from '../../protocols/ssh/packets.ts';
import { type Escape, newEscapes } from './escapes.ts';

const USAGE = `usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]
           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
       ssh [-Q query_option]
`;
const FAILED = 255;
const READ_SIZE = 1 << 15;
const WITH_VALUE = 'BbcDEeFIiJLlmOoPpQRSWw';
const FLAGS = '46AaCfGgKkMNnqsTtVvXxYy';

type Request = {
  host: string;
  user: string;
  port: number;
  command: string | null;
  terminal: 'auto' | 'always' | 'never';
  identity: string | null;
  noInput: boolean;
  quiet: boolean;
  checksHostKey: 'ask' | 'yes' | 'no' | 'accept-new';
  batch: boolean;
};

class SshFailure extends Error {}

export const ssh: Program = {
  name: 'ssh',
  rssBytes: 9_000_000,
  layer: 'client',
  async main(ctx, argv) {
    const request = await parse(ctx, argv.slice(1));
    if (typeof request === 'number') return request;
    try {
      return await connect(ctx, request);
    } catch (error) {
      if (!(error instanceof SshFailure)) throw error;
      if (error.message !== '') await printError(ctx, `${error.message}\r\n`);
      return FAILED;
    }
  },
};

async function parse(ctx: Context, args: readonly string[]): Promise<Request | number> {
  const request: Request = {
    host: '',
    user: getenv(ctx, 'USER') ?? 'root',
    port: SSH_PORT,
    command: null,
    terminal: 'auto',
    identity: null,
    noInput: false,
    quiet: false,
    checksHostKey: 'ask',
    batch: false,
  };
  const rest = [...args];
  let userGiven = false;
  const options = async (): Promise<number | null> => {
    while (rest[0]?.startsWith('-') === true && rest[0].length > 1) {
      const word = rest.shift() as string;
      if (word === '--') break;
      for (let i = 1; i < word.length; i++) {
        const letter = word[i] as string;
        if (WITH_VALUE.includes(letter)) {
          const value = word.length > i + 1 ? word.slice(i + 1) : rest.shift();
          if (value === undefined) {
            await printError(ctx, `ssh: option requires an argument -- '${letter}'\n${USAGE}`);
            return FAILED;
          }
          if (letter === 'l') {
            request.user = value;
            userGiven = true;
          }
          const problem = applyValue(request, letter, value);
          if (problem !== null) {
            await printError(ctx, `${problem}\n`);
            return FAILED;
          }
          break;
        }
        if (letter === 'V') {
          await printError(ctx, `${SSH_VERSION.replace('SSH-2.0-', '').replace(' ', ' ')}, OpenSSL 3.5.1 1 Jul 2025\n`);
          return 0;
        }
        if (!FLAGS.includes(letter)) {
          await printError(ctx, `unknown option -- ${letter}\n${USAGE}`);
          return FAILED;
        }
        if (letter === 't') request.terminal = 'always';
        else if (letter === 'T') request.terminal = 'never';
        else if (letter === 'n') request.noInput = true;
        else if (letter === 'q') request.quiet = true;
        else if ('fGMNsXY'.includes(letter)) {
          await printRefusal(ctx, `ssh: not simulated: -${letter}\n`);
          return FAILED;
        }
      }
    }
    return null;
  };
  const early = await options();
  if (early !== null) return early;
  const destination = rest.shift();
  if (destination === undefined) {
    await printError(ctx, USAGE);
    return FAILED;
  }
  const late = await options();
  if (late !== null) return late;
  const plain = destination.replace(/^ssh:\/\//, '');
  const at = plain.lastIndexOf('@');
  if (at >= 0 && !userGiven) request.user = plain.slice(0, at);
  request.host = plain.slice(at + 1);
  if (rest.length > 0) request.command = rest.join(' ');
  return request;
}

/** What is wrong with the value, or null. */
function applyValue(request: Request, letter: string, value: string): string | null {
  switch (letter) {
    case 'p': {
      const port = Number(value);
      if (!Number.isInteger(port) || port <= 0 || port > 65_535) return `Bad port '${value}'`;
      request.port = port;
      return null;
    }
    case 'i':
      request.identity = value;
      return null;
    case 'o':
      return applyOption(request, value);
    case 'l':
    case 'E':
    case 'e':
    case 'F':
    case 'c':
    case 'm':
      return null;
    default:
      return `ssh: not simulated: -${letter}`;
  }
}

function applyOption(request: Request, text: string): string | null {
  const [, name = '', value = ''] = /^\s*(\w+)\s*[=\s]\s*(.*)$/.exec(text) ?? [];
  switch (name.toLowerCase()) {
    case 'stricthostkeychecking':
      request.checksHostKey =
        value === 'no' || value === 'off' ? 'no' : value === 'accept-new' ? value : value === 'yes' ? 'yes' : 'ask';
      return null;
    case 'batchmode':
      request.batch = value === 'yes';
      return null;
    case 'port':
      request.port = Number(value);
      return null;
    case 'user':
      request.user = value;
      return null;
    case 'identityfile':
      request.identity = value;
      return null;
    case 'requesttty':
      request.terminal = value === 'no' ? 'never' : value === 'auto' ? 'auto' : 'always';
      return null;
    case '':
      return 'command-line line 0: no argument after keyword';
    default:
      return null;
  }
}

async function connect(ctx: Context, request: Request): Promise<number> {
  const { sys } = ctx;
  const { host, port } = request;
  const found = await resolveName(ctx, host);
  if (found.kind === 'unreachable')
    throw new SshFailure(`ssh: Could not resolve hostname ${host}: Temporary failure in name resolution`);
  if (found.kind === 'no-such-host')
    throw new SshFailure(`ssh: Could not resolve hostname ${host}: Name or service not known`);
  const address = found.addresses[0] as string;
  let fd: number;
  try {
    fd = await sys.connect(ctx, { family: 'inet', host: address, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new SshFailure(`ssh: connect to host ${host} port ${port}: ${error.libc}`);
  }
  const stream = new SshStream(ctx, fd);
  await stream.sendVersion(ctx);
  if ((await stream.readVersion(ctx)) === null)
    throw new SshFailure(
      `kex_exchange_identification: Connection closed by remote host\r\nConnection closed by ${address} port ${port}`,
    );
  const hello = await stream.next(ctx);
  if (hello?.type !== 'hostKey') throw new SshFailure(`Connection closed by ${address} port ${port}`);
  await checkHostKey(ctx, request, address, hello.key);
  const key = await publicKey(ctx, request);
  await stream.send(ctx, { type: 'authRequest', user: request.user, key });
  const answer = await stream.next(ctx);
  if (answer?.type !== 'authSuccess') throw new SshFailure(`${request.user}@${host}: Permission denied (publickey).`);
  const inputIsTerminal = !request.noInput && (await sys.isTty(ctx, 0));
  const wanted = request.terminal === 'always' || (request.terminal === 'auto' && request.command === null);
  const terminal = wanted && inputIsTerminal;
  if (wanted && !inputIsTerminal && !request.quiet)
    await printError(ctx, 'Pseudo-terminal will not be allocated because stdin is not a terminal.\r\n');
  for (const name of ['LANG', 'COLORTERM']) {
    const value = getenv(ctx, name);
    if (value !== undefined) await stream.send(ctx, { type: 'env', name, value });
  }
  if (!terminal) return await session(ctx, stream, request, null);
  return await inRawMode(ctx, async () => {
    const size = await sys.getWindowSize(ctx, 0);
    await stream.send(ctx, { type: 'pty', term: getenv(ctx, 'TERM') ?? 'xterm', ...size });
    sys.sigaction(ctx, 'SIGWINCH', () =>
      ctx.go('window-change', async (c) => {
        await stream.send(c, { type: 'windowChange', ...(await c.sys.getWindowSize(c, 0)) });
      }),
    );
    return await session(ctx, stream, request, newEscapes());
  });
}

async function textOf(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return '';
  }
}

const homeOf = (ctx: Context): string => getenv(ctx, 'HOME') ?? '/root';

async function checkHostKey(ctx: Context, request: Request, address: string, key: string): Promise<void> {
  const { host, checksHostKey } = request;
  const file = `${homeOf(ctx)}/.ssh/known_hosts`;
  const lines = `${await textOf(ctx, file)}\n${await textOf(ctx, '/etc/ssh/ssh_known_hosts')}`.split('\n');
  const own = lines.filter((line) => (line.split(' ')[0] ?? '').split(',').some((n) => n === host || n === address));
  if (own.some((line) => line.endsWith(key))) return;
  if (own.length > 0 && checksHostKey !== 'no')
    throw new SshFailure(
      `${'@'.repeat(59)}\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n${'@'.repeat(59)}\r\nHost key for ${host} has changed and you have requested strict checking.\r\nHost key verification failed.`,
    );
  if (checksHostKey === 'yes' || (checksHostKey === 'ask' && (request.batch || !(await sysIsTerminal(ctx)))))
    throw new SshFailure('Host key verification failed.');
  if (checksHostKey === 'ask') {
    await printError(
      ctx,
      `The authenticity of host '${host} (${address})' can't be established.\r\nED25519 key fingerprint is ${fingerprint(key)}.\r\nThis key is not known by any other names.\r\n`,
    );
    const reader = new LineReader(0);
    for (let question = 'Are you sure you want to continue connecting (yes/no/[fingerprint])? '; ; ) {
      await printError(ctx, question);
      const line = (await reader.next(ctx))?.trim().toLowerCase() ?? 'no';
      if (line === 'yes') break;
      if (line === 'no') throw new SshFailure('Host key verification failed.');
      question = "Please type 'yes', 'no' or the fingerprint: ";
    }
  }
  await writeFile(ctx, file, `${host} ${key}\n`, { append: true, mode: 0o600 });
  await printError(ctx, `Warning: Permanently added '${host}' (ED25519) to the list of known hosts.\r\n`);
}

const sysIsTerminal = (ctx: Context): Promise<boolean> => ctx.sys.isTty(ctx, 0);

/** Of the right shape: the keys themselves are names. */
function fingerprint(key: string): string {
  return `SHA256:${(key.split(' ')[1] ?? '').slice(-44, -1)}`;
}

async function publicKey(ctx: Context, { identity }: Request): Promise<string> {
  const file = identity ?? `${homeOf(ctx)}/.ssh/id_ed25519`;
  const [secret, text] = [await textOf(ctx, file), await textOf(ctx, `${file}.pub`)];
  if (secret === '' && identity !== null)
    await printError(ctx, `Warning: Identity file ${identity} not accessible: No such file or directory.\n`);
  return secret === '' ? '' : text.trim().split(' ').slice(0, 2).join(' ');
}

const RAW: Termios = { canonical: false, echo: false, signals: false, outputNewline: false };

async function inRawMode(ctx: Context, body: () => Promise<number>): Promise<number> {
  const before = await ctx.sys.getTermios(ctx, 0);
  await ctx.sys.setTermios(ctx, 0, RAW);
  try {
    return await body();
  } finally {
    await ctx.sys.setTermios(ctx, 0, before);
  }
}

/** Carries both ways until the other side has said how it ended. */
async function session(
  ctx: Context,
  stream: SshStream,
  request: Request,
  escapes: ((bytes: Uint8Array) => { data: Uint8Array; escape: Escape | null }) | null,
): Promise<number> {
  const { host, command } = request;
  await stream.send(ctx, command === null ? { type: 'shell' } : { type: 'exec', command });
  if (request.noInput) await stream.send(ctx, { type: 'eof' });
  else
    ctx.go('input', async (c) => {
      for (;;) {
        const bytes = await c.sys.read(c, 0, READ_SIZE).catch(() => new Uint8Array(0));
        if (bytes.length === 0) break;
        const { data, escape } = escapes?.(bytes) ?? { data: bytes, escape: null };
        if (data.length > 0 && !(await stream.send(c, { type: 'data', data }))) return;
        if (escape === 'help') await printError(c, ESCAPE_HELP);
        if (escape === 'disconnect') {
          await printError(c, `Connection to ${host} closed.\r\n`);
          await c.sys.shutdown(c, stream.fd, 'both');
        }
      }
      await stream.send(c, { type: 'eof' });
    });
  let status: number | null = null;
  for (let message = await stream.next(ctx); message !== null; message = await stream.next(ctx)) {
    if (message.type === 'data') await print(ctx, message.data);
    else if (message.type === 'extendedData') await printError(ctx, message.data);
    else if (message.type === 'exitStatus') status = message.status;
    else if (message.type === 'exitSignal') status = FAILED;
    else if (message.type === 'close') break;
  }
  if (status === null) await printError(ctx, `Connection to ${host} closed by remote host.\r\n`);
  if (escapes !== null && !request.quiet) await printError(ctx, `Connection to ${host} closed.\r\n`);
  return status ?? FAILED;
}

const ESCAPE_HELP =
  'Supported escape sequences:\r\n ~.   - terminate session\r\n ~?   - this message\r\n ~~   - send the escape character by typing it twice\r\n';
