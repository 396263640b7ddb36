/**
 * What QEMU's monitor can do to the machine: disks, CPUs, memory and network cards come and go while it runs.
 * @models QEMU 11.0.1 system/qdev-monitor.c, hw/acpi/{cpu,memory}_hotplug.c, blockdev.c
 * @fidelity partial: devices that Kata plugs; the guest gives up a device at once
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { type Arguments, type Monitor, MonitorError } from './qmp.ts';

const CPU_DRIVER = 'host-x86_64-cpu';
const SCSI_CONTROLLER = 'pci0000:00/0000:00:03.0/virtio0/host0';
const BRIDGE = 'pci0000:00/0000:00:02.0';

type Backend = { path: string; readOnly: boolean; usedBy: string | null };
type Dimm = { id: string; size: number };

export type QemuMachine = { fd: number; vcpus: number; maxVcpus: number; memoryBytes: number };

export class QemuMonitor implements Monitor {
  private readonly machine: QemuMachine;
  private readonly drives = new Map<string, Backend>();
  private readonly memory = new Map<string, number>();
  private readonly netdevs = new Map<string, string>();
  private readonly dimms: Dimm[] = [];
  /** Core ids of CPUs that are there, by the id of the device; those that it started with have none. */
  private readonly cpus: (string | null)[];
  private pending: { event: string; data: unknown }[] = [];
  private virtio = 8;

  constructor(machine: QemuMachine) {
    this.machine = machine;
    this.cpus = Array.from({ length: machine.vcpus }, () => '');
    for (let i = machine.vcpus; i < machine.maxVcpus; i++) this.cpus.push(null);
  }

  events(): readonly { event: string; data: unknown }[] {
    const events = this.pending;
    this.pending = [];
    return events;
  }

  async execute(ctx: Context, command: string, given: Arguments): Promise<unknown> {
    const text = (key: string): string => String(given[key] ?? '');
    switch (command) {
      case 'query-status':
        return { status: 'running', running: true };
      case 'query-hotpluggable-cpus':
        // The last is told first, as it is in QEMU's list.
        return this.cpus
          .map((id, core) => ({
            props: { 'core-id': core, 'thread-id': 0, 'socket-id': 0 },
            'vcpus-count': 1,
            ...(id === null
              ? {}
              : { 'qom-path': id === '' ? `/machine/unattached/device[${core}]` : `/machine/peripheral/${id}` }),
            type: CPU_DRIVER,
          }))
          .reverse();
      case 'query-memory-devices':
        return this.dimms.map(({ id, size }, slot) => ({
          type: 'dimm',
          data: {
            id,
            size,
            slot,
            hotplugged: true,
            hotpluggable: true,
            memdev: `/objects/${id.replace('frontend-to-', '')}`,
          },
        }));
      case 'object-add':
        this.memory.set(text('id'), Number(given['size'] ?? 0));
        return {};
      case 'blockdev-add': {
        const file = given['file'] as Arguments | undefined;
        this.drives.set(text('node-name'), {
          path: String(file?.['filename'] ?? ''),
          readOnly: given['read-only'] === true,
          usedBy: null,
        });
        return {};
      }
      case 'blockdev-del': {
        const drive = this.drives.get(text('node-name'));
        if (drive === undefined) throw new MonitorError(`Failed to find node with node-name='${text('node-name')}'`);
        if (drive.usedBy !== null) throw new MonitorError(`Node ${text('node-name')} is in use`);
        this.drives.delete(text('node-name'));
        return {};
      }
      case 'netdev_add':
        this.netdevs.set(text('id'), text('ifname'));
        return {};
      case 'device_add':
        await this.translated(() => this.addDevice(ctx, given));
        return {};
      case 'device_del':
        await this.translated(() => this.removeDevice(ctx, text('id')));
        return {};
      default:
        throw new MonitorError(`The command ${command} has not been found`, 'CommandNotFound');
    }
  }

  private async translated(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new MonitorError(error.libc);
    }
  }

  private async addDevice(ctx: Context, given: Arguments): Promise<void> {
    const { sys } = ctx;
    const { machine } = this;
    const driver = String(given['driver'] ?? '');
    const id = String(given['id'] ?? '');
    switch (driver) {
      case 'scsi-hd':
      case 'virtio-blk-pci': {
        const name = String(given['drive'] ?? '');
        const drive = this.drives.get(name);
        if (drive === undefined) throw new MonitorError(`Property '${driver}.drive' can't find value '${name}'`);
        const isScsi = driver === 'scsi-hd';
        const [target, lun] = [given['scsi-id'], given['lun']].map(Number);
        const slot = String(given['addr'] ?? '0').padStart(2, '0');
        const at = isScsi
          ? `${SCSI_CONTROLLER}/target0:0:${target}/0:0:${target}:${lun}`
          : `${BRIDGE}/0000:01:${slot}.0/virtio${this.virtio++}`;
        const { path, readOnly } = drive;
        await sys.addVirtualDevice(ctx, machine.fd, {
          kind: 'disk',
          bus: isScsi ? 'scsi' : 'virtio',
          id,
          at,
          path,
          readOnly,
        });
        drive.usedBy = id;
        return;
      }
      case CPU_DRIVER: {
        const core = Number(given['core-id']);
        if (this.cpus[core] !== null) throw new MonitorError(`CPU[${core}] with APIC ID ${core} exists`);
        this.cpus[core] = id;
        return this.resize(ctx);
      }
      case 'pc-dimm': {
        const size = this.memory.get(String(given['memdev'] ?? ''));
        if (size === undefined)
          throw new MonitorError(`Property 'pc-dimm.memdev' can't find value '${String(given['memdev'])}'`);
        this.dimms.push({ id, size });
        return this.resize(ctx);
      }
      case 'virtio-net-pci': {
        const tap = this.netdevs.get(String(given['netdev'] ?? ''));
        if (tap === undefined)
          throw new MonitorError(`Property 'virtio-net-pci.netdev' can't find value '${String(given['netdev'])}'`);
        return sys.addVirtualDevice(ctx, machine.fd, { kind: 'net', tap, mac: String(given['mac'] ?? '') });
      }
      default:
        throw new MonitorError(`'${driver}' is not a valid device model name`);
    }
  }

  private async removeDevice(ctx: Context, id: string): Promise<void> {
    const drive = [...this.drives.values()].find(({ usedBy }) => usedBy === id);
    const core = id === '' ? -1 : this.cpus.indexOf(id);
    if (drive !== undefined) {
      await ctx.sys.removeVirtualDisk(ctx, this.machine.fd, id);
      drive.usedBy = null;
    } else if (core >= 0) {
      this.cpus[core] = null;
      await this.resize(ctx);
    } else throw new MonitorError(`Device '${id}' not found`, 'DeviceNotFound');
    this.pending.push({ event: 'DEVICE_DELETED', data: { device: id, path: `/machine/peripheral/${id}` } });
  }

  private resize(ctx: Context): Promise<void> {
    const { fd, memoryBytes } = this.machine;
    return ctx.sys.resizeVirtualMachine(ctx, fd, {
      vcpus: this.cpus.filter((id) => id !== null).length,
      memoryBytes: this.dimms.reduce((sum, { size }) => sum + size, memoryBytes),
    });
  }
}
