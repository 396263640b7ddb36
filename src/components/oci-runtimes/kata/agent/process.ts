/**
 * Processes of a container in the guest: how one is forked into its namespaces, and what the agent holds of it.
 * @models kata-containers 4.1.0 src/agent/rustjail/src/{container,process}.rs
 * @fidelity partial: no seccomp, hooks or user namespaces
 */
import { newError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { getenvIn, lookPath, writeFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { signalNumber } from '../../../../linux/signals.ts';
import type { LinuxNamespaceType } from '../../../../linux/syscalls.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Future } from '../../../../sim/primitives.ts';
import { KNOWN_CAPABILITIES } from '../../shared/capabilities.ts';
import { setupConsole } from '../../shared/console.ts';
import { prepareEnvironment } from '../../shared/environment.ts';
import { messageOf } from '../../shared/fault.ts';
import type { InitConfig } from '../../shared/init-config.ts';
import { finalizeRootfs, maskPaths, prepareRootfs, readonlyPaths } from '../../shared/rootfs.ts';
import { agentWords } from './words.ts';

export type AgentProcess = {
  pid: number;
  /** Written to when it may become the user's program; null once it has been. */
  go: number | null;
  stdin: number | null;
  stdout: number | null;
  stderr: number | null;
  terminal: boolean;
  readonly exited: Future<number>;
};

export type Launch = {
  init: InitConfig;
  /** The container's first process: makes the rootfs, and waits for StartContainer. */
  isInit: boolean;
  newNamespaces: readonly LinuxNamespaceType[];
  /** Files of namespaces to join. */
  join: readonly string[];
  cgroup: string;
};

const READY = '0';

/** Forks the process; resolves when it stands in its namespaces and only execve is left. */
export async function launch(
  ctx: Context,
  { init, isInit, newNamespaces, join, cgroup }: Launch,
): Promise<AgentProcess> {
  const { sys } = ctx;
  await ctx.cpu(LATENCY.kataAgentLaunchNs);
  const ready = await sys.pipe(ctx);
  const go = await sys.pipe(ctx);
  const terminal = init.create_console;
  const console = terminal ? await sys.socketPair(ctx) : null;
  const streams = terminal ? null : ([await sys.pipe(ctx), await sys.pipe(ctx), await sys.pipe(ctx)] as const);
  const pids = await sys.pipe(ctx);
  const child = async (inner: Context): Promise<number> => {
    try {
      if (streams !== null) {
        await sys.dup2(inner, streams[0][0], 0);
        await sys.dup2(inner, streams[1][1], 1);
        await sys.dup2(inner, streams[2][1], 2);
      }
      await sys.setsid(inner);
      if (isInit) await becomeContainer(inner, init, console?.[1] ?? -1);
      else if (console !== null) await setupConsole(inner, console[1], init, false);
      const { path, env } = await finalize(inner, init);
      await sys.write(inner, ready[1], READY);
      if (isInit) await sys.read(inner, go[0], 1);
      for (const fd of await sys.openDescriptors(inner)) if (fd > 2) await sys.close(inner, fd);
      return await sys.execve(inner, path, init.args, env);
    } catch (error) {
      await sys.write(inner, ready[1], messageOf(error));
      return 1;
    }
  };
  // Who is to be in another pid namespace must be born there: hence a stage between.
  const stage = await sys.fork(ctx, async (inner) => {
    try {
      // Here, while the guest's cgroup filesystem is still in sight: the process inherits it.
      await writeFile(inner, `${cgroup}/cgroup.procs`, '0');
      for (const path of join) {
        const fd = await sys.open(inner, path, { read: true });
        await sys.setns(inner, fd);
        await sys.close(inner, fd);
      }
      const pid = await sys.fork(inner, child, { cloneParent: true, newNamespaces });
      await sys.write(inner, pids[1], `${pid}`);
      return 0;
    } catch (error) {
      await sys.write(inner, ready[1], messageOf(error));
      return 1;
    }
  });
  for (const fd of [pids[1], ready[1], go[0]]) await sys.close(ctx, fd);
  await sys.wait(ctx, stage);
  const pid = Number(utf8(await sys.read(ctx, pids[0])));
  await sys.close(ctx, pids[0]);
  if (streams !== null) for (const fd of [streams[0][0], streams[1][1], streams[2][1]]) await sys.close(ctx, fd);
  let master: number | null = null;
  if (console !== null) {
    await sys.close(ctx, console[1]);
    master = (await sys.receiveDescriptors(ctx, console[0])).descriptors[0] ?? null;
    await sys.close(ctx, console[0]);
  }
  const answer = utf8(await sys.read(ctx, ready[0]));
  await sys.close(ctx, ready[0]);
  if (answer !== READY) {
    if (pid > 0) await sys.wait(ctx, pid);
    throw newError(answer === '' ? 'container init process died' : answer);
  }
  const process: AgentProcess = {
    pid,
    go: isInit ? go[1] : null,
    stdin: streams?.[0][1] ?? master,
    stdout: streams?.[1][0] ?? master,
    stderr: streams?.[2][0] ?? null,
    terminal,
    exited: new Future<number>(ctx.scheduler),
  };
  if (!isInit) await sys.close(ctx, go[1]);
  ctx.go(`wait for ${pid}`, async (inner) => {
    const status = await sys.wait(inner, pid);
    if (status === null) return;
    process.exited.resolve(status.signal === null ? status.exitCode : 128 + signalNumber(status.signal));
  });
  return process;
}

async function becomeContainer(ctx: Context, init: InitConfig, consoleFd: number): Promise<void> {
  const { config } = init;
  await prepareRootfs(
    ctx,
    init,
    agentWords,
    async () => {},
    async () => {},
  );
  if (init.create_console) await setupConsole(ctx, consoleFd, init, true);
  await finalizeRootfs(ctx, config, agentWords);
  await readonlyPaths(ctx, config, agentWords);
  await maskPaths(ctx, config, agentWords);
}

/** User, capabilities, environment, and where the program is. */
async function finalize(ctx: Context, init: InitConfig): Promise<{ path: string; env: string[] }> {
  const { sys } = ctx;
  const known = (names: readonly string[] | undefined): string[] =>
    (names ?? []).map((name) => name.replace(/^CAP_/, '')).filter((name) => KNOWN_CAPABILITIES.has(name));
  const { capabilities } = init;
  if (init.no_new_privileges) sys.setNoNewPrivileges(ctx);
  for (const limit of init.rlimits) sys.setrlimit(ctx, limit.type.replace(/^RLIMIT_/, ''), limit.soft, limit.hard);
  await sys.chdir(ctx, init.cwd === '' ? '/' : init.cwd);
  await sys.setCapabilities(ctx, { bounding: known(capabilities?.bounding) });
  await sys.setgroups(ctx, init.additional_groups);
  await sys.setgid(ctx, init.gid);
  await sys.setuid(ctx, init.uid);
  await sys.setCapabilities(ctx, {
    effective: known(capabilities?.effective),
    permitted: known(capabilities?.permitted),
    inheritable: known(capabilities?.inheritable),
    ambient: known(capabilities?.ambient),
  });
  const env = await prepareEnvironment(ctx, init);
  const name = init.args[0] ?? '';
  const missing = newError(`the file ${name} was not found`);
  if (!name.includes('/')) {
    const found = await lookPath(ctx, name, getenvIn(env, 'PATH') ?? '');
    if (found === null) throw missing;
    return { path: found, env };
  }
  try {
    await sys.stat(ctx, name);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw missing;
  }
  return { path: name, env };
}
