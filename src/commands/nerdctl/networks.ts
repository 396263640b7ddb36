/**
 * Networks: conflists in /etc/cni/net.d, those of nerdctl with an id; `bridge` is made when it is missing.
 * @models nerdctl v2.3.5 pkg/netutil/netutil.go netutil_unix.go store.go
 * @fidelity partial: driver bridge; IPv4; no DHCP
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { newError } from '../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { exists, mkdirAll, readFile, removeAll, writeFile } from '../../linux/io.ts';
import type { NetworkConfigList } from '../../protocols/cni/libcni.ts';
import type { CniPluginConfig } from '../../protocols/cni/types.ts';
import { digestHex, digestOf } from '../../protocols/oci/digest.ts';
import { namesIn } from './data-store.ts';
import { LABELS } from './labels.ts';
import { fail, keyValues, notSimulated, shortId } from './run.ts';

export const DEFAULT_NETWORK = 'bridge';
const DEFAULT_CIDR = '10.4.0.0/24';
const STARTING_NETWORK = 0x0a040100;
const DEFAULT_BRIDGE = 'nerdctl0';
export const PSEUDO_NETWORKS: readonly string[] = ['host', 'none'];

export type Network = {
  name: string;
  file: string;
  id: string | null;
  labels: Record<string, string> | null;
  list: NetworkConfigList;
};

export type CniEnvironment = { path: string; confPath: string; namespace: string };

export function cniEnvironment(cli: CobraContext): CniEnvironment {
  return { path: cli.string('cni-path'), confPath: cli.string('cni-netconfpath'), namespace: cli.string('namespace') };
}

export async function listNetworks(ctx: Context, env: CniEnvironment): Promise<Network[]> {
  await mkdirAll(ctx, `${env.confPath}/${env.namespace}`);
  const found: Network[] = [];
  for (const directory of [env.confPath, `${env.confPath}/${env.namespace}`]) {
    for (const name of await namesIn(ctx, directory)) {
      if (/\.(conf|conflist|json)$/.test(name)) found.push(await readNetwork(ctx, `${directory}/${name}`));
    }
  }
  return found;
}

type Raw = {
  name?: string;
  cniVersion?: string;
  nerdctlID?: string;
  nerdctlLabels?: Record<string, string>;
  plugins?: CniPluginConfig[];
};

async function readNetwork(ctx: Context, file: string): Promise<Network> {
  const source = await readFile(ctx, file);
  let raw: Raw;
  try {
    raw = JSON.parse(source) as Raw;
  } catch {
    fail(
      `failed marshalling json out of network configuration file ${quote(file)}: error parsing configuration list: unexpected end of JSON input\nFor details on the schema, see https://pkg.go.dev/github.com/containernetworking/cni/libcni#NetworkConfigList`,
    );
  }
  const plugins = raw.plugins ?? [raw as unknown as CniPluginConfig];
  return {
    name: raw.name ?? '',
    file,
    id: raw.nerdctlID ?? null,
    labels: raw.nerdctlLabels ?? null,
    list: {
      name: raw.name ?? '',
      cniVersion: raw.cniVersion ?? '',
      plugins,
      source,
      pluginSources: plugins.map((plugin) => JSON.stringify(plugin)),
    },
  };
}

export async function networkNamed(ctx: Context, env: CniEnvironment, key: string): Promise<Network> {
  const found = (await listNetworks(ctx, env)).find(
    ({ name, id }) => name === key || (id !== null && (id === key || shortId(id) === key)),
  );
  return found ?? fail(`no such network: ${quote(key)}`);
}

/** By name, and if there is none by the start of an id. */
export async function matchNetworks(ctx: Context, env: CniEnvironment, request: string): Promise<Network[]> {
  const all = await listNetworks(ctx, env);
  const byName = all.filter(({ name }) => name === request);
  return byName.length > 0 ? byName : all.filter(({ id }) => id?.startsWith(request) === true);
}

