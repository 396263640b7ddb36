/** Lays the node out as a section drawing: strata from top to bottom, one column for each pod. Pure. */
import { shortCommand } from '../../projections/hops.ts';
import type { Stratum } from '../../projections/layers.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { type PodRoom, podsOf, shimIdOf } from '../../projections/rooms.ts';
import type { Translate } from '../messages/catalogue.ts';
import type { Selection } from '../selection.ts';
import { SceneBuilder } from './scene-builder.ts';
import { drawControlPlane, drawKubelet } from './scene-control.ts';
import { groundChips } from './scene-ground.ts';
import { arrange, drawGroup } from './scene-group.ts';
import { drawPod } from './scene-pod.ts';
import { runtimeRooms } from './scene-rooms.ts';
import { MONO_CHAR, type Scene } from './scene-types.ts';

export type SceneOptions = {
  readonly width: number;
  readonly height: number;
  /** `lecture` draws fewer, larger things for the back row. */
  readonly detail: 'full' | 'lecture';
  readonly selection: Selection | null;
};

const LABELS_WIDTH = 118;
const MARGIN = 14;
const HEIGHT_MIN = 500;
/** At 1080p with its terminal a lecture's drawing is about twice as tall: text of 12 is then 24 px. */
const LECTURE_HEIGHT_MIN = 290;
/** A row for the control plane, with the space below it. */
const CONTROL_PLANE_HEIGHT = 44;
const COLUMN_WIDTH_MAX = 380;
const COLUMN_WIDTH_MIN = 132;

function hasControlPlane(view: NodeView): boolean {
  for (const process of view.processes.values())
    if (process.layer === 'control-plane' && process.exitedAt === null) return true;
  return false;
}

/** What the drawing of this node needs at least; less room scales it down. */
export function heightMin(view: NodeView, detail: SceneOptions['detail']): number {
  return (detail === 'lecture' ? LECTURE_HEIGHT_MIN : HEIGHT_MIN) + (hasControlPlane(view) ? CONTROL_PLANE_HEIGHT : 0);
}

/** The rows from top to bottom; what is left over goes to the rooms and the pods. */
function rowsOf(height: number, lecture: boolean, controlPlane: boolean) {
  const least = (lecture ? LECTURE_HEIGHT_MIN : HEIGHT_MIN) + (controlPlane ? CONTROL_PLANE_HEIGHT : 0);
  const extra = Math.max(0, height - least);
  const gap = (base: number): number => base * (lecture ? 0.5 : 1) + extra * 0.02;
  const controlY = lecture ? 8 : 14;
  const clientsY = controlY + (controlPlane ? CONTROL_PLANE_HEIGHT : 0);
  const clientH = lecture ? 26 : 36;
  const pipeY = clientsY + clientH + gap(26);
  const runtimeY = pipeY + 24 + gap(16);
  const runtimeH = (lecture ? 34 : 96) + extra * 0.3;
  const shimY = runtimeY + runtimeH + gap(24);
  const shimH = lecture ? 24 : 34;
  const ociY = shimY + shimH + gap(18);
  const podsY = ociY + (lecture ? 24 : 30) + gap(14);
  const groundH = lecture ? 4 : 56;
  return {
    controlY,
    clientsY,
    clientH,
    pipeY,
    runtimeY,
    runtimeH,
    shimY,
    shimH,
    ociY,
    podsY,
    groundH,
    floorY: height - groundH - 24,
  };
}

