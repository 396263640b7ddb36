/** ReopenContainerLog: goes on in a new file after a rotation. @models containerd 2.1 internal/cri/server/container_log_reopen.go @fidelity full */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import type { ReopenContainerLogRequest } from '../../../../protocols/cri/generated.ts';
import { failure, wrap } from '../../shared/errors.ts';
import { addLoggers } from './container-loggers.ts';
import { stateName, stateOf } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import type { CriContainer } from './types.ts';

export async function reopenContainerLog(
  ctx: Context,
  cri: CriService,
  request: ReopenContainerLogRequest,
): Promise<Record<string, never>> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    throw wrap(`an error occurred when try to find container ${quote(request.containerId)}`, error);
  }
  if (stateName(stateOf(container.status)) !== 'CONTAINER_RUNNING' || container.io === null)
    throw failure('container is not running');
  await addLoggers(ctx, cri, container, container.io);
  return {};
}
