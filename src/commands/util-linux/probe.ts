/** What is on a device, from its first bytes. @models util-linux 2.41 libblkid/src/superblocks/ext.c @fidelity partial: ext4 only */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';

const HEAD_BYTES = 2048;
const MAGIC_AT = 1024 + 0x38;
const UUID_AT = 1024 + 0x68;

/** The UUID of the ext4 filesystem on a device or in a file; null if there is none. */
export async function ext4Uuid(ctx: Context, path: string): Promise<string | null> {
  const { sys } = ctx;
  try {
    const { type } = await sys.stat(ctx, path);
    if (type !== 'block' && type !== 'file') return null;
    const fd = await sys.open(ctx, path, { read: true });
    try {
      const head = await sys.read(ctx, fd, HEAD_BYTES);
      if (head[MAGIC_AT] !== 0x53 || head[MAGIC_AT + 1] !== 0xef) return null;
      const hex = [...head.subarray(UUID_AT, UUID_AT + 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    } finally {
      await sys.close(ctx, fd);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}
