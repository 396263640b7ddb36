/**
 * The pod network: loopback, and the networks of /etc/cni/net.d.
 * @models containerd/go-cni 1.1 cni.go, opts.go, result.go
 * @fidelity partial: no per-handler CNI directories, no conf_template
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import {
  addNetworkList,
  delNetworkList,
  type NetworkConfigList,
  type RuntimeConf,
} from '../../../../protocols/cni/libcni.ts';
import type { CniPluginConfig, CniResult } from '../../../../protocols/cni/types.ts';
import { loadNetworkFile, parseList } from '../../shared/cni/conf-files.ts';
import { parallel } from '../../shared/concurrency.ts';
import { failure, messageOf, pathFailure } from '../../shared/errors.ts';
import type { CniConfig } from '../config/defaults.ts';

export type PodInterface = {
  IPConfigs: { IP: string; Gateway: string }[] | null;
  Mac: string;
  Sandbox: string;
  PciID: string;
  SocketPath: string;
};

/** go-cni's Result, as it is stored with the sandbox and shown by `crictl inspectp`. */
export type PodNetwork = {
  Interfaces: Record<string, PodInterface>;
  DNS: Record<string, unknown>[];
  Routes: Record<string, unknown>[] | null;
};

export type NamespaceOptions = { labels: Record<string, string>; capabilityArgs: Record<string, unknown> };

type Network = { list: NetworkConfigList; ifName: string };

const PREFIX = 'eth';
export const DEFAULT_INTERFACE = 'eth0';

const LOOPBACK_SOURCE =
  '{\n"cniVersion": "0.3.1",\n"name": "cni-loopback",\n"plugins": [{\n  "type": "loopback"\n}]\n}';

const NOT_INITIALIZED = 'cni plugin not initialized';

export class PodNetworks {
  readonly config: CniConfig;
  private networks: Network[] = [];
  /** Why the last load failed. */
  lastLoadError: string | null = null;

  constructor(config: CniConfig) {
    this.config = config;
  }

  get dirs(): readonly string[] {
    return this.config.bin_dir === '' ? this.config.bin_dirs : [this.config.bin_dir];
  }

  private get wanted(): number {
    return this.config.use_internal_loopback ? 1 : 2;
  }

  /** Null, or why pods cannot get a network. */
  status(): string | null {
    return this.networks.length < this.wanted ? NOT_INITIALIZED : null;
  }

  async load(ctx: Context): Promise<void> {
    this.networks = [];
    if (!this.config.use_internal_loopback) this.networks.push({ list: parseList(LOOPBACK_SOURCE), ifName: 'lo' });
    try {
      this.networks.push(...(await loadDirectory(ctx, this.config.conf_dir, this.config.max_conf_num, this.dirs)));
      this.lastLoadError = null;
    } catch (error) {
      this.lastLoadError = `cni config load failed: ${messageOf(error)}: failed to load cni config`;
      throw failure(this.lastLoadError);
    }
  }

  private confFor(network: Network, id: string, netns: string, options: NamespaceOptions): RuntimeConf {
    return {
      containerId: id,
      netns,
      ifName: network.ifName,
      args: Object.entries(options.labels),
      capabilityArgs: options.capabilityArgs,
    };
  }

  async setup(ctx: Context, id: string, netns: string, options: NamespaceOptions): Promise<PodNetwork> {
    const problem = this.status();
    if (problem !== null) throw failure(problem);
    const attach = (c: Context, network: Network): Promise<CniResult> =>
      addNetworkList(c, network.list, this.confFor(network, id, netns, options), this.dirs);
    const limit = this.config.setup_serially ? 1 : this.networks.length;
    return toPodNetwork(await parallel(ctx, 'cni-attach', this.networks, attach, limit));
  }

  async remove(ctx: Context, id: string, netns: string, options: NamespaceOptions): Promise<void> {
    const problem = this.status();
    if (problem !== null) throw failure(problem);
    for (const network of this.networks) {
      try {
        await delNetworkList(ctx, network.list, this.confFor(network, id, netns, options), this.dirs);
      } catch (error) {
        const text = messageOf(error);
        if ((netns === '' && text.includes('no such file or directory')) || text.includes('not found')) continue;
        throw error;
      }
    }
  }

