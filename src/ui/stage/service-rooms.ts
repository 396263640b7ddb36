/** Which room of containerd serves a call: its own services are not the CRI plugin's. */
import { shortMethod } from '../../projections/layers.ts';
import type { NodeView, OpenSpan } from '../../projections/node-view.ts';

export type RoomKey = 'content' | 'metadata' | 'cri' | 'snapshots' | 'tasks';

const SERVICE = /^\/containerd\.services\.(\w+)\./;

const ROOM_OF_SERVICE: Readonly<Record<string, RoomKey>> = {
  content: 'content',
  transfer: 'content',
  snapshots: 'snapshots',
  diff: 'snapshots',
  tasks: 'tasks',
};

/** `/containerd.services.tasks.v1.Tasks/Create` → tasks; `/runtime.v1.RuntimeService/…` → cri; empty for no call. */
export function roomOfMethod(method: string): RoomKey {
  const service = SERVICE.exec(method)?.[1];
  return service === undefined ? 'cri' : (ROOM_OF_SERVICE[service] ?? 'metadata');
}

/** What a daemon is doing, by room: the calls it serves and the innermost work under way for each. */
export function workOf(view: NodeView, pid: number): ReadonlyMap<RoomKey, { serving: string[]; work: string[] }> {
  const rooms = new Map<RoomKey, { serving: string[]; work: string[] }>();
  const at = (key: RoomKey): { serving: string[]; work: string[] } => {
    const known = rooms.get(key) ?? { serving: [], work: [] };
    rooms.set(key, known);
    return known;
  };
  const roomOfName = new Map<string, RoomKey>();
  for (const call of view.calls.values()) {
    if (call.to !== pid || call.protocol !== 'grpc') continue;
    const name = shortMethod(call.method);
    const room = roomOfMethod(call.method);
    at(room).serving.push(name);
    if (roomOfName.get(name) !== 'cri') roomOfName.set(name, room);
  }
  for (const span of view.spans.values()) {
    if (span.pid !== pid || span.layer !== 'cri-runtime') continue;
    const room = at(roomOfName.get(outermost(view, span).name) ?? 'cri');
    if (!room.serving.includes(span.name)) room.work.push(span.name);
  }
  return rooms;
}

/** The call that a process makes this for, as it named it itself. */
function outermost(view: NodeView, span: OpenSpan): OpenSpan {
  let outer = span;
  for (;;) {
    const parent = view.spans.get(outer.parent);
    if (parent === undefined || parent.pid !== span.pid) return outer;
    outer = parent;
  }
}
