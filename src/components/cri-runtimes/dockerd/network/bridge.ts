/**
 * The default network: docker0, an address and a pair of interfaces for each container, published ports.
 * @models moby 20.10 libnetwork/drivers/bridge, libnetwork/ipam
 * @fidelity partial: one network; no docker-proxy processes; interfaces are made while the task waits to be started,
 *   where the real daemon is called back by a prestart hook
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { writeFile } from '../../../../linux/io.ts';
import type { EndpointSettings, HostConfig, NetworkSettings, PortBinding } from '../../../../protocols/docker/types.ts';
import { inNetworkNamespace } from '../../shared/cni/netns.ts';
import { systemError } from '../errors.ts';

const BRIDGE = 'docker0';
const EPHEMERAL_FIRST = 49_153;

export class Bridge {
  readonly gateway: string;
  private readonly prefix: number;
  private readonly networkId: string;
  private readonly taken = new Map<string, string>();
  private readonly ports = new Map<string, string>();

  private constructor(address: string, networkId: string) {
    const [gateway = '', prefix = '16'] = address.split('/');
    this.gateway = gateway;
    this.prefix = Number(prefix);
    this.networkId = networkId;
  }

  static async open(ctx: Context, address: string): Promise<Bridge> {
    const bridge = new Bridge(address, ctx.random.hex(64));
    const links = await ctx.sys.netLinks(ctx);
    if (!links.some(({ name }) => name === BRIDGE)) {
      await ctx.sys.netlink(ctx, { op: 'link.add', name: BRIDGE, kind: 'bridge' });
      await ctx.sys.netlink(ctx, { op: 'address.add', name: BRIDGE, address });
    }
    await ctx.sys.netlink(ctx, { op: 'link.set', name: BRIDGE, up: true });
    await writeFile(ctx, '/proc/sys/net/ipv4/ip_forward', '1\n').catch((error: unknown) => {
      if (!isErrno(error)) throw error;
    });
    return bridge;
  }

  private claim(id: string): string {
    const [a = 172, b = 17] = this.gateway.split('.').map(Number);
    for (let n = 2; n < 65_534; n++) {
      const address = `${a}.${b}.${n >> 8}.${n & 255}`;
      if (this.taken.has(address) || address === this.gateway) continue;
      this.taken.set(address, id);
      return address;
    }
    throw systemError("no available IPv4 addresses on this network's address pools: bridge");
  }

  /** Gives the network namespace of `pid` its interface. */
  async connect(
    ctx: Context,
    id: string,
    pid: number,
    host: HostConfig,
    exposed: readonly string[],
  ): Promise<NetworkSettings> {
    const address = this.claim(id);
    const octets = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
    const mac = `02:42:${octets.join(':')}`;
    const outer = `veth${ctx.random.hex(7)}`;
    const inner = `veth${ctx.random.hex(7)}`;
    const path = `/proc/${pid}/ns/net`;
    const fd = await ctx.sys.open(ctx, path, { read: true });
    await ctx.sys.netlink(ctx, { op: 'link.add-veth', name: outer, peer: inner, peerNamespaceFd: fd, peerMac: mac });
    await ctx.sys.close(ctx, fd);
    await ctx.sys.netlink(ctx, { op: 'link.set', name: outer, master: BRIDGE, up: true });
    await inNetworkNamespace(ctx, path, async (c) => {
      await c.sys.netlink(c, { op: 'link.set', name: 'lo', up: true });
      await c.sys.netlink(c, { op: 'link.set', name: inner, newName: 'eth0' });
      await c.sys.netlink(c, { op: 'address.add', name: 'eth0', address: `${address}/${this.prefix}` });
      await c.sys.netlink(c, { op: 'link.set', name: 'eth0', up: true });
      await c.sys.netlink(c, { op: 'route.add', destination: 'default', gateway: this.gateway, name: 'eth0' });
      return '';
    });
    await ctx.sys.addNatRule(ctx, {
      comment: ruleName(id),
      kind: 'masquerade',
      protocol: 'all',
      matchHost: address,
      matchPort: 0,
      toHost: '',
      toPort: 0,
    });
    const endpoint: EndpointSettings = {
      NetworkID: this.networkId,
      Gateway: this.gateway,
      IPAddress: address,
      IPPrefixLen: this.prefix,
      MacAddress: mac,
    };
    const sandbox = ctx.random.hex(64);
    return {
      Bridge: '',
      SandboxID: sandbox,
      SandboxKey: `/var/run/docker/netns/${sandbox.slice(0, 12)}`,
      Ports: await this.publish(ctx, id, address, bindingsOf(host, exposed)),
      Gateway: this.gateway,
      IPAddress: address,
      IPPrefixLen: this.prefix,
      MacAddress: mac,
      Networks: { bridge: endpoint },
    };
  }

  private async publish(
    ctx: Context,
    id: string,
    address: string,
    ports: NonNullable<HostConfig['PortBindings']>,
  ): Promise<Record<string, PortBinding[] | null>> {
    const published: Record<string, PortBinding[] | null> = {};
    for (const [port, bindings] of Object.entries(ports)) {
      const [number = '', protocol = 'tcp'] = port.split('/');
      for (const { HostIp = '', HostPort = '' } of bindings) {
        const hostPort = HostPort === '' || HostPort === '0' ? this.freePort(protocol) : Number(HostPort);
        const key = `${hostPort}/${protocol}`;
        if (this.ports.has(key))
          throw systemError(
            `driver failed programming external connectivity on endpoint ${id.slice(0, 12)}: Bind for ${HostIp || '0.0.0.0'}:${hostPort} failed: port is already allocated`,
          );
        await this.probe(ctx, id, HostIp || '0.0.0.0', hostPort, protocol);
        this.ports.set(key, id);
        await ctx.sys.addNatRule(ctx, {
          comment: ruleName(id),
          kind: 'dnat',
          protocol: protocol === 'udp' ? 'udp' : 'tcp',
          matchHost: HostIp === '0.0.0.0' ? '' : HostIp,
          matchPort: hostPort,
          toHost: address,
          toPort: Number(number),
        });
        (published[port] ??= []).push({ HostIp: HostIp || '0.0.0.0', HostPort: String(hostPort) });
      }
    }
    return published;
  }

  /** The proxy listens on the port: somebody else may have it. */
  private async probe(ctx: Context, id: string, host: string, port: number, protocol: string): Promise<void> {
    if (protocol !== 'tcp') return;
    try {
      await ctx.sys.close(ctx, await ctx.sys.listen(ctx, { family: 'inet', host, port }));
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw systemError(
        `driver failed programming external connectivity on endpoint ${id.slice(0, 12)}: Error starting userland proxy: listen tcp4 ${host}:${port}: bind: ${error.go}`,
      );
    }
  }

  private freePort(protocol: string): number {
    let port = EPHEMERAL_FIRST;
    while (this.ports.has(`${port}/${protocol}`)) port++;
    return port;
  }

  async disconnect(ctx: Context, id: string): Promise<void> {
    for (const [address, owner] of this.taken) if (owner === id) this.taken.delete(address);
    for (const [port, owner] of this.ports) if (owner === id) this.ports.delete(port);
    await ctx.sys.deleteNatRules(ctx, ruleName(id));
  }
}

const ruleName = (id: string): string => `docker: ${id}`;

/** With PublishAllPorts what the image exposes goes to ports that are free. */
function bindingsOf(host: HostConfig, exposed: readonly string[]): NonNullable<HostConfig['PortBindings']> {
  const bindings = { ...host.PortBindings };
  if (host.PublishAllPorts) for (const port of exposed) bindings[port] ??= [{ HostPort: '' }];
  return bindings;
}
