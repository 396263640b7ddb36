/**
 * The devmapper snapshotter: each snapshot is a thin device of a pool, made by taking a snapshot of its parent's.
 * @models containerd 2.1 plugins/snapshots/devmapper/{snapshotter,config}.go
 * @fidelity partial: fs_type ext4 only; no asynchronous removal; a device that cannot be removed yet holds up nobody, where containerd's transaction does
 */
import type { Context } from '../../../../../linux/context.ts';
import { isErrno } from '../../../../../linux/errno.ts';
import { mkdirAll } from '../../../../../linux/io.ts';
import { Mutex } from '../../../../../sim/primitives.ts';
import { failure, messageOf } from '../../../shared/errors.ts';
import type { Usage } from '../../../shared/layers/disk-usage.ts';
import type { Logger } from '../../../shared/log.ts';
import { withTempMount } from '../../mounts.ts';
import { SnapshotRecords } from '../records.ts';
import type { BackendSnapshot, MountSpec, Snapshotter } from '../snapshotter.ts';
import { combinedOutput, devicePath, isBusy } from './dmsetup.ts';
import { PoolDevice } from './pool-device.ts';

const RETRIES_MAX = 100;
const RETRY_NS = 100_000_000;

export type DevmapperConfig = {
  root_path: string;
  pool_name: string;
  base_image_size: string;
  async_remove: boolean;
  discard_blocks: boolean;
  fs_type: string;
  fs_options: string;
};

type Place = { root: string; temp: string };

export class DevmapperSnapshotter implements Snapshotter {
  readonly hidesByWhiteout = false;
  readonly removesLater = true;
  readonly root: string;
  private readonly config: DevmapperConfig;
  private readonly imageBytes: number;
  private readonly temp: string;
  private readonly records: SnapshotRecords;
  private readonly pool: PoolDevice;
  private readonly log: Logger;
  private readonly turn: Mutex;

  private constructor(
    ctx: Context,
    config: DevmapperConfig,
    { root, temp }: Place,
    opened: { records: SnapshotRecords; pool: PoolDevice; log: Logger },
  ) {
    this.root = root;
    this.config = config;
    this.imageBytes = ramInBytes(config.base_image_size);
    this.temp = temp;
    this.records = opened.records;
    this.pool = opened.pool;
    this.log = opened.log;
    this.turn = new Mutex(ctx.scheduler);
  }

  /** `temp` is where it mounts for a moment. */
  static async open(ctx: Context, config: DevmapperConfig, place: Place, log: Logger): Promise<DevmapperSnapshotter> {
    const { root } = place;
    ramInBytes(config.base_image_size);
    if (config.fs_type !== '' && config.fs_type !== 'ext4') {
      const known = ['xfs', 'ext2'].includes(config.fs_type);
      throw failure(
        known ? `not simulated: fs_type ${config.fs_type}` : `unsupported Filesystem Type: "${config.fs_type}"`,
      );
    }
    await mkdirAll(ctx, root, 0o750);
    const records = await SnapshotRecords.open(ctx, root);
    const { pool_name: poolName, discard_blocks: discardBlocks } = config;
    const pool = await PoolDevice.open(ctx, { poolName, rootPath: root, discardBlocks }, log);
    return new DevmapperSnapshotter(ctx, config, place, { records, pool, log });
  }

  get(key: string): BackendSnapshot | undefined {
    return this.records.get(key);
  }

  private deviceName(id: number): string {
    return `${this.config.pool_name}-snap-${id}`;
  }

  private async inTurn<T>(body: () => Promise<T>): Promise<T> {
    const unlock = await this.turn.lock();
    try {
      return await body();
    } finally {
      unlock();
    }
  }

