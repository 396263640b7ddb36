/** Images that leave the node and images that come from elsewhere, with Debian's skopeo and umoci where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { copyOut } from './out-file.ts';
import { ScriptSession } from './session.ts';

const directory = mkdtempSync(join(tmpdir(), 'cutaway-images-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);

async function run(
  script: string,
  files: Record<string, string> = {},
  out: Record<string, string> = {},
): Promise<string> {
  const bytes = Object.fromEntries(
    Object.entries(files).map(([path, host]) => [path, new Uint8Array(readFileSync(host))]),
  );
  const machine = await Machine.boot({ scenario: 'bare', seed: 1, files: bytes });
  const outcomes = await new ScriptSession(machine).run(script);
  for (const [nodePath, hostPath] of Object.entries(out)) expect(copyOut(machine, { nodePath, hostPath })).toBeNull();
  return outcomes.map(({ stdout, stderr }) => stdout + stderr).join('');
}

const missing = ['skopeo', 'umoci'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
if (missing.length > 0)
  console.log(`images: ${missing.join(' and ')} not installed here; the tests with them are skipped`);

const tool = (name: string, ...args: string[]): string =>
  execFileSync(name, args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const inspect = (image: string): { Digest: string; Layers: string[]; Created: string } =>
  JSON.parse(tool('skopeo', 'inspect', image)) as { Digest: string; Layers: string[]; Created: string };

const NGINX = 'docker.io/library/nginx:alpine';
const BUSYBOX = 'docker.io/library/busybox:latest';

test('a file that is not there, and a place that cannot be written to, are told', async () => {
  const machine = await Machine.boot({ scenario: 'bare', seed: 1 });
  expect(copyOut(machine, { nodePath: '/nowhere', hostPath: at('x') })).toBe(
    '--out: there is no file /nowhere on the node',
  );
  expect(copyOut(machine, { nodePath: '/etc', hostPath: at('x') })).toBe('--out: there is no file /etc on the node');
  expect(copyOut(machine, { nodePath: '/etc/hostname', hostPath: at('no/x') })).toMatch(
    /^--out: cannot write .*ENOENT/,
  );
  expect(copyOut(machine, { nodePath: '/etc/hostname', hostPath: at('x') })).toBeNull();
  expect(readFileSync(at('x'), 'utf8')).toBe('node-1\n');
});

describe.skipIf(missing.length > 0)('skopeo and umoci', () => {
  test('read what ctr exports: the same digests and sizes', { timeout: 60_000 }, async () => {
    const told = await run(
      `ctr images pull ${NGINX} > /dev/null; ctr images pull ${BUSYBOX} > /dev/null
ctr images export /root/nginx.tar ${NGINX}
ctr images export /root/busybox.tar ${BUSYBOX}
nerdctl save -o /root/saved.tar nginx:alpine
ctr images ls | awk '/nginx/ {print "digest " $3}'
ctr content ls | awk 'NR > 1 {print "blob " $1}'
for b in /var/lib/containerd/io.containerd.content.v1.content/blobs/sha256/*; do stat -c '%s %n' $b; done`,
      {},
      {
        '/root/nginx.tar': at('nginx.tar'),
        '/root/busybox.tar': at('busybox.tar'),
        '/root/saved.tar': at('saved.tar'),
      },
    );
    const archive = inspect('oci-archive:nginx.tar');
    expect(told).toContain(`digest ${archive.Digest}\n`);
    expect(archive.Layers.length).toBe(8);
    for (const layer of archive.Layers) expect(told).toContain(`blob ${layer}\n`);
    // Docker's own format names the uncompressed layers.
    expect(inspect('docker-archive:saved.tar').Layers.length).toBe(8);
    expect(inspect('oci-archive:saved.tar').Digest).toBe(archive.Digest);
    tool('tar', '-xf', 'nginx.tar');
    for (const layer of archive.Layers) {
      const hex = layer.slice('sha256:'.length);
      expect(tool('sha256sum', `blobs/sha256/${hex}`).split(' ')[0]).toBe(hex);
      expect(told).toMatch(new RegExp(`^${statSync(at(`blobs/sha256/${hex}`)).size} .*/${hex}$`, 'm'));
    }
    expect(inspect('oci:.').Digest).toBe(archive.Digest);
  });

  test('umoci unpacks it, and what umoci makes of it runs here again', { timeout: 120_000 }, async () => {
    // An index for several machines is ambiguous to umoci: skopeo takes the one for this.
    tool('skopeo', 'copy', '-q', '--override-arch', 'amd64', 'oci-archive:busybox.tar', 'oci:layout:latest');
    tool('umoci', 'unpack', '--rootless', '--image', 'layout:latest', 'bundle');
    const files = tool('find', 'bundle/rootfs', '-mindepth', '1', '-printf', '%P\n').split('\n');
    expect(files).toEqual(expect.arrayContaining(['bin/sh', 'etc/passwd', 'bin/busybox']));
    writeFileSync(at('bundle/rootfs/etc/made'), 'made by umoci\n');
    rmSync(at('bundle/rootfs/bin/vi'));
    tool('umoci', 'repack', '--image', 'layout:made', 'bundle');
    const command = ['sh', '-c', 'cat /etc/made; ls /bin/vi; echo $GREETING'];
    tool(
      'umoci',
      'config',
      '--image',
      'layout:made',
      ...command.flatMap((word) => ['--config.cmd', word]),
      ...['--config.env', 'GREETING=hello', '--config.label', 'a=b'],
    );
    tool('umoci', 'rm', '--image', 'layout:latest');
    tool('umoci', 'gc', '--layout', 'layout');
    tool('tar', '-C', 'layout', '-cf', 'umoci.tar', '.');
    tool('skopeo', 'copy', '-q', 'oci:layout:made', 'oci-archive:skopeo.tar:example.com/made:1');
    tool('skopeo', 'copy', '-q', 'oci:layout:made', 'docker-archive:docker.tar:example.com/made:2');
    tool(
      'skopeo',
      'copy',
      '-q',
      '--dest-compress-format',
      'zstd',
      'oci:layout:made',
      'oci-archive:zstd.tar:example.com/made:3',
    );
    const { Digest: digest } = inspect('oci:layout:made');
    const answer = 'made by umoci\nls: /bin/vi: No such file or directory\nhello\n';

    const first = await run(
      `ctr images import --base-name example.com/u /root/umoci.tar > /dev/null
