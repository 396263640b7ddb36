/**
 * CreateContainer: metadata and a snapshot; no process and no bundle yet.
 * @models containerd 2.1 internal/cri/server/container_create.go
 * @fidelity partial: no checkpoint archives or NRI
 */

import { base64 } from '../../../../go/json.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { exists, mkdirAll, removeAll } from '../../../../linux/io.ts';
import {
  type ContainerConfig,
  ContainerEventType,
  type CreateContainerRequest,
  type CreateContainerResponse,
  type LinuxContainerResources,
  type Mount,
  NamespaceMode,
  type PodSandboxConfig,
  LinuxContainerResources as Resources,
} from '../../../../protocols/cri/generated.ts';
import { specJson } from '../../../../protocols/oci-runtime/default-spec.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import { rootReader } from '../../../../protocols/oci-runtime/user.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Future } from '../../../../sim/primitives.ts';
import { failure, isNotFound, notFound, toFailure, wrap } from '../../shared/errors.ts';
import { ContainerIo } from '../../shared/io/container-io.ts';
import { newFifoSet } from '../../shared/io/fifos.ts';
import { handlerFor } from '../config/handlers.ts';
import { SPEC_TYPE_URL } from '../containers/container-store.ts';
import { jsonAny } from '../metadata/json-any.ts';
import { ensureRemoveAll } from '../mounts.ts';
import { sendContainerEvent } from './container-event-response.ts';
import { buildLabels } from './container-labels.ts';
import { containerSpec, plainMount, podMounts, setContainerUser } from './container-spec.ts';
import { newStatus, saveStatus, stateName, stateOf } from './container-state.ts';
import { type CriService, generateId } from './cri-service.ts';
import { mountImages } from './image-mounts.ts';
import type { CriImage } from './image-store.ts';
import { encodeContainerMetadata } from './metadata-json.ts';
import { prepareRootfs, runtimeSnapshots } from './runtime-snapshotter.ts';
import {
  CONTAINER_EXTENSION,
  type ContainerMetadata,
  CRI_NAMESPACE,
  type CriContainer,
  type Sandbox,
} from './types.ts';
import { podMaps, remapLabels } from './user-namespace.ts';
import { copyVolumes } from './volumes.ts';

export async function createContainer(
  ctx: Context,
  cri: CriService,
  request: CreateContainerRequest,
): Promise<CreateContainerResponse> {
  const { config, sandboxConfig } = request;
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(request.podSandboxId);
  } catch (error) {
    throw wrap(`failed to find sandbox id ${quote(request.podSandboxId)}`, error);
  }
  const id = generateId(ctx);
  const metadata = config?.metadata;
  if (config === undefined || metadata === undefined) throw failure('container config must include metadata');
  const podConfig = sandboxConfig ?? sandbox.metadata.config;
  const pod = podConfig.metadata;
  const name = [metadata.name, pod?.name ?? '', pod?.namespace ?? '', pod?.uid ?? '', metadata.attempt].join('_');
  const holder = cri.containerNames.reserve(name, id);
  if (holder !== null) {
    const reserved = `name ${quote(name)} is reserved for ${quote(holder)}`;
    await cri.log.log(ctx, 'warning', 'possible concurrent CreateContainer request', { error: reserved });
    throw failure(
      `failed to reserve container name ${quote(name)}; check if another CreateContainer request is in progress: ${reserved}`,
      'FailedPrecondition',
    );
  }
  const undo: (() => Promise<void>)[] = [async () => cri.containerNames.releaseByName(name)];
  try {
    const image = await findImage(ctx, cri, config);
    await build(ctx, cri, { id, name, sandbox, config, podConfig, image, undo });
    return { containerId: id };
  } catch (error) {
    const fault = toFailure(error);
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (cleanup) {
        await cri.log.error(ctx, `failed to clean up after creating container ${quote(id)} failed`, toFailure(cleanup));
      }
    }
    throw fault;
  }
}

