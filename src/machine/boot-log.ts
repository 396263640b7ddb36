/**
 * What the node's kernel says before its first process: the lines that people look for in dmesg.
 * @models Linux 6.12 on a KVM guest @fidelity partial: a selection; this machine starts faster than any real one, so the
 * times are those of this machine
 */
import type { Kernel } from '../linux/kernel.ts';

/** µs since boot, priority, text. */
export function logBoot(kernel: Kernel): void {
  const { release, version, commandLine, memoryBytes, diskBytes, cores } = kernel.options;
  const kB = Math.floor(memoryBytes / 1024);
  const sectors = diskBytes / 512;
  const gb = `${(diskBytes / 1e9).toFixed(1)} GB/${(diskBytes / 1024 ** 3).toFixed(1)} GiB`;
  const lines: [number, number, string][] = [
    [0, 5, `Linux version ${release} (debian-kernel@lists.debian.org) ${version}`],
    [0, 6, `Command line: ${commandLine}`],
    [0, 6, 'Hypervisor detected: KVM'],
    [0, 6, 'kvm-clock: Using msrs 4b564d01 and 4b564d00'],
    [2, 6, 'tsc: Detected 2700.000 MHz processor'],
    [210, 6, `smpboot: Allowing ${cores} CPUs, 0 hotplug CPUs`],
    [260, 6, 'Booting paravirtualized kernel on KVM'],
    [410, 5, `Kernel command line: ${commandLine}`],
    [690, 6, `Memory: ${kB - 180 * 1024}K/${kB}K available`],
    [900, 6, 'rcu: Hierarchical RCU implementation.'],
    [2210, 6, `smp: Brought up 1 node, ${cores} CPUs`],
    [2700, 6, 'devtmpfs: initialized'],
    [3300, 6, 'NET: Registered PF_NETLINK/PF_ROUTE protocol family'],
    [4100, 6, 'clocksource: Switched to clocksource kvm-clock'],
    [4800, 6, 'NET: Registered PF_INET protocol family'],
    [5600, 6, 'NET: Registered PF_UNIX/PF_LOCAL protocol family'],
    [7900, 6, `virtio_blk virtio1: [vda] ${sectors} 512-byte logical blocks (${gb})`],
    [8000, 6, ' vda: vda1'],
    [8800, 6, 'virtio_net virtio0 eth0: renamed from enp0s3'],
    [10_400, 6, 'EXT4-fs (vda1): mounted filesystem ro with ordered data mode. Quota mode: none.'],
    [11_000, 6, 'Run /sbin/init as init process'],
    [12_100, 6, 'EXT4-fs (vda1): re-mounted r/w. Quota mode: none.'],
    [
      13_000,
      6,
      'bridge: filtering via arp/ip/ip6tables is no longer available by default. Update your scripts to load br_netfilter if you need this.',
    ],
    [13_400, 6, 'Bridge firewalling registered'],
  ];
  for (const [us, level, text] of lines) kernel.kmsg.push({ time: us * 1000, level, text });
  kernel.kmsgCount += lines.length;
}
