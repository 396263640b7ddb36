/**
 * The process that becomes the container: a fork of crun inside new namespaces, until execve replaces it.
 * @models crun src/libcrun/linux.c libcrun_run_linux_container, container.c container_init @fidelity partial: no AppArmor, SELinux, keyrings
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenvIn, printError, writeFile } from '../../../linux/io.ts';
import type { Process, Spec } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import type { Config } from '../shared/config.ts';
import { setupConsole } from '../shared/console.ts';
import { prepareEnvironment } from '../shared/environment.ts';
import { isGoError, messageOf } from '../shared/fault.ts';
import type { MountSources } from '../shared/idmap.ts';
import type { InitConfig } from '../shared/init-config.ts';
import { JsonChannel } from '../shared/json-channel.ts';
import { joinOrder, PROC_NAMES } from '../shared/namespaces.ts';
import { finalizeRootfs, maskPaths, prepareRootfs, readonlyPaths } from '../shared/rootfs.ts';
import { applySeccomp } from '../shared/seccomp.ts';
import { attempt, failure } from './failure.ts';
import { hookState, runHooks } from './hooks.ts';
import { checkSysctl } from './sysctl.ts';
import { crunWords } from './words.ts';

export type SyncMessage =
  | { type: 'pid'; pid: number }
  /** It is in a user namespace of its own and wants to be somebody there. */
  | { type: 'maps' }
  | { type: 'hooks' }
  | { type: 'ready' }
  | { type: 'go' }
  | { type: 'error'; message: string };

export type Child = {
  spec: Spec;
  config: Config;
  id: string;
  syncFd: number;
  /** The other end: as long as the child has it, too, it cannot see that its parent is gone. */
  parentFd: number;
  fifoFd: number;
  consoleFd: number | null;
  preserveFds: number;
  /** Mounts that were made for it. */
  mountSources: MountSources;
};

const FAILED = 1;
const RLIMITS: ReadonlySet<string> = new Set(
  'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK'.split(' '),
);

/** Forks it, into its cgroup; with null it waits until somebody has brought it there. A pid namespace that exists already takes a second fork: it counts for children only. */
export async function enterAndInit(ctx: Context, child: Child, cgroup: string | null): Promise<number> {
  const { namespaces } = child.config;
  const joinsPids = namespaces.some(({ type, path }) => type === 'NEWPID' && path !== '');
  const makesPids = namespaces.some(({ type, path }) => type === 'NEWPID' && path === '');
  const comm = ctx.process.comm;
  return ctx.sys.fork(
    ctx,
    async (inner) => {
      const sync = new JsonChannel<SyncMessage>(child.syncFd);
      await inner.sys.close(inner, child.parentFd);
      try {
        if (cgroup === null && (await sync.receive(inner)) === null) return FAILED;
        if (!joinsPids) return await becomeContainer(inner, child, sync);
        const path = namespaces.find(({ type }) => type === 'NEWPID')?.path ?? '';
        await joinNamespace(inner, path);
        const pid = await inner.sys.fork(
          inner,
          (last) => guarded(last, sync, () => becomeContainer(last, child, sync)),
          {
            cloneParent: true,
            comm,
          },
        );
        await sync.send(inner, { type: 'pid', pid });
        return 0;
      } catch (error) {
        return await report(inner, sync, error);
      }
    },
    {
      ...(cgroup === null ? {} : { cgroup }),
      comm,
      newNamespaces: [
        ...(makesUser(child) ? (['user'] as const) : []),
        ...(makesPids && !makesPidsLate(child) ? (['pid'] as const) : []),
      ],
    },
  );
}

/** From the start, so that it owns the pid namespace; unless that is another's. */
function makesUser({ config }: Child): boolean {
  const has = (name: string, joined: boolean): boolean =>
    config.namespaces.some(({ type, path }) => type === name && (path !== '') === joined);
  return has('NEWUSER', false) && !has('NEWPID', true);
}

/** Users that exist already are to own the pid namespace: it can be made only as one of them, and takes a second fork. */
function makesPidsLate({ config }: Child): boolean {
  const has = (name: string, joined: boolean): boolean =>
    config.namespaces.some(({ type, path }) => type === name && (path !== '') === joined);
  return has('NEWUSER', true) && has('NEWPID', false);
}

