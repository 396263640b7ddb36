/** Lays the node out as a section drawing: strata from top to bottom, one column for each pod. Pure. */
import { cgroupUsage } from '../../projections/cgroups.ts';
import { kernelsOf } from '../../projections/kernels.ts';
import { NUMERALS } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import { type PodRoom, podsOf } from '../../projections/rooms.ts';
import { NODE_KERNEL } from '../../sim/trace.ts';
import type { Translate } from '../messages/catalogue.ts';
import type { Selection } from '../selection.ts';
import { concern } from './concerned.ts';
import { SceneBuilder } from './scene-builder.ts';
import { drawClients, drawOutside, drawPipe } from './scene-clients.ts';
import { arrange } from './scene-columns.ts';
import { drawControlPlane, drawKubelet } from './scene-control.ts';
import { groundChips } from './scene-ground.ts';
import { drawGroup } from './scene-group.ts';
import { drawLectureGroup, drawLecturePod, drawLectureShims, planLecture } from './scene-lecture.ts';
import { drawNetwork, type Standing } from './scene-network.ts';
import { drawPod } from './scene-pod.ts';
import { runtimeRooms } from './scene-rooms.ts';
import { rowsHeightMin, rowsOf } from './scene-rows.ts';
import { drawOciRuntimes, drawShims } from './scene-shims.ts';
import type { Scene } from './scene-types.ts';

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
const POST_WIDTH = 5;
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
  const pods = podsOf(view);
  const matches = matcher(options.filter ?? '');
  const asked = { view, processes, pods, left, width: right - left, wanted: matches };
  const plan = lecture ? planLecture({ ...asked, control: hasControlPlane(view) }) : null;
  const controlPlane = plan?.control ?? hasControlPlane(view);
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

  const columns = plan?.columns ?? arrange(pods, left, right - left, matches ?? undefined, concern(view, processes));
  const columnOf = new Map<string, number>();
  for (const [i, column] of columns.entries()) {
    for (const pod of column.kind === 'pod' ? [column.pod] : column.pods) {
      columnOf.set(pod.id, i);
      for (const container of pod.containers) columnOf.set(container.id, i);
    }
  }
  // Shims and runtimes first: a container's first process grows out of what made it.
  if (plan === null) {
    drawShims(builder, processes, columns, columnOf, rows, runtime?.tasksX ?? null);
    drawOciRuntimes(builder, view, processes, columns, columnOf, rows, pods);
  }
  const around = { view, usage: cgroupUsage(view) };
  const standing: Standing[] = [];
  const podsAt = builder.nodes.length;
  for (const column of columns) {
    const box = { x: column.x, y: podsY, w: column.w, h: floorY - podsY };
    if (column.kind === 'group') {
      if (plan === null) drawGroup(builder, column, box, matches);
      else drawLectureGroup(builder, around, column, box, plan.control);
    } else {
      const found = matches === null ? null : matches(column.pod);
      if (plan === null) drawPod(builder, around, column.pod, box, found);
      else drawLecturePod(builder, around, column.pod, box, { found, walls: plan.walls });
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

  if (plan !== null) {
    const shimsAt = builder.nodes.length;
    drawLectureShims(builder, processes, plan, rows, { x: left, w: right - left }, runtime?.tasksX ?? null);
    builder.nodes.splice(podsAt, 0, ...builder.nodes.splice(shimsAt));
  }
  const before = builder.nodes.length;
  if (controlPlane) drawControlPlane(builder, processes, { x: left, y: controlY, w: right - left, h: rows.controlH });
  const clients = { x: clientsX, w: registriesX - clientsX, y: clientsY, h: clientH };
  drawClients(builder, processes, clients);
  // They are read where they stand: above the runtime.
  builder.nodes.splice(kubeletAt, 0, ...builder.nodes.splice(before));

  const release = kernelsOf(view).get(NODE_KERNEL)?.release;
  const first = NUMERALS[controlPlane ? 'control-plane' : clientsX > left ? 'kubelet' : 'cri'];
  const floor = { x: left - 8, y: floorY, w: right - left + 16, h: floorH };
  builder.add({
    id: 'floor',
    kind: 'floor',
    stratum: 'kernel',
    ...floor,
    level: 1,
    texts: [{ text: release === undefined ? t('stage.floor') : t('stage.floorOf', { release, first }) }],
    select: release === undefined ? null : { kind: 'kernel', number: NODE_KERNEL },
  });
  if (!lecture) {
    const ground = { x: left, y: floorY + floorH, w: right - left, h: rows.groundH };
    const taken = drawNetwork(builder, view, standing, floorY, ground);
    if (ground.h - taken >= CHIPS_HEIGHT)
      groundChips(builder, view, pods, options.selection, { ...ground, y: ground.y + taken, h: ground.h - taken });
  }

  const { nodes } = builder;
  const slab = (y: number, to = right): Scene['slabs'][number] => ({ x: floor.x, y, w: to - floor.x });
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
    slabs: lecture
      ? []
      : [
          ...(controlPlane ? [slab((controlY + rows.controlH + clientsY) / 2)] : []),
          // Registries are no part of the node.
          slab((clientsY + clientH + pipeY) / 2, registriesX),
          slab((pipeY + pipeH + runtimeY) / 2),
          slab((runtimeY + runtimeH + rows.shimY) / 2),
          slab((rows.ociY + rows.ociH + podsY) / 2),
        ],
    post: lecture ? null : { x: floor.x, y: controlY - 2, w: POST_WIDTH, h: floorY - controlY + 2 },
    nodeOfPid: builder.nodeOfPid,
    byId: new Map(nodes.map((node) => [node.id, node])),
    pidsOf: livingByNode(builder, view),
  };
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
