/** ctr sandboxes. @models containerd 2.1 cmd/ctr/commands/sandboxes @fidelity partial: shims with the sandbox API are not there, so that `run` can only say so */
import type { JsonValue } from '../../../go/json.ts';
import { print, readFile } from '../../../linux/io.ts';
import { ControllerService, StoreService } from '../../../protocols/containerd/services/sandbox/v1/generated.ts';
import { nativeError, onPath, wrapping } from '../../common/containerd/errors.ts';
import { type Command, fail, log, NARROW, newClient, printJson, printTable, showHelp, timeText } from '../run.ts';

const runCommand: Command = {
  name: 'run',
  aliases: ['create', 'c', 'r'],
  usage: 'Run a sandbox',
  argsUsage: '[flags] <pod-config.json> <sandbox-id>',
  flags: [{ name: 'runtime', kind: 'string', value: 'io.containerd.runc.v2', usage: 'Name of the runtime' }],
  action: async (ctx, run) => {
    const [path = '', id = ''] = run.cli.args;
    if (run.cli.args.length !== 2) return showHelp(ctx, run);
    const text = await wrapping('failed to read sandbox config', () => onPath('open', path, () => readFile(ctx, path)));
    try {
      JSON.parse(text);
    } catch {
      fail('failed to parse sandbox config: invalid character');
    }
    const client = await newClient(ctx, run);
    await wrapping('failed to create new sandbox', () =>
      client.call(ctx, ControllerService.methods.Create, { sandboxId: id, sandboxer: 'shim' }),
    );
  },
};

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List sandboxes',
  flags: [{ name: 'filters', kind: 'stringSlice', usage: 'Only those that match' }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const { list } = await wrapping('failed to list sandboxes', () =>
      client.call(ctx, StoreService.methods.List, { filters: run.cli.strings('filters') }),
    );
    const rows = list.map(({ sandboxId, createdAt, runtime }) => [sandboxId, timeText(createdAt), runtime?.name ?? '']);
    await printTable(ctx, NARROW, [['ID', 'CREATED', 'RUNTIME'], ...rows]);
  },
};

const removeCommand: Command = {
  name: 'remove',
  aliases: ['rm'],
  usage: 'Remove sandboxes',
  argsUsage: '<id> [<id>, ...]',
  flags: [{ name: 'force', aliases: ['f'], kind: 'bool', usage: 'Go on when a sandbox cannot be stopped' }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    for (const sandboxId of run.cli.args) {
      try {
        await client.call(ctx, StoreService.methods.Get, { sandboxId });
      } catch (error) {
        await log(ctx, run, 'error', `failed to load sandbox ${sandboxId}`, error);
        continue;
      }
      try {
        await client.call(ctx, ControllerService.methods.Stop, { sandboxId });
      } catch (error) {
        await log(ctx, run, 'error', `failed to stop sandbox ${sandboxId}`, nativeError(error));
        if (!run.cli.bool('force')) continue;
      }
      await client.call(ctx, StoreService.methods.Delete, { sandboxId });
      await print(ctx, `${sandboxId}\n`);
    }
  },
};

const infoCommand: Command = {
  name: 'info',
  usage: 'Tell about sandboxes',
  argsUsage: '<id> [<id>, ...]',
  action: async (ctx, run) => {
    if (run.cli.args.length === 0) return showHelp(ctx, run);
    const client = await newClient(ctx, run);
    for (const sandboxId of run.cli.args) {
      const { pid, state, address } = await wrapping(`failed to load sandbox ${sandboxId}`, () =>
        client.call(ctx, ControllerService.methods.Status, { sandboxId, verbose: true }),
      );
      const info: JsonValue = { ID: sandboxId, PID: pid, State: state, Address: address };
      await printJson(ctx, info);
    }
  },
};

export const sandboxesCommand: Command = {
  name: 'sandboxes',
  aliases: ['sandbox', 'sb', 's'],
  usage: 'Manage sandboxes',
  subcommands: [runCommand, listCommand, removeCommand, infoCommand],
};
