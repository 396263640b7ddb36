/** The annotation for a user namespace, where the handler allows it. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../../testing/boot.ts';

const HANDLER = `[crio.runtime.runtimes.mapped]
runtime_path = "/usr/libexec/crio/crun"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmon"
allowed_annotations = ["io.kubernetes.cri-o.userns-mode", "userns-mode.crio.io"]
`;
const CONTAINER = JSON.stringify({
  metadata: { name: 'c' },
  image: { image: 'busybox' },
  command: ['sleep', '1000'],
  linux: { security_context: { namespace_options: { pid: 1 } } },
});

let node: BootedNode;

async function run(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

let pods = 0;
/** Runs a pod with the annotation; what `inside` prints in a container of it, or why there is none. */
async function podWith(mode: string, security: object, inside: string, key = 'userns-mode.crio.io'): Promise<string> {
  const name = `p${++pods}`;
  const config = JSON.stringify({
    metadata: { name, namespace: 'default', uid: name },
    annotations: { [key]: mode },
    linux: { security_context: security },
  });
  await run(`echo '${config}' > ${name}.json; P=`);
  const said = await run(`P=$(crictl runp --runtime mapped ${name}.json)`);
  if ((await run('echo $P')) === '\n') return said;
  await run(`C=$(crictl create $P c.json ${name}.json) 2>/dev/null; crictl start $C`);
  return run(`crictl exec $C sh -c '${inside}'`);
}

beforeAll(async () => {
  node = await boot({ scenario: 'crio' });
  await run('systemctl stop kubelet; crictl pull busybox');
  await run(`cat > /etc/crio/crio.conf.d/70-mapped.conf <<'E'\n${HANDLER}E`);
  await run(`echo '${CONTAINER}' > c.json; systemctl restart crio`);
}, 60_000);

test('auto without a range for the user containers', async () => {
  expect(await podWith('auto', {}, 'true')).toMatch(
    /creating pod sandbox with name \\?"k8s_p1_default_p1_0\\?": not enough unused IDs in user namespace/,
  );
  expect(await run('journalctl -u crio -o cat')).toContain('no subuid ranges found for user \\"containers\\"');
});

test('auto: the next numbers that nobody has', async () => {
  await run('echo containers:200000:70000 | tee /etc/subuid > /etc/subgid');
  const key = 'io.kubernetes.cri-o.userns-mode';
  expect(await podWith('auto:size=1000', {}, 'id -u; cat /proc/self/uid_map', key)).toMatch(/^0\n +0 +200000 +1000\n$/);
  expect(await podWith('auto', {}, 'cat /proc/self/gid_map')).toMatch(/^ +0 +201000 +65536\n$/);
  expect(await podWith('auto', {}, 'true')).toContain('not enough unused IDs');
});

test('auto with the user of the request kept as it is', async () => {
  expect(await podWith('auto:size=100;keep-id=true', { run_as_user: { value: 7 } }, 'cat /proc/self/uid_map')).toMatch(
    /^ +0 +\d+ +7\n +8 +\d+ +92\n +7 +7 +1\n$/,
  );
});

test('private: maps of its own, and a number for whoever the request names', async () => {
  const mode = 'private:uidmapping=0:5000:100;gidmapping=0:6000:100';
  expect(await podWith(mode, { run_as_user: { value: 0 } }, 'cat /proc/self/uid_map /proc/self/gid_map')).toMatch(
    /^ +0 +5000 +100\n +100 +0 +1\n +0 +6000 +100\n$/,
  );
  // Users of the image are the node's: its root has number 100 here.
  expect(await run('crictl exec $C id -u')).toBe('100\n');
});

test('what is wrong with a mode', async () => {
  const wrong: [string, object, string][] = [
    ['none', {}, 'invalid userns mode: \\"none\\"'],
    ['auto:size', {}, 'invalid argument: \\"size\\"'],
    ['auto:keep-id=true;map-to-root=true', {}, 'cannot use both keep-id and map-to-root'],
    ['private', {}, 'userns requested but no userns mappings configured'],
    ['private:uidmapping=0:1:2', {}, 'cannot use uidmapping or gidmapping if RunAsUser is not set'],
    ['private:uidmapping=0:1', { run_as_user: { value: 0 } }, 'UID setting is malformed'],
    ['private:uidmapping=0:1:2', { run_as_user: { value: 5 } }, 'minimum mappable ID is not set'],
  ];
  for (const [mode, security, words] of wrong) expect(await podWith(mode, security, 'true')).toContain(words);
});

test('where the handler does not allow it, it is not even kept', async () => {
  await run('P=$(crictl runp p4.json)');
  expect(await run('crictl inspectp $P | jq -c .status.annotations')).toBe('{}\n');
});
