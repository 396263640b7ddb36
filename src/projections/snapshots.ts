/** Images as layers on layers: the snapshots of one snapshotter as trees, and which image or container each top belongs to. */
import type { NodeView, StateView } from './node-view.ts';
import { statesOf } from './rooms.ts';

export type SnapshotNode = {
  /** Key in the view's state. */
  readonly id: string;
  readonly key: string;
  /** Committed layers are never written again; an active one is a container's own. */
  readonly committed: boolean;
  readonly children: SnapshotNode[];
  /** Names of the images whose uppermost layer this is. */
  readonly images: string[];
};

const SNAPSHOT_LABEL = 'containerd.io/gc.ref.snapshot.';
const CONFIG_LABEL = 'containerd.io/gc.ref.content.config';
const CHILD_LABEL = 'containerd.io/gc.ref.content.';
const DEPTH_MAX = 256;

/** Roots first; every snapshot there is appears once. */
export function snapshotTrees(view: NodeView): SnapshotNode[] {
  const nodes = new Map<string, SnapshotNode>();
  const parents = new Map<string, string>();
  const name = (state: StateView, key: string): string => `${state.scope}\0${String(state.value.snapshotter)}\0${key}`;
  for (const [id, state] of view.state) {
    if (state.topic !== 'snapshot') continue;
    const key = name(state, state.key);
    nodes.set(key, { id, key: state.key, committed: state.value.kind === 'Committed', children: [], images: [] });
    const parent = String(state.value.parent ?? '');
    if (parent !== '') parents.set(key, name(state, parent));
  }
  const roots: SnapshotNode[] = [];
  for (const [key, node] of nodes) {
    const parent = nodes.get(parents.get(key) ?? '');
    if (parent === undefined) roots.push(node);
    else parent.children.push(node);
  }
  for (const [image, top] of topsOf(view)) {
    for (const node of nodes.values()) if (node.key === top) node.images.push(image);
  }
  return roots;
}

/** From each image's name by the labels that containerd puts on blobs: index → manifest → config → uppermost snapshot. */
function topsOf(view: NodeView): Map<string, string> {
  const labels = new Map<string, Readonly<Record<string, string>>>();
  for (const blob of statesOf(view, 'content'))
    labels.set(blob.key, (blob.value.labels ?? {}) as Record<string, string>);
  const topOf = (digest: string, depth: number): string | null => {
    const own = labels.get(digest);
    if (own === undefined || depth > DEPTH_MAX) return null;
    const snapshot = Object.entries(own).find(([key]) => key.startsWith(SNAPSHOT_LABEL))?.[1];
    if (snapshot !== undefined) return snapshot;
    const config = own[CONFIG_LABEL];
    const next =
      config === undefined ? Object.entries(own).flatMap(([k, v]) => (k.startsWith(CHILD_LABEL) ? [v] : [])) : [config];
    for (const child of next) {
      const top = topOf(child, depth + 1);
      if (top !== null) return top;
    }
    return null;
  };
  const tops = new Map<string, string>();
  for (const image of statesOf(view, 'image')) {
    if (!isTag(image.key)) continue;
    const target = image.value.target as { digest?: string } | undefined;
    // containers/storage keeps it with the image; containerd on the blobs.
    const top = typeof image.value.layer === 'string' ? image.value.layer : topOf(target?.digest ?? '', 0);
    if (top !== null) tops.set(image.key, top);
  }
  return tops;
}

/** `nginx:alpine`, not `sha256:…` nor `nginx@sha256:…`, which are other names of the same image. */
function isTag(name: string): boolean {
  return !name.startsWith('sha256:') && !name.includes('@');
}

/** The name a person gave: `sha256:…` is looked up among the images with the same target. Made once for many look-ups. */
export function imageNames(view: NodeView): (reference: string) => string {
  const digests = new Map<string, string>();
  const tags = new Map<string, string>();
  for (const image of statesOf(view, 'image')) {
    const digest = (image.value.target as { digest?: string } | undefined)?.digest ?? '';
    digests.set(image.key, digest);
    if (isTag(image.key) && !tags.has(digest)) tags.set(digest, image.key);
  }
  return (reference) =>
    reference === '' || isTag(reference) ? reference : (tags.get(digests.get(reference) ?? '') ?? reference);
}

/** `docker.io/library/nginx:alpine` → `nginx:alpine`. */
export function shortImage(name: string): string {
  return name.split('/').at(-1) ?? name;
}

export type LayersBelow = { readonly upper: string | null; readonly lower: number };

/** A container's writable layer and how many it lies on. Made once for many look-ups. */
export function layersBelow(view: NodeView): (scope: string, snapshotter: string, key: string) => LayersBelow {
  const parents = new Map<string, string>();
  const name = (scope: string, snapshotter: string, key: string): string => `${scope}\0${snapshotter}\0${key}`;
  for (const { scope, key, value } of statesOf(view, 'snapshot'))
    parents.set(name(scope, String(value.snapshotter), key), String(value.parent ?? ''));
  return (scope, snapshotter, key) => {
    let parent = parents.get(name(scope, snapshotter, key));
    if (parent === undefined) return { upper: null, lower: 0 };
    let lower = 0;
    for (; parent !== undefined && parent !== '' && lower < DEPTH_MAX; lower++)
      parent = parents.get(name(scope, snapshotter, parent));
    return { upper: key, lower };
  };
}
