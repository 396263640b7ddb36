/** history, help, caller. @models bash 5.2 builtins/{history,help,caller}.def */
import { builtinError } from '../messages.ts';
import { valueOf } from '../parameters.ts';
import { usage } from './options-parser.ts';
import { type Builtin, builtinFor, builtinNames } from './table.ts';

const history: Builtin = async (ctx, sh, argv) => {
  const [, first, second] = argv;
  if (first === '-c') {
    sh.history.length = 0;
    return 0;
  }
  if (first === '-d') {
    const at = Number(second) - sh.historyBase;
    if (!(at >= 0 && at < sh.history.length)) {
      await builtinError(ctx, sh, 'history', `${second}: history position out of range`);
      return 1;
    }
    sh.history.splice(at, 1);
    return 0;
  }
  if (first === '-s') {
    // Instead of the line that it stands on.
    if (sh.interactive) sh.history.pop();
    if (argv.length > 2) sh.history.push(argv.slice(2).join(' '));
    return 0;
  }
  if (first !== undefined && /^-[anrw]$/.test(first)) {
    if (first === '-w') {
      const path = second ?? valueOf(sh, 'HISTFILE');
      if (path !== '') {
        const fd = await ctx.sys.open(ctx, path, { write: true, create: true, truncate: true }, 0o600);
        await ctx.sys.write(ctx, fd, sh.history.map((l) => `${l}\n`).join(''));
        await ctx.sys.close(ctx, fd);
      }
    }
    return 0;
  }
  if (first !== undefined && !/^\d+$/.test(first)) {
    if (first.startsWith('-'))
      return usage(
        ctx,
        sh,
        'history',
        `${first.slice(0, 2)}: invalid option`,
        'history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]',
      );
    await builtinError(ctx, sh, 'history', `${first}: numeric argument required`);
    return 1;
  }
  const from = first === undefined ? 0 : Math.max(0, sh.history.length - Number(first));
  const out = sh.history
    .slice(from)
    .map((line, i) => `${String(sh.historyBase + from + i).padStart(5)}  ${line}\n`)
    .join('');
  if (out !== '') await ctx.sys.write(ctx, 1, out);
  return 0;
};

/** One line each, in our words. */
const SUMMARIES: Readonly<Record<string, string>> = {
  alias: 'name another name for a command',
  bg: 'let a stopped job go on in the background',
  cd: 'change the working directory',
  echo: 'write the arguments',
  exit: 'end the shell',
  export: 'pass variables on to programs',
  fg: 'bring a job to the foreground',
  help: 'list the builtin commands',
  history: 'show the lines typed so far',
  jobs: 'list the jobs of this shell',
  kill: 'send a signal',
  pwd: 'show the working directory',
  read: 'read a line into variables',
  set: 'change options and arguments',
  source: 'run a file in this shell',
  times: 'show the CPU time that the shell and its children took',
  test: 'examine files, strings and numbers',
  trap: 'run something when a signal arrives',
  type: 'say what a name means',
  ulimit: 'show or change resource limits',
  umask: 'show or change the file mode mask',
  unset: 'forget variables and functions',
  wait: 'wait for jobs to end',
};

const help: Builtin = async (ctx, sh, argv) => {
  const name = argv[1];
  if (name === undefined) {
    const lines = builtinNames(sh).map((n) =>
      SUMMARIES[n] === undefined ? ` ${n}\n` : ` ${n.padEnd(12)}${SUMMARIES[n]}\n`,
    );
    await ctx.sys.write(
      ctx,
      1,
      `GNU bash, version 5.2.37(1)-release (x86_64-pc-linux-gnu)\nCommands that are part of the shell:\n\n${lines.join('')}`,
    );
    return 0;
  }
  if (builtinFor(sh, name) === undefined) {
    await builtinError(
      ctx,
      sh,
      'help',
      `no help topics match \`${name}'.  Try \`help help' or \`man -k ${name}' or \`info ${name}'.`,
    );
    return 1;
  }
  await ctx.sys.write(ctx, 1, `${name}: ${SUMMARIES[name] ?? 'a command of the shell'}\n`);
  return 0;
};

const caller: Builtin = async (ctx, sh) => {
  if (sh.callStack.length === 0) return 1;
  await ctx.sys.write(ctx, 1, `${sh.line} ${sh.callStack[sh.callStack.length - 2] ?? 'main'}\n`);
  return 0;
};

export const helpBuiltins: Record<string, Builtin> = { history, help, caller };
