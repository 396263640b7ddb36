/** `runc delete`. @models runc delete.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { removeAll } from '../../../linux/io.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf } from '../shared/fault.ts';
import {
  type Container,
  destroyContainer,
  hasInit,
  loadContainer,
  signalInit,
  stateDirectory,
  statusOf,
} from './container.ts';
import { runPoststop } from './launch.ts';
import type { RuncCall } from './program.ts';
import { validateId } from './spec.ts';

const KILL_POLLS_MAX = 100;
const KILL_POLL_NS = 100_000_000;

export async function deleteContainer(ctx: Context, call: RuncCall): Promise<number> {
  const id = call.cli.args[0] ?? '';
  const force = call.cli.bool('force');
  let container: Container;
  try {
    container = await loadContainer(ctx, call.root, id);
  } catch (error) {
    if (!isGoError(error) || error.code !== 'not found') throw error;
    // There may be a directory from a create that died half way.
    validateId(id);
    await removeAll(ctx, stateDirectory(call.root, id));
    if (force) return 0;
    throw error;
  }
  if (force) {
    await killAndDestroy(ctx, container);
    return 0;
  }
  const status = await statusOf(ctx, container);
  switch (status) {
    case 'stopped':
      await destroy(ctx, container);
      return 0;
    case 'created':
      await killAndDestroy(ctx, container);
      return 0;
    default:
      throw newError(`cannot delete container ${id} that is not stopped: ${status}`);
  }
}

async function killAndDestroy(ctx: Context, container: Container): Promise<void> {
  try {
    await signalInit(ctx, container, 'SIGKILL');
  } catch (error) {
    messageOf(error);
  }
  for (let i = 0; i < KILL_POLLS_MAX; i++) {
    // A stopped container needs no waiting.
    if (i > 0 || (await hasInit(ctx, container))) await ctx.sleep(KILL_POLL_NS);
    if (!(await hasInit(ctx, container))) return destroy(ctx, container);
  }
  throw newError('container init still running');
}

async function destroy(ctx: Context, container: Container): Promise<void> {
  await ctx.cpu(LATENCY.runcDestroyNs);
  await destroyContainer(ctx, container);
  await runPoststop(ctx, container);
}
