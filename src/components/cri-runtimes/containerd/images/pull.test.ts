/** Pulls over roads good and bad, as recorded from containerd 2.1.9 with a registry that behaves like that. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../../testing/boot.ts';

const HUB = 'docker.io/library/nginx:alpine';
const OWN = 'registry.internal';
/** Compressed layers of the image: 20.4 MB, the largest 15.2 MB. */
const LARGEST_BYTES = 15_175_626;

let node: BootedNode;
const run = async (line: string): Promise<string> => {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
};
const forget = (): Promise<string> =>
  run(
    'ctr images ls -q | xargs -r ctr images rm > /dev/null; ctr leases ls -q | xargs -r ctr leases rm > /dev/null; ' +
      'ctr leases rm --sync $(ctr leases create) > /dev/null; ctr content ls -q; ctr content active | tail -n +2; ctr snapshots ls | tail -n +2',
  );

/** Requests for blobs since an event: `DIGEST RANGE`. */
function asked(since: number): string[] {
  return node.machine.trace.since(since).flatMap((event) => {
    if (event.kind !== 'rpc.request' || event.protocol !== 'http' || !event.method.includes('/blobs/')) return [];
    const range = event.metadata['Range'] ?? '';
    return [`${event.method.replace(/^GET .*sha256:(.{12}).*/, '$1')} ${range}`.trim()];
  });
}

beforeEach(async () => void (await forget()));

beforeAll(async () => {
  node = await boot();
  await run(`ctr images pull --all-platforms ${HUB} > /dev/null; ctr images tag ${HUB} ${OWN}:5000/nginx:alpine`);
  await run(`ctr images push --plain-http ${OWN}:5000/nginx:alpine > /dev/null`);
  expect(await forget()).toBe('');
}, 60_000);

test('each layer has its line, and the whole takes the time of its largest layer on the link', async () => {
  const { stdout, virtualMs } = await node.run('ctr images pull docker.io/library/nginx:latest');
  const layers = (await run('crictl --version; ctr content ls | grep -o uncompressed | wc -l')).match(/\d+\n$/)?.[0];
  expect(new Set(stdout.match(/layer \(\w+\)/g)).size).toBe(Number(layers));
  expect(stdout).toMatch(/layer \(\w+\) +\tdownloading\t\|\S+\| *\t +\d+\.\d MiB\/\d+\.\d MiB\t/);
  expect(stdout).toMatch(/Completed pull from .*total: +6\d\.\d M/);
  const sizes = [...stdout.matchAll(/downloading.*\/(\d+\.\d) MiB/g)].map((match) => Number(match[1]) * 2 ** 20);
  // 60 MB/s for each connection, and 180 MB/s to unpack; there is more to do than that, but not twice as much.
  const largestMs = (Math.max(...sizes) / 60_000_000 + Math.max(...sizes) / 180_000_000) * 1000;
  expect(virtualMs).toBeGreaterThan(largestMs);
  expect(virtualMs).toBeLessThan(2 * largestMs);
});

test('a slow link makes it slow: three connections at 2 MB/s', async () => {
  const { stdout, virtualMs } = await node.run(`ctr images pull --plain-http ${OWN}:5001/nginx:alpine | tail -1`);
  expect(stdout).toContain(' 19.4 M');
  expect(virtualMs / 1000).toBeGreaterThan(LARGEST_BYTES / 2_000_000);
  expect(virtualMs / 1000).toBeLessThan(12);
  await forget();
});

test('Ctrl-C leaves what has arrived, held by its lease; the next pull asks for the rest', async () => {
  const image = `${OWN}:5001/nginx:alpine`;
  expect(await run(`timeout -s INT 1.5 ctr images pull --plain-http ${image} > /dev/null; echo $?`)).toBe('124\n');
  const active = await run("ctr content active | awk 'NR > 1 {print $1, $2}'");
  expect(active).toMatch(/^layer-sha256:ce9e76056882\w+ [2-3](\.\d+)?MB\n$/m);
  expect((await run('ctr leases ls -q')).trim().split('\n').length).toBe(1);
  // No half extracted layer.
  expect(await run('ctr snapshots ls | grep -c Active')).toBe('0\n');
  await run('sleep 60');
  expect(await run("ctr content active | awk 'NR > 1 {print $1, $2}'")).toBe(active);

  const before = node.machine.trace.nextSeq;
  const { stdout, virtualMs } = await node.run(`ctr images pull --plain-http ${image}`);
  expect(stdout).toMatch(/layer \(c0865258051b\) +\talready exists\t\n/);
  expect(stdout).toMatch(/layer \(ce9e76056882\) +\tcomplete/);
  expect(virtualMs).toBeLessThan(7_000);
  const requests = asked(before);
  expect(requests.length).toBeGreaterThan(0);
  for (const request of requests) expect(request).toMatch(/^\w{12} bytes=\d+-$/);
  expect(await run('ctr content active | tail -n +2')).toBe('');
  await run(`ctr run --rm ${image} web nginx -v`);
  expect(await forget()).toBe('');
});

