/**
 * qemu-system-x86_64 as Kata starts it: everything on the command line, vhost for network and vsock, vhost-user for files.
 * @models QEMU 11.0.1 system/vl.c, accel/kvm @fidelity partial: the options that Kata uses; what its monitor can is in qemu-monitor.ts
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { print, printError, printRefusal } from '../../../../linux/io.ts';
import type { Program } from '../../../../linux/program.ts';
import type { VirtualDevice } from '../../../../linux/syscalls.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { fieldsOf, optionsOf } from '../options.ts';
import { type MachineConfig, makeMachine, openKvm } from './machine.ts';
import { QemuMonitor } from './qemu-monitor.ts';
import { serveMonitor } from './qmp.ts';

const VERSION = '11.0.1';
const MIB = 1 << 20;

export const qemuProgram: Program = {
  name: 'qemu-system-x86_64',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.qemuStartNs,
  rssBytes: 48_000 << 10,
  threads: 4,
  async main(ctx, argv) {
    const self = 'qemu-system-x86_64';
    const options = optionsOf(argv.slice(1));
    if (options.has('--version') || options.has('-version')) {
      await print(ctx, `QEMU emulator version ${VERSION} (kata-static)\n`);
      return 0;
    }
    const machine = fieldsOf(options.get('-machine')?.[0] ?? '');
    if (machine.get('accel') !== 'kvm') {
      await printRefusal(ctx, `${self}: not simulated: emulation without KVM (-machine accel=kvm)\n`);
      return 1;
    }
    let kvm: number;
    try {
      kvm = await openKvm(ctx);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(
        ctx,
        `Could not access KVM kernel module: ${error.libc}\n${self}: failed to initialize kvm: ${error.libc}\n`,
      );
      return 1;
    }
    const config = machineConfig(options);
    let fd: number;
    try {
      fd = await makeMachine(ctx, kvm, config);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `${self}: could not set up a device: ${error.libc}\n`);
      return 1;
    }
    const monitor = fieldsOf(options.get('-qmp')?.[0] ?? '').get('unix:fd');
    if (monitor !== undefined) {
      const [cpus = '1', ...more] = (options.get('-smp')?.[0] ?? '').split(',');
      const most = more.find((field) => field.startsWith('maxcpus='))?.slice('maxcpus='.length) ?? cpus;
      const { vcpus, memoryBytes } = config;
      const machine = new QemuMonitor({ fd, vcpus, maxVcpus: Number(most), memoryBytes });
      ctx.go('monitor', (inner) => serveMonitor(inner, Number(monitor), machine));
    }
    return run(ctx, fd, config);
  },
};

async function run(ctx: Context, machine: number, { kernel, commandLine }: MachineConfig): Promise<number> {
  try {
    // -no-reboot: a reset ends qemu as a shutdown does.
    await ctx.sys.runVirtualMachine(ctx, machine, { kernel, commandLine });
    return 0;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    await printError(ctx, `qemu: could not load kernel '${kernel}': ${error.libc}\n`);
    return 1;
  }
}

function machineConfig(options: ReadonlyMap<string, string[]>): MachineConfig {
  const all = (name: string): Map<string, string>[] => (options.get(name) ?? []).map(fieldsOf);
  const devices: VirtualDevice[] = [];
  const shares: { tag: string; socket: string }[] = [];
  const objects = new Map(all('-object').map((object) => [object.get('id') ?? '', object]));
  const sockets = new Map(all('-chardev').map((device) => [device.get('id') ?? '', device.get('path') ?? '']));
  const taps = new Map(all('-netdev').map((device) => [device.get('id') ?? '', device.get('ifname') ?? '']));
  let disks = 0;
  for (const device of all('-device')) {
    const kind = device.get('') ?? device.get('driver') ?? '';
    if (kind === 'nvdimm') {
      const path = objects.get(device.get('memdev') ?? '')?.get('mem-path') ?? '';
      const at = `LNXSYSTM:00/ndbus0/region${disks}/namespace${disks}.0`;
      const id = device.get('id') ?? `nv${disks}`;
      disks++;
      devices.push({ kind: 'disk', bus: 'pmem', id, at, path, readOnly: device.get('unarmed') === 'on' });
    } else if (kind.startsWith('vhost-vsock')) {
      const fd = device.get('vhostfd');
      devices.push({ kind: 'vsock', cid: Number(device.get('guest-cid')), fd: fd === undefined ? null : Number(fd) });
    } else if (kind.startsWith('virtio-net')) {
      devices.push({ kind: 'net', tap: taps.get(device.get('netdev') ?? '') ?? '', mac: device.get('mac') ?? '' });
    } else if (kind.startsWith('vhost-user-fs')) {
      shares.push({ tag: device.get('tag') ?? '', socket: sockets.get(device.get('chardev') ?? '') ?? '' });
    }
  }
  const memory = /^(\d+)M/.exec(options.get('-m')?.[0] ?? '');
  return {
    vcpus: Number(options.get('-smp')?.[0]?.split(',')[0] ?? 1),
    memoryBytes: Number(memory?.[1] ?? 128) * MIB,
    kernel: options.get('-kernel')?.[0] ?? '',
    commandLine: options.get('-append')?.[0] ?? '',
    devices,
    shares,
  };
}
