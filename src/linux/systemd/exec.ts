/**
 * From a line of a unit file to a process: environment, output, identity and limits of what is executed.
 * @models systemd 257 src/core/execute.c, exec-invoke.c @fidelity partial: no sandboxing settings
 */
import type { Context } from '../context.ts';
import { Errno, isErrno } from '../errno.ts';
import { exists, mkdirAll, readFile } from '../io.ts';
import { say, WARNING } from './journal-writer.ts';
import type { ServiceSettings, Unit } from './unit.ts';
import { splitExec } from './unit-file.ts';

const JOURNAL_SOCKET = '/run/systemd/journal/stdout';
export const NOTIFY_SOCKET = '/run/systemd/notify';
/** Where a service finds the sockets that it was started for. */
const LISTEN_FDS_START = 3;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin';
/** What systemd accepts as the name of a variable. */
const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What the child exits with when one of the steps before its program fails, with the step's name. */
const STEPS = {
  CHDIR: 200,
  NICE: 201,
  FDS: 202,
  EXEC: 203,
  LIMITS: 205,
  STDOUT: 209,
  GROUP: 216,
  USER: 217,
  RUNTIME_DIRECTORY: 233,
} as const;

export const STEP_NAMES = new Map<number, string>(Object.entries(STEPS).map(([name, code]) => [code, name]));

class StepFailed extends Error {
  readonly step: keyof typeof STEPS;
  readonly why: Errno;
  constructor(step: keyof typeof STEPS, why: Errno) {
    super(step);
    this.step = step;
    this.why = why;
  }
}

export type ExecLine = {
  line: string;
  ignoreFailure: boolean;
  ownName: boolean;
  literal: boolean;
  privileged: boolean;
};

export function parseExec(text: string): ExecLine {
  const prefix = /^[-@:+!]*/.exec(text)?.[0] ?? '';
  return {
    line: text.slice(prefix.length).trim(),
    ignoreFailure: prefix.includes('-'),
    ownName: prefix.includes('@'),
    literal: prefix.includes(':'),
    privileged: /[+!]/.test(prefix),
  };
}

