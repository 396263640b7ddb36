/**
 * What the chosen network means for a new container's spec: namespaces, and the three files of /etc.
 * @models nerdctl v2.3.5 pkg/containerutil/container_network_manager.go, container_network_manager_linux.go, pkg/netutil/nettype
 * @fidelity full
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, readFile, writeFile } from '../../linux/io.ts';
import { Status } from '../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../common/containerd/client.ts';
import { loadTask, specOf } from '../common/containerd/container.ts';
import { addMounts, type FullSpec, joinNamespace, stayInHostNamespace } from '../common/containerd/spec.ts';
import { type PortMapping, stateDirectory } from './data-store.ts';
import { allocateHosts, hostsPath } from './hosts-store.ts';
import { cniEnvironment, ensureDefaultNetwork, networkNamed } from './networks.ts';
import { parsePublish } from './ports.ts';
import { fail, shortId } from './run.ts';
import { matchContainers } from './walker.ts';

export type NetworkKind = 'host' | 'none' | 'container' | 'ns' | 'cni';

/** nettype.Detect. */
export function networkKind(names: readonly string[]): NetworkKind {
  const kinds = names.map((name): NetworkKind => {
    if (name === 'host' || name === 'none') return name;
    if (name.startsWith('container:')) return 'container';
    return name.startsWith('ns:') ? 'ns' : 'cni';
  });
  for (const kind of kinds) if (kind !== kinds[0]) fail(`mixed network types: ${kinds[0]} and ${kind}`);
  return kinds[0] ?? 'cni';
}

export type ContainerNetwork = {
  names: readonly string[];
  hostname: string;
  domainname: string;
  ports: readonly PortMapping[];
  dns: { DNSServers: string[] | null; DNSResolvConfOptions: string[] | null; DNSSearchDomains: string[] | null };
  ip: string;
  mac: string;
};

export async function applyNetwork(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  spec: FullSpec,
  store: string,
  id: string,
): Promise<ContainerNetwork> {
  const names = [...new Set(cli.isSet('net') ? cli.strings('net') : cli.strings('network'))];
  const kind = networkKind(names);
  const ports: PortMapping[] = [];
  for (const text of cli.strings('publish')) ports.push(...(await parsePublish(ctx, text)));
  const options = [...cli.strings('dns-opt'), ...cli.strings('dns-option')];
  const network = {
    ports: kind === 'cni' ? ports : [],
    domainname: cli.string('domainname'),
    dns: {
      DNSServers: listOrNull(cli.strings('dns')),
      DNSResolvConfOptions: listOrNull(options),
      DNSSearchDomains: listOrNull(cli.strings('dns-search')),
    },
    ip: cli.string('ip'),
    mac: cli.string('mac-address'),
  };
  if (kind === 'container') {
    const hostname = await shareNetwork(ctx, client, spec, store, names[0] ?? '');
    return { ...network, names: [`container:${hostname.id}`], hostname: hostname.name };
  }
  if (kind === 'cni') {
    const env = cniEnvironment(cli);
    await ensureDefaultNetwork(ctx, env);
    for (const name of names) await networkNamed(ctx, env, name);
  }
  const state = stateDirectory(store, client.namespace, id);
  const resolv = `${state}/resolv.conf`;
  await writeFile(ctx, resolv, await resolvConf(ctx, network.dns, kind === 'host'));
  const hosts = kind === 'host' ? await readOr(ctx, '/etc/hosts') : '';
  bindFile(spec, '/etc/resolv.conf', resolv);
  bindFile(spec, '/etc/hosts', await allocateHosts(ctx, store, client.namespace, id, hosts));
  if (kind === 'host') stayInHostNamespace(spec, 'network');
  if (kind === 'ns') joinNamespace(spec, 'network', (names[0] ?? '').slice('ns:'.length));
  const isHostUts = cli.string('uts') === 'host';
  const own = kind === 'host' || kind === 'ns' ? (await ctx.sys.uname(ctx)).nodename : shortId(id);
  const hostname = cli.string('hostname') === '' ? own : cli.string('hostname');
  if (isHostUts) {
    if (cli.string('hostname') !== '')
      fail('conflicting options: cannot set hostname and/or domainname when running in UTS host mode');
    stayInHostNamespace(spec, 'uts');
    return { ...network, names, hostname: '' };
  }
  spec.hostname = hostname;
  if (network.domainname !== '') spec.domainname = network.domainname;
  await writeFile(ctx, `${state}/hostname`, `${hostname}\n`);
  bindFile(spec, '/etc/hostname', `${state}/hostname`);
  return { ...network, names, hostname };
}

