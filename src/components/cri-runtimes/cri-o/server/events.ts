/**
 * The stream of GetContainerEvents; without enable_pod_events it ends at once.
 * @models CRI-O 1.36 server/container_events.go
 * @fidelity partial: nothing is kept for those who come later
 */
import type { Context } from '../../../../linux/context.ts';
import { type ContainerEventResponse, ContainerEventType } from '../../../../protocols/cri/generated.ts';
import type { ServerCall } from '../../../../protocols/grpc/server.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { Queue } from '../../../../sim/primitives.ts';
import type { Container } from '../oci/container.ts';
import { statusOf as containerStatusOf } from './container-status.ts';
import { statusOf as sandboxStatusOf } from './pod-sandbox-status.ts';
import type { Server } from './server.ts';

type Event = Input<ContainerEventResponse>;
type Kind = 'created' | 'started' | 'stopped' | 'deleted';

const TYPES: Readonly<Record<Kind, ContainerEventType>> = {
  created: ContainerEventType.CONTAINER_CREATED_EVENT,
  started: ContainerEventType.CONTAINER_STARTED_EVENT,
  stopped: ContainerEventType.CONTAINER_STOPPED_EVENT,
  deleted: ContainerEventType.CONTAINER_DELETED_EVENT,
};

export class ContainerEvents {
  private readonly base: Context;
  private readonly enabled: boolean;
  private readonly listeners = new Set<Queue<Event>>();

  constructor(base: Context, enabled: boolean) {
    this.base = base;
    this.enabled = enabled;
  }

  async send(ctx: Context, server: Server, container: Container, kind: Kind): Promise<void> {
    if (!this.enabled || this.listeners.size === 0) return;
    const sandbox = server.sandboxes.get(container.sandboxId);
    const statuses = [...(sandbox?.containers.values() ?? [])].map((one) => containerStatusOf(server, one));
    const event: Event = {
      containerId: container.id,
      containerEventType: TYPES[kind],
      createdAt: ctx.wallTime,
      ...(sandbox === undefined ? {} : { podSandboxStatus: sandboxStatusOf(sandbox) }),
      containersStatuses: statuses,
    };
    for (const listener of this.listeners) listener.push(event);
  }

  async serve(ctx: Context, call: ServerCall<ContainerEventResponse>): Promise<void> {
    if (!this.enabled) return;
    const queue = new Queue<Event>(this.base.scheduler);
    this.listeners.add(queue);
    ctx.go('events-cancel', async (inner) => {
      await call.whenCancelled(inner);
      this.listeners.delete(queue);
      queue.close();
    });
    for (let event = await queue.take(); event !== null && !call.cancelled; event = await queue.take())
      await call.send(ctx, event);
  }
}
