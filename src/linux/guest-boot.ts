/**
 * How a guest's Linux comes up: its first messages, the root filesystem from a disk, devtmpfs, then init.
 * @models Linux 6.18 init/main.c, arch/x86/kernel/kvm.c @fidelity partial: the messages that say something about this machine
 */
import { LATENCY } from '../sim/latency.ts';
import { knownBlockDevices } from './block/block-device.ts';
import { isErrno } from './errno.ts';
import { foundMessage } from './guest-disks.ts';
import { setRootFileSystem } from './guest-kernel.ts';
import type { Kernel } from './kernel.ts';
import { pseudoRandomSource } from './program.ts';
import { Rope, utf8 } from './rope.ts';
import { newDevtmpfs } from './vfs/devtmpfs.ts';
import type { Inode } from './vfs/inode.ts';
import type { MemoryFileSystem } from './vfs/memory-fs.ts';
import { Mount } from './vfs/mounts.ts';
import { readTreeImage } from './vfs/tree-image.ts';

const BANNER = /Linux version (\S+) [^\n]*?(#1 [^\n]*)\n/;
const HEAD_BYTES = 512;

/** A kernel image: an ELF header and the banner that the kernel prints first. */
export function kernelImage(banner: string, length: number): Rope {
  const head = Rope.text(`\x7fELF\x02\x01\x01\0${banner}\n`);
  return head.concat(Rope.from(pseudoRandomSource(`vmlinux:${banner}`, length - head.length)));
}

export function kernelBanner(image: Inode): { text: string; release: string; version: string } | null {
  if (image.type !== 'file') return null;
  const match = BANNER.exec(utf8(image.readData(0, HEAD_BYTES).bytes()));
  if (match === null) return null;
  return { text: match[0].trim(), release: match[1] as string, version: match[2] as string };
}

function parameter(commandLine: string, name: string): string | null {
  const found = commandLine.split(' ').find((word) => word.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}

export function bootGuest(kernel: Kernel, banner: string): void {
  const { commandLine, cores, memoryBytes } = kernel.options;
  const resetsOnPanic = parameter(commandLine, 'panic');
  kernel.onPanic = () => {
    // panic=1 reboot=k: a second later the machine resets itself.
    if (resetsOnPanic === null || resetsOnPanic === '0') return;
    kernel.scheduler.at(kernel.scheduler.now + Number(resetsOnPanic) * 1_000_000_000, () => kernel.powerOff('reset'));
  };
  kernel.sysctls.set('kernel/dmesg_restrict', '0');
  const possible = Math.max(cores, Number(parameter(commandLine, 'nr_cpus') ?? cores));
  const totalKB = Math.floor(memoryBytes / 1024);
  /** What is printed, and the share of the boot that has gone by then, in percent. */
  const messages: [percent: number, text: string][] = [
    [0, banner],
    [0, `Command line: ${commandLine}`],
    [0, 'BIOS-provided physical RAM map:'],
    [0, `BIOS-e820: [mem 0x0000000000100000-0x${(memoryBytes - 1).toString(16).padStart(16, '0')}] usable`],
    [0, 'NX (Execute Disable) protection: active'],
    [0, 'Hypervisor detected: KVM'],
    [0, 'kvm-clock: Using msrs 4b564d01 and 4b564d00'],
    [0, 'tsc: Detected 2700.000 MHz processor'],
    [2, `smpboot: Allowing ${possible} CPUs, ${possible - cores} hotplug CPUs`],
    [3, 'Booting paravirtualized kernel on KVM'],
    [4, `Kernel command line: ${commandLine}`],
    [6, `Memory: ${totalKB}K/${Math.round((totalKB * 40) / 39)}K available`],
    [20, 'smp: Bringing up secondary CPUs ...'],
    [24, `smp: Brought up 1 node, ${cores} CPU${cores === 1 ? '' : 's'}`],
    [30, 'devtmpfs: initialized'],
    [38, 'NET: Registered PF_NETLINK/PF_ROUTE protocol family'],
    [46, 'clocksource: Switched to clocksource kvm-clock'],
    [55, 'NET: Registered PF_INET protocol family'],
    [62, 'virtio-pci 0000:00:01.0: enabling device (0000 -> 0002)'],
    ...knownBlockDevices(kernel).map((device): [number, string] => [70, foundMessage(device)]),
    [78, 'NET: Registered PF_VSOCK protocol family'],
  ];
  const init = parameter(commandLine, 'init') ?? '/sbin/init';
  const env = ['HOME=/', 'TERM=linux', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
  kernel.startInit('swapper/0', ['/sbin/init'], env, async (ctx) => {
    let done = 0;
    for (const [percent, text] of messages) {
      if (percent > done) await ctx.cpu((LATENCY.guestKernelBootNs * (percent - done)) / 100);
      done = Math.max(done, percent);
      kernel.log(text);
    }
    await ctx.cpu((LATENCY.guestKernelBootNs * (100 - done)) / 100);
    const root = mountRoot(kernel);
    if (root === null) {
      kernel.log(`VFS: Cannot open root device "${parameter(commandLine, 'root') ?? ''}" or unknown-block(0,0)`, 3);
      ctx.process.kernel.log('Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)', 0);
      kernel.onPanic?.();
      return kernel.scheduler.parkForever();
    }
    ctx.process.root = kernel.rootLocation(kernel.initialNamespaces.mnt);
    ctx.process.cwd = ctx.process.root;
    kernel.log(`Run ${init} as init process`);
    try {
      return await ctx.sys.execve(ctx, init, [init], env);
    } catch (error) {
      if (!isErrno(error)) throw error;
      kernel.log(`Kernel panic - not syncing: Requested init ${init} failed (error ${error.code}).`, 0);
      kernel.onPanic?.();
      return kernel.scheduler.parkForever();
    }
  });
}

/** Mounts root= from its disk, read-only as the flags say, and devtmpfs on /dev; null if there is no such disk. */
function mountRoot(kernel: Kernel): MemoryFileSystem | null {
  const { commandLine } = kernel.options;
  const device = parameter(commandLine, 'root') ?? '';
  const disk = knownBlockDevices(kernel).find(({ name }) => `/dev/${name}` === device);
  if (disk === undefined) return null;
  const type = parameter(commandLine, 'rootfstype') ?? 'ext4';
  const { mnt } = kernel.initialNamespaces;
  let fs: MemoryFileSystem;
  try {
    fs = readTreeImage((at, max) => disk.read(at, max), type, disk.number, kernel.wallTime());
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
  fs.readOnly = disk.readOnly;
  fs.options = parameter(commandLine, 'rootflags') ?? '';
  const root = setRootFileSystem(kernel, fs, device);
  kernel.log(`EXT4-fs (${disk.name}): mounted filesystem ro without journal. Quota mode: none.`);
  kernel.log(
    `VFS: Mounted root (${type} filesystem)${disk.readOnly ? ' readonly' : ''} on device ${disk.number.join(':')}.`,
  );
  const dev = fs.root.lookup('dev');
  if (dev !== null) {
    const devices = newDevtmpfs(kernel);
    mnt.add(
      new Mount(kernel.newMountId(), mnt, devices, devices.root, '/', 'devtmpfs', {
        mount: root,
        inode: dev,
        name: 'dev',
        up: kernel.rootLocation(mnt),
      }),
    );
    kernel.log('devtmpfs: mounted');
  }
  return fs;
}
