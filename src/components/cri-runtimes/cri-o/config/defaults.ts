/**
 * CRI-O's configuration and what it is without a file.
 * @models CRI-O 1.36 pkg/config/config.go
 * @fidelity partial: every key is read and shown; those of seccomp, AppArmor, RDT, block I/O, NRI, metrics, tracing and TLS change nothing
 */
import { DEFAULT_CAPABILITIES } from '../parts.ts';

type Scalar = string | number | boolean;

/** A table of the file: values, lists of strings, tables. */
export type Table = { [key: string]: Scalar | string[] | Table };

export type RuntimeHandler = {
  runtime_path: string;
  runtime_type: string;
  runtime_root: string;
  inherit_default_runtime: boolean;
  runtime_config_path: string;
  container_min_memory: string;
  monitor_path: string;
  monitor_cgroup: string;
  monitor_exec_cgroup: string;
  monitor_env: string[];
  allowed_annotations: string[];
  privileged_without_host_devices: boolean;
  container_create_timeout?: number;
};

export type CrioConfig = {
  crio: Table & {
    root: string;
    runroot: string;
    log_dir: string;
    version_file: string;
    internal_wipe: boolean;
    clean_shutdown_file: string;
    api: Table & { listen: string; stream_address: string; stream_port: string };
    runtime: Table & {
      cgroup_manager: string;
      conmon: string;
      conmon_cgroup: string;
      default_env: string[];
      default_capabilities: string[];
      default_sysctls: string[];
      add_inheritable_capabilities: boolean;
      pids_limit: number;
      log_size_max: number;
      container_exits_dir: string;
      container_attach_socket_dir: string;
      read_only: boolean;
      log_level: string;
      ctr_stop_timeout: number;
      drop_infra_ctr: boolean;
      namespaces_dir: string;
      pinns_path: string;
      enable_pod_events: boolean;
      default_runtime: string;
      disable_hostport_mapping: boolean;
      absent_mount_sources_to_reject: string[];
      runtimes: Record<string, RuntimeHandler>;
    };
    image: Table & {
      pause_image: string;
      pause_command: string;
      pinned_images: string[];
      signature_policy: string;
      insecure_registries: string[];
      short_name_mode: string;
      image_volumes: string;
    };
    network: Table & { network_dir: string; plugin_dirs: string[]; cni_status_grace_period: string };
  };
};

/** What a handler has that its table does not say. */
export function emptyHandler(): RuntimeHandler {
  return {
    runtime_path: '',
    runtime_type: 'oci',
    runtime_root: '',
    inherit_default_runtime: false,
    runtime_config_path: '',
    container_min_memory: '',
    monitor_path: '',
    monitor_cgroup: '',
    monitor_exec_cgroup: '',
    monitor_env: [],
    allowed_annotations: [],
    privileged_without_host_devices: false,
  };
}

