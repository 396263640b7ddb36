/** Lays the node out as a section drawing: strata from top to bottom, one column for each pod. Pure. */
import { cgroupUsage } from '../../projections/cgroups.ts';
import { kernelsOf } from '../../projections/kernels.ts';
import type { NodeView } from '../../projections/node-view.ts';
import { type PodRoom, podsOf } from '../../projections/rooms.ts';
import { NODE_KERNEL } from '../../sim/trace.ts';
import type { Translate } from '../messages/catalogue.ts';
import type { Selection } from '../selection.ts';
import { fitNames, type Named } from './living.ts';
import { LECTURE_TEXT, SceneBuilder } from './scene-builder.ts';
import { drawClients, drawOutside, drawPipe } from './scene-clients.ts';
import { arrange, arrangeFew } from './scene-columns.ts';
import { drawControlPlane, drawKubelet } from './scene-control.ts';
import { groundChips } from './scene-ground.ts';
import { drawGroup } from './scene-group.ts';
import { drawNetwork, type Standing } from './scene-network.ts';
import { drawPod } from './scene-pod.ts';
import { runtimeRooms } from './scene-rooms.ts';
import { rowsHeightMin, rowsOf } from './scene-rows.ts';
import { drawOciRuntimes, drawShims, shimsOf } from './scene-shims.ts';
import { MONO_CHAR, type Scene } from './scene-types.ts';

export type SceneOptions = {
  readonly width: number;
  readonly height: number;
  /** `lecture` draws fewer, larger things for the back row. */
  readonly detail: 'full' | 'lecture';
  readonly selection: Selection | null;
  /** What pods somebody looks for. */
  readonly filter?: string;
};

const LABELS_WIDTH = 118;
const MARGIN = 14;
/** Chips below the floor need a row of their own. */
const CHIPS_HEIGHT = 30;

function hasControlPlane(view: NodeView): boolean {
  for (const process of view.processes.values())
    if (process.layer === 'control-plane' && process.exitedAt === null) return true;
  return false;
}

/** What the drawing of this node needs at least; less room scales it down. */
export function heightMin(view: NodeView, detail: SceneOptions['detail']): number {
  return rowsHeightMin(detail === 'lecture', hasControlPlane(view));
}

