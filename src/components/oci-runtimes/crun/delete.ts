/** `crun delete`. @models crun src/delete.c, src/libcrun/container.c container_delete_internal @fidelity partial: --regex takes JavaScript's syntax */
import type { Context } from '../../../linux/context.ts';
import { exists, readFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { type CrunCall, writeLog } from './call.ts';
import { destroyCgroup } from './cgroup.ts';
import { failure } from './failure.ts';
import { runHooks } from './hooks.ts';
import { wordsOf } from './init.ts';
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
  for (const name of await listContainers(ctx, call.root))
    if (pattern.test(name)) await deleteOne(ctx, call, name, force);
  return 0;
}

async function deleteOne(ctx: Context, call: CrunCall, id: string, wantsForce: boolean): Promise<void> {
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
  try {
    await runHooks(ctx, spec.hooks?.poststop, { ociVersion: '1.0.0', id, status: 'stopped', bundle: status.bundle });
  } catch (error) {
    await writeLog(ctx, call.log, 'warning', wordsOf(error));
  }
  await deleteDirectory(ctx, call.root, id);
}
