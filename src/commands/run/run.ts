/** env, nohup, timeout, setsid, chroot, nice. @models coreutils 9.7 src/env.c, nohup.c, timeout.c, chroot.c; util-linux 2.41 setsid.c */

import { isErrno } from '../../linux/errno.ts';
import { getenv, printError } from '../../linux/io.ts';
import { parseSignal, type Signal } from '../../linux/signals.ts';
import { Queue } from '../../sim/primitives.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { execStatus, execvp, spawnp, statusCode, waitFor } from '../common/exec.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { isTerminal } from '../common/streams.ts';
import { readGroups, readUsers } from '../common/users.ts';
import { parseInterval } from '../small/basics.ts';

/** Replaces the program, or says why not. */
export async function become(
  call: Invocation,
  argv: readonly string[],
  env?: readonly string[],
  wording = (name: string, why: string): string => `${quoteAlways(name)}: ${why}`,
): Promise<number> {
  await call.out.flush();
  const error = await execvp(call.ctx, argv, env);
  await call.complain(wording(argv[0] as string, error.libc));
  return execStatus(error);
}

async function needCommand(call: Invocation, status = 125): Promise<void> {
  if (call.operands.length > 0) return;
  await call.complain(`missing operand\nTry '${call.name} --help' for more information.`);
  throw new Exit(status);
}

export const env = command(
  {
    name: 'env',
    usage: ['[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]'],
    about: 'Run COMMAND with a changed environment, or print the environment.',
    options: {
      'a,argv0=ARG': 'name the command ARG',
      'i,ignore-environment': 'start from nothing',
      '0,null': 'lines end with NUL, not newline',
      'u,unset=NAME': 'without NAME',
      'C,chdir=DIR': 'in DIR',
      'S,split-string=S': 'split S into arguments',
      'v,debug': '',
    },
    trouble: 125,
    stopAtOperand: true,
    rewrite: (args) => {
      const index = args.findIndex((a) => a === '-S' || a.startsWith('-S') || a.startsWith('--split-string='));
      if (index !== 0) return args;
      const text = args[0] === '-S' ? (args[1] ?? '') : (args[0] as string).replace(/^-S|^--split-string=/, '');
      return [...text.split(/\s+/).filter((w) => w !== ''), ...args.slice(args[0] === '-S' ? 2 : 1)];
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const operands = [...call.operands];
    let entries = options.has('ignore-environment') ? [] : [...ctx.process.env];
    if (operands[0] === '-') {
      entries = [];
      operands.shift();
    }
    for (const name of options.values('unset')) entries = entries.filter((e) => !e.startsWith(`${name}=`));
    while (operands[0]?.includes('=')) {
      const entry = operands.shift() as string;
      const prefix = entry.slice(0, entry.indexOf('=') + 1);
      entries = [...entries.filter((e) => !e.startsWith(prefix)), entry];
    }
    if (operands.length === 0) {
      for (const entry of entries) await out.write(entry + (options.has('null') ? '\0' : '\n'));
      return 0;
    }
    const directory = options.value('chdir');
    if (directory !== undefined) {
      try {
        await ctx.sys.chdir(ctx, directory);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`cannot change directory to ${quoteAlways(directory)}: ${error.libc}`);
        return 125;
      }
    }
    return become(call, operands, entries, (name, why) => `${quote(ctx, name)}: ${why}`);
  },
);

export const nohup = command(
  {
    name: 'nohup',
    usage: ['COMMAND [ARG]...', 'OPTION'],
    about: 'Run COMMAND so that it survives a hangup.',
    options: {},
    trouble: 125,
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx } = call;
    await needCommand(call);
    const { sys } = ctx;
    const stdinTty = await isTerminal(ctx, 0);
    const stdoutTty = await isTerminal(ctx, 1);
    const stderrTty = await isTerminal(ctx, 2);
    if (stdinTty) {
      const fd = await sys.open(ctx, '/dev/null', { write: true });
      await sys.dup2(ctx, fd, 0);
      await sys.close(ctx, fd);
    }
    if (stdoutTty) {
      let fd = -1;
      let file = 'nohup.out';
      for (const path of ['nohup.out', `${getenv(ctx, 'HOME') ?? ''}/nohup.out`]) {
        try {
          fd = await sys.open(ctx, path, { write: true, create: true, append: true }, 0o600);
          file = path;
          break;
        } catch (error) {
          if (!isErrno(error)) throw error;
        }
      }
      if (fd < 0) {
        await call.complain(`failed to open ${quoteAlways('nohup.out')}: Permission denied`);
        return 125;
      }
      await printError(
        ctx,
        `${call.name}: ${stdinTty ? 'ignoring input and ' : ''}appending output to ${quoteAlways(file)}\n`,
      );
      await sys.dup2(ctx, fd, 1);
      await sys.close(ctx, fd);
    } else if (stdinTty) await printError(ctx, `${call.name}: ignoring input\n`);
    if (stderrTty) await sys.dup2(ctx, 1, 2);
    sys.sigaction(ctx, 'SIGHUP', 'ignore');
    return become(call, call.operands, undefined, (name, why) => `failed to run command ${quoteAlways(name)}: ${why}`);
  },
);

