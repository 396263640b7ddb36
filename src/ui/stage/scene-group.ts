/**
 * Pods that share a column: as tiles with names while those have room, as one cell each when they are many. What is in a
 * group is counted in its title, and each of its pods can be opened: nothing alive is missing from the drawing.
 */
import type { PodRoom } from '../../projections/rooms.ts';
import type { SceneBuilder } from './scene-builder.ts';
import type { Box } from './scene-types.ts';

const HEAD = 20;
const TILE_WIDTH_MIN = 150;
const TILE_HEIGHT_MIN = 16;
const TILE_HEIGHT_MAX = 44;
const GAP = 4;
const CELL_MAX = 22;

export function drawGroup(
  builder: SceneBuilder,
  group: { readonly key: 'kube-system' | 'others'; readonly pods: readonly PodRoom[] },
  box: Box,
  found: ((pod: PodRoom) => boolean) | null,
): void {
  const { t } = builder;
  const { key, pods } = group;
  const name = key === 'others' ? t('stage.otherPods') : key;
  const id = `group:${key}`;
  const ready = pods.filter((pod) => pod.ready).length;
  builder.add({
    id,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    texts: [{ text: t('stage.podGroup', { name, count: pods.length, ready }), soft: true }],
  });
  for (const pod of pods) for (const pid of pidsOf(pod)) builder.nodeOfPid.set(pid, id);
  if (builder.detail === 'lecture') return;
  const inside = { x: box.x + 6, y: box.y + HEAD, w: box.w - 12, h: box.h - HEAD - 6 };
  const columns = Math.max(1, Math.min(pods.length, Math.floor((inside.w + GAP) / (TILE_WIDTH_MIN + GAP))));
  const rows = Math.ceil(pods.length / columns);
  const tileH = Math.min(TILE_HEIGHT_MAX, (inside.h + GAP) / rows - GAP);
  const tiles = tileH >= TILE_HEIGHT_MIN;
  const cell = tiles ? 0 : cellSize(inside, pods.length);
  const across = tiles ? columns : Math.max(1, Math.floor((inside.w + 1) / (cell + 1)));
  const tileW = (inside.w + GAP) / columns - GAP;
  for (const [i, pod] of pods.entries()) {
    const [column, row] = [i % across, Math.floor(i / across)];
    const place = tiles
      ? { x: inside.x + column * (tileW + GAP), y: inside.y + row * (tileH + GAP), w: tileW, h: tileH }
      : { x: inside.x + column * (cell + 1), y: inside.y + row * (cell + 1), w: cell, h: cell };
    const podName = pod.name === '' ? pod.id.slice(0, 13) : pod.name;
    // The workload first: where a tile is narrow, pause is what its text loses.
    const byWorkload = [...pod.containers].sort((a, b) => Number(a.sandbox) - Number(b.sandbox));
    const running = byWorkload.flatMap((container) => container.processes.slice(0, 1));
    for (const pid of pidsOf(pod)) builder.nodeOfPid.set(pid, `pod:${pod.id}`);
    builder.add({
      id: `pod:${pod.id}`,
      kind: tiles ? 'row' : 'cell',
      stratum: 'workload',
      ...place,
      level: 2,
      dashed: !pod.ready,
      ...(found === null ? {} : { found: found(pod) }),
      label: t('stage.pod', { name: podName }),
      texts: tiles
        ? [
            { text: podName, mono: true },
            { text: running.map((process) => `${process.comm} ${process.pid}`).join(', '), soft: true },
          ]
        : [],
      select: { kind: 'pod', id: pod.id },
    });
  }
}

export function pidsOf(pod: PodRoom): number[] {
  return [
    ...pod.containers.flatMap((container) => container.processes.map((process) => process.pid)),
    ...pod.support.map(({ process }) => process.pid),
    ...pod.guestProcesses.map((process) => process.pid),
  ];
}

/** The largest square of which `count` fit. */
function cellSize(box: Box, count: number): number {
  for (let size = CELL_MAX; size > 3; size--) {
    if (Math.floor((box.w + 1) / (size + 1)) * Math.floor((box.h + 1) / (size + 1)) >= count) return size;
  }
  return 3;
}
