/**
 * bash and ash as programs: invocation, start-up files, and where commands come from.
 * @models bash 5.2 shell.c, busybox 1.36 shell/ash.c
 * @fidelity partial: no restricted or posix mode, no mail check; ash shares bash's grammar and expansions
 */

import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { readAll } from '../linux/io.ts';
import type { Main, Program } from '../linux/program.ts';
import { utf8 } from '../linux/rope.ts';
import { ownIds } from '../linux/user-namespace.ts';
import { LATENCY } from '../sim/latency.ts';
import { applyOptions } from './builtins/options.ts';
import { AbandonControl, InterruptControl } from './control.ts';
import { end, statusOf } from './fork.ts';
import { runInteractive } from './interactive.ts';
import { notifyJobs } from './jobs.ts';
import { complain } from './messages.ts';
import { completeCommands } from './parse.ts';
import { readLine } from './read-line.ts';
import { recognise } from './recognise.ts';
import { goesOn, reportSyntax, runComplete, runScript, runText } from './run-text.ts';
import { runSession } from './session.ts';
import { type Flavour, Shell } from './shell.ts';
import { ensureVariable, scalar, setArray, setScalar } from './variables.ts';

export const BASH_VERSION = '5.2.37(1)-release';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type Invocation = {
  command: string | null;
  script: string | null;
  stdin: boolean;
  interactive: boolean;
  login: boolean;
  rc: boolean;
  profile: boolean;
  rcFile: string;
  session: boolean;
  args: string[];
};

export const bashMain: Main = (ctx, argv) => shellMain(ctx, argv, 'bash', false);
export const ashMain: Main = (ctx, argv) => shellMain(ctx, argv, 'ash', false);

export const bashProgram: Program = {
  name: 'bash',
  main: bashMain,
  startCpuNs: LATENCY.shellStartNs,
  rssBytes: 3_800_000,
};
export const ashProgram: Program = {
  name: 'ash',
  main: ashMain,
  startCpuNs: LATENCY.shellStartNs / 2,
  rssBytes: 1_100_000,
};
/** bash reading complete commands for an embedder: see session.ts. */
export const bashSessionProgram: Program = {
  name: 'bash-session',
  main: (ctx, argv) => shellMain(ctx, argv, 'bash', true),
  startCpuNs: LATENCY.shellStartNs,
  rssBytes: 3_800_000,
};

async function shellMain(ctx: Context, argv: string[], flavour: Flavour, session: boolean): Promise<number> {
  const sh = new Shell(ctx, flavour, argv[0] ?? flavour);
  const invocation = await parseInvocation(ctx, sh, argv, session);
  if (typeof invocation === 'number') return invocation;
  let status: number;
  try {
    await begin(ctx, sh, invocation);
    status = await runInvocation(ctx, sh, invocation);
  } catch (error) {
    status = await statusOf(ctx, sh, error);
  }
  return end(ctx, sh, status);
}

async function begin(ctx: Context, sh: Shell, invocation: Invocation): Promise<void> {
  await initialise(ctx, sh);
  sh.login = invocation.login;
  const terminal = (await isTty(ctx, 0)) && (await isTty(ctx, 2));
  sh.interactive =
    invocation.interactive ||
    (invocation.command === null && invocation.script === null && !invocation.session && terminal);
  sh.commandString = invocation.command !== null;
  sh.readingStdin = invocation.command === null && invocation.script === null;
  sh.positional = invocation.args;
  if (sh.interactive && sh.flavour === 'bash') sh.setShopt('expand_aliases', true);
  await startupFiles(ctx, sh, invocation);
}

function runInvocation(ctx: Context, sh: Shell, invocation: Invocation): Promise<number> {
  if (invocation.session) return runSession(ctx, sh);
  if (invocation.command !== null)
    return runScript(ctx, sh, invocation.command, { where: '-c', tailExec: !sh.interactive });
  if (invocation.script !== null) return runFile(ctx, sh, invocation.script);
  return sh.interactive ? runInteractive(ctx, sh) : runStdin(ctx, sh);
}