/** Null: an EnvironmentFile without `-` is missing, which was reported. */
async function environmentOf(
  ctx: Context,
  unit: Unit,
  settings: ServiceSettings,
  extra: Readonly<Record<string, string>>,
): Promise<Map<string, string> | null> {
  const env = new Map<string, string>([
    ['LANG', 'C.UTF-8'],
    ['PATH', PATH],
  ]);
  const put = (assignment: string): void => {
    const equals = assignment.indexOf('=');
    if (equals > 0) env.set(assignment.slice(0, equals), assignment.slice(equals + 1).replace(/^(["'])(.*)\1$/s, '$2'));
  };
  for (const name of settings.passEnvironment) {
    const found = ctx.process.env.find((one) => one.startsWith(`${name}=`));
    if (found !== undefined) put(found);
  }
  for (const [name, value] of Object.entries(extra)) env.set(name, value);
  for (const line of settings.environment)
    for (const match of line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) put(match[1] ?? match[2] ?? (match[3] as string));
  for (const file of settings.environmentFiles) {
    const path = file.replace(/^-/, '');
    try {
      for (const line of (await readFile(ctx, path)).split('\n').map((one) => one.trim())) {
        if (/^(?:[#;]|$)/.test(line) || !line.includes('=')) continue;
        if (ENVIRONMENT_NAME.test(line.slice(0, line.indexOf('=')))) put(line);
        else
          await say(ctx, unit, `${unit.name}: Ignoring invalid environment assignment '${line}': ${path}`, {
            priority: WARNING,
          });
      }
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (file.startsWith('-')) continue;
      await say(ctx, unit, `${unit.name}: Failed to load environment files: ${error.libc}`, { priority: WARNING });
      return null;
    }
  }
  for (const name of settings.unsetEnvironment) env.delete(name.split('=')[0] ?? '');
  return env;
}

/** Starts one line of the unit's; resolves to its pid, or null if it could not even be tried (`resources`). */
export async function execute(
  ctx: Context,
  unit: Unit,
  settings: ServiceSettings,
  exec: ExecLine,
  cgroup: string,
  extra: Readonly<Record<string, string>>,
  sockets: readonly number[],
): Promise<number | null> {
  const env = await environmentOf(ctx, unit, settings, extra);
  if (env === null) {
    await say(ctx, unit, `${unit.name}: Failed to run 'start' task: No such file or directory`, { priority: WARNING });
    return null;
  }
  env.set('INVOCATION_ID', unit.invocation);
  if (sockets.length > 0) env.set('LISTEN_FDS', String(sockets.length));
  const words = splitExec(exec.line, exec.literal ? new Map() : env);
  const path = await findProgram(ctx, words[0] ?? '', env.get('PATH') ?? PATH);
  const argv = exec.ownName ? words.slice(1) : words;
  const outputs: number[] = [];
  try {
    const account = exec.privileged ? null : await accountOf(ctx, settings);
    if (account !== null && settings.user !== '') {
      env.set('HOME', account.home).set('USER', account.name).set('LOGNAME', account.name).set('SHELL', account.shell);
    }
    for (const [, directory] of settings.directories) {
      await mkdirAll(ctx, directory);
      if (account !== null) await ctx.sys.chown(ctx, directory, account.uid, account.gid);
    }
    const stdout = await openOutput(ctx, unit, settings, settings.output.stdout, path, outputs);
    const stderr =
      settings.output.stderr === 'inherit'
        ? stdout
        : await openOutput(ctx, unit, settings, settings.output.stderr, path, outputs);
    const cwd = workingDirectory(settings, account?.home ?? '/root');
    if (!(await exists(ctx, cwd.path))) {
      if (!cwd.optional) throw new StepFailed('CHDIR', new Errno('ENOENT'));
      cwd.path = '/';
    }
    return await ctx.sys.spawn(ctx, path, {
      argv,
      env: [...env].map(([k, v]) => `${k}=${v}`),
      cwd: cwd.path,
      cgroup,
      newSession: true,
      oomScoreAdj: settings.oomScoreAdj,
      stdio: {
        0: 'null',
        1: stdout,
        2: stderr,
        ...Object.fromEntries(sockets.map((fd, i) => [LISTEN_FDS_START + i, fd])),
      },
      prepare: async (child) => {
        for (const [resource, { soft, hard }] of settings.limits) child.sys.setrlimit(child, resource, soft, hard);
        if (settings.umask !== null) await child.sys.umask(child, settings.umask);
        if (settings.noNewPrivileges) child.sys.setNoNewPrivileges(child);
        if (account === null) return;
        await child.sys.setgroups(child, account.groups);
        await child.sys.setgid(child, account.gid);
        await child.sys.setuid(child, account.uid);
      },
    });
  } catch (error) {
    if (error instanceof StepFailed) return failAtStep(ctx, unit, path, error.step, error.why, cgroup);
    if (error instanceof Errno) return failAtStep(ctx, unit, path, 'EXEC', error, cgroup);
    throw error;
  } finally {
    for (const fd of outputs) await ctx.sys.close(ctx, fd);
  }
}

async function findProgram(ctx: Context, name: string, path: string): Promise<string> {
  if (name.includes('/')) return name;
  for (const directory of path.split(':')) {
    const candidate = `${directory}/${name}`;
    if (await exists(ctx, candidate)) return candidate;
  }
  return name;
}

function workingDirectory(settings: ServiceSettings, home: string): { path: string; optional: boolean } {
  const optional = settings.workingDirectory.startsWith('-');
  const path = settings.workingDirectory.replace(/^-/, '');
  return { path: path === '~' ? home : path, optional };
}

type Account = { name: string; uid: number; gid: number; groups: number[]; home: string; shell: string };

/** User= and Group= looked up; null if the process stays who the manager is. */
async function accountOf(ctx: Context, { user, group }: ServiceSettings): Promise<Account | null> {
  if (user === '' && group === '') return null;
  const rows = async (path: string): Promise<string[][]> =>
    (await readFile(ctx, path)).split('\n').map((line) => line.split(':'));
  const groups = await rows('/etc/group');
  const wanted = user === '' ? 'root' : user;
  const found = (await rows('/etc/passwd')).find(([name, , uid]) => name === wanted || uid === wanted);
  if (found === undefined) throw new StepFailed('USER', new Errno('ESRCH'));
  const [name = '', , uid = '0', gid = '0', , home = '/', shell = '/bin/sh'] = found;
  let number = Number(gid);
  if (group !== '') {
    const row = groups.find(([one, , id]) => one === group || id === group);
    if (row === undefined) throw new StepFailed('GROUP', new Errno('ESRCH'));
    number = Number(row[2]);
  }
  const extra = groups.filter((row) => row[3]?.split(',').includes(name)).map((row) => Number(row[2]));
  return { name, uid: Number(uid), gid: number, groups: [...new Set([number, ...extra])], home, shell };
}

async function openOutput(
  ctx: Context,
  unit: Unit,
  settings: ServiceSettings,
  where: string,
  path: string,
  opened: number[],
): Promise<number> {
  const file = /^(file|append|truncate):(.+)$/.exec(where);
  let fd: number;
  if (file !== null) {
    const [, how, target = ''] = file;
    const flags = { write: true, create: true, append: how === 'append', truncate: how === 'truncate' };
    fd = await ctx.sys.open(ctx, target, flags, 0o644).catch((error: unknown) => {
      throw error instanceof Errno ? new StepFailed('STDOUT', error) : error;
    });
  } else if (where === 'null') fd = await ctx.sys.open(ctx, '/dev/null', { write: true });
  else fd = await journalStream(ctx, unit, settings.identifier ?? path.slice(path.lastIndexOf('/') + 1));
  opened.push(fd);
  return fd;
}

/** A stream to journald for a service's output; /dev/null while journald is not there. */
async function journalStream(ctx: Context, unit: Unit, identifier: string): Promise<number> {
  try {
    const fd = await ctx.sys.connect(ctx, { family: 'unix', path: JOURNAL_SOCKET });
    await ctx.sys.write(ctx, fd, `${identifier}\n${unit.name}\n6\n1\n0\n0\n0\n`);
    return fd;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return ctx.sys.open(ctx, '/dev/null', { write: true });
  }
}

/** The fork has succeeded: it is the child that says why it could not become the program, and exits. */
function failAtStep(
  ctx: Context,
  unit: Unit,
  path: string,
  step: keyof typeof STEPS,
  error: Errno,
  cgroup: string,
): Promise<number> {
  const comm = `(${path.slice(path.lastIndexOf('/') + 1)})`;
  const child = { child: comm };
  return ctx.sys.fork(
    ctx,
    async (c) => {
      const { name } = unit;
      if (step === 'EXEC' && error.code === 'ENOENT')
        await say(c, unit, `${name}: Unable to locate executable '${path}': ${error.libc}`, child);
      if (step === 'USER') await say(c, unit, `${name}: Failed to determine user credentials: ${error.libc}`, child);
      if (step === 'GROUP') await say(c, unit, `${name}: Failed to determine group credentials: ${error.libc}`, child);
      if (step === 'CHDIR')
        await say(c, unit, `${name}: Changing to the requested working directory failed: ${error.libc}`, child);
      await say(c, unit, `${name}: Failed at step ${step} spawning ${path}: ${error.libc}`, child);
      return STEPS[step];
    },
    { cgroup, comm },
  );
}
