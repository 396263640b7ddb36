/** @models util-linux 2.41 sys-utils/flock.c @fidelity partial: no --fcntl */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { LockMode } from '../../linux/file-locks.ts';
import { getenv } from '../../linux/io.ts';
import { Exit, type Invocation } from '../common/command.ts';
import { execvp, spawnp, statusCode, waitFor } from '../common/exec.ts';
import { shortCommand } from '../common/short-command.ts';

const EX_USAGE = 64;
const EX_DATAERR = 65;
const EX_NOINPUT = 66;
const EX_UNAVAILABLE = 69;
const EX_OSERR = 71;
const EX_CANTCREAT = 73;
const CODE_MAX = 255;

const OPEN_FAILURES: Readonly<Record<string, number>> = { EMFILE: EX_OSERR, EROFS: EX_CANTCREAT, ENOSPC: EX_CANTCREAT };

export const flock = shortCommand(
  {
    name: 'flock',
    version: 'util-linux) 2.41',
    usage: [
      '[options] <file>|<directory> <command> [<argument>...]',
      '[options] <file>|<directory> -c <command>',
      '[options] <file descriptor number>',
    ],
    about: '\nLock a file while a command runs, or lock an open descriptor of a script.',
    stopAtOperand: true,
    trouble: EX_USAGE,
    options: {
      's,shared': 'others may have it as shared, too',
      'x,exclusive': 'nobody else may have it (default)',
      e: '',
      'u,unlock': 'give a lock back',
      'n,nonblock': 'fail if there is somebody to wait for',
      nb: '',
      'w,timeout=SECONDS': 'fail after waiting so long',
      'wait=SECONDS': '',
      'E,conflict-exit-code=NUMBER': 'status of such a failure (default 1)',
      'o,close': 'the command does not get the descriptor',
      'F,no-fork': 'become the command instead of waiting for it',
      verbose: 'tell what happens',
      fcntl: '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const { operation, nonBlock, timeoutNs, conflict } = await settings(call);
    const [target, ...rest] = operands;
    if (target === undefined) {
      if (options.entries.length === 0)
        return fail(call, EX_USAGE, `not enough arguments\nTry '${call.name} --help' for more information.`);
      return fail(call, EX_USAGE, 'requires file descriptor, file or directory');
    }
    const argv = await commandOf(call, rest);
    const fd = argv === null ? await descriptorOf(call, target) : await openFile(call, target);
    const alarm = await alarmAfter(call, timeoutNs);
    const began = ctx.sys.uptimeNs();
    for (;;) {
      try {
        await ctx.sys.flock(ctx, fd, operation, { nonBlock });
        break;
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (error.code === 'EINTR' && !alarm.expired) continue;
        if (error.code === 'EINTR' || error.code === 'EAGAIN') {
          if (options.has('verbose'))
            await call.complain(alarm.expired ? 'timeout while waiting to get lock' : 'failed to get lock');
          return conflict;
        }
        return fail(call, EX_DATAERR, `${target}: ${error.libc}`);
      }
    }
    alarm.off();
    if (options.has('verbose')) {
      const microseconds = Math.floor((ctx.sys.uptimeNs() - began) / 1000);
      const fraction = String(microseconds % 1_000_000).padStart(6, '0');
      await out.write(`${call.name}: getting lock took ${Math.floor(microseconds / 1_000_000)}.${fraction} seconds\n`);
    }
    return argv === null ? 0 : run(call, argv, fd);
  },
);

type Settings = { operation: LockMode | 'unlock'; nonBlock: boolean; timeoutNs: number | null; conflict: number };

async function settings(call: Invocation): Promise<Settings> {
  const { options } = call;
  if (options.has('fcntl')) await fail(call, EX_USAGE, 'not simulated: locks of fcntl(2)');
  const kind = options.last('shared', 'exclusive', 'e', 'unlock');
  const operation = kind === 'shared' || kind === 'unlock' ? kind : 'exclusive';
  const wait = options.value(options.last('timeout', 'wait') ?? 'timeout');
  if (wait !== undefined && !/^[+-]?\d+(\.\d*)?$/.test(wait))
    await fail(call, EX_USAGE, `invalid timeout value: '${wait}'`);
  const code = options.value('conflict-exit-code') ?? '1';
  if (!/^[+-]?\d+$/.test(code)) await fail(call, EX_USAGE, `invalid exit code: '${code}'`);
  if (Number(code) < 0 || Number(code) > CODE_MAX)
    await fail(call, EX_USAGE, 'exit code out of range (expected 0 to 255)');
  if (options.has('no-fork') && options.has('close'))
    await fail(call, EX_USAGE, 'the --no-fork and --close options are incompatible');
  const timeoutNs = wait === undefined ? null : Math.round(Number(wait) * 1e9);
  // A timer of 0 would be none.
  const nonBlock = options.has('nonblock') || options.has('nb') || timeoutNs === 0;
  return { operation, nonBlock, timeoutNs: timeoutNs === 0 ? null : timeoutNs, conflict: Number(code) };
}

async function fail(call: Invocation, code: number, text: string): Promise<never> {
  await call.complain(text);
  throw new Exit(code);
}

/** null if a descriptor is to be locked. */
async function commandOf(call: Invocation, rest: readonly string[]): Promise<readonly string[] | null> {
  if (rest.length === 0) return null;
  const [first = '', line = ''] = rest;
  if (first !== '-c' && first !== '--command') return rest;
  if (rest.length !== 2) await fail(call, EX_USAGE, `${first} requires exactly one command argument`);
  return [getenv(call.ctx, 'SHELL') || '/bin/sh', '-c', line];
}

async function descriptorOf(call: Invocation, text: string): Promise<number> {
  return /^\d+$/.test(text) ? Number(text) : fail(call, EX_USAGE, `bad file descriptor: '${text}'`);
}

async function openFile({ ctx, ...call }: Invocation, path: string): Promise<number> {
  try {
    return await ctx.sys.open(ctx, path, { read: true, create: true }, 0o666);
  } catch (error) {
    if (!isErrno(error)) throw error;
    // A directory is there already.
    if (error.code === 'EISDIR') return ctx.sys.open(ctx, path, { read: true });
    return fail(
      { ctx, ...call },
      OPEN_FAILURES[error.code] ?? EX_NOINPUT,
      `cannot open lock file ${path}: ${error.libc}`,
    );
  }
}

type Alarm = { expired: boolean; off: () => void };

/** setitimer(2): SIGALRM interrupts the wait. */
async function alarmAfter(call: Invocation, timeoutNs: number | null): Promise<Alarm> {
  const { ctx } = call;
  const alarm = { expired: false, off: () => {} };
  if (timeoutNs === null) return alarm;
  if (timeoutNs < 0) await fail(call, EX_OSERR, 'cannot set up timer: Invalid argument');
  let on = true;
  alarm.off = () => {
    on = false;
  };
  ctx.sys.sigaction(
    ctx,
    'SIGALRM',
    () => {
      alarm.expired = true;
    },
    { restart: false },
  );
  ctx.go('itimer', async (timer: Context) => {
    await timer.scheduler.sleep(timeoutNs);
    if (on) await timer.sys.kill(timer, timer.sys.getpid(timer), 'SIGALRM');
  });
  return alarm;
}

async function run(call: Invocation, argv: readonly string[], fd: number): Promise<number> {
  const { ctx, options, out } = call;
  if (options.has('verbose')) await out.write(`${call.name}: executing ${argv[0]}\n`);
  await out.flush();
  const failed = (why: string): Promise<never> => fail(call, EX_UNAVAILABLE, `failed to execute ${argv[0]}: ${why}`);
  if (options.has('no-fork')) return failed((await execvp(ctx, argv)).libc);
  const prepare = (child: Context): Promise<void> => child.sys.close(child, fd);
  const pid = await spawnp(ctx, argv, options.has('close') ? { prepare } : {});
  return typeof pid === 'number' ? statusCode(await waitFor(ctx, pid)) : failed(pid.libc);
}
