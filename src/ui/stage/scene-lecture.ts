/**
 * The drawing for the back row: at most a dozen labels, and everybody who lives is named under one of them. Those pods
 * stand apart that the last command concerns, as many as there are labels for; the others share one room.
 */
import { isOnNode, NUMERALS, STANDING_NS, shortMethod } from '../../projections/layers.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { nameOf, placeOf } from '../../projections/roles.ts';
import type { ContainerRoom, PodRoom } from '../../projections/rooms.ts';
import { pidText } from '../format.ts';
import { concern } from './concerned.ts';
import { byName, fitNames, guestsOf, isAlive, livingOf, type Named } from './living.ts';
import { LECTURE_TEXT, type SceneBuilder } from './scene-builder.ts';
import { runningClient } from './scene-clients.ts';
import { type Column, SYSTEM } from './scene-columns.ts';
import { drawContainer, type Surroundings } from './scene-container.ts';
import { floorOf, GUESTS, nameOfPod, pidsOf } from './scene-group.ts';
import { roomName, titleOf } from './scene-pod.ts';
import type { Rows } from './scene-rows.ts';
import { ociStratum, ociText } from './scene-shims.ts';
import { type Box, MONO_CHAR, textWidth } from './scene-types.ts';

export const LECTURE_LABELS_MAX = 12;
const PODS_MAX = 3;
/** The room of the others, by how many stand apart from it. */
const OTHERS_SHARES = [1, 0.32, 0.27, 0.23];
const GAP = 12;
const CHAR = MONO_CHAR * LECTURE_TEXT;
const LINE = 14;
const HEAD = 22;
const WALL = 7;
const STILTS = 10;
export const GUEST_FLOOR = 16;
const OCI_SHARE = 0.28;

export type LecturePlan = {
  /** Whether the control plane has a row of its own; else it is named where it stands. */
  readonly control: boolean;
  /** Whether containers have walls of their own. */
  readonly walls: boolean;
  readonly columns: readonly Column[];
  /** Labels that are left for what is gone. */
  readonly spare: number;
};

type Asked = {
  readonly view: NodeView;
  readonly processes: readonly ProcessView[];
  readonly pods: readonly PodRoom[];
  readonly left: number;
  readonly width: number;
  readonly control: boolean;
  readonly wanted: ((pod: PodRoom) => boolean) | null;
};

export function planLecture({ view, processes, pods, left, width, control, wanted }: Asked): LecturePlan {
  const concerned = concern(view, processes);
  const rank = (pod: PodRoom): number => (wanted?.(pod) === true ? 3 : concerned(pod));
  const own = pods
    .filter((pod) => pod.kubeNamespace !== SYSTEM || rank(pod) > 0)
    .sort((a, b) => rank(b) - rank(a) || b.seq - a.seq);
  const [first] = own;
  const meant = own.filter((pod) => rank(pod) > 0 || pod === first).slice(0, PODS_MAX);
  const free = LECTURE_LABELS_MAX - labelsElsewhere(view, processes);
  const cost = (chosen: readonly PodRoom[]): number =>
    chosen.reduce((sum, pod) => sum + labelsOf(pod), pods.length > chosen.length ? 1 : 0);
  const shown: PodRoom[] = [];
  const keepsControl = control && cost(meant) < free;
  const left_ = keepsControl ? free - 1 : free;
  for (const pod of own) if (shown.length < PODS_MAX && cost([...shown, pod]) <= left_) shown.push(pod);
  const [only] = shown;
  const boxes = only?.containers.filter((container) => isDrawn(container, only)).length ?? 0;
  const walls = shown.length === 1 && only?.guest === null && cost(shown) + boxes <= left_;
  const spare = left_ - cost(shown) - (walls ? boxes : 0);
  return { control: keepsControl, walls, spare, columns: side(pods, shown, rank, left, width) };
}

/** The room, and the floor of its own if it has one. */
function labelsOf(pod: PodRoom): number {
  return pod.guest === null ? 1 : 2;
}

function labelsElsewhere(view: NodeView, processes: readonly ProcessView[]): number {
  const alive = processes.filter((process) => isAlive(process) && isOnNode(process.pid));
  const any = (wanted: (process: ProcessView) => boolean): number => Number(alive.some(wanted));
  const callsOut = [...view.calls.values()].some((call) => view.outside.has(call.to));
  // The pipe, the runtime, the floor, and everybody who has no place.
  return (
    4 +
    any((p) => p.layer === 'kubelet') +
    any((p) => placeOf(p).stratum === 'shim') +
    any((p) => isWorking(p, view)) +
    Number(runningClient(alive) !== undefined) +
    Number(callsOut)
  );
}

