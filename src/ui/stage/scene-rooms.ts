/** The cri-runtime opened to its rooms, each with counts from what it announced about itself. */

import { isOnNode, shortMethod } from '../../projections/layers.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { nameOf, placeOf } from '../../projections/roles.ts';
import { field, statesOf } from '../../projections/rooms.ts';
import { type SnapshotNode, snapshotTrees } from '../../projections/snapshots.ts';
import { bytesText } from '../format.ts';
import type { SceneBuilder } from './scene-builder.ts';
import type { Block, Box, SceneNode, SceneText } from './scene-types.ts';
import { type RoomKey, workOf } from './service-rooms.ts';

/** Shares of the width, in the order of the drawing. */
const SHARES = [0.21, 0.16, 0.24, 0.22, 0.17];
const BARS_MAX = 5;

export function runtimeRooms(builder: SceneBuilder, view: NodeView, box: Box): { criX: number; tasksX: number } | null {
  const { t } = builder;
  const { main: process, others } = runtimesOf(view);
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
  const inside = beside(builder, others, box);
  const doing = workOf(view, process.pid);
  const contents: {
    key: RoomKey;
    topics: string[];
    texts: SceneText[];
    title?: string;
    bars?: NonNullable<SceneNode['bars']>;
    layers?: readonly SnapshotNode[];
  }[] = [
    withWork(content(builder, view), doing.get('content')),
    withWork(metadata(builder, view), doing.get('metadata')),
    cri(builder, view, process, doing.get('cri')),
    withWork(snapshots(builder, view), doing.get('snapshots')),
    withWork(tasks(builder, view), doing.get('tasks')),
  ];
  const rooms = contents.flatMap((room, i) =>
    hasRoom(view, process, room) ? [{ ...room, share: SHARES[i] as number }] : [],
  );
  const shares = sum(rooms.map((room) => room.share));
  let { x } = inside;
  let criX = 0;
  let tasksX = 0;
  rooms.forEach((room, i) => {
    const w = (inside.w * room.share) / shares;
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
      ...(room.layers === undefined
        ? {}
        : { blocks: layered(room.layers, { x: x + 9, y: box.y + 40, w: w - 18, h: box.h - 47 }) }),
      lit: doing.has(room.key),
      first: i === 0 && inside.x === box.x,
      select: { kind: 'topic', topics: room.topics, title: room.title ?? room.texts[0]?.text ?? '' },
    });
    if (room.key === 'cri') criX = x + w / 2;
    // Where there is no room for tasks, shims are begun by whoever answers.
    if (room.key === 'tasks' || (room.key === 'cri' && tasksX === 0)) tasksX = x + w / 2;
    x += w;
  });
  return { criX, tasksX };
}

/** Whose rooms are drawn, and daemons of its stratum beside it (dockerd in front of containerd). */
function runtimesOf(view: NodeView): { main: ProcessView | undefined; others: ProcessView[] } {
  const all = [...view.processes.values()].filter((p) => isOnNode(p.pid) && placeOf(p).role === 'cri-runtime');
  const alive = all.filter((p) => p.exitedAt === null);
  const candidates = alive.length > 0 ? alive : all.slice(-1);
  const main = candidates.find((p) => nameOf(p) === WITH_ROOMS) ?? candidates[0];
  return { main, others: alive.filter((p) => p !== main) };
}

const WITH_ROOMS = 'containerd';
const DAEMON_WIDTH = 150;

function beside(builder: SceneBuilder, others: readonly ProcessView[], box: Box): Box {
  if (others.length === 0) return box;
  const w = Math.min(DAEMON_WIDTH, box.w * 0.2);
  const h = (box.h - 14) / others.length;
  for (const [i, process] of others.entries())
    builder.process(
      process,
      {
        kind: 'support',
        stratum: 'cri-runtime',
        x: box.x + 8,
        y: box.y + 8 + i * h,
        w: w - 14,
        h: h - 3,
        level: 2,
      },
      [
        { text: nameOf(process), mono: true },
        { text: String(process.pid), soft: true },
      ],
    );
  return { ...box, x: box.x + w, w: box.w - w };
}

