/**
 * ext4 as the contents of a device or file. The image's bytes are those of its superblock, and otherwise zeros; what the
 * directories and files hold goes along as the tree itself, so that a copy of 10 GB costs nothing until somebody writes.
 * @models ext4 on-disk superblock, Linux 6.12 fs/ext4 @fidelity partial: only the superblock can be read as bytes; no journal
 */
import { errno } from '../errno.ts';
import { type ByteSource, Rope } from '../rope.ts';
import type { Inode } from '../vfs/inode.ts';
import { MemoryFileSystem } from '../vfs/memory-fs.ts';
import type { BlockDevice } from './block-device.ts';

const BLOCK = 4096;
const BYTES_PER_INODE = 16_384;
const INODE_BYTES = 256;
const SUPERBLOCK = 1024;
const MAGIC_AT = SUPERBLOCK + 0x38;
const UUID_AT = SUPERBLOCK + 0x68;
/** How far into a device one has to read to know what is on it. */
const HEAD_BYTES = 2048;

/** Bytes of the journal that mke2fs makes on so many. @models e2fsprogs lib/ext2fs/mkjournal.c ext2fs_default_journal_size */
export function ext4Journal(size: number): number {
  const blocks = Math.floor(size / BLOCK);
  const steps: readonly [number, number][] = [
    [2048, 0],
    [32_768, 1024],
    [262_144, 4096],
    [524_288, 8192],
    [4_194_304, 16_384],
    [8_388_608, 32_768],
    [16_777_216, 65_536],
    [33_554_432, 131_072],
  ];
  return (steps.find(([below]) => blocks < below)?.[1] ?? 262_144) * BLOCK;
}

export const ext4Inodes = (size: number): number => Math.floor(size / BYTES_PER_INODE);

export const ext4Tables = (size: number): number => ext4Inodes(size) * INODE_BYTES;

/** What files may take. */
function dataBytes(size: number): number {
  return size - ext4Tables(size) - ext4Journal(size);
}

/** `metadataBytes` is what the device keeps besides files: its journal, and tables of inodes that were written. */
type Identity = { uuid: string; metadataBytes: number };

/** The filesystem that an image carries. */
const trees = new WeakMap<ByteSource, MemoryFileSystem>();
const identities = new WeakMap<MemoryFileSystem, Identity>();
const NOBODY: Identity = { uuid: '', metadataBytes: 0 };

/** `fs` must not change any more. */
export function imageOf(fs: MemoryFileSystem, size: number): Rope {
  const { uuid, metadataBytes } = identities.get(fs) ?? NOBODY;
  const source: ByteSource = {
    id: `ext4:${uuid}:${size}`,
    length: size,
    stored: fs.bytesUsed + metadataBytes,
    fill: (out, start) => {
      out.fill(0);
      const put = (at: number, bytes: readonly number[]): void => {
        for (const [i, byte] of bytes.entries()) {
          const place = at + i - start;
          if (place >= 0 && place < out.length) out[place] = byte;
        }
      };
      put(MAGIC_AT, [0x53, 0xef]);
      put(
        UUID_AT,
        (uuid.replaceAll('-', '').match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16)),
      );
    },
  };
  trees.set(source, fs);
  return Rope.from(source);
}

/** What mkfs.ext4 writes: an empty filesystem. */
export function newExt4(uuid: string, size: number, time: bigint, { writesTables }: { writesTables: boolean }): Rope {
  const fs = new MemoryFileSystem('ext4', [0, 0], time, { mode: 0o755 });
  fs.root.create('lost+found', { type: 'directory', mode: 0o700, uid: 0, gid: 0, time });
  const tables = writesTables ? ext4Tables(size) : 0;
  identities.set(fs, { uuid, metadataBytes: ext4Journal(size) + tables });
  return imageOf(fs, size);
}

/** The image that these bytes are the beginning of. */
function treeAt(head: Rope): MemoryFileSystem | null {
  const first = head.pieces().next().value;
  if (first === undefined || !('source' in first) || first.start !== 0) return null;
  return trees.get(first.source) ?? null;
}

export class Ext4FileSystem extends MemoryFileSystem {
  private readonly on: BlockDevice;
  /** Mounts of it in namespaces that somebody is in. */
  private mounts = 0;

  private constructor(device: BlockDevice, from: MemoryFileSystem, time: bigint) {
    super('ext4', device.number, time, {
      bytesMax: dataBytes(device.size),
      inodesMax: ext4Inodes(device.size),
    });
    this.on = device;
    this.readOnly = device.readOnly;
    identities.set(this, identities.get(from) ?? NOBODY);
    copyTree(from, this);
  }

  static on(device: BlockDevice, time: bigint): Ext4FileSystem {
    const found = treeAt(device.read(0, HEAD_BYTES));
    if (found === null) throw errno('EINVAL');
    return new Ext4FileSystem(device, found, time);
  }

  /** As it is now, for keeping. */
  copy(): MemoryFileSystem {
    const copy = new MemoryFileSystem('ext4', [0, 0], this.root.mtime);
    identities.set(copy, identities.get(this) ?? NOBODY);
    copyTree(this, copy);
    return copy;
  }

  override pinned(by: 1 | -1): void {
    this.mounts += by;
    if (this.mounts === 0) this.on.unmounted(this);
    else if (this.mounts === 1 && by === 1) this.on.fs ??= this;
  }
}

/** Directories and attributes one by one, the contents of files by reference. */
function copyTree(from: MemoryFileSystem, to: MemoryFileSystem): void {
  const copies = new Map<Inode, Inode>();
  const attributes = (source: Inode, copy: Inode): void => {
    copy.mode = source.mode;
    copy.uid = source.uid;
    copy.gid = source.gid;
    copy.atime = source.atime;
    copy.mtime = source.mtime;
    copy.ctime = source.ctime;
    if (source.xattrs !== null) copy.xattrs = new Map(source.xattrs);
  };
  const visit = (source: Inode, copy: Inode): void => {
    for (const [name, child] of source.entries(null)) {
      const known = copies.get(child);
      if (known !== undefined) {
        copy.link(name, known);
        continue;
      }
      const { type, mode, uid, gid, mtime: time, rdev } = child;
      const made = copy.create(name, {
        type,
        mode,
        uid,
        gid,
        time,
        rdev,
        ...(type === 'symlink' ? { target: child.readlink(null) } : {}),
      });
      if (child.nlink > 1 && type !== 'directory') copies.set(child, made);
      if (type === 'directory') visit(child, made);
      else if (type === 'file' && child.size > 0) made.writeData(0, child.readData(0, child.size));
      attributes(child, made);
    }
  };
  visit(from.root, to.root);
  attributes(from.root, to.root);
}