export const timeout = command(
  {
    name: 'timeout',
    usage: ['[OPTION]... DURATION COMMAND [ARG]...'],
    about: 'Run COMMAND and end it if it still runs after DURATION.',
    options: {
      'f,foreground': 'let COMMAND use the terminal',
      'k,kill-after=DURATION': 'send SIGKILL this long after the first signal',
      'p,preserve-status': "exit with COMMAND's status",
      's,signal=SIGNAL': 'send this instead of SIGTERM',
      'v,verbose': 'say what is sent',
    },
    notes:
      'The exit status is 124 after a timeout, 125 if timeout fails, 126 or 127 if COMMAND cannot run or is not found, 137 after SIGKILL.',
    trouble: 125,
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options } = call;
    const { sys } = ctx;
    if (call.operands.length < 2) {
      await printError(ctx, `Try '${call.name} --help' for more information.\n`);
      return 125;
    }
    const [durationText = '', ...argv] = call.operands;
    const time = async (text: string): Promise<number> => {
      const seconds = parseInterval(text);
      if (seconds !== null) return seconds;
      await call.complain(`invalid time interval ${quote(ctx, text)}\nTry '${call.name} --help' for more information.`);
      throw new Exit(125);
    };
    const duration = await time(durationText);
    const killText = options.value('kill-after');
    const killAfter = killText === undefined ? null : await time(killText);
    const signalText = options.value('signal') ?? 'TERM';
    const signal = parseSignal(signalText);
    if (signal === null) {
      await call.complain(`${quote(ctx, signalText)}: invalid signal\nTry '${call.name} --help' for more information.`);
      return 125;
    }
    if (!options.has('foreground') && sys.getpgid(ctx, 0) !== sys.getpid(ctx))
      await sys.setpgid(ctx, 0, 0).catch(() => {});
    const events = new Queue<'ended' | 'time' | 'kill' | Signal>(ctx.scheduler);
    const pid = await spawnp(ctx, argv);
    if (typeof pid !== 'number') {
      await call.complain(`failed to run command ${quote(ctx, argv[0] as string)}: ${pid.libc}`);
      return execStatus(pid);
    }
    for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) sys.sigaction(ctx, s, () => events.push(s));
    ctx.go('wait', async (c) => {
      await c.sys.waitExit(c, pid).catch((error: unknown) => {
        if (!isErrno(error)) throw error;
      });
      events.push('ended');
    });
    const alarm = (seconds: number, what: 'time' | 'kill'): void => {
      if (seconds === 0 || !Number.isFinite(seconds)) return;
      ctx.go('alarm', async (c) => {
        await c.sleep(Math.round(seconds * 1e9));
        events.push(what);
      });
    };
    alarm(duration, 'time');
    let timedOut = false;
    const send = async (s: Signal): Promise<void> => {
      if (options.has('verbose'))
        await call.complain(`sending signal ${s.slice(3)} to command ${quote(ctx, argv[0] as string)}`);
      try {
        await sys.kill(ctx, pid, s);
        // The rest of the group gets it too; timeout itself ignores it, if it can.
        if (!options.has('foreground')) {
          if (s !== 'SIGKILL' && s !== 'SIGSTOP') sys.sigaction(ctx, s, 'ignore');
          await sys.kill(ctx, 0, s);
        }
        if (s !== 'SIGKILL' && s !== 'SIGCONT') await sys.kill(ctx, pid, 'SIGCONT');
      } catch (error) {
        if (!isErrno(error, 'ESRCH')) throw error;
      }
    };
    for (;;) {
      const event = await events.take();
      if (event === 'ended' || event === null) break;
      if (event === 'time') {
        timedOut = true;
        await send(signal);
        if (killAfter !== null) alarm(killAfter, 'kill');
      } else if (event === 'kill') await send('SIGKILL');
      else await send(event);
    }
    const status = await waitFor(ctx, pid);
    if (timedOut && !options.has('preserve-status')) return status.signal === 'SIGKILL' ? 137 : 124;
    return statusCode(status);
  },
);

