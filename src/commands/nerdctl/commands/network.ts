/** nerdctl network. @models nerdctl v2.3.5 pkg/cmd/network @fidelity partial: driver bridge */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { CniRange } from '../../../protocols/cni/types.ts';
import { NamespacesService } from '../../../protocols/containerd/services/namespaces/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers } from '../../common/containerd/container.ts';
import { isTable, printFormatted, printInspected, withFields } from '../format.ts';
import { nativeContainer } from '../inspect-container.ts';
import { containerName, labelText, networksOf } from '../labels.ts';
import {
  cniEnvironment,
  contains,
  createNetwork,
  ipNumber,
  listNetworks,
  matchNetworks,
  type Network,
  PSEUDO_NETWORKS,
  removeNetwork,
  subnetsOf,
} from '../networks.ts';
import {
  type Command,
  command,
  confirmed,
  FORMAT,
  fail,
  keyValues,
  log,
  newClient,
  printTable,
  shortId,
} from '../run.ts';
import { isRunning } from './lifecycle.ts';
import { goPattern } from './ps.ts';

/** Which running containers of any namespace are on it. */
async function usedNetworks(ctx: Context, client: Client): Promise<Map<string, string[]>> {
  const used = new Map<string, string[]>();
  const { namespaces } = await client.call(ctx, NamespacesService.methods.List, {});
  for (const { name } of namespaces) {
    const inside = client.inNamespace(name);
    for (const { id, labels } of await listContainers(ctx, inside)) {
      if (networksOf(labels).length === 0 || !(await isRunning(ctx, inside, id))) continue;
      for (const network of networksOf(labels)) used.set(network, [...(used.get(network) ?? []), id]);
    }
  }
  return used;
}

const listCommand = command({
  name: 'ls',
  aliases: ['list'],
  use: '[flags]',
  short: 'List networks',
  flags: [
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the IDs' },
    { name: 'filter', short: 'f', kind: 'stringSlice', usage: 'Only those that match' },
    { name: 'format', kind: 'string', usage: "Go template for the output, such as '{{json .}}'" },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const quiet = cli.bool('quiet');
    const asTable = isTable(cli.string('format'), quiet);
    const filters = cli.strings('filter');
    const networks = (await listNetworks(ctx, cniEnvironment(cli))).filter((network) => matches(network, filters));
    const items = networks.map(({ id, name, labels, file }) => ({
      ID: id === null ? '' : shortId(id),
      Name: name,
      Labels: labels === null ? '' : labelText(labels),
      file,
    }));
    const pseudo =
      filters.length > 0 ? [] : PSEUDO_NETWORKS.map((name) => ({ ID: '', Name: name, Labels: '', file: '' }));
    const all = [...items, ...pseudo];
    if (!asTable)
      return printFormatted(
        ctx,
        cli.string('format'),
        all.map(({ file, ...shown }) => withFields(shown, { file })),
        'network.networkPrintable',
      );
    if (quiet) return print(ctx, all.map(({ ID }) => (ID === '' ? '' : `${ID}\n`)).join(''));
    await printTable(ctx, [['NETWORK ID', 'NAME', 'FILE'], ...all.map(({ ID, Name, file }) => [ID, Name, file])]);
  },
});

function matches({ name, labels }: Network, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const at = filter.indexOf('=');
    const [kind, value] = [filter.slice(0, at), filter.slice(at + 1)];
    if (kind === 'name') return goPattern(value).test(name);
    if (kind !== 'label') return true;
    const [key = '', wanted] = value.split('=');
    return labels?.[key] !== undefined && (wanted === undefined || labels[key] === wanted);
  });
}

const createCommand = command({
  name: 'create',
  use: '[flags] NETWORK',
  short: 'Make a network',
  flags: [
    { name: 'driver', short: 'd', kind: 'string', value: 'bridge', usage: 'Driver ("bridge"|"macvlan"|"ipvlan")' },
    { name: 'opt', short: 'o', kind: 'stringArray', usage: 'Options of the driver' },
    { name: 'ipam-driver', kind: 'string', value: 'default', usage: 'IPAM driver ("default"|"host-local"|"dhcp")' },
    { name: 'ipam-opt', kind: 'stringArray', usage: 'Options of the IPAM driver' },
    { name: 'subnet', kind: 'stringArray', usage: 'Subnet, such as "10.5.0.0/16"' },
    { name: 'gateway', kind: 'stringArray', usage: 'Gateway of a subnet' },
    { name: 'ip-range', kind: 'string', usage: 'Part of the subnet to take addresses from' },
    { name: 'label', kind: 'stringArray', usage: 'Labels' },
    { name: 'ipv6', kind: 'bool', usage: 'IPv6' },
    { name: 'internal', kind: 'bool', usage: 'No way out' },
  ],
  args: { exactly: 1 },
  action: async (ctx, cli) => {
    const name = cli.args[0] ?? '';
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name))
      fail(
        `invalid network name: identifier ${quote(name)} must match pattern "[a-zA-Z0-9][a-zA-Z0-9_.-]+": invalid argument`,
      );
    const subnets = cli.strings('subnet');
    if (subnets.length === 0 && (cli.strings('gateway').length > 0 || cli.string('ip-range') !== ''))
      fail('cannot set gateway or ip-range without subnet, specify --subnet manually');
    const id = await createNetwork(ctx, cniEnvironment(cli), {
      name,
      driver: cli.string('driver'),
      subnets: subnets.length === 0 ? [''] : subnets,
      gateways: cli.strings('gateway'),
      ipRange: cli.string('ip-range'),
      labels: cli.strings('label'),
      options: keyValues(cli.strings('opt')),
      internal: cli.bool('internal'),
    });
    await print(ctx, `${id}\n`);
  },
});

