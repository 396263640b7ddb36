/** ctr leases. @models containerd 2.1 cmd/ctr/commands/leases @fidelity full */
import { rfc3339 } from '../../../go/time.ts';
import { print } from '../../../linux/io.ts';
import { LeasesService } from '../../../protocols/containerd/services/leases/v1/generated.ts';
import { leaseId } from '../../common/containerd/client.ts';
import { wrapping } from '../../common/containerd/errors.ts';
import { QUIET } from '../flags.ts';
import { type Command, labelText, NARROW, newClient, printTable, showHelp, timestampNs } from '../run.ts';

const { methods } = LeasesService;
const DAY_NS = 86_400_000_000_000;

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List all leases',
  argsUsage: '[flags] <filter>',
  description: 'lists the leases that containerd keeps',
  flags: [QUIET('Only the IDs')],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const filters = run.cli.args;
    const { leases } = await wrapping('failed to list leases', () => client.call(ctx, methods.List, { filters }));
    if (run.cli.bool('quiet')) return print(ctx, leases.map(({ id }) => `${id}\n`).join(''));
    const rows = leases.map(({ id, createdAt, labels }) => [
      id,
      rfc3339(timestampNs(createdAt)),
      Object.keys(labels).length === 0 ? '-' : labelText(labels),
    ]);
    await printTable(ctx, NARROW, [['ID', 'CREATED AT', 'LABELS'], ...rows]);
  },
};

const createCommand: Command = {
  name: 'create',
  usage: 'Make a lease',
  argsUsage: '[flags] <label>=<value> ...',
  description: 'makes a lease',
  flags: [
    { name: 'id', kind: 'string', usage: 'Its ID; made up by default' },
    {
      name: 'expires',
      aliases: ['x'],
      kind: 'duration',
      value: DAY_NS,
      usage: 'How long it lasts (0: for ever)',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const client = await newClient(ctx, run);
    const labels: Record<string, string> = {};
    for (const word of cli.args) {
      const [key = '', ...value] = word.split('=');
      labels[key] = value.join('=');
    }
    const expires = cli.duration('expires');
    if (expires > 0) labels['containerd.io/gc.expire'] = rfc3339(ctx.wallTime + BigInt(expires));
    const id = cli.string('id') === '' ? leaseId(ctx) : cli.string('id');
    const { lease } = await client.call(ctx, methods.Create, { id, labels });
    await print(ctx, `${lease?.id ?? id}\n`);
  },
};

const deleteCommand: Command = {
  name: 'delete',
  aliases: ['del', 'remove', 'rm'],
  usage: 'Delete a lease',
  argsUsage: '[flags] <lease id> ...',
  description: 'deletes a lease',
  flags: [{ name: 'sync', kind: 'bool', usage: 'Wait until what nothing else refers to is gone as well' }],
  action: async (ctx, run) => {
    const ids = run.cli.args;
    if (ids.length === 0) return showHelp(ctx, run);
    const client = await newClient(ctx, run);
    for (const [i, id] of ids.entries()) {
      await client.call(ctx, methods.Delete, { id, sync: run.cli.bool('sync') && i === ids.length - 1 });
      await print(ctx, `${id}\n`);
    }
  },
};

export const leasesCommand: Command = {
  name: 'leases',
  usage: 'Manage leases',
  subcommands: [listCommand, createCommand, deleteCommand],
};
