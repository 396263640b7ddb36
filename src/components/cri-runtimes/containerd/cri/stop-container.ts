/**
 * StopContainer: the stop signal, time to obey it, SIGKILL.
 * @models containerd 2.1 internal/cri/server/container_stop.go
 * @fidelity partial: no NRI
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { parseSignal, type Signal, signalNumber } from '../../../../linux/signals.ts';
import type { StopContainerRequest, StopContainerResponse } from '../../../../protocols/cri/generated.ts';
import { ContainerState } from '../../../../protocols/cri/generated.ts';
import { TTRPC_CLOSED } from '../../../../protocols/ttrpc/client.ts';
import { settledWithin } from '../../shared/concurrency.ts';
import { failure, isNotFound, messageOf, wrap } from '../../shared/errors.ts';
import { loadTask } from '../tasks/client-task.ts';
import type { Shim } from '../tasks/shim.ts';
import { stateName, stateOf } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import { handleContainerExit, monitorContainer } from './exit-monitor.ts';
import { CRI_NAMESPACE, type CriContainer, UNKNOWN_EXIT_CODE } from './types.ts';

/** How long the news of an end may take. */
const GONE_NS_MAX = 1_000_000_000;

const SECOND_NS = 1_000_000_000;

export async function stopContainer(
  ctx: Context,
  cri: CriService,
  request: StopContainerRequest,
): Promise<StopContainerResponse> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    if (isNotFound(error)) return {};
    throw wrap(`an error occurred when try to find container ${quote(request.containerId)}`, error);
  }
  await stopCriContainer(ctx, cri, container, Number(request.timeout) * SECOND_NS);
  return {};
}

export async function stopCriContainer(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  timeoutNs: number,
): Promise<void> {
  const { id } = container;
  const state = stateOf(container.status);
  const isUnknown = state === ContainerState.CONTAINER_UNKNOWN;
  if (state !== ContainerState.CONTAINER_RUNNING && !isUnknown) {
    await cri.log.info(
      ctx,
      `Container to stop ${quote(id)} must be in running or unknown state, current state ${quote(stateName(state))}`,
    );
    return;
  }
  let shim: Shim;
  try {
    shim = (await loadTask(ctx, cri.parts.tasks, CRI_NAMESPACE, id)).shim;
  } catch (error) {
    if (!isNotFound(error)) throw wrap(`failed to get task for container ${quote(id)}`, error);
    if (isUnknown)
      await handleContainerExit(ctx, cri, container, {
        id,
        pid: 0,
        exit: { status: UNKNOWN_EXIT_CODE, exitedAt: ctx.wallTime },
      });
    return;
  }
  if (isUnknown) monitorContainer(cri, container, shim, container.status.pid);
  if (timeoutNs > 0) {
    await sendStopSignal(ctx, cri, container, shim);
    if (await settledWithin(ctx, container.stopped, timeoutNs)) return;
  }
  await cri.log.info(ctx, `Kill container ${quote(id)}`);
  try {
    await sendSignal(ctx, shim, 'SIGKILL');
  } catch (error) {
    // It ended by itself in this very moment, and the connection to its shim with it.
    const gone = messageOf(error).endsWith(TTRPC_CLOSED) && (await settledWithin(ctx, container.stopped, GONE_NS_MAX));
    if (!gone) throw wrap(`failed to kill container ${quote(id)}`, error);
  }
  await container.stopped.wait();
}

async function sendStopSignal(ctx: Context, cri: CriService, container: CriContainer, shim: Shim): Promise<void> {
  const { id, metadata } = container;
  const name = metadata.stopSignal === '' ? 'SIGTERM' : metadata.stopSignal;
  const signal = parseSignal(name);
  if (signal === null) throw failure(`failed to parse stop signal ${quote(name)}: unknown signal ${quote(name)}`);
  const words = SIGNAL_WORDS[signal] ?? `signal ${signalNumber(signal)}`;
  if (container.stopSignalSent) {
    await cri.log.info(
      ctx,
      `Skipping the sending of signal ${words} to container ${quote(id)} because a prior stop with timeout>0 request already sent the signal`,
    );
    return;
  }
  container.stopSignalSent = true;
  await cri.log.info(ctx, `Stop container ${quote(id)} with signal ${words}`);
  await sendSignal(ctx, shim, signal).catch((error: unknown) => {
    throw wrap(`failed to stop container ${quote(id)}`, error);
  });
}

async function sendSignal(ctx: Context, shim: Shim, signal: Signal): Promise<void> {
  try {
    await shim.kill(ctx, signalNumber(signal));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Go's syscall.Signal.String. */
const SIGNAL_WORDS: Partial<Record<Signal, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trace/breakpoint trap',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGKILL: 'killed',
  SIGUSR1: 'user defined signal 1',
  SIGSEGV: 'segmentation fault',
  SIGUSR2: 'user defined signal 2',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
  SIGWINCH: 'window changed',
};
