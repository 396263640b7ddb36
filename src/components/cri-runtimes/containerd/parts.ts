/** The daemon's parts, as its plugins hand them to each other. */
import type { Context } from '../../../linux/context.ts';
import type { Logger } from '../shared/log.ts';
import type { DaemonConfig } from './config/defaults.ts';
import type { ContainerStore } from './containers/container-store.ts';
import type { ContentStore } from './content-store/content-store.ts';
import type { Exchange } from './events/exchange.ts';
import type { GcScheduler } from './gc.ts';
import type { ImageRecords } from './images/image-records.ts';
import type { Transfer } from './images/pull.ts';
import type { Unpacker } from './images/unpack.ts';
import type { Metadata } from './metadata/metadata.ts';
import type { ContainerdRelease } from './release.ts';
import type { Snapshots } from './snapshotters/snapshots.ts';
import type { TaskManager } from './tasks/task-manager.ts';

export type Parts = {
  release: ContainerdRelease;
  /** Lives as long as the daemon: for strands that no request owns. */
  base: Context;
  config: DaemonConfig;
  /** Where is mounted for a moment. */
  temp: string;
  log: Logger;
  events: Exchange;
  metadata: Metadata;
  content: ContentStore;
  images: ImageRecords;
  containers: ContainerStore;
  /** The one that images are unpacked to and containers of pods stand on. */
  snapshots: Snapshots;
  snapshotters: ReadonlyMap<string, Snapshots>;
  /** Why plugins could not be loaded, by their names. */
  pluginErrors: ReadonlyMap<string, string>;
  gc: GcScheduler;
  tasks: TaskManager;
  transfer: Transfer;
  unpacker: Unpacker;
};
