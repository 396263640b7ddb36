/** A node of Kubernetes 1.23 on Docker: what runs there, and docker's commands. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function outputs(): Promise<(line: string) => Promise<string>> {
  const node = await boot({ seed: 1, scenario: 'docker' });
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('the kubelet reaches Docker through its own dockershim', async () => {
  const out = await outputs();
  expect(await out("kubectl get nodes -o jsonpath='{.items[0].status.nodeInfo.containerRuntimeVersion}'")).toBe(
    'docker://20.10.5+dfsg1',
  );
  expect(await out('kubectl version')).toMatch(
    /^Client Version: version\.Info\{Major:"1", Minor:"23", GitVersion:"v1\.23\.17".*\nServer Version: .*"v1\.23\.17"/,
  );
  expect(await out('cat /var/lib/kubelet/kubeadm-flags.env')).toBe(
    'KUBELET_KUBEADM_ARGS="--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.6 --node-ip=192.168.1.10"\n',
  );
  // kubeadm's, to be changed by whoever changes the runtime; the ttl controller's; the kubelet's own.
  expect(await out("kubectl get nodes -o jsonpath='{.items[0].metadata.annotations}'")).toBe(
    '{"kubeadm.alpha.kubernetes.io/cri-socket":"/var/run/dockershim.sock","node.alpha.kubernetes.io/ttl":"0","volumes.kubernetes.io/controller-managed-attach-detach":"true"}',
  );
  expect(await out('kubeadm upgrade plan')).toBe(
    'kubeadm upgrade plan: not simulated: a list of later versions; there is this one only\n',
  );
  expect(await out('docker ps --format "{{.Names}}" | grep etcd | cut -d_ -f1-4 | sort')).toBe(
    'k8s_POD_etcd-node-1_kube-system\nk8s_etcd_etcd-node-1_kube-system\n',
  );
  expect(await out('crictl --version; crictl version')).toBe(
    'crictl version 1.23.0\nVersion:  0.1.0\nRuntimeName:  docker\nRuntimeVersion:  20.10.5+dfsg1\nRuntimeApiVersion:  1.41.0\n',
  );
  await out('kubectl run web --image=nginx:alpine; sleep 8');
  expect(
    await out("kubectl get pod web --no-headers | tr -s ' ' | cut -d' ' -f1-3; kubectl exec web -- hostname"),
  ).toBe('web 1/1 Running\nweb\n');
  expect(await out('kubectl logs web | head -1; readlink -f /var/log/pods/default_web_*/web/0.log | cut -c1-27')).toBe(
    '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n/var/lib/docker/containers/\n',
  );
  expect(await out('head -c 8 /var/log/pods/default_web_*/web/0.log; echo; ctr namespaces ls -q')).toBe(
    '{"log":"\nmoby\n',
  );
  expect(
    await out("kubectl get events --field-selector involvedObject.name=web -o jsonpath='{.items[*].message}'"),
  ).toMatch(/Created container web Started container web\b/);
});

test('docker runs, shows, stops and removes containers', async () => {
  const out = await outputs();
  await out('docker run -d -p 8080:80 --name web -e A=1 -v /srv:/data nginx:alpine; sleep 1');
  expect(
    await out(
      'curl -s -o /dev/null -w "%{http_code}\\n" localhost:8080; docker exec web sh -c "echo \\$A; ls -d /data; exit 3"; echo $?',
    ),
  ).toBe('200\n1\n/data\n3\n');
  expect(await out('docker ps -f name=web | cut -c16-')).toMatch(
    /^IMAGE {10}COMMAND {18}CREATED {8} +STATUS {8} *PORTS {18}NAMES\nnginx:alpine {3}"\/docker-entrypoint\.…" {3}\d seconds? ago {3}Up \d seconds? {3}0\.0\.0\.0:8080->80\/tcp {3}web\n$/,
  );
  expect(
    await out("docker inspect -f '{{.State.Status}} {{.NetworkSettings.IPAddress}} {{.HostConfig.NetworkMode}}' web"),
  ).toBe('running 172.17.0.2 default\n');
  expect(await out('docker rm web')).toMatch(
    /^Error response from daemon: You cannot remove a running container [0-9a-f]{64}\. Stop/,
  );
  expect(await out('docker stop web; docker ps -a --format "{{.Names}} {{.Status}}" -f name=web; docker rm web')).toBe(
    'web\nweb Exited (0) Less than a second ago\nweb\n',
  );
  await out('docker pull -q busybox');
  expect(await out('docker run --rm busybox sh -c "echo out; echo err >&2; exit 4"; echo $?')).toBe('out\n4\nerr\n');
  expect(await out('docker run --rm busybox nosuch; echo $?')).toMatch(
    /^127\ndocker: Error response from daemon: OCI runtime create failed: .*exec: "nosuch": executable file not found in \$PATH: unknown\.\nSee 'docker run --help'\.\n$/,
  );
  expect(await out('docker rmi busybox')).toMatch(
    /^Untagged: busybox:latest\nUntagged: busybox@sha256:[0-9a-f]{64}\nDeleted: sha256:[0-9a-f]{64}\nDeleted: sha256:[0-9a-f]{64}\n$/,
  );
});

test('apt knows that containerd came with docker.io', async () => {
  const out = await outputs();
  expect(await out('apt-get install containerd')).toBe(`Reading package lists...
Building dependency tree...
Reading state information...
containerd is already the newest version (1.4.13~ds1-1~deb11u4).
containerd set to manually installed.
0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.
`);
  expect(await out('dpkg -S $(command -v dockerd) /usr/bin/runc; dpkg -L runc | tail -1; dpkg -L nosuch')).toBe(
    `docker.io: /usr/sbin/dockerd
runc: /usr/bin/runc
/usr/bin/runc
dpkg-query: package 'nosuch' is not installed
Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.
`,
  );
});

test('a stopped Docker is woken by its socket', async () => {
  const out = await outputs();
  expect(await out('systemctl stop docker; systemctl is-active docker docker.socket')).toBe(
    "inactive\nactive\nStopping 'docker.service', but its triggering units are still active:\ndocker.socket\n",
  );
  expect(await out('docker version --format "{{.Server.Version}}"; systemctl is-active docker')).toBe(
    '20.10.5+dfsg1\nactive\n',
  );
  expect(await out('systemctl stop docker.socket docker; docker ps')).toBe(
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
  );
});
