/** : true false break continue return exit eval exec source command builtin trap. @models bash 5.2 builtins/ */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readAll } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { ALL_SIGNALS, parseSignal, type Signal, signalNumber } from '../../linux/signals.ts';
import { execute, findProgram } from '../command.ts';
import { ExitControl, LoopControl, ReturnControl } from '../control.ts';
import { forkShell } from '../fork.ts';
import { addJob, finishForeground } from '../jobs.ts';
import { builtinError, complain } from '../messages.ts';
import { valueOf } from '../parameters.ts';
import { singleQuote } from '../quote.ts';
import { runText } from '../run-text.ts';
import type { Shell } from '../shell.ts';
import { applyTrap, checkSignals } from '../traps.ts';
import { describeCommand } from './info.ts';
import { parseOptions, usage } from './options-parser.ts';
import { type Builtin, builtinFor } from './table.ts';

function loopControl(kind: 'break' | 'continue'): Builtin {
  return async (ctx, sh, argv) => {
    if (sh.loopDepth === 0) {
      if (sh.flavour === 'bash')
        await builtinError(ctx, sh, kind, "only meaningful in a `for', `while', or `until' loop");
      return 0;
    }
    if (argv.length > 2 && sh.flavour === 'bash') {
      await builtinError(ctx, sh, kind, 'too many arguments');
      sh.status = 1;
      throw new LoopControl('break', Number.MAX_SAFE_INTEGER);
    }
    const n = argv[1] === undefined ? 1 : Number(argv[1]);
    if (!Number.isInteger(n)) {
      await builtinError(ctx, sh, kind, `${argv[1]}: numeric argument required`);
      throw new ExitControl(128);
    }
    if (n <= 0) {
      await builtinError(ctx, sh, kind, `${argv[1]}: loop count out of range`);
      throw new LoopControl('break', Number.MAX_SAFE_INTEGER);
    }
    sh.status = 0;
    throw new LoopControl(kind, n);
  };
}

async function statusArgument(ctx: Context, sh: Shell, builtin: string, text: string | undefined): Promise<number> {
  if (text === undefined) return sh.status;
  if (!/^\s*[-+]?\d+\s*$/.test(text)) {
    await builtinError(
      ctx,
      sh,
      builtin,
      sh.flavour === 'ash' ? `Illegal number: ${text}` : `${text}: numeric argument required`,
    );
    return 2;
  }
  return Number(BigInt.asUintN(8, BigInt(text.trim().replace(/^\+/, ''))));
}

const exit: Builtin = async (ctx, sh, argv) => {
  if (sh.interactive && sh.subshell === 0) {
    if (sh.flavour === 'bash' && !sh.session) await complain(ctx, sh.login ? 'logout\n' : 'exit\n');
    const stopped = sh.jobs.some(
      (j) => !j.foreground && j.processes.some((p) => p.stopped !== null && p.status === null),
    );
    if (stopped && !sh.exitWarned) {
      sh.exitWarned = true;
      await complain(ctx, 'There are stopped jobs.\n');
      return 1;
    }
  }
  const status = await statusArgument(ctx, sh, 'exit', argv[1]);
  if (argv.length > 2 && /^[-+]?\d+$/.test(argv[1] ?? '')) {
    await builtinError(ctx, sh, 'exit', 'too many arguments');
    return 1;
  }
  throw new ExitControl(status);
};

const returnBuiltin: Builtin = async (ctx, sh, argv) => {
  const status = await statusArgument(ctx, sh, 'return', argv[1]);
  if (sh.returnDepth === 0 && sh.flavour === 'bash') {
    await builtinError(ctx, sh, 'return', "can only `return' from a function or sourced script");
    return 2;
  }
  throw new ReturnControl(status);
};

const evalBuiltin: Builtin = async (ctx, sh, argv) => {
  const args = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const text = args.join(' ');
  if (text.trim() === '') return 0;
  return runText(ctx, sh, text, { where: 'eval' });
};

