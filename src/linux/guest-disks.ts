/**
 * Disks of a virtual machine: what is behind them on the host, and the block devices that the guest's drivers make of them.
 * @models Linux 6.18 drivers/block/virtio_blk.c, drivers/nvdimm, drivers/scsi/sd.c @fidelity partial: an image of a whole system has one partition
 */
import { BlockDevice, blockDevices, DeviceStore, deviceOf, InodeStore, type Store } from './block/block-device.ts';
import { errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import type { DiskBus } from './syscalls.ts';
import type { Inode } from './vfs/inode.ts';
import { isTreeImage } from './vfs/tree-image.ts';

/** The hypervisor opens it: a device is in use from then on. */
export type OpenStore = { store: Store; device: BlockDevice | null };

export function openStore(kernel: Kernel, inode: Inode): OpenStore {
  if (inode.type === 'file') return { store: new InodeStore(inode), device: null };
  if (inode.type !== 'block') throw errno(inode.type === 'directory' ? 'EISDIR' : 'EINVAL');
  const device = deviceOf(kernel, inode);
  device.users++;
  return { store: new DeviceStore(device), device };
}

/** Names, and device numbers of the n-th disk and its first partition. */
const BUSES: Readonly<
  Record<DiskBus, { name(n: number): string; partition: string; number(n: number): [number, number] }>
> = {
  pmem: { name: (n) => `pmem${n}`, partition: 'p1', number: (n) => [259, n * 16] },
  virtio: { name: (n) => `vd${letter(n)}`, partition: '1', number: (n) => [254, n * 16] },
  scsi: { name: (n) => `sd${letter(n)}`, partition: '1', number: (n) => [8, n * 16] },
};

const letter = (n: number): string => String.fromCharCode(97 + n);

export class VirtualDisk {
  private readonly bus: DiskBus;
  private readonly at: string;
  private readonly readOnly: boolean;
  private backing: OpenStore;
  private guest: Kernel | null = null;
  private found: BlockDevice[] = [];

  constructor(bus: DiskBus, at: string, backing: OpenStore, readOnly: boolean) {
    this.bus = bus;
    this.at = at;
    this.backing = backing;
    this.readOnly = readOnly;
  }

  /** The guest's driver finds it. */
  plug(guest: Kernel): void {
    const names = BUSES[this.bus];
    const devices = blockDevices(guest);
    let n = 0;
    while (devices.named(names.name(n)) !== undefined) n++;
    const [major, minor] = names.number(n);
    const { store } = this.backing;
    const disk = new BlockDevice(names.name(n), [major, minor], store);
    this.found = [disk];
    if (isTreeImage(store.read(0, 64)))
      this.found.push(new BlockDevice(`${disk.name}${names.partition}`, [major, minor + 1], store));
    this.guest = guest;
    for (const device of this.found) {
      device.readOnly = this.readOnly;
      device.place = `${this.at}/block`;
      devices.add(device);
    }
    if (guest.processesStarted > 0) guest.log(foundMessage(disk));
  }

  unplug(): void {
    const { guest } = this;
    if (guest === null) return;
    for (const device of this.found) {
      if (device.fs !== null) device.unmounted(device.fs);
      blockDevices(guest).remove(device);
    }
    this.found = [];
    this.guest = null;
  }

  change(backing: OpenStore): void {
    this.release();
    this.backing = backing;
    const [disk] = this.found;
    if (disk === undefined) return;
    disk.store = backing.store;
    this.guest?.log(`virtio_blk ${disk.name}: [${disk.name}] new size: ${sizeText(disk.size)}`);
  }

  /** The hypervisor closes what is behind it. */
  release(): void {
    const { device } = this.backing;
    if (device === null) return;
    device.users--;
    device.idle();
    this.backing = { ...this.backing, device: null };
  }
}

/** `20971520 512-byte logical blocks (10.7 GB/10.0 GiB)` */
function sizeText(bytes: number): string {
  const scaled = (base: number, units: readonly string[]): string => {
    let unit = 0;
    let value = bytes;
    while (value >= base && unit < units.length - 1) {
      value /= base;
      unit++;
    }
    return `${value.toPrecision(3)} ${units[unit]}`;
  };
  return `${bytes / 512} 512-byte logical blocks (${scaled(1000, ['B', 'kB', 'MB', 'GB', 'TB'])}/${scaled(1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'])})`;
}

/** What the driver says of a device that it has found. */
export function foundMessage({ name, size }: BlockDevice): string {
  if (name.startsWith('pmem')) return `virtio-pmem: ${name}`;
  if (name.startsWith('sd')) return `sd 0:0:${name.charCodeAt(2) - 97}:0: [${name}] ${sizeText(size)}`;
  return `virtio_blk ${name}: [${name}] ${sizeText(size)}`;
}