export function buildScene(view: NodeView, t: Translate, options: SceneOptions): Scene {
  const lecture = options.detail === 'lecture';
  const width = Math.max(options.width, lecture ? 420 : 560);
  const height = Math.max(options.height, heightMin(view, options.detail));
  const builder = new SceneBuilder(t, options.detail);
  const left = lecture ? MARGIN : LABELS_WIDTH;
  const right = width - MARGIN;
  const processes = [...view.processes.values()].sort((a, b) => a.startSeq - b.startSeq);
  const controlPlane = hasControlPlane(view);
  const { controlY, clientsY, pipeY, runtimeY, runtimeH, shimY, shimH, ociY, podsY, floorY, groundH } = rowsOf(
    height,
    lecture,
    controlPlane,
  );
  const registriesX = drawOutside(builder, view, right, clientsY);
  const clientsX = drawKubelet(builder, processes, { x: left, y: clientsY, h: lecture ? 26 : 36 }, pipeY);
  drawClients(builder, processes, clientsX, registriesX, clientsY, lecture);
  const pipe = drawPipe(builder, view, left, right, pipeY);
  const runtime = runtimeRooms(builder, view, { x: left, y: runtimeY, w: right - left, h: runtimeH });
  if (pipe && runtime !== null) {
    builder.lines.push({
      id: 'pipe-runtime',
      stratum: 'cri',
      points: [
        [runtime.criX, pipeY + 24],
        [runtime.criX, runtimeY],
      ],
    });
  }

  const pods = podsOf(view);
  const { groups, shown } = arrange(pods, right - left, COLUMN_WIDTH_MIN);
  const columns = Math.max(1, groups.length + shown.length);
  const columnW = Math.min(COLUMN_WIDTH_MAX, (right - left) / columns);
  const columnOf = new Map<string, number>();
  const claim = (pod: PodRoom, column: number): void => {
    columnOf.set(pod.id, column);
    for (const container of pod.containers) columnOf.set(container.id, column);
  };
  for (const [i, group] of groups.entries()) {
    for (const pod of group.pods) claim(pod, i);
    drawGroup(builder, group, { x: left + i * columnW, y: podsY, w: columnW - 12, h: floorY - podsY });
  }
  for (const [i, pod] of shown.entries()) {
    const column = groups.length + i;
    claim(pod, column);
    drawPod(builder, view, pod, { x: left + column * columnW, y: podsY, w: columnW - 12, h: floorY - podsY });
  }
  if (controlPlane)
    drawControlPlane(builder, processes, { x: left, y: controlY, w: right - left, h: lecture ? 26 : 30 });
  if (pods.length === 0) {
    builder.add({
      id: 'note:no-pods',
      kind: 'note',
      stratum: 'workload',
      x: left,
      y: floorY - 34,
      w: 240,
      h: 24,
      level: 2,
      texts: [{ text: t('stage.noPods'), soft: true }],
    });
  }

  const inColumn = (list: ProcessView[]): Map<number, ProcessView[]> => {
    const out = new Map<number, ProcessView[]>();
    for (const process of list) {
      const id = shimIdOf(process) ?? process.argv.find((word) => columnOf.has(word)) ?? '';
      const column = columnOf.get(id) ?? columns - 1;
      const there = out.get(column);
      if (there === undefined) out.set(column, [process]);
      else there.push(process);
    }
    return out;
  };
  const free = (layer: Stratum): ProcessView[] =>
    processes.filter((p) => p.layer === layer && !builder.nodeOfPid.has(p.pid));
  for (const [column, list] of inColumn(free('shim'))) {
    const box = { x: left + column * columnW, y: shimY, w: columnW - 12 };
    const group = groups[column];
    if (group !== undefined && list.length > 1) {
      const id = `shims:${group.key}`;
      for (const process of list) builder.nodeOfPid.set(process.pid, id);
      const name = list[0]?.path.split('/').at(-1) ?? '';
      builder.add({
        id,
        kind: 'shim',
        stratum: 'shim',
        ...box,
        h: shimH,
        level: 1,
        texts: [
          { text: t('stage.shimGroup', { count: list.filter((p) => p.exitedAt === null).length, name }), mono: true },
        ],
        select: list[0] === undefined ? null : { kind: 'process', pid: list[0].pid },
      });
      continue;
    }
    for (const { process, x, w } of sideBySide(list, box.x, box.w)) {
      const node = builder.process(process, { kind: 'shim', stratum: 'shim', x, y: shimY, w, h: shimH, level: 1 }, [
        {
          text:
            process.exitedAt === null
              ? process.path.split('/').at(-1) || process.comm
              : shortCommand(process.argv, process.comm),
          mono: true,
        },
        { text: String(process.pid), soft: true },
      ]);
      if (process.exitedAt !== null) continue;
      if (runtime !== null) {
        const middle = node.x + Math.min(40, node.w / 2);
        const between = (runtimeY + runtimeH + shimY) / 2;
        builder.lines.push({
          id: `shim-up:${process.pid}`,
          stratum: null,
          points: [
            [runtime.tasksX, runtimeY + runtimeH],
            [runtime.tasksX, between],
            [middle, between],
            [middle, shimY],
          ],
        });
      }
      builder.lines.push({
        id: `shim-down:${process.pid}`,
        stratum: null,
        points: [
          [node.x + 14, shimY + shimH],
          [node.x + 14, podsY],
        ],
      });
    }
  }
  for (const [column, list] of inColumn(free('oci-runtime'))) {
    const recent = list.filter((p) => p.exitedAt === null).concat(list.filter((p) => p.exitedAt !== null).slice(-3));
    const x0 = left + column * columnW + 26;
    for (const { process, x, w } of sideBySide(recent.slice(-4), x0, columnW - 38)) {
      builder.process(
        process,
        { kind: 'oci', stratum: 'oci-runtime', x, y: ociY, w: Math.min(w, 150), h: lecture ? 24 : 28, level: 1 },
        [
          {
            text: process.comm.startsWith('runc:') ? process.comm : shortCommand(process.argv, process.comm),
            mono: true,
          },
        ],
        true,
      );
    }
  }

  builder.add({
    id: 'floor',
    kind: 'floor',
    stratum: 'kernel',
    x: left - 8,
    y: floorY,
    w: right - left + 16,
    h: 24,
    level: 1,
    texts: [{ text: t('stage.floor') }],
  });
  if (!lecture)
    groundChips(builder, view, pods, options.selection, { x: left, y: floorY + 24, w: right - left, h: groundH });

  const { nodes } = builder;
  return {
    width,
    height,
    nodes,
    lines: builder.lines,
    strata: lecture
      ? []
      : [
          ...(controlPlane ? [{ stratum: 'control-plane' as const, y: controlY + 20 }] : []),
          ...(clientsX > left ? [{ stratum: 'kubelet' as const, y: clientsY + 22 }] : []),
          { stratum: 'cri', y: pipeY + 16 },
          { stratum: 'cri-runtime', y: runtimeY + runtimeH / 2 },
          { stratum: 'shim', y: shimY + 21 },
          { stratum: 'oci-runtime', y: ociY + 19 },
          { stratum: 'workload', y: (podsY + floorY) / 2 },
          { stratum: 'kernel', y: floorY + 16 },
        ],
    separators: lecture
      ? []
      : [...(controlPlane ? [clientsY - 7] : []), pipeY - 13, runtimeY - 9, shimY - 12, podsY - 7],
    nodeOfPid: builder.nodeOfPid,
    byId: new Map(nodes.map((node) => [node.id, node])),
  };
}

