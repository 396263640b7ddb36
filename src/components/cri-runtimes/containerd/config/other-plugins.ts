/**
 * Default settings of what the daemon only carries along: plugins without a model here, timeouts, stream processors.
 * @models containerd 2.1.9 `containerd config default`
 */
type Tables = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function otherPlugins(): Tables {
  return {
    'io.containerd.differ.v1.erofs': { mkfs_options: [] },
    'io.containerd.gc.v1.scheduler': {
      pause_threshold: 0.02,
      deletion_threshold: 0,
      mutation_threshold: 100,
      schedule_delay: '0s',
      startup_delay: '100ms',
    },
    'io.containerd.image-verifier.v1.bindir': {
      bin_dir: '/opt/containerd/image-verifier/bin',
      max_verifiers: 10,
      per_verifier_timeout: '10s',
    },
    'io.containerd.internal.v1.opt': { path: '/opt/containerd' },
    'io.containerd.internal.v1.tracing': {},
    'io.containerd.metadata.v1.bolt': { content_sharing_policy: 'shared', no_sync: false },
    'io.containerd.monitor.container.v1.restart': { interval: '10s' },
    'io.containerd.monitor.task.v1.cgroups': { no_prometheus: false },
    'io.containerd.nri.v1.nri': {
      disable: false,
      socket_path: '/var/run/nri/nri.sock',
      plugin_path: '/opt/nri/plugins',
      plugin_config_path: '/etc/nri/conf.d',
      plugin_registration_timeout: '5s',
      plugin_request_timeout: '2s',
      disable_connections: false,
    },
    'io.containerd.runtime.v2.task': { platforms: ['linux/amd64'] },
    'io.containerd.service.v1.diff-service': { default: ['walking'], sync_fs: false },
    'io.containerd.service.v1.tasks-service': { blockio_config_file: '', rdt_config_file: '' },
    'io.containerd.shim.v1.manager': { env: [] },
    'io.containerd.snapshotter.v1.blockfile': {
      root_path: '',
      scratch_file: '',
      fs_type: '',
      mount_options: [],
      recreate_scratch: false,
    },
    'io.containerd.snapshotter.v1.btrfs': { root_path: '' },
    'io.containerd.snapshotter.v1.devmapper': {
      root_path: '',
      pool_name: '',
      base_image_size: '',
      async_remove: false,
      discard_blocks: false,
      fs_type: '',
      fs_options: '',
    },
    'io.containerd.snapshotter.v1.erofs': {
      root_path: '',
      ovl_mount_options: [],
      enable_fsverity: false,
      set_immutable: false,
    },
    'io.containerd.snapshotter.v1.native': { root_path: '' },
    'io.containerd.snapshotter.v1.overlayfs': {
      root_path: '',
      upperdir_label: false,
      sync_remove: false,
      slow_chown: false,
      mount_options: [],
    },
    'io.containerd.tracing.processor.v1.otlp': {},
    'io.containerd.transfer.v1.local': {
      max_concurrent_downloads: 3,
      concurrent_layer_fetch_buffer: 0,
      max_concurrent_uploaded_layers: 3,
      check_platform_supported: false,
      config_path: '',
    },
  };
}

export function defaultTimeouts(): Record<string, string> {
  return {
    'io.containerd.timeout.bolt.open': '0s',
    'io.containerd.timeout.cri.defercleanup': '1m0s',
    'io.containerd.timeout.metrics.shimstats': '2s',
    'io.containerd.timeout.shim.cleanup': '5s',
    'io.containerd.timeout.shim.load': '5s',
    'io.containerd.timeout.shim.shutdown': '3s',
    'io.containerd.timeout.task.state': '2s',
  };
}

export function defaultStreamProcessors(): Tables {
  const processor = (suffix: string): Readonly<Record<string, unknown>> => ({
    accepts: [`application/vnd.oci.image.layer.v1.tar${suffix}+encrypted`],
    returns: `application/vnd.oci.image.layer.v1.tar${suffix}`,
    path: 'ctd-decoder',
    args: ['--decryption-keys-path', '/etc/containerd/ocicrypt/keys'],
    env: ['OCICRYPT_KEYPROVIDER_CONFIG=/etc/containerd/ocicrypt/ocicrypt_keyprovider.conf'],
  });
  return {
    'io.containerd.ocicrypt.decoder.v1.tar': processor(''),
    'io.containerd.ocicrypt.decoder.v1.tar.gzip': processor('+gzip'),
  };
}
