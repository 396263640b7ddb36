/**
 * The last steps before execve: working directory, user, capabilities, environment, and the program's path.
 * @models runc libcontainer/{init_linux,env}.go, capabilities/capabilities.go, go os/exec LookPath @fidelity full
 */
import { newError } from '../../../../go/errors.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { getenvIn, lookPath } from '../../../../linux/io.ts';
import type { Capabilities } from '../../../../protocols/oci-runtime/types.ts';
import { KNOWN_CAPABILITIES } from '../../shared/capabilities.ts';
import { messageOf, pathError, wrapped } from '../../shared/fault.ts';
import type { InitConfig } from '../../shared/init-config.ts';

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
      if (KNOWN_CAPABILITIES.has(short)) out.push(short);
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
