/**
 * Exec, Attach and PortForward: each answers with a URL of the streaming server.
 * @models containerd 2.1 internal/cri/server/container_exec.go, container_attach.go, sandbox_portforward.go
 * @fidelity full
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import type { AttachRequest, ExecRequest, PortForwardRequest } from '../../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { failure, wrap } from '../../shared/errors.ts';
import { stateName, stateOf } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import { runningContainer } from './exec.ts';
import type { CriContainer, Sandbox } from './types.ts';

type Url = { url: string };

/** The streaming server's own check. */
function checkFlags({
  stdin,
  stdout,
  stderr,
  tty,
}: {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}): void {
  if (tty && stderr) throw new GrpcError(grpcCode.InvalidArgument, 'tty and stderr cannot both be true');
  if (!stdin && !stdout && !stderr)
    throw new GrpcError(grpcCode.InvalidArgument, 'one of stdin, stdout, or stderr must be set');
}

export async function exec(ctx: Context, cri: CriService, request: ExecRequest): Promise<Url> {
  runningContainer(cri, request.containerId);
  checkFlags(request);
  const { containerId, cmd, stdin, stdout, stderr, tty } = request;
  return { url: cri.streaming.execUrl(ctx, { kind: 'exec', containerId, command: cmd, stdin, stdout, stderr, tty }) };
}

export async function attach(ctx: Context, cri: CriService, request: AttachRequest): Promise<Url> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    throw wrap('failed to find container in store', error);
  }
  const state = stateName(stateOf(container.status));
  if (state !== 'CONTAINER_RUNNING') throw failure(`container is in ${state} state`);
  checkFlags(request);
  const { containerId, stdin, stdout, stderr, tty } = request;
  return { url: cri.streaming.attachUrl(ctx, { kind: 'attach', containerId, stdin, stdout, stderr, tty }) };
}

export async function portForward(ctx: Context, cri: CriService, request: PortForwardRequest): Promise<Url> {
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(request.podSandboxId);
  } catch (error) {
    throw wrap(`failed to find sandbox ${quote(request.podSandboxId)}`, error);
  }
  if (sandbox.status.state !== 'ready') throw failure('sandbox container is not running');
  return { url: cri.streaming.portForwardUrl(ctx, request.podSandboxId) };
}