/** An oci-runtime at its work; one that only waits for its container's end is named in its pod. */
function isWorking(process: ProcessView, view: NodeView): boolean {
  const { role, stratum } = placeOf(process);
  return role === null && stratum === 'oci-runtime' && view.time - process.startedAt < STANDING_NS;
}

function side(
  pods: readonly PodRoom[],
  shown: readonly PodRoom[],
  rank: (pod: PodRoom) => number,
  left: number,
  width: number,
): Column[] {
  const others = pods.filter((pod) => !shown.includes(pod)).sort((a, b) => rank(b) - rank(a));
  const key = others.every((pod) => pod.kubeNamespace === SYSTEM) ? SYSTEM : 'others';
  const othersW = others.length === 0 ? 0 : width * (OTHERS_SHARES[shown.length] ?? 0);
  const each = (width - othersW + (others.length === 0 ? GAP : 0)) / Math.max(1, shown.length);
  const columns: Column[] = others.length === 0 ? [] : [{ kind: 'group', key, pods: others, x: left, w: othersW }];
  const x0 = left + othersW + (others.length === 0 ? 0 : GAP);
  const w = others.length === 0 ? each - GAP : (width - othersW - GAP * shown.length) / Math.max(1, shown.length);
  // In the order in which they came.
  for (const [i, pod] of pods.filter((pod) => shown.includes(pod)).entries())
    columns.push({ kind: 'pod', pod, x: x0 + i * (w + GAP), w });
  return columns;
}

/** What has ended is drawn while nothing has taken its place. */
function isDrawn(container: ContainerRoom, pod: PodRoom): boolean {
  if (container.sandbox) return false;
  return !pod.containers.some((other) => other.name === container.name && other.seq > container.seq);
}

/** One bar: every shim by name. Beside it the oci-runtime that works, or the last that did while there is a label for it. */
export function drawLectureShims(
  builder: SceneBuilder,
  processes: readonly ProcessView[],
  { columns, spare }: LecturePlan,
  rows: Rows,
  box: { readonly x: number; readonly w: number },
  runtimeX: number | null,
): void {
  const { shimY, shimH, runtimeY, runtimeH, podsY } = rows;
  const ofStratum = processes.filter((p) => isOnNode(p.pid) && placeOf(p).stratum === 'shim');
  const shims = ofStratum.filter(isAlive);
  const inPods = new Set(
    columns.flatMap((column) => (column.kind === 'pod' ? [column.pod] : column.pods)).flatMap(pidsOf),
  );
  const runtimes = processes.filter(
    (p) =>
      isOnNode(p.pid) &&
      !inPods.has(p.pid) &&
      !builder.nodeOfPid.has(p.pid) &&
      placeOf(p).role === null &&
      (placeOf(p).stratum === 'oci-runtime' || placeOf(p).stratum === 'cri-runtime'),
  );
  const working = runtimes.filter(isAlive);
  const gone = runtimes.filter((process) => ociStratum(process) === 'oci-runtime').at(-1);
  const shown = working.at(-1) ?? (spare > 0 ? gone : undefined);
  const w = shown === undefined ? box.w : box.w * (1 - OCI_SHARE) - GAP;
  if (shims.length > 0) {
    const names = byName(shims, nameOf, (process) => `${nameOf(process)} ${process.pid}`);
    const label = names.map(({ text }) => text).join(' · ');
    builder.add({
      id: 'shims',
      kind: 'shim',
      stratum: 'shim',
      x: box.x,
      y: shimY,
      w,
      h: shimH,
      level: 1,
      texts: fitNames(names, w - 32, CHAR, 1).map((text) => ({ text, mono: true })),
      label,
      select: { kind: 'processes', title: label, pids: shims.map(({ pid }) => pid) },
    });
    for (const { pid } of ofStratum) builder.nodeOfPid.set(pid, 'shims');
    if (runtimeX !== null)
      builder.lines.push({
        id: 'shims-up',
        stratum: null,
        points: [
          [Math.min(runtimeX, box.x + w - 14), runtimeY + runtimeH],
          [Math.min(runtimeX, box.x + w - 14), shimY],
        ],
      });
    for (const column of columns.filter(({ x }) => x + 14 < box.x + w))
      builder.lines.push({
        id: `shims-down:${column.x}`,
        stratum: null,
        points: [
          [column.x + 14, shimY + shimH],
          [column.x + 14, podsY],
        ],
      });
  }
  if (shown === undefined) return;
  const at = { x: box.x + w + GAP, y: shimY, w: box.w - w - GAP, h: shimH };
  const texts = [{ text: ociText(shown), mono: true }];
  const node = builder.process(shown, { kind: 'oci', stratum: ociStratum(shown), ...at, level: 1 }, texts);
  for (const { pid } of working) builder.nodeOfPid.set(pid, node.id);
}

