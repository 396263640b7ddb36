/**
 * What `containerd config default` prints. Keys are those of the TOML file.
 * @models containerd 2.1 cmd/containerd/server/config, internal/cri/config/config_unix.go
 * @fidelity partial: settings of the plugins in other-plugins.ts have no effect
 */

import type { ContainerdRelease } from '../release.ts';
import { defaultStreamProcessors, defaultTimeouts, otherPlugins } from './other-plugins.ts';

const MESSAGE_SIZE_MAX = 16 * 1024 * 1024;

export type RuncOptions = Record<string, string | number | boolean>;

/** One entry of the runtimes table: a handler. */
export type RuntimeHandlerConfig = {
  runtime_type: string;
  runtime_path: string;
  pod_annotations: string[] | null;
  container_annotations: string[] | null;
  privileged_without_host_devices: boolean;
  privileged_without_host_devices_all_devices_allowed: boolean;
  cgroup_writable: boolean;
  base_runtime_spec: string;
  cni_conf_dir: string;
  cni_max_conf_num: number;
  snapshotter: string;
  sandboxer: string;
  io_type: string;
  options: RuncOptions | null;
};

export type CniConfig = {
  bin_dir: string;
  bin_dirs: string[];
  conf_dir: string;
  max_conf_num: number;
  setup_serially: boolean;
  conf_template: string;
  ip_pref: string;
  use_internal_loopback: boolean;
};

export type CriRuntimeConfig = {
  enable_selinux: boolean;
  selinux_category_range: number;
  max_container_log_line_size: number;
  disable_apparmor: boolean;
  restrict_oom_score_adj: boolean;
  disable_proc_mount: boolean;
  unset_seccomp_profile: string;
  tolerate_missing_hugetlb_controller: boolean;
  disable_hugetlb_controller: boolean;
  device_ownership_from_security_context: boolean;
  ignore_image_defined_volumes: boolean;
  netns_mounts_under_state_dir: boolean;
  enable_unprivileged_ports: boolean;
  enable_unprivileged_icmp: boolean;
  enable_cdi: boolean;
  cdi_spec_dirs: string[];
  drain_exec_sync_io_timeout: string;
  ignore_deprecation_warnings: string[] | null;
  containerd: {
    default_runtime_name: string;
    ignore_blockio_not_enabled_errors: boolean;
    ignore_rdt_not_enabled_errors: boolean;
    runtimes: Record<string, RuntimeHandlerConfig>;
  };
  cni: CniConfig;
};

export type CriImagesConfig = {
  snapshotter: string;
  disable_snapshot_annotations: boolean;
  discard_unpacked_layers: boolean;
  max_concurrent_downloads: number;
  concurrent_layer_fetch_buffer: number;
  image_pull_progress_timeout: string;
  image_pull_with_sync_fs: boolean;
  stats_collect_period: number;
  use_local_image_pull: boolean;
  pinned_images: Record<string, string>;
  registry: Record<string, unknown> & { config_path: string };
  image_decryption: { key_model: string };
};

export type CriStreamingConfig = {
  disable_tcp_service: boolean;
  stream_server_address: string;
  stream_server_port: string;
  stream_idle_timeout: string;
  enable_tls_streaming: boolean;
  x509_key_pair_streaming: { tls_cert_file: string; tls_key_file: string };
};

export const IMAGES_PLUGIN = 'io.containerd.cri.v1.images';
export const RUNTIME_PLUGIN = 'io.containerd.cri.v1.runtime';
export const CRI_PLUGIN = 'io.containerd.grpc.v1.cri';

export type PluginConfigs = {
  [IMAGES_PLUGIN]: CriImagesConfig;
  [RUNTIME_PLUGIN]: CriRuntimeConfig;
  [CRI_PLUGIN]: CriStreamingConfig;
  [other: string]: Record<string, unknown>;
};

export type DaemonConfig = {
  version: number;
  root: string;
  state: string;
  temp: string;
  disabled_plugins: string[];
  required_plugins: string[];
  oom_score: number;
  imports: string[];
  grpc: {
    address: string;
    tcp_address: string;
    tcp_tls_ca: string;
    tcp_tls_cert: string;
    tcp_tls_key: string;
    uid: number;
    gid: number;
    max_recv_message_size: number;
    max_send_message_size: number;
  };
  ttrpc: { address: string; uid: number; gid: number };
  debug: { address: string; uid: number; gid: number; level: string; format: string };
  metrics: { address: string; grpc_histogram: boolean };
  plugins: PluginConfigs;
  cgroup: { path: string };
  timeouts: Record<string, string>;
  stream_processors: Readonly<Record<string, unknown>>;
};

