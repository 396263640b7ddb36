/**
 * A pod's containers: Docker containers that join the namespaces of the sandbox.
 * @models kubernetes 1.23 pkg/kubelet/dockershim/docker_container.go, convert.go, helpers.go
 * @fidelity partial: no devices, no seccomp or AppArmor
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import {
  ContainerState,
  type ContainerStatusRequest,
  type ContainerStatusResponse,
  type CreateContainerRequest,
  type CreateContainerResponse,
  type ExecSyncRequest,
  type ExecSyncResponse,
  type ListContainersRequest,
  type ListContainersResponse,
  type Mount,
  MountPropagation,
  NamespaceMode,
} from '../../../../protocols/cri/generated.ts';
import { DockerError } from '../../../../protocols/docker/client.ts';
import { newPieceReader } from '../../../../protocols/docker/stdcopy.ts';
import type { ContainerJson, ContainerSummary, ExecInspect, HostConfig } from '../../../../protocols/docker/types.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { type DockerService, isMissing, wrapped } from './docker-service.ts';
import { imageRefOf } from './images.ts';
import {
  containerName,
  LOG_PATH_LABEL,
  makeLabels,
  parseContainerName,
  SANDBOX_ID_LABEL,
  SANDBOX_LABEL,
  splitLabels,
} from './naming.ts';
import { cgroupParent, timeNs } from './sandbox.ts';

export async function createContainer(
  ctx: Context,
  shim: DockerService,
  { podSandboxId, config, sandboxConfig }: CreateContainerRequest,
): Promise<CreateContainerResponse> {
  if (config?.metadata === undefined) throw new GrpcError(grpcCode.Unknown, 'container config is nil');
  if (sandboxConfig?.metadata === undefined)
    throw new GrpcError(grpcCode.Unknown, `sandbox config is nil for container "${config.metadata.name}"`);
  const labels = {
    ...makeLabels(config.labels, config.annotations),
    [SANDBOX_LABEL]: 'container',
    [LOG_PATH_LABEL]: `${sandboxConfig.logDirectory}/${config.logPath}`,
    [SANDBOX_ID_LABEL]: podSandboxId,
  };
  const { resources, securityContext: security } = config.linux ?? {};
  const user = security?.runAsUser === undefined ? (security?.runAsUsername ?? '') : String(security.runAsUser.value);
  const group = security?.runAsGroup === undefined || user === '' ? '' : `:${security.runAsGroup.value}`;
  const pid = security?.namespaceOptions?.pid;
  const target = security?.namespaceOptions?.targetId ?? '';
  const host: HostConfig = {
    Binds: config.mounts.map(bindOf),
    NetworkMode: `container:${podSandboxId}`,
    IpcMode: `container:${podSandboxId}`,
    ...(security?.namespaceOptions?.network === NamespaceMode.NODE ? { UTSMode: 'host' } : {}),
    ...(pid === NamespaceMode.NODE
      ? { PidMode: 'host' }
      : pid === NamespaceMode.POD
        ? { PidMode: `container:${podSandboxId}` }
        : pid === NamespaceMode.TARGET
          ? { PidMode: `container:${target}` }
          : {}),
    CgroupParent: cgroupParent(sandboxConfig.linux?.cgroupParent ?? ''),
    CpuShares: Number(resources?.cpuShares ?? 0),
    CpuPeriod: Number(resources?.cpuPeriod ?? 0),
    CpuQuota: Number(resources?.cpuQuota ?? 0),
    Memory: Number(resources?.memoryLimitInBytes ?? 0),
    MemorySwap: Number(resources?.memoryLimitInBytes ?? 0),
    CpusetCpus: resources?.cpusetCpus ?? '',
    CpusetMems: resources?.cpusetMems ?? '',
    OomScoreAdj: Number(resources?.oomScoreAdj ?? 0),
    Privileged: security?.privileged ?? false,
    ReadonlyRootfs: security?.readonlyRootfs ?? false,
    CapAdd: security?.capabilities?.addCapabilities ?? null,
    CapDrop: security?.capabilities?.dropCapabilities ?? null,
    GroupAdd: (security?.supplementalGroups ?? []).map(String),
    SecurityOpt: security?.noNewPrivs === true ? ['no-new-privileges'] : null,
    ...(security !== undefined && security.maskedPaths.length > 0 ? { MaskedPaths: security.maskedPaths } : {}),
    ...(security !== undefined && security.readonlyPaths.length > 0 ? { ReadonlyPaths: security.readonlyPaths } : {}),
  };
  const body = {
    Entrypoint: config.command,
    Cmd: config.args,
    Env: config.envs.map(({ key, value }) => `${key}=${utf8(value)}`),
    Image: config.image?.image ?? '',
    WorkingDir: config.workingDir,
    Labels: labels,
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    Tty: config.tty,
    User: `${user}${group}`,
    HostConfig: host,
  };
  const query = { name: containerName(sandboxConfig.metadata, config.metadata) };
  const create = (): Promise<{ Id: string }> =>
    shim.docker.json<{ Id: string }>(ctx, 'POST', '/containers/create', { query, body });
  try {
    return { containerId: (await create()).Id };
  } catch (error) {
    const [, other] =
      /already in use by container "([0-9a-f]+)"/.exec(error instanceof DockerError ? error.message : '') ?? [];
    if (other === undefined) throw error;
    // Left behind by a kubelet that did not live to hear of it.
    await shim.docker.json(ctx, 'DELETE', `/containers/${other}`, { query: { force: '1' } });
    return { containerId: (await create()).Id };
  }
}

function bindOf({ hostPath, containerPath, readonly, propagation }: Mount): string {
  const options = [
    ...(readonly ? ['ro'] : []),
    ...(propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL
      ? ['rshared']
      : propagation === MountPropagation.PROPAGATION_HOST_TO_CONTAINER
        ? ['rslave']
        : []),
  ];
  return `${hostPath}:${containerPath}${options.length === 0 ? '' : `:${options.join(',')}`}`;
}

export async function startContainer(ctx: Context, shim: DockerService, id: string): Promise<Record<string, never>> {
  let fault: unknown = null;
  try {
    await shim.docker.json(ctx, 'POST', `/containers/${id}/start`);
  } catch (error) {
    fault = error;
  }
  // Also when it did not start: there may be something to read.
  await linkLog(ctx, shim, id);
  if (fault !== null) throw wrapped(`failed to start container "${id}"`, fault);
  return {};
}

/** The path that the kubelet reads leads to Docker's own file. */
async function linkLog(ctx: Context, shim: DockerService, id: string): Promise<void> {
  const { LogPath, Config } = await shim.inspect(ctx, id);
  const path = Config.Labels?.[LOG_PATH_LABEL] ?? '';
  if (path === '' || LogPath === '') return;
  await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')));
  await removeAll(ctx, path);
  await ctx.sys.symlink(ctx, LogPath, path);
}

