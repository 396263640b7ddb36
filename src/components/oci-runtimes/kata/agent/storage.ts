/**
 * Storages: what the agent mounts before a container is made. A disk is told by its address, and may still be on its way.
 * @models kata-containers 4.1.0 src/agent/src/storage, src/agent/src/device, src/agent/src/uevent.rs
 * @fidelity partial: drivers virtio-fs, ephemeral, blk, mmioblk and scsi; sysfs is looked at again and again where the agent hears uevents
 */
import { newError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll } from '../../../../linux/io.ts';
import type { Storage } from '../../../../protocols/kata/agent/generated.ts';

const HOTPLUG_TIMEOUT_NS = 3_000_000_000;
const LOOK_AGAIN_NS = 1_000_000;

export async function mountStorage(ctx: Context, storage: Storage): Promise<void> {
  const source = await sourceOf(ctx, storage);
  const words = storage.options;
  const data = words.filter((word) => word !== 'ro' && word !== 'rw');
  await mkdirAll(ctx, storage.mountPoint);
  try {
    const flags = words.includes('ro') ? { readOnly: true } : {};
    await ctx.sys.mount(ctx, source, storage.mountPoint, storage.fstype, flags, data.join(','));
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw newError(`failed to mount ${source} to ${storage.mountPoint}, with error: ${error.code}`);
  }
}

export async function unmountStorages(ctx: Context, points: readonly string[]): Promise<void> {
  for (const point of points) {
    await ctx.sys.umount(ctx, point, { detach: true });
    await ctx.sys.rmdir(ctx, point);
  }
}

async function sourceOf(ctx: Context, { driver, source }: Storage): Promise<string> {
  switch (driver) {
    case 'blk':
      return waitFor(ctx, source, pciPath(source));
    case 'scsi':
      return waitFor(ctx, source, new RegExp(`/0:0:${source}/block/`));
    case 'mmioblk':
      return waitFor(ctx, source, new RegExp(`/block/${source.slice('/dev/'.length)}$`));
    default:
      return source;
  }
}

/** `02/01`: the device in slot 1 of the bus behind the bridge in slot 2. */
function pciPath(source: string): RegExp {
  const steps = source.split('/').map((slot, bus) => `/0000:0${bus}:${slot}\\.0`);
  return new RegExp(`${steps.join('')}/virtio\\d+/block/`);
}

/** The device whose place in sysfs looks so. */
async function waitFor(ctx: Context, source: string, place: RegExp): Promise<string> {
  for (const end = ctx.now + HOTPLUG_TIMEOUT_NS; ; await ctx.sleep(LOOK_AGAIN_NS)) {
    for (const { name } of await ctx.sys.readDirectory(ctx, '/sys/block')) {
      if (place.test(await ctx.sys.readlink(ctx, `/sys/block/${name}`)) && (await exists(ctx, `/dev/${name}`)))
        return `/dev/${name}`;
    }
    if (ctx.now > end) throw newError(`Timeout reached after 3s waiting for uevent of ${source}`);
  }
}