/** The others as one: by name, apart from those who do not stand on the floor of the host. */
export function drawLectureGroup(
  builder: SceneBuilder,
  around: Pick<Surroundings, 'view'>,
  { key, pods }: { readonly key: 'kube-system' | 'others'; readonly pods: readonly PodRoom[] },
  box: Box,
  /** The control plane is named above. */
  control: boolean,
): void {
  const { t } = builder;
  const id = `group:${key}`;
  const name = key === 'others' ? t('stage.otherPods') : key;
  const counts = { name, count: pods.length, ready: pods.filter((pod) => pod.ready).length };
  const whole = t('stage.podGroup', counts);
  const title = textWidth(whole, CHAR) + 2 * CHAR < box.w ? whole : t('stage.podGroupShort', counts);
  const waiting = waitingFor(builder, around, pods);
  const onHost = [
    ...pods.flatMap((pod) =>
      pod.guest === null ? livingOf(pod) : pod.support.map(({ process }) => process).filter(isAlive),
    ),
    ...waiting,
  ];
  const above = control ? onHost.filter((process) => process.layer === 'control-plane') : [];
  const hosted: Named[] = [
    ...(above.length === 0
      ? []
      : [{ text: `${t('strata.control-plane')} ${NUMERALS['control-plane']}`, count: above.length }]),
    ...byName(onHost.filter((process) => !above.includes(process))),
  ];
  const floors = GUESTS.map((kind) => pods.filter((pod) => pod.guest?.kind === kind)).filter((on) => on.length > 0);
  const lines = Math.max(2, Math.floor((box.h - 21) / LINE));
  const each = Math.max(1, Math.floor((lines - 1) / (floors.length + 1)));
  const told = [
    ...fitNames(hosted, box.w - 16, CHAR, Math.max(1, lines - floors.length * each)),
    ...floors.flatMap((on) => fitNames(floorNames(builder, on), box.w - 16, CHAR, each)),
  ];
  const pids = [...pods.flatMap(pidsOf), ...waiting.map((process) => process.pid)];
  builder.add({
    id,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    texts: [{ text: title, soft: true }, ...told.map((text) => ({ text, mono: true }))],
    label: [whole, ...byName(pods.flatMap(livingOf)).map(({ text }) => text)].join(', '),
    select: { kind: 'processes', title, pids },
  });
  for (const pid of pids) builder.nodeOfPid.set(pid, id);
}

/** Oci-runtimes that wait on the host for the end of these pods' containers. */
function waitingFor(
  { nodeOfPid }: SceneBuilder,
  { view }: Pick<Surroundings, 'view'>,
  pods: readonly PodRoom[],
): ProcessView[] {
  const ids = new Set(pods.flatMap((pod) => [pod.id, ...pod.containers.map(({ id }) => id)]));
  return [...view.processes.values()].filter(
    (p) =>
      isAlive(p) &&
      isOnNode(p.pid) &&
      !nodeOfPid.has(p.pid) &&
      placeOf(p).role === null &&
      placeOf(p).stratum === 'oci-runtime' &&
      !isWorking(p, view) &&
      p.argv.some((word) => ids.has(word)),
  );
}

/** Whose floor it is, and who stands on it. */
function floorNames(builder: SceneBuilder, pods: readonly PodRoom[]): Named[] {
  const [first] = pods;
  const head = first === undefined ? '' : `${pods.map(nameOfPod).join(', ')}${floorOf(builder, first)}`;
  const [one, ...more] = byName(pods.flatMap(onOwnFloor));
  return one === undefined ? [{ text: head, count: 0 }] : [{ text: `${head}: ${one.text}`, count: one.count }, ...more];
}

function onOwnFloor(pod: PodRoom): ProcessView[] {
  const containers = [...pod.containers].sort((a, b) => Number(a.sandbox) - Number(b.sandbox));
  return [...containers.flatMap(({ processes }) => processes), ...guestsOf(pod)].filter(isAlive);
}