ctr run --rm example.com/u:made one 2>&1
nerdctl load -q -i /root/skopeo.tar
nerdctl run --rm example.com/made:1 2>&1
ctr images ls | awk '$1 ~ /made/ {print $1, $2, $3}'
ctr images export /root/again.tar example.com/u:made`,
      { '/root/umoci.tar': at('umoci.tar'), '/root/skopeo.tar': at('skopeo.tar') },
      { '/root/again.tar': at('again.tar') },
    );
    expect(first.split(answer).length).toBe(3);
    for (const name of ['u:made', 'made:1'])
      expect(first).toContain(`example.com/${name} application/vnd.oci.image.manifest.v1+json ${digest}\n`);
    // There and back again: umoci finds one manifest, the one that it made.
    expect(inspect('oci-archive:again.tar').Digest).toBe(digest);
    tool('sh', '-c', 'mkdir again && tar -C again -xf again.tar');
    tool('umoci', 'unpack', '--rootless', '--image', 'again:made', 'bundle-again');
    expect(readFileSync(at('bundle-again/rootfs/etc/made'), 'utf8')).toBe('made by umoci\n');

    // Docker's format has bare layers, the other is packed with Zstandard: nothing of them is here already.
    for (const [file, name] of [
      ['docker.tar', 'made:2'],
      ['zstd.tar', 'made:3'],
    ])
      expect(
        await run(`nerdctl load -i /root/image.tar | grep Loaded; nerdctl run --rm example.com/${name} 2>&1`, {
          '/root/image.tar': at(file ?? ''),
        }),
      ).toBe(`Loaded image: example.com/${name}\n${answer}`);
  });
});
