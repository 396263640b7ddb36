/**
 * The pause container, which holds a pod's namespaces: making, stopping and removing it.
 * @models containerd 2.1 internal/cri/server/podsandbox/{sandbox_run,sandbox_stop,sandbox_delete}.go
 * @fidelity partial: no NRI, no SELinux labels
 */

import { base64 } from '../../../../go/json.ts';
import { quote } from '../../../../go/quote.ts';
import { parseRfc3339 } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, readFile, removeAll, writeFile } from '../../../../linux/io.ts';
import { NamespaceMode, type PodSandboxConfig } from '../../../../protocols/cri/generated.ts';
import { specJson } from '../../../../protocols/oci-runtime/default-spec.ts';
import { rootReader } from '../../../../protocols/oci-runtime/user.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, isNotFound, toFailure, wrap } from '../../shared/errors.ts';
import { handlerFor } from '../config/handlers.ts';
import { SPEC_TYPE_URL } from '../containers/container-store.ts';
import { jsonAny } from '../metadata/json-any.ts';
import { ensureRemoveAll } from '../mounts.ts';
import { deleteTask, loadTask } from '../tasks/client-task.ts';
import { buildLabels } from './container-labels.ts';
import type { CriService } from './cri-service.ts';
import { handlePauseExit, monitorPause } from './exit-monitor.ts';
import type { CriImage } from './image-store.ts';
import { encodeSandboxMetadata } from './metadata-json.ts';
import { pullImageByName } from './pull-image.ts';
import { prepareRootfs, runtimeSnapshots, snapshotsHolding } from './runtime-snapshotter.ts';
import { sandboxSpec } from './sandbox-spec.ts';
import { CRI_NAMESPACE, SANDBOX_EXTENSION, type Sandbox, UNKNOWN_EXIT_CODE } from './types.ts';
import { pinUserNamespace, podMaps, remapLabels } from './user-namespace.ts';

const SHM_BYTES = 64 * 1024 * 1024;
const SIGKILL = 9;

export async function startPause(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  const { id, metadata } = sandbox;
  const { parts } = cri;
  const imageName = cri.imagesConfig.pinned_images['sandbox'] ?? 'registry.k8s.io/pause:3.10';
  const image = await pauseImage(ctx, cri, imageName).catch((error: unknown) => {
    throw wrap(`failed to get sandbox image ${quote(imageName)}`, error);
  });
  const undo: (() => Promise<void>)[] = [];
  try {
    const handler = handlerFor(cri.config, metadata.runtimeHandler);
    await mkdirAll(ctx, cri.sandboxRoot(id), 0o755);
    undo.push(() => removeAll(ctx, cri.sandboxRoot(id)));
    await mkdirAll(ctx, cri.sandboxState(id), 0o755);
    undo.push(() => ensureRemoveAll(ctx, cri.sandboxState(id)));
    const reference = image.references[0] as string;
    const maps = podMaps(metadata.config.linux?.securityContext?.namespaceOptions?.usernsOptions);
    const snapshots = runtimeSnapshots(parts, handler);
    await prepareRootfs(ctx, parts, snapshots, id, image, remapLabels(maps));
    undo.push(() => snapshots.remove(ctx, CRI_NAMESPACE, id));
    await ctx.cpu(LATENCY.containerdSpecNs);
    const userNamespace =
      maps === null ? null : { maps, path: await pinUserNamespace(ctx, cri.sandboxState(id), metadata.netNsPath) };
    const spec = await snapshots
      .withDirectories(ctx, CRI_NAMESPACE, id, parts.temp, (directories) =>
        sandboxSpec(ctx, {
          id,
          config: metadata.config,
          image: image.config.config ?? {},
          imageName,
          netNsPath: metadata.netNsPath,
          shm: cri.sandboxShm(id),
          userNamespace,
          resolvConf: `${cri.sandboxRoot(id)}/resolv.conf`,
          criConfig: cri.config,
          handler,
          rootfs: rootReader(directories),
        }),
      )
      .catch((error: unknown) => {
        throw wrap('failed to generate sandbox container spec', error);
      });
    const { type, options } = sandbox.runtime;
    const record = await parts.containers
      .create(ctx, CRI_NAMESPACE, {
        id,
        image: reference,
        labels: buildLabels(metadata.config.labels, image.config.config?.Labels ?? {}, 'sandbox'),
        runtime: {
          name: type,
          options: options === null ? null : { typeUrl: options.typeUrl, base64: base64(options.value) },
        },
        spec: jsonAny(SPEC_TYPE_URL, specJson(spec)),
        snapshotKey: id,
        snapshotter: snapshots.name,
        sandboxId: '',
        extensions: { [SANDBOX_EXTENSION]: encodeSandboxMetadata(metadata) },
      })
      .catch((error: unknown) => {
        throw wrap('failed to create containerd container', error);
      });
    sandbox.hasContainer = true;
    undo.push(() => parts.containers.delete(ctx, CRI_NAMESPACE, id));
    await setUpFiles(ctx, cri, id, metadata.config).catch((error: unknown) => {
      throw wrap('failed to setup sandbox files', error);
    });
    undo.push(() => cleanUpFiles(ctx, cri, id, metadata.config));
    const pid = await ctx
      .spanned('NewTask', 'cri-runtime', (c) =>
        parts.tasks.create(c, CRI_NAMESPACE, record, snapshots.mounts(CRI_NAMESPACE, id), NO_IO, handler.runtime_path),
      )
      .catch((error: unknown) => {
        throw wrap('failed to create containerd task', error);
      });
    const shim = parts.tasks.get(CRI_NAMESPACE, id);
    undo.push(async () => {
      await deleteTask(ctx, parts.tasks, CRI_NAMESPACE, shim, null);
    });
    await shim.start(ctx).catch((error: unknown) => {
      throw wrap(`failed to start sandbox container task ${quote(id)}`, error);
    });
    const created = parseRfc3339(record.createdAt);
    sandbox.controller = {
      pid,
      state: 'ready',
      createdAt: created.ok ? created.ns : ctx.wallTime,
      exitStatus: 0,
      exitedAt: 0n,
    };
    parts.tasks.announce(ctx, shim.bundle, { address: shim.params.address, status: 'running', pid });
    monitorPause(cri, sandbox, shim);
  } catch (error) {
    const fault = toFailure(error);
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (cleanup) {
        if (!isNotFound(cleanup))
          await cri.log.error(
            ctx,
            `failed to fully teardown sandbox resources after earlier error: ${fault.message}`,
            toFailure(cleanup),
            { id },
          );
      }
    }
    sandbox.hasContainer = false;
    throw fault;
  }
}

