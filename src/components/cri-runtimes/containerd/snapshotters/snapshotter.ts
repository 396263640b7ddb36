/** What every snapshotter can do. @models containerd 2.1 core/snapshots/snapshotter.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { Usage } from '../../shared/layers/disk-usage.ts';

export type SnapshotKind = 'Active' | 'Committed' | 'View';

export type MountSpec = { type: string; source: string; target: string; options: string[] };

export type BackendSnapshot = {
  id: number;
  parent: string;
  kind: SnapshotKind;
  createdAt: string;
  size: number;
  inodes: number;
  /** Of a container in a user namespace: `inside:outside:count`. */
  uidMap?: string;
  gidMap?: string;
};

export type LayerDirectories = { upper: string; lowers: string[] };

export interface Snapshotter {
  readonly root: string;
  /** A layer's deletions are files of the snapshot, as overlayfs wants them; otherwise the deleted file is not there. */
  readonly hidesByWhiteout: boolean;
  /** Removing may take long: whoever asks for it is not kept waiting. */
  readonly removesLater?: boolean;
  get(key: string): BackendSnapshot | undefined;
  create(
    ctx: Context,
    kind: 'Active' | 'View',
    key: string,
    parent: string,
    labels?: Readonly<Record<string, string>>,
  ): Promise<MountSpec[]>;
  /** What whoever wants to see the snapshot has to mount. */
  mounts(key: string): MountSpec[];
  /** Where its files are: those of its own, and below them those of its parents, nearest first; null if they are on a disk that has to be mounted. */
  layerDirectories(key: string): LayerDirectories | null;
  commit(ctx: Context, name: string, key: string, usage?: Usage): Promise<void>;
  remove(ctx: Context, key: string): Promise<void>;
  usage(ctx: Context, key: string): Promise<Usage>;
  /** Removes what has none of these names, and directories that belong to nothing. */
  removeExcept(ctx: Context, keys: ReadonlySet<string>): Promise<void>;
}
