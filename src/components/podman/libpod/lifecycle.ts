/**
 * From an image to a running container and back to nothing.
 * @models podman 5.4 libpod/container_internal.go, container_api.go
 * @fidelity partial: no pods; what was to be always there does not come back with the machine
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readFile, removeAll } from '../../../linux/io.ts';
import { failure, messageOf } from '../../cri-runtimes/shared/errors.ts';
import { configOf } from '../images.ts';
import { openStore } from '../run.ts';
import { changeDatabase, findContainer, type LibpodContainer, readDatabase, saveContainer } from './database.ts';
import { bundleOf, EXITS, RuntimeFailure, runDirectoryOf, runtime, startMonitor } from './monitor.ts';
import { fillVolumes, removeAnonymous } from './named-volumes.ts';
import { setUpNetwork, tearDownNetwork } from './network.ts';
import { type SpecOptions, writeSpec } from './spec.ts';

const LOOK_NS = 20_000_000;
const LOOKS_MAX = 1_000_000;
const KILL_LOOKS = 250;
const UNKNOWN_CODE = 255;

/** Mounts, network, config.json and conmon. What was made is taken back if that fails. */
export async function initContainer(ctx: Context, container: LibpodContainer, options: SpecOptions): Promise<void> {
  const store = await openStore(ctx);
  const image = store.findImage(container.imageId);
  if (image === undefined) throw failure(`${container.image}: image not known`);
  await removeAll(ctx, `${EXITS}/${container.id}`);
  try {
    const root = await store.mount(ctx, container.id);
    await fillVolumes(ctx, container, root);
    if (container.network === 'bridge') await setUpNetwork(ctx, container);
    const { config = {} } = await configOf(ctx, store, image);
    await writeSpec(ctx, container, config, root, bundleOf(container.id), runDirectoryOf(container.id), options);
    await startMonitor(ctx, container);
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) messageOf(error);
    await tearDownNetwork(ctx, container);
    await runtime(ctx, 'delete', '--force', container.id);
    await store.unmount(ctx, container.id);
    throw error;
  }
  await saveContainer(ctx, container);
}

export async function startProcess(ctx: Context, container: LibpodContainer): Promise<void> {
  const refused = await runtime(ctx, 'start', container.id);
  if (refused !== null) throw failure(`${refused}: OCI runtime error`);
  container.state = 'running';
  container.started = String(ctx.wallTime);
  // It may have ended already, and conmon's podman have written so.
  await changeDatabase(ctx, ({ containers }) => {
    const known = containers.find(({ id }) => id === container.id);
    if (known === undefined) return;
    known.started = container.started;
    if (known.state === 'created') known.state = 'running';
  });
}

/** What the command line asked for: a stopped container is started again with it. */
export function specPath(id: string): string {
  return `${bundleOf(id)}/spec.json`;
}

export async function specOf(ctx: Context, { id }: LibpodContainer): Promise<SpecOptions> {
  return JSON.parse(await readFile(ctx, specPath(id))) as SpecOptions;
}

/** It ended by itself: is it to be started again? */
function shouldRestart({
  stoppedByUser,
  restartPolicy,
  restartRetries,
  restartCount,
  exitCode,
}: LibpodContainer): boolean {
  if (stoppedByUser || restartPolicy === '' || restartPolicy === 'no') return false;
  if (restartPolicy !== 'on-failure') return true;
  return exitCode !== 0 && (restartRetries === 0 || restartCount < restartRetries);
}

/** What conmon asks for: cleaned up, and by its policy started again. */
export async function containerEnded(ctx: Context, id: string, remove: boolean): Promise<void> {
  await cleanUp(ctx, id, remove);
  const container = await findContainer(ctx, id);
  if (container === undefined || container.state !== 'exited' || !shouldRestart(container)) return;
  container.restartCount++;
  await saveContainer(ctx, container);
  await initContainer(ctx, container, await specOf(ctx, container));
  await startProcess(ctx, container);
}

