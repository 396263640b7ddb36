/**
 * `containerd config default` of a containerd that knows version 2 of its configuration.
 * @models containerd 1.4 cmd/containerd/command/config.go, vendor/github.com/containerd/cri/pkg/config/config.go
 * @fidelity partial: the tables of other plugins are left out
 */
import type { ContainerdRelease } from '../release.ts';
import { defaultConfig } from './defaults.ts';

const CRI = 'plugins."io.containerd.grpc.v1.cri"';

export function version2Text(release: ContainerdRelease): string {
  const { root, state, grpc } = defaultConfig(release);
  return `version = 2
root = "${root}"
state = "${state}"
plugin_dir = ""
disabled_plugins = []
required_plugins = []
oom_score = 0

[grpc]
  address = "${grpc.address}"
  tcp_address = ""
  tcp_tls_cert = ""
  tcp_tls_key = ""
  uid = 0
  gid = 0
  max_recv_message_size = ${grpc.max_recv_message_size}
  max_send_message_size = ${grpc.max_send_message_size}

[ttrpc]
  address = ""
  uid = 0
  gid = 0

[debug]
  address = ""
  uid = 0
  gid = 0
  level = ""

[metrics]
  address = ""
  grpc_histogram = false

[cgroup]
  path = ""

[plugins]
  [${CRI}]
    disable_tcp_service = true
    stream_server_address = "127.0.0.1"
    stream_server_port = "0"
    stream_idle_timeout = "4h0m0s"
    enable_selinux = false
    selinux_category_range = 1024
    sandbox_image = "${release.sandboxImage}"
    stats_collect_period = 10
    systemd_cgroup = false
    enable_tls_streaming = false
    max_container_log_line_size = 16384
    disable_cgroup = false
    disable_apparmor = false
    restrict_oom_score_adj = false
    max_concurrent_downloads = 3
    disable_proc_mount = false
    unset_seccomp_profile = ""
    tolerate_missing_hugetlb_controller = true
    disable_hugetlb_controller = true
    ignore_image_defined_volumes = false
    [${CRI}.containerd]
      snapshotter = "overlayfs"
      default_runtime_name = "runc"
      no_pivot = false
      disable_snapshot_annotations = true
      discard_unpacked_layers = false
      [${CRI}.containerd.default_runtime]
        runtime_type = ""
        runtime_engine = ""
        runtime_root = ""
        privileged_without_host_devices = false
        base_runtime_spec = ""
      [${CRI}.containerd.untrusted_workload_runtime]
        runtime_type = ""
        runtime_engine = ""
        runtime_root = ""
        privileged_without_host_devices = false
        base_runtime_spec = ""
      [${CRI}.containerd.runtimes]
        [${CRI}.containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"
          runtime_engine = ""
          runtime_root = ""
          privileged_without_host_devices = false
          base_runtime_spec = ""
    [${CRI}.cni]
      bin_dir = "/opt/cni/bin"
      conf_dir = "/etc/cni/net.d"
      max_conf_num = 1
      conf_template = ""
    [${CRI}.registry]
      [${CRI}.registry.mirrors]
        [${CRI}.registry.mirrors."docker.io"]
          endpoint = ["https://registry-1.docker.io"]
    [${CRI}.image_decryption]
      key_model = ""
    [${CRI}.x509_key_pair_streaming]
      tls_cert_file = ""
      tls_key_file = ""
`;
}
