/**
 * Events about objects; one that repeats is counted up.
 * @models client-go tools/record event.go, events_cache.go
 * @fidelity partial: no spam filter, no aggregation of similar messages
 */
import type { GoError } from '../../../go/errors.ts';
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { StatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { Queue } from '../../../sim/primitives.ts';

export type Recorder = (object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string) => void;

const SEEN_MAX = 4096;

/** Recording does not wait: a strand of its own sends. */
export function newRecorder(ctx: Context, client: KubeClient, component: string): Recorder {
  const queue = new Queue<{ object: KubeObject; type: string; reason: string; message: string }>(ctx.scheduler);
  const seen = new Map<string, { name: string; count: number }>();
  ctx.go('events', async (c) => {
    for (let next = await queue.take(); next !== null; next = await queue.take()) {
      const { object, type, reason, message } = next;
      const { uid, name, resourceVersion } = object.metadata;
      const key = `${uid}/${reason}/${message}`;
      const before = seen.get(key);
      const now = rfc3339(c.wallTime);
      const namespace = object.metadata.namespace ?? 'default';
      try {
        if (before !== undefined) {
          const count = before.count + 1;
          await client.blind.patch(c, 'events', namespace, before.name, 'merge', { count, lastTimestamp: now });
          seen.set(key, { name: before.name, count });
          continue;
        }
        const metadata = { name: `${name}.${c.random.hex(16)}`, namespace };
        const event = {
          metadata,
          involvedObject: {
            kind: object.kind,
            apiVersion: object.apiVersion,
            name,
            uid,
            resourceVersion,
            ...(object.metadata.namespace === undefined ? {} : { namespace }),
          },
          reason,
          message,
          source: { component },
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
          type,
          eventTime: null,
          reportingComponent: component,
          reportingInstance: '',
        };
        if (seen.size > SEEN_MAX) seen.clear();
        await client.blind.create(c, 'events', namespace, event);
        seen.set(key, { name: metadata.name, count: 1 });
      } catch (error) {
        // An event is never worth a failure.
        seen.delete(key);
        if (!isApiFailure(error)) throw error;
      }
    }
  });
  return (object, type, reason, message) => queue.push({ object, type, reason, message });
}

/** The API server refused or did not answer: worth trying again, not a fault of ours. */
export function isApiFailure(error: unknown): boolean {
  return error instanceof StatusError || typeof (error as GoError).before === 'string';
}
