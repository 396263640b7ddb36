/**
 * strace: what processes ask of the kernel.
 * @models strace 6.13 src/strace.c
 * @fidelity partial: programs here have no loader and no heap, so the calls of those are missing; what is traced is not
 * slowed down
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { parseSignal } from '../../linux/signals.ts';
import type { TraceListener, TraceStop } from '../../linux/syscall-entry.ts';
import { Queue } from '../../sim/primitives.ts';
import { type Options, type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { encode } from '../common/text.ts';
import { CLASSES } from './constants.ts';
import { Printer, type PrinterOptions } from './printer.ts';
import { Summary } from './summary.ts';

const OPTIONS: OptionTable = {
  'f,follow-forks': 'the processes that they start as well; twice, with -o: a file for each',
  'p,attach=PID': 'trace the process with this pid, or these',
  'e,expr=EXPR': 'trace=[!]CALL,...|%CLASS, signal=SIGNAL, status=successful|failed',
  'o,output=FILE': 'write to FILE instead of standard error',
  c: 'only count calls and their time',
  C: 'count as well as print',
  'w,summary-wall-clock': '',
  't,absolute-timestamps': 'with the time of day; twice: with microseconds; three times: in seconds',
  'r,relative-timestamps': 'with the time since the call before',
  'T,syscall-times': 'with the time spent in each call',
  's,string-limit=NUM': 'show so many bytes of each string (32)',
  'q,quiet': 'without remarks about attaching; twice: and exiting',
  'P,trace-path=PATH': 'only calls that name PATH',
  'E,env=VAR': 'put VAR=VALUE into the environment, or take VAR out of it',
  'u,user=USER': '',
  'z,successful-only': 'only calls that went well',
  'Z,failed-only': 'only calls that failed',
  'v,no-abbrev': '',
  'y,decode-fds': '',
  'x,strings-in-hex': '',
  'n,syscall-number': '',
  'h,help': 'show this text',
  'V,version': 'show the version',
};

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const STRING_MAX = 32;

class Bad extends Error {}

type Stops = Queue<{ stop: TraceStop; resume: () => void } | 'interrupted'>;
/** A call that takes longer is one that waits. */
const INSTANT_NS = 1000;

type Output = (pid: number, text: string) => void;

/** `trace=!open,%file` and its kin. */
function selection(
  options: Options,
  calls: (name: string) => boolean,
): Pick<PrinterOptions, 'shows' | 'showsSignal' | 'outcome'> {
  let shows = calls;
  let showsSignal = (_name: string): boolean => true;
  let outcome: PrinterOptions['outcome'] = options.has('successful-only')
    ? 'successful'
    : options.has('failed-only')
      ? 'failed'
      : 'all';
  for (const expression of options.values('expr')) {
    const equals = expression.indexOf('=');
    const kind = equals < 0 ? 'trace' : expression.slice(0, equals);
    const value = expression.slice(equals + 1);
    const negated = value.startsWith('!');
    const words = (negated ? value.slice(1) : value).split(',').filter((word) => word !== '');
    switch (kind) {
      case 'trace':
      case 't': {
        const names = callNames(words);
        shows = (name) => names === 'all' || names.has(name) !== negated;
        if (names === 'all' && negated) shows = () => false;
        break;
      }
      case 'signal':
      case 'signals':
      case 's': {
        const names = new Set(words.map((word) => (word === 'all' || word === 'none' ? word : parseSignal(word))));
        if (names.has(null)) throw new Bad(`invalid signal '${value}'`);
        showsSignal = (name) => (names.has('all') || names.has(name as never)) !== negated;
        break;
      }
      case 'status':
        outcome = value === 'successful' || value === 'failed' ? value : 'all';
        break;
      case 'abbrev':
      case 'verbose':
      case 'raw':
      case 'read':
      case 'write':
      case 'decode-fds':
      case 'quiet':
        break;
      default:
        throw new Bad(`invalid -e argument: '${expression}'`);
    }
  }
  return { shows, showsSignal, outcome };
}

const ALIASES: Readonly<Record<string, string>> = {
  open: 'openat',
  stat: 'newfstatat',
  lstat: 'newfstatat',
  chmod: 'fchmodat',
  chown: 'fchownat',
  clone: 'clone',
  nanosleep: 'clock_nanosleep',
  umount: 'umount2',
  accept: 'accept4',
  pipe: 'pipe2',
};