async function guarded(ctx: Context, sync: JsonChannel<SyncMessage>, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    return report(ctx, sync, error);
  }
}

async function report(ctx: Context, sync: JsonChannel<SyncMessage>, error: unknown): Promise<number> {
  await sync.tell(ctx, { type: 'error', message: failure('error', error).message.replace(/^error: /, '') });
  return FAILED;
}

export async function joinNamespace(ctx: Context, path: string): Promise<void> {
  const fd = await attempt(`open \`${path}\``, ctx.sys.open(ctx, path, { read: true }));
  await attempt(`setns \`${path}\``, ctx.sys.setns(ctx, fd));
  await ctx.sys.close(ctx, fd);
}

/** What is the node's is entered while that is still allowed; what belongs to other users, as their root. */
export async function joinNamespaces(ctx: Context, list: readonly { user: boolean; path: string }[]): Promise<void> {
  const { sys } = ctx;
  // The root directory comes with the mount namespace: nothing on the host can be opened after it.
  const open: { user: boolean; path: string; fd: number }[] = [];
  for (const one of list)
    open.push({ ...one, fd: await attempt(`open \`${one.path}\``, sys.open(ctx, one.path, { read: true })) });
  const enter = async ({ path, fd }: { path: string; fd: number }): Promise<void> => {
    await attempt(`setns \`${path}\``, sys.setns(ctx, fd));
    await sys.close(ctx, fd);
  };
  const users = open.find(({ user }) => user);
  const later: typeof open = [];
  for (const one of open) {
    if (one.user) continue;
    try {
      if (users === undefined) await enter(one);
      else {
        await sys.setns(ctx, one.fd);
        await sys.close(ctx, one.fd);
      }
    } catch (error) {
      if (users === undefined || !isErrno(error)) throw error;
      later.push(one);
    }
  }
  if (users === undefined) return;
  await enter(users);
  await becomeRoot(ctx);
  for (const one of later) await enter(one);
}

async function becomeContainer(ctx: Context, child: Child, sync: JsonChannel<SyncMessage>): Promise<number> {
  const { sys } = ctx;
  const { spec, config } = child;
  const process = spec.process as Process;
  const isLate = makesPidsLate(child);
  if (!isLate) await sys.setsid(ctx);
  if (process.oomScoreAdj !== undefined) sys.setOomScoreAdj(ctx, process.oomScoreAdj);
  await joinNamespaces(
    ctx,
    joinOrder(config.namespaces)
      .filter(({ type, path }) => path !== '' && type !== 'NEWPID')
      .map(({ type, path }) => ({ user: type === 'NEWUSER', path })),
  );
  const isOwnUser = config.namespaces.some(({ type, path }) => type === 'NEWUSER' && path === '');
  if (isOwnUser) {
    if (!makesUser(child)) await attempt('unshare (CLONE_NEWUSER)', sys.unshare(ctx, ['user']));
    await sync.send(ctx, { type: 'maps' });
    if ((await sync.receive(ctx)) === null) return FAILED;
    await becomeRoot(ctx);
  }
  const made = config.namespaces
    .filter(({ type, path }) => path === '' && (type !== 'NEWPID' || isLate) && type !== 'NEWUSER')
    .map(({ type }) => PROC_NAMES[type]);
  if (made.includes('net')) await ctx.cpu(LATENCY.runcNetNamespaceNs);
  if (made.length > 0) await attempt('unshare', sys.unshare(ctx, made));
  if (made.includes('net')) await sys.netlink(ctx, { op: 'link.set', name: 'lo', up: true });
  if (!isLate) return finishContainer(ctx, child, sync);
  const pid = await sys.fork(
    ctx,
    (last) =>
      guarded(last, sync, async () => {
        await last.sys.setsid(last);
        return finishContainer(last, child, sync);
      }),
    { cloneParent: true, comm: ctx.process.comm },
  );
  await sync.send(ctx, { type: 'pid', pid });
  return 0;
}

