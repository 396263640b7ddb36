/** `crun delete`. @models crun src/delete.c, src/libcrun/container.c container_delete_internal @fidelity partial: --regex takes JavaScript's syntax */
import type { Context } from '../../../linux/context.ts';
import { exists, readFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { type CrunCall, type Log, writeLog } from './call.ts';
import { destroyCgroup } from './cgroup.ts';
import { failure } from './failure.ts';
import { hookState, runHooks } from './hooks.ts';
import { signalInit } from './kill.ts';
import { cgroupTop, deleteDirectory, directoryOf, hasFifo, isRunning, listContainers, tryStatus } from './status.ts';

export async function deleteContainer(ctx: Context, call: CrunCall): Promise<number> {
  const id = call.args[0] ?? '';
  const force = call.flag('force');
  if (!call.flag('regex')) {
    await deleteOne(ctx, call, id, force);
    return 0;
  }
  const pattern = new RegExp(id);
  for (const name of await listContainers(ctx, call)) if (pattern.test(name)) await deleteOne(ctx, call, name, force);
  return 0;
}

/** One that fails is told, and stops nothing. */
export async function runPoststop(
  ctx: Context,
  log: Log,
  spec: Spec,
  values: Parameters<typeof hookState>[1],
): Promise<void> {
  for (const hook of spec.hooks?.poststop ?? []) {
    const result = await runHooks(ctx, [hook], hookState(spec, values));
    if (result.code === 0) continue;
    await writeLog(ctx, log, 'warning', result.said);
    await writeLog(ctx, log, 'error', result.error ?? `poststop hook failed with exit code: ${result.code}`);
  }
}

export async function deleteOne(ctx: Context, call: CrunCall, id: string, wantsForce: boolean): Promise<void> {
  const status = await tryStatus(ctx, call.root, id);
  if (status === null) {
    if (wantsForce && !(await exists(ctx, directoryOf(call.root, id)))) return;
    return deleteDirectory(ctx, call.root, id);
  }
  let force = wantsForce;
  const running = await isRunning(ctx, status);
  if (!force && running) {
    if (!(await hasFifo(ctx, call.root, id)))
      throw failure(`the container \`${id}\` is not in \`created\` or \`stopped\` state`);
    force = true;
  }
  const spec = JSON.parse(await readFile(ctx, `${directoryOf(call.root, id)}/config.json`)) as Spec;
  await ctx.cpu(LATENCY.crunDestroyNs);
  const ownPids = spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path ?? '') === '') === true;
  if (force && running && ownPids) await signalInit(ctx, status, 'SIGKILL');
  await destroyCgroup(ctx, cgroupTop(status), status.scope);
  await runPoststop(ctx, call.log, spec, { id, pid: 0, bundle: status.bundle, status: 'stopped' });
  await deleteDirectory(ctx, call.root, id);
}