/** Created once, before the first container that needs it. */
export async function ensureDefaultNetwork(ctx: Context, env: CniEnvironment): Promise<void> {
  const all = await listNetworks(ctx, env);
  if (all.some(({ labels, name }) => labels?.[LABELS.defaultNetwork] !== undefined || name === DEFAULT_NETWORK)) return;
  await createNetwork(ctx, env, {
    name: DEFAULT_NETWORK,
    driver: 'bridge',
    subnets: [DEFAULT_CIDR],
    gateways: [],
    ipRange: '',
    labels: [`${LABELS.defaultNetwork}=true`],
    options: {},
    internal: false,
  });
}

export type NetworkOptions = {
  name: string;
  driver: string;
  subnets: readonly string[];
  gateways: readonly string[];
  ipRange: string;
  labels: readonly string[];
  options: Readonly<Record<string, string>>;
  internal: boolean;
};

/** Returns its id. */
export async function createNetwork(ctx: Context, env: CniEnvironment, options: NetworkOptions): Promise<string> {
  const { name } = options;
  const existing = await listNetworks(ctx, env);
  if (existing.some((network) => network.name === name)) fail(`network with name ${name} already exists`);
  const id = digestHex(digestOf(name));
  const plugins = pluginsOf(options, id, existing);
  for (const { type } of plugins) {
    const path = `${env.path}/${type}`;
    if (await exists(ctx, path)) continue;
    throw newError(
      `needs CNI plugin ${quote(type)} to be installed in CNI_PATH (${quote(env.path)}), see https://github.com/containernetworking/plugins/releases: exec: ${quote(path)}: stat ${path}: no such file or directory`,
    );
  }
  const config = {
    cniVersion: '1.0.0',
    name,
    nerdctlID: id,
    nerdctlLabels: keyValues(options.labels),
    plugins,
  };
  const isShared = name === DEFAULT_NETWORK || env.namespace === '';
  const directory = isShared ? env.confPath : `${env.confPath}/${env.namespace}`;
  await mkdirAll(ctx, directory);
  const text = marshalJson(config as unknown as JsonValue, { indent: '  ' });
  await writeFile(ctx, `${directory}/nerdctl-${name}.conflist`, text);
  return id;
}

function pluginsOf(options: NetworkOptions, id: string, existing: readonly Network[]): CniPluginConfig[] {
  const { driver, name, internal } = options;
  if (driver === 'macvlan' || driver === 'ipvlan') notSimulated(`network driver ${driver}`);
  if (driver !== 'bridge') fail(`unsupported cni driver ${quote(driver)}`);
  let mtu = 0;
  let ipMasq = !internal;
  let policy = 'same-bridge';
  for (const [key, value] of Object.entries(options.options)) {
    const isOn = /^(1|t|true)$/i.test(value);
    if (key === 'mtu' || key === 'com.docker.network.driver.mtu') mtu = Number(value);
    else if (key === 'ip-masq' || key === 'com.docker.network.bridge.enable_ip_masquerade') ipMasq = isOn && !internal;
    else if (key === 'icc' || key === 'com.docker.network.bridge.enable_icc') policy = isOn ? policy : 'isolated';
    else fail(`unsupported ${quote(driver)} network option ${quote(key)}`);
  }
  const bridge: CniPluginConfig = {
    type: 'bridge',
    bridge: name === DEFAULT_NETWORK ? DEFAULT_BRIDGE : `br-${shortId(id)}`,
    ...(internal ? {} : { isGateway: true }),
    ...(ipMasq ? { ipMasq: true } : {}),
    ...(mtu === 0 ? {} : { mtu }),
    hairpinMode: true,
    ipam: {
      ranges: options.subnets.map((subnet) => [rangeOf(subnet, options, existing)]),
      ...(internal ? {} : { routes: [{ dst: '0.0.0.0/0' }] }),
      type: 'host-local',
    },
  };
  return [
    bridge,
    ...(internal ? [] : [{ type: 'portmap', capabilities: { portMappings: true } }]),
    { type: 'firewall', ingressPolicy: policy },
    { type: 'tuning' },
  ];
}

