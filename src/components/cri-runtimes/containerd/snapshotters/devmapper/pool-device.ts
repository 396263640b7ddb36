/**
 * A pool of thin devices, and what the snapshotter has written down of each: the state is noted before and after
 * every step, so that a daemon that was killed in between knows.
 * @models containerd 2.1 plugins/snapshots/devmapper/{pool_device,metadata,device_info}.go @fidelity partial: no asynchronous removal
 */
import type { Context } from '../../../../../linux/context.ts';
import { lookPath } from '../../../../../linux/io.ts';
import { failure, messageOf, wrap } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { BoltFile } from '../../metadata/bolt-file.ts';
import { combinedOutput, deviceInfo, devicePath, dmsetup, hasNoData, isGone } from './dmsetup.ts';

const SECTOR = 512;
const DEVICES = 'devices';

type State =
  | 'Unknown'
  | 'Creating'
  | 'Created'
  | 'Activating'
  | 'Activated'
  | 'Suspending'
  | 'Suspended'
  | 'Resuming'
  | 'Resumed'
  | 'Deactivating'
  | 'Deactivated'
  | 'Removing'
  | 'Removed'
  | 'Faulty';

/** States that a daemon is not found dead in. */
const SETTLED: readonly State[] = ['Suspended', 'Resumed', 'Deactivated', 'Removed', 'Faulty', 'Activated'];

type ThinDevice = { device_id: number; size: number; name: string; parent_name: string; state: State; error: string };

export type PoolConfig = { poolName: string; rootPath: string; discardBlocks: boolean };

export class PoolDevice {
  private readonly name: string;
  private readonly discardBlocks: boolean;
  private readonly db: BoltFile;
  private readonly log: Logger;

  private constructor(config: PoolConfig, db: BoltFile, log: Logger) {
    this.name = config.poolName;
    this.discardBlocks = config.discardBlocks;
    this.db = db;
    this.log = log;
  }

  static async open(ctx: Context, config: PoolConfig, log: Logger): Promise<PoolDevice> {
    await log.info(ctx, `initializing pool device "${config.poolName}"`);
    const version = await dmsetup(ctx, 'version').catch(async (error: unknown) => {
      await log.log(ctx, 'error', 'dmsetup not available');
      throw error;
    });
    await log.info(ctx, `using dmsetup:\n${version}`);
    if (config.discardBlocks && (await lookPath(ctx, 'blkdiscard')) === null)
      throw failure('exec: "blkdiscard": executable file not found in $PATH');
    const db = await BoltFile.open(ctx, `${config.rootPath}/${config.poolName}.db`, 0o600);
    const path = devicePath(config.poolName);
    await deviceInfo(ctx, path).catch((error: unknown) => {
      throw wrap(`failed to query pool "${path}"`, error);
    });
    const pool = new PoolDevice(config, db, log);
    await pool.ensureStates(ctx);
    return pool;
  }

  /** After a reboot devices are in the pool but not active; what was being changed when the daemon died is given up. */
  private async ensureStates(ctx: Context): Promise<void> {
    for (const [, device] of this.db.list<ThinDevice>(DEVICES)) {
      const { name, state } = device;
      if (!SETTLED.includes(state)) {
        await this.log.warn(ctx, `devmapper device "${name}" has invalid state "${state}", marking as faulty`);
        await this.note(ctx, name, { state: 'Faulty' });
      } else if (state === 'Activated' && !(await this.isActivated(ctx, name))) {
        await this.log.warn(ctx, `devmapper device "${name}" marked as "${state}" but not active, activating it`);
        await this.activate(ctx, device);
      }
    }
  }

  private need(name: string): ThinDevice {
    const device = this.db.get<ThinDevice>(DEVICES, name);
    if (device === undefined) throw failure(`object not found`);
    return device;
  }

  private async note(ctx: Context, name: string, change: Partial<ThinDevice>): Promise<void> {
    await this.db.update(ctx, (tx) => tx.put(DEVICES, name, { ...this.need(name), ...change }));
  }

  private async transition(
    ctx: Context,
    name: string,
    [trying, success]: readonly [State, State],
    body: () => Promise<unknown>,
  ): Promise<void> {
    await this.note(ctx, name, { state: trying });
    try {
      await body();
    } catch (error) {
      await this.note(ctx, name, { error: messageOf(error) });
      throw error;
    }
    await this.note(ctx, name, { state: success, error: '' });
  }

  private async add(ctx: Context, name: string, size: number, parent: string): Promise<ThinDevice> {
    const device: ThinDevice = { device_id: 0, size, name, parent_name: parent, state: 'Unknown', error: '' };
    await this.db.update(ctx, (tx) => {
      if (this.db.get(DEVICES, name) !== undefined) throw failure('object already exists');
      const used = new Set(this.db.list<ThinDevice>(DEVICES).map(([, { device_id }]) => device_id));
      device.device_id = 1;
      while (used.has(device.device_id)) device.device_id++;
      tx.put(DEVICES, name, device);
    });
    return device;
  }

