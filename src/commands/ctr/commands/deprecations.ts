/** ctr deprecations. @models containerd 2.1 cmd/ctr/commands/deprecations @fidelity full */
import { rfc3339Nano } from '../../../go/time.ts';
import { IntrospectionService } from '../../../protocols/containerd/services/introspection/v1/generated.ts';
import { type Command, newClient, printJson, printTable, timestampNs, WIDE } from '../run.ts';

const listCommand: Command = {
  name: 'list',
  usage: 'Print warnings about what is deprecated',
  flags: [{ name: 'format', kind: 'string', usage: "Format of the output ('default', 'json')" }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const { deprecations } = await client.call(ctx, IntrospectionService.methods.Server, {});
    if (deprecations.length === 0) return;
    const rows = deprecations.map(({ id, message, lastOccurrence }) => ({
      id,
      message,
      lastOccurrence: rfc3339Nano(timestampNs(lastOccurrence)),
    }));
    if (run.cli.string('format') === 'json') return printJson(ctx, rows);
    await printTable(ctx, WIDE, [
      ['ID', 'LAST OCCURRENCE', 'MESSAGE'],
      ...rows.map((row) => [row.id, row.lastOccurrence, row.message]),
    ]);
  },
};

export const deprecationsCommand: Command = { name: 'deprecations', usage: '', subcommands: [listCommand] };
