/** ctr plugins. @models containerd 2.1 cmd/ctr/commands/plugins @fidelity full */
import type { JsonValue } from '../../../go/json.ts';
import { tabwrite } from '../../../go/tabwriter.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import {
  IntrospectionService,
  type Plugin,
} from '../../../protocols/containerd/services/introspection/v1/generated.ts';
import { RuntimeInfo, RuntimeRequest } from '../../../protocols/containerd/types/generated.ts';
import { grpcCodeName } from '../../../protocols/grpc/status.ts';
import { QUIET, RUNTIME } from '../flags.ts';
import { type Command, newClient, printJson, printTable, WIDE } from '../run.ts';
import { runtimeOptions } from '../runtime-options.ts';

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: "List containerd's plugins",
  flags: [
    QUIET('Only the IDs'),
    { name: 'detailed', aliases: ['d'], kind: 'bool', usage: 'All there is to say of each plugin' },
  ],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const { plugins } = await client.call(ctx, IntrospectionService.methods.Plugins, { filters: run.cli.args });
    if (run.cli.bool('quiet')) return print(ctx, plugins.map(({ id }) => `${id}\n`).join(''));
    if (run.cli.bool('detailed')) return printDetails(ctx, plugins);
    const rows = plugins.map((plugin) => [plugin.type, plugin.id, platformText(plugin), statusOf(plugin)]);
    await printTable(ctx, WIDE, [['TYPE', 'ID', 'PLATFORMS', 'STATUS'], ...rows]);
  },
};

function platformText({ platforms }: Plugin): string {
  if (platforms.length === 0) return '-';
  const texts = platforms.map(({ os, architecture, variant }) =>
    [os, architecture, variant].filter((p) => p !== '').join('/'),
  );
  return [...new Set(texts)].sort().join(',');
}

function statusOf({ initErr }: Plugin): string {
  if (initErr === undefined) return 'ok';
  return initErr.message.includes('skip plugin') ? 'skip' : 'error';
}

async function printDetails(ctx: Context, plugins: readonly Plugin[]): Promise<void> {
  const texts = plugins.map((plugin) => {
    const lines = [`Type:\t ${plugin.type}`, `ID:\t ${plugin.id}`];
    if (plugin.requires.length > 0) lines.push('Requires:\t', ...plugin.requires.map((name) => `\t ${name}`));
    if (plugin.platforms.length > 0) lines.push(`Platforms:\t ${platformText(plugin)}`);
    const exports = Object.entries(plugin.exports);
    if (exports.length > 0) lines.push('Exports:\t', ...exports.map(([key, value]) => `\t ${key} \t ${value}`));
    if (plugin.capabilities.length > 0) lines.push(`Capabilities:\t ${plugin.capabilities.join(',')}`);
    if (plugin.initErr !== undefined) {
      const { code, message } = plugin.initErr;
      lines.push('Error:\t', `\t Code:\t ${grpcCodeName(code)}`, `\t Message:\t ${message}`);
    }
    return `${lines.join('\n')}\n`;
  });
  await print(ctx, tabwrite(texts.join('\t\t\t\n'), WIDE));
}

const inspectRuntimeCommand: Command = {
  name: 'inspect-runtime',
  usage: 'Print what a runtime can do',
  argsUsage: '[flags]',
  flags: RUNTIME,
  action: async (ctx, run) => {
    const options = runtimeOptions(run.cli);
    const client = await newClient(ctx, run);
    const request = RuntimeRequest.create({
      runtimePath: run.cli.string('runtime'),
      ...(options === null ? {} : { options }),
    });
    const { extra } = await client.call(ctx, IntrospectionService.methods.PluginInfo, {
      type: 'io.containerd.runtime.v2',
      id: 'task',
      options: { typeUrl: RuntimeRequest.typeName, value: RuntimeRequest.encode(request).slice() },
    });
    const info = RuntimeInfo.decode(extra?.value ?? new Uint8Array(0));
    const features =
      info.features === undefined ? null : (JSON.parse(new TextDecoder().decode(info.features.value)) as JsonValue);
    await printJson(ctx, {
      Name: info.name,
      Version: { Version: info.version?.version ?? '', Revision: info.version?.revision ?? '' },
      Options: {},
      Features: features,
      Annotations: Object.keys(info.annotations).length === 0 ? null : { ...info.annotations },
    });
  },
};

export const pluginsCommand: Command = {
  name: 'plugins',
  aliases: ['plugin'],
  usage: "Tell about containerd's plugins",
  subcommands: [listCommand, inspectRuntimeCommand],
};
