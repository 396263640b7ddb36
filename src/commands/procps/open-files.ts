/** lsof, fuser. @models lsof 4.99 src/print.c, psmisc 23.7 src/fuser.c @fidelity partial: descriptors, directories, executables and IPv4 sockets; no mapped libraries, locks or threads */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { parseSignal } from '../../linux/signals.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { type ProcessInfo, readProcesses } from '../common/processes.ts';
import { nameTables } from '../common/users.ts';
import { serviceName } from '../network/names.ts';

type Socket = { local: string; remote: string; state: string };
type OpenFile = { fd: string; path: string; stat: Stat | null; socket: Socket | null };

const STATES: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '06': 'TIME_WAIT',
  '08': 'CLOSE_WAIT',
  '0A': 'LISTEN',
};
const TYPES: Readonly<Record<string, string>> = {
  file: 'REG',
  directory: 'DIR',
  char: 'CHR',
  block: 'BLK',
  fifo: 'FIFO',
  socket: 'sock',
  symlink: 'LINK',
};

async function quiet<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

/** `0100007F:1F90` */
function endpoint(text: string): string {
  const [address = '', port = '0'] = text.split(':');
  const bytes = (address.match(/../g) ?? []).reverse().map((b) => Number.parseInt(b, 16));
  return `${bytes.every((b) => b === 0) ? '*' : bytes.join('.')}:${Number.parseInt(port, 16) || '*'}`;
}

