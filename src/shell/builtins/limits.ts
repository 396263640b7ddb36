/**
 * umask, ulimit. @models bash 5.2 builtins/{umask,ulimit}.def, busybox 1.37 shell/shell_common.c shell_builtin_ulimit
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { builtinError } from '../messages.ts';
import type { Shell } from '../shell.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

const umask: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'pS');
  if ('bad' in parsed) return usage(ctx, sh, 'umask', parsed.bad, 'umask [-p] [-S] [mode]');
  const { options, rest } = parsed;
  const current = await ctx.sys.umask(ctx, 0);
  const mode = rest[0];
  if (mode === undefined) {
    await ctx.sys.umask(ctx, current);
    const letters = (bits: number): string => `${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`;
    const allowed = ~current & 0o777;
    const octal = `0${current.toString(8).padStart(3, '0')}`;
    const symbolic = `u=${letters(allowed >> 6)},g=${letters((allowed >> 3) & 7)},o=${letters(allowed & 7)}`;
    await ctx.sys.write(
      ctx,
      1,
      `${options.has('p') ? `umask ${options.has('S') ? '-S ' : ''}` : ''}${options.has('S') ? symbolic : octal}\n`,
    );
    return 0;
  }
  if (/^[0-7]+$/.test(mode)) {
    await ctx.sys.umask(ctx, Number.parseInt(mode, 8) & 0o777);
    return 0;
  }
  let allowed = ~current & 0o777;
  for (const clause of mode.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (match === null) {
      await ctx.sys.umask(ctx, current);
      await builtinError(
        ctx,
        sh,
        'umask',
        /^\d/.test(mode)
          ? `${mode}: octal number out of range`
          : `\`${mode.charAt(0)}': invalid symbolic mode operator`,
      );
      return 1;
    }
    const who = match[1] === '' || match[1]?.includes('a') ? 'ugo' : (match[1] as string);
    let bits = 0;
    for (const c of match[3] ?? '') bits |= c === 'r' ? 4 : c === 'w' ? 2 : 1;
    for (const w of who) {
      const shift = w === 'u' ? 6 : w === 'g' ? 3 : 0;
      if (match[2] === '+') allowed |= bits << shift;
      else if (match[2] === '-') allowed &= ~(bits << shift);
      else allowed = (allowed & ~(7 << shift)) | (bits << shift);
    }
  }
  await ctx.sys.umask(ctx, ~allowed & 0o777);
  return 0;
};

/** Letter, kernel resource, what it is called, unit text and divisor; those without a resource are the shell's own. */
const LIMITS: readonly [string, string | null, string, string, number, number?][] = [
  ['R', 'RTTIME', 'real-time non-blocking time', '(microseconds, -R)', 1],
  ['c', 'CORE', 'core file size', '(blocks, -c)', 512],
  ['d', 'DATA', 'data seg size', '(kbytes, -d)', 1024],
  ['e', 'NICE', 'scheduling priority', '(-e)', 1],
  ['f', 'FSIZE', 'file size', '(blocks, -f)', 1024],
  ['i', 'SIGPENDING', 'pending signals', '(-i)', 1],
  ['l', 'MEMLOCK', 'max locked memory', '(kbytes, -l)', 1024],
  ['m', 'RSS', 'max memory size', '(kbytes, -m)', 1024],
  ['n', 'NOFILE', 'open files', '(-n)', 1],
  ['p', null, 'pipe size', '(512 bytes, -p)', 1, 8],
  ['q', 'MSGQUEUE', 'POSIX message queues', '(bytes, -q)', 1],
  ['r', 'RTPRIO', 'real-time priority', '(-r)', 1],
  ['s', 'STACK', 'stack size', '(kbytes, -s)', 1024],
  ['t', 'CPU', 'cpu time', '(seconds, -t)', 1],
  ['u', 'NPROC', 'max user processes', '(-u)', 1],
  ['v', 'AS', 'virtual memory', '(kbytes, -v)', 1024],
  ['x', 'LOCKS', 'file locks', '(-x)', 1],
];

/** Bash: `open files                          (-n)`; ash: `open files                      (-n)`, units in words before. */
function label(sh: Shell, name: string, unit: string): string {
  if (sh.flavour !== 'ash') return `${name.padEnd(28)}${unit.padStart(18)}`;
  const [, measure, letter] = /^\((?:(\w+), )?(-\w)\)$/.exec(unit) ?? [];
  const words = measure === undefined ? name : `${name} (${measure === 'kbytes' ? 'kb' : measure})`;
  return `${words.padEnd(32)}(${letter})`;
}

function limit(
  ctx: Context,
  resource: string | null,
  divisor: number,
  fixed: number | undefined,
  hard: boolean,
): string {
  if (resource === null) return String(fixed ?? 0);
  const found = ctx.sys.getrlimit(ctx, resource);
  const value = hard ? found.hard : found.soft;
  return Number.isFinite(value) && value >= 0 && value < 2 ** 62 ? String(Math.floor(value / divisor)) : 'unlimited';
}

const ulimit: Builtin = async (ctx, sh, argv) => {
  const letters = LIMITS.map(([l]) => l).join('');
  const parsed = parseOptions(argv, `HSa${letters}`);
  if ('bad' in parsed) return usage(ctx, sh, 'ulimit', parsed.bad, 'ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]');
  const { options, rest } = parsed;
  const hard = options.has('H') && !options.has('S');
  if (options.has('a')) {
    // Ash names neither of the first.
    const known = sh.flavour === 'ash' ? LIMITS.filter(([l]) => l !== 'R' && l !== 'p') : LIMITS;
    const lines = known.map(
      ([, resource, name, unit, divisor, fixed]) =>
        `${label(sh, name, unit)} ${limit(ctx, resource, divisor, fixed, hard)}\n`,
    );
    await ctx.sys.write(ctx, 1, lines.join(''));
    return 0;
  }
  const chosen = LIMITS.filter(([l]) => options.has(l));
  if (chosen.length === 0) chosen.push(LIMITS.find(([l]) => l === 'f') as (typeof LIMITS)[number]);
  const value = rest[0];
  for (const [, resource, name, unit, divisor, fixed] of chosen) {
    if (value === undefined) {
      const text = limit(ctx, resource, divisor, fixed, hard);
      await ctx.sys.write(ctx, 1, chosen.length > 1 ? `${label(sh, name, unit)} ${text}\n` : `${text}\n`);
      continue;
    }
    if (resource === null) {
      await builtinError(ctx, sh, 'ulimit', `${name}: cannot modify limit: Invalid argument`);
      return 1;
    }
    const old = ctx.sys.getrlimit(ctx, resource);
    const wanted =
      value === 'unlimited'
        ? Number.POSITIVE_INFINITY
        : value === 'hard'
          ? old.hard
          : value === 'soft'
            ? old.soft
            : Number(value) * divisor;
    if (Number.isNaN(wanted)) {
      await builtinError(ctx, sh, 'ulimit', `${value}: invalid number`);
      return 1;
    }
    try {
      ctx.sys.setrlimit(
        ctx,
        resource,
        options.has('H') && !options.has('S') ? old.soft : wanted,
        options.has('S') && !options.has('H') ? old.hard : wanted,
      );
    } catch (error) {
      if (!isErrno(error)) throw error;
      await builtinError(ctx, sh, 'ulimit', `${name}: cannot modify limit: ${error.libc}`);
      return 1;
    }
  }
  return 0;
};

export const limitBuiltins: Record<string, Builtin> = { umask, ulimit };