/** The exit code into the database, and everything taken back that a stopped container does not need. */
export async function cleanUp(ctx: Context, id: string, remove: boolean): Promise<void> {
  const container = await findContainer(ctx, id);
  if (container === undefined) return;
  const path = `${EXITS}/${container.id}`;
  if (await exists(ctx, path)) {
    container.exitCode = Number(await readFile(ctx, path));
    container.finished = String(ctx.wallTime);
    container.oomKilled = await exists(ctx, `/run/libpod/persist/${container.id}/oom`);
  } else if (container.state === 'running') {
    // Its conmon did not live to see the end.
    container.exitCode = -1;
    container.finished = String(ctx.wallTime);
  }
  await tearDownNetwork(ctx, container);
  await runtime(ctx, 'delete', '--force', container.id);
  await (await openStore(ctx)).unmount(ctx, container.id);
  container.pid = 0;
  container.conmonPid = 0;
  container.state = 'exited';
  await saveContainer(ctx, container);
  if (remove) await removeContainer(ctx, container, true);
  await changeDatabase(ctx, (database) => {
    database.exitCodes[container.id] = container.exitCode;
  });
}

/** Its exit code, once conmon's podman has written it. */
export async function waitForExit(ctx: Context, id: string): Promise<number> {
  let restarts: number | null = null;
  for (let look = 0; look < LOOKS_MAX; look++) {
    const { containers, exitCodes } = await readDatabase(ctx);
    const container = containers.find((each) => each.id === id);
    restarts ??= container?.restartCount ?? 0;
    const again = (container?.restartCount ?? 0) > restarts;
    if (container === undefined || container.state === 'exited' || again)
      return exitCodes[id] ?? container?.exitCode ?? UNKNOWN_CODE;
    // Without its conmon nobody will ever write it.
    if (container.state === 'running' && !(await exists(ctx, `/proc/${container.conmonPid}`))) {
      await ctx.sleep(LOOK_NS);
      const now = (await readDatabase(ctx)).containers.find((each) => each.id === id);
      if (now?.state === 'running' && !(await exists(ctx, `/proc/${now.pid}`))) return UNKNOWN_CODE;
    }
    await ctx.sleep(LOOK_NS);
  }
  return UNKNOWN_CODE;
}

export async function stopContainer(ctx: Context, container: LibpodContainer, seconds: number): Promise<void> {
  if (container.state !== 'running') return;
  await changeDatabase(ctx, ({ containers }) => {
    const known = containers.find(({ id }) => id === container.id);
    if (known !== undefined) known.stoppedByUser = true;
  });
  await runtime(ctx, 'kill', container.id, seconds === 0 ? 'KILL' : container.stopSignal);
  const deadline = ctx.now + seconds * 1e9;
  let killed = seconds === 0;
  for (let look = 0; look < KILL_LOOKS + (seconds * 1e9) / LOOK_NS; look++) {
    const now = await findContainer(ctx, container.id);
    if (now === undefined || now.state === 'exited') return;
    if (!killed && ctx.now >= deadline) {
      killed = true;
      await runtime(ctx, 'kill', container.id, 'KILL');
    }
    await ctx.sleep(LOOK_NS);
  }
  // Nobody watched it: its conmon is gone.
  await cleanUp(ctx, container.id, container.autoRemove);
}

/** @param volumes those that were made for it alone go as well */
export async function removeContainer(ctx: Context, container: LibpodContainer, volumes = false): Promise<void> {
  if (container.state === 'created') await cleanUp(ctx, container.id, false);
  await (await openStore(ctx)).removeContainer(ctx, container.id);
  for (const path of [`${EXITS}/${container.id}`, `/run/libpod/persist/${container.id}`]) {
    try {
      await removeAll(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  await changeDatabase(ctx, (database) => {
    database.containers = database.containers.filter(({ id }) => id !== container.id);
  });
  if (volumes) await removeAnonymous(ctx, container);
}