const removeCommand = command({
  name: 'rm',
  aliases: ['remove'],
  use: 'NETWORK [NETWORK, ...]',
  short: 'Remove networks',
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const env = cniEnvironment(cli);
    const used = await usedNetworks(ctx, client);
    const removed: string[] = [];
    for (const request of cli.args) {
      const fault = await removeOne(ctx, request, await matchNetworks(ctx, env, request), used);
      if (fault === null) removed.push(request);
      else await log(ctx, 'error', fault);
    }
    if (removed.length === 0) fail('no network could be removed');
    await print(ctx, removed.map((request) => `${request}\n`).join(''));
  },
});

async function removeOne(
  ctx: Context,
  request: string,
  found: readonly Network[],
  used: ReadonlyMap<string, string[]>,
): Promise<string | null> {
  if (PSEUDO_NETWORKS.includes(request)) return `pseudo network not allowed: ${request}`;
  if (found.length > 1) return `multiple IDs found with provided prefix: ${request}`;
  const network = found[0];
  if (network === undefined) return `no network found matching: ${request}`;
  const users = used.get(network.name);
  if (users !== undefined) return `network ${quote(request)} is in use by container [${users.map(quote).join(' ')}]`;
  if (network.name === 'bridge') return 'cannot remove pre-defined network bridge';
  if (network.id === null) return `${request} is managed outside nerdctl and cannot be removed`;
  await removeNetwork(ctx, network);
  return null;
}

const inspectCommand = command({
  name: 'inspect',
  use: '[flags] NETWORK [NETWORK, ...]',
  short: 'Tell all about networks',
  flags: [
    {
      name: 'mode',
      kind: 'string',
      value: 'dockercompat',
      usage: '"dockercompat" as docker does, "native" as CNI does',
    },
    FORMAT,
  ],
  args: { min: 1 },
  action: async (ctx, cli) => inspectNetworks(ctx, cli, await newClient(ctx, cli)),
});

export async function inspectNetworks(ctx: Context, cli: CobraContext, client: Client): Promise<void> {
  const mode = cli.string('mode');
  if (mode !== 'native' && mode !== 'dockercompat') fail(`unknown mode ${quote(mode)}`);
  const env = cniEnvironment(cli);
  const results: object[] = [];
  const errors: string[] = [];
  for (const request of cli.args) {
    const found = await matchNetworks(ctx, env, request);
    if (PSEUDO_NETWORKS.includes(request)) {
      results.push({ Name: request, IPAM: {}, Labels: null, Containers: {} });
      continue;
    }
    const network = found[0];
    if (found.length > 1) errors.push(`multiple IDs found with provided prefix: ${request}`);
    else if (network === undefined) errors.push(`no network found matching: ${request}`);
    else results.push(await inspectedNetwork(ctx, cli, client, network, mode));
  }
  if (results.length > 0) await printInspected(ctx, cli.string('format'), results, '*dockercompat.Network');
  for (const message of errors) await log(ctx, 'error', message);
  if (errors.length > 0) fail('some networks could not be inspected');
}

async function inspectedNetwork(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  { name, id, labels, file, list }: Network,
  mode: string,
): Promise<object> {
  const subnets = subnetsOf(list.plugins);
  const members: Record<string, object> = {};
  for (const container of await listContainers(ctx, client)) {
    if (!networksOf(container.labels).includes(name)) continue;
    const native = await nativeContainer(ctx, cli, client, container);
    if (native.task?.status !== Status.RUNNING) continue;
    const link = native.links.find(({ addresses }) =>
      addresses.some(({ address }) => subnets.some((subnet) => contains(subnet, ipNumber(address) ?? -1))),
    );
    const own = link?.addresses[0];
    members[container.id] = {
      Name: containerName(container.labels),
      MacAddress: link?.mac ?? '',
      IPv4Address: own === undefined ? '' : `${own.address}/${own.prefix}`,
      IPv6Address: '',
    };
  }
  if (mode === 'native') return { CNI: JSON.parse(list.source), NerdctlID: id, NerdctlLabels: labels, File: file };
  const ranges: CniRange[] = list.plugins.flatMap(({ ipam }) => (ipam?.ranges ?? []).flat());
  const config = ranges.map(({ subnet, gateway }) => ({
    Subnet: subnet,
    ...(gateway === undefined ? {} : { Gateway: gateway }),
  }));
  return withFields(
    {
      Name: name,
      ...(id === null ? {} : { Id: id }),
      IPAM: config.length === 0 ? {} : { Config: config },
      Labels: labels,
      Containers: members,
    },
    { ID: id ?? '' },
  );
}

export async function pruneNetworks(ctx: Context, cli: CobraContext, client: Client): Promise<void> {
  const used = await usedNetworks(ctx, client);
  const removed: string[] = [];
  for (const network of await listNetworks(ctx, cniEnvironment(cli))) {
    if (network.id === null || network.name === 'bridge' || used.has(network.name)) continue;
    await removeNetwork(ctx, network);
    removed.push(network.name);
  }
  if (removed.length > 0) await print(ctx, `Deleted Networks:\n${removed.map((name) => `${name}\n`).join('')}\n`);
}

const pruneCommand = command({
  name: 'prune',
  use: '[flags]',
  short: 'Remove all networks that nobody uses',
  flags: [{ name: 'force', short: 'f', kind: 'bool', usage: 'Do not ask' }],
  args: 'none',
  action: async (ctx, cli) => {
    const question = 'This will remove all custom networks not used by at least one container.';
    if (!cli.bool('force') && !(await confirmed(ctx, question))) return;
    await pruneNetworks(ctx, cli, await newClient(ctx, cli));
  },
});

export const networkCommands: Command[] = [listCommand, inspectCommand, createCommand, removeCommand, pruneCommand];
