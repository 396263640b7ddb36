/** The world outside the node: a second machine on whose addresses the public registries answer. */
import type { Context } from '../linux/context.ts';
import type { Kernel } from '../linux/kernel.ts';
import { parseIp } from '../linux/net/addresses.ts';
import { baseTree, DiskImage, deviceNodes } from './disk-image.ts';

export type OutsideHost = {
  /** Public address. */
  address: string;
  names: readonly string[];
  /** Programs that run there. */
  run: readonly (readonly string[])[];
};

/** Plugs the cable in: an interface of the initial namespace, found from outside at `address` once that is configured. */
export function connectUplink(kernel: Kernel, address: string, mac: string): void {
  const { net } = kernel.initialNamespaces;
  net.add('eth0', 'uplink', mac);
  kernel.options.internet.hosts.set(parseIp(address) as number, net);
}

/** Nobody is at that address any more. */
export function unplugUplink(kernel: Kernel, address: string): void {
  const number = parseIp(address) as number;
  const { hosts } = kernel.options.internet;
  if (hosts.get(number) === kernel.initialNamespaces.net) hosts.delete(number);
}

export function prepareOutside(kernel: Kernel, hosts: readonly OutsideHost[]): void {
  const disk = new DiskImage(kernel.rootFileSystem, kernel.options.bootWallTime);
  baseTree(disk);
  deviceNodes(disk);
  for (const program of kernel.programs.values()) disk.program(`/usr/bin/${program.name}`, program.name, 20_000_000);
  kernel.startInit('init', ['/sbin/init'], ['PATH=/usr/bin'], async (ctx) => {
    for (const host of hosts) for (const argv of host.run) await startOn(ctx, kernel, host, argv);
    for (;;) await ctx.sleep(3_600_000_000_000);
  });
}

/** Each host is a network namespace of its own with one public address. */
async function startOn(ctx: Context, kernel: Kernel, host: OutsideHost, argv: readonly string[]): Promise<void> {
  await ctx.sys.fork(
    ctx,
    async (c) => {
      const { net } = c.process.namespaces;
      const address = parseIp(host.address) as number;
      const link = net.add('eth0', 'uplink', '02:00:00:00:00:01');
      net.setUp(link, true);
      net.addAddress(link, `${host.address}/32`);
      net.routes.push({ network: 0, prefix: 0, gateway: null, via: link, source: address });
      kernel.options.internet.hosts.set(address, net);
      return c.sys.execve(c, `/usr/bin/${argv[0]}`, argv, ['PATH=/usr/bin']);
    },
    { newNamespaces: ['net'] },
  );
}
