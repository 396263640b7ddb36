/**
 * Virtual machines: what a hypervisor does through /dev/kvm and the kernel's vhost drivers. The machine it makes runs
 * a kernel image in a second Kernel (guest-kernel.ts) that lives and dies with the hypervisor's process.
 * @models Linux 6.12 virt/kvm, drivers/vhost, drivers/net/tun.c @fidelity partial: devices are plugged whole, no virtqueues
 */
import { LATENCY } from '../../sim/latency.ts';
import { Future } from '../../sim/primitives.ts';
import type { Context } from '../context.ts';
import { KvmDevice, VhostVsockDevice } from '../devices.ts';
import { errno } from '../errno.ts';
import { bootGuest, kernelBanner } from '../guest-boot.ts';
import { openStore, VirtualDisk } from '../guest-disks.ts';
import { type GuestHardware, hardwareOf, hotplugs } from '../guest-hardware.ts';
import { startGuestKernel } from '../guest-kernel.ts';
import { plugNic } from '../guest-network.ts';
import type { Kernel, PowerOffReason } from '../kernel.ts';
import type { Interface } from '../net/net-namespace.ts';
import { OpenFile } from '../open-file.ts';
import { Connection } from '../socket.ts';
import type { Syscalls, VirtualDevice } from '../syscalls.ts';
import { capable } from '../user-namespace.ts';
import { locate } from './files.ts';
import { connectVsock } from './sockets.ts';

type VirtualMachineCalls = Pick<
  Syscalls,
  | 'createVirtualMachine'
  | 'addVirtualDevice'
  | 'removeVirtualDisk'
  | 'changeVirtualDisk'
  | 'resizeVirtualMachine'
  | 'runVirtualMachine'
  | 'connectGuest'
  | 'reboot'
>;

class VirtualMachine extends OpenFile {
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly hardware: GuestHardware = { shares: new Map() };
  readonly disks = new Map<string, VirtualDisk>();
  readonly nics: { tap: Interface; mac: string }[] = [];
  cid: number | null = null;
  guest: Kernel | null = null;

  constructor(vcpus: number, memoryBytes: number) {
    super('anon_inode:kvm-vm', { read: true, write: true });
    this.vcpus = vcpus;
    this.memoryBytes = memoryBytes;
  }

  override released(): void {
    this.guest?.powerOff('killed');
  }
}

const LAST_WORDS = {
  reset: 'reboot: Restarting system',
  shutdown: 'reboot: Power down',
  halt: 'reboot: System halted',
};

/** Memory that the guest kernel and its page cache have touched once it is up, besides what processes hold. */
const GUEST_KERNEL_BYTES = 96 << 20;