async function finishContainer(ctx: Context, child: Child, sync: JsonChannel<SyncMessage>): Promise<number> {
  const { sys } = ctx;
  const { spec, config } = child;
  const process = spec.process as Process;
  await ctx.cpu(LATENCY.crunRootfsNs);
  const init = initConfig(child, process);
  await ctx.spanned('prepare rootfs', 'oci-runtime', (inner) =>
    prepareRootfs(
      inner,
      init,
      crunWords,
      async () => {
        await sync.send(inner, { type: 'hooks' });
        if ((await sync.receive(inner)) === null) throw failure('read from the sync socket');
      },
      async () => {
        const state = hookState(spec, {
          id: child.id,
          pid: 0,
          bundle: await inner.sys.getcwd(inner),
          status: 'created',
        });
        const result = await runHooks(inner, spec.hooks?.createContainer, state);
        if (result.code === 0) return;
        // What the child logs goes to its own stderr and to its parent, who says it as well.
        await printError(inner, `${result.said}\n`);
        throw failure(result.said);
      },
      child.mountSources,
    ),
  );
  if (child.consoleFd !== null) await setupConsole(ctx, child.consoleFd, init, true);
  await finalizeRootfs(ctx, config, crunWords);
  if (config.hostname !== '') await attempt('sethostname', sys.sethostname(ctx, config.hostname));
  const kinds = new Set((spec.linux?.namespaces ?? []).map(({ type }) => type));
  for (const key of Object.keys(config.sysctl ?? {})) checkSysctl(key, kinds);
  for (const [key, value] of Object.entries(config.sysctl ?? {}))
    await attempt(
      `open \`/proc/sys/${key.replaceAll('.', '/')}\``,
      writeFile(ctx, `/proc/sys/${key.replaceAll('.', '/')}`, value),
    );
  await readonlyPaths(ctx, config, crunWords);
  await maskPaths(ctx, config, crunWords);
  await ctx.cpu(LATENCY.crunFinalizeNs);
  if (!init.no_new_privileges) await initSeccomp(ctx, config);
  const env = await finishProcess(ctx, init);
  const path = process.args === undefined ? null : await findExecutable(ctx, init, env);
  await sync.send(ctx, { type: 'ready' });
  if ((await sync.receive(ctx)) === null) return FAILED;
  await sys.close(ctx, child.syncFd);
  if (child.consoleFd !== null) await sys.close(ctx, child.consoleFd);
  await sys.read(ctx, child.fifoFd, 1);
  await sys.close(ctx, child.fifoFd);
  // Nobody listens any more: what goes wrong now is told on stderr.
  try {
    if (path === null) throw failure('executable path not specified');
    const starting = hookState(spec, { id: child.id, pid: 0, bundle: await sys.getcwd(ctx), status: 'starting' });
    const { code, said, error } = await runHooks(ctx, spec.hooks?.startContainer, starting);
    if (code !== 0) {
      await printError(ctx, `${said}\n${error === null ? '' : `${error}\n`}`);
      return code < 0 ? FAILED : code;
    }
    await closeAbove(ctx, 3 + child.preserveFds);
    if (init.no_new_privileges) await initSeccomp(ctx, config);
    return await attempt(`exec container process \`${path}\``, sys.execve(ctx, path, init.args, env));
  } catch (error) {
    if (!isGoError(error) && !isErrno(error)) throw error;
    await printError(ctx, `${wordsOf(error)}\n`);
    return FAILED;
  }
}

async function becomeRoot(ctx: Context): Promise<void> {
  await attempt('setresgid', ctx.sys.setgid(ctx, 0));
  await attempt('setresuid', ctx.sys.setuid(ctx, 0));
}

/** The profile was compiled by the parent, into seccomp.bpf beside the status. */
export async function initSeccomp(ctx: Context, config: Config): Promise<void> {
  await attempt('seccomp (SECCOMP_SET_MODE_FILTER)', applySeccomp(ctx, config.seccomp));
}

function initConfig(child: Child, process: Process): InitConfig {
  return processConfig(child.id, child.config, process, child.preserveFds, child.spec);
}