  /** What `crictl info` shows under cniconfig. */
  describe(): Record<string, unknown> {
    const networks = this.networks.map(({ list, ifName }) => ({
      Config: {
        Name: list.name,
        CNIVersion: list.cniVersion,
        Plugins: list.plugins.map((plugin, i) => ({ Network: shown(plugin), Source: list.pluginSources[i] })),
        Source: list.source,
      },
      IFName: ifName,
    }));
    return {
      PluginDirs: this.dirs,
      PluginConfDir: this.config.conf_dir,
      PluginMaxConfNum: this.config.max_conf_num,
      Prefix: PREFIX,
      Networks: networks,
    };
  }
}

/** The fields that every plugin has; its own ones are only in the source. */
function shown(plugin: CniPluginConfig): Record<string, unknown> {
  return {
    type: plugin.type,
    ...(plugin.capabilities === undefined ? {} : { capabilities: plugin.capabilities }),
    ipam: plugin.ipam?.type === undefined ? {} : { type: plugin.ipam.type },
  };
}

async function loadDirectory(
  ctx: Context,
  directory: string,
  max: number,
  dirs: readonly string[],
): Promise<Network[]> {
  let names: string[];
  try {
    names = (await ctx.sys.readDirectory(ctx, directory))
      .filter((entry) => entry.type !== 'directory')
      .map((entry) => entry.name);
  } catch (error) {
    if (!isErrno(error, 'ENOENT'))
      throw failure(
        `failed to read config file: ${pathFailure('open', directory, error).message}: failed to read config file`,
      );
    names = [];
  }
  const files = names.filter((name) => /\.(conf|conflist|json)$/.test(name)).sort();
  if (files.length === 0) throw failure(`no network config found in ${directory}: ${NOT_INITIALIZED}`);
  const networks: Network[] = [];
  for (const name of files) {
    const path = `${directory}/${name}`;
    const list = await loadNetworkFile(ctx, path);
    if (list.plugins.length === 0)
      throw failure(`CNI config list in config file ${path} has no networks, skipping: invalid cni config`);
    networks.push({ list, ifName: `${PREFIX}${networks.length}` });
    if (networks.length === max) break;
  }
  if (networks.length === 0) throw failure(`no valid networks found in [${dirs.join(' ')}]: ${NOT_INITIALIZED}`);
  return networks;
}

function toPodNetwork(results: readonly CniResult[]): PodNetwork {
  const empty = (): PodInterface => ({ IPConfigs: null, Mac: '', Sandbox: '', PciID: '', SocketPath: '' });
  const network: PodNetwork = { Interfaces: { [DEFAULT_INTERFACE]: empty() }, DNS: [], Routes: null };
  for (const result of results) {
    const interfaces = result.interfaces ?? [];
    for (const { name, mac, sandbox } of interfaces) {
      network.Interfaces[name] = { ...empty(), Mac: mac ?? '', Sandbox: sandbox ?? '' };
    }
    for (const ip of result.ips ?? []) {
      if (ip.interface !== undefined && (ip.interface < 0 || ip.interface >= interfaces.length)) {
        throw failure(
          `invalid interface config: invalid IP configuration (interface number ${ip.interface} is > number of interfaces ${interfaces.length}): invalid result`,
        );
      }
      const name =
        ip.interface === undefined ? DEFAULT_INTERFACE : (interfaces[ip.interface]?.name ?? DEFAULT_INTERFACE);
      const owner = (network.Interfaces[name] ??= empty());
      (owner.IPConfigs ??= []).push({ IP: ip.address.split('/')[0] ?? '', Gateway: ip.gateway ?? '' });
    }
    network.DNS.push({ ...result.dns });
    if (result.routes !== undefined && result.routes.length > 0)
      (network.Routes ??= []).push(...result.routes.map((route) => ({ ...route })));
  }
  return network;
}
