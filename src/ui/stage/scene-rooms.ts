/** The cri-runtime opened to its rooms, each with counts from what it announced about itself. */

import { shortMethod } from '../../projections/layers.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { field, statesOf } from '../../projections/rooms.ts';
import { type SnapshotNode, snapshotTrees } from '../../projections/snapshots.ts';
import { bytesText } from '../format.ts';
import type { SceneBuilder } from './scene-builder.ts';
import type { Block, Box, SceneNode, SceneText } from './scene-types.ts';

/** Shares of the width, in the order of the drawing. */
const SHARES = [0.21, 0.16, 0.24, 0.22, 0.17];
const BARS_MAX = 5;

export function runtimeRooms(builder: SceneBuilder, view: NodeView, box: Box): { criX: number; tasksX: number } | null {
  const { t } = builder;
  const process = [...view.processes.values()]
    .filter((p) => p.layer === 'cri-runtime')
    .sort((a, b) => Number(a.exitedAt !== null) - Number(b.exitedAt !== null))[0];
  const alive = process !== undefined && process.exitedAt === null;
  const name = process?.comm ?? 'containerd';
  const id = process === undefined ? 'runtime' : `process:${process.pid}`;
  if (process !== undefined) builder.nodeOfPid.set(process.pid, 'room:cri');
  builder.add({
    id,
    kind: 'runtime',
    stratum: 'cri-runtime',
    ...box,
    level: 1,
    ghost: !alive,
    texts: [],
    label: alive ? `${name} ${process.pid}` : t('stage.notRunning', { name }),
    select: process === undefined ? null : { kind: 'process', pid: process.pid },
  });
  if (!alive) {
    builder.add({
      id: 'note:runtime',
      kind: 'note',
      stratum: 'cri-runtime',
      x: box.x + 4,
      y: box.y + 4,
      w: box.w - 8,
      h: 24,
      level: 2,
      texts: [{ text: t('stage.notRunning', { name }), soft: true }],
    });
    return null;
  }
  if (builder.detail === 'lecture') return lectureRoom(builder, view, process, box);
  const contents: {
    key: string;
    topics: string[];
    texts: SceneText[];
    bars?: NonNullable<SceneNode['bars']>;
    blocks?: readonly Block[];
  }[] = [
    content(builder, view),
    metadata(builder, view),
    cri(builder, view, process.pid),
    snapshots(builder, view, box),
    tasks(builder, view),
  ];
  let x = box.x;
  let criX = 0;
  let tasksX = 0;
  contents.forEach((room, i) => {
    const w = box.w * (SHARES[i] as number);
    builder.add({
      id: `room:${room.key}`,
      kind: 'room',
      stratum: 'cri-runtime',
      x,
      y: box.y,
      w,
      h: box.h,
      level: 2,
      texts: room.texts,
      ...(room.bars === undefined ? {} : { bars: room.bars }),
      ...(room.blocks === undefined ? {} : { blocks: room.blocks }),
      select: { kind: 'topic', topics: room.topics, title: room.texts[0]?.text ?? '' },
    });
    if (room.key === 'cri') criX = x + w / 2;
    if (room.key === 'tasks') tasksX = x + w / 2;
    x += w;
  });
  return { criX, tasksX };
}

/** From the back row: one block, and what it is doing. */
function lectureRoom(
  builder: SceneBuilder,
  view: NodeView,
  process: ProcessView,
  box: Box,
): { criX: number; tasksX: number } {
  const serving = [...view.calls.values()]
    .filter((call) => call.to === process.pid && call.protocol === 'grpc')
    .map((call) => shortMethod(call.method));
  builder.add({
    id: 'room:cri',
    kind: 'room',
    stratum: 'cri-runtime',
    ...box,
    level: 2,
    texts: [{ text: [process.comm, ...serving].join(' · '), mono: true }],
    select: { kind: 'process', pid: process.pid },
  });
  return { criX: box.x + box.w / 2, tasksX: box.x + box.w / 2 };
}

