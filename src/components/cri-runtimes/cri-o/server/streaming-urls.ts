/** Exec, Attach and PortForward: each answers with a URL of the streaming server. @models CRI-O 1.36 server/container_{exec,attach}.go, container_portforward.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { AttachRequest, ExecRequest, PortForwardRequest } from '../../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { failure } from '../../shared/errors.ts';
import { containerOrUnknown } from './lookup.ts';
import type { Server } from './server.ts';

type Url = { url: string };
type Flags = { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean };

function checkFlags({ stdin, stdout, stderr, tty }: Flags): void {
  if (tty && stderr) throw new GrpcError(grpcCode.InvalidArgument, 'tty and stderr cannot both be true');
  if (!stdin && !stdout && !stderr)
    throw new GrpcError(grpcCode.InvalidArgument, 'one of stdin, stdout, or stderr must be set');
}

export async function exec(ctx: Context, server: Server, request: ExecRequest): Promise<Url> {
  const container = await containerOrUnknown(ctx, server, request.containerId);
  checkFlags(request);
  const { cmd: command, stdin, stdout, stderr, tty } = request;
  const url = server.streaming.execUrl(ctx, {
    kind: 'exec',
    containerId: container.id,
    command,
    stdin,
    stdout,
    stderr,
    tty,
  });
  return { url };
}

export async function attach(ctx: Context, server: Server, request: AttachRequest): Promise<Url> {
  const container = await containerOrUnknown(ctx, server, request.containerId);
  checkFlags(request);
  const { stdin, stdout, stderr, tty } = request;
  return {
    url: server.streaming.attachUrl(ctx, { kind: 'attach', containerId: container.id, stdin, stdout, stderr, tty }),
  };
}

/** Who the pod is only matters to the first connection. */
export async function portForward(ctx: Context, server: Server, request: PortForwardRequest): Promise<Url> {
  if (request.podSandboxId === '') throw failure('pod_sandbox_id must be set');
  return { url: server.streaming.portForwardUrl(ctx, request.podSandboxId) };
}
