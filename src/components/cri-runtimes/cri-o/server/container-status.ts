/** ContainerStatus, with the verbose part that `crictl inspect` shows. @models CRI-O 1.36 server/container_status.go @fidelity full */

import { parseRfc3339 } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerState,
  type ContainerStatus,
  type ContainerStatusRequest,
  type ContainerStatusResponse,
  type LinuxContainerResources,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { marshal } from '../../shared/go-json.ts';
import type { Logger } from '../../shared/log.ts';
import { type Container, ZERO_TIME } from '../oci/container.ts';
import { containerOrNotFound } from './lookup.ts';
import type { Server } from './server.ts';

/** What UnixNano makes of the time that is none. */
const ZERO_UNIX_NANO = -6_795_364_578_871_345_152n;

export function criState({ state }: Container): ContainerState {
  switch (state.status) {
    case 'created':
      return ContainerState.CONTAINER_CREATED;
    case 'running':
    case 'paused':
      return ContainerState.CONTAINER_RUNNING;
    case 'stopped':
      return ContainerState.CONTAINER_EXITED;
    default:
      return ContainerState.CONTAINER_UNKNOWN;
  }
}

export function unixNano(text: string): bigint {
  return text === ZERO_TIME ? ZERO_UNIX_NANO : parsed(text);
}

function parsed(text: string): bigint {
  const result = parseRfc3339(text);
  return result.ok ? result.ns : 0n;
}

export function statusOf(_server: Server, container: Container): Input<ContainerStatus> {
  const { state, spec } = container;
  const shown = criState(container);
  const ended = shown === ContainerState.CONTAINER_EXITED;
  const started = ended || shown === ContainerState.CONTAINER_RUNNING;
  const exitCode = ended ? (state.exitCode ?? -1) : 0;
  const user = spec.process?.user;
  return {
    id: container.id,
    metadata: container.metadata,
    state: shown,
    createdAt: container.createdAt,
    startedAt: started ? unixNano(state.started) : 0n,
    finishedAt: ended ? unixNano(state.finished) : 0n,
    exitCode,
    image: { image: container.imageName },
    imageRef: container.imageRef,
    imageId: container.imageId,
    reason: !ended ? '' : state.oomKilled === true ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    message: ended && exitCode !== 0 ? (state.error ?? '') : '',
    labels: container.labels,
    annotations: container.annotations,
    mounts: container.volumes,
    logPath: container.logPath,
    resources: { linux: resourcesOf(container) },
    ...(user === undefined
      ? {}
      : {
          user: {
            linux: {
              uid: BigInt(user.uid),
              gid: BigInt(user.gid),
              supplementalGroups: (user.additionalGids ?? []).map(BigInt),
            },
          },
        }),
  };
}

function resourcesOf({ spec }: Container): Input<LinuxContainerResources> {
  const { cpu, memory, unified } = spec.linux?.resources ?? {};
  return {
    cpuPeriod: BigInt(cpu?.period ?? 0),
    cpuQuota: BigInt(cpu?.quota ?? 0),
    cpuShares: BigInt(cpu?.shares ?? 0),
    memoryLimitInBytes: BigInt(memory?.limit ?? 0),
    memorySwapLimitInBytes: BigInt(memory?.swap ?? 0),
    oomScoreAdj: BigInt(spec.process?.oomScoreAdj ?? 0),
    cpusetCpus: cpu?.cpus ?? '',
    cpusetMems: cpu?.mems ?? '',
    ...(unified === undefined ? {} : { unified }),
  };
}

export async function containerStatus(
  ctx: Context,
  server: Server,
  request: ContainerStatusRequest,
  log: Logger,
): Promise<Input<ContainerStatusResponse>> {
  const container = await containerOrNotFound(ctx, server, request.containerId);
  if (container.state.status === 'stopped' && container.state.exitCode === undefined)
    await server.runtimeOf(container).runtime.updateStatus(ctx, container, log);
  const status = statusOf(server, container);
  if (!request.verbose) return { status };
  const info = {
    sandboxID: container.sandboxId,
    pid: container.state.initPid ?? 0,
    runtimeSpec: container.spec,
    privileged: container.privileged,
  };
  return { status, info: { info: marshal(info) } };
}
