/**
 * Debian 11's docker.io with its containerd, as their packages install them, and the plugins that the kubelet's
 * network plugin runs.
 * @models docker.io 20.10.5+dfsg1-1+deb11u2, containerd 1.4.13~ds1-1~deb11u4
 * @fidelity partial: containerd's CRI plugin is switched off, as Docker's own packages of containerd have it
 */
import type { DiskImage } from './disk-image.ts';

/** Where the kubelet finds it: it is the kubelet itself that listens there. */
export const dockerEndpoint = { unit: 'docker.service', socket: 'unix:///var/run/dockershim.sock' };

export const CONTAINERD_CONFIG = `disabled_plugins = ["cri"]

#root = "/var/lib/containerd"
#state = "/run/containerd"

#[grpc]
#  address = "/run/containerd/containerd.sock"
#  uid = 0
#  gid = 0
`;

export const CONTAINERD_UNIT = `[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target networking.service
Wants=networking.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
LimitNOFILE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`;

export const DOCKER_UNIT = `[Unit]
Description=Docker Application Container Engine
Documentation=https://docs.docker.com
After=network-online.target docker.socket containerd.service
Wants=network-online.target containerd.service
Requires=docker.socket

[Service]
Type=notify
EnvironmentFile=-/etc/default/docker
ExecStart=/usr/sbin/dockerd -H fd:// $DOCKER_OPTS
ExecReload=/bin/kill -s HUP $MAINPID
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TimeoutStartSec=0
Delegate=yes
KillMode=process
Restart=on-failure
StartLimitBurst=3
StartLimitInterval=60s
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`;

export const DOCKER_SOCKET_UNIT = `[Unit]
Description=Docker Socket for the API

[Socket]
ListenStream=/run/docker.sock
SocketMode=0660
SocketUser=root
SocketGroup=docker

[Install]
WantedBy=sockets.target
`;

export const DOCKER_DEFAULTS = '# Options for dockerd.\n#DOCKER_OPTS="--dns 8.8.8.8"\n';

const CNI_CONFLIST = `{
  "cniVersion": "0.4.0",
  "name": "podnet",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [
          [{ "subnet": "10.88.0.0/16" }]
        ],
        "routes": [
          { "dst": "0.0.0.0/0" }
        ]
      }
    },
    {
      "type": "portmap",
      "capabilities": {"portMappings": true}
    }
  ]
}
`;

const CRICTL_YAML = `runtime-endpoint: ${dockerEndpoint.socket}
image-endpoint: ${dockerEndpoint.socket}
timeout: 10
debug: false
`;

export function dockerNode(disk: DiskImage): void {
  const unit = (name: string, text: string, target: string): void => {
    disk.file(`/usr/lib/systemd/system/${name}`, text);
    disk.link(`/etc/systemd/system/${target}.wants/${name}`, `/usr/lib/systemd/system/${name}`);
  };
  disk.file('/etc/containerd/config.toml', CONTAINERD_CONFIG);
  unit('containerd.service', CONTAINERD_UNIT, 'multi-user.target');
  unit('docker.service', DOCKER_UNIT, 'multi-user.target');
  unit('docker.socket', DOCKER_SOCKET_UNIT, 'sockets.target');
  disk.file(
    '/usr/lib/systemd/system/sockets.target',
    '[Unit]\nDescription=Socket Units\nDocumentation=man:systemd.special(7)\n',
  );
  disk.link('/usr/lib/systemd/system/basic.target.wants/sockets.target', '../sockets.target');
  disk.file('/etc/default/docker', DOCKER_DEFAULTS);
  disk.directory('/etc/docker', 0o755);
  disk.file('/etc/cni/net.d/10-podnet.conflist', CNI_CONFLIST);
  disk.file('/etc/crictl.yaml', CRICTL_YAML);
  disk.file(
    '/etc/sysctl.d/99-kubernetes-cri.conf',
    'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n',
  );
  disk.file('/usr/lib/cutaway/completions/crictl', 'from /usr/lib/cutaway/complete-crictl\n');
  disk.file('/usr/share/bash-completion/completions/kubectl', 'source <(kubectl completion bash)\n');
}
