/**
 * Who stands where on the floor: each pod a column as wide as what is in it needs, the system's pods together, and those
 * that do not fit in a group that counts and shows every one of them.
 */
import type { PodRoom } from '../../projections/rooms.ts';
import { MONO_CHAR } from './scene-types.ts';

/** Where the node's own pods are. */
export const SYSTEM = 'kube-system';
const GAP = 12;
const CONTAINER_WIDTH_MIN = 92;
const CONTAINER_WIDTH_MAX = 190;
const PAUSE_WIDTH = 84;
const SUPPORT_WIDTH = 96;
const AGENT_WIDTH = 130;
const WALLS_WIDTH = 20;
const SHRINK_MIN = 0.72;
const STRETCH_MAX = 3.4;
/** What a count of shims by their name needs. */
const GROUP_WIDTH_MIN = 206;
const GROUP_WIDTH_MAX = 420;

export type Column = { readonly x: number; readonly w: number } & (
  | { readonly kind: 'pod'; readonly pod: PodRoom }
  | { readonly kind: 'group'; readonly key: 'kube-system' | 'others'; readonly pods: readonly PodRoom[] }
);

/** What a pod needs to show its containers by name. */
export function widthWanted(pod: PodRoom): number {
  let width = 16 + (pod.guest?.kind === 'vm' ? WALLS_WIDTH + AGENT_WIDTH : 0);
  if (pod.support.some((s) => s.role === 'file-server')) width += SUPPORT_WIDTH;
  for (const container of pod.containers) {
    if (container.sandbox) {
      width += PAUSE_WIDTH;
      continue;
    }
    const main = container.processes[0];
    const longest = Math.max(container.name.length, (main?.comm.length ?? 0) + 7);
    width += Math.max(CONTAINER_WIDTH_MIN, Math.min(CONTAINER_WIDTH_MAX, 24 + longest * MONO_CHAR));
  }
  return Math.max(150, width);
}

function apart(pods: readonly PodRoom[], left: number, width: number): Column[] {
  const total = pods.reduce((sum, pod) => sum + widthWanted(pod), 0);
  const stretch = Math.min(STRETCH_MAX, (width - GAP * (pods.length - 1)) / total);
  let x = left;
  return pods.map((pod) => {
    const w = widthWanted(pod) * stretch;
    x += w + GAP;
    return { kind: 'pod', pod, x: x - w - GAP, w };
  });
}

/**
 * When not all have room for themselves: first what somebody looks for (`wanted`), then what the last command is about
 * (`concerned`, the higher the more), then what is newest.
 */
export function arrange(
  pods: readonly PodRoom[],
  left: number,
  width: number,
  wanted: (pod: PodRoom) => boolean = () => false,
  concerned: (pod: PodRoom) => number = () => 0,
): Column[] {
  const rank = (pod: PodRoom): number => (wanted(pod) ? Number.POSITIVE_INFINITY : concerned(pod));
  // Infinity from itself is no number.
  const byRank = (a: PodRoom, b: PodRoom): number => (rank(a) === rank(b) ? 0 : rank(b) - rank(a));
  const system = pods.filter((pod) => pod.kubeNamespace === SYSTEM && !wanted(pod));
  const own = pods.filter((pod) => pod.kubeNamespace !== SYSTEM || wanted(pod));
  const needed = (list: readonly PodRoom[]): number =>
    list.reduce((total, pod) => total + widthWanted(pod) * SHRINK_MIN + GAP, 0);
  // With the floor to themselves they need not share.
  if (own.length === 0 && system.length > 0 && needed(system) <= width) return apart(system, left, width);
  const systemW = system.length === 0 ? 0 : own.length === 0 ? width : GROUP_WIDTH_MIN;
  const order = [...own].reverse().sort(byRank);
  const need = (pod: PodRoom): number => widthWanted(pod) * SHRINK_MIN + GAP;
  let free = width - (systemW === 0 ? 0 : systemW + GAP);
  const total = own.reduce((sum, pod) => sum + need(pod), 0);
  const shown = new Set<PodRoom>();
  if (total > free) free -= GROUP_WIDTH_MIN + GAP;
  for (const pod of order) {
    if (shown.size > 0 && need(pod) > free) break;
    free -= need(pod);
    shown.add(pod);
  }
  const others = own.filter((pod) => !shown.has(pod)).sort(byRank);
  const groups = (system.length > 0 ? 1 : 0) + (others.length > 0 ? 1 : 0);
  const wantedW = own.filter((pod) => shown.has(pod)).reduce((sum, pod) => sum + widthWanted(pod), 0);
  const forPods = width - shown.size * GAP - (own.length === 0 ? 0 : groups * (GROUP_WIDTH_MIN + GAP));
  const stretch = wantedW === 0 ? 1 : Math.min(STRETCH_MAX, forPods / wantedW);
  const spare = Math.max(0, forPods - wantedW * stretch);
  const groupW = own.length === 0 ? width : Math.min(GROUP_WIDTH_MAX, GROUP_WIDTH_MIN + spare / Math.max(1, groups));
  const columns: Column[] = [];
  let x = left;
  if (system.length > 0) {
    columns.push({ kind: 'group', key: 'kube-system', pods: system, x, w: groupW });
    x += groupW + GAP;
  }
  if (others.length > 0) {
    columns.push({ kind: 'group', key: 'others', pods: others, x, w: groupW });
    x += groupW + GAP;
  }
  for (const pod of own) {
    if (!shown.has(pod)) continue;
    const w = Math.min(widthWanted(pod) * stretch, left + width - x);
    columns.push({ kind: 'pod', pod, x, w });
    x += w + GAP;
  }
  return columns;
}
