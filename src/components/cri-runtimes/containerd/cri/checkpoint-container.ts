/** CheckpointContainer. @models containerd 2.1 internal/cri/server/container_checkpoint_linux.go @fidelity partial: a node with criu answers Unimplemented */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { lookPath } from '../../../../linux/io.ts';
import type { CheckpointContainerRequest } from '../../../../protocols/cri/generated.ts';
import { classed, failure } from '../../shared/errors.ts';
import type { CriService } from './cri-service.ts';

const CRIU_VERSION_MIN = 31_600;

export async function checkpointContainer(
  ctx: Context,
  cri: CriService,
  request: CheckpointContainerRequest,
): Promise<never> {
  if ((await lookPath(ctx, 'criu')) !== null) throw classed('Unimplemented', 'checkpointing');
  const words = `CRIU binary not found or too old (<${CRIU_VERSION_MIN}). Failed to checkpoint container ${quote(request.containerId)}`;
  const cause = failure('failed to check for criu version: exec: "criu": executable file not found in $PATH');
  await cri.log.error(ctx, words, cause);
  throw failure(`${words}: ${cause.message}`);
}