function callNames(words: readonly string[]): ReadonlySet<string> | 'all' {
  const names = new Set<string>();
  for (const word of words) {
    if (word === 'all') return 'all';
    if (word === 'none') continue;
    const cls = CLASSES[word.replace(/^%/, '')];
    if (cls !== undefined) for (const name of cls.split(' ')) names.add(name);
    else if (word.startsWith('/')) throw new Bad(`invalid regular expression '${word}'`);
    else if (!/^\??[a-z_0-9]+$/.test(word)) throw new Bad(`invalid system call '${word}'`);
    else {
      const name = word.replace(/^\?/, '');
      names.add(name);
      // Programs here make the newer of two calls for the same.
      names.add(ALIASES[name] ?? name);
    }
  }
  return names;
}

async function findProgram(ctx: Context, name: string): Promise<string> {
  const candidates = name.includes('/')
    ? [name]
    : (getenv(ctx, 'PATH') ?? DEFAULT_PATH).split(':').map((directory) => `${directory}/${name}`);
  for (const candidate of candidates) {
    const stat = await ctx.sys.stat(ctx, candidate).catch(() => null);
    if (stat?.type === 'file' && (stat.mode & 0o111) !== 0) return candidate;
  }
  throw new Bad(`Can't stat '${name}': No such file or directory`);
}

function environment(ctx: Context, options: Options): string[] {
  let env = [...ctx.process.env];
  for (const one of options.values('env')) {
    const name = one.split('=')[0] as string;
    env = env.filter((entry) => !entry.startsWith(`${name}=`));
    if (one.includes('=')) env.push(one);
  }
  return env;
}

/** A child that waits to be traced before it becomes the program. */
async function start(
  ctx: Context,
  argv: readonly string[],
  options: Options,
): Promise<{ pid: number; go: () => Promise<void> }> {
  const { sys } = ctx;
  const file = await findProgram(ctx, argv[0] as string);
  const env = environment(ctx, options);
  const [wait, gate] = await sys.pipe(ctx);
  const pid = await sys.fork(ctx, async (child) => {
    await child.sys.close(child, gate);
    await child.sys.read(child, wait, 1);
    await child.sys.close(child, wait);
    try {
      return await child.sys.execve(child, file, argv, env);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(child, `strace: exec: ${error.libc}\n`);
      return 1;
    }
  });
  await sys.close(ctx, wait);
  return { pid, go: () => sys.close(ctx, gate) };
}

async function outputs(ctx: Context, options: Options): Promise<{ write: Output; flush: () => Promise<void> }> {
  const file = options.value('output');
  const each = file !== undefined && options.values('follow-forks').length > 1;
  const descriptors = new Map<string, number>();
  const pending = new Map<string, string>();
  const nameOf = (pid: number): string => (file === undefined ? '' : each ? `${file}.${pid}` : file);
  if (file !== undefined && !each)
    descriptors.set(
      file,
      await ctx.sys.open(ctx, file, { write: true, create: true, truncate: true, closeOnExec: true }, 0o644),
    );
  return {
    write: (pid, text) => {
      const name = nameOf(pid);
      pending.set(name, (pending.get(name) ?? '') + text);
    },
    flush: async () => {
      for (const [name, text] of [...pending]) {
        pending.delete(name);
        let fd = name === '' ? 2 : descriptors.get(name);
        if (fd === undefined) {
          fd = await ctx.sys.open(ctx, name, { write: true, create: true, truncate: true, closeOnExec: true }, 0o644);
          descriptors.set(name, fd);
        }
        await ctx.sys.write(ctx, fd, encode(text));
      }
    },
  };
}

