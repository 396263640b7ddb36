/**
 * Device mapper: block devices made of tables, and pools whose thin devices share what they have in common.
 * @models Linux 6.12 drivers/md/{dm-ioctl,dm-table,dm-thin,dm-linear}.c
 * @fidelity partial: targets linear, thin-pool and thin, one line a table; what is kept in a pool takes no room in its data device
 */
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { type ByteSource, Rope } from '../rope.ts';
import { FileData } from '../vfs/file-data.ts';
import type { Inode } from '../vfs/inode.ts';
import { BlockDevice, type BlockDevices, blockDevices, deviceOf, type Store } from './block-device.ts';

const MAJOR = 253;
export const SECTOR = 512;

/** What DM_TABLE_LOAD and the others are asked for. */
export type DmRequest =
  | { op: 'create'; name: string }
  | { op: 'load'; name: string; table: string }
  | { op: 'suspend' | 'resume' | 'status' | 'table'; name: string }
  | { op: 'remove'; name: string; deferred: boolean }
  | { op: 'message'; name: string; message: string }
  | { op: 'list' };

export type DmInfo = {
  name: string;
  /** dm-0 */
  blockName: string;
  number: readonly [number, number];
  openCount: number;
  suspended: boolean;
  live: boolean;
  inactive: boolean;
  events: number;
  /** Of `status` and `table`: the line without its name; of others empty. */
  line: string;
};

type Target = {
  type: string;
  sectors: number;
  table: string;
  store: Store | null;
  below: readonly BlockDevice[];
  pool: ThinPool | null;
  status(): string;
};

type Mapped = {
  name: string;
  device: BlockDevice;
  live: Target | null;
  inactive: Target | null;
  suspended: boolean;
  removing: boolean;
};

/** A thin device: its contents, and how much of them it has in common with what it is a snapshot of. */
class ThinVolume implements Store {
  readonly data = new FileData();
  origin: ThinVolume | null = null;
  sharedBytes = 0;
  deleted = false;

  get size(): number {
    return this.data.length;
  }

  grow(size: number): void {
    if (size > this.size) this.data.truncate(size);
  }

  read(position: number, max: number): Rope {
    return this.data.read(position, max);
  }

  write(position: number, data: Rope): void {
    this.data.write(position, data);
  }

  snapshot(): ThinVolume {
    const made = new ThinVolume();
    made.data.write(0, this.data.read(0, this.size));
    made.origin = this;
    made.sharedBytes = this.data.stored;
    return made;
  }
}

class ThinPool {
  readonly volumes = new Map<number, ThinVolume>();
  transaction = 0;
  blockBytes: number;
  readonly active = new Set<number>();

  constructor(blockBytes: number) {
    this.blockBytes = blockBytes;
  }

  blocks(bytes: number): number {
    return Math.ceil(bytes / this.blockBytes);
  }

  get usedBlocks(): number {
    let used = 0;
    for (const { data, origin, sharedBytes } of this.volumes.values())
      used += this.blocks(Math.max(0, data.stored - (origin?.deleted === false ? sharedBytes : 0)));
    return used;
  }

  volume(id: number): ThinVolume {
    const found = this.volumes.get(id);
    if (found === undefined) throw errno('ENODATA');
    return found;
  }

  /** A message to the pool; anything that it does not know is EINVAL. */
  message(text: string): void {
    const [verb, first, second, ...more] = text.trim().split(/\s+/);
    const id = Number(first);
    if (!/^\d+$/.test(first ?? '') || more.length > 0) throw errno('EINVAL');
    if ((verb === 'create_thin' || verb === 'create_snap') && this.volumes.has(id)) throw errno('EEXIST');
    if (verb === 'create_thin' && second === undefined) this.volumes.set(id, new ThinVolume());
    else if (verb === 'create_snap' && /^\d+$/.test(second ?? ''))
      this.volumes.set(id, this.volume(Number(second)).snapshot());
    else if (verb === 'delete' && second === undefined) {
      const volume = this.volume(id);
      if (this.active.has(id)) throw errno('EBUSY');
      volume.deleted = true;
      this.volumes.delete(id);
    } else throw errno('EINVAL');
  }
}

/** The pool that a metadata device describes: it outlives the kernel that made it, with the file that it lies in. */
const poolsOnDisk = new WeakMap<ByteSource, ThinPool>();
const METADATA_BYTES = 4096;
/** THIN_SUPERBLOCK_MAGIC */
const METADATA_MAGIC = 27_022_010;

