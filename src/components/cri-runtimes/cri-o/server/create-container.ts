/**
 * CreateContainer: image, storage, spec, and at once the process, which waits to be started.
 * @models CRI-O 1.36 server/container_create.go
 * @fidelity partial: no checkpoint images, hooks or NRI; progress of requests that time out is not stored
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, writeFile } from '../../../../linux/io.ts';
import type {
  ContainerConfig,
  CreateContainerRequest,
  CreateContainerResponse,
  Mount,
} from '../../../../protocols/cri/generated.ts';
import type { ImageConfig } from '../../../../protocols/oci/types.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { checkPolicy } from '../../shared/containers-image/policy.ts';
import type { RuntimeMetadata } from '../../shared/containers-storage/records.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import { marshal } from '../../shared/go-json.ts';
import type { Logger } from '../../shared/log.ts';
import { type Container, description, newContainer } from '../oci/container.ts';
import { Cleaner } from './cleaner.ts';
import { containerSpec, isPrivileged } from './container-spec.ts';
import { type LocalImage, resolveForContainer } from './images.ts';
import { filterAnnotations } from './run-pod-sandbox.ts';
import type { Sandbox } from './sandbox.ts';
import { metadataJson, prefixed } from './sandbox-spec.ts';
import { setupSeccomp } from './seccomp.ts';
import type { Server } from './server.ts';
import { specText } from './spec-base.ts';
import { makeAccessible, setMaps } from './user-namespace.ts';
import { toContainer, usernsMode } from './userns-mode.ts';

export async function createContainer(
  ctx: Context,
  server: Server,
  request: CreateContainerRequest,
  log: Logger,
): Promise<CreateContainerResponse> {
  const { config, sandboxConfig } = request;
  if (config === undefined) throw failure('config is nil');
  if (config.image === undefined) throw failure('config image is nil');
  if (sandboxConfig === undefined) throw failure('sandbox config is nil');
  if (sandboxConfig.metadata === undefined) throw failure('sandbox config metadata is nil');
  await log.info(ctx, `Creating container: ${description(config.labels)}`);
  let sandbox: Sandbox;
  try {
    sandbox = server.findSandbox(request.podSandboxId);
  } catch (error) {
    if (request.podSandboxId === '') throw error;
    throw wrap(`specified sandbox not found: ${request.podSandboxId}`, error);
  }
  if (sandbox.stopped) throw failure(`CreateContainer failed as the sandbox was stopped: ${sandbox.id}`);
  if (config.metadata === undefined) throw failure('setting container config: metadata is nil');
  if (config.metadata.name === '') throw failure('setting container config: name is empty');
  const { name: podName, namespace, uid } = sandboxConfig.metadata;
  const name = ['k8s', config.metadata.name, podName, namespace, uid, config.metadata.attempt].join('_');
  const holder = server.containerNames.get(name);
  if (holder !== undefined) {
    if (server.containers.get(holder)?.created === true) return { containerId: holder };
    throw failure(
      `Kubelet may be retrying requests that are timing out in CRI-O due to system load. Currently at stage container creating: error reserving ctr name ${name} for id ${holder}: name is reserved`,
    );
  }
  const id = ctx.random.hex(64);
  const cleaner = new Cleaner();
  server.containerNames.set(name, id);
  cleaner.add(`createCtr: releasing container name ${name}`, async () => void server.containerNames.delete(name));
  try {
    const container = await makeContainer(ctx, server, { id, name, config, request, sandbox }, cleaner, log);
    await server.events.send(ctx, server, container, 'created');
    await log.info(ctx, `Created container ${id}: ${description(config.labels)}`);
    return { containerId: id };
  } catch (error) {
    await cleaner.run(ctx.withDeadline(null), log);
    throw error;
  }
}

type Making = { id: string; name: string; config: ContainerConfig; request: CreateContainerRequest; sandbox: Sandbox };

async function makeContainer(
  ctx: Context,
  server: Server,
  { id, name, config, request, sandbox }: Making,
  cleaner: Cleaner,
  log: Logger,
): Promise<Container> {
  const sandboxConfig = request.sandboxConfig as NonNullable<CreateContainerRequest['sandboxConfig']>;
  const metadata = config.metadata as NonNullable<ContainerConfig['metadata']>;
  const privileged = isPrivileged({ config, sandboxConfig });
  const handler = server.handler(sandbox.handler);
  await filterAnnotations(ctx, server, config.annotations, sandbox.handler);
  const userImage = config.image?.image ?? '';
  if (userImage === '') throw failure('CreateContainerRequest.ContainerConfig.Image.Image is empty');
  const image = await resolveForContainer(ctx, server, userImage);
  await checkPolicy(ctx, server.config.crio.image.signature_policy, image.name === '' ? image.id : image.name);
  const createdAt = ctx.wallTime;
  const record: RuntimeMetadata = {
    'pod-name': sandbox.name,
    'pod-id': sandbox.id,
    'image-name': userImage,
    'image-id': image.id,
    'metadata-name': metadata.name,
    attempt: metadata.attempt,
    'created-at': Number(createdAt / 1_000_000_000n),
    ...(privileged ? { privileged } : {}),
  };
  await server.store.createContainer(ctx, id, [name], image.record, record, sandbox.maps);
  // Annotations of the image and of the container are looked through separately.
  for (let looked = 0; looked < 2; looked++) await filterAnnotations(ctx, server, config.annotations, sandbox.handler);
  let container: Container;
  try {
    container = await buildContainer(ctx, server, { id, name, config, request, sandbox }, image, createdAt, privileged);
  } catch (error) {
    await log.info(ctx, `CreateCtrLinux: deleting container ${id} from storage`);
    await server.store.removeContainer(ctx, id);
    throw error;
  }
  cleaner.add(`createCtr: deleting container ${id} from storage`, (inner) => server.store.removeContainer(inner, id));
  server.addContainer(container);
  cleaner.add(`createCtr: removing container ${id}`, async () => {
    server.containers.delete(id);
    sandbox.containers.delete(id);
  });
  cleaner.add(`createCtr: deleting container ID ${id} from idIndex`, async () => {});
  await handler.runtime.create(ctx, container, log);
  cleaner.add(`createCtr: removing container ID ${id} from runtime`, (inner) =>
    handler.runtime.delete(inner, container),
  );
  await server.stateToDisk(ctx, container, log);
  container.created = true;
  return container;
}

async function buildContainer(
  ctx: Context,
  server: Server,
  { id, name, config, request, sandbox }: Making,
  image: LocalImage,
  createdAt: bigint,
  privileged: boolean,
): Promise<Container> {
  const sandboxConfig = request.sandboxConfig as NonNullable<CreateContainerRequest['sandboxConfig']>;
  const metadata = config.metadata as NonNullable<ContainerConfig['metadata']>;
  const mountPoint = await server.store.mount(ctx, id).catch((error: unknown) => {
    throw wrap(`failed to mount container ${name}(${id})`, error);
  });
  const run = image.config.config ?? {};
  const { spec, volumes } = await containerSpec(ctx, server, {
    id,
    name,
    config,
    sandboxConfig,
    sandbox,
    image: run,
    mountPoint,
  });
  const seccomp = await setupSeccomp(ctx, server, spec, config.linux?.securityContext, privileged);
  await makeImageVolumes(ctx, server, mountPoint, image.config);
  await ensureDirectory(ctx, `${mountPoint}${spec.process.cwd}`);
  const logPath = logPathOf(server, sandbox, sandboxConfig.logDirectory, config.logPath, id);
  const stopSignal = run.StopSignal ?? '';
  const imageRef = image.repoDigests[0] ?? image.id;
  spec.annotations = {
    ...config.annotations,
    ...sandbox.annotations,
    ...config.annotations,
    ...config.labels,
    'io.container.manager': 'cri-o',
    'platform-runtime-path.crio.io': '',
    ...(stopSignal === '' ? {} : { 'org.opencontainers.image.stopSignal': stopSignal }),
    ...prefixed({
      Annotations: mapText(config.annotations),
      ContainerID: id,
      ContainerType: 'container',
      Created: rfc3339Nano(createdAt),
      ...Object.fromEntries(sandbox.ips.map((ip, at) => [`IP.${at}`, ip])),
      Image: config.image?.userSpecifiedImage || (config.image?.image ?? ''),
      ImageName: image.name,
      ImageRef: image.id,
      ...(image.repoDigests.length === 0 ? {} : { ImageRepoDigests: image.repoDigests.join(',') }),
      Labels: mapText(config.labels),
      LogPath: logPath,
      Metadata: marshal(metadataJson(metadata)),
      MountPoint: mountPoint,
      Name: name,
      ResolvPath: sandbox.resolvPath,
      SandboxID: sandbox.id,
      SandboxName: sandbox.name,
      SeccompProfilePath: seccomp,
      Stdin: String(config.stdin),
      StdinOnce: String(config.stdinOnce),
      TTY: String(config.tty),
      Volumes: marshal(volumes.map(volumeJson)),
    }),
  };
  setMaps(spec, sandbox.maps);
  if (sandbox.maps !== null && usernsMode(sandbox.annotations) !== '') {
    const { user } = spec.process;
    const { uids, gids } = sandbox.maps;
    user.uid = toContainer(user.uid, uids);
    user.gid = toContainer(user.gid, gids);
    if (user.additionalGids !== undefined) user.additionalGids = user.additionalGids.map((id) => toContainer(id, gids));
  }
  for (const path of [mountPoint, server.store.runDirectory(id)]) await makeAccessible(ctx, path, sandbox.maps);
  await ctx.cpu(LATENCY.crioSpecNs);
  const text = specText(spec);
  await writeFile(ctx, `${server.store.workDirectory(id)}/config.json`, text);
  await writeFile(ctx, `${server.store.runDirectory(id)}/config.json`, text);
  return newContainer(ctx, {
    id,
    name,
    bundle: server.store.runDirectory(id),
    directory: server.store.workDirectory(id),
    logPath,
    labels: config.labels,
    annotations: config.annotations,
    userImage: config.image?.userSpecifiedImage || (config.image?.image ?? ''),
    imageName: image.name,
    imageId: image.id,
    imageRef,
    metadata: { name: metadata.name, attempt: metadata.attempt },
    sandboxId: sandbox.id,
    terminal: config.tty,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    handler: sandbox.handler,
    createdAt,
    stopSignal: stopSignal === '' ? 'SIGTERM' : stopSignal,
    volumes,
    privileged,
    spoofed: false,
    spec,
    mountPoint,
  });
}

/** A map that nobody has made is null in Go. */
function mapText(map: Record<string, string>): string {
  return Object.keys(map).length === 0 ? 'null' : marshal(map);
}

