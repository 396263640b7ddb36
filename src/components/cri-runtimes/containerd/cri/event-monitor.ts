/**
 * What the CRI plugin does when containerd reports something, and again later when that fails.
 * @models containerd 2.1 internal/cri/server/events/events.go, events.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { TaskOOM } from '../../../../protocols/containerd/events/generated.ts';
import { ImageCreate, ImageDelete, ImageUpdate } from '../../../../protocols/containerd/events/images/generated.ts';
import { isNotFound, toFailure, wrap } from '../../shared/errors.ts';
import type { Envelope, Subscription } from '../events/exchange.ts';
import { updateStatus } from './container-status-update.ts';
import type { CriService } from './cri-service.ts';
import { handleContainerExit, type TaskExitEvent, taskExitText } from './exit-monitor.ts';
import { refreshImage } from './pull-image.ts';
import { CRI_NAMESPACE } from './types.ts';

const BACKOFF_FIRST_NS = 1_000_000_000;
const BACKOFF_MAX_NS = 300_000_000_000;
const CHECK_PERIOD_NS = 1_000_000_000;

export class EventMonitor {
  private readonly cri: CriService;
  private subscription: Subscription | null = null;
  /** The clock that decides when retries are looked at ticks from here. */
  private epoch = 0;

  constructor(cri: CriService) {
    this.cri = cri;
  }

  subscribe(ctx: Context): void {
    this.subscription = this.cri.parts.events.subscribe(
      ctx,
      (e) => e.topic === '/tasks/oom' || e.topic.startsWith('/images/'),
    );
  }

  start(base: Context): void {
    this.epoch = base.now;
    const { subscription } = this;
    if (subscription === null) return;
    base.go('event-monitor', async (ctx) => {
      for (let e = await subscription.queue.take(); e !== null; e = await subscription.queue.take()) {
        if (e.namespace === CRI_NAMESPACE) await this.handle(ctx, e);
      }
    });
  }

  stop(): void {
    this.subscription?.close();
  }

  private async handle(ctx: Context, envelope: Envelope): Promise<void> {
    const { log } = this.cri;
    try {
      switch (envelope.topic) {
        case '/tasks/oom': {
          const { containerId } = TaskOOM.decode(envelope.value);
          await log.info(ctx, `TaskOOM event container_id:"${containerId}"`);
          const container = this.cri.containers.find(containerId);
          if (container !== undefined) await updateStatus(ctx, this.cri, container, { reason: 'OOMKilled' });
          break;
        }
        case '/images/create':
        case '/images/update':
        case '/images/delete': {
          const type = { '/images/create': ImageCreate, '/images/update': ImageUpdate, '/images/delete': ImageDelete }[
            envelope.topic
          ];
          const event = type.decode(envelope.value) as { name: string; labels?: Record<string, string> };
          await log.info(
            ctx,
            `${type.typeName.slice(type.typeName.lastIndexOf('.') + 1)} event ${imageEventText(event)}`,
          );
          await refreshImage(ctx, this.cri, event.name);
          break;
        }
        default:
      }
    } catch (error) {
      await log.error(ctx, `Failed to handle event ${envelope.topic}`, toFailure(error));
    }
  }

  /** The pods' own monitor tries again without a line of its own. */
  backOffSandbox(event: TaskExitEvent, handle: (ctx: Context) => Promise<void>): void {
    this.again(async (ctx) => {
      try {
        await handle(ctx);
        return true;
      } catch (error) {
        await this.cri.log.error(
          ctx,
          `Failed to handle backOff event ${taskExitText(event)} for ${event.id}`,
          wrap('failed to handle container TaskExit event', error),
        );
        return false;
      }
    });
  }

  backOff(event: TaskExitEvent): void {
    this.again(async (ctx) => {
      await this.cri.log.info(ctx, `TaskExit event ${taskExitText(event)}`);
      try {
        await handleContainerExit(ctx, this.cri, this.cri.containers.get(event.id), event);
        return true;
      } catch (error) {
        if (isNotFound(error) && this.cri.containers.find(event.id) === undefined) return true;
        await this.cri.log.error(
          ctx,
          `Failed to handle backOff event ${taskExitText(event)} for ${event.id}`,
          wrap('failed to handle container TaskExit event', error),
        );
        return false;
      }
    });
  }

  /** After a second, then after two, four and so on, until it is done. */
  private again(handle: (ctx: Context) => Promise<boolean>): void {
    this.cri.parts.base.go('event-backoff', async (ctx) => {
      for (let delay = BACKOFF_FIRST_NS; ; delay = Math.min(delay * 2, BACKOFF_MAX_NS)) {
        const due = ctx.now + delay - this.epoch;
        await ctx.sleep(Math.ceil(due / CHECK_PERIOD_NS) * CHECK_PERIOD_NS - due + delay);
        if (await handle(ctx)) return;
      }
    });
  }
}

/** As the protobuf text format prints it inside containerd's log. */
function imageEventText(event: { name: string; labels?: Record<string, string> }): string {
  const labels = Object.entries(event.labels ?? {}).map(([key, value]) => `labels:{key:"${key}"  value:"${value}"}`);
  return [`name:"${event.name}"`, ...labels].join('  ');
}
