/**
 * A container of the pod: its files are put where the guest can see them, and its spec is rewritten for the guest.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/{resource/src/rootfs,resource/src/volume,runtimes/virt_container/src/container_manager}
 * @fidelity partial: rootfs and volumes by virtio-fs only, no block devices
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, writeFile } from '../../../linux/io.ts';
import type { Mount as TaskMount } from '../../../protocols/containerd/types/generated.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { Future } from '../../../sim/primitives.ts';
import type { LoggingBinary } from '../shared/logging-binary.ts';
import { mountAll, unmountAll } from '../shared/mounts.ts';
import { GUEST_SHARED, type Sandbox } from './sandbox.ts';

export type ProcessState = 'created' | 'running' | 'paused' | 'stopped';

export type StdioPaths = { stdin: string; stdout: string; stderr: string; terminal: boolean };

export type Exit = { status: number; atNs: bigint };

export type KataProcess = {
  execId: string;
  state: ProcessState;
  paths: StdioPaths;
  spec: Uint8Array | null;
  exit: Exit | null;
  readonly exited: Future<Exit>;
  /** Descriptor that keeps the stdin fifo open; null once CloseIO was asked for. */
  stdinHeld: number | null;
  /** Streams that are still being copied out. */
  copying: number;
  readonly copied: Future<void>;
  /** Takes the output in place of fifos; gone when the task is deleted. */
  logger: LoggingBinary | null;
};

export type KataContainer = {
  id: string;
  bundle: string;
  mounted: string[];
  init: KataProcess;
  execs: Map<string, KataProcess>;
};

export function newProcess(ctx: Context, execId: string, paths: StdioPaths): KataProcess {
  return {
    execId,
    state: 'created',
    paths,
    spec: null,
    exit: null,
    exited: new Future<Exit>(ctx.scheduler),
    stdinHeld: null,
    copying: 0,
    copied: new Future<void>(ctx.scheduler),
    logger: null,
  };
}

/** Makes the container in the guest; what was mounted for it is taken away again if that fails. */
export async function createInGuest(
  ctx: Context,
  sandbox: Sandbox,
  container: KataContainer,
  spec: Spec,
  rootfs: readonly TaskMount[],
): Promise<void> {
  const { id } = container;
  if (!sandbox.config.sharesFiles) throw newError('share fs is unavailable');
  const root = `${sandbox.shared}/${id}/rootfs`;
  await mkdirAll(ctx, root, 0o750);
  try {
    if (rootfs.length > 0) await mountAll(ctx, rootfs, root);
    else await ctx.sys.mount(ctx, rootOf(container.bundle, spec), root, '', { bind: true, recursive: true });
    container.mounted.push(root);
    const guestSpec = await specForGuest(ctx, sandbox, container, spec);
    await sandbox.agent.call(
      ctx,
      AgentService.methods.CreateContainer,
      {
        containerId: id,
        execId: id,
        OCI: new TextEncoder().encode(JSON.stringify(guestSpec)),
        sandboxPidns: sandbox.sharesPids,
      },
      { deadline: ctx.now + sandbox.config.createTimeoutNs },
    );
  } catch (error) {
    await unshare(ctx, sandbox, container);
    throw error;
  }
}

/** Where the daemon has mounted the root filesystem itself. */
function rootOf(bundle: string, spec: Spec): string {
  const path = spec.root?.path ?? 'rootfs';
  return path.startsWith('/') ? path : `${bundle}/${path}`;
}

async function specForGuest(ctx: Context, sandbox: Sandbox, container: KataContainer, spec: Spec): Promise<Spec> {
  const mounts: NonNullable<Spec['mounts']> = [];
  for (const mount of spec.mounts ?? []) {
    // The guest has a cgroup filesystem of its own.
    if (mount.type === 'cgroup') {
      mounts.push(mount);
      continue;
    }
    const source = mount.source ?? '';
    const isBind =
      mount.type === 'bind' || (mount.options ?? []).some((option) => option === 'bind' || option === 'rbind');
    if (isBind && (await isBlockDevice(ctx, source)))
      throw newError(`not simulated: the block device ${source} of the host, plugged into the guest`);
    if (!isBind) mounts.push(mount);
    else if (mount.destination === '/dev/shm') {
      mounts.push({ ...mount, source: '/run/kata-containers/sandbox/shm' });
    } else if (source.startsWith('/dev/') || source === '/dev') mounts.push(mount);
    else mounts.push({ ...mount, source: await share(ctx, sandbox, container, source, mount.destination) });
  }
  const { seccomp: _seccomp, ...linux } = spec.linux ?? {};
  const process =
    spec.process === undefined ? {} : { process: { ...spec.process, terminal: container.init.paths.terminal } };
  return {
    ...spec,
    ...process,
    mounts,
    root: { path: `${GUEST_SHARED}/${container.id}/rootfs`, readonly: spec.root?.readonly === true },
    linux,
  };
}

async function isBlockDevice(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'block';
  } catch (error) {
    if (!isErrno(error)) throw error;
    return false;
  }
}

/** Shows one file or directory of the host in the guest; returns its path there. */
async function share(
  ctx: Context,
  sandbox: Sandbox,
  container: KataContainer,
  source: string,
  destination: string,
): Promise<string> {
  const base = destination.slice(destination.lastIndexOf('/') + 1);
  const name = `${container.id}-${ctx.random.hex(16)}-${base}`;
  const target = `${sandbox.shared}/${name}`;
  const { type } = await ctx.sys.stat(ctx, source);
  if (type === 'directory') await mkdirAll(ctx, target, 0o750);
  else await writeFile(ctx, target, '');
  await ctx.sys.mount(ctx, source, target, '', { bind: true, recursive: true });
  container.mounted.push(target);
  return `${GUEST_SHARED}/${name}`;
}

export async function unshare(ctx: Context, sandbox: Sandbox, container: KataContainer): Promise<void> {
  for (const path of container.mounted.splice(0).reverse()) {
    await unmountAll(ctx, path);
    try {
      const { type } = await ctx.sys.stat(ctx, path);
      if (type === 'directory') await ctx.sys.rmdir(ctx, path);
      else await ctx.sys.unlink(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  const own = `${sandbox.shared}/${container.id}`;
  if (await exists(ctx, own)) await ctx.sys.rmdir(ctx, own);
}
