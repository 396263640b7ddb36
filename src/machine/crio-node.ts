/** CRI-O with its neighbours as its package would install them: configuration, unit, CNI, the files of containers-common. */
import type { DiskImage } from './disk-image.ts';

/** Where the kubelet finds it. */
export const crioEndpoint = { unit: 'crio.service', socket: 'unix:///var/run/crio/crio.sock' };

const CONFIG = `[crio.image]
signature_policy = "/etc/crio/policy.json"

[crio.runtime]
default_runtime = "crun"

[crio.runtime.runtimes.crun]
runtime_path = "/usr/libexec/crio/crun"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmon"
container_min_memory = "500KiB"
allowed_annotations = [
    "io.containers.trace-syscall",
]

[crio.runtime.runtimes.runc]
runtime_path = "/usr/libexec/crio/runc"
runtime_root = "/run/runc"
monitor_path = "/usr/libexec/crio/conmon"
`;

/** As the installation guides of the two say. */
const KATA_CONFIG = `[crio.runtime.runtimes.kata]
runtime_path = "/usr/local/bin/containerd-shim-kata-v2"
runtime_type = "vm"
runtime_root = "/run/vc"
runtime_config_path = "/opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml"
privileged_without_host_devices = true
`;

const RUNSC_CONFIG = `[crio.runtime.runtimes.runsc]
runtime_path = "/usr/local/bin/runsc"
runtime_root = "/run/runsc"
monitor_path = "/usr/libexec/crio/conmon"
`;

const POLICY = '{"default":[{"type":"insecureAcceptAnything"}]}\n';

const REGISTRIES = `# Registries that a name without one is looked for in.
unqualified-search-registries = ["docker.io"]
short-name-mode = "enforcing"
`;

const SHORT_NAMES = `[aliases]
"alpine" = "docker.io/library/alpine"
"busybox" = "docker.io/library/busybox"
"debian" = "docker.io/library/debian"
`;

const UNIT = `[Unit]
Description=Container Runtime Interface for OCI (CRI-O)
Documentation=https://github.com/cri-o/cri-o
Wants=network-online.target networking.service
Before=kubelet.service
After=network-online.target networking.service

[Service]
Type=notify
EnvironmentFile=-/etc/default/crio
Environment=GOTRACEBACK=crash
ExecStart=/usr/bin/crio $CRIO_CONFIG_OPTIONS $CRIO_RUNTIME_OPTIONS $CRIO_STORAGE_OPTIONS $CRIO_NETWORK_OPTIONS $CRIO_METRICS_OPTIONS
ExecReload=/bin/kill -s HUP $MAINPID
TasksMax=infinity
LimitNOFILE=1048576
LimitNPROC=1048576
LimitCORE=infinity
OOMScoreAdjust=-999
TimeoutStartSec=0
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

const CNI_CONFLIST = `{
  "cniVersion": "1.0.0",
  "name": "crio",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "routes": [
          { "dst": "0.0.0.0/0" }
        ],
        "ranges": [
          [{ "subnet": "10.85.0.0/16" }]
        ]
      }
    }
  ]
}
`;

const CRICTL_YAML = `runtime-endpoint: ${crioEndpoint.socket}
image-endpoint: ${crioEndpoint.socket}
timeout: 10
debug: false
`;

export function crioNode(disk: DiskImage): void {
  disk.file('/etc/crio/crio.conf.d/10-crio.conf', CONFIG);
  disk.file('/etc/crio/crio.conf.d/50-kata.conf', KATA_CONFIG);
  disk.file('/etc/crio/crio.conf.d/60-runsc.conf', RUNSC_CONFIG);
  disk.file('/etc/crio/policy.json', POLICY);
  disk.directory('/etc/crio/policies');
  disk.file('/etc/containers/policy.json', POLICY);
  disk.file('/etc/containers/registries.conf', REGISTRIES);
  disk.file('/etc/containers/registries.conf.d/shortnames.conf', SHORT_NAMES);
  disk.file('/usr/lib/systemd/system/crio.service', UNIT);
  disk.link('/etc/systemd/system/multi-user.target.wants/crio.service', '/usr/lib/systemd/system/crio.service');
  disk.link('/etc/systemd/system/cri-o.service', '/usr/lib/systemd/system/crio.service');
  disk.link('/usr/bin/conmon', '/usr/libexec/crio/conmon');
  disk.file('/etc/cni/net.d/10-crio-bridge.conflist', CNI_CONFLIST);
  disk.file('/etc/crictl.yaml', CRICTL_YAML);
  disk.file(
    '/etc/sysctl.d/99-kubernetes-cri.conf',
    'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n',
  );
  disk.file('/usr/lib/cutaway/completions/crictl', 'from /usr/lib/cutaway/complete-crictl\n');
  disk.file('/usr/share/bash-completion/completions/kubectl', 'source <(kubectl completion bash)\n');
}
