/** set, shopt, times. @models bash 5.2 builtins/{set,shopt,times}.def */
import type { Context } from '../../linux/context.ts';
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

export const optionBuiltins: Record<string, Builtin> = { set, shopt, times };