function listOrNull(list: readonly string[]): string[] | null {
  return list.length === 0 ? null : [...list];
}

function bindFile(spec: FullSpec, destination: string, source: string): void {
  addMounts(spec, [{ destination, type: 'bind', source, options: ['bind', 'rprivate'] }]);
}

/** `container:NAME`: its namespace and its files. */
async function shareNetwork(
  ctx: Context,
  client: Client,
  spec: FullSpec,
  store: string,
  argument: string,
): Promise<{ id: string; name: string }> {
  const request = argument.slice('container:'.length);
  const found = await matchContainers(ctx, client, request);
  if (found.length > 1) fail(`container networking: multiple containers found with prefix: ${request}`);
  const container = found[0] ?? fail(`container networking: could not find container: ${request}`);
  const task = await loadTask(ctx, client, container.id);
  if (task.status !== Status.RUNNING) fail(`invalid target container: ${container.id}, should be running`);
  joinNamespace(spec, 'network', `/proc/${task.pid}/ns/net`);
  const state = stateDirectory(store, client.namespace, container.id);
  const files: readonly (readonly [string, string])[] = [
    ['/etc/resolv.conf', `${state}/resolv.conf`],
    ['/etc/hosts', hostsPath(store, client.namespace, container.id)],
    ['/etc/hostname', `${state}/hostname`],
  ];
  for (const [destination, source] of files) if (await exists(ctx, source)) bindFile(spec, destination, source);
  const hostname = specOf(container).hostname ?? '';
  spec.hostname = hostname;
  return { id: container.id, name: hostname };
}

async function readOr(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}

const PUBLIC_SERVERS = ['8.8.8.8', '8.8.4.4'];

/** The host's, without servers that only the host can reach. */
async function resolvConf(ctx: Context, dns: ContainerNetwork['dns'], withLocal: boolean): Promise<string> {
  const lines = (await readOr(ctx, '/etc/resolv.conf')).split('\n').map((line) => line.trim());
  const valuesOf = (key: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${key} `))
      .flatMap((line) =>
        line
          .slice(key.length + 1)
          .trim()
          .split(/\s+/),
      );
  const own = valuesOf('nameserver').filter((server) => withLocal || !/^(127\.|::1)/.test(server));
  const servers = dns.DNSServers ?? (own.length === 0 ? PUBLIC_SERVERS : own);
  const search = dns.DNSSearchDomains ?? valuesOf('search');
  const options = dns.DNSResolvConfOptions ?? valuesOf('options');
  return [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}\n`]),
    ...servers.map((server) => `nameserver ${server}\n`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}\n`]),
  ].join('');
}

/** --add-host, checked. */
export function extraHosts(cli: CobraContext): string[] {
  return [...new Set(cli.strings('add-host'))].map((entry) => {
    const at = entry.indexOf(':');
    const [host, ip] = [entry.slice(0, at), entry.slice(at + 1)];
    if (at < 1) fail(`bad format for add-host: ${quote(entry)}`);
    if (ip === 'host-gateway') {
      const gateway = cli.string('host-gateway-ip');
      if (gateway === '') fail('unable to derive the IP value for host-gateway');
      return `${host}:${gateway}`;
    }
    if (!/^[0-9a-fA-F.:]+$/.test(ip)) fail(`invalid IP address in add-host: ${quote(ip)}`);
    return entry;
  });
}
