/** What ctr shows of the stores: names, namespaces, leases, parents, and what the collector leaves; as containerd 2.1.9 has it. */
import { beforeEach, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const IMAGE = 'docker.io/library/nginx:alpine';
const BLOBS = '/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256';
/** The index, two manifests and their configs, eight layers. */
const CONTENT = 13;
const LAYERS = 8;

let node: BootedNode;
const run = async (line: string): Promise<string> => {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
};
const count = async (line: string): Promise<number> => Number(await run(`${line} | wc -l`));

beforeEach(async () => {
  node = await boot();
}, 60_000);

test('an image of the CRI has three names in k8s.io: tag, digest and ID; all must go before it goes', async () => {
  await run('crictl pull nginx:alpine');
  const [id = '', tag, digest] = (await run('ctr -n k8s.io images ls -q')).trim().split('\n').sort().reverse();
  const targets = await run("ctr -n k8s.io images ls | awk 'NR > 1 {print $3}' | sort -u");
  expect([digest, tag]).toEqual([IMAGE, `docker.io/library/nginx@${targets.trim()}`]);
  expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await run('crictl images -q --no-trunc')).toBe(`${id}\n`);
  expect(await run("ctr -n k8s.io images ls | awk 'NR > 1 {print $NF}' | sort -u")).toBe(
    'io.cri-containerd.image=managed\n',
  );
  // The CRI keeps the names in step: with the tag goes nothing else.
  await run(`ctr -n k8s.io images rm --sync ${IMAGE}`);
  expect(await count('ctr -n k8s.io content ls -q')).toBeGreaterThan(LAYERS);
  expect((await run('crictl images -q --no-trunc')).trim()).toBe(id);
  await run(
    `ctr -n k8s.io images rm docker.io/library/nginx@${targets.trim()}; ctr -n k8s.io images rm --sync ${id}; sleep 1`,
  );
  expect(await run(`ctr -n k8s.io content ls -q; ls ${BLOBS}; crictl images -q`)).toBe('');
});

test('namespaces share the files of their blobs, and nothing else', async () => {
  await run(`ctr images pull ${IMAGE} > /dev/null`);
  expect(await run('ctr -n other content ls -q; ctr -n other images ls -q')).toBe('');
  const before = node.machine.trace.nextSeq;
  await run(`ctr -n other images pull ${IMAGE} > /dev/null`);
  // What the other namespace has is not fetched again.
  const asked = node.machine.trace
    .since(before)
    .flatMap((e) => (e.kind === 'rpc.request' && e.protocol === 'http' ? [e.method] : []));
  expect(asked.filter((method) => method.includes('/blobs/'))).toEqual([]);
  expect(await run(`ctr images rm --sync ${IMAGE}`)).toBe(`${IMAGE}\n`);
  expect([
    await count('ctr content ls -q'),
    await count('ctr -n other content ls -q'),
    await count(`ls ${BLOBS}`),
  ]).toEqual([0, CONTENT, CONTENT]);
  const refusal =
    'namespace "other" must be empty, but it still has images, blobs, snapshots on "overlayfs" snapshotter: failed precondition';
  expect(await run('ctr namespaces rm other')).toContain(`ctr: unable to delete other: ${refusal}\n`);
  expect(
    await run(`ctr -n other images rm --sync ${IMAGE}; ctr namespaces rm other; ctr namespaces ls -q; ls ${BLOBS}`),
  ).toBe(`${IMAGE}\nother\ndefault\n`);
});

test('snapshots stand on their parents, and a parent stays while it has a child', async () => {
  await run(`ctr images pull ${IMAGE} > /dev/null`);
  const tree = (await run('ctr snapshots tree')).trimEnd().split('\n');
  expect(tree.map((line) => line.search(/sha256/))).toEqual([
    1,
    ...Array.from({ length: LAYERS - 1 }, (_, i) => 5 + 2 * i),
  ]);
  const key = tree[0]?.trim() ?? '';
  expect(await run(`ctr snapshots rm ${key}`)).toBe(
    `ctr: failed to remove "${key}": cannot remove snapshot with child: failed precondition\n`,
  );
  expect(JSON.parse(await run(`ctr snapshots info ${tree[1]?.replace(/.*_ /, '')}`))).toMatchObject({
    Kind: 'Committed',
    Parent: key,
  });
});

test('what a container stands on stays when its image goes; the blobs go', async () => {
  await run(`ctr images pull ${IMAGE} > /dev/null; ctr run -d ${IMAGE} c1; ctr images rm --sync ${IMAGE}`);
  expect([await count('ctr snapshots ls | tail -n +2'), await count('ctr content ls -q')]).toEqual([LAYERS + 1, 0]);
  expect(await run('ctr tasks exec --exec-id e c1 nginx -v')).toContain('nginx version');
  await run(
    'ctr tasks kill -s 9 c1; sleep 1; ctr tasks rm c1; ctr containers rm c1; ctr leases rm --sync $(ctr leases create)',
  );
  expect(
    await run('ctr snapshots ls | tail -n +2; ls /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots'),
  ).toBe('');
});

test('what nothing holds goes with the next lease; an expired lease is as none', async () => {
  await run(`ctr images pull ${IMAGE} > /dev/null`);
  await run('ctr leases create --id keep > /dev/null');
  // Nothing refers to it, and the lease was not told of it.
  await run('echo held | ctr content ingest --expected-digest sha256:$(echo held | sha256sum | cut -d" " -f1) one');
  const blob = (await run('ctr content ls | awk \'$2 == "5B" {print $1}\'')).trim();
  expect(blob).toMatch(/^sha256:/);
  await run('ctr leases rm --sync keep');
  expect(await run(`ctr content ls -q | grep -c ${blob}`)).toBe('0\n');
  await run('ctr leases create --id brief -x 2s > /dev/null; sleep 3; ctr leases rm --sync $(ctr leases create)');
  expect(await run('ctr leases ls -q')).toBe('');
  expect(await count('ctr content ls -q')).toBe(CONTENT);
});