/** containerd has all of them, even empty; another runtime those of which it tells. */
function hasRoom(view: NodeView, process: ProcessView, room: { key: string; topics: readonly string[] }): boolean {
  if (nameOf(process) === WITH_ROOMS || room.key === 'cri') return true;
  return room.topics.some((topic) => statesOf(view, topic).some((state) => state.component === nameOf(process)));
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
    lit: serving.length > 0,
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
    key: 'content' as const,
    topics: ['content', 'blob'],
    texts: [
      { text: t('stage.content') },
      { text: t('stage.blobs', { count: blobs.length, size: bytesText(total) }), soft: true },
    ],
    bars: sizes.slice(-BARS_MAX).map((size) => ({ share: Math.max(0.06, Math.sqrt(size / largest)) })),
  };
}

function metadata({ t }: SceneBuilder, view: NodeView) {
  const images = statesOf(view, 'image');
  const containers = statesOf(view, 'container');
  return {
    key: 'metadata' as const,
    topics: ['image', 'container', 'namespace', 'lease'],
    texts: [
      { text: t('stage.metadata') },
      { text: t('stage.images', { count: images.length }), soft: true },
      { text: t('stage.containers', { count: containers.length }), soft: true },
    ],
  };
}

/** What the CRI plugin is doing: the calls it serves and the innermost work under way. */
function cri({ t }: SceneBuilder, view: NodeView, process: ProcessView, doing: Doing | undefined) {
  const plugin = nameOf(process) === WITH_ROOMS;
  const sandboxes = statesOf(view, 'sandbox');
  const texts: SceneText[] = [
    plugin ? { text: t('stage.cri') } : { text: `${nameOf(process)} ${process.pid}`, mono: true },
  ];
  for (const name of doing?.serving.slice(-2) ?? []) texts.push({ text: name, mono: true });
  for (const name of doing?.work.slice(-3) ?? []) texts.push({ text: `→ ${name}`, soft: true });
  if (texts.length === 1) texts.push({ text: t('stage.idle'), soft: true });
  if ((doing?.serving.length ?? 0) === 0 && (plugin || sandboxes.length > 0))
    texts.push({ text: t('stage.sandboxes', { count: sandboxes.length }), soft: true });
  return { key: 'cri' as const, topics: ['sandbox', 'cri-container'], texts };
}

type Doing = { readonly serving: readonly string[]; readonly work: readonly string[] };

/** A room's name, and what it is at just now. */
function withWork<T extends { texts: SceneText[] }>(room: T, doing: Doing | undefined): T & { title?: string } {
  const [title, ...rest] = room.texts;
  const last = doing?.work.at(-1) ?? doing?.serving.at(-1);
  return title === undefined || last === undefined
    ? room
    : { ...room, title: title.text, texts: [{ ...title, text: `${title.text} · ${last}` }, ...rest] };
}

/** Layers lie on layers: what images share is drawn once, under all of them; a container's own layer on top, hollow. */
function snapshots({ t }: SceneBuilder, view: NodeView) {
  const all = statesOf(view, 'snapshot');
  const snapshotter = all.map((s) => field(s.value, 'snapshotter')).find((name) => name !== '') ?? 'overlayfs';
  return {
    key: 'snapshots' as const,
    topics: ['snapshot'],
    texts: [
      { text: `${t('stage.snapshotter')} ${snapshotter}` },
      { text: t('stage.snapshots', { count: all.length }), soft: true },
    ],
    layers: snapshotTrees(view),
  };
}

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
    key: 'tasks' as const,
    topics: ['task'],
    texts: [
      { text: t('stage.tasks') },
      { text: t('stage.tasksRunning', { count: running }), soft: true },
      ...(all.length > running ? [{ text: t('stage.tasksOther', { count: all.length - running }), soft: true }] : []),
    ],
  };
}
