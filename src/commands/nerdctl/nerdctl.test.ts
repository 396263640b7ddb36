/** nerdctl beside the CRI plugin: what the kubelet's side has made is seen under k8s.io. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const POD = JSON.stringify({
  metadata: { name: 'web', namespace: 'shop', uid: 'u1' },
  labels: { 'io.kubernetes.pod.namespace': 'shop', 'io.kubernetes.pod.name': 'web' },
  linux: { security_context: { namespace_options: { network: 2 } } },
});
const CONTAINER = JSON.stringify({
  metadata: { name: 'app' },
  image: { image: 'busybox' },
  command: ['sleep', '1000', '2000', '3000', '4000'],
  labels: {
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.name': 'web',
    'io.kubernetes.container.name': 'app',
  },
});

test('ps and images of k8s.io', async () => {
  const node = await boot({ seed: 1 });
  const shown = async (command: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await node.run(command);
    const text = `${stdout}${stderr}`.replace(/time="[^"]*"/g, 'time="T"').replace(/^[0-9a-f]{12}(?= {4})/gm, 'ID');
    return `${text}[${exitCode}]`.replace(/ (Less than a second|\S+ seconds?) ago +/g, ' AGO  ').replace(/ +$/gm, '');
  };
  await node.run('crictl pull busybox');
  await node.run(`echo '${POD}' > pod.json; echo '${CONTAINER}' > ctr.json; crictl run --no-pull ctr.json pod.json`);

  const head = 'CONTAINER ID    IMAGE                               COMMAND                   CREATED';
  expect(
    (await shown('nerdctl -n k8s.io ps')).replace(/^.*NAMES$/m, (line) => line.slice(0, head.length)),
  ).toBe(`${head}
ID    docker.io/library/busybox:latest    "sleep 1000 2000 300…"    AGO  Up                 k8s://shop/web/app
ID    registry.k8s.io/pause:3.10          "/pause"                  AGO  Up                 k8s://shop/web
[0]`);
  expect(await shown('nerdctl ps -q')).toBe('[0]');

  const columns =
    'REPOSITORY               TAG       IMAGE ID        CREATED                   PLATFORM       SIZE       BLOB SIZE';
  expect(await shown('nerdctl -n k8s.io images')).toBe(`${columns}
registry.k8s.io/pause    <none>    39e9c112837c    AGO  linux/amd64    741.4kB    319.9kB
<none>                   <none>    39e9c112837c    AGO  linux/amd64    741.4kB    319.9kB
registry.k8s.io/pause    3.10      39e9c112837c    AGO  linux/amd64    741.4kB    319.9kB
busybox                  <none>    a7f1937eee4d    AGO  linux/amd64    4.551MB    2.284MB
<none>                   <none>    a7f1937eee4d    AGO  linux/amd64    4.551MB    2.284MB
busybox                  latest    a7f1937eee4d    AGO  linux/amd64    4.551MB    2.284MB
[0]`);
  expect(await shown('nerdctl -n k8s.io --kube-hide-dupe images')).toBe(`${columns}
registry.k8s.io/pause    3.10      39e9c112837c    AGO  linux/amd64    741.4kB    319.9kB
busybox                  latest    a7f1937eee4d    AGO  linux/amd64    4.551MB    2.284MB
[0]`);

  // The CRI plugin deletes the task of what has ended: to nerdctl the container looks as if it never ran.
  await node.run('crictl stop $(crictl ps -q)');
  expect(await shown('nerdctl -n k8s.io ps -a -l')).toContain('Created             k8s://shop/web/app');

  expect(await shown('nerdctl -a /run/nothing.sock ps')).toBe(
    'time="T" level=fatal msg="cannot access containerd socket \\"/run/nothing.sock\\": no such file or directory"\n[1]',
  );
  expect(await shown('nerdctl -n k8s.io ipfs registry')).toBe('nerdctl: not simulated: ipfs\n[1]');
}, 60_000);
