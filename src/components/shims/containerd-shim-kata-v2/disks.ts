/**
 * Disks of the host that containers stand on: a root filesystem that is a block device, or lies in a file, is plugged into
 * the machine, and the agent mounts it.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/{resource/src/rootfs/block_rootfs.rs,hypervisor/src/device/device_manager.rs}
 * @fidelity partial: root filesystems only
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { Mount } from '../../../protocols/containerd/types/generated.ts';
import type { GuestDisk, VmControl } from './hypervisor.ts';

/** Numbers that disks have in the guest: one that is free again is taken first, though the next new one moves on as well. */
export class DiskIndices {
  private next: number;
  private readonly released: number[] = [];

  constructor(first: number) {
    this.next = first;
  }

  take(): number {
    const index = this.released.pop() ?? this.next;
    this.next++;
    return index;
  }

  release(index: number): void {
    this.released.push(index);
    this.released.sort((a, b) => b - a);
  }
}

export type BlockRootfs = { index: number; disk: GuestDisk; fstype: string; options: string[] };

const LOOP = 'loop';

/** What of the host is the disk, if the mount is one: a device, or a file to be attached to a loop device. */
export async function blockRootfs(ctx: Context, { source, options }: Mount): Promise<boolean> {
  if (source === '') return false;
  try {
    const { type } = await ctx.sys.stat(ctx, source);
    return type === 'block' || (type === 'file' && options.includes(LOOP));
  } catch (error) {
    if (!isErrno(error)) throw error;
    return false;
  }
}

export async function plugRootfs(
  ctx: Context,
  control: VmControl,
  indices: DiskIndices,
  { source, type, options }: Mount,
): Promise<BlockRootfs> {
  const index = indices.take();
  try {
    const disk = await control.plugDisk(ctx, source, index, options.includes('ro'));
    return { index, disk, fstype: type, options: options.filter((option) => option !== LOOP) };
  } catch (error) {
    indices.release(index);
    throw error;
  }
}