export function processConfig(
  id: string,
  config: Config,
  process: Process,
  preserveFds: number,
  spec: Spec,
): InitConfig {
  return {
    args: process.args ?? [],
    env: process.env ?? [],
    cwd: process.cwd,
    capabilities: process.capabilities ?? null,
    uid: process.user.uid,
    gid: process.user.gid,
    additional_groups: process.user.additionalGids ?? [],
    no_new_privileges: process.noNewPrivileges === true,
    rlimits: process.rlimits ?? [],
    create_console: process.terminal === true,
    console_width: process.consoleSize?.width ?? 0,
    console_height: process.consoleSize?.height ?? 0,
    passed_files_count: preserveFds,
    containerid: id,
    config,
    spec_state: {
      ociVersion: '1.0.0',
      id,
      status: 'creating',
      bundle: '',
      ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
    },
  };
}

/** Limits, capabilities, user and working directory; returns the environment. */
export async function finishProcess(ctx: Context, init: InitConfig): Promise<string[]> {
  const { sys } = ctx;
  for (const { type, soft, hard } of init.rlimits) {
    if (!RLIMITS.has(type.replace('RLIMIT_', ''))) throw failure(`invalid rlimit \`${type}\``);
    sys.setrlimit(ctx, type.slice('RLIMIT_'.length), soft, hard);
  }
  // What has no sign of equality is in nobody's way.
  const env = await prepareEnvironment(ctx, { ...init, env: init.env.filter((entry) => entry.indexOf('=') > 0) });
  const known = (names: readonly string[] | undefined): string[] =>
    // One that nobody knows is worth a warning.
    (names ?? []).map((name) => name.replace(/^CAP_/, '')).filter((name) => KNOWN_CAPABILITIES.has(name));
  const sets = {
    bounding: known(init.capabilities?.bounding),
    effective: known(init.capabilities?.effective),
    inheritable: known(init.capabilities?.inheritable),
    permitted: known(init.capabilities?.permitted),
    ambient: known(init.capabilities?.ambient),
  };
  await attempt('prctl drop bounding', sys.setCapabilities(ctx, { bounding: sets.bounding }));
  await attempt('setgroups', sys.setgroups(ctx, init.additional_groups));
  await attempt(`setresgid to \`${init.gid}\``, sys.setgid(ctx, init.gid));
  await attempt(`setresuid to \`${init.uid}\``, sys.setuid(ctx, init.uid));
  await attempt('capset', sys.setCapabilities(ctx, sets));
  if (init.no_new_privileges) sys.setNoNewPrivileges(ctx);
  await attempt(`chdir to \`${init.cwd}\``, sys.chdir(ctx, init.cwd));
  return env;
}

/** Where PATH leads, or why it leads nowhere: the error of create that everybody meets first. */
export async function findExecutable(ctx: Context, init: InitConfig, env: readonly string[]): Promise<string> {
  const name = init.args[0] ?? '';
  if (name === '') throw failure('cannot find `` in $PATH: No such file or directory');
  const absolute = name.includes('/') && !name.startsWith('/') ? `${init.cwd === '/' ? '' : init.cwd}/${name}` : name;
  const candidates = absolute.startsWith('/')
    ? [absolute]
    : (getenvIn(env, 'PATH') ?? '').split(':').map((directory) => `${directory === '' ? '.' : directory}/${name}`);
  let reason = 'not found';
  for (const candidate of candidates) {
    try {
      const stat = await ctx.sys.stat(ctx, candidate);
      if ((stat.mode & 0o111) === 0) reason = 'not executable';
      else if (stat.type !== 'file') reason = 'not regular';
      else return candidate;
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (!isErrno(error, 'ENOENT')) throw failure(`open \`${name}\``, error);
    }
  }
  if (reason === 'not executable')
    throw failure(`the path \`${absolute}\` exists but it is not executable: Operation not permitted`);
  if (reason === 'not regular')
    throw failure(`the path \`${absolute}\` is not a regular file: Operation not permitted`);
  throw failure(
    `executable file \`${absolute}\` not found${absolute.startsWith('/') ? '' : ' in $PATH'}: No such file or directory`,
  );
}

export async function closeAbove(ctx: Context, first: number): Promise<void> {
  for (const fd of await ctx.sys.openDescriptors(ctx)) {
    if (fd < first) continue;
    try {
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error, 'EBADF')) throw error;
    }
  }
}

export function wordsOf(error: unknown): string {
  return isGoError(error) ? error.message : messageOf(error);
}
