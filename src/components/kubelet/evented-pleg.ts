/**
 * The runtime tells of its containers by itself (feature gate EventedPLEG); the look around then comes every five minutes
 * only. After five failures, however far apart, the kubelet goes back to looking every second, for good.
 * @models kubernetes 1.36 pkg/kubelet/pleg/evented.go, pkg/kubelet/kubelet.go (NewMainKubelet)
 * @fidelity partial: no metrics; the channel of events has no limit
 */
import type { GoError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { type ContainerEventResponse, ContainerEventType } from '../../protocols/cri/generated.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import { statusOfEvent } from './kuberuntime/pod-status.ts';
import type { Log } from './log.ts';
import { GENERIC_PACE, type Pleg, type PlegEvent, type RelistPace } from './pleg.ts';

const SECOND = 1_000_000_000;
const EVENTED_PACE: RelistPace = { periodNs: 300 * SECOND, thresholdNs: 600 * SECOND };
const STREAM_RETRIES_MAX = 5;
const CACHE_UPDATE_NS = 2 * SECOND;

type Parts = { pleg: Pleg; runtime: RuntimeService; log: Log; emit(event: PlegEvent): void };

export function startEventedPleg(ctx: Context, { pleg, runtime, log, emit }: Parts): void {
  let inUse = true;
  pleg.setPace(EVENTED_PACE);
  ctx.go('evented-pleg', async (c) => {
    for (let attempts = 0; attempts < STREAM_RETRIES_MAX; attempts++) {
      try {
        await runtime.containerEvents(c, processEvent);
      } catch (error) {
        if (!(error instanceof GrpcError) && typeof (error as GoError).before !== 'string') throw error;
        await pleg.relist(c);
        const why = (error as Error).message;
        const text = 'Evented PLEG: Failed to get container events, retrying: ';
        await log.info(c, 4, 'evented.go:212', text, ['err', why]);
      }
    }
    await log.info(c, 4, 'evented.go:193', 'Fall back to Generic PLEG relisting since Evented PLEG is not working');
    inUse = false;
    pleg.setPace(GENERIC_PACE);
  });
  ctx.go('evented-pleg-cache', async (c) => {
    for (;;) {
      await c.sleep(CACHE_UPDATE_NS);
      if (!inUse) return;
      await pleg.refresh(c);
      pleg.touch(c.now);
    }
  });

  async function processEvent(c: Context, event: ContainerEventResponse): Promise<void> {
    const { podSandboxStatus: sandbox, containersStatuses, containerEventType: type, containerId } = event;
    if (sandbox?.metadata === undefined) {
      await log.error(
        c,
        'evented.go:233',
        null,
        'Evented PLEG: received ContainerEventResponse with nil PodSandboxStatus or PodSandboxStatus.Metadata',
        ['containerEventResponse', { ContainerId: containerId, ContainerEventType: type }],
      );
      return;
    }
    const { uid } = sandbox.metadata;
    const generated = 'Evented PLEG: Generated pod status from the received event';
    await log.info(c, 4, 'evented.go:244', generated, ['podUID', uid]);
    const status = statusOfEvent(sandbox, containersStatuses);
    const at = c.now - Number(c.wallTime - event.createdAt);
    await pleg.refresh(c);
    const isDeletion = type === ContainerEventType.CONTAINER_DELETED_EVENT;
    if (isDeletion) {
      if (sandbox.id === containerId) pleg.forget(uid);
    } else if (!pleg.note(status, at)) return;
    const tell = (kind: PlegEvent['type']): void => emit({ uid, type: kind, data: containerId });
    switch (type) {
      case ContainerEventType.CONTAINER_STARTED_EVENT:
        tell('ContainerStarted');
        return await log.info(c, 4, 'evented.go:289', 'Received Container Started Event', ['event', containerId]);
      case ContainerEventType.CONTAINER_STOPPED_EVENT:
        tell('ContainerDied');
        return await log.info(c, 4, 'evented.go:280', 'Received Container Stopped Event', ['event', containerId]);
      case ContainerEventType.CONTAINER_DELETED_EVENT:
        tell('ContainerDied');
        tell('ContainerRemoved');
        return await log.info(c, 4, 'evented.go:295', 'Received Container Deleted Event', ['event', containerId]);
      default:
        // A container that was only made is no news for the sync loop.
        return await log.info(c, 4, 'evented.go:287', 'Received Container Created Event', ['event', containerId]);
    }
  }
}
