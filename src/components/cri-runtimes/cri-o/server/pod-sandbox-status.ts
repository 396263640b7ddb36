/** PodSandboxStatus, with the verbose part that `crictl inspectp` shows. @models CRI-O 1.36 server/sandbox_status.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import {
  PodSandboxState,
  type PodSandboxStatus,
  type PodSandboxStatusRequest,
  type PodSandboxStatusResponse,
} from '../../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { messageOf } from '../../shared/errors.ts';
import { marshal } from '../../shared/go-json.ts';
import { isLiving } from '../oci/container.ts';
import { statusOf as containerStatusOf } from './container-status.ts';
import type { Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';

export function stateOf(sandbox: Sandbox): PodSandboxState {
  return sandbox.stopped ? PodSandboxState.SANDBOX_NOTREADY : PodSandboxState.SANDBOX_READY;
}

export function statusOf(sandbox: Sandbox): Input<PodSandboxStatus> {
  const [ip = '', ...more] = sandbox.ips;
  return {
    id: sandbox.id,
    metadata: sandbox.metadata,
    state: stateOf(sandbox),
    createdAt: sandbox.createdAt,
    network: { ip, additionalIps: more.map((address) => ({ ip: address })) },
    linux: { namespaces: { options: sandbox.namespaceOptions } },
    labels: sandbox.labels,
    annotations: sandbox.annotations,
  };
}

export async function podSandboxStatus(
  ctx: Context,
  server: Server,
  request: PodSandboxStatusRequest,
): Promise<Input<PodSandboxStatusResponse>> {
  let sandbox: Sandbox;
  try {
    sandbox = server.findSandbox(request.podSandboxId);
  } catch (error) {
    throw new GrpcError(grpcCode.NotFound, `could not find pod "${request.podSandboxId}": ${messageOf(error)}`);
  }
  const status = statusOf(sandbox);
  const withEvents = server.config.crio.runtime.enable_pod_events;
  const more = withEvents
    ? {
        containersStatuses: [...sandbox.containers.values()].map((one) => containerStatusOf(server, one)),
        timestamp: ctx.wallTime,
      }
    : {};
  if (!request.verbose) return { status, ...more };
  return { status, ...more, info: { info: await infoOf(ctx, sandbox) } };
}

async function infoOf(ctx: Context, { infra }: Sandbox): Promise<string> {
  if (infra.spoofed) return marshal({ runtimeSpec: infra.spec });
  const pid = (await isLiving(ctx, infra)) ? (infra.state.initPid ?? 0) : 0;
  return marshal({ image: infra.userImage, pid, runtimeSpec: infra.spec });
}
