/**
 * Block devices: what a device number leads to, and the filesystem that is mounted from it.
 * @models Linux 6.12 block/bdev.c, block/genhd.c, fs/super.c @fidelity partial: no requests, queues or elevators; a mounted filesystem reaches its device when it is unmounted or the device is read
 */
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { OpenFile } from '../open-file.ts';
import type { Rope } from '../rope.ts';
import type { OpenFlags } from '../syscalls.ts';
import type { FileSystem, Inode } from '../vfs/inode.ts';
import { mountedOn } from '../vfs/mounts.ts';
import { Ext4FileSystem, imageOf } from './ext4.ts';

/** Where the bytes of a device are. */
export interface Store {
  readonly size: number;
  read(position: number, max: number): Rope;
  write(position: number, data: Rope): void;
}

export class BlockDevice {
  /** As in /sys/block: vda, loop0, dm-1. */
  readonly name: string;
  readonly number: readonly [number, number];
  store: Store | null;
  /** Its directory below /sys/devices. */
  place = 'virtual/block';
  /** What it is called by whoever made it: a name in /dev/mapper, the file behind a loop device. */
  label: string | null = null;
  readOnly = false;
  /** Descriptors of it, and devices above it. */
  users = 0;
  /** What is mounted from it, once for all mounts. */
  fs: Ext4FileSystem | null = null;
  /** The devices that it is made of. */
  below: readonly BlockDevice[] = [];
  /** Nobody has it open or mounted any more. */
  onIdle: (() => void) | null = null;

  constructor(name: string, number: readonly [number, number], store: Store | null) {
    this.name = name;
    this.number = number;
    this.store = store;
  }

  get size(): number {
    return this.store?.size ?? 0;
  }

  get busy(): boolean {
    return this.users > 0 || this.fs !== null;
  }

  read(position: number, max: number): Rope {
    if (this.store === null) throw errno('EIO');
    this.sync();
    return this.store.read(position, max);
  }

  write(position: number, data: Rope): void {
    if (this.store === null) throw errno('EIO');
    if (this.readOnly) throw errno('EPERM');
    if (position + data.length > this.size) throw errno('ENOSPC');
    this.store.write(position, data);
  }

  /** What is mounted from it is written down as it is now. */
  sync(): void {
    if (this.fs === null || this.fs.readOnly) return;
    this.store?.write(0, imageOf(this.fs.copy(), this.size));
  }

  /** The filesystem on it; EINVAL if there is none. */
  superblock(kernel: Kernel, readOnly: boolean): FileSystem {
    if (this.store === null || this.size === 0) throw errno('EINVAL');
    if (this.readOnly && !readOnly) throw errno('EACCES');
    this.fs ??= Ext4FileSystem.on(this, kernel.wallTime());
    return this.fs;
  }

  /** By the filesystem, when the last mount of it is gone. */
  unmounted(fs: Ext4FileSystem): void {
    if (this.fs !== fs) return;
    if (!fs.readOnly) this.store?.write(0, imageOf(fs, this.size));
    this.fs = null;
    this.idle();
  }

  idle(): void {
    if (!this.busy) this.onIdle?.();
  }
}

/** A regular file or another device below. */
export class InodeStore implements Store {
  readonly inode: Inode;

  constructor(inode: Inode) {
    this.inode = inode;
  }

  get size(): number {
    return this.inode.size;
  }

  read(position: number, max: number): Rope {
    return this.inode.readData(position, max);
  }

  write(position: number, data: Rope): void {
    this.inode.writeData(position, data);
  }
}

export class DeviceStore implements Store {
  readonly device: BlockDevice;

  constructor(device: BlockDevice) {
    this.device = device;
  }

  get size(): number {
    return this.device.size;
  }

  read(position: number, max: number): Rope {
    return this.device.read(position, max);
  }

  write(position: number, data: Rope): void {
    this.device.write(position, data);
  }
}