export async function stopContainer(
  ctx: Context,
  shim: DockerService,
  id: string,
  seconds: number,
): Promise<Record<string, never>> {
  await shim.docker.json(ctx, 'POST', `/containers/${id}/stop`, { query: { t: String(seconds) } });
  return {};
}

export async function removeContainer(ctx: Context, shim: DockerService, id: string): Promise<Record<string, never>> {
  try {
    const { Config } = await shim.inspect(ctx, id);
    const path = Config.Labels?.[LOG_PATH_LABEL] ?? '';
    if (path !== '') await removeAll(ctx, path);
    await shim.docker.json(ctx, 'DELETE', `/containers/${id}`, { query: { force: '1', v: '1' } });
  } catch (error) {
    if (!isMissing(error)) throw wrapped(`failed to remove container "${id}"`, error);
  }
  return {};
}

const STATES: Readonly<Record<string, ContainerState>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
};

export async function listContainers(
  ctx: Context,
  shim: DockerService,
  { filter }: ListContainersRequest,
): Promise<Input<ListContainersResponse>> {
  const label = [
    `${SANDBOX_LABEL}=container`,
    ...(filter?.podSandboxId ? [`${SANDBOX_ID_LABEL}=${filter.podSandboxId}`] : []),
    ...Object.entries(filter?.labelSelector ?? {}).map(([k, v]) => `${k}=${v}`),
  ];
  const filters = JSON.stringify({ label, ...(filter?.id ? { id: [filter.id] } : {}) });
  const found = await shim.docker.json<ContainerSummary[]>(ctx, 'GET', '/containers/json', {
    query: { all: '1', filters },
  });
  const containers = found.flatMap((one) => {
    const metadata = parseContainerName(one.Names[0] ?? '');
    if (metadata === null) return [];
    const state = STATES[one.State] ?? ContainerState.CONTAINER_UNKNOWN;
    if (filter?.state !== undefined && filter.state.state !== state) return [];
    return [
      {
        id: one.Id,
        podSandboxId: one.Labels[SANDBOX_ID_LABEL] ?? '',
        metadata,
        image: { image: one.Image },
        imageRef: one.ImageID,
        state,
        createdAt: BigInt(one.Created) * 1_000_000_000n,
        ...splitLabels(one.Labels),
      },
    ];
  });
  return { containers };
}

