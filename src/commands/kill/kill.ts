/** kill, pgrep, pkill, pidof, killall. @models procps-ng 4.0.4 src/kill.c, pgrep.c, pidof.c; psmisc 23.7 killall.c */
import type { Context } from '../../linux/context.ts';
import { type Errno, isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { ALL_SIGNALS, parseSignal, type Signal, signalNumber } from '../../linux/signals.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import type { OptionTable } from '../common/options.ts';
import { commandLine, type ProcessInfo, readProcesses, ttyName, uptimeSeconds } from '../common/processes.ts';
import { posixRegex, RegexError } from '../common/regex.ts';
import { Output } from '../common/streams.ts';
import { nameTables, readUsers } from '../common/users.ts';

const KILL_USAGE =
  '\nUsage:\n kill [options] <pid> [...]\n\nOptions:\n <pid> [...]            send a signal to every <pid>\n -<signal>, -s, --signal <signal>\n                        which signal to send\n -q, --queue <value>    an integer to go with the signal\n -l, --list=[<signal>]  names of all signals, or turn one into a name or number\n -L, --table            names in a table\n\n -h, --help     show this text and stop\n -V, --version  show the version and stop\n\nFor more details see kill(1).\n';

export function signalOf(text: string): Signal | 0 | null {
  return text === '0' ? 0 : parseSignal(text);
}

export const kill: Program = {
  name: 'kill',
  async main(ctx, argv) {
    const name = argv[0] ?? 'kill';
    const args = argv.slice(1);
    const out = new Output(ctx);
    let signal: Signal | 0 = 'SIGTERM';
    const pids: string[] = [];
    const unknown = async (text: string): Promise<number> => {
      await printError(ctx, `${name}: unknown signal name ${text}\n`);
      return 1;
    };
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as string;
      if (arg === '-l' || arg === '--list' || arg.startsWith('--list=') || arg === '-L' || arg === '--table') {
        const which = arg.startsWith('--list=') ? arg.slice(7) : args[i + 1];
        if (which === undefined) await out.write(`${ALL_SIGNALS.map((s) => s.slice(3)).join(' ')}\n`);
        else {
          const found = /^\d+$/.test(which)
            ? parseSignal(String(Number(which) > 128 ? Number(which) - 128 : Number(which)))
            : parseSignal(which);
          if (found === null) return unknown(which);
          await out.write(`${/^\d+$/.test(which) ? found.slice(3) : signalNumber(found)}\n`);
        }
        await out.flush();
        return 0;
      }
      if (arg === '-h' || arg === '--help') {
        await out.write(KILL_USAGE);
        await out.flush();
        return 0;
      }
      if (arg === '-s' || arg === '--signal' || arg.startsWith('--signal=')) {
        const text = arg.startsWith('--signal=') ? arg.slice(9) : (args[++i] ?? '');
        const found = signalOf(text);
        if (found === null) return unknown(text);
        signal = found;
      } else if (arg === '--') {
        pids.push(...args.slice(i + 1));
        break;
      } else if (
        /^-[A-Za-z0-9]/.test(arg) &&
        pids.length === 0 &&
        (signal === 'SIGTERM' || !/^-\d/.test(arg)) &&
        !(i > 0 && /^-\d+$/.test(arg))
      ) {
        const found = signalOf(arg.slice(1));
        if (found === null) {
          await printError(ctx, `${name}: invalid option -- '${arg[1]}'\n${KILL_USAGE}`);
          return 1;
        }
        signal = found;
      } else pids.push(arg);
    }
    if (pids.length === 0) {
      await printError(ctx, KILL_USAGE);
      return 1;
    }
    let status = 0;
    for (const text of pids) {
      if (!/^-?\d+$/.test(text)) {
        await printError(ctx, `${name}: failed to parse argument: '${text}'\n`);
        status = 1;
        continue;
      }
      try {
        await ctx.sys.kill(ctx, Number(text), signal);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await printError(ctx, `${name}: (${text}): ${error.libc}\n`);
        status = 1;
      }
    }
    return status;
  },
};

const MATCH_OPTIONS: OptionTable = {
  'g,pgroup=PGID': 'process groups',
  'G,group=GID': 'real groups',
  'i,ignore-case': 'upper and lower case are the same',
  'n,newest': 'the youngest match',
  'o,oldest': 'the oldest match',
  'O,older=SECONDS': 'at least so old',
  'P,parent=PPID': 'children of these',
  's,session=SID': 'sessions',
  't,terminal=TTY': 'terminals',
  'u,euid=UID': 'effective users',
  'U,uid=UID': 'real users',
  'x,exact': 'the whole name must match',
  'f,full': 'match the whole command line',
  'v,inverse': 'the others',
  'r,runstates=STATE': 'process states',
  'ns=PID': 'in the same namespaces as PID',
  'nslist=NS': 'which namespaces to compare',
};

