/** `crun start`. @models crun src/libcrun/container.c libcrun_container_start, status.c libcrun_status_write_exec_fifo @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { readFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { type CrunCall, writeLog } from './call.ts';
import { deleteOne } from './delete.ts';
import { attempt, failure } from './failure.ts';
import { hookState, runHooks } from './hooks.ts';
import { directoryOf, EXEC_FIFO, isRunning, readStatus } from './status.ts';

export async function start(ctx: Context, call: CrunCall): Promise<number> {
  const id = call.args[0] ?? '';
  const status = await readStatus(ctx, call.root, id);
  if (!(await isRunning(ctx, status))) throw failure(`container \`${id}\` is not running`);
  await openFifo(ctx, call.root, id);
  const spec = JSON.parse(await readFile(ctx, `${directoryOf(call.root, id)}/config.json`)) as Spec;
  const state = hookState(spec, { id, pid: status.pid, bundle: status.bundle, status: 'running' });
  const result = await runHooks(ctx, spec.hooks?.poststart, state);
  if (result.code === 0) return 0;
  await writeLog(ctx, call.log, 'error', result.said);
  await deleteOne(ctx, call, id, true);
  if (result.error !== null) throw failure(result.error);
  return result.code;
}

/** Writes the byte for which init waits. The name goes first: a second start finds nothing. */
export async function openFifo(ctx: Context, root: string, id: string): Promise<void> {
  const path = `${directoryOf(root, id)}/${EXEC_FIFO}`;
  const fd = await attempt(`cannot open \`${path}\``, ctx.sys.open(ctx, path, { write: true }));
  await attempt(`unlink \`${path}\``, ctx.sys.unlink(ctx, path));
  await attempt('write to exec.fifo', ctx.sys.write(ctx, fd, '\0'));
  await ctx.sys.close(ctx, fd);
}
