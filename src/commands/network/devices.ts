/** ethtool, bridge. @models ethtool 6.14 ethtool.c, iproute2 6.15 bridge @fidelity partial: ethtool shows a device, its driver and a veth's peer; bridge lists links, vlans and neighbours; neither changes anything */
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { NetLink } from '../../linux/syscalls.ts';

const DRIVERS: Readonly<Record<string, string>> = {
  veth: 'veth',
  bridge: 'bridge',
  dummy: 'dummy',
  tap: 'tun',
  uplink: 'virtio_net',
  nic: 'virtio_net',
};

async function ethtoolMain(ctx: Context, argv: string[]): Promise<number> {
  const flags = argv.slice(1).filter((arg) => arg.startsWith('-'));
  const [name] = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  if (flags.includes('--version')) {
    await print(ctx, 'ethtool version 6.14.2\n');
    return 0;
  }
  if (name === undefined) {
    await printError(ctx, 'ethtool: bad command line argument(s)\nFor more information run ethtool -h\n');
    return 1;
  }
  const link = (await ctx.sys.netLinks(ctx)).find((l) => l.name === name);
  if (link === undefined) {
    await printError(ctx, 'netlink error: no device matches name (offset 24)\nnetlink error: No such device\n');
    return 1;
  }
  const driver = DRIVERS[link.kind];
  const [flag] = flags;
  if (flag === undefined) {
    const fast = link.kind === 'veth';
    await print(
      ctx,
      `Settings for ${name}:\n${link.kind === 'loopback' ? '' : `\tSupported ports: [  ]\n\tSupported link modes:   Not reported\n\tSupported pause frame use: No\n\tSupports auto-negotiation: No\n\tSupported FEC modes: Not reported\n\tAdvertised link modes:  Not reported\n\tAdvertised pause frame use: No\n\tAdvertised auto-negotiation: No\n\tAdvertised FEC modes: Not reported\n\tSpeed: ${fast || link.kind === 'bridge' ? '10000Mb/s' : 'Unknown!'}\n\tDuplex: ${fast ? 'Full' : 'Unknown! (255)'}\n\tAuto-negotiation: off\n\tPort: ${fast ? 'Twisted Pair' : 'Other'}\n\tPHYAD: 0\n\tTransceiver: internal\n${fast ? '\tMDI-X: Unknown\n' : ''}`}\tLink detected: ${link.up && (link.kind === 'loopback' || link.carrier) ? 'yes' : 'no'}\n`,
    );
    return 0;
  }
  if (flag === '-i' || flag === '--driver') {
    if (driver === undefined) {
      await printError(ctx, 'Cannot get driver information: Operation not supported\n');
      return 71;
    }
    const { release } = await ctx.sys.uname(ctx);
    await print(
      ctx,
      `driver: ${driver}\nversion: ${driver === 'veth' ? '1.0' : release}\nfirmware-version: \nexpansion-rom-version: \nbus-info: ${driver === 'virtio_net' ? '0000:00:03.0' : ''}\nsupports-statistics: ${driver === 'veth' || driver === 'virtio_net' ? 'yes' : 'no'}\nsupports-test: no\nsupports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n`,
    );
    return 0;
  }
  if (flag === '-S' || flag === '--statistics') {
    if (link.kind !== 'veth' || link.peerIndex === null) {
      await printError(ctx, 'no stats available\n');
      return 94;
    }
    await print(ctx, `NIC statistics:\n     peer_ifindex: ${link.peerIndex}\n`);
    return 0;
  }
  if (flag === '-P' || flag === '--show-permaddr') {
    await print(
      ctx,
      link.kind === 'uplink' || link.kind === 'nic'
        ? `Permanent address: ${link.mac}\n`
        : 'Permanent address: not set\n',
    );
    return 0;
  }
  await printRefusal(ctx, `ethtool: not simulated: ${flag}\n`);
  return 1;
}

const stateOf = (link: NetLink): string => (link.up ? 'forwarding' : 'disabled');

async function bridgeMain(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  const [object = '', verb = 'show', ...rest] = words;
  if (object === '') {
    await printError(
      ctx,
      'Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }\n       bridge [ -force ] -batch filename\nwhere  OBJECT := { link | fdb | mdb | mst | vlan | vni | monitor }\n',
    );
    return 255;
  }
  const links = await ctx.sys.netLinks(ctx);
  const only = rest[rest.indexOf('dev') + 1];
  const ports = links.filter((link) => link.master !== null && (rest.indexOf('dev') < 0 || link.name === only));
  const brief = verb === 'show' || verb === 'list' || verb === 'lst';
  if ('link'.startsWith(object) && brief) {
    for (const link of ports) {
      const peer =
        link.kind === 'veth'
          ? `@${link.peerElsewhere ? `if${link.peerIndex}` : (links.find((l) => l.index === link.peerIndex)?.name ?? `if${link.peerIndex}`)}`
          : '';
      await print(
        ctx,
        `${link.index}: ${link.name}${peer}: <BROADCAST,MULTICAST,${link.up ? `UP${link.carrier ? ',LOWER_UP' : ''}` : ''}> mtu ${link.mtu} master ${link.master} state ${stateOf(link)} priority 32 cost 2 \n`,
      );
    }
    return 0;
  }
  if ('fdb'.startsWith(object) && brief) {
    const masters = links.filter((l) => l.kind === 'bridge');
    for (const master of masters)
      await print(
        ctx,
        `${master.mac} dev ${master.name} vlan 1 master ${master.name} permanent\n${master.mac} dev ${master.name} master ${master.name} permanent\n`,
      );
    for (const { name, mac, master } of ports)
      await print(
        ctx,
        `${mac} dev ${name} vlan 1 master ${master} permanent\n${mac} dev ${name} master ${master} permanent\n`,
      );
    return 0;
  }
  if ('vlan'.startsWith(object) && brief) {
    await print(ctx, 'port              vlan-id  \n');
    for (const link of [...links.filter((l) => l.kind === 'bridge'), ...ports])
      await print(ctx, `${link.name.padEnd(17)} 1 PVID Egress Untagged\n`);
    return 0;
  }
  const known = ['link', 'fdb', 'mdb', 'mst', 'vlan', 'vni', 'monitor'].some((o) => o.startsWith(object));
  await (known ? printRefusal : printError)(
    ctx,
    known ? `bridge: not simulated: ${object} ${verb}\n` : `Object "${object}" is unknown, try "bridge help".\n`,
  );
  return 255;
}

export const ethtool: Program = { name: 'ethtool', main: ethtoolMain };
/** A CNI plugin has the short name among the programs of a machine. */
export const bridge: Program = { name: 'iproute2-bridge', main: bridgeMain };