async function select(call: Invocation): Promise<ProcessInfo[]> {
  const { ctx, options, operands } = call;
  const own = ctx.sys.getpid(ctx);
  const list = (key: string): string[] | null => options.value(key)?.split(',') ?? null;
  const users = await readUsers(ctx);
  const uidOf = (text: string): number => users.find((u) => u.name === text)?.uid ?? Number(text);
  const filters: ((p: ProcessInfo) => boolean)[] = [];
  const numeric = (key: string, get: (p: ProcessInfo) => number, self?: number): void => {
    const values = list(key)?.map((v) => (Number(v) === 0 && self !== undefined ? self : Number(v)));
    if (values !== undefined) filters.push((p) => values.includes(get(p)));
  };
  numeric('pgroup', (p) => p.pgrp, ctx.sys.getpgid(ctx, 0));
  numeric('session', (p) => p.session, ctx.sys.getsid(ctx));
  numeric('parent', (p) => p.ppid);
  numeric('group', (p) => p.rgid);
  const euids = list('euid')?.map(uidOf);
  if (euids !== undefined) filters.push((p) => euids.includes(p.euid));
  const ruids = list('uid')?.map(uidOf);
  if (ruids !== undefined) filters.push((p) => ruids.includes(p.ruid));
  const terminals = list('terminal');
  if (terminals !== null) filters.push((p) => terminals.includes(ttyName(p.tty)));
  const states = options.value('runstates');
  if (states !== undefined) filters.push((p) => states.includes(p.state));
  const older = options.value('older');
  const uptime = await uptimeSeconds(ctx);
  if (older !== undefined) filters.push((p) => uptime - p.startTicks / 100 >= Number(older));
  const [pattern, extra] = operands;
  if (extra !== undefined) {
    await call.complain(`only one pattern can be provided\nTry \`${call.name} --help' for more information.`);
    throw new Exit(2);
  }
  if (pattern === undefined && filters.length === 0) {
    await call.complain(`no matching criteria specified\nTry \`${call.name} --help' for more information.`);
    throw new Exit(2);
  }
  if (pattern !== undefined) {
    if (!options.has('full') && pattern.length > 15)
      await call.complain(
        `pattern that searches for process name longer than 15 characters will result in zero matches\nTry \`${call.name} -f' option to match against the complete command line.`,
      );
    let regex: RegExp;
    try {
      regex = posixRegex(options.has('exact') ? `^(${pattern})$` : pattern, {
        extended: true,
        ignoreCase: options.has('ignore-case'),
      });
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      await call.complain(error.message);
      throw new Exit(2);
    }
    filters.push((p) => regex.test(options.has('full') ? (p.argv.length === 0 ? p.comm : p.argv.join(' ')) : p.comm));
  }
  let found = (await readProcesses(ctx)).filter(
    (p) => p.pid !== own && filters.every((f) => f(p)) !== options.has('inverse'),
  );
  if (options.has('newest')) found = found.sort((a, b) => b.startTicks - a.startTicks || b.pid - a.pid).slice(0, 1);
  if (options.has('oldest')) found = found.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid).slice(0, 1);
  return found;
}

const PGREP = {
  usage: ['[options] <pattern>'],
  version: 'procps-ng) 4.0.4',
  trouble: 2,
  hint: (name: string) => `Try \`${name} --help' for more information.`,
};

export const pgrep = command(
  {
    name: 'pgrep',
    ...PGREP,
    about: 'List the processes whose name matches.',
    options: {
      'd,delimiter=STRING': 'between the numbers',
      'l,list-name': 'names too',
      'a,list-full': 'command lines too',
      'w,lightweight': '',
      'c,count': 'only how many',
      ...MATCH_OPTIONS,
    },
  },
  async (call) => {
    const { options, out } = call;
    const found = await select(call);
    if (options.has('count')) await out.write(`${found.length}\n`);
    else if (found.length > 0) {
      const delimiter = options.value('delimiter') ?? '\n';
      await out.write(
        `${found.map((p) => (options.has('list-full') ? `${p.pid} ${commandLine(p)}` : options.has('list-name') ? `${p.pid} ${p.comm}` : String(p.pid))).join(delimiter)}\n`,
      );
    }
    return found.length > 0 ? 0 : 1;
  },
);

