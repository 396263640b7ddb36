/**
 * A container of the pod: its files are put where the guest can see them, and its spec is rewritten for the guest.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/{resource/src/rootfs,resource/src/volume,runtimes/virt_container/src/container_manager}
 * @fidelity partial: volumes that are block devices are refused
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, removeAll, writeFile } from '../../../linux/io.ts';
import type { Mount as TaskMount } from '../../../protocols/containerd/types/generated.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import type { Resources, Spec } from '../../../protocols/oci-runtime/types.ts';
import { Future } from '../../../sim/primitives.ts';
import { isGoError, messageOf } from '../shared/errors.ts';
import { log } from '../shared/log.ts';
import type { LoggingBinary } from '../shared/logging-binary.ts';
import { mountAll, unmountAll } from '../shared/mounts.ts';
import { copyVolume } from './copied-volumes.ts';
import { type BlockRootfs, blockRootfs, plugRootfs } from './disks.ts';
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
  /** Its root filesystem is a disk of the machine. */
  disk: BlockRootfs | null;
  resources: Resources;
  /** It has been removed. */
  readonly gone: Future<void>;
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
  try {
    await prepareRootfs(ctx, sandbox, container, spec, rootfs);
    const guestSpec = await specForGuest(ctx, sandbox, container, spec);
    await sandbox.size.change(ctx, sandbox, id, container.resources, 'add');
    const { disk } = container;
    await sandbox.agent.call(
      ctx,
      AgentService.methods.CreateContainer,
      {
        containerId: id,
        execId: id,
        storages:
          disk === null
            ? []
            : [
                {
                  ...disk.disk,
                  fstype: disk.fstype,
                  options: disk.options,
                  mountPoint: `${GUEST_SHARED}/${id}/rootfs`,
                },
              ],
        OCI: new TextEncoder().encode(JSON.stringify(guestSpec)),
        sandboxPidns: sandbox.sharesPids,
      },
      { deadline: ctx.now + sandbox.config.createTimeoutNs },
    );
  } catch (error) {
    await unshare(ctx, sandbox, container);
    await unplug(ctx, sandbox, container);
    throw error;
  }
}

/** Puts the root filesystem where the guest can have it: among the shared files, or as a disk. */
async function prepareRootfs(
  ctx: Context,
  sandbox: Sandbox,
  container: KataContainer,
  spec: Spec,
  rootfs: readonly TaskMount[],
): Promise<void> {
  const [first] = rootfs;
  const isBlock = first !== undefined && rootfs.length === 1 && (await blockRootfs(ctx, first));
  const { sharesFiles } = sandbox.config;
  // Each line of the chain of causes begins with its number, as anyhow prints it.
  const refuse = (why: string): never => {
    throw newError(`handler rootfs\n    2: ${why}`);
  };
  if (!isBlock && !sharesFiles)
    refuse(first === undefined ? 'share fs is unavailable' : `unsupported rootfs ${shown(first)}`);
  const root = `${sandbox.shared}/${container.id}/rootfs`;
  await mkdirAll(ctx, root, 0o750);
  if (isBlock) {
    container.disk = await plugRootfs(ctx, sandbox.control, sandbox.disks, first).catch((error: unknown) => {
      if (!isGoError(error) && !isErrno(error)) throw error;
      return refuse(`new block rootfs\n    3: do handle device failed.\n    4: ${messageOf(error)}`);
    });
    return;
  }
  if (rootfs.length > 0) await mountAll(ctx, rootfs, root);
  else await ctx.sys.mount(ctx, rootOf(container.bundle, spec), root, '', { bind: true, recursive: true });
  container.mounted.push(root);
}

/** A mount as Rust's Debug prints it. */
function shown({ source, type, options }: TaskMount): string {
  return `Mount { source: ${JSON.stringify(source)}, destination: "", fs_type: ${JSON.stringify(type)}, options: [${options.map((option) => JSON.stringify(option)).join(', ')}], device_id: None, host_shared_fs_path: None, read_only: false }`;
}

/** Takes its disk out of the machine again; one that is gone has none any more. */
export async function unplug(ctx: Context, sandbox: Sandbox, container: KataContainer): Promise<void> {
  const { disk } = container;
  if (disk === null) return;
  container.disk = null;
  try {
    if (!sandbox.vmmExit.done) await sandbox.control.unplugDisk(ctx, disk.index);
  } catch (error) {
    if (!isGoError(error) && !isErrno(error)) throw error;
    await log(ctx, 'warning', `failed to remove device: ${messageOf(error)}`);
  }
  sandbox.disks.release(disk.index);
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
    else if (sandbox.config.sharesFiles)
      mounts.push({ ...mount, source: await share(ctx, sandbox, container, source, mount.destination) });
    else {
      const copy = await copyVolume(ctx, sandbox, container, source, mount.destination);
      if (copy !== null) mounts.push({ ...mount, source: copy });
    }
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
  if (await exists(ctx, own)) await removeAll(ctx, own);
}
