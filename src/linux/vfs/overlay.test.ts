import { expect, test } from 'vitest';
import { checkOverlay } from '../../testing/overlay-model.ts';
import { Rope } from '../rope.ts';
import { MemoryFileSystem } from './memory-fs.ts';
import { OverlayFileSystem } from './overlay.ts';

test('random histories: an overlay and a plain file system cannot be told apart', () => {
  checkOverlay(300, 1);
});

test('names of one file stay names of one file', () => {
  const lower = new MemoryFileSystem('tmpfs', [0, 1], 0n);
  lower.root.create('a', { type: 'file', mode: 0o644, uid: 0, gid: 0, time: 0n }).writeData(0, Rope.text('one'));
  const upper = new MemoryFileSystem('tmpfs', [0, 2], 0n);
  const names = { lower: ['l'], upper: 'u', work: 'w' };
  const { root } = new OverlayFileSystem([0, 3], [lower.root], upper.root, names, () => 0n);
  const file = root.lookup('a', null);
  root.link('b', file as NonNullable<typeof file>);
  expect(root.lookup('b', null)).toBe(file);
  expect(file?.nlink).toBe(2);
  root.lookup('b', null)?.writeData(3, Rope.text(' two'));
  expect(root.lookup('a', null)?.readData(0, 100).toString()).toBe('one two');
  root.unlink('a');
  expect(root.lookup('b', null)?.nlink).toBe(1);
  expect(lower.root.lookup('a')?.readData(0, 100).toString()).toBe('one');
});

test('a copy for which there is no room leaves the file of the layer below as it is', () => {
  const lower = new MemoryFileSystem('tmpfs', [0, 1], 0n);
  const init = { type: 'file', mode: 0o644, uid: 0, gid: 0, time: 0n } as const;
  lower.root.create('a', init).writeData(0, Rope.of(new Uint8Array(9000).fill(1)));
  const upper = new MemoryFileSystem('tmpfs', [0, 2], 0n, { bytesMax: 8192 });
  const { root } = new OverlayFileSystem(
    [0, 3],
    [lower.root],
    upper.root,
    { lower: ['l'], upper: 'u', work: 'w' },
    () => 0n,
  );
  expect(() => root.lookup('a', null)?.writeData(0, Rope.text('x'))).toThrow(
    expect.objectContaining({ code: 'ENOSPC' }),
  );
  expect([root.lookup('a', null)?.size, upper.root.entries(), upper.bytesUsed, upper.inodesUsed]).toEqual([
    9000,
    [],
    0,
    1,
  ]);
});