test('after a restart of the daemon what had arrived is still of use', async () => {
  const image = `${OWN}:5001/nginx:alpine`;
  await run(`ctr images pull --plain-http ${image} > /dev/null & sleep 3; kill -9 $(pidof containerd); wait`);
  await run('sleep 7');
  expect(await run("ctr content active | awk 'NR > 1 {print $1, $2}'")).toMatch(/ce9e76056882\w+ [3-6](\.\d+)?MB\n/);
  const before = node.machine.trace.nextSeq;
  expect(await run(`ctr images pull --plain-http ${image} > /dev/null; echo $?`)).toBe('0\n');
  for (const request of asked(before)) expect(request).toMatch(/^\w{12} bytes=\d+-$/);
  expect(await forget()).toBe('');
});

describe('what the road does to a pull', () => {
  const BUSY = (port: number, text: string): RegExp =>
    new RegExp(
      `^ctr: failed to copy: httpReadSeeker: failed open: unexpected status from GET .*:${port}/.*: ${text}`,
      'm',
    );

  test('connections that break: the rest is asked for, again and again', async () => {
    const before = node.machine.trace.nextSeq;
    expect(await run(`ctr images pull --plain-http ${OWN}:5002/nginx:alpine | tail -1`)).toContain(' 19.4 M');
    const ranges = asked(before).filter((request) => request.startsWith('ce9e76056882 bytes='));
    expect(ranges.length).toBeGreaterThan(5);
    expect(await forget()).toBe('');
  });

  test('a server that is busy once is asked once more', async () => {
    expect((await node.run(`ctr images pull --plain-http ${OWN}:5003/nginx:alpine`)).exitCode).toBe(0);
    expect(await forget()).toBe('');
  });

  test('too many requests: asked five times more, at once', async () => {
    expect((await node.run(`ctr images pull --plain-http ${OWN}:5004/nginx:alpine`)).exitCode).toBe(0);
    expect(await forget()).toBe('');
    expect(await run(`ctr images pull --plain-http ${OWN}:5006/nginx:alpine`)).toMatch(BUSY(5006, '429 Too Many'));
    expect(await forget()).toBe('');
  });

  test('the same error twice is an answer', async () => {
    expect(await run(`ctr images pull --plain-http ${OWN}:5007/nginx:alpine`)).toMatch(BUSY(5007, '500 Internal'));
    expect(await forget()).toBe('');
  });

  test('connections that break, at a server that gives no parts', async () => {
    const { stderr, exitCode } = await node.run(`ctr images pull --plain-http ${OWN}:5005/nginx:alpine`);
    expect([stderr.replace(/got \d+/, 'got N'), exitCode]).toEqual([
      'ctr: short read: expected 3589842 bytes but got N: unexpected EOF\n',
      1,
    ]);
    await run('sleep 1');
    expect(await run('ctr content active | tail -n +2; ctr leases ls -q; ctr snapshots ls | tail -n +2')).toBe('');
    expect(await forget()).toBe('');
  });

  test.each([
    [
      `${OWN}/nginx:alpine`,
      `Head "https://${OWN}/v2/nginx/manifests/alpine": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ],
    [
      `${OWN}:5000/nginx:alpine`,
      `Head "https://${OWN}:5000/v2/nginx/manifests/alpine": http: server gave HTTP response to HTTPS client`,
    ],
    [
      `${OWN}:5999/nginx:alpine`,
      `Head "https://${OWN}:5999/v2/nginx/manifests/alpine": dial tcp 203.0.113.40:5999: connect: connection refused`,
    ],
  ])('%s', async (image, words) => {
    expect(await run(`ctr images pull ${image}`)).toBe(
      `ctr: failed to resolve image: failed to do request: ${words}\n`,
    );
  });

  test('plain HTTP to a port that speaks TLS', async () => {
    expect(await run(`ctr images pull --plain-http ${OWN}:443/nginx:alpine`)).toBe(
      `ctr: failed to resolve image: unexpected status from HEAD request to http://${OWN}:443/v2/nginx/manifests/alpine: 400 Bad Request\n`,
    );
  });

  test('the CRI goes on where a pull stopped, too', async () => {
    const directory = `/etc/containerd/certs.d/${OWN}:5001`;
    await run(
      `mkdir -p ${directory}; printf 'server = "http://${OWN}:5001"\\n[host."http://${OWN}:5001"]\\n' > ${directory}/hosts.toml`,
    );
    await run(`timeout -s INT 3 crictl pull ${OWN}:5001/nginx:alpine`);
    expect(await run('ctr -n k8s.io content active')).toMatch(/ce9e76056882\w+\t+\d/);
    const before = node.machine.trace.nextSeq;
    expect(await run(`crictl pull ${OWN}:5001/nginx:alpine`)).toContain('Image is up to date');
    for (const request of asked(before)) expect(request).toMatch(/^\w{12} bytes=\d+-$/);
    expect(await run('journalctl -u containerd -o cat')).toMatch(/PullImage .* failed.*context canceled/);
  });
});
