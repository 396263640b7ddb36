/** `runsc delete`. @models gVisor runsc/cmd/delete.go @fidelity full */
import { errorCode, newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isGoError, wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { destroyContainer, loadContainer } from './container.ts';
import type { ContainerState } from './state-file.ts';

export async function deleteContainer(ctx: Context, call: RunscCall): Promise<number> {
  const force = call.options.get('force') === 'true';
  for (const id of call.args) {
    let state: ContainerState;
    try {
      state = await loadContainer(ctx, call, id);
    } catch (error) {
      if (force && isGoError(error) && errorCode(error) === 'ENOENT') return 0;
      throw wrapped(`loading container ${quote(id)}`, error);
    }
    if (!force && state.status !== 'created' && state.status !== 'stopped')
      throw newError('cannot delete container that is not stopped without --force flag');
    await destroyContainer(ctx, call, state);
  }
  return 0;
}