const exec: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'cla:');
  if ('bad' in parsed)
    return usage(ctx, sh, 'exec', parsed.bad, 'exec [-cl] [-a name] [command [argument ...]] [redirection ...]');
  const [name, ...args] = parsed.rest;
  if (name === undefined) return 0;
  const path = await findProgram(ctx, sh, name);
  const shown = parsed.options.get('a') ?? name;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const) {
    if (sh.interactive && !sh.traps.has(signal)) ctx.sys.sigaction(ctx, signal, 'default');
  }
  const status = await execute(ctx, sh, [parsed.options.has('l') ? `-${shown}` : shown, ...args], path, false, 'exec');
  if (sh.interactive && sh.subshell === 0) return status;
  throw new ExitControl(status);
};

const source: Builtin = async (ctx, sh, called) => {
  const argv = called[1] === '--' ? [called[0] as string, ...called.slice(2)] : called;
  const name = argv[1];
  if (name === undefined) {
    await builtinError(ctx, sh, argv[0] as string, 'filename argument required');
    await complain(ctx, `${argv[0]}: usage: ${argv[0]} filename [arguments]\n`);
    return 2;
  }
  const candidates = name.includes('/')
    ? [name]
    : [
        ...valueOf(sh, 'PATH')
          .split(':')
          .map((d) => `${d || '.'}/${name}`),
        name,
      ];
  let text: string | null = null;
  let failure = 'No such file or directory';
  for (const path of candidates) {
    try {
      const stat = await ctx.sys.stat(ctx, path);
      if (stat.type === 'directory') {
        failure = 'is a directory';
        continue;
      }
      const fd = await ctx.sys.open(ctx, path, { read: true });
      text = utf8(await readAll(ctx, fd));
      await ctx.sys.close(ctx, fd);
      break;
    } catch (error) {
      if (!isErrno(error)) throw error;
      failure = error.libc;
    }
  }
  if (text === null) {
    if (sh.flavour === 'ash') await builtinError(ctx, sh, argv[0] ?? '.', `can't open '${name}': ${failure}`);
    else if (failure === 'is a directory') await builtinError(ctx, sh, argv[0] as string, `${name}: ${failure}`);
    else
      await complain(ctx, `${sh.interactive ? `${sh.name}: ` : `${sh.name}: line ${sh.line}: `}${name}: ${failure}\n`);
    return 1;
  }
  const positional = sh.positional;
  if (argv.length > 2) sh.positional = argv.slice(2);
  sh.returnDepth++;
  const savedLine = sh.line;
  try {
    return await runText(ctx, sh, text, { ownLines: true });
  } catch (error) {
    if (error instanceof ReturnControl) return error.status;
    throw error;
  } finally {
    sh.returnDepth--;
    sh.line = savedLine;
    if (argv.length > 2) sh.positional = positional;
  }
};

/** Runs without functions: a builtin here, anything else as a program. */
async function runDirect(ctx: Context, sh: Shell, argv: string[], builtinOnly: boolean): Promise<number> {
  const builtin = builtinFor(sh, argv[0] as string);
  if (builtin !== undefined) return builtin(ctx, sh, argv, new Map());
  if (builtinOnly) {
    await builtinError(ctx, sh, 'builtin', `${argv[0]}: not a shell builtin`);
    return 1;
  }
  const path = await findProgram(ctx, sh, argv[0] as string);
  const pid = await forkShell(
    ctx,
    sh,
    { keepErrexit: true, ...(sh.jobControl ? { group: 0, foreground: true } : {}) },
    (c, child) => execute(c, child, argv, path, true),
  );
  const job = addJob(sh, [{ pid, text: argv.join(' ') }], argv.join(' '), true);
  const [status] = await finishForeground(ctx, sh, job);
  await checkSignals(ctx, sh);
  return status ?? 0;
}

