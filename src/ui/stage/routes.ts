/** Ways for packets: right-angled lines between the things that call each other. */
import type { Hop } from '../../projections/hops.ts';
import type { NodeView } from '../../projections/node-view.ts';
import type { Point, Scene, SceneNode } from './scene-types.ts';
import { roomOfMethod } from './service-rooms.ts';

/** The node a hop comes from and the one it goes to; null when what it is about is not drawn. */
export function endsOf(
  scene: Scene,
  hop: Pick<Hop, 'from' | 'to' | 'stratum' | 'kind' | 'label' | 'method'>,
  view: NodeView,
): { from: SceneNode | null; to: SceneNode | null } {
  const node = (pid: number): SceneNode | null => {
    const id = scene.nodeOfPid.get(pid);
    return id === undefined ? null : (scene.byId.get(id) ?? null);
  };
  let from = node(hop.from);
  let to = hop.kind === 'kernel' ? (scene.byId.get('floor') ?? null) : node(hop.to);
  // Tasks are what containerd talks to shims about; the CRI plugin is where it is called.
  const tasks = scene.byId.get('room:tasks') ?? null;
  if (hop.stratum === 'shim') {
    if (from?.id === 'room:cri') from = tasks;
    if (to?.id === 'room:cri') to = tasks;
  }
  // Who is called is the service, which has a room of its own.
  if (hop.method !== '') {
    const room = scene.byId.get(`room:${roomOfMethod(hop.method)}`) ?? null;
    if (hop.kind === 'request' && to?.id === 'room:cri') to = room ?? to;
    if (hop.kind === 'response' && from?.id === 'room:cri') from = room ?? from;
  }
  // A process comes from its parent; a record is made where records of its kind are kept.
  if (hop.kind === 'exec') from = node(view.processes.get(hop.from)?.ppid ?? 0) ?? from;
  if (hop.kind === 'state') to = scene.byId.get(ROOM_OF_TOPIC[hop.label] ?? 'room:metadata') ?? to;
  return { from, to };
}

const ROOM_OF_TOPIC: Readonly<Record<string, string>> = {
  content: 'room:content',
  blob: 'room:content',
  snapshot: 'room:snapshots',
  task: 'room:tasks',
  sandbox: 'room:cri',
};

export function route(from: SceneNode, to: SceneNode): Point[] {
  const down = from.y < to.y;
  const fromX = from.x + from.w / 2;
  const toX = to.kind === 'floor' ? fromX : to.x + to.w / 2;
  const fromY = down ? from.y + from.h : from.y;
  const toY = down ? to.y : to.y + to.h;
  if (from.id === to.id) return [[fromX, from.y]];
  const level = Math.abs(from.y - to.y) < 8;
  // Between rooms through their lower half, between blocks of one row over their tops.
  if (level && from.kind === 'room')
    return [
      [fromX, from.y + from.h - 12],
      [toX, to.y + to.h - 12],
    ];
  if (level)
    return [
      [fromX, from.y],
      [fromX, from.y - 9],
      [toX, from.y - 9],
      [toX, to.y],
    ];
  if (Math.abs(fromX - toX) < 2)
    return [
      [fromX, fromY],
      [toX, toY],
    ];
  const between = down ? Math.max(fromY + 8, toY - 12) : Math.min(fromY - 8, toY + 12);
  return [
    [fromX, fromY],
    [fromX, between],
    [toX, between],
    [toX, toY],
  ];
}

/** The point at `share` in [0, 1] of the way. */
export function along(points: readonly Point[], share: number): Point {
  const first = points[0] ?? [0, 0];
  let total = 0;
  for (let i = 1; i < points.length; i++) total += distance(points[i - 1] as Point, points[i] as Point);
  let left = total * Math.max(0, Math.min(1, share));
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1] as Point;
    const b = points[i] as Point;
    const length = distance(a, b);
    if (left <= length && length > 0)
      return [a[0] + ((b[0] - a[0]) * left) / length, a[1] + ((b[1] - a[1]) * left) / length];
    left -= length;
  }
  return points.at(-1) ?? first;
}

function distance(a: Point, b: Point): number {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
}
