/**
 * PodSandboxStatus, with the verbose part that `crictl inspectp` shows.
 * @models containerd 2.1 internal/cri/server/sandbox_status.go, podsandbox/sandbox_status.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import {
  PodSandboxConfig,
  PodSandboxState,
  type PodSandboxStatus,
  type PodSandboxStatusRequest,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { isNetworkNamespaceClosed } from '../../shared/cni/netns.ts';
import { isNotFound, wrap } from '../../shared/errors.ts';
import { marshal, messageToJson } from '../../shared/go-json.ts';
import { runtimeOptionsOf } from '../containers/container-store.ts';
import { loadTask } from '../tasks/client-task.ts';
import { specOf } from './container-status.ts';
import { type CriService, isHostNetwork } from './cri-service.ts';
import { sandboxMetadataJson } from './metadata-json.ts';
import { shownRuntimeOptions } from './runtime-options.ts';
import { CRI_NAMESPACE, type Sandbox } from './types.ts';

type StatusResponse = { status: Input<PodSandboxStatus>; info?: Record<string, string> };

export async function podSandboxStatus(
  ctx: Context,
  cri: CriService,
  request: Pick<PodSandboxStatusRequest, 'podSandboxId' | 'verbose'>,
): Promise<StatusResponse> {
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(request.podSandboxId);
  } catch (error) {
    throw wrap('an error occurred when try to find sandbox', error);
  }
  const { metadata, controller } = sandbox;
  const { config } = metadata;
  const hasAddress = !isHostNetwork(config) && !(await isNetworkNamespaceClosed(ctx, metadata.netNsPath));
  const options = config.linux?.securityContext?.namespaceOptions;
  const status: Input<PodSandboxStatus> = {
    id: sandbox.id,
    ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
    state: controller.state === 'ready' ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY,
    createdAt: controller.createdAt,
    network: {
      ip: hasAddress ? metadata.ip : '',
      additionalIps: hasAddress ? metadata.additionalIps.map((ip) => ({ ip })) : [],
    },
    linux: { namespaces: options === undefined ? {} : { options } },
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler: metadata.runtimeHandler,
  };
  if (!request.verbose) return { status };
  return { status, info: { info: await verboseInfo(ctx, cri, sandbox) } };
}

async function verboseInfo(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<string> {
  const { metadata, controller } = sandbox;
  const record = cri.parts.containers.find(CRI_NAMESPACE, sandbox.id);
  const options = record === undefined ? null : runtimeOptionsOf(record);
  return marshal({
    pid: controller.pid,
    processStatus: await processStatus(ctx, cri, sandbox),
    netNamespaceClosed: !isHostNetwork(metadata.config) && (await isNetworkNamespaceClosed(ctx, metadata.netNsPath)),
    image: record?.image ?? '',
    snapshotKey: record?.snapshotKey ?? '',
    snapshotter: record?.snapshotter ?? '',
    runtimeType: record?.runtime.name ?? '',
    runtimeOptions: shownRuntimeOptions(options),
    config: messageToJson(PodSandboxConfig, metadata.config),
    runtimeSpec: record === undefined ? null : specOf(record),
    cniResult: metadata.cniResult,
    sandboxMetadata: sandboxMetadataJson(metadata),
  });
}

async function processStatus(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<string> {
  try {
    return (await loadTask(ctx, cri.parts.tasks, CRI_NAMESPACE, sandbox.id)).state.status;
  } catch (error) {
    if (!isNotFound(error)) throw wrap('failed to get sandbox container task', error);
    return 'deleted';
  }
}
