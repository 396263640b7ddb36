/**
 * RunPodSandbox: name, lease, handler, network namespace, CNI, pause container.
 * @models containerd 2.1 internal/cri/server/sandbox_run.go
 * @fidelity partial: no NRI
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerEventType,
  type PodSandboxConfig,
  ProtocolEnum,
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
} from '../../../../protocols/cri/generated.ts';
import { enumName } from '../../../../protocols/proto/message-type.ts';
import { Future } from '../../../../sim/primitives.ts';
import { type NamespaceMaker, newNetworkNamespace, removeNetworkNamespace } from '../../shared/cni/netns.ts';
import { failure, toFailure, wrap } from '../../shared/errors.ts';
import { DEFAULT_INTERFACE, type NamespaceOptions } from '../cni/go-cni.ts';
import { handlerFor, runtimeOptions } from '../config/handlers.ts';
import { sendContainerEvent } from './container-event-response.ts';
import { type CriService, generateId, isHostNetwork } from './cri-service.ts';
import { monitorSandbox } from './exit-monitor.ts';
import { startPause } from './pause-container.ts';
import { deleteSandboxRecord, saveSandboxRecord } from './sandbox-records.ts';
import { CRI_NAMESPACE, type ExitInfo, type Sandbox } from './types.ts';
import { podMaps, withNetworkNamespaceInside } from './user-namespace.ts';

export async function runPodSandbox(
  ctx: Context,
  cri: CriService,
  request: RunPodSandboxRequest,
): Promise<RunPodSandboxResponse> {
  const config = request.config;
  const metadata = config?.metadata;
  const id = generateId(ctx);
  if (config === undefined || metadata === undefined) throw failure('sandbox config must include metadata');
  const name = [metadata.name, metadata.namespace, metadata.uid, metadata.attempt].join('_');
  const holder = cri.sandboxNames.reserve(name, id);
  if (holder !== null) {
    throw failure(
      `failed to reserve sandbox name ${quote(name)}: name ${quote(name)} is reserved for ${quote(holder)}`,
      'FailedPrecondition',
    );
  }
  const undo: (() => Promise<void>)[] = [async () => cri.sandboxNames.releaseByName(name)];
  try {
    const { leases } = cri.parts.metadata;
    await leases.create(ctx, CRI_NAMESPACE, id);
    undo.push(() => leases.delete(ctx, CRI_NAMESPACE, id));
    const sandbox = newSandbox(ctx, cri, id, name, config, request.runtimeHandler);
    await saveSandboxRecord(ctx, cri, sandbox);
    undo.push(() => deleteSandboxRecord(ctx, cri, id));
    if (!isHostNetwork(config)) await setUpNetwork(ctx, cri, sandbox, undo);
    await startPause(ctx, cri, sandbox).catch((error: unknown) => {
      throw wrap(`failed to start sandbox ${quote(id)}`, error);
    });
    sandbox.status = { ...sandbox.controller };
    cri.sandboxes.add(id, sandbox);
    cri.announceSandbox(ctx, sandbox);
    await sendContainerEvent(ctx, cri, id, id, ContainerEventType.CONTAINER_CREATED_EVENT);
    monitorSandbox(cri, sandbox);
    await sendContainerEvent(ctx, cri, id, id, ContainerEventType.CONTAINER_STARTED_EVENT);
    return { podSandboxId: id };
  } catch (error) {
    const fault = toFailure(error);
    const done = ctx.withDeadline(null);
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (cleanup) {
        await cri.log.error(done, `encountered an error cleaning up failed sandbox ${quote(id)}`, toFailure(cleanup));
      }
    }
    throw fault;
  }
}

function newSandbox(
  ctx: Context,
  cri: CriService,
  id: string,
  name: string,
  config: PodSandboxConfig,
  handlerName: string,
): Sandbox {
  let handler: ReturnType<typeof handlerFor>;
  try {
    handler = handlerFor(cri.config, handlerName);
  } catch (error) {
    throw wrap(`unable to get OCI runtime for sandbox ${quote(id)}`, error);
  }
  const status = { pid: 0, state: 'unknown' as const, createdAt: ctx.wallTime, exitStatus: 0, exitedAt: 0n };
  return {
    id,
    metadata: {
      id,
      name,
      config,
      netNsPath: '',
      ip: '',
      additionalIps: [],
      runtimeHandler: handlerName,
      cniResult: null,
    },
    status,
    controller: { ...status },
    runtime: { type: handler.runtime_type, options: runtimeOptions(handler) },
    exited: new Future<ExitInfo>(ctx.scheduler),
    hasContainer: false,
    usage: null,
  };
}

async function setUpNetwork(
  ctx: Context,
  cri: CriService,
  sandbox: Sandbox,
  undo: (() => Promise<void>)[],
): Promise<void> {
  const { id, metadata } = sandbox;
  const base = cri.config.netns_mounts_under_state_dir ? `${cri.stateDir}/netns` : '/var/run/netns';
  const maps = podMaps(metadata.config.linux?.securityContext?.namespaceOptions?.usernsOptions);
  const maker: NamespaceMaker | undefined =
    maps === null ? undefined : (c, use) => withNetworkNamespaceInside(c, maps, use);
  metadata.netNsPath = await ctx
    .spanned('NewNetNS', 'cri-runtime', (c) => newNetworkNamespace(c, base, maker))
    .catch((error: unknown) => {
      throw wrap(`failed to create network namespace for sandbox ${quote(id)}`, error);
    });
  undo.push(() => removeNetworkNamespace(ctx, metadata.netNsPath));
  await saveSandboxRecord(ctx, cri, sandbox);
  undo.push(async () => {
    try {
      await tearDownNetwork(ctx, cri, sandbox);
    } catch (error) {
      await cri.log.error(ctx, `Failed to destroy network for sandbox ${quote(id)}`, toFailure(error));
    }
  });
  try {
    const network = await ctx.spanned('setupPodNetwork', 'cri-runtime', (c) =>
      cri.networks.setup(c, id, metadata.netNsPath, networkOptions(id, metadata.config)),
    );
    const addresses = (network.Interfaces[DEFAULT_INTERFACE]?.IPConfigs ?? []).map((config) => config.IP);
    if (addresses.length === 0) throw failure(`failed to find network info for sandbox ${quote(id)}`);
    const first = addresses.findIndex((address) => !address.includes(':'));
    const chosen = Math.max(first, 0);
    metadata.ip = addresses[chosen] as string;
    metadata.additionalIps = addresses.filter((_, i) => i !== chosen);
    metadata.cniResult = network;
  } catch (error) {
    throw wrap(`failed to setup network for sandbox ${quote(id)}`, error);
  }
  await saveSandboxRecord(ctx, cri, sandbox);
}

export function tearDownNetwork(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  const { metadata } = sandbox;
  return ctx.spanned('teardownPodNetwork', 'cri-runtime', (c) =>
    cri.networks.remove(c, sandbox.id, metadata.netNsPath, networkOptions(sandbox.id, metadata.config)),
  );
}

/** What plugins are told about the pod: CNI_ARGS, and values for the capabilities they declare. */
function networkOptions(id: string, config: PodSandboxConfig): NamespaceOptions {
  const metadata = config.metadata;
  const ports = config.portMappings
    .filter((mapping) => mapping.hostPort > 0)
    .map((mapping) => ({
      hostPort: mapping.hostPort,
      containerPort: mapping.containerPort,
      protocol: (enumName(ProtocolEnum, mapping.protocol) ?? 'TCP').toLowerCase(),
      hostIP: mapping.hostIp,
    }));
  const dns = config.dnsConfig;
  const cgroup = config.linux?.cgroupParent ?? '';
  const capabilityArgs: Record<string, unknown> = { 'io.kubernetes.cri.pod-annotations': { ...config.annotations } };
  if (ports.length > 0) capabilityArgs['portMappings'] = ports;
  if (dns !== undefined) capabilityArgs['dns'] = { Servers: dns.servers, Searches: dns.searches, Options: dns.options };
  if (cgroup !== '') capabilityArgs['cgroupPath'] = cgroup;
  return {
    labels: {
      IgnoreUnknown: '1',
      K8S_POD_INFRA_CONTAINER_ID: id,
      K8S_POD_NAME: metadata?.name ?? '',
      K8S_POD_NAMESPACE: metadata?.namespace ?? '',
      K8S_POD_UID: metadata?.uid ?? '',
    },
    capabilityArgs,
  };
}
