/** The row where people and services stand: what is typed, what init keeps, and machines beyond the node that were called. */
import { isOnNode } from '../../projections/layers.ts';
import type { NodeView, ProcessView, SocketView } from '../../projections/node-view.ts';
import { placeOf } from '../../projections/roles.ts';
import { byName, fitNames } from './living.ts';
import { LECTURE_TEXT, type SceneBuilder } from './scene-builder.ts';
import { type Box, MONO_CHAR } from './scene-types.ts';

/** What is counted rather than drawn has at least so much room for its names. */
const OTHERS_WIDTH_MIN = 130;
const OTHERS_WIDTH_MAX = 300;
const CLIENT_WIDTH_MAX = 230;
const SERVICE_WIDTH_MAX = 150;
const GONE_SHOWN_MAX = 3;
const TWO_LINES_HEIGHT = 31;

/** Machines beyond the node that a command called, at the upper right; returns where they begin. */
export function drawOutside(builder: SceneBuilder, view: NodeView, right: number, y: number, h: number): number {
  let end = right;
  const drawn = new Map<string, string>();
  const lecture = builder.detail === 'lecture';
  for (const [pid, address] of view.outside) {
    const known = drawn.get(address);
    if (known !== undefined) {
      builder.nodeOfPid.set(pid, known);
      continue;
    }
    const w = 24 + address.length * MONO_CHAR;
    if (end - w < right / 2) break;
    // From the back row only who is being asked.
    if (lecture && ![...view.calls.values()].some((call) => call.to === pid)) continue;
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
      h,
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

/**
 * Whoever has no place yet: what a person runs at the left, long-running services at the right. Those that do not fit are
 * counted by name, so that nothing alive is missing.
 */
export function drawClients(builder: SceneBuilder, processes: readonly ProcessView[], box: Box): void {
  const lecture = builder.detail === 'lecture';
  const left = processes.filter((p) => !builder.nodeOfPid.has(p.pid) && p.pid !== 0);
  const own = left.filter((p) => isOnNode(p.pid) && isPersonal(p));
  const services = own.filter((p) => p.exitedAt === null && isService(p));
  const typed = own.filter((p) => !isService(p));
  const words = (process: ProcessView): string => process.argv.join(' ').replace(/^\/\S*\//, '') || process.comm;
  let end = box.x + box.w;
  const serviceH = Math.max(20, box.h - 8);
  if (!lecture) {
    for (const process of services) {
      const w = Math.min(SERVICE_WIDTH_MAX, 20 + process.comm.length * MONO_CHAR);
      if (end - w - OTHERS_WIDTH_MIN < box.x + box.w * 0.55) break;
      end -= w;
      const place = { x: end, y: box.y + (box.h - serviceH) / 2, w, h: serviceH };
      builder.process(process, { kind: 'service', stratum: null, ...place, level: 1 }, [
        { text: process.comm, mono: true, soft: true },
      ]);
      end -= 8;
    }
  }
  let { x } = box;
  const living = typed.filter((p) => p.exitedAt === null);
  const client = lecture ? runningClient(living) : undefined;
  const alive = client !== undefined ? [client] : lecture ? [] : living;
  const gone = lecture ? [] : typed.filter((p) => p.exitedAt !== null && p.path !== '').slice(-GONE_SHOWN_MAX);
  for (const process of [...alive, ...gone]) {
    const w = Math.min(CLIENT_WIDTH_MAX, Math.max(72, 24 + words(process).length * MONO_CHAR));
    if (x + w > end - OTHERS_WIDTH_MIN - 8) break;
    const place = { x, y: box.y, w, h: box.h };
    builder.process(process, { kind: 'client', stratum: null, ...place, level: 1 }, [
      { text: words(process), mono: true },
      { text: String(process.pid), soft: true },
    ]);
    x += w + 12;
  }
  drawOthers(builder, left, { ...box, x, w: end - x });
}

const SHELL = /^-?(ba|da)?sh$/;

/** From the back row only what was typed last counts; a shell that waits is one of the others. */
export function runningClient(processes: readonly ProcessView[]): ProcessView | undefined {
  return processes.findLast(
    (p) => isPersonal(p) && !isService(p) && !SHELL.test(p.argv[0]?.split('/').at(-1) ?? p.comm) && p.pid !== 0,
  );
}

/** The rest by name, at the right of what is left of the row. */
function drawOthers(builder: SceneBuilder, left: readonly ProcessView[], box: Box): void {
  const others = left.filter((p) => p.exitedAt === null && !builder.nodeOfPid.has(p.pid));
  if (others.length === 0) return;
  const { t } = builder;
  const text = t('stage.otherProcesses', { count: others.length });
  const names = byName(others);
  const lecture = builder.detail === 'lecture';
  for (const process of others) builder.nodeOfPid.set(process.pid, 'others');
  const charWidth = lecture ? MONO_CHAR * LECTURE_TEXT : MONO_CHAR;
  const room = Math.max(OTHERS_WIDTH_MIN, lecture ? box.w : Math.min(OTHERS_WIDTH_MAX, box.w)) - 16;
  const lines = fitNames(names, room, charWidth, box.h >= TWO_LINES_HEIGHT ? 2 : 1);
  const w = Math.max(...lines.map((line) => line.length)) * charWidth + 18;
  builder.add({
    id: 'others',
    kind: 'service',
    stratum: null,
    ...box,
    x: box.x + box.w - w,
    w,
    level: 1,
    texts: lines.map((line) => ({ text: line, mono: true, soft: !lecture })),
    label: `${text}: ${names.map((name) => name.text).join(', ')}`,
    select: { kind: 'processes', title: text, pids: others.map((process) => process.pid) },
  });
}

function isPersonal(process: ProcessView): boolean {
  const { stratum } = placeOf(process);
  return stratum === 'client' || stratum === null;
}

/** What init started: daemons, and the login that carries the learner's shell. */
function isService(process: ProcessView): boolean {
  return process.pid === 1 || process.ppid === 1 || /^\/(system\.slice|init\.scope)/.test(process.cgroup);
}

/** The CRI is a pipe that can be seen only while something listens at its end. */
export function drawPipe(builder: SceneBuilder, view: NodeView, box: Box): boolean {
  const sockets = criSockets(view);
  // Where Docker runs, the CRI is in front of it and not its containerd.
  const socket = sockets.find((s) => !s.address.includes('/containerd/')) ?? sockets[0];
  const known = socket !== undefined;
  builder.add({
    id: 'pipe',
    kind: 'pipe',
    stratum: 'cri',
    ...box,
    level: 1,
    ghost: !known,
    texts: [{ text: known ? `unix://${socket.address}` : builder.t('stage.noSocket'), mono: known }],
    select: known ? { kind: 'socket', address: socket.address } : null,
  });
  return known;
}

export function criSockets(view: NodeView): SocketView[] {
  return [...view.sockets.values()].filter((socket) => CRI_SOCKET.test(socket.address));
}

const CRI_SOCKET = /\/(containerd|crio|dockershim|cri-dockerd)\.sock$/;
