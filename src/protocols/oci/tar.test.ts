import { parseTar } from 'nanotar';
import { describe, expect, it } from 'vitest';
import { pseudoRandomSource } from '../../linux/program.ts';
import { Rope } from '../../linux/rope.ts';
import { readTar, TarError, tarEntry, writeTar } from './tar.ts';

const deep = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
const entries = [
  tarEntry({ name: 'etc', type: 'directory', mode: 0o755, mtime: 1_700_000_000_000_000_000n }),
  tarEntry({
    name: 'etc/passwd',
    type: 'file',
    mode: 0o644,
    content: Rope.text('root:x:0:0:root:/root:/bin/sh\n'),
    userName: 'root',
  }),
  tarEntry({
    name: 'bin/busybox',
    type: 'file',
    mode: 0o4755,
    uid: 1,
    gid: 2,
    content: Rope.from(pseudoRandomSource('b', 100_000)),
  }),
  tarEntry({ name: 'bin/ls', type: 'hardlink', mode: 0o755, linkName: 'bin/busybox' }),
  tarEntry({ name: 'bin/sh', type: 'symlink', mode: 0o777, linkName: '/bin/busybox' }),
  tarEntry({ name: 'dev/null', type: 'char', mode: 0o666, rdev: [1, 3] }),
  tarEntry({ name: 'fifo', type: 'fifo', mode: 0o600, mtime: 1_700_000_000_123_456_000n }),
  tarEntry({ name: deep, type: 'file', mode: 0o600, content: Rope.text('ustar prefix') }),
  tarEntry({ name: `long/${'n'.repeat(150)}`, type: 'file', mode: 0o600, content: Rope.text('pax') }),
  tarEntry({
    name: 'übung/café',
    type: 'file',
    mode: 0o600,
    content: Rope.text('utf-8'),
    xattrs: { 'security.capability': 'abc' },
  }),
  tarEntry({ name: 'etc/.wh.shadow', type: 'file', mode: 0 }),
  tarEntry({ name: 'big-id', type: 'file', mode: 0o600, uid: 3_000_000, gid: 4_000_000 }),
];

describe('tar', () => {
  it('gives back what was written, content as the same rope', () => {
    const back = [...readTar(writeTar(entries))];
    expect(back.map(({ content: _, ...rest }) => rest)).toEqual(entries.map(({ content: _, ...rest }) => rest));
    for (const [i, entry] of back.entries()) expect(entry.content.bytes()).toEqual(entries[i]?.content.bytes());
    expect(back[2]?.content.wholeSource?.id).toBe('prng:b');
  });

  it('is read by another implementation', () => {
    const files = parseTar(writeTar(entries).bytes());
    expect(files.filter((f) => f.name === 'etc/passwd').map((f) => f.text)).toEqual([
      'root:x:0:0:root:/root:/bin/sh\n',
    ]);
    expect(files.length).toBeGreaterThanOrEqual(entries.length);
  });

  it.each([
    ['truncated content', writeTar(entries).slice(0, 512 * 2 + 10), 'unexpected EOF'],
    ['truncated header', writeTar(entries).slice(0, 100), 'unexpected EOF'],
    ['not tar', Rope.text('x'.repeat(1024)), 'archive/tar: invalid tar header'],
  ])('%s', (_, archive, message) => {
    const read = (): unknown => [...readTar(archive as Rope)];
    expect(read).toThrow(TarError);
    expect(read).toThrow(message as string);
  });
});
