/**
 * create and run: from a bundle to a container whose init waits on exec.fifo. crun is small and needs no re-execution of itself:
 * the process that becomes the container is a fork of this one.
 * @models crun src/libcrun/container.c libcrun_container_{create,run}_internal @fidelity partial: no custom handlers
 */
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { readFile, writeFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { CGROUP_ROOT } from '../shared/cgroup-path.ts';
import { createConfig } from '../shared/config.ts';
import { isGoError } from '../shared/fault.ts';
import { waitForeground } from '../shared/foreground.ts';
import { mapLines, openSources } from '../shared/idmap.ts';
import { JsonChannel } from '../shared/json-channel.ts';
import { foregroundTty } from '../shared/tty.ts';
import { type CrunCall, timestamp, writeLog } from './call.ts';
import { type ContainerCgroup, destroyCgroup, enterScope, makeCgroup, planCgroup } from './cgroup.ts';
import { runPoststop } from './delete.ts';
import { attempt, failure, printJson } from './failure.ts';
import { HookFailed, hookState, requireHooks, runHooks } from './hooks.ts';
import { type Child, enterAndInit, type SyncMessage } from './init.ts';
import { signalInit } from './kill.ts';
import { checkSpec, specOf } from './schema.ts';
import { openFifo } from './start.ts';
import {
  createDirectory,
  deleteDirectory,
  directoryOf,
  EXEC_FIFO,
  processStat,
  readStatus,
  type Status,
  writeStatus,
} from './status.ts';

/** A negative result at the end of crun's main. */
const HOOK_FAILED = 255;

export async function loadSpec(ctx: Context, path: string): Promise<{ spec: Spec; text: string }> {
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(`load \`${path}\`: cannot read the file: ${path}`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw failure(`load \`${path}\`: cannot parse the data`);
  }
  let spec: Spec;
  try {
    spec = specOf(document);
  } catch (error) {
    if (!isGoError(error)) throw error;
    throw failure(`load \`${path}\`: ${error.message}`);
  }
  if (spec.linux === undefined) throw failure('invalid config file, no `linux` block specified');
  if (spec.root === undefined) throw failure('invalid config file, no `root` block specified');
  if (spec.mounts === undefined) throw failure('invalid config file, no `mounts` block specified');
  if (spec.process === undefined) throw failure('block `process` not found');
  return { spec, text };
}

export async function launch(ctx: Context, call: CrunCall, mode: 'create' | 'run'): Promise<number> {
  const { sys } = ctx;
  const id = call.args[0] ?? '';
  const bundle = call.value('bundle');
  if (bundle !== undefined) await attempt(`chdir \`${bundle}\` failed`, sys.chdir(ctx, bundle));
  const given = call.value('config');
  const found = given === undefined ? 'config.json' : await realPath(ctx, given);
  const { spec, text } = await loadSpec(ctx, found);
  await ctx.cpu(LATENCY.crunConfigNs);
  const terminal = spec.process?.terminal === true;
  const detach = mode === 'create' || call.flag('detach');
  const socket = call.value('console-socket');
  if (terminal && detach && socket === undefined)
    throw failure(`use --console-socket with ${mode === 'create' ? 'create' : '--detach'} when a terminal is used`);
  await createDirectory(ctx, call.root, id);
  const directory = directoryOf(call.root, id);
  const cgroup = await planCgroup(ctx, spec, id, call.systemdCgroup);
  try {
    await writeFile(ctx, `${directory}/config.json`, text, { mode: 0o700 });
    const mask = await sys.umask(ctx, 0);
    await attempt('mkfifo', sys.mknod(ctx, `${directory}/${EXEC_FIFO}`, 'fifo', 0o600));
    await sys.umask(ctx, mask);
    // The container's root has to open it.
    const rootOf = (map: readonly { containerID: number; hostID: number }[] = []): number =>
      map.find((one) => one.containerID === 0)?.hostID ?? -1;
    const { uidMappings, gidMappings } = spec.linux ?? {};
    await sys.chown(ctx, `${directory}/${EXEC_FIFO}`, rootOf(uidMappings), rootOf(gidMappings));
    if (!detach) sys.setSubreaper(ctx, true);
    const tty = terminal && socket === undefined ? await foregroundTty(ctx) : null;
    const consoleFd =
      tty !== null
        ? tty.childFd
        : terminal
          ? await attempt(
              `open console socket: connect socket to \`${socket ?? ''}\``,
              sys.connect(ctx, { family: 'unix', path: socket ?? '' }),
            )
          : null;
    if (tty !== null) ctx.go('console', (inner) => tty.attach(inner));
    const pid = await ctx.spanned('fork init', 'oci-runtime', (inner) =>
      startInit(inner, call, id, spec, cgroup, consoleFd, detach),
    );
    if (consoleFd !== null) await sys.close(ctx, consoleFd);
    const pidFile = call.value('pid-file');
    if (pidFile !== undefined)
      await attempt(`open \`${pidFile}\` for writing`, writeFile(ctx, pidFile, String(pid), { mode: 0o700 }));
    if (mode === 'create') return 0;
    await openFifo(ctx, call.root, id);
    const bundlePath = await sys.getcwd(ctx);
    const started = hookState(spec, { id, pid, bundle: bundlePath, status: 'running' });
    const poststart = await runHooks(ctx, spec.hooks?.poststart, started);
    if (poststart.code !== 0) await signalInit(ctx, await readStatus(ctx, call.root, id), 'SIGKILL');
    await requireHooks(poststart, say(ctx, call), HOOK_FAILED);
    if (detach) return 0;
    const code = await waitForeground(ctx, pid, tty);
    if (!call.flag('keep')) {
      await destroy(ctx, cgroup);
      await runPoststop(ctx, call.log, spec, { id, pid: 0, bundle: bundlePath, status: 'stopped' });
      await deleteDirectory(ctx, call.root, id);
    }
    return code;
  } catch (error) {
    if (!isErrno(error) && !isGoError(error) && !(error instanceof HookFailed)) throw error;
    await destroy(ctx, cgroup);
    await deleteDirectory(ctx, call.root, id);
    throw error;
  }
}

async function destroy(ctx: Context, cgroup: ContainerCgroup): Promise<void> {
  await ctx.cpu(LATENCY.crunDestroyNs);
  await destroyCgroup(ctx, cgroup.limited[0] ?? cgroup.directory, cgroup.scope);
}

async function startInit(
  ctx: Context,
  call: CrunCall,
  id: string,
  spec: Spec,
  cgroup: ContainerCgroup,
  consoleFd: number | null,
  detach: boolean,
): Promise<number> {
  const { sys } = ctx;
  const bundle = await sys.getcwd(ctx);
  checkSpec(spec);
  const config = createConfig(spec, {
    id,
    bundle,
    systemdCgroup: false,
    noPivot: call.flag('no-pivot'),
    noNewKeyring: call.flag('no-new-keyring'),
  });
  if (!(await rootExists(ctx, config.rootfs))) throw failure(`open \`${spec.root?.path}\``, new Errno('ENOENT'));
  const created = timestamp(ctx.wallTime);
  const externalDescriptors: string[] = [];
  for (const fd of [0, 1, 2]) externalDescriptors.push(await descriptorName(ctx, fd));
  const resources = spec.linux?.resources ?? {};
  const intoCgroup = async (enter: (inner: Context) => Promise<void>): Promise<void> => {
    await ctx.cpu(LATENCY.crunCgroupNs);
    await ctx.spanned('cgroup', 'oci-runtime', enter, { path: cgroup.directory });
  };
  const hasScope = cgroup.scope !== '';
  if (!hasScope) await intoCgroup((inner) => makeCgroup(inner, cgroup, resources));
  const [parentEnd, childEnd] = await sys.socketPair(ctx);
  // For both directions, so that neither the open waits for somebody nor a read sees an end.
  const fifo = await sys.open(ctx, `${directoryOf(call.root, id)}/${EXEC_FIFO}`, { read: true, write: true });
  const child: Child = {
    spec,
    config,
    id,
    syncFd: childEnd,
    parentFd: parentEnd,
    fifoFd: fifo,
    consoleFd,
    preserveFds: preserved(call),
    mountSources: await openSources(ctx, config),
  };
  const first = await enterAndInit(ctx, child, hasScope ? null : cgroup.directory);
  await sys.close(ctx, childEnd);
  await sys.close(ctx, fifo);
  const sync = new JsonChannel<SyncMessage>(parentEnd);
  let pid = first;
  try {
    if (hasScope) {
      await intoCgroup((inner) => enterScope(inner, cgroup, resources, first));
      await sync.send(ctx, { type: 'go' });
    }
    for (;;) {
      const message = await sync.receive(ctx);
      if (message === null) throw failure('read from the init process');
      if (message.type === 'pid') {
        // The one between has done its duty: it was there to enter the pid namespace.
        await sys.wait(ctx, first);
        pid = message.pid;
        continue;
      }
      if (message.type === 'maps') {
        for (const [file, map] of [
          ['uid_map', config.uid_mappings],
          ['gid_map', config.gid_mappings],
        ] as const)
          await attempt(`write \`${file}\``, writeFile(ctx, `/proc/${pid}/${file}`, mapLines(map ?? [])));
        await sync.send(ctx, { type: 'go' });
        continue;
      }
      if (message.type === 'error') throw failure(message.message);
      if (message.type === 'hooks') {
        const state = hookState(spec, { id, pid, bundle, status: 'created' });
        for (const hooks of [spec.hooks?.prestart, spec.hooks?.createRuntime])
          await requireHooks(await runHooks(ctx, hooks, state), say(ctx, call), HOOK_FAILED);
        await sync.send(ctx, { type: 'go' });
        continue;
      }
      await ctx.cpu(LATENCY.crunSaveStateNs);
      const status: Status = {
        pid,
        'process-start-time': (await processStat(ctx, pid))?.startTicks ?? 0,
        'cgroup-path': cgroup.directory.slice(CGROUP_ROOT.length),
        scope: cgroup.scope,
        rootfs: spec.root?.path ?? '',
        'systemd-cgroup': call.systemdCgroup,
        bundle,
        created,
        owner: 'root',
        detached: detach,
        external_descriptors: printJson(externalDescriptors),
      };
      await writeStatus(ctx, call.root, id, status);
      await sync.send(ctx, { type: 'go' });
      return pid;
    }
  } catch (error) {
    if (isErrno(error) || isGoError(error) || error instanceof HookFailed) await reap(ctx, pid);
    throw error;
  } finally {
    await sys.close(ctx, parentEnd);
  }
}

function preserved(call: CrunCall): number {
  const text = call.value('preserve-fds');
  if (text === undefined) return 0;
  return numberOf(text, 'preserve-fds');
}

/** An option's number. */
export function numberOf(text: string, kind: string): number {
  if (!/^-?\d+$/.test(text)) throw failure(`invalid value for \`${kind}\``, new Errno('EINVAL'));
  return Number(text);
}

const say =
  (ctx: Context, call: CrunCall) =>
  (words: string): Promise<void> =>
    writeLog(ctx, call.log, 'error', words);

/** A path from the root, if the file is there. */
async function realPath(ctx: Context, path: string): Promise<string> {
  return path.startsWith('/') ? path : `${await ctx.sys.getcwd(ctx)}/${path}`;
}

async function rootExists(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function descriptorName(ctx: Context, fd: number): Promise<string> {
  try {
    return await ctx.sys.readlink(ctx, `/proc/self/fd/${fd}`);
  } catch (error) {
    if (isErrno(error)) return 'unknown';
    throw error;
  }
}

async function reap(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
    await ctx.sys.wait(ctx, pid);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
