/** cd, pwd, pushd, popd, dirs. @models bash 5.2 builtins/{cd,pushd}.def @fidelity partial: no CDPATH spelling options */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { builtinError } from '../messages.ts';
import { valueOf } from '../parameters.ts';
import type { Shell } from '../shell.ts';
import { ensureVariable, scalar, setScalar } from '../variables.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

/** `..` and `.` removed by text, as `cd -L` does. */
function normalise(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return `/${out.join('/')}`;
}

async function changeTo(ctx: Context, sh: Shell, builtin: string, target: string, physical: boolean): Promise<boolean> {
  const logical = normalise(target.startsWith('/') ? target : `${sh.cwd}/${target}`);
  try {
    await ctx.sys.chdir(ctx, physical || target === '' ? target || '.' : logical);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (sh.flavour === 'ash') await builtinError(ctx, sh, builtin, `can't cd to ${target}: ${error.libc}`);
    else await builtinError(ctx, sh, builtin, `${target}: ${error.libc}`);
    return false;
  }
  setScalar(sh, 'OLDPWD', sh.cwd);
  ensureVariable(sh, 'OLDPWD').exported = true;
  sh.cwd = physical ? await ctx.sys.getcwd(ctx) : logical;
  setScalar(sh, 'PWD', sh.cwd);
  ensureVariable(sh, 'PWD').exported = true;
  return true;
}

const cd: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'LPe@');
  if ('bad' in parsed) {
    if (sh.flavour === 'ash') {
      await builtinError(ctx, sh, 'cd', `illegal option ${argv[1]}`);
      return 2;
    }
    return usage(ctx, sh, 'cd', parsed.bad, 'cd [-L|[-P [-e]] [-@]] [dir]');
  }
  const { options, rest } = parsed;
  if (rest.length > 1 && sh.flavour === 'bash') {
    await builtinError(ctx, sh, 'cd', 'too many arguments');
    return 1;
  }
  let target: string | undefined = rest[0];
  let show = false;
  if (target === undefined) {
    const home = scalar(sh, 'HOME');
    if (home === undefined) {
      await builtinError(ctx, sh, 'cd', 'HOME not set');
      return 1;
    }
    target = home;
  } else if (target === '-') {
    const old = scalar(sh, 'OLDPWD');
    if (old === undefined) {
      await builtinError(ctx, sh, 'cd', 'OLDPWD not set');
      return 1;
    }
    target = old;
    show = true;
  } else if (!/^\.{0,2}(\/|$)/.test(target) && valueOf(sh, 'CDPATH') !== '') {
    for (const base of valueOf(sh, 'CDPATH').split(':')) {
      const path: string = `${base === '' ? '.' : base}/${target ?? ''}`;
      try {
        if ((await ctx.sys.stat(ctx, path)).type === 'directory') {
          show = base !== '';
          target = path;
          break;
        }
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
  }
  const physical = options.has('P') || sh.option('physical');
  if (!(await changeTo(ctx, sh, 'cd', target ?? '', physical))) return sh.flavour === 'ash' ? 2 : 1;
  if (show) await ctx.sys.write(ctx, 1, `${sh.cwd}\n`);
  return 0;
};

const pwd: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'LP');
  if ('bad' in parsed) return usage(ctx, sh, 'pwd', parsed.bad, 'pwd [-LP]');
  await ctx.sys.write(ctx, 1, `${parsed.options.has('P') ? await ctx.sys.getcwd(ctx) : sh.cwd}\n`);
  return 0;
};

function tildified(sh: Shell, path: string): string {
  const home = valueOf(sh, 'HOME');
  if (home === '' || home === '/') return path;
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

async function showStack(ctx: Context, sh: Shell): Promise<void> {
  await ctx.sys.write(ctx, 1, `${[sh.cwd, ...sh.directoryStack].map((d) => tildified(sh, d)).join(' ')}\n`);
}

/** `+N` counts from the left, `-N` from the right; null when out of range. */
function stackIndex(sh: Shell, text: string): number | null {
  const size = sh.directoryStack.length + 1;
  const n = Number(text.slice(1));
  const at = text.startsWith('+') ? n : size - 1 - n;
  return at >= 0 && at < size ? at : null;
}

const pushd: Builtin = async (ctx, sh, argv) => {
  const arg = argv[1];
  if (arg === undefined) {
    const top = sh.directoryStack[0];
    if (top === undefined) {
      await builtinError(ctx, sh, 'pushd', 'no other directory');
      return 1;
    }
    const here = sh.cwd;
    if (!(await changeTo(ctx, sh, 'pushd', top, false))) return 1;
    sh.directoryStack[0] = here;
  } else if (/^[+-]\d+$/.test(arg)) {
    const at = stackIndex(sh, arg);
    if (at === null) {
      await builtinError(
        ctx,
        sh,
        'pushd',
        sh.directoryStack.length === 0 ? 'directory stack empty' : `${arg}: directory stack index out of range`,
      );
      return 1;
    }
    const all = [sh.cwd, ...sh.directoryStack];
    const turned = [...all.slice(at), ...all.slice(0, at)];
    if (!(await changeTo(ctx, sh, 'pushd', turned[0] as string, false))) return 1;
    sh.directoryStack = turned.slice(1);
  } else {
    const here = sh.cwd;
    if (!(await changeTo(ctx, sh, 'pushd', arg, false))) return 1;
    sh.directoryStack.unshift(here);
  }
  await showStack(ctx, sh);
  return 0;
};

const popd: Builtin = async (ctx, sh, argv) => {
  const arg = argv[1];
  if (sh.directoryStack.length === 0) {
    await builtinError(ctx, sh, 'popd', 'directory stack empty');
    return 1;
  }
  const at = arg === undefined ? 0 : stackIndex(sh, arg);
  if (at === null) {
    await builtinError(ctx, sh, 'popd', `${arg}: directory stack index out of range`);
    return 1;
  }
  if (at > 0) sh.directoryStack.splice(at - 1, 1);
  else {
    if (!(await changeTo(ctx, sh, 'popd', sh.directoryStack[0] as string, false))) return 1;
    sh.directoryStack.shift();
  }
  await showStack(ctx, sh);
  return 0;
};

const dirs: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'clpv');
  if ('bad' in parsed) return usage(ctx, sh, 'dirs', parsed.bad, 'dirs [-clpv] [+N] [-N]');
  const { options } = parsed;
  if (options.has('c')) {
    sh.directoryStack = [];
    return 0;
  }
  const all = [sh.cwd, ...sh.directoryStack].map((d) => (options.has('l') ? d : tildified(sh, d)));
  if (options.has('v')) await ctx.sys.write(ctx, 1, all.map((d, i) => `${String(i).padStart(2)}  ${d}\n`).join(''));
  else await ctx.sys.write(ctx, 1, options.has('p') ? `${all.join('\n')}\n` : `${all.join(' ')}\n`);
  return 0;
};

export const directoryBuiltins: Record<string, Builtin> = { cd, pwd, pushd, popd, dirs };