/** All of one kernel. */
export class BlockDevices {
  private readonly kernel: Kernel;
  private readonly byNumber = new Map<string, BlockDevice>();
  private readonly aliases = new Map<string, readonly [directory: string, name: string]>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    // The nodes are those of a devtmpfs: they do not outlive the kernel.
    kernel.onPowerOff.push(() => {
      for (const device of this.byNumber.values()) {
        if (device.fs !== null) device.unmounted(device.fs);
        this.remove(device);
      }
      for (const [directory, name] of [...this.aliases.values()]) this.alias(directory, name, null);
    });
  }

  [Symbol.iterator](): IterableIterator<BlockDevice> {
    return this.byNumber.values();
  }

  get(number: readonly [number, number]): BlockDevice | undefined {
    return this.byNumber.get(number.join(':'));
  }

  named(name: string): BlockDevice | undefined {
    return [...this].find((device) => device.name === name);
  }

  add(device: BlockDevice, mode = 0o660): void {
    this.byNumber.set(device.number.join(':'), device);
    const directory = deviceDirectory(this.kernel);
    if (directory === null) return;
    if (directory.lookup(device.name, null) !== null) directory.unlink(device.name);
    directory.create(device.name, {
      type: 'block',
      mode,
      uid: 0,
      gid: DISK_GROUP,
      time: this.kernel.wallTime(),
      rdev: device.number,
    });
  }

  remove(device: BlockDevice): void {
    this.byNumber.delete(device.number.join(':'));
    const directory = deviceDirectory(this.kernel);
    if (directory !== null && directory.lookup(device.name, null) !== null) directory.unlink(device.name);
  }

  /** udevd's work: a second name below /dev. Null takes it away. */
  alias(directoryName: string, name: string, target: string | null): void {
    const dev = deviceDirectory(this.kernel);
    if (dev === null) return;
    const time = this.kernel.wallTime();
    const directory =
      dev.lookup(directoryName, null) ??
      dev.create(directoryName, { type: 'directory', mode: 0o755, uid: 0, gid: 0, time });
    if (directory.lookup(name, null) !== null) directory.unlink(name);
    this.aliases.delete(`${directoryName}/${name}`);
    if (target === null) return;
    directory.create(name, { type: 'symlink', mode: 0o777, uid: 0, gid: 0, time, target });
    this.aliases.set(`${directoryName}/${name}`, [directoryName, name]);
  }
}

/** The group `disk` of Debian and Ubuntu. */
const DISK_GROUP = 6;

/** /dev as the kernel's first process sees it. */
function deviceDirectory(kernel: Kernel): Inode | null {
  const root = kernel.rootLocation(kernel.initialNamespaces.mnt);
  const dev = root.inode.lookup('dev', null);
  if (dev === null) return null;
  return mountedOn(root.mount, dev)?.root ?? dev;
}

const devicesOf = new WeakMap<Kernel, BlockDevices>();

export function blockDevices(kernel: Kernel): BlockDevices {
  let found = devicesOf.get(kernel);
  if (found === undefined) {
    found = new BlockDevices(kernel);
    devicesOf.set(kernel, found);
  }
  return found;
}

/** Whether the kernel has any: most have none, and need no list. */
export function knownBlockDevices(kernel: Kernel): readonly BlockDevice[] {
  return [...(devicesOf.get(kernel) ?? [])];
}

/** The device that an inode stands for; ENOTBLK and ENXIO as from mount(2) and open(2). */
export function deviceOf(kernel: Kernel, inode: Inode): BlockDevice {
  if (inode.type !== 'block') throw errno('ENOTBLK');
  const device = devicesOf.get(kernel)?.get(inode.rdev);
  if (device === undefined) throw errno('ENXIO');
  return device;
}

/** A descriptor of a device: its bytes by position. */
export class BlockFile extends OpenFile {
  readonly device: BlockDevice;
  private position = 0;

  constructor(device: BlockDevice, path: string, flags: OpenFlags) {
    super(path, flags);
    this.device = device;
  }

  override acquire(): void {
    if (this.references === 0) this.device.users++;
    super.acquire();
  }

  override released(): void {
    this.device.users--;
    this.device.idle();
  }

  override async read(_ctx: unknown, max: number): Promise<Rope> {
    if (!this.flags.read) throw errno('EBADF');
    const data = this.device.read(this.position, max);
    this.position += data.length;
    return data;
  }

  override async write(_ctx: unknown, data: Rope): Promise<number> {
    if (!this.flags.write) throw errno('EBADF');
    this.device.write(this.position, data);
    this.position += data.length;
    return data.length;
  }

  override seek(offset: number, whence: 'set' | 'cur' | 'end'): number {
    const base = whence === 'set' ? 0 : whence === 'cur' ? this.position : this.device.size;
    if (base + offset < 0) throw errno('EINVAL');
    this.position = base + offset;
    return this.position;
  }
}