/** Sockets of the network namespace of a process, by inode. */
async function socketsOf(ctx: Context, pid: number): Promise<Map<string, Socket>> {
  const out = new Map<string, Socket>();
  const text = (await quiet(readFile(ctx, `/proc/${pid}/net/tcp`))) ?? '';
  for (const line of text.trim().split('\n').slice(1)) {
    const [, local = '', remote = '', code = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    out.set(inode, { local: endpoint(local), remote: endpoint(remote), state: STATES[code] ?? 'CLOSE' });
  }
  return out;
}

async function openFilesOf(ctx: Context, pid: number, sockets: ReadonlyMap<string, Socket>): Promise<OpenFile[]> {
  const out: OpenFile[] = [];
  for (const [fd, name] of [
    ['cwd', 'cwd'],
    ['rtd', 'root'],
    ['txt', 'exe'],
  ] as const) {
    const path = await quiet(ctx.sys.readlink(ctx, `/proc/${pid}/${name}`));
    if (path !== null)
      out.push({ fd, path, stat: await quiet(ctx.sys.stat(ctx, `/proc/${pid}/${name}`)), socket: null });
  }
  for (const { name } of (await quiet(ctx.sys.readDirectory(ctx, `/proc/${pid}/fd`))) ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const path = await quiet(ctx.sys.readlink(ctx, `/proc/${pid}/fd/${name}`));
    if (path === null) continue;
    const flags =
      Number.parseInt(
        /^flags:\s*(\d+)/m.exec((await quiet(readFile(ctx, `/proc/${pid}/fdinfo/${name}`))) ?? '')?.[1] ?? '0',
        8,
      ) & 3;
    const inode = /^socket:\[(\d+)\]$/.exec(path)?.[1];
    const mode = inode !== undefined || flags === 2 ? 'u' : flags === 1 ? 'w' : 'r';
    out.push({
      fd: `${name}${mode}`,
      path,
      stat: inode !== undefined ? null : await quiet(ctx.sys.stat(ctx, `/proc/${pid}/fd/${name}`)),
      socket: inode === undefined ? null : (sockets.get(inode) ?? null),
    });
  }
  return out;
}

type Row = { process: ProcessInfo; file: OpenFile };

type Filter = {
  pids: Set<number> | null;
  command: string | null;
  user: string | null;
  internet: { port: number | null; listen: boolean } | null;
  unix: boolean;
  paths: string[];
  below: string | null;
  and: boolean;
  numericPorts: boolean;
  terse: boolean;
};

const addressText = (text: string, numeric: boolean): string => {
  const [host = '', port = ''] = text.split(':');
  return `${host}:${numeric || port === '*' ? port : (serviceName(Number(port)) ?? port)}`;
};

function line({ process, file }: Row, user: string, numericPorts: boolean): string[] {
  const device =
    file.stat === null
      ? ''
      : file.stat.type === 'char' || file.stat.type === 'block'
        ? file.stat.rdev.join(',')
        : `${file.stat.dev >> 8},${file.stat.dev & 255}`;
  const head = [process.comm.slice(0, 9), String(process.pid), user, file.fd];
  if (file.socket !== null) {
    const { local, remote, state } = file.socket;
    const way =
      state === 'LISTEN'
        ? addressText(local, numericPorts)
        : `${addressText(local, numericPorts)}->${addressText(remote, numericPorts)}`;
    return [...head, 'IPv4', file.path.slice(8, -1), '0t0', 'TCP', `${way} (${state})`];
  }
  if (/^(pipe|socket|anon_inode):/.test(file.path)) {
    const [kind = '', rest = ''] = [file.path.replace(/:.*$/, ''), file.path.replace(/^[^:]*:/, '')];
    const number = /^\[(\d+)\]$/.exec(rest)?.[1] ?? '';
    return [
      ...head,
      kind === 'pipe' ? 'FIFO' : kind === 'socket' ? 'unix' : 'a_inode',
      kind === 'socket' ? '' : '0,15',
      '0t0',
      number,
      kind === 'anon_inode' ? rest : kind === 'pipe' ? 'pipe' : 'type=STREAM',
    ];
  }
  const size =
    file.stat === null
      ? ''
      : file.stat.type === 'file' || file.stat.type === 'directory'
        ? String(file.stat.size)
        : '0t0';
  return [
    ...head,
    file.stat === null ? 'unknown' : (TYPES[file.stat.type] ?? '?'),
    device,
    size,
    file.stat === null ? '' : String(file.stat.ino),
    file.path,
  ];
}

async function lsofMain(ctx: Context, argv: string[]): Promise<number> {
  const f: Filter = {
    pids: null,
    command: null,
    user: null,
    internet: null,
    unix: false,
    paths: [],
    below: null,
    and: false,
    numericPorts: false,
    terse: false,
  };
  const args = argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const value = (): string => (arg.length > 2 ? arg.slice(2) : (args[++i] ?? ''));
    if (arg.startsWith('-p')) f.pids = new Set(value().split(',').map(Number));
    else if (arg.startsWith('-c')) f.command = value();
    else if (arg.startsWith('-u')) f.user = value();
    else if (arg.startsWith('-i')) {
      const spec =
        arg.length > 2 ? arg.slice(2) : /^(:|tcp|udp|4|@)/i.test(args[i + 1] ?? '') ? (args[++i] as string) : '';
      const port = /:(\d+)$/.exec(spec)?.[1];
      f.internet = { port: port === undefined ? null : Number(port), listen: f.internet?.listen ?? false };
    } else if (arg.startsWith('-s')) {
      if (/LISTEN/i.test(value())) f.internet = { port: f.internet?.port ?? null, listen: true };
    } else if (arg === '-U') f.unix = true;
    else if (arg === '+D' || arg === '+d') f.below = args[++i] ?? '/';
    else if (arg === '-v') {
      await printError(ctx, 'lsof version information:\n    revision: 4.99.4\n');
      return 0;
    } else if (arg === '-h' || arg === '-?') {
      await printError(
        ctx,
        'lsof 4.99.4\n usage: lsof [-anPtUv] [-c COMMAND] [-i [TCP][:PORT]] [-p PIDS] [-s TCP:LISTEN] [-u USER] [+D DIRECTORY] [FILE...]\n',
      );
      return 0;
    } else if (/^-[anPtlwbRO]+$/.test(arg)) {
      f.and ||= arg.includes('a');
      f.numericPorts ||= arg.includes('P');
      f.terse ||= arg.includes('t');
    } else if (arg.startsWith('-')) {
      await printError(
        ctx,
        `lsof: illegal option character: ${arg[1]}\nlsof 4.99.4\n latest revision: https://github.com/lsof-org/lsof\n usage: [-?abhKlnNoOPRtUvVX] [+|-c c] [+|-d s] [+D D] [+|-E] [+|-e s] [-i [i]] [-p s] [names]\n`,
      );
      return 1;
    } else f.paths.push(arg);
  }
  const targets: { path: string; stat: Stat }[] = [];
  for (const path of f.paths) {
    const stat = await quiet(ctx.sys.stat(ctx, path));
    if (stat === null) await printError(ctx, `lsof: status error on ${path}: No such file or directory\n`);
    else targets.push({ path, stat });
  }
  if (f.paths.length > 0 && targets.length === 0) return 1;
  const names = await nameTables(ctx);
  const rows: string[][] = [];
  const pids = new Set<number>();
  for (const process of await readProcesses(ctx)) {
    const user = names.user(process.euid);
    const ofProcess = [
      f.pids === null ? null : f.pids.has(process.pid),
      f.command === null ? null : process.comm.startsWith(f.command),
      f.user === null ? null : f.user.split(',').includes(user),
    ];
    if (f.and && ofProcess.includes(false)) continue;
    const sockets = await socketsOf(ctx, process.pid);
    for (const file of await openFilesOf(ctx, process.pid, sockets)) {
      const port = f.internet?.port ?? null;
      const tests = [
        ...ofProcess,
        f.internet === null
          ? null
          : file.socket !== null &&
            (port === null || file.socket.local.endsWith(`:${port}`) || file.socket.remote.endsWith(`:${port}`)) &&
            (!f.internet.listen || file.socket.state === 'LISTEN'),
        f.unix ? file.path.startsWith('socket:') && file.socket === null : null,
        targets.length === 0
          ? null
          : targets.some(({ stat }) => file.stat !== null && file.stat.ino === stat.ino && file.stat.dev === stat.dev),
        f.below === null ? null : file.path.startsWith(`${f.below.replace(/\/$/, '')}/`) || file.path === f.below,
      ].filter((one) => one !== null);
      if (tests.length > 0 && (f.and ? tests.includes(false) : !tests.includes(true))) continue;
      pids.add(process.pid);
      rows.push(line({ process, file }, user, f.numericPorts));
    }
  }
  if (rows.length === 0) return 1;
  if (f.terse) {
    await print(ctx, [...pids].map((pid) => `${pid}\n`).join(''));
    return 0;
  }
  const heads = ['COMMAND', 'PID', 'USER', 'FD', 'TYPE', 'DEVICE', 'SIZE/OFF', 'NODE', 'NAME'];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)));
  // The letter of a descriptor's mode stands right of the column's heading.
  const cell = (text: string, i: number, heading: boolean): string => {
    const width = widths[i] ?? 0;
    if (i === 0) return text.padEnd(width);
    if (i === 8) return text;
    if (i === 3)
      return heading
        ? `${' '.repeat(2)}${text}`.padEnd(width + 2)
        : /\d[a-z]$/.test(text)
          ? text.padStart(width + 1).padEnd(width + 2)
          : ` ${text}`.padStart(width + 1).padEnd(width + 2);
    return text.padStart(width);
  };
  for (const [n, row] of [heads, ...rows].entries())
    await print(
      ctx,
      `${row
        .map((text, i) => cell(text, i, n === 0))
        .join(' ')
        .trimEnd()}\n`,
    );
  return 0;
}

