/**
 * A pod's sandbox is a container of the pause image whose namespaces the others join.
 * @models kubernetes 1.23 pkg/kubelet/dockershim/docker_sandbox.go, helpers_linux.go, security_context.go
 * @fidelity partial: no SELinux, seccomp or AppArmor; checkpoints hold names and port mappings only
 */
import { parseRfc3339 } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { mkdirAll, readFile, removeAll, writeFile } from '../../../../linux/io.ts';
import {
  type ListPodSandboxRequest,
  type ListPodSandboxResponse,
  NamespaceMode,
  type PodSandboxConfig,
  PodSandboxState,
  type PodSandboxStatusRequest,
  type PodSandboxStatusResponse,
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
} from '../../../../protocols/cri/generated.ts';
import type { ContainerSummary, HostConfig } from '../../../../protocols/docker/types.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { type DockerService, isMissing, wordsOf, wrapped } from './docker-service.ts';
import { ensureImage } from './images.ts';
import { makeLabels, parseSandboxName, SANDBOX_LABEL, sandboxName, splitLabels } from './naming.ts';
import type { PodIdentity } from './network.ts';

const SANDBOX_OOM_SCORE = -998;
const SANDBOX_CPU_SHARES = 2;
const STOP_SECONDS = 10;

export const timeNs = (text: string): bigint => {
  if (text.startsWith('0001-')) return 0n;
  const parsed = parseRfc3339(text);
  return parsed.ok ? parsed.ns : 0n;
};

