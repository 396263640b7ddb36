/** containerd with its neighbours as a package would install them: configuration, unit, CNI. */
import type { DiskImage } from './disk-image.ts';

/** Where the kubelet finds it. */
export const containerdEndpoint = { unit: 'containerd.service', socket: 'unix:///run/containerd/containerd.sock' };

export type Handler = 'runc' | 'crun' | 'kata' | 'runsc';

export type ContainerdOptions = {
  systemdCgroup: boolean;
  sandboxImage: string;
  /** Which runtimes are configured; all by default. */
  handlers?: readonly Handler[];
  podSubnet?: string;
};

/** Config version 3; what is not set keeps containerd's defaults. */
function containerdConfig(options: ContainerdOptions): string {
  const { handlers = ['runc', 'crun', 'kata', 'runsc'] } = options;
  const runtime = (name: Handler, type: string, extra: string): string =>
    !handlers.includes(name)
      ? ''
      : `
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.${name}]
          runtime_type = '${type}'
${extra}`;
  return `version = 3
root = '/var/lib/containerd'
state = '/run/containerd'

[grpc]
  address = '/run/containerd/containerd.sock'

[plugins]
  [plugins.'io.containerd.cri.v1.images']
    snapshotter = 'overlayfs'
    [plugins.'io.containerd.cri.v1.images'.pinned_images]
      sandbox = '${options.sandboxImage}'
    [plugins.'io.containerd.cri.v1.images'.registry]
      config_path = '/etc/containerd/certs.d'

  [plugins.'io.containerd.cri.v1.runtime']
    [plugins.'io.containerd.cri.v1.runtime'.cni]
      bin_dirs = ['/opt/cni/bin']
      conf_dir = '/etc/cni/net.d'
    [plugins.'io.containerd.cri.v1.runtime'.containerd]
      default_runtime_name = 'runc'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes]
${runtime(
  'runc',
  'io.containerd.runc.v2',
  `          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
            SystemdCgroup = ${options.systemdCgroup}
`,
)}${runtime(
  'crun',
  'io.containerd.runc.v2',
  `          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.crun.options]
            BinaryName = '/usr/bin/crun'
            SystemdCgroup = ${options.systemdCgroup}
`,
)}${runtime(
  'kata',
  'io.containerd.kata.v2',
  `          privileged_without_host_devices = true
          pod_annotations = ['io.katacontainers.*']
          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.kata.options]
            ConfigPath = '/opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml'
`,
)}${runtime(
  'runsc',
  'io.containerd.runsc.v1',
  `          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc.options]
            TypeUrl = 'io.containerd.runsc.v1.options'
            ConfigPath = '/etc/containerd/runsc.toml'
`,
)}`;
}

const UNIT = `[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target dbus.service
Wants=networking.service

[Service]
ExecStart=/usr/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`;

export const CNI_CONFLIST_PATH = '/etc/cni/net.d/10-containerd-net.conflist';
/** The conflist of containerd's own install script. */
export const cniConflist = (subnet: string): string => `{
  "cniVersion": "1.0.0",
  "name": "containerd-net",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "ipMasq": true,
      "promiscMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [
          [{ "subnet": "${subnet}" }]
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

/** gVisor's shim reads it; what is below [runsc_config] becomes flags of runsc. */
const RUNSC_TOML = `log_path = "/var/log/runsc/%ID%/shim.log"
log_level = "info"
[runsc_config]
  platform = "systrap"
`;

const CRICTL_YAML = `runtime-endpoint: ${containerdEndpoint.socket}
image-endpoint: ${containerdEndpoint.socket}
timeout: 10
debug: false
`;

export function containerdNode(disk: DiskImage, options: ContainerdOptions): void {
  disk.file('/etc/containerd/config.toml', containerdConfig(options));
  disk.file('/etc/containerd/runsc.toml', RUNSC_TOML);
  disk.directory('/etc/containerd/certs.d');
  disk.file('/usr/lib/systemd/system/containerd.service', UNIT);
  disk.link(
    '/etc/systemd/system/multi-user.target.wants/containerd.service',
    '/usr/lib/systemd/system/containerd.service',
  );
  disk.file(CNI_CONFLIST_PATH, cniConflist(options.podSubnet ?? '10.88.0.0/16'));
  disk.file('/etc/crictl.yaml', CRICTL_YAML);
  disk.file(
    '/etc/sysctl.d/99-kubernetes-cri.conf',
    'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n',
  );
  disk.directory('/opt/containerd');
  disk.file('/usr/lib/cutaway/completions/crictl', 'from /usr/lib/cutaway/complete-crictl\n');
  disk.file('/usr/share/bash-completion/completions/kubectl', 'source <(kubectl completion bash)\n');
}