export async function containerStatus(
  ctx: Context,
  shim: DockerService,
  { containerId }: ContainerStatusRequest,
): Promise<Input<ContainerStatusResponse>> {
  const inspected = await shim.inspect(ctx, containerId);
  const { Id, Name, Created, State, Config, Mounts } = inspected;
  const { name, reference, id } = await imageRefOf(ctx, shim, inspected.Image);
  const metadata = parseContainerName(Name);
  if (metadata === null) throw new GrpcError(grpcCode.Unknown, `failed to parse container name "${Name}"`);
  const all = Config.Labels ?? {};
  return {
    status: {
      id: Id,
      metadata,
      image: { image: name },
      imageRef: reference,
      imageId: id,
      mounts: Mounts.map((mount) => ({
        hostPath: mount.Source,
        containerPath: mount.Destination,
        readonly: !mount.RW,
      })),
      exitCode: State.ExitCode,
      createdAt: timeNs(Created),
      startedAt: timeNs(State.StartedAt),
      finishedAt: State.Running ? 0n : timeNs(State.FinishedAt),
      ...progressOf(State),
      logPath: all[LOG_PATH_LABEL] ?? '',
      ...splitLabels(all),
    },
  };
}

function progressOf(state: ContainerJson['State']): { state: ContainerState; reason: string; message: string } {
  if (state.Running) return { state: ContainerState.CONTAINER_RUNNING, reason: '', message: '' };
  const hasFinished = !state.FinishedAt.startsWith('0001-');
  if (hasFinished) {
    const reason = state.OOMKilled ? 'OOMKilled' : state.ExitCode === 0 ? 'Completed' : 'Error';
    return { state: ContainerState.CONTAINER_EXITED, reason, message: state.Error };
  }
  if (state.ExitCode !== 0)
    return { state: ContainerState.CONTAINER_EXITED, reason: 'ContainerCannotRun', message: state.Error };
  return { state: ContainerState.CONTAINER_CREATED, reason: '', message: state.Error };
}

export async function execSync(ctx: Context, shim: DockerService, request: ExecSyncRequest): Promise<ExecSyncResponse> {
  const { containerId, cmd, timeout } = request;
  const body = { Cmd: cmd, AttachStdout: true, AttachStderr: true };
  const { Id } = await shim.docker.json<{ Id: string }>(ctx, 'POST', `/containers/${containerId}/exec`, { body });
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const reader = newPieceReader();
  const fd = await shim.docker.hijack(ctx, `/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
  const timer =
    timeout > 0n
      ? ctx.scheduler.at(ctx.now + Number(timeout) * 1_000_000_000, () => {
          ctx.go('exec-timeout', async (c) => {
            try {
              await c.sys.shutdown(c, fd, 'both');
            } catch (error) {
              if (!isErrno(error)) throw error;
            }
          });
        })
      : null;
  for (;;) {
    const data = await ctx.sys.read(ctx, fd, 65_536);
    if (data.length === 0) break;
    for (const piece of reader(data)) parts[piece.stream === 2 ? 'stderr' : 'stdout'].push(piece.data);
  }
  await ctx.sys.close(ctx, fd);
  if (timer !== null) ctx.scheduler.cancel(timer);
  const { ExitCode, Running } = await shim.docker.json<ExecInspect>(ctx, 'GET', `/exec/${Id}/json`);
  if (Running) throw new GrpcError(grpcCode.DeadlineExceeded, `command ${JSON.stringify(cmd.join(' '))} timed out`);
  const join = (pieces: readonly Uint8Array[]): Uint8Array => {
    const out = new Uint8Array(pieces.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of pieces) {
      out.set(one, at);
      at += one.length;
    }
    return out;
  };
  return { stdout: join(parts.stdout), stderr: join(parts.stderr), exitCode: ExitCode ?? 0 };
}