async function fuserMain(ctx: Context, argv: string[]): Promise<number> {
  const [flags, words]: [string[], string[]] = [[], []];
  let space = 'file';
  const args = argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '-n') space = args[++i] ?? '';
    else (arg.startsWith('-') ? flags : words).push(arg);
  }
  const has = (letter: string): boolean => flags.some((f) => new RegExp(`^-[a-zM]*${letter}`).test(f));
  if (words.length === 0) {
    await printError(
      ctx,
      'No process specification given\nUsage: fuser [-kmsuv] [-n SPACE] [-SIGNAL] NAME...\nShow which processes use files, sockets or file systems.\n',
    );
    return 1;
  }
  const signal = parseSignal((flags.find((f) => /^-(SIG)?[A-Z]{3,}|^-\d+$/.test(f)) ?? '-KILL').slice(1)) ?? 'SIGKILL';
  const names = await nameTables(ctx);
  const processes = await readProcesses(ctx);
  let status = 1;
  let headed = false;
  for (const word of words) {
    const port = /^(\d+)\/tcp$/.exec(word)?.[1] ?? (space === 'tcp' ? word : undefined);
    const target = port === undefined ? await quiet(ctx.sys.stat(ctx, word)) : null;
    if (port === undefined && target === null) {
      await printError(ctx, `Specified filename ${word} does not exist.\n`);
      continue;
    }
    const users: { process: ProcessInfo; access: string }[] = [];
    for (const process of processes) {
      let access = '';
      for (const file of await openFilesOf(ctx, process.pid, await socketsOf(ctx, process.pid))) {
        const same =
          target === null
            ? file.socket?.local.endsWith(`:${port}`) === true
            : file.stat !== null && file.stat.dev === target.dev && (has('m') || file.stat.ino === target.ino);
        if (!same) continue;
        access +=
          file.fd === 'cwd'
            ? 'c'
            : file.fd === 'rtd'
              ? 'r'
              : file.fd === 'txt'
                ? 'e'
                : /[wu]$/.test(file.fd)
                  ? 'F'
                  : 'f';
      }
      if (access !== '') users.push({ process, access });
    }
    if (users.length === 0) continue;
    status = 0;
    const label =
      target === null ? `${port}/tcp:` : `${word.startsWith('/') ? word : `${await ctx.sys.getcwd(ctx)}/${word}`}:`;
    if (!has('s')) {
      if (has('v')) {
        if (!headed) await printError(ctx, `${' '.repeat(21)}USER        PID ACCESS COMMAND\n`);
        headed = true;
        for (const [i, { process, access }] of users.entries()) {
          const letters = ['F', 'r', 'c', 'e', 'm']
            .map((l) => (access.includes(l) ? l : l === 'F' && access.includes('f') ? 'f' : '.'))
            .join('');
          await printError(
            ctx,
            `${(i === 0 ? label : '').padEnd(20)} ${names.user(process.euid).padEnd(8)} ${String(process.pid).padStart(6)} ${letters} ${process.comm}\n`,
          );
        }
      } else {
        await printError(ctx, `${label.padEnd(20)} `);
        for (const { process, access } of users) {
          await print(ctx, ` ${String(process.pid).padStart(5)}`);
          await printError(ctx, [...new Set(access)].filter((l) => 'cre'.includes(l)).join(''));
        }
        await printError(ctx, '\n');
      }
    }
    if (has('k')) for (const { process } of users) await quiet(ctx.sys.kill(ctx, process.pid, signal));
  }
  return status;
}

export const lsof: Program = { name: 'lsof', main: lsofMain };
export const fuser: Program = { name: 'fuser', main: fuserMain };
