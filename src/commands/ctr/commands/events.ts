/** ctr events. @models containerd 2.1 cmd/ctr/commands/events @fidelity full */
import { goTimeString } from '../../../go/time.ts';
import { print } from '../../../linux/io.ts';
import { EventsService } from '../../../protocols/containerd/services/events/v1/generated.ts';
import { nativeError } from '../../common/containerd/errors.ts';
import { eventJson } from '../event-types.ts';
import { type Command, log, newClient, timestampNs } from '../run.ts';

export const eventsCommand: Command = {
  name: 'events',
  aliases: ['event'],
  usage: 'Print what happens in containerd',
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const stream = await client.stream(ctx, EventsService.methods.Subscribe, { filters: run.cli.args });
    try {
      for (let next = await stream.next(ctx); next !== null; next = await stream.next(ctx)) {
        const { timestamp, namespace, topic, event } = next;
        const text = event === undefined ? '' : eventJson(event);
        if (text === null) await log(ctx, run, 'warning', 'cannot unmarshal an event from Any', undefined);
        else await print(ctx, `${goTimeString(timestampNs(timestamp))} ${namespace} ${topic} ${text}\n`);
      }
    } catch (error) {
      throw nativeError(error);
    }
  },
};