/** Fresh at each call; in the order in which it is printed. */
export function defaultConfig(): CrioConfig {
  return {
    crio: {
      root: '/var/lib/containers/storage',
      runroot: '/run/containers/storage',
      imagestore: '',
      storage_driver: '',
      storage_option: [],
      log_dir: '/var/log/crio/pods',
      version_file: '/var/run/crio/version',
      version_file_persist: '',
      internal_wipe: true,
      internal_repair: true,
      clean_shutdown_file: '/var/lib/crio/clean.shutdown',
      api: {
        listen: '/var/run/crio/crio.sock',
        stream_address: '127.0.0.1',
        stream_port: '0',
        stream_enable_tls: false,
        stream_idle_timeout: '',
        stream_tls_cert: '',
        stream_tls_key: '',
        stream_tls_ca: '',
        tls_min_version: 'VersionTLS12',
        tls_cipher_suites: [],
        grpc_max_send_msg_size: 83_886_080,
        grpc_max_recv_msg_size: 83_886_080,
      },
      runtime: {
        default_ulimits: [],
        no_pivot: false,
        decryption_keys_path: '/etc/crio/keys/',
        additional_artifact_stores: [],
        conmon: '',
        conmon_cgroup: '',
        conmon_env: [],
        default_env: [],
        min_injected_gomaxprocs: 0,
        selinux: false,
        seccomp_profile: '',
        privileged_seccomp_profile: '',
        apparmor_profile: 'crio-default',
        blockio_config_file: '',
        blockio_reload: false,
        irqbalance_config_file: '/etc/sysconfig/irqbalance',
        irqbalance_config_restore_file: '/etc/sysconfig/orig_irq_banned_cpus',
        rdt_config_file: '',
        cgroup_manager: 'systemd',
        separate_pull_cgroup: '',
        default_capabilities: [...DEFAULT_CAPABILITIES],
        add_inheritable_capabilities: false,
        default_sysctls: [],
        allowed_devices: ['/dev/fuse', '/dev/net/tun'],
        additional_devices: [],
        cdi_spec_dirs: ['/etc/cdi', '/var/run/cdi'],
        device_ownership_from_security_context: false,
        hooks_dir: ['/usr/share/containers/oci/hooks.d'],
        default_mounts_file: '',
        pids_limit: -1,
        log_size_max: -1,
        log_to_journald: false,
        container_exits_dir: '/var/run/crio/exits',
        container_attach_socket_dir: '/var/run/crio',
        bind_mount_prefix: '',
        read_only: false,
        log_level: 'info',
        log_filter: '',
        uid_mappings: '',
        gid_mappings: '',
        minimum_mappable_uid: -1,
        minimum_mappable_gid: -1,
        ctr_stop_timeout: 30,
        drop_infra_ctr: true,
        infra_ctr_cpuset: '',
        shared_cpuset: '',
        namespaces_dir: '/var/run',
        pinns_path: '',
        enable_criu_support: true,
        enable_pod_events: false,
        default_runtime: 'crun',
        absent_mount_sources_to_reject: [],
        runtimes: {
          crun: {
            ...emptyHandler(),
            runtime_root: '/run/crun',
            container_min_memory: '500KiB',
            monitor_cgroup: 'system.slice',
            monitor_env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
            allowed_annotations: ['io.containers.trace-syscall', 'devices.crio.io'],
          },
        },
        hostnetwork_disable_selinux: true,
        disable_hostport_mapping: false,
        timezone: '',
      },
      image: {
        default_transport: 'docker://',
        global_auth_file: '',
        pause_image: 'registry.k8s.io/pause:3.10.1',
        pause_image_auth_file: '',
        pause_command: '/pause',
        pinned_images: [],
        signature_policy: '',
        signature_policy_dir: '/etc/crio/policies',
        insecure_registries: [],
        image_volumes: 'mkdir',
        big_files_temporary_dir: '',
        auto_reload_registries: false,
        pull_progress_timeout: '0s',
        short_name_mode: 'enforcing',
        oci_artifact_mount_support: true,
      },
      network: {
        network_dir: '/etc/cni/net.d/',
        plugin_dirs: ['/opt/cni/bin/'],
        cni_status_grace_period: '0s',
      },
      metrics: {
        enable_metrics: false,
        metrics_collectors: [...COLLECTORS],
        metrics_host: '127.0.0.1',
        metrics_port: 9090,
        metrics_socket: '',
        metrics_cert: '',
        metrics_key: '',
      },
      tracing: { enable_tracing: false, tracing_endpoint: '127.0.0.1:4317', tracing_sampling_rate_per_million: 0 },
      nri: {
        enable_nri: true,
        nri_listen: '/var/run/nri/nri.sock',
        nri_plugin_dir: '/opt/nri/plugins',
        nri_plugin_config_dir: '/etc/nri/conf.d',
        nri_disable_connections: false,
        nri_plugin_registration_timeout: '5s',
        nri_plugin_request_timeout: '2s',
        default_validator: {
          nri_enable_default_validator: false,
          nri_validator_reject_oci_hook_adjustment: false,
          nri_validator_reject_runtime_default_seccomp_adjustment: false,
          nri_validator_reject_unconfined_seccomp_adjustment: false,
          nri_validator_reject_custom_seccomp_adjustment: false,
          nri_validator_reject_namespace_adjustment: false,
          nri_validator_required_plugins: [],
          nri_validator_tolerate_missing_plugins_annotation: '',
        },
      },
      stats: { stats_collection_period: 0, collection_period: 0, included_pod_metrics: [] },
    },
  };
}

const COLLECTORS = [
  'image_pulls_layer_size',
  'containers_events_dropped_total',
  'containers_oom_total',
  'processes_defunct',
  'operations_total',
  'operations_latency_seconds',
  'operations_latency_seconds_total',
  'operations_errors_total',
  'image_pulls_bytes_total',
  'image_pulls_skipped_bytes_total',
  'image_pulls_failure_total',
  'image_pulls_success_total',
  'image_layer_reuse_total',
  'containers_oom_count_total',
  'containers_seccomp_notifier_count_total',
  'resources_stalled_at_stage',
  'containers_stopped_monitor_count',
  'default_runtime',
] as const;