export const pkill = command(
  {
    name: 'pkill',
    ...PGREP,
    about: 'Send a signal to the processes whose name matches.',
    options: {
      'signal=SIGNAL': 'which signal, also as -SIGNAL',
      'e,echo': 'say what is killed',
      'c,count': 'only how many',
      'q,queue=VALUE': '',
      ...MATCH_OPTIONS,
    },
    rewrite: (args) =>
      args.flatMap((a) =>
        /^-(\d+|[A-Z][A-Z0-9]{2,})$/.test(a) && signalOf(a.slice(1)) !== null ? [`--signal=${a.slice(1)}`] : [a],
      ),
  },
  async (call) => {
    const { ctx, options, out } = call;
    const text = options.value('signal') ?? 'TERM';
    const signal = signalOf(text);
    if (signal === null) {
      await call.complain(`Unknown signal "${text}".`);
      return 2;
    }
    const found = await select(call);
    let sent = 0;
    for (const p of found) {
      try {
        await ctx.sys.kill(ctx, p.pid, signal);
        sent++;
        if (options.has('echo')) await out.write(`${p.comm} killed (pid ${p.pid})\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (!isErrno(error, 'ESRCH')) await call.complain(`killing pid ${p.pid} failed: ${(error as Errno).libc}`);
      }
    }
    if (options.has('count')) await out.write(`${found.length}\n`);
    return sent > 0 ? 0 : 1;
  },
);

export const pidof = command(
  {
    name: 'pidof',
    usage: ['[options] [program [...]]'],
    version: 'procps-ng) 4.0.4',
    about: 'Print the process numbers of programs.',
    options: {
      's,single-shot': 'one number only',
      'c,check-root': '',
      q: 'print nothing',
      'w,with-workers': '',
      x: 'scripts too',
      'o,omit-pid=PID': 'not these',
      't,lightweight': '',
      'S,separator=SEP': 'between the numbers',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const omitted = options
      .values('omit-pid')
      .flatMap((v) => v.split(','))
      .map((v) => (v === '%PPID' ? ctx.sys.getppid(ctx) : Number(v)));
    const matches = (p: ProcessInfo, name: string): boolean =>
      p.argv[0] !== undefined &&
      (p.argv[0] === name ||
        p.argv[0].slice(p.argv[0].lastIndexOf('/') + 1) === name.slice(name.lastIndexOf('/') + 1) ||
        p.comm === name);
    const found = (await readProcesses(ctx))
      .filter((p) => p.pid !== ctx.sys.getpid(ctx) && !omitted.includes(p.pid) && operands.some((o) => matches(p, o)))
      .reverse();
    const shown = options.has('single-shot') ? found.slice(0, 1) : found;
    if (shown.length > 0 && !options.has('q'))
      await out.write(`${shown.map((p) => p.pid).join(options.value('separator') ?? ' ')}\n`);
    return found.length > 0 ? 0 : 1;
  },
);

export const killall = command(
  {
    name: 'killall',
    usage: ['[OPTION]... [--] NAME...'],
    version: 'PSmisc) 23.7',
    about: 'Send a signal to every process of that name.',
    options: {
      's,signal=SIGNAL': 'this instead of SIGTERM',
      'q,quiet': 'no complaints',
      'v,verbose': 'say what was killed',
      'w,wait': 'until they are gone',
      'e,exact': '',
      'I,ignore-case': '',
      'r,regexp': 'NAME is an extended regular expression',
      'u,user=USER': "only that user's",
      'l,list': 'names of signals',
    },
    rewrite: (args) => args.flatMap((a) => (/^-(\d+|[A-Z][A-Z0-9]+)$/.test(a) ? [`--signal=${a.slice(1)}`] : [a])),
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (options.has('list')) {
      await out.write(`${ALL_SIGNALS.map((s) => s.slice(3)).join(' ')}\n`);
      return 0;
    }
    const signal = signalOf(options.value('signal') ?? 'TERM');
    if (signal === null) {
      await printError(ctx, `${options.value('signal')}: unknown signal; killall -l lists signals.\n`);
      return 1;
    }
    const { user } = await nameTables(ctx);
    let status = 0;
    for (const name of operands) {
      const regex = options.has('regexp') ? posixRegex(name, { extended: true }) : null;
      const found = (await readProcesses(ctx)).filter(
        (p) =>
          p.pid !== ctx.sys.getpid(ctx) &&
          (regex?.test(p.comm) ?? p.comm === name.slice(name.lastIndexOf('/') + 1).slice(0, 15)) &&
          (!options.has('user') || user(p.euid) === options.value('user')),
      );
      if (found.length === 0) {
        status = 1;
        if (!options.has('quiet')) await printError(ctx, `${name}: no process found\n`);
      }
      for (const p of found) {
        try {
          await ctx.sys.kill(ctx, p.pid, signal);
          if (options.has('verbose'))
            await printError(
              ctx,
              `Killed ${p.comm}(${p.pid}) with signal ${signal === 0 ? 0 : signalNumber(signal)}\n`,
            );
          if (options.has('wait')) await gone(ctx, p.pid);
        } catch (error) {
          if (!isErrno(error)) throw error;
          status = 1;
          await printError(ctx, `${p.comm}(${p.pid}): ${error.libc}\n`);
        }
      }
    }
    return status;
  },
);

async function gone(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.waitExit(ctx, pid);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
