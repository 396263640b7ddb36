/**
 * The pod network: the first usable configuration of the directory, watched for changes.
 * @models cri-o/ocicni 0.4 pkg/ocicni/ocicni.go, CRI-O 1.36 internal/config/cnimgr
 * @fidelity partial: one network for each pod; no STATUS or network attachments by annotation
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import {
  addNetworkList,
  checkNetworkList,
  delNetworkList,
  gcNetworkList,
  type NetworkConfigList,
  type RuntimeConf,
} from '../../../../protocols/cni/libcni.ts';
import type { CniResult } from '../../../../protocols/cni/types.ts';
import { Future } from '../../../../sim/primitives.ts';
import { loadNetworkFile } from '../../shared/cni/conf-files.ts';
import { inNetworkNamespace } from '../../shared/cni/netns.ts';
import { failure, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';

const INTERFACE = 'eth0';
const CONF_FILE = /\.(conf|conflist|json)$/;

export type PodNetwork = {
  name: string;
  namespace: string;
  id: string;
  uid: string;
  netns: string;
  cgroupPath: string;
  annotations: Record<string, string>;
};

export class NetworkPlugin {
  private readonly directory: string;
  private readonly dirs: readonly string[];
  private readonly addresses = new WeakMap<PodNetwork, string>();
  private network: NetworkConfigList | null = null;
  private everReady: Future<void>;
  private readonly base: Context;
  private readonly log: Logger;

  constructor(base: Context, log: Logger, directory: string, pluginDirs: readonly string[]) {
    this.base = base;
    this.log = log;
    this.directory = directory.endsWith('/') ? directory : `${directory}/`;
    this.dirs = pluginDirs.map((dir) => dir.replace(/\/+$/, ''));
    this.everReady = new Future<void>(base.scheduler);
  }

  async start(ctx: Context): Promise<void> {
    await this.load(ctx);
    this.base.go('cni-watch', async (inner) => {
      for (;;) {
        await this.waitForChange(inner);
        await this.load(inner);
      }
    });
  }

  private async waitForChange(ctx: Context): Promise<void> {
    for (;;) {
      try {
        return await ctx.sys.watch(ctx, this.directory.replace(/\/$/, ''));
      } catch (error) {
        if (!isErrno(error)) throw error;
        await ctx.sleep(1_000_000_000);
      }
    }
  }

  async load(ctx: Context): Promise<void> {
    const found = await this.findNetwork(ctx);
    const before = this.network?.name;
    this.network = found?.list ?? null;
    if (found === null) return;
    const { list, file } = found;
    if (before === list.name) return;
    await this.log.info(ctx, `Found CNI network ${list.name} (type=${list.plugins[0]?.type}) at ${file}`);
    await this.log.info(ctx, `Updated default CNI network name to ${list.name}`);
    if (this.everReady.done) return;
    await this.log.info(ctx, 'CNI plugin is now healthy (was: plugin status uninitialized)');
    this.everReady.resolve();
  }

  private async findNetwork(ctx: Context): Promise<{ list: NetworkConfigList; file: string } | null> {
    let names: string[];
    try {
      const entries = await ctx.sys.readDirectory(ctx, this.directory.replace(/\/$/, ''));
      names = entries
        .map((entry) => entry.name)
        .filter((name) => CONF_FILE.test(name))
        .sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
    for (const name of names) {
      const file = `${this.directory}${name}`;
      try {
        const list = await loadNetworkFile(ctx, file);
        return { list, file };
      } catch (error) {
        await this.log.error(ctx, `Error loading CNI config file ${file}: ${messageOf(error)}`);
      }
    }
    return null;
  }

  /** Null, or why pods cannot get a network. Once there was one, its loss only shows when a pod is made. */
  status(): string | null {
    return this.everReady.done
      ? null
      : `no CNI configuration file in ${this.directory}. Has your network provider started?`;
  }

  /** Pods wait for the first network. */
  ready(): Promise<void> {
    return this.everReady.wait();
  }

  private need(): NetworkConfigList {
    if (this.network === null)
      throw failure(`no CNI configuration file in ${this.directory}. Has your network provider started?`);
    return this.network;
  }

  private confFor(pod: PodNetwork): RuntimeConf {
    return {
      containerId: pod.id,
      netns: pod.netns,
      ifName: INTERFACE,
      args: [
        ['IgnoreUnknown', '1'],
        ['K8S_POD_NAMESPACE', pod.namespace],
        ['K8S_POD_NAME', pod.name],
        ['K8S_POD_INFRA_CONTAINER_ID', pod.id],
        ['K8S_POD_UID', pod.uid],
      ],
      capabilityArgs: {
        ...(pod.cgroupPath === '' ? {} : { cgroupPath: pod.cgroupPath }),
        'io.kubernetes.cri.pod-annotations': pod.annotations,
      },
    };
  }

  private async announce(ctx: Context, pod: PodNetwork): Promise<string> {
    const name = this.network?.name ?? '';
    await this.log.info(
      ctx,
      `Got pod network &{Name:${pod.name} Namespace:${pod.namespace} ID:${pod.id} UID:${pod.uid} NetNS:${pod.netns} ` +
        `Networks:[{Name:${name} Ifname:${INTERFACE}}] RuntimeConfig:map[${name}:{IP: MAC: PortMappings:[] ` +
        `Bandwidth:<nil> IpRanges:[] CgroupPath:${pod.cgroupPath} PodAnnotations:${this.addressOf(ctx, pod)}}] Aliases:map[]}`,
    );
    return name;
  }

  /** Its log lines show where Go keeps the annotations. */
  private addressOf(ctx: Context, pod: PodNetwork): string {
    const address = this.addresses.get(pod) ?? `0x${ctx.random.hex(12)}`;
    this.addresses.set(pod, address);
    return address;
  }

  async setUp(ctx: Context, pod: PodNetwork): Promise<CniResult> {
    const list = this.need();
    await this.announce(ctx, pod);
    const type = list.plugins[0]?.type ?? '';
    await this.log.info(
      ctx,
      `Adding pod ${pod.namespace}_${pod.name} to CNI network ${quote(list.name)} (type=${type})`,
    );
    try {
      await inNetworkNamespace(ctx, pod.netns, async (inner) => {
        await inner.sys.netlink(inner, { op: 'link.set', name: 'lo', up: true });
        return '';
      });
      return await addNetworkList(ctx, list, this.confFor(pod), this.dirs);
    } catch (error) {
      const words = messageOf(error);
      await this.log.error(
        ctx,
        `Error adding pod ${pod.namespace}_${pod.name} to CNI network ${quote(list.name)}: ${words}`,
      );
      throw failure(`error adding pod ${pod.namespace}_${pod.name} to CNI network ${quote(list.name)}: ${words}`);
    }
  }

  /** What the pod has, by CHECK. */
  async check(ctx: Context, pod: PodNetwork): Promise<CniResult | null> {
    const list = this.need();
    await this.announce(ctx, pod);
    const type = list.plugins[0]?.type ?? '';
    await this.log.info(ctx, `Checking pod ${pod.namespace}_${pod.name} for CNI network ${list.name} (type=${type})`);
    const result = await checkNetworkList(ctx, list, this.confFor(pod), this.dirs);
    await this.log.info(ctx, `Checking CNI network ${list.name} (config version=${list.cniVersion})`);
    return result;
  }

  /** DELs for pods that are gone. */
  async collect(ctx: Context, known: ReadonlySet<string>): Promise<void> {
    if (this.network === null) return;
    try {
      await gcNetworkList(ctx, this.network, (id) => known.has(id), this.dirs);
    } catch (error) {
      await this.log.warn(ctx, `Error while GCing network ${this.network.name}: ${messageOf(error)}`);
    }
  }

  async tearDown(ctx: Context, pod: PodNetwork): Promise<void> {
    const name = await this.announce(ctx, pod);
    const list = this.need();
    const type = list.plugins[0]?.type ?? '';
    await this.log.info(
      ctx,
      `Deleting pod ${pod.namespace}_${pod.name} from CNI network ${quote(name)} (type=${type})`,
    );
    await delNetworkList(ctx, list, this.confFor(pod), this.dirs);
  }
}
