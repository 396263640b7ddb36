/**
 * Waiting for containers and sandboxes to end, and what happens then.
 * @models containerd 2.1 internal/cri/server/events.go, podsandbox/controller.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { ContainerEventType } from '../../../../protocols/cri/generated.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import { isNotFound, messageOf, toFailure, wrap } from '../../shared/errors.ts';
import { deleteTask, loadTask } from '../tasks/client-task.ts';
import type { Shim } from '../tasks/shim.ts';
import { timestampText } from '../timestamps.ts';
import { sendContainerEvent } from './container-event-response.ts';
import { updateStatus } from './container-status-update.ts';
import type { CriService } from './cri-service.ts';
import { CRI_NAMESPACE, type CriContainer, type ExitInfo, type Sandbox, UNKNOWN_EXIT_CODE } from './types.ts';

export type TaskExitEvent = { id: string; pid: number; exit: ExitInfo };

/** `container_id:"…"  id:"…"  pid:123  exit_status:137  exited_at:{seconds:…  nanos:…}`: zero fields are left out. */
export function taskExitText({ id, pid, exit }: TaskExitEvent): string {
  const parts = [`container_id:"${id}"`, `id:"${id}"`];
  if (pid !== 0) parts.push(`pid:${pid}`);
  if (exit.status !== 0) parts.push(`exit_status:${exit.status}`);
  parts.push(`exited_at:${timestampText(exit.exitedAt)}`);
  return parts.join('  ');
}

/** The Wait call's answer; when the shim has gone, nobody knows how it ended. */
function waitForExit(ctx: Context, cri: CriService, shim: Shim): Promise<ExitInfo> {
  return shim.wait(ctx).catch(async (error) => {
    const text = error instanceof GrpcError ? error.message : messageOf(error);
    await cri.log.log(ctx, 'error', `failed to get task exit status for "${shim.id}"`, { error: text });
    return { status: UNKNOWN_EXIT_CODE, exitedAt: ctx.wallTime };
  });
}

export function monitorContainer(cri: CriService, container: CriContainer, shim: Shim, pid: number): void {
  cri.parts.base.go('container-exit-monitor', async (ctx) => {
    const event: TaskExitEvent = { id: container.id, pid, exit: await waitForExit(ctx, cri, shim) };
    await cri.log.info(ctx, `received container exit event ${taskExitText(event)}`);
    if (cri.containers.find(container.id) === undefined) return;
    try {
      await handleContainerExit(ctx, cri, container, event);
    } catch (error) {
      await cri.log.error(ctx, `failed to handle container TaskExit event ${taskExitText(event)}`, toFailure(error));
      cri.monitor.backOff(event);
    }
  });
}

export async function handleContainerExit(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  event: TaskExitEvent,
): Promise<void> {
  const { tasks } = cri.parts;
  const { id } = container;
  let missing = false;
  try {
    const { shim } = await loadTask(ctx, tasks, CRI_NAMESPACE, id);
    try {
      await deleteTask(ctx, tasks, CRI_NAMESPACE, shim, container.io);
    } catch (error) {
      if (!isNotFound(error)) throw wrap('failed to stop container', error);
      missing = true;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
    missing = true;
  }
  if (missing) {
    try {
      await tasks.delete(ctx, CRI_NAMESPACE, id);
    } catch (error) {
      if (!isNotFound(error)) throw wrap(`failed to cleanup container ${id} in task-service`, error);
    }
    await cri.log.info(ctx, `Ensure that container ${id} in task-service has been cleanup successfully`);
  }
  await updateStatus(ctx, cri, container, (old) => ({
    ...(old.finishedAt === 0n ? { pid: 0, finishedAt: event.exit.exitedAt, exitCode: event.exit.status } : {}),
    unknown: false,
  }));
  container.stopped.resolve(undefined);
  await sendContainerEvent(ctx, cri, id, container.metadata.sandboxId, ContainerEventType.CONTAINER_STOPPED_EVENT);
}

/** The controller's monitor: takes the dead pause container's task away. */
export function monitorPause(cri: CriService, sandbox: Sandbox, shim: Shim): void {
  cri.parts.base.go('sandbox-exit-monitor', async (ctx) => {
    const event: TaskExitEvent = { id: sandbox.id, pid: 0, exit: await waitForExit(ctx, cri, shim) };
    await cri.log.info(ctx, `received sandbox exit event ${taskExitText(event)}`, { monitor_name: 'podsandbox' });
    try {
      await handlePauseExit(ctx, cri, sandbox, event.exit);
    } catch (error) {
      await cri.log.error(ctx, `failed to handle sandbox exit event ${taskExitText(event)}`, toFailure(error));
      cri.monitor.backOffSandbox(event, async (inner) => {
        if (cri.sandboxes.find(sandbox.id) !== undefined) await handlePauseExit(inner, cri, sandbox, event.exit);
      });
    }
  });
}

export async function handlePauseExit(ctx: Context, cri: CriService, sandbox: Sandbox, exit: ExitInfo): Promise<void> {
  const { tasks } = cri.parts;
  try {
    const { shim } = await loadTask(ctx, tasks, CRI_NAMESPACE, sandbox.id);
    await deleteTask(ctx, tasks, CRI_NAMESPACE, shim, null);
  } catch (error) {
    if (!isNotFound(error)) throw wrap('failed to stop sandbox', error);
  }
  sandbox.controller = {
    ...sandbox.controller,
    state: 'notready',
    pid: 0,
    exitStatus: exit.status,
    exitedAt: exit.exitedAt,
  };
  sandbox.exited.resolve(exit);
}

/** The service's monitor: tells clients that the pod is not ready any more. */
export function monitorSandbox(cri: CriService, sandbox: Sandbox): void {
  cri.parts.base.go('sandbox-monitor', async (ctx) => {
    const exit = await sandbox.exited.wait();
    const parts = [
      `sandbox_id:"${sandbox.id}"`,
      ...(exit.status === 0 ? [] : [`exit_status:${exit.status}`]),
      `exited_at:${timestampText(exit.exitedAt)}`,
    ];
    await cri.log.info(ctx, `received sandbox container exit event ${parts.join('  ')}`, {
      monitor_name: 'criService',
    });
    if (cri.sandboxes.find(sandbox.id) === undefined) return;
    sandbox.status = { ...sandbox.status, state: 'notready', pid: 0, exitStatus: exit.status, exitedAt: exit.exitedAt };
    cri.announceSandbox(ctx, sandbox);
    await sendContainerEvent(ctx, cri, sandbox.id, sandbox.id, ContainerEventType.CONTAINER_STOPPED_EVENT);
  });
}
