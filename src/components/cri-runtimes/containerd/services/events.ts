/** containerd.services.events.v1. @models containerd 2.1 plugins/services/events/service.go @fidelity partial: filters see topic and namespace, not the event's own fields */
import { EventsService } from '../../../../protocols/containerd/services/events/v1/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { classed } from '../../shared/errors.ts';
import type { Envelope } from '../events/exchange.ts';
import type { Parts } from '../parts.ts';
import { fromTimestamp, toTimestamp } from '../timestamps.ts';
import { checkFilters, matchesAny } from './filters.ts';
import { namespaceOf } from './request.ts';

export function serveEventsApi(server: GrpcServer, parts: Parts): void {
  server.implement(EventsService, {
    Publish: async (ctx, { topic, event }, call) => {
      const namespace = namespaceOf(call);
      checkTopic(topic);
      const { typeUrl = '', value = new Uint8Array(0) } = event ?? {};
      parts.events.forward({ timeNs: ctx.wallTime, namespace, topic, typeUrl, value });
    },
    Forward: async (_ctx, { envelope }) => {
      if (envelope?.event === undefined) throw classed('InvalidArgument', 'envelope');
      const { timestamp, namespace, topic, event } = envelope;
      checkTopic(topic);
      const { typeUrl, value } = event;
      parts.events.forward({ timeNs: fromTimestamp(timestamp), namespace, topic, typeUrl, value });
    },
    Subscribe: async (ctx, { filters }, call) => {
      checkFilters(filters);
      const matches = ({ namespace, topic }: Envelope): boolean => matchesAny(filters, { namespace, topic });
      const subscription = parts.events.subscribe(ctx, matches);
      ctx.go('unsubscribe', async (c) => {
        await call.whenCancelled(c);
        subscription.close();
      });
      for (let e = await subscription.queue.take(); e !== null; e = await subscription.queue.take()) {
        if (call.cancelled) break;
        const { timeNs, namespace, topic, typeUrl, value } = e;
        await call.send(ctx, { timestamp: toTimestamp(timeNs), namespace, topic, event: { typeUrl, value } });
      }
    },
  });
}

function checkTopic(topic: string): void {
  if (topic === '') throw classed('InvalidArgument', 'envelope topic "": topic must not be empty');
  if (!topic.startsWith('/')) throw classed('InvalidArgument', `envelope topic "${topic}": must start with '/'`);
}
