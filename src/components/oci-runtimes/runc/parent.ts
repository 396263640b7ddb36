/**
 * runc's side of starting a process in a container: spawns `runc init`, puts it into the cgroup, and answers it until it is ready.
 * @models runc libcontainer/process_linux.go @fidelity partial: no seccomp-notify requests, no CPU affinity
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { keyedValue } from '../shared/cgroup.ts';
import { isGoError, wrapped } from '../shared/fault.ts';
import type { MountSources } from '../shared/idmap.ts';
import type { InitConfig } from '../shared/init-config.ts';
import { JsonChannel } from '../shared/json-channel.ts';
import {
  type Bootstrap,
  CONSOLE_FD,
  FIFO_FD,
  INIT_PIPE,
  INIT_TYPE,
  type InitType,
  LOG_PIPE,
  MOUNT_FDS,
  type StagePids,
  SYNC_PIPE,
  type SyncMessage,
} from './init/messages.ts';
import { forwardLogs, type Logger } from './log.ts';

export type InitRequest = {
  type: InitType;
  bootstrap: Bootstrap;
  config: InitConfig;
  cgroup: string;
  /** Brings the process into it. */
  enterCgroup(ctx: Context, pid: number): Promise<void>;
  /** Standard init only: a handle of exec.fifo. */
  fifoFd: number | null;
  /** The socket that gets the pty's master. */
  consoleFd: number | null;
  /** What the program gets as 0, 1, 2. */
  stdio: readonly [number | 'null', number | 'null', number | 'null'];
  preserveFds: number;
  /** Mounts that were made for it. */
  mountSources: MountSources;
  cwd: string;
  hooks: {
    /** Init has made its mounts and waits: limits and host hooks. */
    beforePivot(ctx: Context, pid: number): Promise<void>;
    /** Init is complete but for the execve. */
    ready(ctx: Context, pid: number): Promise<void>;
  };
};

/** Resolves with the pid of the process inside, which is then blocked on the fifo, or already running for exec. */
export async function startInit(ctx: Context, logger: Logger, request: InitRequest): Promise<number> {
  const { sys } = ctx;
  const [initParent, initChild] = await sys.socketPair(ctx);
  const [syncParent, syncChild] = await sys.socketPair(ctx);
  const [logRead, logWrite] = await sys.pipe(ctx);
  const stdio: Record<number, number | 'null'> = { 0: request.stdio[0], 1: request.stdio[1], 2: request.stdio[2] };
  const env = [`${INIT_TYPE}=${request.type}`];
  let next = 3;
  for (let i = 0; i < request.preserveFds; i++) stdio[next++] = 3 + i;
  const give = (name: string, fd: number | null): void => {
    if (fd === null) return;
    env.push(`${name}=${next}`);
    stdio[next++] = fd;
  };
  give(CONSOLE_FD, request.consoleFd);
  give(INIT_PIPE, initChild);
  give(SYNC_PIPE, syncChild);
  give(LOG_PIPE, logWrite);
  give(FIFO_FD, request.fifoFd);
  const sources: [string, number][] = [];
  for (const [mount, fd] of Object.entries(request.mountSources)) {
    sources.push([mount, next]);
    stdio[next++] = fd;
  }
  if (sources.length > 0) env.push(`${MOUNT_FDS}=${JSON.stringify(Object.fromEntries(sources))}`);

  let stage0: number;
  try {
    stage0 = await sys.spawn(ctx, '/proc/self/exe', { argv: ['runc', 'init'], env, stdio, cwd: request.cwd });
  } catch (error) {
    throw wrapped('unable to start init', error);
  }
  for (const fd of [initChild, syncChild, logWrite, ...Object.values(request.mountSources)]) await sys.close(ctx, fd);
  ctx.go('log pipe', (inner) => forwardLogs(inner, logger, logRead));

  const init = new JsonChannel<Bootstrap | StagePids | InitConfig>(initParent);
  const sync = new JsonChannel<SyncMessage>(syncParent);
  let pid = 0;
  try {
    // Before anything else: no child of it can then be outside the cgroup.
    await request.enterCgroup(ctx, stage0);
    await init.send(ctx, request.bootstrap);
    const pids = (await init.receive(ctx)) as StagePids | null;
    await reapQuietly(ctx, stage0);
    if (pids === null) throw newError("unable to get init's pid: EOF");
    await reapQuietly(ctx, pids.stage1_pid);
    pid = pids.stage2_pid;
    await init.send(ctx, request.config);
    await answer(ctx, sync, request, pid);
    return pid;
  } catch (error) {
    if (!isErrno(error) && !isGoError(error)) throw error;
    const oom = await keyedValue(ctx, `${request.cgroup}/memory.events`, 'oom_kill');
    await terminate(ctx, pid === 0 ? stage0 : pid);
    if (request.type === 'standard' && oom > 0) throw newError('container init was OOM-killed (memory limit too low?)');
    throw error;
  } finally {
    await sys.close(ctx, initParent);
    await sys.close(ctx, syncParent);
  }
}

async function answer(ctx: Context, sync: JsonChannel<SyncMessage>, request: InitRequest, pid: number): Promise<void> {
  let sawReady = false;
  for (;;) {
    const message = await receiveOrEnd(ctx, sync);
    if (message === null) break;
    switch (message.type) {
      case 'procHooks':
        await request.hooks.beforePivot(ctx, pid);
        await sync.send(ctx, { type: 'procHooksDone' });
        break;
      case 'procReady':
        sawReady = true;
        await ctx.cpu(LATENCY.runcSaveStateNs);
        await request.hooks.ready(ctx, pid);
        await sync.send(ctx, { type: 'procRun' });
        break;
      case 'procError': {
        const words = newError(message.arg.message);
        throw request.type === 'standard' ? wrapped('error during container init', words) : words;
      }
      default:
        throw newError('invalid JSON payload from child');
    }
  }
  if (request.type === 'standard' && !sawReady) throw newError('error during container init: procReady not received');
}

async function receiveOrEnd(ctx: Context, sync: JsonChannel<SyncMessage>): Promise<SyncMessage | null> {
  try {
    return await sync.receive(ctx);
  } catch (error) {
    if (isErrno(error, 'ECONNRESET')) return null;
    throw error;
  }
}

async function reapQuietly(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.wait(ctx, pid);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

async function terminate(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  await reapQuietly(ctx, pid);
}
