/**
 * The last steps before execve: working directory, user, capabilities, environment, and the program's path.
 * @models runc libcontainer/{init_linux,env}.go, capabilities/capabilities.go, go os/exec LookPath @fidelity full
 */
import { newError } from '../../../../go/errors.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { getenvIn, lookPath, readFile } from '../../../../linux/io.ts';
import type { Capabilities } from '../../../../protocols/oci-runtime/types.ts';
import { messageOf, pathError, wrapped } from '../fault.ts';
import type { InitConfig } from './messages.ts';

const KNOWN = new Set([
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
]);

export async function finalizeNamespace(ctx: Context, init: InitConfig, logFd: number): Promise<void> {
  const { sys } = ctx;
  // As root first; a directory that only the user may enter is tried again below.
  let entered = true;
  try {
    await sys.chdir(ctx, init.cwd);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'EACCES')) throw chdirFault(init.cwd, error);
    entered = false;
  }
  const sets = await knownCapabilities(ctx, init.capabilities ?? {}, logFd);
  await sys.setCapabilities(ctx, { bounding: sets.bounding });
  await sys.setgroups(ctx, init.additional_groups);
  await sys.setgid(ctx, init.gid);
  await sys.setuid(ctx, init.uid);
  if (!entered) {
    try {
      await sys.chdir(ctx, init.cwd);
    } catch (error) {
      throw chdirFault(init.cwd, error);
    }
  }
  try {
    await sys.setCapabilities(ctx, sets);
  } catch (error) {
    throw wrapped('unable to apply caps', error);
  }
}

function chdirFault(cwd: string, error: unknown): unknown {
  return newError(`chdir to cwd (${quote(cwd)}) set in config.json failed: ${messageOf(error)}`);
}

type Sets = Required<{ [Set in keyof Capabilities]: readonly string[] }>;

async function knownCapabilities(ctx: Context, capabilities: Capabilities, logFd: number): Promise<Sets> {
  const unknown = new Set<string>();
  const known = (names: readonly string[] | undefined): string[] => {
    const out: string[] = [];
    for (const name of names ?? []) {
      const short = name.replace(/^CAP_/, '');
      if (KNOWN.has(short)) out.push(short);
      else unknown.add(name);
    }
    return out;
  };
  const sets: Sets = {
    bounding: known(capabilities.bounding),
    effective: known(capabilities.effective),
    inheritable: known(capabilities.inheritable),
    permitted: known(capabilities.permitted),
    ambient: known(capabilities.ambient),
  };
  if (unknown.size > 0) {
    const msg = `ignoring unknown or unavailable capabilities: [${[...unknown].sort().join(' ')}]`;
    await ctx.sys.write(ctx, logFd, `${JSON.stringify({ level: 'warning', msg })}\n`);
  }
  return sets;
}

/** The last of equal names wins; HOME comes from the container's /etc/passwd. */
export async function prepareEnvironment(ctx: Context, init: InitConfig): Promise<string[]> {
  const seen = new Map<string, number>();
  const env: string[] = [];
  for (const entry of init.env) {
    const at = entry.indexOf('=');
    if (at < 0) throw newError(`invalid environment variable: missing '='`);
    if (at === 0) throw newError('invalid environment variable: name cannot be empty');
    const name = entry.slice(0, at);
    const index = seen.get(name);
    if (index === undefined) seen.set(name, env.push(entry) - 1);
    else env[index] = entry;
  }
  const home = getenvIn(env, 'HOME');
  if (home === undefined || home === '') {
    const value = `HOME=${await homeOf(ctx, init.uid)}`;
    const index = seen.get('HOME');
    if (index === undefined) env.push(value);
    else env[index] = value;
  }
  return env;
}

async function homeOf(ctx: Context, uid: number): Promise<string> {
  try {
    for (const line of (await readFile(ctx, '/etc/passwd')).split('\n')) {
      const fields = line.split(':');
      if (fields[2] === String(uid)) return fields[5] || '/';
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return uid === 0 ? '/root' : '/';
}

/** exec.LookPath inside the container. */
export async function findExecutable(ctx: Context, init: InitConfig, env: readonly string[]): Promise<string> {
  const name = init.args[0] ?? '';
  if (!name.includes('/')) {
    const found = await lookPath(ctx, name, getenvIn(env, 'PATH') ?? '');
    if (found === null) throw newError(`exec: ${quote(name)}: executable file not found in $PATH`);
    return found;
  }
  try {
    const stat = await ctx.sys.stat(ctx, name);
    if (stat.type === 'directory') throw newError(`exec: ${quote(name)}: is a directory`);
    if ((stat.mode & 0o111) === 0) throw newError(`exec: ${quote(name)}: permission denied`);
    return name;
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw wrapped(`exec: ${quote(name)}`, pathError('stat', name, error));
  }
}