export const CURRENT_VERSION = 3;
const DEFAULT_CONFIG_PATH = '/etc/containerd/config.toml';

/** Fields of a handler that its table does not set. */
export function emptyHandler(): RuntimeHandlerConfig {
  return {
    runtime_type: '',
    runtime_path: '',
    pod_annotations: null,
    container_annotations: null,
    privileged_without_host_devices: false,
    privileged_without_host_devices_all_devices_allowed: false,
    cgroup_writable: false,
    base_runtime_spec: '',
    cni_conf_dir: '',
    cni_max_conf_num: 0,
    snapshotter: '',
    sandboxer: '',
    io_type: '',
    options: null,
  };
}

export function defaultConfig(release: ContainerdRelease): DaemonConfig {
  return {
    version: CURRENT_VERSION,
    root: '/var/lib/containerd',
    state: '/run/containerd',
    temp: '',
    disabled_plugins: [],
    required_plugins: [],
    oom_score: 0,
    imports: [],
    grpc: {
      address: '/run/containerd/containerd.sock',
      tcp_address: '',
      tcp_tls_ca: '',
      tcp_tls_cert: '',
      tcp_tls_key: '',
      uid: 0,
      gid: 0,
      max_recv_message_size: MESSAGE_SIZE_MAX,
      max_send_message_size: MESSAGE_SIZE_MAX,
    },
    ttrpc: { address: '', uid: 0, gid: 0 },
    debug: { address: '', uid: 0, gid: 0, level: '', format: '' },
    metrics: { address: '', grpc_histogram: false },
    plugins: {
      [IMAGES_PLUGIN]: {
        snapshotter: 'overlayfs',
        disable_snapshot_annotations: true,
        discard_unpacked_layers: false,
        max_concurrent_downloads: 3,
        concurrent_layer_fetch_buffer: 0,
        image_pull_progress_timeout: '5m0s',
        image_pull_with_sync_fs: false,
        stats_collect_period: 10,
        use_local_image_pull: false,
        pinned_images: { sandbox: release.sandboxImage },
        registry: { config_path: '' },
        image_decryption: { key_model: 'node' },
      },
      [RUNTIME_PLUGIN]: {
        enable_selinux: false,
        selinux_category_range: 1024,
        max_container_log_line_size: 16_384,
        disable_apparmor: false,
        restrict_oom_score_adj: false,
        disable_proc_mount: false,
        unset_seccomp_profile: '',
        tolerate_missing_hugetlb_controller: true,
        disable_hugetlb_controller: true,
        device_ownership_from_security_context: false,
        ignore_image_defined_volumes: false,
        netns_mounts_under_state_dir: false,
        enable_unprivileged_ports: true,
        enable_unprivileged_icmp: true,
        enable_cdi: true,
        cdi_spec_dirs: ['/etc/cdi', '/var/run/cdi'],
        drain_exec_sync_io_timeout: '0s',
        ignore_deprecation_warnings: null,
        containerd: {
          default_runtime_name: 'runc',
          ignore_blockio_not_enabled_errors: false,
          ignore_rdt_not_enabled_errors: false,
          runtimes: {
            runc: {
              ...emptyHandler(),
              runtime_type: 'io.containerd.runc.v2',
              sandboxer: 'podsandbox',
              options: {
                BinaryName: '',
                CriuImagePath: '',
                CriuWorkPath: '',
                IoGid: 0,
                IoUid: 0,
                NoNewKeyring: false,
                Root: '',
                ShimCgroup: '',
                SystemdCgroup: false,
              },
            },
          },
        },
        cni: {
          bin_dir: '',
          bin_dirs: ['/usr/lib/cni', '/opt/cni/bin'],
          conf_dir: '/etc/cni/net.d',
          max_conf_num: 1,
          setup_serially: false,
          conf_template: '',
          ip_pref: '',
          use_internal_loopback: false,
        },
      },
      [CRI_PLUGIN]: {
        disable_tcp_service: true,
        stream_server_address: '127.0.0.1',
        stream_server_port: '0',
        stream_idle_timeout: '4h0m0s',
        enable_tls_streaming: false,
        x509_key_pair_streaming: { tls_cert_file: '', tls_key_file: '' },
      },
      ...otherPlugins(),
    },
    cgroup: { path: '' },
    timeouts: defaultTimeouts(),
    stream_processors: defaultStreamProcessors(),
  };
}
