/**
 * The plugins in the order in which they are loaded, and why some are not.
 * @models containerd 2.1 cmd/containerd/builtins, cmd/containerd/server/server.go
 * @fidelity partial: the order is a recorded one; disabled_plugins hides lines only
 */

import type { DaemonConfig } from './config/defaults.ts';
import { criConfigError } from './config/load.ts';

export type PluginEntry = {
  type: string;
  id: string;
  skip?: string;
  /** Why it could not be loaded; what does without it is loaded all the same. */
  error?: string;
  linux?: true;
  requires?: readonly string[];
  capabilities?: readonly string[];
};

const SNAPSHOTTER = 'io.containerd.snapshotter.v1';
const SERVICE = 'io.containerd.service.v1';
const GRPC = 'io.containerd.grpc.v1';

/** Those that can do nothing without the CRI's runtime plugin. */
const NEEDS_CRI_RUNTIME = new Set([
  'io.containerd.podsandbox.controller.v1.podsandbox',
  'io.containerd.grpc.v1.sandbox-controllers',
  'io.containerd.grpc.v1.cri',
]);
const CRI_RUNTIME = 'io.containerd.cri.v1.runtime';

export const DEVMAPPER_PLUGIN = 'io.containerd.snapshotter.v1.devmapper';

/** All of them, with what keeps some of them from being loaded under this configuration; `found` is what turned out. */
export function plugins(config: DaemonConfig, found: ReadonlyMap<string, string>): PluginEntry[] {
  const problem = criConfigError(config);
  const isConfigured = String(config.plugins[DEVMAPPER_PLUGIN]?.['pool_name'] ?? '') !== '';
  const entries = allPlugins(config.root).map((entry): PluginEntry => {
    const { skip, ...loaded } = entry;
    const plain = isConfigured && pluginUri(entry) === DEVMAPPER_PLUGIN ? loaded : entry;
    const error = found.get(pluginUri(entry));
    return error === undefined ? plain : { ...plain, error };
  });
  if (problem === null) return entries;
  const words = `invalid plugin config: ${problem}`;
  return entries.map((entry) => {
    if (pluginUri(entry) === CRI_RUNTIME) return { ...entry, error: words };
    if (!NEEDS_CRI_RUNTIME.has(pluginUri(entry))) return entry;
    return { ...entry, error: `unable to load CRI runtime service plugin dependency: ${words}` };
  });
}

/** `root` is the daemon's. */
function allPlugins(root: string): PluginEntry[] {
  const on = (type: string, ids: readonly string[]): PluginEntry[] => ids.map((id) => ({ type, id }));
  return [
    { type: 'io.containerd.content.v1', id: 'content' },
    { type: 'io.containerd.image-verifier.v1', id: 'bindir' },
    { type: 'io.containerd.internal.v1', id: 'opt' },
    { type: 'io.containerd.warning.v1', id: 'deprecations' },
    { type: 'io.containerd.event.v1', id: 'exchange' },
    { type: SNAPSHOTTER, id: 'blockfile', linux: true, skip: 'no scratch file generator: skip plugin' },
    {
      type: SNAPSHOTTER,
      id: 'btrfs',
      linux: true,
      skip: `path ${root}/${SNAPSHOTTER}.btrfs (ext4) must be a btrfs filesystem to be used with the btrfs snapshotter: skip plugin`,
    },
    { type: SNAPSHOTTER, id: 'devmapper', linux: true, skip: 'devmapper not configured: skip plugin' },
    { type: SNAPSHOTTER, id: 'erofs', linux: true },
    { type: SNAPSHOTTER, id: 'native', linux: true },
    { type: SNAPSHOTTER, id: 'overlayfs', linux: true },
    { type: 'io.containerd.monitor.task.v1', id: 'cgroups', linux: true },
    { type: 'io.containerd.metadata.v1', id: 'bolt' },
    { type: 'io.containerd.gc.v1', id: 'scheduler' },
    {
      type: 'io.containerd.differ.v1',
      id: 'erofs',
      skip: 'could not find mkfs.erofs: exec: "mkfs.erofs": executable file not found in $PATH: skip plugin',
    },
    { type: 'io.containerd.differ.v1', id: 'walking', linux: true },
    { type: 'io.containerd.lease.v1', id: 'manager' },
    ...on(SERVICE, [
      'containers-service',
      'content-service',
      'diff-service',
      'images-service',
      'introspection-service',
      'namespaces-service',
      'snapshots-service',
    ]),
    { type: 'io.containerd.shim.v1', id: 'manager' },
    { type: 'io.containerd.runtime.v2', id: 'task', linux: true },
    { type: SERVICE, id: 'tasks-service' },
    ...on(GRPC, ['containers', 'content', 'diff', 'events', 'images', 'introspection', 'leases', 'namespaces']),
    { type: 'io.containerd.sandbox.store.v1', id: 'local' },
    { type: 'io.containerd.cri.v1', id: 'runtime', linux: true },
    { type: 'io.containerd.transfer.v1', id: 'local' },
    { type: 'io.containerd.cri.v1', id: 'images' },
    { type: 'io.containerd.podsandbox.controller.v1', id: 'podsandbox' },
    { type: 'io.containerd.sandbox.controller.v1', id: 'shim' },
    ...on(GRPC, ['sandbox-controllers', 'sandboxes', 'snapshots']),
    { type: 'io.containerd.streaming.v1', id: 'manager' },
    ...on(GRPC, ['streaming', 'tasks', 'transfer', 'version']),
    {
      type: 'io.containerd.monitor.container.v1',
      id: 'restart',
      capabilities: ['no', 'always', 'on-failure', 'unless-stopped'],
    },
    { type: 'io.containerd.tracing.processor.v1', id: 'otlp', skip: 'skip plugin: tracing endpoint not configured' },
    { type: 'io.containerd.internal.v1', id: 'tracing', skip: 'skip plugin: tracing endpoint not configured' },
    { type: 'io.containerd.ttrpc.v1', id: 'otelttrpc' },
    { type: GRPC, id: 'healthcheck' },
    { type: 'io.containerd.nri.v1', id: 'nri' },
    {
      type: GRPC,
      id: 'cri',
      requires: [
        'io.containerd.cri.v1',
        'io.containerd.podsandbox.controller.v1',
        'io.containerd.sandbox.controller.v1',
        'io.containerd.nri.v1',
        'io.containerd.event.v1',
        SERVICE,
        'io.containerd.lease.v1',
        'io.containerd.sandbox.store.v1',
        'io.containerd.transfer.v1',
        'io.containerd.warning.v1',
      ],
    },
  ];
}

export function pluginUri({ type, id }: PluginEntry): string {
  return `${type}.${id}`;
}