const command: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'pVv');
  if ('bad' in parsed) return usage(ctx, sh, 'command', parsed.bad, 'command [-pVv] command [arg ...]');
  const { options, rest } = parsed;
  if (rest.length === 0) return 0;
  if (options.has('v') || options.has('V')) {
    let status = 0;
    for (const name of rest) {
      const lines = await describeCommand(ctx, sh, name, options.has('V') ? 'long' : 'short');
      if (lines.length === 0) {
        if (options.has('V')) await builtinError(ctx, sh, 'command', `${name}: not found`);
        status = sh.flavour === 'ash' ? 127 : 1;
      } else await ctx.sys.write(ctx, 1, `${lines[0]}\n`);
    }
    return status;
  }
  return runDirect(ctx, sh, rest, false);
};

const builtin: Builtin = async (ctx, sh, argv) =>
  argv.length < 2 || (argv.length === 2 && argv[1] === '--')
    ? 0
    : runDirect(ctx, sh, argv.slice(argv[1] === '--' ? 2 : 1), true);

const PSEUDO = new Map([
  ['EXIT', 'EXIT'],
  ['0', 'EXIT'],
  ['ERR', 'ERR'],
  ['DEBUG', 'DEBUG'],
  ['RETURN', 'RETURN'],
]);

const trap: Builtin = async (ctx, sh, argv) => {
  let args = argv.slice(1);
  if (args[0] === '-l') {
    await ctx.sys.write(ctx, 1, signalList());
    return 0;
  }
  const print = args[0] === '-p';
  if (print || args[0] === '--') args = args.slice(1);
  const known = (text: string): string | null => PSEUDO.get(text.toUpperCase()) ?? parseSignal(text);
  if (print || args.length === 0) {
    const order = ['EXIT', ...ALL_SIGNALS, 'DEBUG', 'ERR', 'RETURN'];
    const wanted = args.length > 0 ? args.map(known) : order;
    let out = '';
    for (const name of order) {
      const entry = sh.traps.get(name);
      if (entry !== undefined && wanted.includes(name)) {
        const shown = sh.flavour === 'ash' ? name.replace(/^SIG/, '') : name;
        out += `trap -- ${singleQuote(entry.command)} ${shown}\n`;
      }
    }
    if (out !== '') await ctx.sys.write(ctx, 1, out);
    return 0;
  }
  const reset =
    args[0] === '-' || args.length === 1 || (/^\d+$/.test(args[0] as string) && known(args[0] as string) !== null);
  const action = reset ? null : (args[0] as string);
  let status = 0;
  for (const text of reset && args[0] !== '-' ? args : args.slice(1)) {
    const name = known(text);
    if (name === null) {
      await builtinError(
        ctx,
        sh,
        'trap',
        sh.flavour === 'ash' ? `${text}: invalid signal specification` : `${text}: invalid signal specification`,
      );
      status = 1;
      continue;
    }
    sh.setTrap(name, action === null ? null : { command: action });
    if (name.startsWith('SIG') && name !== 'SIGKILL' && name !== 'SIGSTOP') applyTrap(ctx, sh, name as Signal);
  }
  return status;
};

/** `kill -l` and `trap -l`: five to a line. */
export function signalList(): string {
  let out = '';
  ALL_SIGNALS.forEach((signal, i) => {
    out += `${String(signalNumber(signal)).padStart(2)}) ${signal}${i % 5 === 4 || i === ALL_SIGNALS.length - 1 ? '\n' : '\t'}`;
  });
  return out;
}

export const flowBuiltins: Record<string, Builtin> = {
  ':': async () => 0,
  true: async () => 0,
  false: async () => 1,
  break: loopControl('break'),
  continue: loopControl('continue'),
  return: returnBuiltin,
  exit,
  logout: exit,
  eval: evalBuiltin,
  exec,
  source,
  '.': source,
  command,
  builtin,
  trap,
};
