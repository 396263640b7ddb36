/** A node whose kubelet speaks to CRI-O, as a learner sees it with kubectl. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

let node: BootedNode;

async function run(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

const runtimeClass = (handler: string): string =>
  `apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: ${handler}}\nhandler: ${handler}\n---\n`;
const pod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  runtimeClassName: ${name}\n  containers:\n` +
  `  - {name: c, image: busybox, command: [sh, -c, "uname -r; sleep 1000"]}\n---\n`;

beforeAll(async () => {
  node = await boot({ scenario: 'crio' });
  const yaml = ['kata', 'runsc', 'nosuch'].map((name) => runtimeClass(name) + pod(name)).join('');
  await run(`cat > classes.yaml <<'E'\n${yaml}E`);
  await run('kubectl apply -f classes.yaml; kubectl run web --image=nginx; sleep 10');
}, 60_000);

test('the node is ready and says what runs its containers', async () => {
  const info = "-o jsonpath='{.status.nodeInfo.containerRuntimeVersion}'";
  expect(await run(`kubectl get node node-1 ${info}`)).toBe('cri-o://1.36.3');
  expect(await run("kubectl get node node-1 --no-headers | tr -s ' ' | cut -d' ' -f2")).toBe('Ready\n');
});

test('a pod runs, prints, and takes commands', async () => {
  expect(await run('kubectl logs web')).toContain('start worker processes');
  expect(await run('kubectl exec web -- hostname')).toBe('web\n');
  expect(await run("kubectl get pod web -o jsonpath='{.status.containerStatuses[0].containerID}'")).toMatch(
    /^cri-o:\/\/[0-9a-f]{64}$/,
  );
  expect(await run('crictl ps --name web -q | wc -l; pidof pause')).toBe('1\n');
});

test('RuntimeClass kata: a kernel of its own, a shim and a hypervisor but no conmon', async () => {
  expect(await run('kubectl logs kata')).toMatch(/^6\.\d+\.\d+\n$/);
  expect(await run('kubectl logs kata')).not.toBe(await run('uname -r'));
  expect(await run("kubectl exec kata -- sh -c 'exit 4'")).toContain('command terminated with exit code 4');
  const id = (await run('crictl ps -q --name ^c$')).trim();
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(await run(`pgrep -f "conmon.*${id}"`)).toBe('');
  expect(await run('ps -eo comm | grep -cE "^(containerd-shim|qemu-system)"')).toBe('2\n');
  await run('systemctl restart crio; sleep 1');
  expect(await run('kubectl exec kata -- echo alive')).toBe('alive\n');
});

test('RuntimeClass runsc: no sandbox to run in, for there is no infra container', async () => {
  expect(await run('kubectl get pod runsc --no-headers')).toContain('CreateContainerError');
  expect(await run('kubectl describe pod runsc')).toContain(
    'Error: container create failed: creating container: file does not exist',
  );
});

test('an image as a volume: mounted once by storage, an overlay of it in each container, a part of it by its path', async () => {
  const volume = (name: string, mounts: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  terminationGracePeriodSeconds: 1\n  volumes: [{name: v, image: {reference: nginx}}]\n  containers: [{name: c, image: busybox, command: [sleep, "1000"], volumeMounts: [${mounts}]}]\n---\n`;
  const yaml =
    volume('whole', '{name: v, mountPath: /v}, {name: v, mountPath: /conf, subPath: etc/nginx}') +
    volume('missing', '{name: v, mountPath: /v, subPath: no/such}');
  await run(`cat > volumes.yaml <<'E'\n${yaml}E`);
  await run('kubectl apply -f volumes.yaml; kubectl wait --for=condition=Ready pod/whole --timeout=30s');
  expect(await run('kubectl exec whole -- sh -c "ls -d /v/usr/sbin/nginx /conf/nginx.conf; touch /v/x"')).toBe(
    '/conf/nginx.conf\n/v/usr/sbin/nginx\ntouch: /v/x: Read-only file system\ncommand terminated with exit code 1\n',
  );
  expect(
    await run('mount | grep -c "/merged type overlay (ro,nosuid,nodev,noexec"; ls -A /run/crio/image-volumes'),
  ).toBe('1\n');
  expect(await run('kubectl describe pod missing')).toContain(
    'ImageVolumeMountFailed: sub path "no/such" does not exist in image volume',
  );
  await run('kubectl delete pod whole missing web --grace-period=1; sleep 3; crictl rmi nginx');
  expect(
    await run('mount | grep -c "/merged type overlay (ro"; mount | grep -c subpath; kubectl run web --image=nginx'),
  ).toBe('0\n0\npod/web created\n');
});

test('a handler that is not configured', async () => {
  expect(await run('kubectl get pod nosuch --no-headers')).toContain('ContainerCreating');
  expect(await run('kubectl describe pod nosuch')).toMatch(
    /FailedCreatePodSandBox .* failed to find runtime handler nosuch from runtime list map\[crun:0x/,
  );
});

test('deleted pods leave nothing behind', async () => {
  await run('kubectl delete pod web kata runsc nosuch --grace-period=1; sleep 70');
  expect(
    await run(
      "crictl pods --namespace default -q; pgrep -f 'nginx|qemu|containerd-shim'; ls /run/kata-containers/shared/sandboxes",
    ),
  ).toBe('');
});

test('it is the same history again from the same seed', async () => {
  const history = async (): Promise<string> => {
    const { machine, run: type } = await boot({ scenario: 'crio', seed: 7 });
    await type('kubectl run web --image=nginx; sleep 5; kill -9 $(pidof crio); sleep 15; kubectl delete pod web');
    return machine.trace.digest();
  };
  expect(await history()).toBe(await history());
}, 60_000);

test('a registry that refuses is said to be unavailable', async () => {
  await run('kubectl run far --image=127.0.0.1:5999/foo:1; sleep 3');
  expect(await run("kubectl get pod far -o jsonpath='{.status.containerStatuses[0].state.waiting}'")).toMatch(
    /"message":"image pull failed for 127\.0\.0\.1:5999\/foo:1 because the registry is unavailable: .*connection refused","reason":"RegistryUnavailable"/,
  );
});

test('no events of containers unless CRI-O is asked to tell: a kubelet that listens looks for itself', async () => {
  await run("echo 'featureGates: {EventedPLEG: true}' >> /var/lib/kubelet/config.yaml");
  await run(
    `sed -i 's/KUBEADM_ARGS="/&--v=4 /' /var/lib/kubelet/kubeadm-flags.env; systemctl restart kubelet; sleep 8`,
  );
  expect(await run('journalctl -u kubelet | grep -oE "stream is closed|Fall back to Generic" | sort | uniq -c')).toBe(
    '      1 Fall back to Generic\n      5 stream is closed\n',
  );
  expect(await run("kubectl get node node-1 --no-headers | tr -s ' ' | cut -d' ' -f2")).toBe('Ready\n');
});

test('what a handler can do is what its program answers, asked again at a reload', async () => {
  const own = (name: string): string => `[crio.runtime.runtimes.${name}]\\nruntime_path = "/opt/${name}"\\n`;
  await run(`mkdir -p /opt; printf '${own('mute')}${own('vague')}' > /etc/crio/crio.conf.d/80-own.conf`);
  await run(`printf '#!/bin/sh\\necho own\\n[ "$1" = --version ]\\n' > /opt/mute`);
  await run(`printf '#!/bin/sh\\n[ "$1" = --version ] || echo {}\\n' > /opt/vague`);
  await run('chmod +x /opt/mute /opt/vague; systemctl reload crio; sleep 1');
  expect(await run("journalctl -u crio -o cat --no-pager | sed -n '/Updating runtime/,$s/.*level=error msg=//p'")).toBe(
    [
      '"Unable to load OCI features for runtime handler \\"kata\\": unable to unmarshal features structure: invalid character \'K\' looking for beginning of value"',
      '"Getting /opt/mute OCI runtime features failed: own\\n: exit status 1"',
      '"Unable to load OCI features for runtime handler \\"vague\\": runtime features structure is not valid"\n',
    ].join('\n'),
  );
  const [both, users] = ['{"recursive_read_only_mounts":true,"user_namespaces":true}', '{"user_namespaces":true}'];
  expect(await run("crictl info | jq -c '.runtimeHandlers[] | [.name, .features]'")).toBe(
    `["crun",${both}]\n[null,${both}]\n["kata",{}]\n["mute",{}]\n["runc",${both}]\n["runsc",${users}]\n["vague",{}]\n`,
  );
  const options = '{"security_context":{"namespace_options":{"pid":0}}}';
  await run(`echo '{"metadata":{"name":"r","namespace":"d","uid":"r"},"linux":${options}}' > r.json`);
  const mount = '{"host_path":"/srv","container_path":"/m","readonly":true,"recursive_read_only":true}';
  await run(`echo '{"metadata":{"name":"c"},"image":{"image":"busybox"},"mounts":[${mount}]}' > rc.json`);
  await run('P=$(crictl runp --runtime runsc r.json)');
  expect(await run('crictl create $P rc.json r.json')).toContain(
    'recursive read-only mount support is not available for hostPath \\"/srv\\"',
  );
  expect(await run('crictl rmp -f $P')).toContain('Removed sandbox');
});
