/** @models k8s.io/kubectl pkg/cmd/events events.go event_printer.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { compareEvents, eventAge } from '../describe/text.ts';
import { Failure } from '../failure.ts';
import { ALL_NAMESPACES, PRINT } from '../flags.ts';
import { listOf, objectPrinter } from '../output.ts';
import type { Action } from '../run.ts';
import { layOutTable } from '../tables.ts';
import { withKind } from './get.ts';

export const eventsCommand: CobraCommand<Action> = {
  name: 'events',
  use: '[(-o|--output=)json|yaml|...] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  short: 'List events',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    ...PRINT,
    ALL_NAMESPACES,
    { name: 'for', kind: 'string', usage: 'Only events of this object.' },
    { name: 'types', kind: 'stringSlice', usage: 'Only events of these types.' },
    { name: 'no-headers', kind: 'bool', usage: 'Leave the headers out.' },
    { name: 'watch', short: 'w', kind: 'bool', usage: 'Go on with new events.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const resource = await run.resource(ctx, 'events');
    const client = await run.client(ctx);
    const all = cli.bool('all-namespaces');
    const namespace = await run.namespace(ctx);
    let fieldSelector = '';
    if (cli.string('for') !== '') {
      const [type = '', name] = cli.string('for').split('/');
      if (name === undefined) throw new Failure('--for must be in resource/name form');
      const { kind } = await run.resource(ctx, type);
      fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    }
    const place = all ? null : namespace;
    const selection = fieldSelector === '' ? {} : { fieldSelector };
    const types = cli.strings('types').map((type) => type.toLowerCase());
    const isMeant = (event: Fields): boolean => types.length === 0 || types.includes(text(event, 'type').toLowerCase());
    const printer = await objectPrinter(ctx, cli);
    const rowOf = (event: Fields): string[] => [
      ...(all ? [text(event, 'metadata', 'namespace')] : []),
      eventAge(event, ctx.wallTime),
      text(event, 'type'),
      text(event, 'reason'),
      `${text(event, 'involvedObject', 'kind')}/${text(event, 'involvedObject', 'name')}`,
      text(event, 'message').trim(),
    ];
    const columns = [...(all ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
    let headers = cli.bool('no-headers') ? null : columns;
    if (cli.bool('watch')) {
      // It begins with those that are there, and each line has widths of its own.
      const watch = await client.watch<KubeObject>(ctx, 'events', place, selection);
      for (let change = await watch.next(ctx); change !== null; change = await watch.next(ctx)) {
        const event = change.object as unknown as Fields;
        if (change.type === 'DELETED' || !isMeant(event)) continue;
        await print(ctx, printer === null ? layOutTable(headers, [rowOf(event)]) : printer(withKind(event, resource)));
        headers = null;
      }
      return;
    }
    const answer = await client.list<Fields>(ctx, resource, place, { ...selection, limit: 500 });
    const events = list(answer, 'items').filter(isMeant).sort(compareEvents);
    if (events.length === 0) {
      return await printError(ctx, all ? 'No events found.\n' : `No events found in ${namespace} namespace.\n`);
    }
    if (printer !== null) return await print(ctx, printer(listOf(events.map((event) => withKind(event, resource)))));
    await print(ctx, layOutTable(headers, events.map(rowOf)));
  },
};
