/** set, shopt, umask, ulimit, times. @models bash 5.2 builtins/{set,shopt,umask,ulimit,times}.def */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { builtinError } from '../messages.ts';
import { OPTION_LETTERS, type Shell } from '../shell.ts';
import { times } from '../times.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';
import { listSet } from './variables.ts';

export const OPTION_NAMES = [
  'allexport',
  'braceexpand',
  'emacs',
  'errexit',
  'errtrace',
  'functrace',
  'hashall',
  'histexpand',
  'history',
  'ignoreeof',
  'interactive-comments',
  'keyword',
  'monitor',
  'noclobber',
  'noexec',
  'noglob',
  'nolog',
  'notify',
  'nounset',
  'onecmd',
  'physical',
  'pipefail',
  'posix',
  'privileged',
  'verbose',
  'vi',
  'xtrace',
];

const SET_USAGE = 'set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]';

/** Applies `-eux`, `-o name` and so on; returns where the positional arguments begin, or an error status. */
export async function applyOptions(
  ctx: Context,
  sh: Shell,
  argv: readonly string[],
  start: number,
  builtin = 'set',
): Promise<{ at: number; positional: boolean } | number> {
  let at = start;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (arg === '--') return { at: at + 1, positional: true };
    if (arg === '-') {
      sh.options.delete('xtrace');
      sh.options.delete('verbose');
      return { at: at + 1, positional: at + 1 < argv.length };
    }
    if (!/^[-+]./.test(arg)) break;
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      if (letter === 'o') {
        const name = argv[at + 1];
        if (name === undefined) {
          await listOptions(ctx, sh, on);
          continue;
        }
        at++;
        if (!OPTION_NAMES.includes(name)) {
          await builtinError(ctx, sh, builtin, `${name}: invalid option name`);
          return 2;
        }
        setOption(sh, name, on);
        continue;
      }
      const name = OPTION_LETTERS[letter];
      if (name === undefined) return usage(ctx, sh, builtin, `${arg[0]}${letter}: invalid option`, SET_USAGE);
      setOption(sh, name, on);
    }
  }
  return { at, positional: at < argv.length };
}

function setOption(sh: Shell, name: string, on: boolean): void {
  if (on) sh.options.add(name);
  else sh.options.delete(name);
}

async function listOptions(ctx: Context, sh: Shell, table: boolean): Promise<void> {
  let out = '';
  for (const name of OPTION_NAMES) {
    out += table
      ? `${name.padEnd(15)}\t${sh.option(name) ? 'on' : 'off'}\n`
      : `set ${sh.option(name) ? '-' : '+'}o ${name}\n`;
  }
  await ctx.sys.write(ctx, 1, out);
}

const set: Builtin = async (ctx, sh, argv) => {
  if (argv.length === 1) {
    await listSet(ctx, sh);
    return 0;
  }
  const applied = await applyOptions(ctx, sh, argv, 1);
  if (typeof applied === 'number') return applied;
  if (applied.positional) sh.positional = argv.slice(applied.at);
  return 0;
};

export const SHOPTS = [
  'autocd',
  'assoc_expand_once',
  'cdable_vars',
  'cdspell',
  'checkhash',
  'checkjobs',
  'checkwinsize',
  'cmdhist',
  'compat31',
  'compat32',
  'compat40',
  'compat41',
  'compat42',
  'compat43',
  'compat44',
  'complete_fullquote',
  'direxpand',
  'dirspell',
  'dotglob',
  'execfail',
  'expand_aliases',
  'extdebug',
  'extglob',
  'extquote',
  'failglob',
  'force_fignore',
  'globasciiranges',
  'globskipdots',
  'globstar',
  'gnu_errfmt',
  'histappend',
  'histreedit',
  'histverify',
  'hostcomplete',
  'huponexit',
  'inherit_errexit',
  'interactive_comments',
  'lastpipe',
  'lithist',
  'localvar_inherit',
  'localvar_unset',
  'login_shell',
  'mailwarn',
  'no_empty_cmd_completion',
  'nocaseglob',
  'nocasematch',
  'noexpand_translation',
  'nullglob',
  'patsub_replacement',
  'progcomp',
  'progcomp_alias',
  'promptvars',
  'restricted_shell',
  'shift_verbose',
  'sourcepath',
  'varredir_close',
  'xpg_echo',
];

const shopt: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'pqsuo');
  if ('bad' in parsed) return usage(ctx, sh, 'shopt', parsed.bad, 'shopt [-pqsu] [-o] [optname ...]');
  const { options, rest } = parsed;
  const known = options.has('o') ? OPTION_NAMES : SHOPTS;
  const table = options.has('o') ? sh.options : sh.shopts;
  let status = 0;
  let out = '';
  for (const name of rest.length > 0 ? rest : known) {
    if (!known.includes(name)) {
      await builtinError(ctx, sh, 'shopt', `${name}: invalid shell option name`);
      status = 1;
    } else if ((options.has('s') || options.has('u')) && rest.length > 0) {
      const on = options.has('s');
      if (!options.has('o')) sh.setShopt(name, on);
      else if (on) sh.options.add(name);
      else sh.options.delete(name);
    } else {
      const on = table.has(name);
      if (rest.length === 0 && ((options.has('s') && !on) || (options.has('u') && on))) continue;
      if (rest.length > 0 && !on) status = 1;
      out += options.has('p')
        ? options.has('o')
          ? `set ${on ? '-o' : '+o'} ${name}\n`
          : `shopt ${on ? '-s' : '-u'} ${name}\n`
        : `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n`;
    }
  }
  if (out !== '' && !options.has('q')) await ctx.sys.write(ctx, 1, out);
  return status;
};

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
    const lines = LIMITS.map(
      ([, resource, name, unit, divisor, fixed]) =>
        `${name.padEnd(28)}${unit.padStart(18)} ${limit(ctx, resource, divisor, fixed, hard)}\n`,
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
      await ctx.sys.write(ctx, 1, chosen.length > 1 ? `${name.padEnd(28)}${unit.padStart(18)} ${text}\n` : `${text}\n`);
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

export const optionBuiltins: Record<string, Builtin> = { set, shopt, umask, ulimit, times };
