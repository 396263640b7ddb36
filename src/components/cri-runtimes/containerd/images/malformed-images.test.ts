/** Image archives that are broken or mean harm: what containerd 2.1.9 says of each, and that nothing of them is left. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type TarEntry, tarEntry } from '../../../../protocols/oci/tar.ts';
import { type BootedNode, boot } from '../../../../testing/boot.ts';
import { file, imageArchive, malformedImages } from '../../../../testing/malformed-images.ts';

/** Where the inflater stands when it fails, and how far it got before, are told by ours less exactly. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  'garbage-gzip': 'ctr: flate: corrupt input before offset 17\nexit 1',
  'gzipped-archive-truncated': 'ctr: unexpected EOF\nexit 1',
};

function recorded(): Map<string, string> {
  const text = readFileSync(new URL('./malformed-images.recorded', import.meta.url), 'utf8');
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trimEnd()]),
  );
}

const normalised = (text: string): string =>
  text
    .split('\n')
    .map((line) =>
      line
        .replace(/extract-\d+-\S{4}/g, 'extract-ID')
        .replace(/containerd-mount\d+/g, 'containerd-mountN')
        .replace(/sha256:[0-9a-f]{64}/g, 'sha256:D')
        .replace(/^Importing\t.*/, 'Importing')
        .trimEnd(),
    )
    .join('\n')
    .trim();

/** All that a node has, but for what its own daemons write as they go. */
const FILES =
  "find / -xdev -path /proc -prune -o -path /sys -prune -o -path '/var/log/*' -prune -o -newer /mark -print";
const LEFT =
  'ctr images ls -q | xargs -r ctr images rm --sync; ctr leases rm --sync $(ctr leases create) > /dev/null; ' +
  'ctr content ls -q; ctr content active | tail -n +2; ctr snapshots ls | tail -n +2; ctr leases ls -q; ' +
  'cd /var/lib/containerd; ls tmpmounts io.containerd.content.v1.content/ingest io.containerd.content.v1.content/blobs/sha256 ' +
  "io.containerd.snapshotter.v1.overlayfs/snapshots | grep -v ':$' | grep .; cd; mount | grep tmpmounts";

let node: BootedNode;

async function importing(content: Uint8Array): Promise<string> {
  node.put('/root/image.tar', content);
  const { stdout, stderr, exitCode } = await node.run('ctr images import image.tar');
  return normalised(`${stdout}\n${stderr}\nexit ${exitCode}`.replace(/\n+/g, '\n'));
}

async function expectNothingLeft(): Promise<void> {
  const { stdout, stderr } = await node.run(LEFT);
  expect(stdout.replace(/^(docker\.io\/library\/made:1|import-\S+)\n/gm, '') + stderr).toBe('');
}

beforeAll(async () => {
  node = await boot();
  await node.run('touch /tmp/keep; sleep 1');
}, 60_000);

describe('what containerd says', () => {
  const truth = recorded();
  test.each(Object.keys(malformedImages))('%s', async (name) => {
    expect(await importing(malformedImages[name]?.() ?? new Uint8Array(0))).toBe(OWN_WORDS[name] ?? truth.get(name));
    await expectNothingLeft();
    expect((await node.run('ls /tmp')).stdout).toContain('keep\n');
    expect((await node.run('ls /tmp /etc')).stdout).not.toContain('escaped');
  });
});

describe('a bomb', () => {
  test('a layer that inflates to 20 GiB is given up on', async () => {
    const image = imageArchive({
      edit: (parts) => {
        parts.layers = [zeroBomb(1280)];
      },
    });
    expect(image.length).toBeLessThan(30_000_000);
    expect(await importing(image)).toMatch(
      /^ctr: failed to extract layer .*: decompressing more than 1 GiB is not simulated\nexit 1$/,
    );
    await expectNothingLeft();
  }, 60_000);
});

/** gzip of so many times 16 MiB of zeros: as one who means harm would make it. */
function zeroBomb(times: number): Uint8Array {
  const member = gzipSync(new Uint8Array(16 << 20));
  return joined(...Array.from({ length: times }, () => member));
}

const NAMES = ['a', 'b', 'a/b', 'a/b/c', '../x', '/x', '../../../../tmp/x', 'a/../../b', '.', '..', '', 'ü', 'a//b/'];
const entry: fc.Arbitrary<TarEntry> = fc
  .record({
    name: fc.oneof(
      fc.constantFrom(...NAMES),
      fc.constantFrom(...NAMES).map((name) => `${name}/.wh.${name}`),
      fc.constantFrom('.wh..wh..opq', 'a/.wh..wh..opq', '.wh.a', 'a/.wh.b', '.wh...'),
    ),
    type: fc.constantFrom('file', 'directory', 'symlink', 'hardlink', 'fifo', 'char'),
    linkName: fc.constantFrom('/tmp', '/etc/passwd', '../../../../../../tmp', 'a', 'a/b', '.', '/', 'b/../../..'),
    mode: fc.constantFrom(0o644, 0o755, 0o7777, 0),
    uid: fc.constantFrom(0, 1000, 2 ** 31),
    text: fc.string({ maxLength: 20 }),
  })
  .map(({ name, type, linkName, mode, uid, text }) =>
    type === 'file'
      ? tarEntry({ ...file(name, text), mode, uid })
      : tarEntry({ name, type: type as TarEntry['type'], mode, uid, linkName, rdev: [1, 3] }),
  );

/** More of them in `npm run soak`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 12);

describe('at random', () => {
  test('an archive with bytes changed, cut and doubled: an answer, and nothing left', {
    timeout: 3_600_000,
  }, async () => {
    const good = imageArchive({ layerEntries: [[file('bin/a', 'x'.repeat(2000))], [file('b', 'y')]] });
    const mutation = fc.record({
      at: fc.nat(good.length - 1),
      kind: fc.constantFrom('byte', 'cut', 'double', 'zero'),
      value: fc.nat(255),
      length: fc.nat(600),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let bytes = good;
        for (const { at, kind, value, length } of mutations) {
          const out = kind === 'byte' ? bytes.slice() : bytes;
          const head = bytes.subarray(0, at);
          const tail = bytes.subarray(Math.min(bytes.length, at + length));
          if (kind === 'byte') out[Math.min(at, out.length - 1)] = value;
          bytes =
            kind === 'byte'
              ? out
              : kind === 'cut'
                ? joined(head, tail)
                : kind === 'double'
                  ? joined(head, bytes.subarray(at, at + length), bytes.subarray(at))
                  : joined(head, new Uint8Array(length), tail);
        }
        // What has no name is taken without a word, and no image.
        expect(await importing(bytes)).toMatch(/^exit 0$|(saved|^ctr: .+)[\s\S]*exit [01]$/);
        await expectNothingLeft();
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  test('layers of strange entries: nothing outside of the snapshot changes', { timeout: 3_600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(entry, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
        async (layerEntries) => {
          node.put('/root/image.tar', imageArchive({ layerEntries }));
          await node.run('sleep 0.01; touch /mark; sleep 0.01');
          const { stdout, stderr, exitCode } = await node.run('ctr images import image.tar');
          expect(`${stdout}${stderr}exit ${exitCode}`).toMatch(/(saved|^ctr: .+)[\s\S]*exit [01]$/);
          const changed = (await node.run(FILES)).stdout.split('\n').filter((path) => path !== '');
          expect(changed.filter((path) => !/^\/(var\/lib\/containerd|run|dev|tmp$|root$)/.test(path))).toEqual([]);
          await expectNothingLeft();
        },
      ),
      { numRuns: RUNS, seed: 1 },
    );
  });
});

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