/** A pod that stands apart. On the host's floor its people are named in it; on a floor of its own they stand on that. */
export function drawLecturePod(
  builder: SceneBuilder,
  around: Surroundings,
  pod: PodRoom,
  box: Box,
  { found, walls }: { readonly found: boolean | null; readonly walls: boolean },
): void {
  const { t } = builder;
  const { guest } = pod;
  const whole = titleOf(t, around, pod);
  // The beginning of an address is none.
  const title = textWidth(whole, CHAR) + 2 * CHAR < box.w ? whole : roomName(t, pod);
  const support = [...pod.support.map(({ process }) => process), ...waitingFor(builder, around, [pod])];
  const pause = pod.containers.filter((container) => container.sandbox).flatMap(({ processes }) => processes);
  const inside = guest === null && !walls ? onOwnFloor(pod) : guest === null ? pause : [];
  const room = box.w - 16;
  const ended = endedTexts(builder, pod, room);
  const lines = Math.max(1, guest === null && !walls ? Math.floor((box.h - HEAD) / LINE) - ended.length : 2);
  const names = fitNames(byName([...inside, ...support]), room, CHAR, lines);
  const empty = pod.pod && !pod.containers.some((container) => !container.sandbox);
  const pulling = [...around.view.calls.values()].some((call) => shortMethod(call.method) === 'PullImage');
  const notes = [...(empty ? [pulling ? t('stage.pulling') : t('stage.noContainers')] : []), ...(walls ? [] : ended)];
  const id = `pod:${pod.id}`;
  builder.add({
    id,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    dashed: !pod.ready,
    ...(found === null ? {} : { found }),
    texts: [{ text: title, soft: true }, ...[...names, ...notes].map((text) => ({ text, mono: true }))],
    label: [whole, ...byName([...inside, ...support]).map(({ text }) => text), ...notes].join(', '),
    select: { kind: 'pod', id: pod.id },
  });
  for (const pid of [...pidsOf(pod), ...support.map((process) => process.pid)]) builder.nodeOfPid.set(pid, id);
  const head = HEAD + (names.length + notes.length) * LINE;
  const rest = { x: box.x + 8, y: box.y + head, w: room, h: box.h - head };
  if (guest === null && walls) drawWalls(builder, around, pod, rest);
  else if (guest !== null) drawOwnFloor(builder, pod, rest);
}

/** Of containers that have ended and not been replaced: what they were, and how it ended, which is worth a line of its own. */
function endedTexts({ t }: SceneBuilder, pod: PodRoom, room: number): string[] {
  const ended = pod.containers
    .filter((container) => container.state === 'exited' && isDrawn(container, pod))
    .map(({ name, processes: [main] }) => [
      main?.comm ?? name,
      main === undefined ? t('stage.ended') : t('stage.exited', { code: main.exitSignal ?? main.exitCode }),
    ]);
  const line = ended.map((words) => words.join(' ')).join(' · ');
  if (ended.length === 0 || textWidth(line, CHAR) <= room) return line === '' ? [] : [line];
  return ended.flat();
}

function drawWalls(builder: SceneBuilder, around: Surroundings, pod: PodRoom, box: Box): void {
  const containers = pod.containers.filter((container) => isDrawn(container, pod));
  const each = box.w / Math.max(1, containers.length);
  for (const [i, container] of containers.entries())
    drawContainer(
      builder,
      around,
      container,
      { ...box, x: box.x + i * each, w: each - (i + 1 < containers.length ? 5 : 0) },
      'host',
    );
}

/** A hypervisor's walls, or the stilts of a Sentry; on the floor that they carry stand those who share it. */
function drawOwnFloor(builder: SceneBuilder, pod: PodRoom, box: Box): void {
  const { t } = builder;
  const { guest } = pod;
  const carrier = pod.support.find(({ process }) => process.pid === guest?.carrier)?.process;
  if (guest === null || carrier === undefined) return;
  const machine = guest.kind === 'vm';
  const inner = machine
    ? { x: box.x + WALL, y: box.y + WALL, w: box.w - 2 * WALL, h: box.h - 2 * WALL }
    : { ...box, h: box.h - STILTS };
  if (machine)
    builder.process(
      carrier,
      { kind: 'vm', stratum: 'oci-runtime', ...box, level: 2 },
      [],
      false,
      `${nameOf(carrier)} ${pidText(carrier.pid)}`,
    );
  else
    builder.add({
      id: `stilts:${carrier.pid}`,
      kind: 'stilts',
      stratum: 'oci-runtime',
      x: box.x,
      y: box.y + box.h - STILTS,
      w: box.w,
      h: STILTS,
      level: 2,
      texts: [],
      label: t('stage.sentry', { release: guest.release }),
    });
  const people = byName(onOwnFloor(pod));
  const lines = Math.max(1, Math.floor((inner.h - GUEST_FLOOR - 4) / LINE));
  const kernel = machine
    ? `${NUMERALS.kernel} ${t('stage.guestKernel', { release: guest.release })}`
    : `${NUMERALS['oci-runtime']} Sentry: ${t('stage.sentryKernelShort')}`;
  const id = `kernel:${guest.number}`;
  builder.add({
    id,
    kind: 'guest-room',
    stratum: machine ? 'kernel' : 'oci-runtime',
    ...inner,
    level: 3,
    texts: [...fitNames(people, inner.w - 16, CHAR, lines).map((text) => ({ text, mono: true })), { text: kernel }],
    label: [kernel, ...people.map(({ text }) => text)].join(', '),
    select: { kind: 'kernel', number: guest.number },
  });
  for (const process of [...onOwnFloor(pod), ...pod.guestProcesses]) builder.nodeOfPid.set(process.pid, id);
}