async function isTty(ctx: Context, fd: number): Promise<boolean> {
  try {
    return await ctx.sys.isTty(ctx, fd);
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function parseInvocation(
  ctx: Context,
  sh: Shell,
  argv: string[],
  session: boolean,
): Promise<Invocation | number> {
  const called = argv[0] ?? '';
  const out: Invocation = {
    command: null,
    script: null,
    stdin: false,
    interactive: false,
    login: called.startsWith('-'),
    rc: true,
    profile: true,
    rcFile: '',
    session,
    args: [],
  };
  let at = 1;
  let commandString = false;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (arg === '--' || arg === '-') {
      at++;
      break;
    }
    if (arg.startsWith('--')) {
      const name = arg.slice(2);
      if (name === 'login') out.login = true;
      else if (name === 'norc') out.rc = false;
      else if (name === 'noprofile') out.profile = false;
      else if (name === 'rcfile' || name === 'init-file') out.rcFile = argv[++at] ?? '';
      else if (name === 'noediting' || name === 'posix' || name === 'debugger' || name === 'verbose') continue;
      else if (name === 'cutaway-session') out.session = true;
      else if (name === 'version' && sh.flavour === 'bash') {
        await ctx.sys.write(ctx, 1, `GNU bash, version ${BASH_VERSION} (x86_64-pc-linux-gnu)\n`);
        return 0;
      } else if (name === 'help') {
        await ctx.sys.write(
          ctx,
          1,
          `GNU bash, version ${BASH_VERSION}-(x86_64-pc-linux-gnu)\nUsage:\tbash [option] ... [-c command | file] [argument] ...\n`,
        );
        return 0;
      } else {
        await complain(ctx, `${called}: ${arg}: invalid option\n`);
        return 2;
      }
      continue;
    }
    if (!/^[-+]./.test(arg)) break;
    const letters = arg.slice(1).replace(/[cils]/g, (l) => {
      if (l === 'c') commandString = true;
      else if (l === 'i') out.interactive = true;
      else if (l === 'l') out.login = true;
      else out.stdin = true;
      return '';
    });
    if (letters === '') continue;
    if (letters === 'O') {
      sh.setShopt(argv[++at] ?? '', true);
      continue;
    }
    const takesName = letters.endsWith('o');
    const applied = await applyOptions(
      ctx,
      sh,
      [arg[0] + letters, ...(takesName ? [argv[at + 1] ?? ''] : [])],
      0,
      called,
    );
    if (typeof applied === 'number') return 2;
    if (takesName) at++;
  }
  const rest = argv.slice(at);
  if (commandString) {
    const command = rest[0];
    if (command === undefined) {
      await complain(ctx, `${called}: -c: option requires an argument\n`);
      return 2;
    }
    out.command = command;
    if (rest[1] !== undefined) sh.name = rest[1];
    out.args = rest.slice(2);
  } else if (rest.length > 0 && !out.stdin) {
    out.script = rest[0] as string;
    out.args = rest.slice(1);
  } else out.args = rest;
  return out;
}

async function initialise(ctx: Context, sh: Shell): Promise<void> {
  const { sys } = ctx;
  const set = (name: string, value: string, exported = false): void => {
    setScalar(sh, name, value);
    if (exported) ensureVariable(sh, name).exported = true;
  };
  for (const entry of ctx.process.env) {
    const at = entry.indexOf('=');
    if (at > 0 && /^[A-Za-z_]\w*$/.test(entry.slice(0, at))) set(entry.slice(0, at), entry.slice(at + 1), true);
  }
  const cwd = await sys.getcwd(ctx);
  sh.cwd = cwd;
  set('PWD', cwd, true);
  if (scalar(sh, 'PATH') === undefined) set('PATH', DEFAULT_PATH);
  set('IFS', ' \t\n');
  set('OPTIND', '1');
  set('PS4', '+ ');
  set('SHLVL', String((Number(scalar(sh, 'SHLVL') ?? 0) || 0) + 1), true);
  sh.parentPid = sys.getppid(ctx);
  set('PPID', String(sh.parentPid));
  Object.assign(ensureVariable(sh, 'PPID'), { readonly: true, integer: true });
  if (sh.flavour === 'ash') return;
  const { uid } = ownIds(ctx.process);
  for (const [name, value] of [
    ['UID', uid],
    ['EUID', uid],
  ] as const) {
    set(name, String(value));
    Object.assign(ensureVariable(sh, name), { readonly: true, integer: true });
  }
  const { nodename } = await sys.uname(ctx);
  set('HOSTNAME', nodename);
  set('BASH', '/bin/bash');
  set('BASH_VERSION', BASH_VERSION);
  setArray(sh, 'BASH_VERSINFO', ['5', '2', '37', '1', 'release', 'x86_64-pc-linux-gnu']);
  ensureVariable(sh, 'BASH_VERSINFO').readonly = true;
  set('HOSTTYPE', 'x86_64');
  set('OSTYPE', 'linux-gnu');
  set('MACHTYPE', 'x86_64-pc-linux-gnu');
  set('TERM', scalar(sh, 'TERM') ?? 'dumb');
  sh.lastArgument = scalar(sh, '_') ?? sh.name;
  if (scalar(sh, 'SHELL') === undefined) set('SHELL', '/bin/bash');
}

async function readStartup(ctx: Context, sh: Shell, path: string): Promise<void> {
  let text: string;
  try {
    const fd = await ctx.sys.open(ctx, path, { read: true });
    text = utf8(await readAll(ctx, fd));
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (isErrno(error)) return;
    throw error;
  }
  sh.returnDepth++;
  const interactive = sh.interactive;
  try {
    await runText(ctx, sh, text, { ownLines: true });
  } catch (error) {
    if (!(error instanceof AbandonControl)) throw error;
  } finally {
    sh.returnDepth--;
    sh.interactive = interactive;
  }
}

async function startupFiles(ctx: Context, sh: Shell, invocation: Invocation): Promise<void> {
  const home = scalar(sh, 'HOME') ?? '/root';
  const env = scalar(sh, 'BASH_ENV');
  if (sh.flavour === 'ash') {
    if (sh.login) await readStartup(ctx, sh, '/etc/profile');
    return;
  }
  if (invocation.login && invocation.profile) {
    await readStartup(ctx, sh, '/etc/profile');
    for (const name of ['.bash_profile', '.bash_login', '.profile']) {
      try {
        await ctx.sys.stat(ctx, `${home}/${name}`);
      } catch (error) {
        if (isErrno(error)) continue;
        throw error;
      }
      await readStartup(ctx, sh, `${home}/${name}`);
      break;
    }
  } else if (sh.interactive && invocation.rc) {
    if (invocation.rcFile === '') await readStartup(ctx, sh, '/etc/bash.bashrc');
    await readStartup(ctx, sh, invocation.rcFile || `${home}/.bashrc`);
  } else if (!sh.interactive && env !== undefined && env !== '') await readStartup(ctx, sh, env);
}

async function runFile(ctx: Context, sh: Shell, path: string): Promise<number> {
  let bytes: Uint8Array;
  const called = sh.name;
  try {
    const stat = await ctx.sys.stat(ctx, path);
    if (stat.type === 'directory') {
      await complain(ctx, `${called}: ${path}: Is a directory\n`);
      return 126;
    }
    const fd = await ctx.sys.open(ctx, path, { read: true });
    bytes = await readAll(ctx, fd);
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (sh.flavour === 'ash') {
      await complain(ctx, `${called}: can't open '${path}': ${error.libc}\n`);
      return 2;
    }
    await complain(ctx, `${called}: ${path}: ${error.libc}\n`);
    return error.code === 'ENOENT' ? 127 : 126;
  }
  if (bytes.subarray(0, 80).includes(0)) {
    await complain(ctx, `${path}: ${path}: cannot execute binary file\n`);
    return 126;
  }
  sh.name = path;
  return runScript(ctx, sh, utf8(bytes), { where: '', tailExec: false });
}

/** Commands from standard input: a line at a time, so that what the commands read is theirs. */
async function runStdin(ctx: Context, sh: Shell): Promise<number> {
  let line = 1;
  for (;;) {
    let text = '';
    let lines = 0;
    for (;;) {
      const next = await readLine(ctx, 0);
      if (next === null) break;
      lines++;
      text += `${next}\n`;
      const r = recognise(text);
      if (r.status === 'error' || (r.status === 'complete' && r.unclosedHeredoc === null)) break;
    }
    if (lines === 0) return sh.status;
    for (const command of completeCommands(text, line)) {
      if (command.kind === 'error') {
        await reportSyntax(ctx, sh, command.problem, '');
        sh.status = 2;
        return 2;
      }
      try {
        await runComplete(ctx, sh, command);
      } catch (error) {
        if (error instanceof InterruptControl) sh.status = 130;
        else if (!(error instanceof AbandonControl && goesOn(sh, error))) throw error;
      }
    }
    await notifyJobs(ctx, sh);
    line += lines;
  }
}
