/** What a migration to containerd trips over, as far as a node on containerd can show it. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function outputs(): Promise<(line: string) => Promise<string>> {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('with the CRI plugin disabled the kubelet ends for want of a service, and comes up once it is back', async () => {
  const out = await outputs();
  const disabled = `'disabled_plugins = ["cri"]'`;
  await out(`cd /etc/containerd; cp config.toml /root; echo ${disabled} > config.toml; systemctl restart containerd`);
  await out('systemctl restart kubelet; sleep 5');
  expect(await out('systemctl is-active containerd kubelet')).toBe('active\nactivating\n');
  expect(await out("journalctl -u kubelet -o cat --no-pager | grep -o 'failed to run Kubelet.*' | tail -1")).toBe(
    'failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"\n',
  );
  await out('cp /root/config.toml /etc/containerd; systemctl restart containerd; sleep 30');
  expect(await out('systemctl is-active containerd kubelet; kubectl get nodes --no-headers | cut -c1-14')).toBe(
    'active\nactive\nnode-1   Ready\n',
  );
});

test('a flag on a line of its own in kubeadm-flags.env reaches nobody', async () => {
  const out = await outputs();
  const flag = '--container-runtime-endpoint=unix:///run/nobody.sock';
  const file = '/var/lib/kubelet/kubeadm-flags.env';
  await out(`echo '${flag}' >> ${file}; systemctl restart kubelet; sleep 5`);
  expect(await out('journalctl -u kubelet -o cat --no-pager | grep Ignoring')).toBe(
    `kubelet.service: Ignoring invalid environment assignment '${flag}': ${file}\n`,
  );
  expect(await out("systemctl is-active kubelet; tr '\\0' ' ' < /proc/$(pidof kubelet)/cmdline | grep -c nobody")).toBe(
    'active\n0\n',
  );
  await out(`echo 'KUBELET_KUBEADM_ARGS="${flag}"' > ${file}; systemctl restart kubelet; sleep 5`);
  expect(
    await out('systemctl is-active kubelet; journalctl -u kubelet -o cat --no-pager | grep -c nobody.sock'),
  ).toMatch(/^activating\n[1-9]\d*\n$/);
});

test('containerd takes the configuration that its command line names', async () => {
  const out = await outputs();
  await out(`printf 'version = 2\\ndisabled_plugins = ["cri"]\\n' > c.toml`);
  expect(await out('containerd --config c.toml')).toBe(
    'containerd: invalid disabled plugin URI "cri" expect io.containerd.x.vx\n',
  );
});

const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
const ENDPOINT = '--container-runtime-endpoint=unix:///run/containerd/containerd.sock';
const RUNTIME = "kubectl get nodes -o jsonpath='{.items[0].status.nodeInfo.containerRuntimeVersion}'";
const LAST_WORDS = "journalctl -u kubelet -o cat --no-pager | grep -o 'Failed to run kubelet.*' | tail -1";

async function dockerNode(): Promise<(line: string) => Promise<string>> {
  const node = await boot({ seed: 1, scenario: 'docker' });
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test("the article's steps as they are written leave the node on Docker", async () => {
  const out = await dockerNode();
  await out(`echo '${ENDPOINT}' >> ${FLAGS}; systemctl restart kubelet; sleep 8`);
  expect(await out('journalctl -u kubelet -o cat --no-pager | grep Ignoring')).toBe(
    `kubelet.service: Ignoring invalid environment assignment '${ENDPOINT}': ${FLAGS}\n`,
  );
  expect(await out(RUNTIME)).toBe('docker://20.10.5+dfsg1');
});

test('without --container-runtime=remote it is the kubelet that takes the socket of containerd', async () => {
  const out = await dockerNode();
  await out(
    `echo 'KUBELET_KUBEADM_ARGS="${ENDPOINT} --network-plugin=cni"' > ${FLAGS}; systemctl restart kubelet; sleep 8`,
  );
  expect(await out(RUNTIME)).toBe('docker://20.10.5+dfsg1');
  expect(await out('crictl -r unix:///run/containerd/containerd.sock version | grep RuntimeName')).toBe(
    'RuntimeName:  docker\n',
  );
  expect(await out('ctr version | grep -c Server')).toMatch(
    /unknown service containerd\.services\.version\.v1\.Version\n$/,
  );
});

test('with the CRI plugin disabled there is no runtime service, of either version', async () => {
  const out = await dockerNode();
  await out(
    `echo 'KUBELET_KUBEADM_ARGS="--container-runtime=remote ${ENDPOINT}"' > ${FLAGS}; systemctl restart kubelet; sleep 3`,
  );
  expect(await out(LAST_WORDS)).toBe(
    'Failed to run kubelet" err="failed to run Kubelet: failed to create kubelet: get remote runtime typed version failed: rpc error: code = Unimplemented desc = unknown service runtime.v1alpha2.RuntimeService"\n',
  );
  expect(await out('systemctl is-active kubelet')).toBe('activating\n');
});

test('with Docker stopped the 1.23 kubelet that is not told otherwise does not come up', async () => {
  const out = await dockerNode();
  await out('systemctl stop docker.socket docker; systemctl restart kubelet; sleep 3');
  expect(await out(LAST_WORDS)).toBe(
    'Failed to run kubelet" err="failed to run Kubelet: failed to get docker version: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"\n',
  );
});

test('with the containers of Docker still there, those of containerd find their ports taken', async () => {
  const out = await dockerNode();
  await out('containerd config default > /etc/containerd/config.toml; systemctl restart containerd');
  await out(
    `echo 'KUBELET_KUBEADM_ARGS="--container-runtime=remote ${ENDPOINT}"' > ${FLAGS}; systemctl restart kubelet; sleep 40`,
  );
  expect(
    await out(
      'docker ps --format "{{.Names}}" | grep -c ^k8s_etcd_; S=unix:///run/containerd/containerd.sock; crictl -r $S -i $S ps -a -o json | grep -c CONTAINER_EXITED',
    ),
  ).toMatch(/^1\n[1-9]\d*\n$/);
});

test('in the right order the node moves from Docker to containerd, with its pods', async () => {
  const out = await dockerNode();
  await out('kubectl create deployment web --image=nginx:alpine --replicas=2; sleep 12');
  expect(await out('kubectl drain node-1 --ignore-daemonsets | tail -1')).toBe('node/node-1 drained\n');
  await out('systemctl stop kubelet; systemctl disable --now docker.socket docker');
  expect(await out('pgrep -c etcd; docker ps')).toBe(
    '0\nCannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
  );
  await out('containerd config default > /etc/containerd/config.toml');
  const options = '[plugins.\\"io.containerd.grpc.v1.cri\\".containerd.runtimes.runc.options]';
  await out(
    `sed -i "/runtimes.runc\\]/i\\        ${options}\\n          SystemdCgroup = true" /etc/containerd/config.toml`,
  );
  await out('systemctl restart containerd');
  await out(`echo 'KUBELET_KUBEADM_ARGS="--container-runtime=remote ${ENDPOINT} --node-ip=192.168.1.10"' > ${FLAGS}`);
  await out(
    'crictl config --set runtime-endpoint=unix:///run/containerd/containerd.sock --set image-endpoint=unix:///run/containerd/containerd.sock',
  );
  await out('systemctl start kubelet; sleep 40');
  expect(await out('kubectl get nodes --no-headers | cut -c1-33')).toBe('node-1   Ready,SchedulingDisabled\n');
  expect(await out(RUNTIME)).toBe('containerd://1.4.13');
  await out('kubectl uncordon node-1; sleep 20');
  expect(await out('kubectl get deployment web --no-headers | cut -c1-11; crictl version | grep Runtime')).toBe(
    'web   2/2  \nRuntimeName:  containerd\nRuntimeVersion:  1.4.13~ds1\nRuntimeApiVersion:  v1alpha2\n',
  );
  expect(await out('cat /proc/$(pidof nginx | cut -d" " -f1)/cgroup | grep -o "/cri-containerd-.\\{4\\}"')).toMatch(
    /^\/cri-containerd-[0-9a-f]{4}\n$/,
  );
  expect(
    await out(
      'kubectl logs deployment/web | head -1 | cut -c1-24; head -c 4 /var/log/pods/default_web*/nginx/0.log | head -2 | tail -1',
    ),
  ).toMatch(/^\/docker-entrypoint\.sh: \/\n/);
});
