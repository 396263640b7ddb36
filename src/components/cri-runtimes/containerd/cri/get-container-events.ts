/** GetContainerEvents, a stream without end. @models containerd 2.1 internal/cri/server/container_events.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { ContainerEventResponse } from '../../../../protocols/cri/generated.ts';
import type { ServerCall } from '../../../../protocols/grpc/server.ts';
import type { CriService } from './cri-service.ts';

export async function getContainerEvents(
  ctx: Context,
  cri: CriService,
  call: ServerCall<ContainerEventResponse>,
): Promise<void> {
  const subscription = cri.events.subscribe();
  ctx.go('events-cancel', async (c) => {
    await call.whenCancelled(c);
    subscription.close();
  });
  for (
    let event = await subscription.queue.take();
    event !== null && !call.cancelled;
    event = await subscription.queue.take()
  )
    await call.send(ctx, event);
}