export function buildScene(view: NodeView, t: Translate, options: SceneOptions): Scene {
  const lecture = options.detail === 'lecture';
  const width = Math.max(options.width, lecture ? 420 : 560);
  const height = Math.max(options.height, heightMin(view, options.detail));
  const builder = new SceneBuilder(t, options.detail, view.time);
  const left = lecture ? MARGIN : LABELS_WIDTH;
  const right = width - MARGIN;
  const processes = [...view.processes.values()].sort((a, b) => a.startSeq - b.startSeq);
  const controlPlane = hasControlPlane(view);
  const rows = rowsOf(height, lecture, controlPlane);
  const { controlY, clientsY, clientH, pipeY, pipeH, runtimeY, runtimeH, podsY, floorY, floorH } = rows;
  const kubeletAt = builder.nodes.length;
  const registriesX = drawOutside(builder, view, right, clientsY, clientH);
  const clientsX = drawKubelet(builder, processes, { x: left, y: clientsY, h: clientH }, pipeY);
  const pipe = drawPipe(builder, view, { x: left, y: pipeY, w: right - left, h: pipeH });
  const runtime = runtimeRooms(builder, view, { x: left, y: runtimeY, w: right - left, h: runtimeH });
  if (pipe && runtime !== null)
    builder.lines.push({
      id: 'pipe-runtime',
      stratum: 'cri',
      points: [
        [runtime.criX, pipeY + pipeH],
        [runtime.criX, runtimeY],
      ],
    });

  const pods = podsOf(view);
  const matches = matcher(options.filter ?? '');
  const columns = (lecture ? arrangeFew : arrange)(pods, left, right - left, matches ?? undefined);
  const columnOf = new Map<string, number>();
  for (const [i, column] of columns.entries()) {
    for (const pod of column.kind === 'pod' ? [column.pod] : column.pods) {
      columnOf.set(pod.id, i);
      for (const container of pod.containers) columnOf.set(container.id, i);
    }
  }
  // Shims and runtimes first: a container's first process grows out of what made it.
  const shims = shimsOf(processes, columns, columnOf);
  drawShims(builder, shims, columns, rows, runtime?.tasksX ?? null);
  drawOciRuntimes(builder, view, processes, columns, columnOf, rows, pods);
  const around = { view, usage: cgroupUsage(view) };
  const standing: Standing[] = [];
  for (const [i, column] of columns.entries()) {
    const box = { x: column.x, y: podsY, w: column.w, h: floorY - podsY };
    if (column.kind === 'group') drawGroup(builder, column, box, matches, shims.get(i) ?? []);
    else {
      drawPod(builder, around, column.pod, box, matches === null ? null : matches(column.pod));
      standing.push({ pod: column.pod, x: column.x, w: column.w });
    }
  }
  if (pods.length === 0)
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

  const before = builder.nodes.length;
  if (controlPlane) drawControlPlane(builder, processes, { x: left, y: controlY, w: right - left, h: rows.controlH });
  const clients = { x: clientsX, w: registriesX - clientsX, y: clientsY, h: clientH };
  const others = drawClients(builder, processes, clients);
  // They are read where they stand: above the runtime.
  builder.nodes.splice(kubeletAt, 0, ...builder.nodes.splice(before));

  const release = kernelsOf(view).get(NODE_KERNEL)?.release;
  const floor = { x: left - 8, y: floorY, w: right - left + 16, h: floorH };
  builder.add({
    id: 'floor',
    kind: 'floor',
    stratum: 'kernel',
    ...floor,
    level: 1,
    texts: [{ text: floorText(t, release, others, floor.w) }],
    select: release === undefined ? null : { kind: 'kernel', number: NODE_KERNEL },
  });
  if (!lecture) {
    const ground = { x: left, y: floorY + floorH, w: right - left, h: rows.groundH };
    const taken = drawNetwork(builder, view, standing, floorY, ground);
    if (ground.h - taken >= CHIPS_HEIGHT)
      groundChips(builder, view, pods, options.selection, { ...ground, y: ground.y + taken, h: ground.h - taken });
  }

  const { nodes } = builder;
  return {
    width,
    height,
    nodes,
    lines: builder.lines,
    strata: lecture
      ? []
      : [
          ...(controlPlane ? [{ stratum: 'control-plane' as const, y: controlY + rows.controlH / 2 + 4 }] : []),
          ...(clientsX > left ? [{ stratum: 'kubelet' as const, y: clientsY + clientH / 2 + 4 }] : []),
          { stratum: 'cri', y: pipeY + pipeH / 2 + 4 },
          { stratum: 'cri-runtime', y: runtimeY + runtimeH / 2 + 4 },
          { stratum: 'shim', y: rows.shimY + rows.shimH / 2 + 4 },
          { stratum: 'oci-runtime', y: rows.ociY + rows.ociH / 2 + 4 },
          { stratum: 'workload', y: (podsY + floorY) / 2 },
          { stratum: 'kernel', y: floorY + floorH / 2 + 4 },
        ],
    separators: lecture
      ? []
      : [
          ...(controlPlane ? [(controlY + rows.controlH + clientsY) / 2] : []),
          (clientsY + clientH + pipeY) / 2,
          (pipeY + pipeH + runtimeY) / 2,
          (runtimeY + runtimeH + rows.shimY) / 2,
          (rows.ociY + rows.ociH + podsY) / 2,
        ],
    nodeOfPid: builder.nodeOfPid,
    byId: new Map(nodes.map((node) => [node.id, node])),
    pidsOf: livingByNode(builder, view),
  };
}

function floorText(t: Translate, release: string | undefined, others: readonly Named[], width: number): string {
  if (others.length === 0) return release === undefined ? t('stage.floor') : t('stage.floorOf', { release });
  const name = release === undefined ? t('strata.kernel') : t('stage.floorName', { release });
  const charWidth = MONO_CHAR * LECTURE_TEXT;
  const room = width - (name.length + 8) * charWidth;
  return [name, ...fitNames(others, room, charWidth, 1)].join(' · ');
}

function livingByNode({ nodeOfPid }: SceneBuilder, view: NodeView): Map<string, string> {
  const out = new Map<string, string>();
  for (const [pid, id] of [...nodeOfPid].sort(([a], [b]) => a - b)) {
    if (view.processes.get(pid)?.exitedAt !== null) continue;
    const before = out.get(id);
    out.set(id, before === undefined ? String(pid) : `${before} ${pid}`);
  }
  return out;
}

/** Pods by what anybody would call them by: name, KubeNamespace, address, image, process. null without a question. */
function matcher(filter: string): ((pod: PodRoom) => boolean) | null {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return null;
  return (pod) =>
    [
      pod.name,
      pod.kubeNamespace,
      pod.address,
      pod.id,
      ...pod.containers.flatMap((c) => [c.name, c.image, c.id, ...c.processes.map((p) => p.comm)]),
    ].some((text) => text.toLowerCase().includes(wanted));
}