function sideBySide(
  list: readonly ProcessView[],
  x: number,
  w: number,
): { process: ProcessView; x: number; w: number }[] {
  const each = w / Math.max(1, list.length);
  return list.map((process, i) => ({ process, x: x + i * each, w: each - (list.length > 1 ? 6 : 0) }));
}

/** Machines beyond the node that a command called, at the upper right; returns where they begin. */
function drawOutside(builder: SceneBuilder, view: NodeView, right: number, y: number): number {
  let end = right;
  const drawn = new Map<string, string>();
  for (const [pid, address] of view.outside) {
    const known = drawn.get(address);
    if (known !== undefined) {
      builder.nodeOfPid.set(pid, known);
      continue;
    }
    const w = 24 + address.length * MONO_CHAR;
    if (end - w < right / 2) break;
    end -= w;
    const id = `outside:${address}`;
    drawn.set(address, id);
    builder.nodeOfPid.set(pid, id);
    builder.add({
      id,
      kind: 'registry',
      stratum: null,
      x: end,
      y,
      w,
      h: builder.detail === 'lecture' ? 26 : 36,
      level: 1,
      texts: [
        { text: address, mono: true },
        { text: builder.t('stage.registry'), soft: true },
      ],
    });
    end -= 10;
  }
  return end;
}

/** Long-running services stand at the right, what a person runs at the left. */
function drawClients(
  builder: SceneBuilder,
  processes: readonly ProcessView[],
  left: number,
  right: number,
  y: number,
  lecture: boolean,
): void {
  const own = processes.filter((p) => p.layer === 'client' || (p.layer === null && p.pid !== 0));
  const services = own.filter((p) => p.exitedAt === null && isService(p));
  const typed = own.filter((p) => !isService(p));
  const words = (process: ProcessView): string => process.argv.join(' ').replace(/^\/\S*\//, '') || process.comm;
  let end = right;
  for (const process of lecture ? [] : services) {
    const w = Math.min(150, 20 + process.comm.length * MONO_CHAR);
    if (end - w < left + (right - left) * 0.6) break;
    end -= w;
    builder.process(process, { kind: 'service', stratum: null, x: end, y: y + 4, w, h: 28, level: 1 }, [
      { text: process.comm, mono: true, soft: true },
    ]);
    end -= 8;
  }
  let x = left;
  const alive = typed.filter((p) => p.exitedAt === null);
  const gone = typed.filter((p) => p.exitedAt !== null && p.path !== '').slice(-3);
  for (const process of [...alive, ...gone]) {
    const w = Math.min(230, Math.max(72, 24 + words(process).length * MONO_CHAR));
    if (x + w > end - 8) break;
    builder.process(process, { kind: 'client', stratum: null, x, y, w, h: lecture ? 26 : 36, level: 1 }, [
      { text: words(process), mono: true },
      { text: String(process.pid), soft: true },
    ]);
    x += w + 12;
  }
}

/** What init started: daemons, and the login that carries the learner's shell. */
function isService(process: ProcessView): boolean {
  return process.pid === 1 || process.ppid === 1 || /^\/(system\.slice|init\.scope)/.test(process.cgroup);
}

/** The CRI is a pipe that can be seen only while something listens at its end. */
function drawPipe(builder: SceneBuilder, view: NodeView, left: number, right: number, y: number): boolean {
  const socket = [...view.sockets.values()].find((s) => /(containerd|crio)\.sock$/.test(s.address));
  const known = socket !== undefined;
  builder.add({
    id: 'pipe',
    kind: 'pipe',
    stratum: 'cri',
    x: left,
    y,
    w: right - left,
    h: 24,
    level: 1,
    ghost: !known,
    texts: [{ text: known ? `unix://${socket.address}` : builder.t('stage.noSocket'), mono: known }],
    select: known ? { kind: 'socket', address: socket.address } : null,
  });
  return known;
}