async function findImage(ctx: Context, cri: CriService, config: ContainerConfig): Promise<CriImage> {
  const wanted = config.image?.image ?? '';
  if (wanted.startsWith('/') && (await exists(ctx, wanted))) {
    await cri.log.info(ctx, `${quote(wanted)} is a file. Assuming it is a checkpoint archive`);
    throw failure('restoring checkpoint archives is not simulated');
  }
  try {
    return cri.images.resolve(wanted);
  } catch (error) {
    if (isNotFound(error))
      throw wrap(`failed to check if this is a checkpoint image: failed to resolve image ${quote(wanted)}`, notFound());
    throw wrap(`failed to resolve image ${quote(wanted)}`, error);
  }
}

type Building = {
  id: string;
  name: string;
  sandbox: Sandbox;
  config: ContainerConfig;
  podConfig: PodSandboxConfig;
  image: CriImage;
  undo: (() => Promise<void>)[];
};

async function build(ctx: Context, cri: CriService, b: Building): Promise<void> {
  const { id, sandbox, podConfig, image, undo } = b;
  const mounts = await mountImages(ctx, cri, sandbox.id, b.config.mounts).catch((error: unknown) => {
    throw wrap(`failed to mount image volume`, error);
  });
  const config = { ...b.config, mounts };
  const { parts } = cri;
  const root = cri.containerRoot(id);
  const state = cri.containerState(id);
  await mkdirAll(ctx, root, 0o755);
  undo.push(() => removeAll(ctx, root));
  await mkdirAll(ctx, state, 0o755);
  undo.push(() => ensureRemoveAll(ctx, state));
  const handler = handlerFor(cri.config, sandbox.metadata.runtimeHandler);
  const run = image.config.config ?? {};
  const volumes = cri.config.ignore_image_defined_volumes
    ? []
    : volumeMounts(ctx, root, config, Object.keys(run.Volumes ?? {}));
  const imageName = config.image?.userSpecifiedImage || (image.references[0] ?? image.id);
  const hostname = podConfig.hostname === '' ? await cri.hostname(ctx) : podConfig.hostname;
  await ctx.cpu(LATENCY.containerdSpecNs);
  const spec = await podMounts(ctx, cri.sandboxRoot(sandbox.id), cri.sandboxShm(sandbox.id), config)
    .then((own) =>
      containerSpec(ctx, {
        id,
        sandboxId: sandbox.id,
        sandboxPid: sandbox.controller.pid,
        targetPid: targetPid(cri, sandbox, config),
        config,
        sandboxConfig: podConfig,
        image: run,
        imageName,
        criConfig: cri.config,
        handler,
        extraMounts: [...own, ...volumes],
        hostname,
      }),
    )
    .catch((error: unknown) => {
      throw wrap(`failed to generate container ${quote(id)} spec: failed to generate spec`, error);
    });
  const logPath =
    podConfig.logDirectory !== '' && config.logPath !== '' ? joinPath(podConfig.logDirectory, config.logPath) : '';
  if (logPath === '') {
    await cri.log.info(
      ctx,
      `Logging will be disabled due to empty log paths for sandbox (${quote(podConfig.logDirectory)}) or container (${quote(config.logPath)})`,
    );
  }
  const metadata: ContainerMetadata = {
    id,
    name: b.name,
    sandboxId: sandbox.id,
    config: b.config,
    imageRef: image.id,
    logPath,
    stopSignal: run.StopSignal ?? '',
  };
  const io = await ContainerIo.open(
    parts.base,
    id,
    await newFifoSet(ctx, `${state}/io`, id, config.tty, config.stdin),
    cri.log,
  );
  undo.push(() => io.close(ctx));
  try {
    const userns = config.linux?.securityContext?.namespaceOptions?.usernsOptions;
    const snapshots = runtimeSnapshots(parts, handler);
    await prepareRootfs(ctx, parts, snapshots, id, image, remapLabels(podMaps(userns)));
    undo.push(() => snapshots.remove(ctx, CRI_NAMESPACE, id));
    await snapshots.withDirectories(ctx, CRI_NAMESPACE, id, parts.temp, async (directories) => {
      await copyVolumes(ctx, volumes, directories);
      await setContainerUser(ctx, spec, config, run, rootReader(directories));
    });
    const { type, options } = sandbox.runtime;
    await parts.containers.create(ctx, CRI_NAMESPACE, {
      id,
      image: image.references[0] ?? image.id,
      labels: buildLabels(config.labels, run.Labels ?? {}, 'container'),
      runtime: {
        name: type,
        options: options === null ? null : { typeUrl: options.typeUrl, base64: base64(options.value) },
      },
      spec: jsonAny(SPEC_TYPE_URL, specJson(spec)),
      snapshotKey: id,
      snapshotter: snapshots.name,
      sandboxId: sandbox.id,
      extensions: { [CONTAINER_EXTENSION]: encodeContainerMetadata(metadata) },
    });
    undo.push(() => parts.containers.delete(ctx, CRI_NAMESPACE, id));
  } catch (error) {
    throw wrap('failed to create containerd container', error);
  }
  const container: CriContainer = {
    id,
    metadata,
    status: { ...newStatus(ctx.wallTime), resources: resourcesOf(spec) },
    io,
    stopped: new Future<void>(ctx.scheduler),
    stopSignalSent: false,
    usage: null,
  };
  await saveStatus(ctx, root, container.status);
  cri.containers.add(id, container);
  cri.announceContainer(ctx, container);
  await sendContainerEvent(ctx, cri, id, sandbox.id, ContainerEventType.CONTAINER_CREATED_EVENT);
}