function poolOn(metadata: BlockDevice, blockBytes: number): ThinPool {
  const head = metadata.read(0, METADATA_BYTES);
  const first = head.pieces().next().value;
  const known = first !== undefined && 'source' in first ? poolsOnDisk.get(first.source) : undefined;
  if (known !== undefined) return known;
  // Only a device that begins with zeros is taken for a new one.
  if (head.bytes().some((byte) => byte !== 0)) throw errno('EINVAL');
  const pool = new ThinPool(blockBytes);
  const source: ByteSource = {
    id: 'thin-pool-metadata',
    length: METADATA_BYTES,
    fill: (out, start) => {
      out.fill(0);
      for (let i = 0; i < 4; i++) {
        const place = 32 + i - start;
        if (place >= 0 && place < out.length) out[place] = (METADATA_MAGIC >>> (8 * i)) & 255;
      }
    },
  };
  poolsOnDisk.set(source, pool);
  metadata.write(0, Rope.from(source));
  return pool;
}

/** What LVM and others use and is not here: the tool says so. */
export const TARGETS_NOT_SIMULATED: readonly string[] = [
  'cache',
  'clone',
  'crypt',
  'delay',
  'error',
  'mirror',
  'multipath',
  'raid',
  'snapshot',
  'snapshot-origin',
  'striped',
  'verity',
  'writecache',
  'zero',
];

