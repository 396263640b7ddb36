/** enable, suspend, bind. @models bash 5.2 builtins/{enable,suspend,bind}.def @fidelity partial: keys cannot be bound anew */
import { printRefusal } from '../../linux/io.ts';
import { builtinError } from '../messages.ts';
import { parseOptions, usage } from './options-parser.ts';
import { type Builtin, everyBuiltinName } from './table.ts';

const SPECIAL: ReadonlySet<string> = new Set(
  '. : break continue eval exec exit export readonly return set shift source times trap unset'.split(' '),
);

const enable: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'adnpsf:');
  if ('bad' in parsed) return usage(ctx, sh, 'enable', parsed.bad, 'enable [-a] [-dnps] [-f filename] [name ...]');
  const { options, rest } = parsed;
  if (options.has('f') || options.has('d')) {
    await printRefusal(ctx, `${sh.name}: enable: not simulated: builtins from shared objects\n`);
    return 1;
  }
  const all = everyBuiltinName(sh);
  if (rest.length === 0 || options.has('p')) {
    const listed = all
      .filter((name) => !options.has('s') || SPECIAL.has(name))
      .filter((name) => options.has('a') || sh.disabled.has(name) === options.has('n'));
    await ctx.sys.write(ctx, 1, listed.map((name) => `enable ${sh.disabled.has(name) ? '-n ' : ''}${name}\n`).join(''));
    return 0;
  }
  let status = 0;
  for (const name of rest) {
    if (!all.includes(name)) {
      await builtinError(ctx, sh, 'enable', `${name}: not a shell builtin`);
      status = 1;
      continue;
    }
    const disabled = new Set(sh.disabled);
    if (options.has('n')) disabled.add(name);
    else disabled.delete(name);
    sh.disabled = disabled;
  }
  return status;
};

const suspend: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'f');
  if ('bad' in parsed) return usage(ctx, sh, 'suspend', parsed.bad, 'suspend [-f]');
  const forced = parsed.options.has('f');
  const problem =
    parsed.rest.length > 0
      ? 'too many arguments'
      : forced
        ? null
        : !sh.jobControl
          ? 'cannot suspend: no job control'
          : sh.login
            ? 'cannot suspend a login shell'
            : null;
  if (problem !== null) {
    await builtinError(ctx, sh, 'suspend', problem);
    return 1;
  }
  await ctx.sys.kill(ctx, ctx.sys.getpid(ctx), 'SIGSTOP');
  return 0;
};

const BIND_USAGE =
  'bind [-lpsvPSVX] [-m keymap] [-f filename] [-q name] [-u name] [-r keyseq] [-x keyseq:shell-command] [keyseq:readline-function or readline-command]';

const bind: Builtin = async (ctx, sh, argv) => {
  if (!sh.interactive) await builtinError(ctx, sh, 'bind', 'warning: line editing not enabled');
  const parsed = parseOptions(argv, 'lpsvPSVXm:f:q:u:r:x:');
  if ('bad' in parsed) return usage(ctx, sh, 'bind', parsed.bad, BIND_USAGE);
  if (argv.length === 1) return 0;
  await printRefusal(ctx, `${sh.name}: bind: not simulated: other keys than those that the line editor has\n`);
  return 1;
};

export const enableBuiltins: Record<string, Builtin> = { enable, suspend, bind };
