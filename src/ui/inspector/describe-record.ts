/** What programs keep about images, layers, blobs and units: with what each leads to. */
import { onKernel } from '../../projections/fold.ts';
import type { NodeView, StateView } from '../../projections/node-view.ts';
import { type SnapshotNode, shortImage, snapshotTrees } from '../../projections/snapshots.ts';
import type { Part } from './describe.ts';

const PARTS_MAX = 60;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Related things of a record, the nearest first. */
export function recordParts(view: NodeView, id: string, record: StateView): Part[] {
  const parts: Part[] = [];
  switch (record.topic) {
    case 'image':
      parts.push(...blobsNamed(view, [digestOf(record)]), ...layersOfImage(view, record), ...usersOf(view, record.key));
      break;
    case 'content': {
      const labels = Object.values((record.value.labels ?? {}) as Record<string, string>);
      parts.push(...blobsNamed(view, labels), ...snapshotsNamed(view, labels), ...referrers(view, record));
      break;
    }
    case 'snapshot':
      parts.push(...snapshotParts(view, id, record));
      break;
    case 'unit':
      parts.push(...unitParts(view, record));
      break;
    case 'container':
    case 'cri-container':
    case 'task':
    case 'process':
      parts.push({ label: `⑦ ${record.key.slice(0, 13)}`, select: { kind: 'container', id: record.key } });
      break;
    case 'sandbox':
      parts.push({ label: `⑦ ${String(record.value.name ?? record.key)}`, select: { kind: 'pod', id: record.key } });
      break;
    default:
  }
  const pid = Number(record.value.pid ?? 0);
  const process = pid > 0 ? view.processes.get(pid) : undefined;
  if (process !== undefined)
    parts.push({ label: `${process.comm} ${process.pid}`, select: { kind: 'process', pid: process.pid } });
  const seen = new Set<string>();
  return parts
    .filter(({ label, select }) => {
      const key = `${label} ${JSON.stringify(select)}`;
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, PARTS_MAX);
}

function digestOf(image: StateView): string {
  return (image.value.target as { digest?: string } | undefined)?.digest ?? '';
}

function partOf(id: string, { topic, key }: StateView, sign: string): Part {
  const short = DIGEST.test(key) ? `${key.slice(0, 19)}…` : key.length > 60 ? `…${key.slice(-56)}` : key;
  return { label: `${sign} ${topic} ${short}`, select: { kind: 'state', id } };
}

function found(view: NodeView, sign: string, wanted: (record: StateView) => boolean): Part[] {
  return [...view.state].filter(([, record]) => wanted(record)).map(([id, record]) => partOf(id, record, sign));
}

function blobsNamed(view: NodeView, digests: readonly string[]): Part[] {
  return found(view, '↓', ({ topic, key }) => topic === 'content' && digests.includes(key));
}

function snapshotsNamed(view: NodeView, keys: readonly string[]): Part[] {
  return found(view, '↓', ({ topic, key }) => topic === 'snapshot' && keys.includes(key));
}

/** Images that name the blob, and blobs that refer to it. */
function referrers(view: NodeView, blob: StateView): Part[] {
  return found(
    view,
    '↑',
    (record) =>
      (record.topic === 'image' && digestOf(record) === blob.key) ||
      (record.topic === 'content' &&
        Object.values((record.value.labels ?? {}) as Record<string, string>).includes(blob.key)),
  );
}

/** From the uppermost down to the first. */
function layersOfImage(view: NodeView, image: StateView): Part[] {
  const path = (nodes: readonly SnapshotNode[]): SnapshotNode[] | null => {
    for (const node of nodes) {
      if (node.images.includes(image.key)) return [node];
      const below = path(node.children);
      if (below !== null) return [...below, node];
    }
    return null;
  };
  return (path(snapshotTrees(view)) ?? []).flatMap((node) => {
    const record = view.state.get(node.id);
    return record === undefined ? [] : [partOf(node.id, record, '≡')];
  });
}

function usersOf(view: NodeView, image: string): Part[] {
  return [...view.state.values()]
    .filter(({ topic, value }) => topic === 'container' && value.image === image)
    .map(({ key }) => ({ label: `⑦ ${key.slice(0, 13)}`, select: { kind: 'container', id: key } as const }));
}

function snapshotParts(view: NodeView, id: string, record: StateView): Part[] {
  const find = (
    nodes: readonly SnapshotNode[],
    parent: SnapshotNode | null,
  ): [SnapshotNode, SnapshotNode | null] | null => {
    for (const node of nodes) {
      if (node.id === id) return [node, parent];
      const deeper = find(node.children, node);
      if (deeper !== null) return deeper;
    }
    return null;
  };
  const [node, parent] = find(snapshotTrees(view), null) ?? [null, null];
  const part = (other: SnapshotNode, sign: string): Part[] => {
    const state = view.state.get(other.id);
    return state === undefined ? [] : [partOf(other.id, state, sign)];
  };
  return [
    ...(parent === null ? [] : part(parent, '↓')),
    ...(node?.children ?? []).flatMap((child) => part(child, '↑')),
    ...found(view, '·', ({ topic, key }) => topic === 'image' && (node?.images ?? []).includes(key)).map((each) => ({
      ...each,
      label: shortImage(each.label),
    })),
    ...[...view.state.values()]
      .filter(({ topic, value }) => topic === 'container' && value.snapshotKey === record.key)
      .map(({ key }) => ({ label: `⑦ ${key.slice(0, 13)}`, select: { kind: 'container', id: key } as const })),
  ];
}

function unitParts(view: NodeView, record: StateView): Part[] {
  const main = view.processes.get(Number(record.value.mainPid ?? 0));
  const groups = [...view.cgroups].filter(
    ([, group]) => group.kernel === record.kernel && group.path.endsWith(`/${record.key}`),
  );
  return [
    ...(main === undefined
      ? []
      : [{ label: `${main.comm} ${main.pid}`, select: { kind: 'process', pid: main.pid } as const }]),
    ...groups.map(([key, group]) => ({
      label: onKernel(group.kernel, group.path),
      select: { kind: 'cgroup', path: key } as const,
    })),
  ];
}
