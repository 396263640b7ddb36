/**
 * The kubelet's own network plugin: CNI, run by the kubelet because Docker knows none.
 * @models kubernetes 1.23 pkg/kubelet/dockershim/network/cni/cni.go, plugins.go
 * @fidelity partial: the configuration is read anew for each pod rather than every five seconds; no bandwidth
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import {
  addNetworkList,
  delNetworkList,
  type NetworkConfigList,
  type RuntimeConf,
} from '../../../../protocols/cni/libcni.ts';
import type { PodSandboxConfig } from '../../../../protocols/cri/generated.ts';
import { loadNetworkFile } from '../cni/conf-files.ts';
import { inNetworkNamespace } from '../cni/netns.ts';
import { failure, messageOf } from '../errors.ts';

const INTERFACE = 'eth0';
const CONF_FILE = /\.(?:conf|conflist|json)$/;
const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;

export type PodIdentity = { name: string; namespace: string; id: string; pid: number };

export class CniPlugin {
  private readonly confDirectory: string;
  private readonly binDirectories: readonly string[];

  constructor(confDirectory: string, binDirectory: string) {
    this.confDirectory = confDirectory;
    this.binDirectories = binDirectory.split(',');
  }

  private async network(ctx: Context): Promise<NetworkConfigList | null> {
    let names: string[];
    try {
      names = (await ctx.sys.readDirectory(ctx, this.confDirectory)).map(({ name }) => name).sort();
    } catch (error) {
      if (!isErrno(error)) throw error;
      return null;
    }
    for (const name of names.filter((one) => CONF_FILE.test(one))) {
      try {
        return await loadNetworkFile(ctx, `${this.confDirectory}/${name}`);
      } catch (error) {
        messageOf(error);
      }
    }
    return null;
  }

  /** null, or why pods cannot get a network. */
  async status(ctx: Context): Promise<string | null> {
    return (await this.network(ctx)) === null ? 'cni config uninitialized' : null;
  }

  private confFor(pod: PodIdentity, config: PodSandboxConfig | null): RuntimeConf {
    const mappings = (config?.portMappings ?? [])
      .filter(({ hostPort }) => hostPort > 0)
      .map(({ hostPort, containerPort, protocol, hostIp }) => ({
        hostPort,
        containerPort,
        protocol: PROTOCOLS[protocol] ?? 'tcp',
        hostIP: hostIp,
      }));
    return {
      containerId: pod.id,
      netns: `/proc/${pod.pid}/ns/net`,
      ifName: INTERFACE,
      args: [
        ['IgnoreUnknown', '1'],
        ['K8S_POD_NAMESPACE', pod.namespace],
        ['K8S_POD_NAME', pod.name],
        ['K8S_POD_INFRA_CONTAINER_ID', pod.id],
      ],
      capabilityArgs: mappings.length === 0 ? {} : { portMappings: mappings },
    };
  }

  async setUp(ctx: Context, pod: PodIdentity, config: PodSandboxConfig): Promise<void> {
    const failed = (words: string): Error =>
      failure(`networkPlugin cni failed to set up pod "${pod.name}_${pod.namespace}" network: ${words}`);
    const list = await this.network(ctx);
    if (list === null) throw failed('cni config uninitialized');
    try {
      await inNetworkNamespace(ctx, `/proc/${pod.pid}/ns/net`, async (c) => {
        await c.sys.netlink(c, { op: 'link.set', name: 'lo', up: true });
        return '';
      });
      await addNetworkList(ctx, list, this.confFor(pod, config), this.binDirectories);
    } catch (error) {
      throw failed(messageOf(error));
    }
  }

  /** Whether there is still a process or not: plugins give back the address. */
  async tearDown(ctx: Context, pod: PodIdentity): Promise<void> {
    const list = await this.network(ctx);
    if (list === null) return;
    const conf = this.confFor(pod, null);
    try {
      await delNetworkList(ctx, list, pod.pid === 0 ? { ...conf, netns: '' } : conf, this.binDirectories);
    } catch (error) {
      throw failure(
        `networkPlugin cni failed to teardown pod "${pod.name}_${pod.namespace}" network: ${messageOf(error)}`,
      );
    }
  }

  /** The address as it is found inside the pod. */
  async address(ctx: Context, pid: number): Promise<string> {
    try {
      return await inNetworkNamespace(ctx, `/proc/${pid}/ns/net`, async (c) => {
        const link = (await c.sys.netLinks(c)).find(({ name }) => name === INTERFACE);
        return link?.addresses[0]?.address ?? '';
      });
    } catch (error) {
      if (error instanceof Errno) return '';
      messageOf(error);
      return '';
    }
  }
}