export async function runPodSandbox(
  ctx: Context,
  shim: DockerService,
  { config, runtimeHandler }: RunPodSandboxRequest,
): Promise<RunPodSandboxResponse> {
  if (config?.metadata === undefined) throw new GrpcError(grpcCode.Unknown, 'sandbox config has no metadata');
  if (runtimeHandler !== '') throw new GrpcError(grpcCode.Unknown, `RuntimeHandler "${runtimeHandler}" not supported`);
  const { metadata } = config;
  const { docker, options } = shim;
  await ensureImage(ctx, shim, options.sandboxImage);
  const labels = {
    ...makeLabels(config.labels, config.annotations),
    [SANDBOX_LABEL]: 'podsandbox',
    'io.kubernetes.container.name': 'POD',
  };
  let id: string;
  try {
    const body = {
      Hostname: config.hostname,
      Image: options.sandboxImage,
      Labels: labels,
      HostConfig: hostConfig(config, options.network !== null),
    };
    const query = { name: sandboxName(metadata) };
    id = (await docker.json<{ Id: string }>(ctx, 'POST', '/containers/create', { query, body })).Id;
  } catch (error) {
    throw wrapped(`failed to create a sandbox for pod "${metadata.name}"`, error);
  }
  await mkdirAll(ctx, shim.checkpoint('').replace(/\/$/, ''));
  await writeFile(
    ctx,
    shim.checkpoint(id),
    JSON.stringify({
      version: 'v1',
      name: metadata.name,
      namespace: metadata.namespace,
      data: { host_network: isHostNetwork(config) },
    }),
  );
  try {
    await docker.json(ctx, 'POST', `/containers/${id}/start`);
  } catch (error) {
    throw wrapped(`failed to start sandbox container for pod "${metadata.name}"`, error);
  }
  const inspected = await shim.inspect(ctx, id);
  await writeResolver(ctx, config, inspected.ResolvConfPath);
  if (isHostNetwork(config) || options.network === null) return { podSandboxId: id };
  const pod: PodIdentity = { name: metadata.name, namespace: metadata.namespace, id, pid: inspected.State.Pid };
  try {
    await options.network.setUp(ctx, pod, config);
  } catch (error) {
    const errors = [`failed to set up sandbox container "${id}" network for pod "${metadata.name}": ${wordsOf(error)}`];
    try {
      await options.network.tearDown(ctx, pod);
    } catch (second) {
      errors.push(
        `failed to clean up sandbox container "${id}" network for pod "${metadata.name}": ${wordsOf(second)}`,
      );
    }
    await stopQuietly(ctx, shim, id);
    throw new GrpcError(grpcCode.Unknown, errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
  }
  return { podSandboxId: id };
}

function isHostNetwork(config: PodSandboxConfig): boolean {
  return config.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
}

function hostConfig(config: PodSandboxConfig, hasPlugin: boolean): HostConfig {
  const options = config.linux?.securityContext?.namespaceOptions;
  const onHost = isHostNetwork(config);
  return {
    IpcMode: options?.ipc === NamespaceMode.NODE ? 'host' : 'shareable',
    NetworkMode: onHost ? 'host' : hasPlugin ? 'none' : 'default',
    ...(onHost ? { UTSMode: 'host' } : {}),
    ...(options?.pid === NamespaceMode.NODE ? { PidMode: 'host' } : {}),
    CgroupParent: cgroupParent(config.linux?.cgroupParent ?? ''),
    CpuShares: SANDBOX_CPU_SHARES,
    OomScoreAdj: SANDBOX_OOM_SCORE,
    Privileged: config.linux?.securityContext?.privileged ?? false,
    ReadonlyRootfs: config.linux?.securityContext?.readonlyRootfs ?? false,
    ...(config.linux === undefined ? {} : { Sysctls: config.linux.sysctls }),
    SecurityOpt: ['no-new-privileges'],
  };
}

/** With the systemd driver Docker wants the slice's name alone. */
export function cgroupParent(path: string): string {
  return path.endsWith('.slice') ? path.slice(path.lastIndexOf('/') + 1) : path;
}

async function writeResolver(ctx: Context, { dnsConfig }: PodSandboxConfig, path: string): Promise<void> {
  if (dnsConfig === undefined || path === '') return;
  const { servers, searches, options } = dnsConfig;
  const lines = [
    ...servers.map((server) => `nameserver ${server}`),
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  await writeFile(ctx, path, `${lines.join('\n')}\n`);
}

async function stopQuietly(ctx: Context, shim: DockerService, id: string): Promise<void> {
  try {
    await shim.docker.json(ctx, 'POST', `/containers/${id}/stop`, { query: { t: String(STOP_SECONDS) } });
  } catch (error) {
    wordsOf(error);
  }
}

async function checkpointOf(
  ctx: Context,
  shim: DockerService,
  id: string,
): Promise<{ name: string; namespace: string; data: { host_network: boolean } } | null> {
  try {
    return JSON.parse(await readFile(ctx, shim.checkpoint(id))) as {
      name: string;
      namespace: string;
      data: { host_network: boolean };
    };
  } catch {
    return null;
  }
}

export async function stopPodSandbox(ctx: Context, shim: DockerService, id: string): Promise<Record<string, never>> {
  const { docker, options } = shim;
  let pid = 0;
  let isOnHost = false;
  let name = '';
  let namespace = '';
  try {
    const inspected = await shim.inspect(ctx, id);
    pid = inspected.State.Pid;
    isOnHost = inspected.HostConfig.NetworkMode === 'host';
    const metadata = parseSandboxName(inspected.Name);
    name = metadata?.name ?? '';
    namespace = metadata?.namespace ?? '';
  } catch (error) {
    if (!isMissing(error)) throw error;
    const kept = await checkpointOf(ctx, shim, id);
    if (kept === null) return {};
    ({ name, namespace } = kept);
    isOnHost = kept.data.host_network;
  }
  if (!isOnHost && options.network !== null) {
    try {
      await options.network.tearDown(ctx, { name, namespace, id, pid });
    } catch (error) {
      throw new GrpcError(grpcCode.Unknown, wordsOf(error));
    }
  }
  try {
    await docker.json(ctx, 'POST', `/containers/${id}/stop`, { query: { t: String(STOP_SECONDS) } });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return {};
}

export async function removePodSandbox(ctx: Context, shim: DockerService, id: string): Promise<Record<string, never>> {
  const filters = JSON.stringify({ label: [`io.kubernetes.sandbox.id=${id}`] });
  const inside = await shim.docker.json<ContainerSummary[]>(ctx, 'GET', '/containers/json', {
    query: { all: '1', filters },
  });
  for (const one of [...inside.map((container) => container.Id), id]) {
    try {
      await shim.docker.json(ctx, 'DELETE', `/containers/${one}`, { query: { force: '1', v: '1' } });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  await removeAll(ctx, shim.checkpoint(id));
  return {};
}

export async function podSandboxStatus(
  ctx: Context,
  shim: DockerService,
  { podSandboxId }: PodSandboxStatusRequest,
): Promise<Input<PodSandboxStatusResponse>> {
  const { Id, Name, Created, State, HostConfig: host, Config: config } = await shim.inspect(ctx, podSandboxId);
  const metadata = parseSandboxName(Name);
  if (metadata === null)
    throw new GrpcError(grpcCode.Unknown, `failed to parse Docker container name "${Name}" into parts`);
  const onHost = host.NetworkMode === 'host';
  const ip =
    State.Running && !onHost && shim.options.network !== null ? await shim.options.network.address(ctx, State.Pid) : '';
  return {
    status: {
      id: Id,
      state: State.Running ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY,
      createdAt: timeNs(Created),
      metadata,
      network: { ip },
      linux: {
        namespaces: {
          options: {
            network: onHost ? NamespaceMode.NODE : NamespaceMode.POD,
            ipc: host.IpcMode === 'host' ? NamespaceMode.NODE : NamespaceMode.POD,
            pid: host.PidMode === 'host' ? NamespaceMode.NODE : NamespaceMode.CONTAINER,
          },
        },
      },
      ...splitLabels(config.Labels ?? {}),
    },
  };
}

export async function listPodSandbox(
  ctx: Context,
  shim: DockerService,
  { filter }: ListPodSandboxRequest,
): Promise<Input<ListPodSandboxResponse>> {
  const label = [
    `${SANDBOX_LABEL}=podsandbox`,
    ...Object.entries(filter?.labelSelector ?? {}).map(([k, v]) => `${k}=${v}`),
  ];
  const filters = JSON.stringify({ label, ...(filter?.id ? { id: [filter.id] } : {}) });
  const found = await shim.docker.json<ContainerSummary[]>(ctx, 'GET', '/containers/json', {
    query: { all: '1', filters },
  });
  const items = found.flatMap((one) => {
    const metadata = parseSandboxName(one.Names[0] ?? '');
    if (metadata === null) return [];
    const state = one.State === 'running' ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
    if (filter?.state !== undefined && filter.state.state !== state) return [];
    return [
      { id: one.Id, metadata, state, createdAt: BigInt(one.Created) * 1_000_000_000n, ...splitLabels(one.Labels) },
    ];
  });
  return { items };
}
