/**
 * Version 2 files in memory: the CRI section is split into images and runtime.
 * @models containerd 2.1 plugins/cri config migrations
 * @fidelity partial: the keys that version 3 renamed or moved; removed ones are dropped
 */
import { CRI_PLUGIN, IMAGES_PLUGIN, RUNTIME_PLUGIN } from './defaults.ts';
import type { ConfigWarning } from './load.ts';

type Tree = Record<string, unknown>;

const STREAMING_KEYS = [
  'disable_tcp_service',
  'stream_server_address',
  'stream_server_port',
  'stream_idle_timeout',
  'enable_tls_streaming',
  'x509_key_pair_streaming',
];
const IMAGE_KEYS = [
  'max_concurrent_downloads',
  'image_pull_progress_timeout',
  'image_pull_with_sync_fs',
  'stats_collect_period',
  'registry',
  'image_decryption',
];
const IMAGE_KEYS_OF_CONTAINERD = ['snapshotter', 'disable_snapshot_annotations', 'discard_unpacked_layers'];

/** Version 1 used short plugin names. */
const SHORT_NAMES: Record<string, string> = {
  cri: CRI_PLUGIN,
  opt: 'io.containerd.internal.v1.opt',
  restart: 'io.containerd.monitor.v1.restart',
};

export function migrate(tree: Tree, version: number, warnings: ConfigWarning[]): Tree {
  warnings.push({
    message: `Configuration migrated from version ${version}, use \`containerd config migrate\` to avoid migration`,
    fields: {},
    migration: true,
  });
  const plugins: Tree = {};
  for (const [name, value] of Object.entries((tree['plugins'] as Tree | undefined) ?? {})) {
    plugins[version === 1 ? (SHORT_NAMES[name] ?? name) : name] = value;
  }
  const old = plugins[CRI_PLUGIN] as Tree | undefined;
  if (old !== undefined) Object.assign(plugins, splitCri(old));
  const disabled = ((tree['disabled_plugins'] as string[] | undefined) ?? []).map((name) =>
    version === 1 ? (SHORT_NAMES[name] ?? name) : name,
  );
  return { ...tree, version: 3, disabled_plugins: disabled, plugins };
}

function splitCri(old: Tree): Tree {
  const images: Tree = {};
  const runtime: Tree = {};
  const streaming: Tree = {};
  for (const [key, value] of Object.entries(old)) {
    if (STREAMING_KEYS.includes(key)) streaming[key] = value;
    else if (IMAGE_KEYS.includes(key)) images[key] = value;
    else if (key === 'sandbox_image') images['pinned_images'] = { sandbox: value };
    else if (key === 'systemd_cgroup') continue;
    else runtime[key] = value;
  }
  const cni = { ...((runtime['cni'] as Tree | undefined) ?? {}) };
  if (typeof cni['bin_dir'] === 'string' && cni['bin_dir'] !== '' && cni['bin_dirs'] === undefined)
    runtime['cni'] = { ...cni, bin_dir: '', bin_dirs: [cni['bin_dir']] };
  const containerd = { ...((runtime['containerd'] as Tree | undefined) ?? {}) };
  for (const key of IMAGE_KEYS_OF_CONTAINERD) {
    if (containerd[key] === undefined) continue;
    images[key] = containerd[key];
    delete containerd[key];
  }
  const runtimes = { ...((containerd['runtimes'] as Record<string, Tree> | undefined) ?? {}) };
  for (const [name, handler] of Object.entries(runtimes)) {
    const { sandbox_mode: mode, runtime_engine: _engine, runtime_root: _root, ...rest } = handler;
    runtimes[name] = mode === undefined ? rest : { ...rest, sandboxer: mode };
  }
  if (Object.keys(runtimes).length > 0) containerd['runtimes'] = runtimes;
  if (Object.keys(containerd).length > 0) runtime['containerd'] = containerd;
  return { [IMAGES_PLUGIN]: images, [RUNTIME_PLUGIN]: runtime, [CRI_PLUGIN]: streaming };
}
