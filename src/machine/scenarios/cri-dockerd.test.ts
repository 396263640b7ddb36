/** Docker stays the runtime: cri-dockerd takes the place of dockershim. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const URL =
  'https://github.com/Mirantis/cri-dockerd/releases/download/v0.3.4/cri-dockerd_0.3.4.3-0.debian-bullseye_amd64.deb';
const SOCKET = 'unix:///run/cri-dockerd.sock';

async function dockerNode(): Promise<(line: string) => Promise<string>> {
  const node = await boot({ seed: 1, scenario: 'docker' });
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('cri-dockerd comes as a package from where it is released, and serves the CRI in front of Docker', async () => {
  const out = await dockerNode();
  await out('systemctl stop kubelet');
  expect(await out(`curl -sO ${URL}; stat -c %s *.deb; curl -sLO ${URL}; dpkg -i *.deb 2>&1 | tail -1`)).toMatch(
    /^0\nSetting up cri-dockerd \(0\.3\.4~3-0~debian-bullseye\) \.\.\.\n|Created symlink/,
  );
  expect(
    await out(
      'systemctl is-active cri-docker.service cri-docker.socket; journalctl -u cri-docker -o cat --no-pager | sed "s/^time=[^ ]* //"',
    ),
  ).toBe(`active
active
Starting cri-docker.service - CRI Interface for Docker Application Container Engine...
level=info msg="Starting cri-dockerd 0.3.4 (e88b1605)"
level=info msg="Connecting to docker on the Endpoint unix:///var/run/docker.sock"
level=info msg="Start docker client with request timeout 0s"
level=info msg="Hairpin mode is set to none"
level=info msg="Docker cri networking managed by network plugin cni"
level=info msg="Setting cgroupDriver systemd"
level=info msg="Docker cri received runtime config &RuntimeConfig{NetworkConfig:&NetworkConfig{PodCidr:,},}"
level=info msg="Starting the GRPC backend for the Docker CRI interface."
level=info msg="Start cri-dockerd grpc backend"
Started cri-docker.service - CRI Interface for Docker Application Container Engine.
`);
  await out(`crictl config --set runtime-endpoint=${SOCKET} --set image-endpoint=${SOCKET}`);
  expect(await out('crictl version')).toBe(
    'Version:  0.1.0\nRuntimeName:  docker\nRuntimeVersion:  20.10.5+dfsg1\nRuntimeApiVersion:  v1\n',
  );
  await out(
    `echo '{"metadata":{"name":"a","namespace":"d","uid":"u"},"log_directory":"/tmp/l","linux":{"cgroup_parent":"a.slice"}}' > p.json`,
  );
  await out(
    `echo '{"metadata":{"name":"c"},"image":{"image":"nginx:alpine"},"log_path":"c.log","linux":{}}' > c.json; crictl pull nginx:alpine`,
  );
  await out('P=$(crictl runp p.json); C=$(crictl create $P c.json p.json); crictl start $C; sleep 1');
  expect(await out('crictl exec $C sh -c "echo streamed; exit 3"; crictl exec -s $C echo waited')).toMatch(
    /^streamed\nwaited\n\n\ntime=.* msg="execing command in container [0-9a-f]+: command terminated with exit code 3"\n$/,
  );
  expect(await out('crictl port-forward $P 8088:80 & sleep 1; curl -s localhost:8088 | head -1; kill %1')).toContain(
    'Handling connection for 8088\n<!DOCTYPE html>\n',
  );
  expect(
    await out(
      'crictl logs $C 2>/dev/null | cut -c1-9 | tail -1; head -c 8 /tmp/l/c.log; ls /var/lib/cri-dockerd/sandbox | wc -l',
    ),
  ).toContain('127.0.0.1\n{"log":"1\n');
  await out('systemctl stop docker.socket docker');
  const down =
    'failed to get docker version: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
  expect(await out('crictl version 2>&1 | sed "s/.*desc = //"')).toBe(`${down}"\n`);
  expect(
    await out('systemctl restart cri-docker; journalctl -u cri-docker -o cat --no-pager | grep fatal | head -1'),
  ).toMatch(`level=fatal msg="${down}"\nJob for cri-docker.service failed`);
  expect(
    await out('cri-dockerd --container-runtime-endpoint fd:// --nosuch 2>&1 | tail -1; cri-dockerd --version'),
  ).toMatch(/level=fatal msg="unknown flag: --nosuch"\ncri-dockerd 0\.3\.4 \(e88b1605\)\n$/);
});

const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
const INSTALL = `curl -sLO ${URL}; dpkg -i *.deb`;
const OFFER = `echo 'deb [trusted=yes] https://pkgs.k8s.io/core:/stable:/v1.24/deb/ /' > /etc/apt/sources.list.d/kubernetes.list`;
const NODE =
  "kubectl get nodes -o jsonpath='{range .items[0].status.nodeInfo}{.kubeletVersion} {.containerRuntimeVersion}{end} ' && kubectl get nodes --no-headers | cut -c10-14";

test('in the right order Kubernetes 1.24 takes over from 1.23 and the containers run on', async () => {
  const out = await dockerNode();
  await out('kubectl create deployment web --image=nginx:alpine --replicas=2; sleep 12');
  const pids = await out('pgrep nginx');
  await out(INSTALL);
  await out(
    `sed -i 's#--network-plugin=cni --pod-infra-container-image=[^ ]*#--container-runtime=remote --container-runtime-endpoint=${SOCKET}#' ${FLAGS}; systemctl restart kubelet; sleep 20`,
  );
  expect(await out(NODE)).toBe('v1.23.17 docker://20.10.5+dfsg1 Ready\n');
  await out(`${OFFER}; apt-get update`);
  expect(await out('apt-get install -y kubelet=1.24.17-1.1 | head -8')).toBe(`Reading package lists...
Building dependency tree...
Reading state information...
The following held packages will be changed:
  kubelet
The following packages will be upgraded:
  kubelet
1 upgraded, 0 newly installed, 0 to remove and 2 not upgraded.
E: Held packages were changed and -y was used without --allow-change-held-packages.
`);
  expect(
    await out(
      'apt-mark unhold kubelet >/dev/null; apt-get install -y kubelet=1.24.17-1.1 | grep -e ^Get -e ^Unpacking; systemctl restart kubelet; sleep 20',
    ),
  ).toBe(
    'Get:1 https://pkgs.k8s.io/core:/stable:/v1.24/deb  kubelet 1.24.17-1.1 [122 MB]\nUnpacking kubelet (1.24.17-1.1) over (1.23.17-00) ...\n',
  );
  expect(await out(NODE)).toBe('v1.24.17 docker://20.10.5+dfsg1 Ready\n');
  expect(await out('pgrep nginx')).toBe(pids);
  await out(
    "sed -i 's#k8s.gcr.io/\\(kube-.*\\):v1.23.17#registry.k8s.io/\\1:v1.24.17#' /etc/kubernetes/manifests/kube-*.yaml; sleep 60",
  );
  expect(
    await out(
      "kubectl get --raw /version | grep gitVersion; kubectl get pods -A --no-headers | tr -s ' ' | cut -d' ' -f3-5 | sort | uniq -c",
    ),
  ).toBe('  "gitVersion": "v1.24.17",\n      6 1/1 Running 0\n');
});

test('Kubernetes 1.24 that comes first stands still until cri-dockerd has followed', async () => {
  const out = await dockerNode();
  await out(`${OFFER}; apt-get update; apt-mark unhold kubelet; apt-get install -y kubelet; systemctl restart kubelet`);
  expect(await out('sleep 3; systemctl is-active kubelet; journalctl -u kubelet -o cat --no-pager | grep Error')).toBe(
    'activating\nError: failed to parse kubelet flag: unknown flag: --network-plugin\n',
  );
  await out(`sed -i 's#--network-plugin=cni##' ${FLAGS}; systemctl restart kubelet; sleep 3`);
  expect(
    await out("journalctl -u kubelet -o cat --no-pager | grep -o 'command failed.*' | tail -1; pgrep -c etcd"),
  ).toBe(
    'command failed" err="failed to run Kubelet: failed to create kubelet: get remote runtime typed version failed: rpc error: code = Unimplemented desc = unknown service runtime.v1alpha2.RuntimeService"\n1\n',
  );
  await out(
    `${INSTALL}; sed -i 's#ARGS="#&--container-runtime-endpoint=${SOCKET} #' ${FLAGS}; systemctl restart kubelet; sleep 20`,
  );
  expect(await out(NODE)).toBe('v1.24.17 docker://20.10.5+dfsg1 Ready\n');
});