function logPathOf(server: Server, sandbox: Sandbox, directory: string, path: string, id: string): string {
  const base = directory === '' ? sandbox.logDir || `${server.config.crio.log_dir}/${sandbox.id}` : directory;
  return path === '' ? `${base}/${id}.log` : `${base}/${path}`;
}

/** image_volumes: `mkdir` makes the directories that an image declares. */
async function makeImageVolumes(ctx: Context, server: Server, root: string, image: ImageConfig): Promise<void> {
  const volumes = Object.keys((image.config as { Volumes?: Record<string, unknown> } | undefined)?.Volumes ?? {});
  if (server.config.crio.image.image_volumes !== 'mkdir') return;
  for (const volume of volumes) await ensureDirectory(ctx, `${root}${volume}`);
}

async function ensureDirectory(ctx: Context, path: string): Promise<void> {
  if (await exists(ctx, path)) return;
  try {
    await mkdirAll(ctx, path, 0o755);
  } catch (error) {
    if (!isErrno(error)) throw error;
    messageOf(error);
  }
}

export function volumeJson(mount: Mount): Record<string, unknown> {
  return {
    container_path: mount.containerPath,
    host_path: mount.hostPath,
    readonly: mount.readonly,
    recursive_read_only: mount.recursiveReadOnly,
    propagation: mount.propagation,
    selinux_relabel: mount.selinuxRelabel,
    ...(mount.image === undefined ? {} : { image: { image: mount.image.image } }),
  };
}
