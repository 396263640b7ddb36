/** Where shims report what happens to their tasks. @models containerd 2.1 plugins/services/events/ttrpc.go @fidelity full */
import { EventsService } from '../../../../protocols/containerd/services/ttrpc/events/v1/generated.ts';
import type { TtrpcServer } from '../../../../protocols/ttrpc/server.ts';
import { classed } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import { fromTimestamp } from '../timestamps.ts';

export function serveEvents(server: TtrpcServer, parts: Parts): void {
  server.implement(EventsService, {
    async Forward(_ctx, { envelope }) {
      if (envelope?.event === undefined) throw classed('InvalidArgument', 'event');
      const { timestamp, namespace, topic, event } = envelope;
      parts.events.forward({
        timeNs: fromTimestamp(timestamp),
        namespace,
        topic,
        typeUrl: event.typeUrl,
        value: event.value,
      });
    },
  });
}