type Range = { subnet: string; gateway: string; rangeStart?: string; rangeEnd?: string };

function rangeOf(text: string, options: NetworkOptions, existing: readonly Network[]): Range {
  const used = existing.flatMap(({ list }) => subnetsOf(list.plugins));
  const subnet = text === '' ? freeSubnet(used) : requireSubnet(text, used);
  const gateways = options.gateways.map((gateway) => ({ gateway, address: ipNumber(gateway) }));
  for (const { gateway, address } of gateways) if (address === null) fail(`failed to parse gateway ${quote(gateway)}`);
  const own = gateways.find(({ address }) => address !== null && contains(subnet, address));
  if (gateways.length > 0 && own === undefined)
    fail(`no matching subnet ${quote(cidrText(subnet))} for gateway ${quote(options.gateways[0] ?? '')}`);
  const range: Range = { subnet: cidrText(subnet), gateway: own?.gateway ?? ipText(subnet.network + 1) };
  if (options.ipRange === '') return range;
  const part = parseCidr(options.ipRange) ?? fail(`failed to parse ip-range ${quote(options.ipRange)}`);
  const last = part.network + 2 ** (32 - part.prefix) - 1;
  if (!contains(subnet, part.network) || !contains(subnet, last))
    fail(`no matching subnet ${quote(cidrText(subnet))} for ip-range ${quote(options.ipRange)}`);
  return { ...range, rangeStart: ipText(part.network + 1), rangeEnd: ipText(last - 1) };
}

type Subnet = { address: number; network: number; prefix: number };

export function ipNumber(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function parseCidr(text: string): Subnet | null {
  const [ip = '', bits = ''] = text.split('/');
  const address = ipNumber(ip);
  if (address === null || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return null;
  const size = 2 ** (32 - Number(bits));
  return { address, network: Math.floor(address / size) * size, prefix: Number(bits) };
}

function cidrText({ network, prefix }: Subnet): string {
  return `${ipText(network)}/${prefix}`;
}

export function contains({ network, prefix }: Subnet, address: number): boolean {
  return address >= network && address < network + 2 ** (32 - prefix);
}

function overlap(a: Subnet, b: Subnet): boolean {
  return contains(a, b.network) || contains(b, a.network);
}

function requireSubnet(text: string, used: readonly Subnet[]): Subnet {
  const subnet = parseCidr(text) ?? fail(`failed to parse subnet ${quote(text)}`);
  if (subnet.address !== subnet.network)
    fail(`unexpected subnet ${quote(text)}, maybe you meant ${quote(cidrText(subnet))}?`);
  if (used.some((other) => overlap(subnet, other)))
    fail(`subnet ${text} overlaps with other one on this address space`);
  return subnet;
}

const NETWORKS_MAX = 4096;

function freeSubnet(used: readonly Subnet[]): Subnet {
  for (let i = 0; i < NETWORKS_MAX; i++) {
    const network = STARTING_NETWORK + i * 256;
    const candidate = { address: network, network, prefix: 24 };
    if (!used.some((other) => overlap(candidate, other))) return candidate;
  }
  return fail('could not find free subnet');
}

export function subnetsOf(plugins: readonly CniPluginConfig[]): Subnet[] {
  return plugins.flatMap((plugin) =>
    (plugin.ipam?.ranges ?? []).flatMap((ranges) => ranges.flatMap(({ subnet }) => parseCidr(subnet) ?? [])),
  );
}

export async function removeNetwork(ctx: Context, network: Network): Promise<void> {
  await removeAll(ctx, network.file);
  const bridge = network.list.plugins[0]?.['bridge'];
  if (typeof bridge !== 'string') return;
  const links = await ctx.sys.netLinks(ctx);
  if (links.some(({ name }) => name === bridge)) await ctx.sys.netlink(ctx, { op: 'link.delete', name: bridge });
}