export class DeviceMapper {
  private readonly kernel: Kernel;
  private readonly devices: BlockDevices;
  private readonly mapped = new Map<string, Mapped>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.devices = blockDevices(kernel);
  }

  handle(request: DmRequest, lookUp: (path: string) => Inode): DmInfo[] {
    switch (request.op) {
      case 'list':
        return [...this.mapped.values()].map((one) => this.info(one, ''));
      case 'create':
        return [this.info(this.create(request.name), '')];
      case 'load': {
        const one = this.need(request.name);
        this.drop(one.inactive);
        one.inactive = null;
        one.inactive = this.parse(request.table, lookUp);
        return [this.info(one, '')];
      }
      case 'resume':
        return [this.info(this.resume(this.need(request.name)), '')];
      case 'suspend': {
        const one = this.need(request.name);
        one.device.sync();
        one.suspended = true;
        return [this.info(one, '')];
      }
      case 'remove':
        return [this.info(this.remove(this.need(request.name), request.deferred), '')];
      case 'message': {
        const { live } = this.need(request.name);
        if (live?.pool == null || live.type !== 'thin-pool') throw errno('EINVAL');
        live.pool.message(request.message);
        return [];
      }
      case 'status':
      case 'table': {
        const one = this.need(request.name);
        const { live } = one;
        if (live === null) return [this.info(one, '')];
        const words = request.op === 'status' ? live.status() : live.table;
        return [this.info(one, `0 ${live.sectors} ${live.type} ${words}`)];
      }
    }
  }

  private need(name: string): Mapped {
    const found = this.mapped.get(name);
    if (found === undefined) throw errno('ENXIO');
    return found;
  }

  private info(one: Mapped, line: string): DmInfo {
    const { device } = one;
    return {
      name: one.name,
      blockName: device.name,
      number: device.number,
      openCount: device.users + (device.fs === null ? 0 : 1),
      suspended: one.suspended,
      live: one.live !== null,
      inactive: one.inactive !== null,
      events: 0,
      line,
    };
  }

  private create(name: string): Mapped {
    if (this.mapped.has(name)) throw errno('EBUSY');
    let minor = 0;
    while (this.devices.get([MAJOR, minor]) !== undefined) minor++;
    const device = new BlockDevice(`dm-${minor}`, [MAJOR, minor], null);
    device.label = name;
    const one: Mapped = { name, device, live: null, inactive: null, suspended: false, removing: false };
    device.onIdle = () => {
      if (one.removing) this.destroy(one);
    };
    this.mapped.set(name, one);
    this.devices.add(device);
    return one;
  }

  private resume(one: Mapped): Mapped {
    if (one.inactive !== null) {
      this.drop(one.live);
      one.live = one.inactive;
      one.inactive = null;
      one.device.store = one.live.store;
      one.device.below = one.live.below;
      this.devices.alias('mapper', one.name, `../${one.device.name}`);
    }
    one.suspended = false;
    return one;
  }

  private remove(one: Mapped, deferred: boolean): Mapped {
    if (!one.device.busy) this.destroy(one);
    else if (deferred) one.removing = true;
    else throw errno('EBUSY');
    return one;
  }

  private destroy(one: Mapped): void {
    this.mapped.delete(one.name);
    this.devices.alias('mapper', one.name, null);
    this.devices.remove(one.device);
    this.drop(one.live);
    this.drop(one.inactive);
  }

  private drop(target: Target | null): void {
    if (target === null) return;
    if (target.type === 'thin') target.pool?.active.delete(Number(target.table.split(' ')[1]));
    for (const device of target.below) {
      device.users--;
      device.idle();
    }
  }

  /** One line of a table: START LENGTH TYPE ARGUMENTS. */
  private parse(text: string, lookUp: (path: string) => Inode): Target {
    const lines = text.trim().split('\n');
    const [start, length, type = '', ...words] = (lines[0] ?? '').trim().split(/\s+/);
    const sectors = Number(length);
    const refuse = (why: string): never => {
      this.kernel.log(`device-mapper: table: ${why}`, 3);
      throw errno('EINVAL');
    };
    if (lines.length !== 1 || start !== '0' || !(sectors > 0)) return refuse('gap in table');
    const at = (path: string): BlockDevice => {
      const number = /^(\d+):(\d+)$/.exec(path);
      const found =
        number === null
          ? deviceOf(this.kernel, lookUp(path))
          : this.devices.get([Number(number[1]), Number(number[2])]);
      if (found === undefined) throw errno('ENODEV');
      return found;
    };
    const hold = (...below: BlockDevice[]): BlockDevice[] => {
      for (const device of below) device.users++;
      return below;
    };
    const shown = (device: BlockDevice): string => device.number.join(':');
    switch (type) {
      case 'linear': {
        const [path = '', offset = ''] = words;
        const device = at(path);
        const from = Number(offset) * SECTOR;
        if (words.length !== 2 || !(from >= 0) || from + sectors * SECTOR > device.size)
          return refuse('linear: device lookup failed');
        const store: Store = {
          size: sectors * SECTOR,
          read: (position, max) => device.read(from + position, Math.min(max, sectors * SECTOR - position)),
          write: (position, data) => device.write(from + position, data),
        };
        return {
          type,
          sectors,
          table: `${shown(device)} ${offset}`,
          store,
          below: hold(device),
          pool: null,
          status: () => '',
        };
      }
      case 'thin-pool': {
        const [meta = '', data = '', block = '', low = '', count = '0', ...features] = words;
        const blockSectors = Number(block);
        if (!(blockSectors >= 128) || blockSectors % 128 !== 0 || low === '' || Number(count) !== features.length)
          return refuse('thin-pool: Invalid argument count');
        const metadata = at(meta);
        const content = at(data);
        if (metadata.busy || content.busy) throw errno('EBUSY');
        if (sectors * SECTOR > content.size) return refuse('thin-pool: data device too small');
        const pool = poolOn(metadata, blockSectors * SECTOR);
        const total = Math.floor((sectors * SECTOR) / pool.blockBytes);
        const metaBlocks = Math.floor(metadata.size / 4096);
        return {
          type,
          sectors,
          table: [shown(metadata), shown(content), block, low, String(features.length), ...features].join(' '),
          store: {
            size: sectors * SECTOR,
            read: () => {
              throw errno('EIO');
            },
            write: () => {
              throw errno('EIO');
            },
          },
          below: hold(metadata, content),
          pool,
          status: () => {
            const usedMeta = 10 + Math.ceil(pool.usedBlocks / 250);
            return `${pool.transaction} ${usedMeta}/${metaBlocks} ${pool.usedBlocks}/${total} - rw discard_passdown queue_if_no_space - 1024 `;
          },
        };
      }
      case 'thin': {
        const [path = '', id = ''] = words;
        const below = at(path);
        const { pool } =
          [...this.mapped.values()].find(({ device, live }) => device === below && live?.type === 'thin-pool')?.live ??
          refuse("thin: Couldn't get thin-pool");
        if (pool === null) return refuse("thin: Couldn't get thin-pool");
        const volume = pool.volumes.get(Number(id));
        if (volume === undefined) return refuse("thin: Couldn't open thin internal device");
        if (words.length > 2) return refuse('thin: Error opening origin device');
        volume.grow(sectors * SECTOR);
        pool.active.add(Number(id));
        return {
          type,
          sectors,
          table: `${shown(below)} ${id}`,
          store: volume,
          below: hold(below),
          pool,
          status: () => {
            const used = (pool.blocks(volume.data.stored) * pool.blockBytes) / SECTOR;
            return used === 0 ? '0 -' : `${used} ${used - 1}`;
          },
        };
      }
      default:
        return refuse(`${type}: unknown target type`);
    }
  }
}

const mappers = new WeakMap<Kernel, DeviceMapper>();

export function deviceMapper(kernel: Kernel): DeviceMapper {
  let found = mappers.get(kernel);
  if (found === undefined) {
    found = new DeviceMapper(kernel);
    mappers.set(kernel, found);
  }
  return found;
}
