/** Below the floor: each pod's interface, its wire to the bridge, the bridge's way out, and the host ports that lead in. */
import { kernelsOf } from '../../projections/kernels.ts';
import type { LinkView, NodeView } from '../../projections/node-view.ts';
import type { PodRoom } from '../../projections/rooms.ts';
import { NODE_KERNEL } from '../../sim/trace.ts';
import type { SceneBuilder } from './scene-builder.ts';
import { type Box, MONO_CHAR, type Point, type SceneNode } from './scene-types.ts';

const PORT = 10;
const BRIDGE_HEIGHT = 16;
const UPLINK_WIDTH_MAX = 190;
const GAP = 10;
/** From the left wall of its pod: there it stands on nobody's words. */
const PORT_INSET = 7;
/** Wires that have no bridge below them come to its end, this far apart. */
const WIRE_DISTANCE = 8;

export type Standing = { readonly pod: PodRoom; readonly x: number; readonly w: number };

export function linkKey(link: Pick<LinkView, 'namespace' | 'name'>): string {
  return `${link.namespace}/${link.name}`;
}

/** Returns how much of the ground it took, from the top. */
export function drawNetwork(
  builder: SceneBuilder,
  view: NodeView,
  standing: readonly Standing[],
  floorY: number,
  ground: Box,
): number {
  const host = kernelsOf(view).get(NODE_KERNEL)?.namespaces.net;
  const links = [...view.links.values()].filter((link) => link.kernel === NODE_KERNEL);
  const bridges = links.filter((link) => link.kind === 'bridge' && link.namespace === host);
  const uplinks = links.filter((link) => link.kind === 'uplink' && link.namespace === host);
  if (bridges.length === 0 && uplinks.length === 0) return 0;
  const y = ground.y + 7;
  const { t } = builder;
  let right = ground.x + ground.w;
  for (const link of uplinks) {
    const text = said(link);
    const w = Math.min(UPLINK_WIDTH_MAX, 20 + text.length * MONO_CHAR);
    right -= w;
    builder.add({
      id: `link:${linkKey(link)}`,
      kind: 'bridge',
      stratum: 'kernel',
      x: right,
      y,
      w,
      h: BRIDGE_HEIGHT,
      level: 2,
      texts: [{ text, mono: true }],
      label: t('stage.uplink', { name: text }),
      select: { kind: 'link', id: linkKey(link) },
    });
    right -= GAP;
  }
  right = drawHostPorts(builder, view, right, y);
  const each = (right - ground.x) / Math.max(1, bridges.length);
  for (const [i, bridge] of bridges.entries()) {
    const x = ground.x + i * each;
    const node = builder.add({
      id: `link:${linkKey(bridge)}`,
      kind: 'bridge',
      stratum: 'kernel',
      x,
      y,
      w: each - GAP,
      h: BRIDGE_HEIGHT,
      level: 2,
      texts: [{ text: said(bridge), mono: true }],
      label: t('stage.bridge', { name: said(bridge) }),
      select: { kind: 'link', id: linkKey(bridge) },
    });
    const uplink = uplinks[0];
    if (uplink !== undefined && i === bridges.length - 1)
      builder.lines.push({
        id: `wire:${linkKey(bridge)}`,
        stratum: 'kernel',
        kind: 'wire',
        points: [
          [node.x + node.w, y + BRIDGE_HEIGHT / 2],
          [right + GAP, y + BRIDGE_HEIGHT / 2],
        ],
      });
  }
  const ends = new Map<string, number>();
  for (const { pod, x } of standing)
    drawWires(builder, links, pod, { x, floorY, floorEnd: ground.y, between: ground.y + 3, y }, host, ends);
  return BRIDGE_HEIGHT + 10;
}

/** A veth pair: one end in the pod, the other on the bridge. */
function drawWires(
  builder: SceneBuilder,
  links: readonly LinkView[],
  pod: PodRoom,
  /** Where the wall of its pod is, and the heights between which its wire goes through the floor, is bent and arrives. */
  at: { x: number; floorY: number; floorEnd: number; between: number; y: number },
  host: number | undefined,
  /** How many wires have come to the end of each bridge. */
  bent: Map<string, number>,
): void {
  if (pod.net === null || pod.net === host) return;
  const ends = links.filter((link) => link.namespace === pod.net && link.kind === 'veth' && link.peer !== null);
  for (const [i, end] of ends.entries()) {
    const peer = links.find((link) => link.namespace === end.peer?.namespace && link.name === end.peer?.name);
    const x = at.x + PORT_INSET + i * (PORT + 6);
    const y = at.floorY - PORT + 1;
    const far = end.peer?.name ?? '';
    builder.add({
      id: `link:${linkKey(end)}`,
      kind: 'port',
      stratum: 'kernel',
      x,
      y,
      w: PORT,
      h: PORT,
      level: 2,
      texts: [],
      label: builder.t('stage.wire', { name: said(end), peer: far, bridge: peer?.master ?? '' }),
      dashed: !end.up,
      select: { kind: 'link', id: linkKey(end) },
    });
    if (peer?.master == null) continue;
    const middle = x + PORT / 2;
    const bridge = builder.find(`link:${linkKey({ namespace: peer.namespace, name: peer.master })}`);
    const beyond = bridge !== undefined && middle > bridge.x + bridge.w - WIRE_DISTANCE;
    // What lies below it may be something else, to which it does not lead.
    const from: Point = [middle, at.floorEnd];
    const to: Point = [beyond ? wireEnd(bridge, bent) : middle, at.y];
    builder.lines.push({
      id: `wire:${linkKey(end)}`,
      stratum: 'kernel',
      kind: 'wire',
      points: beyond ? [from, [middle, at.between], [to[0], at.between], to] : [from, to],
    });
  }
}

function wireEnd(bridge: SceneNode, bent: Map<string, number>): number {
  const before = bent.get(bridge.id) ?? 0;
  bent.set(bridge.id, before + 1);
  return bridge.x + bridge.w - (1 + before) * WIRE_DISTANCE;
}

/** `:8080 → 10.88.0.2:80`, beside the card they come in by. */
function drawHostPorts(builder: SceneBuilder, view: NodeView, right: number, y: number): number {
  let x = right;
  for (const [seq, rule] of view.nat) {
    // What leads in by a Service's address is no port of the host.
    if (rule.kernel !== NODE_KERNEL || rule.host !== '') continue;
    const text = `:${rule.port} → ${rule.to}`;
    const w = 18 + text.length * MONO_CHAR;
    x -= w;
    builder.add({
      id: `nat:${seq}`,
      kind: 'chip',
      stratum: 'kernel',
      x,
      y,
      w,
      h: BRIDGE_HEIGHT,
      level: 2,
      texts: [{ text, mono: true }],
      label: builder.t('stage.hostPort', { port: rule.port, to: rule.to }),
    });
    x -= GAP;
  }
  return x;
}

function said(link: LinkView): string {
  return [link.name, ...link.addresses].join(' ');
}