const setsid = command(
  {
    name: 'setsid',
    usage: ['[options] <program> [arguments ...]'],
    about: 'Run a program in a new session.',
    version: 'util-linux 2.41',
    options: {
      'c,ctty': 'take the terminal',
      'f,fork': 'always fork',
      'w,wait': 'wait for the program and return its status',
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands } = call;
    if (operands.length === 0) {
      await call.complain(`no command specified\nTry 'setsid --help' for more information.`);
      return 1;
    }
    const start = async (inner: Invocation): Promise<number> => {
      await inner.ctx.sys.setsid(inner.ctx);
      if (options.has('ctty')) await inner.ctx.sys.setControllingTty(inner.ctx, 0);
      return become(inner, operands, undefined, (name, why) => `failed to execute ${name}: ${why}`);
    };
    if (options.has('fork') || ctx.sys.getpgid(ctx, 0) === ctx.sys.getpid(ctx)) {
      const pid = await ctx.sys.fork(ctx, (inner) => start({ ...call, ctx: inner }));
      return options.has('wait') ? statusCode(await waitFor(ctx, pid)) : 0;
    }
    return start(call);
  },
);

const chroot = command(
  {
    name: 'chroot',
    usage: ['[OPTION]... NEWROOT [COMMAND [ARG]...]', 'OPTION'],
    about: 'Run COMMAND with another root directory.',
    options: {
      'groups=G_LIST': 'supplementary groups',
      'userspec=USER:GROUP': 'as this user and group',
      'skip-chdir': "do not change the working directory to '/'",
    },
    trouble: 125,
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options } = call;
    await needCommand(call);
    const [root = '', ...rest] = call.operands;
    try {
      await ctx.sys.chroot(ctx, root);
      if (!options.has('skip-chdir')) await ctx.sys.chdir(ctx, '/');
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`cannot change root directory to ${quoteAlways(root)}: ${error.libc}`);
      return 125;
    }
    const spec = options.value('userspec');
    if (spec !== undefined) {
      const [userName = '', groupName] = spec.split(':');
      const user = (await readUsers(ctx)).find((u) => u.name === userName || String(u.uid) === userName);
      const group =
        groupName === undefined
          ? undefined
          : (await readGroups(ctx)).find((g) => g.name === groupName || String(g.gid) === groupName);
      await ctx.sys.setgid(ctx, group?.gid ?? user?.gid ?? (Number(groupName ?? 0) || 0));
      await ctx.sys.setuid(ctx, user?.uid ?? (Number(userName) || 0));
    }
    const argv = rest.length > 0 ? rest : [getenv(ctx, 'SHELL') ?? '/bin/sh', '-i'];
    return become(call, argv, undefined, (name, why) => `failed to run command ${quoteAlways(name)}: ${why}`);
  },
);

/** Before the command, and not the value of a -n. */
function isOldAdjustment(args: readonly string[], index: number): boolean {
  const before = args.slice(0, index);
  if (before.some((arg, i) => !arg.startsWith('-') && !/^(-n|--adjustment)$/.test(args[i - 1] ?? ''))) return false;
  return /^-[+-]?\d+$/.test(args[index] as string) && !/^(-n|--adjustment)$/.test(args[index - 1] ?? '');
}

export const nice = command(
  {
    name: 'nice',
    usage: ['[OPTION] [COMMAND [ARG]...]'],
    about: 'Run COMMAND with another scheduling priority.',
    options: { 'n,adjustment=N': 'add N to the niceness (default 10)' },
    // `nice -5` and `nice --5`, as it once was.
    rewrite: (args) => args.map((arg, i) => (isOldAdjustment(args, i) ? `-n${arg.slice(1)}` : arg)),
    trouble: 125,
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx } = call;
    const text = call.options.value('adjustment');
    if (text !== undefined && !/^\s*[+-]?\d+$/.test(text)) {
      await call.complain(`invalid adjustment ${quote(ctx, text)}`);
      return 125;
    }
    if (call.operands.length === 0 && text !== undefined) {
      await call.complain(
        `a command must be given with an adjustment\nTry '${call.name} --help' for more information.`,
      );
      return 125;
    }
    const current = await ctx.sys.getPriority(ctx, 'process', 0);
    if (call.operands.length === 0) {
      await call.out.write(`${current}\n`);
      return 0;
    }
    try {
      await ctx.sys.setPriority(ctx, 'process', 0, current + Number(text ?? 10));
    } catch (error) {
      // Then as it is.
      if (!isErrno(error)) throw error;
      await call.complain(`cannot set niceness: ${error.libc}`);
    }
    return become(call, call.operands, undefined, (name, why) => `${quote(call.ctx, name)}: ${why}`);
  },
);
