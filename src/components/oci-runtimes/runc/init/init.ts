/**
 * What stage 2 does once Go runs: receives its configuration, becomes the container, and replaces itself by the user's program.
 * @models runc libcontainer/{init_linux,standard_init_linux,setns_init_linux}.go
 * @fidelity partial: no keyrings, AppArmor, SELinux, scheduler or io priority
 */
import { newError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { getenv, printError, writeFile } from '../../../../linux/io.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { setupConsole } from '../../shared/console.ts';
import { prepareEnvironment } from '../../shared/environment.ts';
import { messageOf, onPath, wrapped } from '../../shared/fault.ts';
import { runHooks } from '../../shared/hooks.ts';
import type { MountSources } from '../../shared/idmap.ts';
import type { InitConfig } from '../../shared/init-config.ts';
import { JsonChannel } from '../../shared/json-channel.ts';
import { finalizeRootfs, maskPaths, prepareRootfs, readonlyPaths } from '../../shared/rootfs.ts';
import { applySeccomp } from '../../shared/seccomp.ts';
import { finalizeNamespace, findExecutable } from './finalize.ts';
import {
  CONSOLE_FD,
  FIFO_FD,
  INIT_PIPE,
  type InitType,
  LOG_PIPE,
  MOUNT_FDS,
  SYNC_PIPE,
  type SyncMessage,
} from './messages.ts';
import { runcWords } from './words.ts';

const FAILED = 255;

type Pipes = {
  init: number;
  sync: JsonChannel<SyncMessage>;
  log: number;
  fifo: number;
  console: number;
  syncOpen: boolean;
};

export async function initContainer(ctx: Context, type: InitType): Promise<number> {
  const descriptor = (name: string): number => Number(getenv(ctx, name) ?? '-1');
  const pipes: Pipes = {
    init: descriptor(INIT_PIPE),
    sync: new JsonChannel<SyncMessage>(descriptor(SYNC_PIPE)),
    log: descriptor(LOG_PIPE),
    fifo: descriptor(FIFO_FD),
    console: descriptor(CONSOLE_FD),
    syncOpen: true,
  };
  const config = await new JsonChannel<InitConfig>(pipes.init).receive(ctx);
  if (config === null) return FAILED;
  try {
    return type === 'standard' ? await standardInit(ctx, config, pipes) : await setnsInit(ctx, config, pipes);
  } catch (error) {
    const message = messageOf(error);
    const heard = pipes.syncOpen && (await pipes.sync.tell(ctx, { type: 'procError', arg: { message } }));
    if (!heard) await printError(ctx, `${message}\n`);
    return FAILED;
  }
}

async function standardInit(ctx: Context, init: InitConfig, pipes: Pipes): Promise<number> {
  const { sys } = ctx;
  const { config } = init;
  for (const network of config.networks ?? []) {
    if (network.type === 'loopback') await sys.netlink(ctx, { op: 'link.set', name: 'lo', up: true });
  }
  await ctx.cpu(LATENCY.runcRootfsNs);
  const sources = JSON.parse(getenv(ctx, MOUNT_FDS) ?? '{}') as MountSources;
  await ctx.spanned('prepare rootfs', 'oci-runtime', (inner) =>
    prepareRootfs(
      inner,
      init,
      runcWords,
      () => askForHooks(inner, pipes.sync),
      () =>
        runHooks(inner, 'createContainer', config.Hooks.createContainer, {
          ...init.spec_state,
          status: 'creating',
          pid: inner.sys.getpid(inner),
        }),
      sources,
    ),
  );
  if (init.create_console) await setupConsole(ctx, pipes.console, init, true);
  await finalizeRootfs(ctx, config, runcWords);
  if (config.hostname !== '') await withWords('sethostname', sys.sethostname(ctx, config.hostname));
  for (const [key, value] of Object.entries(config.sysctl ?? {})) await writeSysctl(ctx, key, value);
  await readonlyPaths(ctx, config, runcWords);
  await maskPaths(ctx, config, runcWords);
  if (init.no_new_privileges) sys.setNoNewPrivileges(ctx);
  for (const limit of init.rlimits) sys.setrlimit(ctx, limit.type.replace(/^RLIMIT_/, ''), limit.soft, limit.hard);
  await pipes.sync.send(ctx, { type: 'procReady' });
  const answer = await pipes.sync.receive(ctx);
  if (answer?.type !== 'procRun') throw newError('failed to synchronise with the parent');
  if (!init.no_new_privileges) await initSeccomp(ctx, config);
  await ctx.cpu(LATENCY.runcFinalizeNs);
  await finalizeNamespace(ctx, init, pipes.log);
  const env = await prepareEnvironment(ctx, init);
  // Looked up before the start, so that a missing program is an error of create.
  const path = await findExecutable(ctx, init, env);
  // As late as can be: the fewer calls the profile has to allow for runc's own sake.
  if (init.no_new_privileges) await initSeccomp(ctx, config);
  await closePipes(ctx, pipes);
  const fifo = await onFifo(sys.open(ctx, `/proc/self/fd/${pipes.fifo}`, { write: true }));
  await onFifo(sys.write(ctx, fifo, '0'));
  await sys.close(ctx, fifo);
  await runHooks(ctx, 'startContainer', config.Hooks.startContainer, {
    ...init.spec_state,
    status: 'created',
    pid: sys.getpid(ctx),
  });
  await closeAbove(ctx, init.passed_files_count);
  return await onPath('exec', path, sys.execve(ctx, path, init.args, env));
}

/** `runc exec`: the namespaces exist already, so no rootfs, no hooks and no fifo. */
async function setnsInit(ctx: Context, init: InitConfig, pipes: Pipes): Promise<number> {
  const { sys } = ctx;
  if (init.create_console) await setupConsole(ctx, pipes.console, init, false);
  if (init.no_new_privileges) sys.setNoNewPrivileges(ctx);
  for (const limit of init.rlimits) sys.setrlimit(ctx, limit.type.replace(/^RLIMIT_/, ''), limit.soft, limit.hard);
  await ctx.cpu(LATENCY.runcFinalizeNs);
  if (!init.no_new_privileges) await initSeccomp(ctx, init.config);
  await finalizeNamespace(ctx, init, pipes.log);
  const env = await prepareEnvironment(ctx, init);
  const path = await findExecutable(ctx, init, env);
  if (init.no_new_privileges) await initSeccomp(ctx, init.config);
  await closePipes(ctx, pipes);
  await closeAbove(ctx, init.passed_files_count);
  return await onPath('exec', path, sys.execve(ctx, path, init.args, env));
}

async function initSeccomp(ctx: Context, config: InitConfig['config']): Promise<void> {
  try {
    await applySeccomp(ctx, config.seccomp);
  } catch (error) {
    throw wrapped('unable to init seccomp', error);
  }
}

async function askForHooks(ctx: Context, sync: JsonChannel<SyncMessage>): Promise<void> {
  await sync.send(ctx, { type: 'procHooks' });
  const answer = await sync.receive(ctx);
  if (answer?.type !== 'procHooksDone') throw newError('failed to synchronise with the parent');
}

async function withWords<T>(words: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw wrapped(words, error);
  }
}

async function onFifo<T>(call: Promise<T>): Promise<T> {
  return withWords('open exec fifo', call);
}

async function writeSysctl(ctx: Context, key: string, value: string): Promise<void> {
  const path = `/proc/sys/${key.replaceAll('.', '/')}`;
  await onPath('open', path, writeFile(ctx, path, value));
}

async function closePipes(ctx: Context, pipes: Pipes): Promise<void> {
  pipes.syncOpen = false;
  for (const fd of [pipes.init, pipes.sync.fd, pipes.log]) await ctx.sys.close(ctx, fd);
  if (pipes.console >= 0) await ctx.sys.close(ctx, pipes.console);
}

async function closeAbove(ctx: Context, passedFiles: number): Promise<void> {
  for (const fd of await ctx.sys.openDescriptors(ctx)) {
    if (fd < 3 + passedFiles) continue;
    try {
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error, 'EBADF')) throw error;
    }
  }
}
