/** System calls on block devices: the ioctls of /dev/loop-control, of loop devices and of /dev/mapper/control. @models Linux 6.12 drivers/block/loop.c, drivers/md/dm-ioctl.c */
import { BlockDevice, BlockFile, blockDevices, DeviceStore, InodeStore } from '../block/block-device.ts';
import { deviceMapper } from '../block/device-mapper.ts';
import type { Context } from '../context.ts';
import { DeviceMapperControl, LoopControl } from '../devices.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Syscalls } from '../syscalls.ts';
import { capable } from '../user-namespace.ts';
import { holes } from '../vfs/file-data.ts';
import { locate } from './files.ts';

type BlockCalls = Pick<
  Syscalls,
  'loopFree' | 'loopAttach' | 'loopDetach' | 'loopStatus' | 'blockDiscard' | 'deviceMapper'
>;

const LOOP_MAJOR = 7;

type Loop = { path: string; autoClear: boolean };

export function blockCalls(kernel: Kernel): BlockCalls {
  const attached = new WeakMap<BlockDevice, Loop>();

  const loopAt = (ctx: Context, fd: number): BlockDevice => {
    const file = kernel.file(ctx.process, fd);
    if (!(file instanceof BlockFile) || file.device.number[0] !== LOOP_MAJOR) throw errno('ENOTTY');
    return file.device;
  };

  const clear = (device: BlockDevice): void => {
    device.store = null;
    device.readOnly = false;
    device.onIdle = null;
    device.label = null;
    attached.delete(device);
  };

  return {
    async loopFree(ctx, controlFd) {
      if (!(kernel.file(ctx.process, controlFd) instanceof LoopControl)) throw errno('ENOTTY');
      const devices = blockDevices(kernel);
      for (let minor = 0; ; minor++) {
        const known = devices.get([LOOP_MAJOR, minor]);
        if (known !== undefined && known.store !== null) continue;
        if (known === undefined) devices.add(new BlockDevice(`loop${minor}`, [LOOP_MAJOR, minor], null));
        return minor;
      }
    },
    async loopAttach(ctx, loopFd, { fd, readOnly = false, autoClear = false }) {
      const device = loopAt(ctx, loopFd);
      if (device.store !== null) throw errno('EBUSY');
      const file = kernel.file(ctx.process, fd);
      const { inode } = file;
      if (inode === null || (inode.type !== 'file' && inode.type !== 'block')) throw errno('EINVAL');
      device.store = file instanceof BlockFile ? new DeviceStore(file.device) : new InodeStore(inode);
      device.readOnly = readOnly || !file.flags.write;
      device.label = file.path;
      attached.set(device, { path: file.path, autoClear });
      device.onIdle = () => {
        if (attached.get(device)?.autoClear === true) clear(device);
      };
    },
    async loopDetach(ctx, loopFd) {
      const device = loopAt(ctx, loopFd);
      const loop = attached.get(device);
      if (loop === undefined) throw errno('ENXIO');
      // As long as somebody uses it, it stays: it goes with the last of them, and this descriptor is one.
      loop.autoClear = true;
    },
    async loopStatus(ctx, loopFd) {
      const device = loopAt(ctx, loopFd);
      const loop = attached.get(device);
      if (loop === undefined) throw errno('ENXIO');
      return { path: loop.path, readOnly: device.readOnly, autoClear: loop.autoClear };
    },
    async blockDiscard(ctx, fd) {
      const file = kernel.file(ctx.process, fd);
      if (!(file instanceof BlockFile)) throw errno('ENOTTY');
      if (!file.flags.write) throw errno('EBADF');
      if (file.device.fs !== null) throw errno('EBUSY');
      file.device.write(0, holes(file.device.size));
    },
    async deviceMapper(ctx, controlFd, request) {
      const { process } = ctx;
      if (!(kernel.file(process, controlFd) instanceof DeviceMapperControl)) throw errno('ENOTTY');
      if (!capable(process, 'SYS_ADMIN', process.namespaces.mnt.owner)) throw errno('EACCES');
      return deviceMapper(kernel).handle(request, (path) => locate(process, path).inode);
    },
  };
}