  private activate(ctx: Context, { name, device_id: id, size }: ThinDevice): Promise<void> {
    const table = `0 ${size / SECTOR} thin ${devicePath(this.name)} ${id}`;
    return this.transition(ctx, name, ['Activating', 'Activated'], () =>
      dmsetup(ctx, 'create', name, '--table', table),
    ).catch((error: unknown) => {
      throw wrap(`failed to activate new thin device "${name}" (dev: ${id})`, error);
    });
  }

  async createThin(ctx: Context, name: string, size: number): Promise<void> {
    const device = await this.add(ctx, name, size, '');
    const id = device.device_id;
    await this.made(ctx, device, `create_thin ${id}`, `failed to create new thin device "${name}" (dev: ${id})`);
  }

  async createSnapshot(ctx: Context, parentName: string, name: string, size: number): Promise<void> {
    const parent = this.need(parentName);
    const isLoaded = await this.isLoaded(ctx, parentName);
    if (isLoaded) await this.suspend(ctx, parentName);
    try {
      const device = await this.add(ctx, name, size, parentName);
      const [id, origin] = [device.device_id, parent.device_id];
      const words = `failed to create snapshot "${name}" (dev: ${id}) from "${parentName}" (dev: ${origin})`;
      await this.made(ctx, device, `create_snap ${id} ${origin}`, words);
    } finally {
      if (isLoaded) await this.resume(ctx, parentName);
    }
  }

  private async made(ctx: Context, device: ThinDevice, message: string, words: string): Promise<void> {
    const { name } = device;
    try {
      await this.transition(ctx, name, ['Creating', 'Created'], () => dmsetup(ctx, 'message', this.name, '0', message));
    } catch (error) {
      await this.note(ctx, name, { state: 'Faulty' });
      throw wrap(words, error);
    }
    try {
      await this.activate(ctx, device);
    } catch (error) {
      await this.remove(ctx, name);
      throw error;
    }
  }

  suspend(ctx: Context, name: string): Promise<void> {
    return this.transition(ctx, name, ['Suspending', 'Suspended'], () => dmsetup(ctx, 'suspend', name));
  }

  resume(ctx: Context, name: string): Promise<void> {
    return this.transition(ctx, name, ['Resuming', 'Resumed'], () => dmsetup(ctx, 'resume', name));
  }

  async deactivate(ctx: Context, name: string, how: { deferred: boolean }): Promise<void> {
    if (!(await this.isLoaded(ctx, name))) return;
    const options = how.deferred ? ['--retry', '--deferred'] : ['--retry', '--force'];
    await this.transition(ctx, name, ['Deactivating', 'Deactivated'], async () => {
      if (!how.deferred && this.discardBlocks) await this.discard(ctx, name);
      try {
        await dmsetup(ctx, 'remove', ...options, devicePath(name));
      } catch (error) {
        if (!isGone(error)) throw wrap('failed to deactivate device', error);
      }
    }).catch((error: unknown) => {
      throw wrap(`failed to deactivate device "${name}"`, error);
    });
  }

  private async discard(ctx: Context, name: string): Promise<void> {
    if ((await deviceInfo(ctx, name)).openCount > 0) {
      await this.log.warn(ctx, `device "${name}" is in use, skipping blkdiscard`);
      return;
    }
    const { exitCode, output } = await combinedOutput(ctx, 'blkdiscard', [devicePath(name)]);
    if (exitCode !== 0) throw failure(`${output.trim()}: exit status ${exitCode}`);
  }

  private async isActivated(ctx: Context, name: string): Promise<boolean> {
    try {
      return (await deviceInfo(ctx, name)).tableLive;
    } catch {
      return false;
    }
  }

  private async isLoaded(ctx: Context, name: string): Promise<boolean> {
    try {
      await deviceInfo(ctx, name);
      return true;
    } catch {
      return false;
    }
  }

  /** Bytes that the device has in the pool. */
  async usage(ctx: Context, name: string): Promise<number> {
    const [, , , used = '0'] = (await dmsetup(ctx, 'status', name)).split(' ');
    return Number(used) * SECTOR;
  }

  async remove(ctx: Context, name: string): Promise<void> {
    const { device_id: id } = this.need(name);
    await this.deactivate(ctx, name, { deferred: false });
    await this.transition(ctx, name, ['Removing', 'Removed'], async () => {
      try {
        await dmsetup(ctx, 'message', this.name, '0', `delete ${id}`);
      } catch (error) {
        if (!hasNoData(error)) throw error;
      }
    }).catch((error: unknown) => {
      throw wrap(`failed to delete device "${name}" (dev id: ${id})`, error);
    });
    await this.db.update(ctx, (tx) => tx.delete(DEVICES, name));
  }
}