const NO_IO = { stdin: '', stdout: '', stderr: '', terminal: false };

async function pauseImage(ctx: Context, cri: CriService, name: string): Promise<CriImage> {
  try {
    return cri.images.resolve(name);
  } catch (error) {
    if (!isNotFound(error)) throw wrap(`failed to get image ${quote(name)}`, error);
  }
  const id = await pullImageByName(ctx, cri, name, null).catch((error: unknown) => {
    throw wrap(`failed to pull image ${quote(name)}`, error);
  });
  return cri.images.get(id);
}

/** hostname, hosts and resolv.conf of the pod, and its shared memory. */
async function setUpFiles(ctx: Context, cri: CriService, id: string, config: PodSandboxConfig): Promise<void> {
  const root = cri.sandboxRoot(id);
  const hostname = config.hostname === '' ? await cri.hostname(ctx) : config.hostname;
  await writeFile(ctx, `${root}/hostname`, `${hostname}\n`, { mode: 0o644 });
  await writeFile(
    ctx,
    `${root}/hosts`,
    await hostFile(ctx, '/etc/hosts', `failed to generate sandbox hosts file ${quote(`${root}/hosts`)}`),
    { mode: 0o644 },
  );
  const dns = config.dnsConfig;
  if (dns === undefined) {
    const text = await hostFile(
      ctx,
      '/etc/resolv.conf',
      `failed to copy host's resolv.conf to ${quote(`${root}/resolv.conf`)}`,
    );
    await writeFile(ctx, `${root}/resolv.conf`, text, { mode: 0o644 });
  } else {
    const lines = [
      ...(dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}\n`] : []),
      ...dns.servers.map((server) => `nameserver ${server}\n`),
      ...(dns.options.length > 0 ? [`options ${dns.options.join(' ')}\n`] : []),
    ];
    await writeFile(ctx, `${root}/resolv.conf`, lines.join(''), { mode: 0o644 });
  }
  if (usesHostIpc(config)) return;
  const shm = cri.sandboxShm(id);
  await mkdirAll(ctx, shm, 0o700);
  try {
    await ctx.sys.mount(
      ctx,
      'shm',
      shm,
      'tmpfs',
      { noExec: true, noSuid: true, noDev: true },
      `mode=1777,size=${SHM_BYTES}`,
    );
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`failed to mount sandbox shm: ${error.go}`);
  }
}

async function hostFile(ctx: Context, path: string, words: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`${words}: open ${path}: ${error.go}`);
  }
}

function usesHostIpc(config: PodSandboxConfig): boolean {
  return config.linux?.securityContext?.namespaceOptions?.ipc === NamespaceMode.NODE;
}

async function cleanUpFiles(ctx: Context, cri: CriService, id: string, config: PodSandboxConfig): Promise<void> {
  if (usesHostIpc(config)) return;
  try {
    await ctx.sys.umount(ctx, cri.sandboxShm(id), { detach: true });
  } catch (error) {
    // EINVAL: nothing is mounted there any more.
    if (!isErrno(error, 'ENOENT', 'EINVAL')) throw wrap(`failed to unmount ${quote(cri.sandboxShm(id))}`, error);
  }
}

/** SIGKILL, always. */
export async function stopPause(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  if (!sandbox.hasContainer) return;
  const { state } = sandbox.controller;
  if (state !== 'notready') {
    try {
      await killPause(ctx, cri, sandbox);
    } catch (error) {
      const shown = state === 'ready' ? 'SANDBOX_READY' : 'SANDBOX_UNKNOWN';
      throw wrap(`failed to stop sandbox container ${quote(sandbox.id)} in ${quote(shown)} state`, error);
    }
  }
  await cleanUpFiles(ctx, cri, sandbox.id, sandbox.metadata.config).catch((error: unknown) => {
    throw wrap('failed to cleanup sandbox files', error);
  });
}

async function killPause(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  const unknown = sandbox.controller.state === 'unknown';
  let shim: Awaited<ReturnType<typeof loadTask>>['shim'];
  try {
    shim = (await loadTask(ctx, cri.parts.tasks, CRI_NAMESPACE, sandbox.id)).shim;
  } catch (error) {
    if (!isNotFound(error)) throw wrap('failed to get pod sandbox container', error);
    if (unknown) await handlePauseExit(ctx, cri, sandbox, { status: UNKNOWN_EXIT_CODE, exitedAt: ctx.wallTime });
    return;
  }
  if (unknown) monitorPause(cri, sandbox, shim);
  try {
    await shim.kill(ctx, SIGKILL);
  } catch (error) {
    if (!isNotFound(error)) throw wrap('failed to kill pod sandbox container', error);
  }
  await sandbox.exited.wait();
}

/** Everything that is left of the sandbox, in files and in metadata. */
export async function removePause(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  const { id } = sandbox;
  const { containers, tasks } = cri.parts;
  const snapshots = snapshotsHolding(cri.parts, id);
  await ctx.cpu(LATENCY.containerdCleanupNs);
  await ensureRemoveAll(ctx, cri.sandboxRoot(id)).catch((error: unknown) => {
    throw wrap(`failed to remove sandbox root directory ${quote(cri.sandboxRoot(id))}`, error);
  });
  await ensureRemoveAll(ctx, cri.sandboxState(id)).catch((error: unknown) => {
    throw wrap(`failed to remove volatile sandbox root directory ${quote(cri.sandboxState(id))}`, error);
  });
  if (!sandbox.hasContainer) return;
  let missing = false;
  try {
    const { shim } = await loadTask(ctx, tasks, CRI_NAMESPACE, id);
    await deleteTask(ctx, tasks, CRI_NAMESPACE, shim, null);
  } catch (error) {
    if (!isNotFound(error)) throw wrap(`failed to delete sandbox task ${quote(id)}: failed to stop sandbox`, error);
    missing = true;
  }
  if (missing) {
    try {
      await tasks.delete(ctx, CRI_NAMESPACE, id);
    } catch (error) {
      if (!isNotFound(error))
        throw wrap(
          `failed to delete sandbox task ${quote(id)}: failed to cleanup sandbox ${id} in task-service`,
          error,
        );
    }
    await cri.log.info(ctx, `Ensure that sandbox ${id} in task-service has been cleanup successfully`);
  }
  try {
    if (snapshots.has(CRI_NAMESPACE, id)) await snapshots.remove(ctx, CRI_NAMESPACE, id);
    await containers.delete(ctx, CRI_NAMESPACE, id);
  } catch (error) {
    if (!isNotFound(error)) throw wrap(`failed to delete sandbox container ${quote(id)}`, error);
  }
}
