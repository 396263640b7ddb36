/** ExecSync and ReopenContainerLog. @models CRI-O 1.36 server/container_execsync.go, container_reopen_log.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type {
  ExecSyncRequest,
  ExecSyncResponse,
  ReopenContainerLogRequest,
} from '../../../../protocols/cri/generated.ts';
import { failure } from '../../shared/errors.ts';
import { requireLiving } from '../oci/container.ts';
import { containerOrNotFound, containerOrUnknown } from './lookup.ts';
import type { Server } from './server.ts';

export async function execSync(ctx: Context, server: Server, request: ExecSyncRequest): Promise<ExecSyncResponse> {
  const container = await containerOrNotFound(ctx, server, request.containerId);
  await requireLiving(ctx, container);
  if (request.cmd.length === 0) throw failure('exec command cannot be empty');
  return server.runtimeOf(container).exec.execSync(ctx, container, request.cmd, Number(request.timeout));
}

export async function reopenContainerLog(
  ctx: Context,
  server: Server,
  request: ReopenContainerLogRequest,
): Promise<Record<string, never>> {
  const container = await containerOrUnknown(ctx, server, request.containerId);
  if (container.state.status !== 'running') throw failure('container is not running');
  await server.runtimeOf(container).exec.reopenLog(ctx, container);
  return {};
}