async function trace(ctx: Context, options: Options, operands: readonly string[]): Promise<number> {
  const { sys } = ctx;
  const pids = options
    .values('attach')
    .flatMap((text) => text.split(/[\s,]+/))
    .filter((word) => word !== '');
  const bad = pids.find((word) => !/^\d+$/.test(word));
  if (bad !== undefined) throw new Bad(`Invalid process id: '${bad}'`);
  if (operands.length === 0 && pids.length === 0)
    throw new Bad("must have PROG [ARGS] or -p PID\nTry 'strace -h' for more information.");
  const follow = options.has('follow-forks');
  const toFile = options.has('output');
  const limit = Number(options.value('string-limit') ?? STRING_MAX);
  if (Number.isNaN(limit)) throw new Bad(`invalid -s argument: '${options.value('string-limit')}'`);
  const printing: PrinterOptions = {
    ...selection(options, () => true),
    stringMax: limit,
    stamp: Math.min(3, options.values('absolute-timestamps').length),
    relative: options.has('relative-timestamps'),
    spent: options.has('syscall-times'),
    follow,
    quiet: options.values('quiet').length,
    paths: options.values('trace-path'),
    prefix: !toFile ? 'bracket' : follow && options.values('follow-forks').length === 1 ? 'plain' : 'none',
    epochNs: ctx.wallTime - BigInt(ctx.now),
  };
  const summary = options.has('c') || options.has('C') ? new Summary(options.has('C')) : null;
  const output = await outputs(ctx, options);
  const printer = new Printer(printing, summary, output.write);
  const stops: Stops = new Queue(ctx.scheduler);
  const listener: TraceListener = (stop, resume) => void stops.push({ stop, resume });
  const alive = new Set<number>();
  const attached: number[] = [];
  for (const word of pids) {
    const pid = Number(word);
    try {
      await sys.ptrace(ctx, pid, listener, { follow });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `strace: attach: ptrace(PTRACE_SEIZE, ${pid}): ${error.libc}\n`);
      if (pids.length === 1) return 1;
      continue;
    }
    if (printing.quiet === 0) await printError(ctx, `strace: Process ${pid} attached\n`);
    alive.add(pid);
    attached.push(pid);
  }
  if (alive.size > 1) printer.attachSeveral();
  let child = 0;
  if (operands.length > 0) {
    const started = await start(ctx, operands, options);
    child = started.pid;
    await sys.ptrace(ctx, child, listener, { follow });
    alive.add(child);
    await started.go();
  }
  // After the child has its own: what is ignored would be inherited.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
    sys.sigaction(ctx, signal, pids.length === 0 ? 'ignore' : () => stops.push('interrupted'));
  const ended = await print(ctx, { stops, printer, alive, child, flush: output.flush });
  if (ended.interrupted) printer.detached();
  if (ended.interrupted)
    for (const pid of attached) {
      if (!alive.has(pid)) continue;
      await sys.ptrace(ctx, pid, null).catch(() => {});
      if (printing.quiet === 0) output.write(pid, `strace: Process ${pid} detached\n`);
    }
  if (summary !== null) output.write(child, summary.text());
  await output.flush();
  if (child !== 0) await sys.wait(ctx, child).catch(() => {});
  if (ended.signal !== null) {
    if (ended.signal !== 'SIGKILL') sys.sigaction(ctx, ended.signal, 'default');
    await sys.kill(ctx, sys.getpid(ctx), ended.signal);
  }
  return ended.interrupted ? 130 : ended.code;
}

type Ended = { code: number; signal: (TraceStop & { kind: 'exit' })['signal']; interrupted: boolean };

/** Until all that are traced have ended, or somebody has had enough. */
async function print(
  ctx: Context,
  run: {
    stops: Stops;
    printer: Printer;
    alive: Set<number>;
    child: number;
    flush: () => Promise<void>;
  },
): Promise<Ended> {
  const { stops, printer, alive, child } = run;
  const ended: Ended = { code: 0, signal: null, interrupted: false };
  let became = false;
  while (alive.size > 0) {
    const next = await stops.take();
    if (next === null || next === 'interrupted') return { ...ended, interrupted: true };
    const { stop, resume } = next;
    if (stop.kind === 'new') alive.add(stop.pid);
    // What the child does before it becomes the program is our own doing.
    if (stop.pid === child && !became) {
      resume();
      if (stop.kind === 'enter' || stop.kind === 'leave') continue;
      became = true;
    }
    // A call that is over at once is printed as one, and one that waits as far as it has come.
    if (stop.kind === 'enter') {
      resume();
      if (stops.length === 0) await ctx.sleep(INSTANT_NS);
    }
    printer.take(stop, stops.length === 0);
    if (stop.kind === 'exit') {
      alive.delete(stop.pid);
      if (stop.pid === child) Object.assign(ended, { code: stop.code, signal: stop.signal });
    }
    await run.flush();
    resume();
  }
  return ended;
}

export const strace: Program = {
  name: 'strace',
  rssBytes: 3_200_000,
  async main(ctx, argv) {
    try {
      const { options, operands } = parseOptions(OPTIONS, argv.slice(1), { stopAtOperand: true });
      if (options.has('help') || options.has('version')) {
        const text = options.has('version')
          ? 'strace -- version 6.13\n'
          : `Usage: strace [OPTIONS] -p PID | PROG [ARGS]\n\nShow which system calls a program makes, and the signals that it gets.\n\nOptions:\n${optionHelp(OPTIONS)}`;
        await ctx.sys.write(ctx, 1, text);
        return 0;
      }
      return await trace(ctx, options, operands);
    } catch (error) {
      if (error instanceof UsageError)
        await printError(ctx, `strace: ${error.message}\nTry 'strace -h' for more information.\n`);
      else if (error instanceof Bad) await printError(ctx, `strace: ${error.message}\n`);
      else if (isErrno(error)) await printError(ctx, `strace: ${error.libc}\n`);
      else throw error;
      return 1;
    }
  },
};