export function virtualMachineCalls(kernel: Kernel): VirtualMachineCalls {
  const machineAt = (ctx: Context, fd: number): VirtualMachine => {
    const file = kernel.file(ctx.process, fd);
    if (!(file instanceof VirtualMachine)) throw errno('ENOTTY');
    return file;
  };

  const addDevice = (ctx: Context, machine: VirtualMachine, device: VirtualDevice): void => {
    const { process } = ctx;
    switch (device.kind) {
      case 'vsock': {
        if (device.fd !== null && !(kernel.file(process, device.fd) instanceof VhostVsockDevice)) throw errno('ENOTTY');
        if (device.fd !== null && kernel.vsock.guests.has(device.cid)) throw errno('EADDRINUSE');
        machine.cid = device.cid;
        if (machine.guest !== null) machine.guest.vsock.cid = device.cid;
        break;
      }
      case 'net': {
        const tap = process.namespaces.net.get(device.tap);
        if (tap.kind !== 'tap') throw errno('EINVAL');
        if (tap.peer !== null) throw errno('EBUSY');
        machine.nics.push({ tap, mac: device.mac });
        if (machine.guest !== null) plugNic(machine.guest, tap, device.mac);
        break;
      }
      case 'disk': {
        if (machine.disks.has(device.id)) throw errno('EEXIST');
        const backing = openStore(kernel, locate(process, device.path).inode);
        const disk = new VirtualDisk(device.bus, device.at, backing, device.readOnly);
        machine.disks.set(device.id, disk);
        if (machine.guest !== null) disk.plug(machine.guest);
        break;
      }
      case 'fs': {
        const socket = kernel.file(process, device.socketFd);
        if (!(socket instanceof Connection) || socket.peer === null) throw errno('ENOTSOCK');
        const server = kernel.processes.get(socket.peer.ownerPid);
        if (server === undefined) throw errno('ECONNRESET');
        const { location } = kernel.file(process, device.directoryFd);
        if (location === null || location.inode.type !== 'directory') throw errno('ENOTDIR');
        machine.hardware.shares.set(device.tag, {
          server: { process: server, requestNs: LATENCY.virtioFsRequestNs },
          directory: location,
        });
        break;
      }
    }
  };

  return {
    async createVirtualMachine(ctx, kvmFd, { vcpus, memoryBytes }) {
      if (!(kernel.file(ctx.process, kvmFd) instanceof KvmDevice)) throw errno('ENOTTY');
      await ctx.cpu(LATENCY.kvmCreateNs);
      return kernel.install(ctx.process, new VirtualMachine(vcpus, memoryBytes), true);
    },
    async addVirtualDevice(ctx, machineFd, device) {
      addDevice(ctx, machineAt(ctx, machineFd), device);
    },
    async runVirtualMachine(ctx, machineFd, boot) {
      const machine = machineAt(ctx, machineFd);
      if (machine.guest !== null) throw errno('EBUSY');
      const banner = kernelBanner(locate(ctx.process, boot.kernel).inode);
      if (banner === null) throw errno('ENOEXEC');
      const guest = startGuestKernel(ctx.process, {
        kind: 'vm',
        hostname: '(none)',
        release: banner.release,
        version: banner.version,
        cores: machine.vcpus,
        // What the kernel reserves for itself never shows as MemTotal.
        memoryBytes: machine.memoryBytes - Math.floor(machine.memoryBytes / 40),
        commandLine: boot.commandLine,
        carrierBytes: ctx.process.rssBytes + GUEST_KERNEL_BYTES,
        returnsMemory: false,
      });
      machine.guest = guest;
      hardwareOf.set(guest, machine.hardware);
      const { cid } = machine;
      if (cid !== null) {
        guest.vsock.cid = cid;
        kernel.vsock.guests.set(cid, guest);
        guest.onPowerOff.push(() => kernel.vsock.guests.delete(cid));
      }
      for (const { tap, mac } of machine.nics) plugNic(guest, tap, mac);
      for (const disk of machine.disks.values()) disk.plug(guest);
      guest.onPowerOff.push(() => {
        for (const disk of machine.disks.values()) disk.release();
      });
      const ended = new Future<Exclude<PowerOffReason, 'halt'>>(ctx.scheduler);
      guest.onPowerOff.push((why) => {
        if (why !== 'halt') ended.resolve(why);
      });
      bootGuest(guest, banner.text);
      const why = await ended.wait();
      machine.guest = null;
      if (why === 'killed') throw errno('EFAULT');
      return why;
    },
    async resizeVirtualMachine(ctx, machineFd, { vcpus, memoryBytes }) {
      const machine = machineAt(ctx, machineFd);
      const hotplug = machine.guest === null ? undefined : hotplugs.get(machine.guest);
      if (hotplug === undefined) throw errno('ENODEV');
      if (memoryBytes !== undefined) hotplug.setAddedMemory(memoryBytes - machine.memoryBytes);
      if (vcpus !== undefined) hotplug.setCpus(vcpus);
    },
    async removeVirtualDisk(ctx, machineFd, id) {
      const { disks } = machineAt(ctx, machineFd);
      const disk = disks.get(id);
      if (disk === undefined) throw errno('ENOENT');
      disk.unplug();
      disk.release();
      disks.delete(id);
    },
    async changeVirtualDisk(ctx, machineFd, id, path) {
      const disk = machineAt(ctx, machineFd).disks.get(id);
      if (disk === undefined) throw errno('ENOENT');
      disk.change(openStore(kernel, locate(ctx.process, path).inode));
    },
    async connectGuest(ctx, machineFd, port) {
      const { guest } = machineAt(ctx, machineFd);
      if (guest === null) throw errno('ENODEV');
      return kernel.install(ctx.process, await connectVsock(ctx, guest, port), true);
    },
    async reboot(ctx, how) {
      const { pid } = ctx.process.namespaces;
      if (!capable(ctx.process, 'SYS_BOOT', pid.owner)) throw errno('EPERM');
      if (pid !== kernel.rootPidNamespace) {
        // A container's reboot ends its pid namespace, and the signal tells the parent of its init what was wanted.
        if (pid.init !== null) kernel.terminate(pid.init, 0, how === 'reset' ? 'SIGHUP' : 'SIGINT');
        return kernel.scheduler.parkForever();
      }
      kernel.log(LAST_WORDS[how], 5);
      kernel.powerOff(how);
      return kernel.scheduler.parkForever();
    },
  };
}
