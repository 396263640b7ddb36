/**
 * Pods that share a column: as tiles with names while those have room, as one cell each when they are many. What is in a
 * group is counted in its title, and each of its pods can be opened: nothing alive is missing from the drawing.
 */

import type { ProcessView } from '../../projections/node-view.ts';
import type { PodRoom } from '../../projections/rooms.ts';
import { byName, fitNames, livingOf, type Named } from './living.ts';
import type { SceneBuilder } from './scene-builder.ts';
import { roomName } from './scene-pod.ts';
import { type Box, MONO_CHAR, SANS_CHAR, type SceneText, shorten } from './scene-types.ts';

const HEAD = 20;
const TILE_WIDTH_MIN = 150;
const TILE_HEIGHT_MIN = 16;
const TILE_HEIGHT_MAX = 44;
const GAP = 4;
const CELL_MAX = 22;
const LINE = 14;
const NAMES_LINES_MIN = 2;
const NAMES_LINES_MAX = 5;
const CELLS_HEIGHT = 26;
const TWO_LINES_HEIGHT = 31;

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
  const title = t('stage.podGroup', { name, count: pods.length, ready });
  const livingIn = new Map(pods.map((pod) => [pod, livingOf(pod)]));
  const inPods = (some: readonly PodRoom[]): ProcessView[] => some.flatMap((pod) => livingIn.get(pod) ?? []);
  const all = byName(inPods(pods));
  const ownFloors = GUESTS.map((kind) => pods.filter((pod) => pod.guest?.kind === kind)).filter((on) => on.length > 0);
  const columns = Math.max(1, Math.min(pods.length, Math.floor((box.w - 12 + GAP) / (TILE_WIDTH_MIN + GAP))));
  const rows = Math.ceil(pods.length / columns);
  const tileH = Math.min(TILE_HEIGHT_MAX, (box.h - HEAD - 6 + GAP) / rows - GAP);
  const namesMax = Math.max(
    NAMES_LINES_MIN,
    Math.min(NAMES_LINES_MAX, Math.floor((box.h - HEAD - CELLS_HEIGHT) / LINE)),
  );
  const tiles = tileH >= TILE_HEIGHT_MIN;
  const hosted = byName(inPods(pods.filter((pod) => pod.guest === null)));
  const living = [
    ...fitNames(hosted, box.w - 16, MONO_CHAR, Math.max(1, namesMax - ownFloors.length)),
    ...ownFloors.map((on) => floorLine(builder, on, box.w - 16)),
  ];
  const head = tiles ? HEAD : HEAD + living.length * LINE;
  const inside = { x: box.x + 6, y: box.y + head, w: box.w - 12, h: box.h - head - 6 };
  builder.add({
    id,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    texts: [{ text: title, soft: true }, ...(tiles ? [] : living.map((text) => ({ text, mono: true })))],
    label: [title, ...all.map(({ text }) => text)].join(', '),
  });
  for (const pod of pods) for (const pid of pidsOf(pod)) builder.nodeOfPid.set(pid, id);
  const cell = tiles ? 0 : cellSize(inside, pods.length);
  const across = tiles ? columns : Math.max(1, Math.floor((inside.w + 1) / (cell + 1)));
  const tileW = (inside.w + GAP) / columns - GAP;
  for (const [i, pod] of pods.entries()) {
    const [column, row] = [i % across, Math.floor(i / across)];
    const place = tiles
      ? { x: inside.x + column * (tileW + GAP), y: inside.y + row * (tileH + GAP), w: tileW, h: tileH }
      : { x: inside.x + column * (cell + 1), y: inside.y + row * (cell + 1), w: cell, h: cell };
    const podName = nameOfPod(pod);
    const names = byName(livingIn.get(pod) ?? []);
    for (const pid of pidsOf(pod)) builder.nodeOfPid.set(pid, `pod:${pod.id}`);
    builder.add({
      id: `pod:${pod.id}`,
      kind: tiles ? 'row' : 'cell',
      stratum: 'workload',
      ...place,
      level: 2,
      dashed: !pod.ready,
      ...(found === null ? {} : { found: found(pod) }),
      label: [roomName(t, pod), ...names.map(({ text }) => text)].join(', '),
      texts: tiles ? tileTexts(podName + floorOf(builder, pod), names, place) : [],
      select: { kind: 'pod', id: pod.id },
    });
  }
}

export const GUESTS = ['vm', 'sentry'] as const;

/** Pods that do not stand on the host's floor, apart from those that do, and who lives in them. */
function floorLine(builder: SceneBuilder, pods: readonly PodRoom[], width: number): string {
  const [first] = pods;
  const head = `${pods.map(nameOfPod).join(', ')}${first === undefined ? '' : floorOf(builder, first)}: `;
  const names = fitNames(byName(pods.flatMap(livingOf)), width - head.length * MONO_CHAR, MONO_CHAR, 1);
  return `${head}${names[0] ?? ''}`;
}

export function nameOfPod(pod: PodRoom): string {
  return pod.name === '' ? pod.id.slice(0, 13) : pod.name;
}

/** A tile has no floor to be drawn on: whose kernel it is on is said. */
export function floorOf({ t }: SceneBuilder, pod: PodRoom): string {
  if (pod.guest === null) return '';
  return ` (${t(pod.guest.kind === 'vm' ? 'stage.ofVm' : 'stage.ofSentry')})`;
}

/** Its name and who lives in it; on one line who lives comes first, and the name has what is left. */
function tileTexts(name: string, living: readonly Named[], { w, h }: { w: number; h: number }): SceneText[] {
  const room = w - 16;
  if (h >= TWO_LINES_HEIGHT)
    return [{ text: name, mono: true }, ...fitNames(living, room, SANS_CHAR, 1).map((text) => ({ text, soft: true }))];
  const names = fitNames(living, room, MONO_CHAR, 1)[0] ?? '';
  const left = room - (names.length + 2) * MONO_CHAR;
  // A static pod is called after what runs in it.
  const told = living[0] !== undefined && name.startsWith(living[0].text);
  const head = names === '' ? name : told ? '' : shorten(name, left, MONO_CHAR);
  return [{ text: [head, names].filter((part) => part !== '').join(': '), mono: true }];
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