function joinPath(directory: string, name: string): string {
  return `${directory}/${name}`.replace(/\/+/g, '/');
}

/** Whose PID namespace: the pod's, or with TARGET another container's. */
function targetPid(cri: CriService, sandbox: Sandbox, config: ContainerConfig): number {
  const options = config.linux?.securityContext?.namespaceOptions;
  if (options?.pid !== NamespaceMode.TARGET) return sandbox.controller.pid;
  return targetContainer(cri, sandbox.id, options.targetId).status.pid;
}

export function targetContainer(cri: CriService, sandboxId: string, targetId: string): CriContainer {
  const target = (() => {
    try {
      return cri.containers.get(targetId);
    } catch (error) {
      throw wrap('invalid target container', wrap(`container ${quote(targetId)} does not exist`, error));
    }
  })();
  if (target.metadata.sandboxId !== sandboxId) {
    throw failure(
      `invalid target container: container ${quote(targetId)} (sandbox ${target.metadata.sandboxId}) does not belong to sandbox ${sandboxId}`,
    );
  }
  const state = stateName(stateOf(target.status));
  if (state !== 'CONTAINER_RUNNING') {
    throw failure(`invalid target container: container ${quote(targetId)} is not running - in state ${state}`);
  }
  return target;
}

/** Directories that the image wants kept apart from its layers. */
function volumeMounts(ctx: Context, root: string, config: ContainerConfig, volumes: readonly string[]): Mount[] {
  return volumes
    .filter(
      (path) => !config.mounts.some((mount) => mount.containerPath.replace(/\/+$/, '') === path.replace(/\/+$/, '')),
    )
    .map((path) => plainMount(path.startsWith('/') ? path : `/${path}`, `${root}/volumes/${generateId(ctx)}`, false));
}

/** What the status shows: read back from the spec. */
export function resourcesOf(spec: Spec): LinuxContainerResources {
  const { cpu, memory, unified } = spec.linux?.resources ?? {};
  return Resources.create({
    oomScoreAdj: BigInt(spec.process?.oomScoreAdj ?? 0),
    cpuPeriod: BigInt(cpu?.period ?? 0),
    cpuQuota: BigInt(cpu?.quota ?? 0),
    cpuShares: BigInt(cpu?.shares ?? 0),
    cpusetCpus: cpu?.cpus ?? '',
    cpusetMems: cpu?.mems ?? '',
    memoryLimitInBytes: BigInt(memory?.limit ?? 0),
    memorySwapLimitInBytes: BigInt(memory?.swap ?? 0),
    unified: unified ?? {},
  });
}