function content({ t }: SceneBuilder, view: NodeView) {
  const blobs = statesOf(view, 'content').concat(statesOf(view, 'blob'));
  const sizes = blobs.map((blob) => Number(field(blob.value, 'size', 'length')) || 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const largest = Math.max(1, ...sizes);
  return {
    key: 'content',
    topics: ['content', 'blob'],
    texts: [
      { text: t('stage.content') },
      { text: t('stage.blobs', { count: blobs.length, size: bytesText(total) }), soft: true },
    ],
    bars: sizes.slice(-BARS_MAX).map((size) => ({ share: Math.max(0.06, Math.sqrt(size / largest)), dashed: false })),
  };
}

function metadata({ t }: SceneBuilder, view: NodeView) {
  const images = statesOf(view, 'image');
  const containers = statesOf(view, 'container');
  return {
    key: 'metadata',
    topics: ['image', 'container', 'namespace', 'lease'],
    texts: [
      { text: t('stage.metadata') },
      { text: t('stage.images', { count: images.length }), soft: true },
      { text: t('stage.containers', { count: containers.length }), soft: true },
    ],
  };
}

/** What the CRI plugin is doing: the calls it serves and the innermost work under way. */
function cri({ t }: SceneBuilder, view: NodeView, pid: number) {
  const serving = [...view.calls.values()].filter((call) => call.to === pid && call.protocol === 'grpc');
  const work = [...view.spans.values()].filter((span) => span.pid === pid && span.layer === 'cri-runtime').slice(-3);
  const sandboxes = statesOf(view, 'sandbox');
  const texts: SceneText[] = [{ text: t('stage.cri') }];
  for (const call of serving.slice(-2)) texts.push({ text: shortMethod(call.method), mono: true });
  for (const span of work) {
    if (!serving.some((call) => shortMethod(call.method) === shortMethod(span.name)))
      texts.push({ text: `→ ${span.name}`, soft: true });
  }
  if (texts.length === 1) texts.push({ text: t('stage.idle'), soft: true });
  if (serving.length === 0) texts.push({ text: t('stage.sandboxes', { count: sandboxes.length }), soft: true });
  return { key: 'cri', topics: ['sandbox', 'cri-container'], texts };
}

/** Layers lie on layers: what images share is drawn once, under all of them; a container's own layer on top, dashed. */
function snapshots({ t }: SceneBuilder, view: NodeView, box: Box) {
  const all = statesOf(view, 'snapshot');
  const snapshotter = all.map((s) => field(s.value, 'snapshotter')).find((name) => name !== '') ?? 'overlayfs';
  const at = SHARES.slice(0, SNAPSHOTS_AT).reduce((sum, share) => sum + share, 0);
  const room = { x: box.x + box.w * at + 9, w: box.w * (SHARES[SNAPSHOTS_AT] as number) - 18, y: box.y + 40 };
  return {
    key: 'snapshots',
    topics: ['snapshot'],
    texts: [
      { text: `${t('stage.snapshotter')} ${snapshotter}` },
      { text: t('stage.snapshots', { count: all.length }), soft: true },
    ],
    blocks: layered(snapshotTrees(view), { ...room, h: box.y + box.h - 7 - room.y }),
  };
}

const SNAPSHOTS_AT = 3;
const LAYER_HEIGHT_MAX = 9;

function layered(roots: readonly SnapshotNode[], box: Box): Block[] {
  const width = (node: SnapshotNode): number => Math.max(1, sum(node.children.map(width)));
  const depth = (node: SnapshotNode): number => 1 + Math.max(0, ...node.children.map(depth));
  const leaves = sum(roots.map(width));
  const step = Math.min(LAYER_HEIGHT_MAX, box.h / Math.max(1, ...roots.map(depth)));
  const unit = Math.min(LEAF_WIDTH_MAX, box.w / Math.max(1, leaves));
  const blocks: Block[] = [];
  const lay = (node: SnapshotNode, x: number, level: number): void => {
    const y = box.y + box.h - (level + 1) * step;
    blocks.push({ x, y, w: width(node) * unit - 2, h: Math.max(1, step - 1), upper: !node.committed });
    let at = x;
    for (const child of node.children) {
      lay(child, at, level + 1);
      at += width(child) * unit;
    }
  };
  let x = box.x;
  for (const root of roots) {
    lay(root, x, 0);
    x += width(root) * unit;
  }
  return blocks;
}

const LEAF_WIDTH_MAX = 46;

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}

function tasks({ t }: SceneBuilder, view: NodeView) {
  const all = statesOf(view, 'task');
  const running = all.filter((task) => /running/i.test(field(task.value, 'status', 'state'))).length;
  return {
    key: 'tasks',
    topics: ['task'],
    texts: [
      { text: t('stage.tasks') },
      { text: t('stage.tasksRunning', { count: running }), soft: true },
      ...(all.length > running ? [{ text: t('stage.tasksOther', { count: all.length - running }), soft: true }] : []),
    ],
  };
}
