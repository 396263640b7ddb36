/** Builds the file list of a layer: parents appear by themselves, bulk content is generated, programs are named. */
import { programFile, pseudoRandomSource } from '../../../linux/program.ts';
import { Rope } from '../../../linux/rope.ts';
import { type TarEntry, tarEntry } from '../../../protocols/oci/tar.ts';
import type { Platform } from '../../../protocols/oci/types.ts';
import { zeros } from '../../../protocols/oci/zeros.ts';

/** Share of a binary's bytes that does not compress: gives layers the compressed size of the real ones. */
const ENTROPY = 0.4;
const NS = 1_000_000_000n;
const HEADER_LENGTH = 128;

export type FileOptions = { mode?: number; uid?: number; gid?: number; entropy?: number };

export type Rootfs = {
  directory(path: string, options?: FileOptions): void;
  file(path: string, content: string, options?: FileOptions): void;
  /** An executable that runs the simulation's program of that name; for other architectures a foreign ELF file. */
  program(path: string, program: string, size: number, options?: FileOptions): void;
  /** A file whose content nobody reads: libraries, data. */
  bulk(path: string, size: number, options?: FileOptions): void;
  symlink(path: string, target: string): void;
  hardlink(path: string, target: string): void;
  entries(): TarEntry[];
};

/** `identity` distinguishes the generated content of different builds of the same path. */
export function rootfs(identity: string, platform: Platform, mtimeSeconds: number): Rootfs {
  const entries = new Map<string, TarEntry>();
  const mtime = BigInt(mtimeSeconds) * NS;
  const ownerOf = (options: FileOptions): { uid: number; gid: number } => ({
    uid: options.uid ?? 0,
    gid: options.gid ?? 0,
  });

  const parents = (path: string): void => {
    const slash = path.lastIndexOf('/');
    if (slash > 0 && !entries.has(path.slice(0, slash))) fs.directory(path.slice(0, slash));
  };
  const add = (entry: TarEntry): void => {
    parents(entry.name);
    entries.set(entry.name, entry);
  };
  const addFile = (path: string, content: Rope, options: FileOptions, mode: number): void =>
    add(tarEntry({ name: path, type: 'file', mode: options.mode ?? mode, ...ownerOf(options), mtime, content }));
  const noise = (path: string, length: number): Rope => Rope.from(pseudoRandomSource(`${identity}:${path}`, length));
  const split = (size: number, entropy: number): [dense: number, sparse: number] => {
    const dense = Math.min(size, Math.max(HEADER_LENGTH, Math.round(size * entropy)));
    return [dense, size - dense];
  };

  const fs: Rootfs = {
    directory(path, options = {}) {
      add(tarEntry({ name: path, type: 'directory', mode: options.mode ?? 0o755, ...ownerOf(options), mtime }));
    },
    file(path, content, options = {}) {
      addFile(path, Rope.text(content), options, 0o644);
    },
    program(path, program, size, options = {}) {
      const [dense, sparse] = split(size, options.entropy ?? ENTROPY);
      const head =
        platform.architecture === 'amd64' ? programFile(program, dense) : foreignElf(platform, noise(path, dense));
      addFile(path, head.concat(zeros(sparse)), options, 0o755);
    },
    bulk(path, size, options = {}) {
      const [dense, sparse] = split(size, options.entropy ?? ENTROPY);
      addFile(path, noise(path, dense).concat(zeros(sparse)), options, 0o644);
    },
    symlink(path, target) {
      add(tarEntry({ name: path, type: 'symlink', mode: 0o777, mtime, linkName: target }));
    },
    hardlink(path, target) {
      const original = entries.get(target);
      add(
        tarEntry({
          name: path,
          type: 'hardlink',
          mode: original?.mode ?? 0o755,
          ...ownerOf(original ?? {}),
          mtime,
          linkName: target,
        }),
      );
    },
    entries: () => [...entries.values()],
  };
  return fs;
}

/** e_machine and class of the ELF header: [machine, 64-bit, little endian]. */
const ELF_MACHINES: Readonly<Record<string, [machine: number, is64: boolean, littleEndian: boolean]>> = {
  '386': [3, false, true],
  arm: [40, false, true],
  arm64: [183, true, true],
  ppc64le: [21, true, true],
  s390x: [22, true, false],
  riscv64: [243, true, true],
};

/** An executable for another processor: executing it on this one fails with "exec format error", as it should. */
function foreignElf(platform: Platform, body: Rope): Rope {
  const [machine, is64, little] = ELF_MACHINES[platform.architecture] ?? [0, true, true];
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, little ? 1 : 2, 1, 0]);
  head.set(little ? [2, 0, machine, 0] : [0, 2, 0, machine], 16);
  return Rope.of(head).concat(body.slice(Math.min(head.length, body.length)));
}