  create(ctx: Context, kind: 'Active' | 'View', key: string, parent: string): Promise<MountSpec[]> {
    return this.inTurn(async () => {
      const made = this.records.next(ctx, kind, key, parent);
      const below = parent === '' ? null : this.records.need(parent);
      const name = this.deviceName(made.id);
      if (below === null) {
        await this.pool.createThin(ctx, name, this.imageBytes);
        await this.makeFileSystem(ctx, name);
      } else await this.pool.createSnapshot(ctx, this.deviceName(below.id), name, this.imageBytes);
      await this.records.add(ctx, key, made);
      const mounts = this.mounts(key);
      if (kind === 'Active') await this.removeLostAndFound(ctx, mounts);
      return mounts;
    });
  }

  private async makeFileSystem(ctx: Context, name: string): Promise<void> {
    const { fs_options: given } = this.config;
    // Whatever would be written later would be written by each snapshot for itself.
    const options = given === '' ? 'nodiscard,lazy_itable_init=0,lazy_journal_init=0' : given;
    const path = devicePath(name);
    try {
      const { exitCode, output } = await combinedOutput(ctx, 'mkfs.ext4', ['-E', options, path]);
      if (exitCode !== 0) throw failure(`mkfs.ext4 couldn't initialize "${path}": ${output}: exit status ${exitCode}`);
    } catch (error) {
      await this.pool.remove(ctx, name);
      throw error;
    }
  }

  /** An image has no such directory. */
  private async removeLostAndFound(ctx: Context, [mount]: readonly MountSpec[]): Promise<void> {
    if (mount === undefined) return;
    await withTempMount(ctx, this.temp, mount, async (root) => {
      try {
        await ctx.sys.rmdir(ctx, `${root}/lost+found`);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    });
  }

  mounts(key: string): MountSpec[] {
    const { id, kind } = this.records.need(key);
    const source = devicePath(this.deviceName(id));
    return [{ type: 'ext4', source, target: '', options: kind === 'Active' ? [] : ['ro'] }];
  }

  layerDirectories(): null {
    return null;
  }

  commit(ctx: Context, name: string, key: string): Promise<void> {
    return this.inTurn(async () => {
      const device = this.deviceName(this.records.need(key).id);
      await this.records.commit(ctx, name, key, { size: await this.pool.usage(ctx, device), inodes: 0 });
      // Nobody uses it any more: it is flushed, and goes out of sight.
      await this.pool.suspend(ctx, device);
      await this.pool.resume(ctx, device);
      await this.pool.deactivate(ctx, device, { deferred: true });
    });
  }

  /** A device that somebody has open, or that others stand on, is tried again and again; nobody else has to wait for it. */
  async remove(ctx: Context, key: string): Promise<void> {
    const device = this.deviceName(this.records.need(key).id);
    for (let tries = 1; ; tries++) {
      try {
        if (this.records.hasChildren(key)) throw failure('cannot remove snapshot with child: device or resource busy');
        await this.pool.remove(ctx, device);
        await this.records.remove(ctx, key);
        return;
      } catch (error) {
        if (isBusy(error) && tries < RETRIES_MAX) {
          await ctx.sleep(RETRY_NS);
          continue;
        }
        await this.log.log(ctx, 'error', 'failed to remove device', { error: messageOf(error) });
        throw failure('failed precondition', 'FailedPrecondition');
      }
    }
  }

  removeExcept(ctx: Context, keys: ReadonlySet<string>): Promise<void> {
    return this.records.removeExcept(keys, (key) => this.remove(ctx, key));
  }

  async usage(ctx: Context, key: string): Promise<Usage> {
    const { id, kind, size, parent } = this.records.need(key);
    const total = kind === 'Active' ? await this.pool.usage(ctx, this.deviceName(id)) : size;
    return { size: total - (parent === '' ? 0 : this.records.need(parent).size), inodes: 0 };
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `10GB`, in powers of 1024. @models docker/go-units RAMInBytes */
function ramInBytes(text: string): number {
  const found = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text.trim());
  if (found === null) throw failure(`failed to parse base image size: '${text}': invalid size: '${text}'`);
  return Math.floor(Number(found[1]) * 1024 ** (UNITS[(found[2] ?? '').toLowerCase()] ?? 0));
}
