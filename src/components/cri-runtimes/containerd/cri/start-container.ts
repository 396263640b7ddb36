/**
 * StartContainer: the task is made and started here.
 * @models containerd 2.1 internal/cri/server/container_start.go
 * @fidelity partial: no restoring of checkpoints, no NRI
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerEventType,
  NamespaceMode,
  type StartContainerRequest,
  type StartContainerResponse,
} from '../../../../protocols/cri/generated.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, isNotFound, toFailure, wrap } from '../../shared/errors.ts';
import { handlerFor } from '../config/handlers.ts';
import { deleteTask } from '../tasks/client-task.ts';
import type { Shim } from '../tasks/shim.ts';
import { sendContainerEvent } from './container-event-response.ts';
import { addLoggers } from './container-loggers.ts';
import { stateName, stateOf } from './container-state.ts';
import { updateStatus } from './container-status-update.ts';
import { targetContainer } from './create-container.ts';
import type { CriService } from './cri-service.ts';
import { monitorContainer } from './exit-monitor.ts';
import { snapshotsHolding } from './runtime-snapshotter.ts';
import { CRI_NAMESPACE, type CriContainer } from './types.ts';

const START_ERROR_CODE = 128;

export async function startContainer(
  ctx: Context,
  cri: CriService,
  request: StartContainerRequest,
): Promise<StartContainerResponse> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    throw wrap(`an error occurred when try to find container ${quote(request.containerId)}`, error);
  }
  const { id } = container;
  cri.parts.containers.get(CRI_NAMESPACE, id);
  setStarting(container);
  await ctx.cpu(LATENCY.containerdStartContainerNs);
  try {
    await start(ctx, cri, container);
    container.status = { ...container.status, starting: false };
    return {};
  } catch (error) {
    const fault = toFailure(error);
    await updateStatus(ctx, cri, container, {
      pid: 0,
      finishedAt: ctx.wallTime,
      exitCode: START_ERROR_CODE,
      reason: 'StartError',
      message: fault.message,
      starting: false,
    });
    throw fault;
  }
}

function setStarting(container: CriContainer): void {
  const { id, status } = container;
  const refuse = (words: string): Error => failure(`failed to set starting state for container ${quote(id)}: ${words}`);
  const state = stateName(stateOf(status));
  if (state !== 'CONTAINER_CREATED') throw refuse(`container is in ${state} state`);
  if (status.removing) throw refuse("container is in removing state, can't be started");
  if (status.starting) throw refuse('container is already in starting state');
  container.status = { ...status, starting: true };
}

async function start(ctx: Context, cri: CriService, container: CriContainer): Promise<void> {
  const { id, metadata } = container;
  const { parts } = cri;
  const { sandboxId, config } = metadata;
  let sandbox: ReturnType<typeof cri.sandboxes.get>;
  try {
    sandbox = cri.sandboxes.get(sandboxId);
  } catch (error) {
    throw wrap(`sandbox ${quote(sandboxId)} not found`, error);
  }
  if (sandbox.status.state !== 'ready') throw failure(`sandbox container ${quote(sandboxId)} is not running`);
  const namespaces = config.linux?.securityContext?.namespaceOptions;
  if (namespaces?.pid === NamespaceMode.TARGET) targetContainer(cri, sandboxId, namespaces.targetId);
  const handler = handlerFor(cri.config, sandbox.metadata.runtimeHandler);
  const io = container.io;
  if (io === null) throw failure(`failed to create containerd task: container ${quote(id)} has no io`);
  let shim: Shim;
  let pid: number;
  try {
    await addLoggers(ctx, cri, container, io);
    io.pipe(parts.base);
    const record = parts.containers.get(CRI_NAMESPACE, id);
    pid = await ctx.spanned('NewTask', 'cri-runtime', (c) =>
      parts.tasks.create(
        c,
        CRI_NAMESPACE,
        record,
        snapshotsHolding(parts, id).mounts(CRI_NAMESPACE, id),
        io.config,
        handler.runtime_path,
      ),
    );
    shim = parts.tasks.get(CRI_NAMESPACE, id);
  } catch (error) {
    await io.cancel(ctx);
    await io.close(ctx);
    throw wrap('failed to create containerd task', error);
  }
  try {
    await shim.start(ctx).catch((error: unknown) => {
      throw wrap(`failed to start containerd task ${quote(id)}`, error);
    });
  } catch (error) {
    try {
      await deleteTask(ctx, parts.tasks, CRI_NAMESPACE, shim, io);
    } catch (cleanup) {
      if (!isNotFound(cleanup))
        await cri.log.error(ctx, `Failed to delete containerd task ${quote(id)}`, toFailure(cleanup));
    }
    throw error;
  }
  await updateStatus(ctx, cri, container, { pid, startedAt: ctx.wallTime });
  parts.tasks.announce(ctx, shim.bundle, { address: shim.params.address, status: 'running', pid });
  monitorContainer(cri, container, shim, pid);
  await sendContainerEvent(ctx, cri, id, sandboxId, ContainerEventType.CONTAINER_STARTED_EVENT);
}
