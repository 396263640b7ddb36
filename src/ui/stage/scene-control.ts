/** What stands above the runtime on a Kubernetes node: the control plane in a row of its own, kubelet beside the clients. */
import type { ProcessView } from '../../projections/node-view.ts';
import { byName, fitNames } from './living.ts';
import { LECTURE_TEXT, type SceneBuilder } from './scene-builder.ts';
import { type Box, MONO_CHAR } from './scene-types.ts';

const GAP = 10;
const NUMERAL_WIDTH = 18;

/** Its processes run in pods on the floor like any other; here is the part they play. */
export function drawControlPlane(builder: SceneBuilder, processes: readonly ProcessView[], box: Box): void {
  const alive = processes.filter((p) => p.layer === 'control-plane' && p.exitedAt === null);
  const gone = processes.filter((p) => p.layer === 'control-plane' && p.exitedAt !== null && p.path !== '').slice(-2);
  if (builder.detail === 'lecture') return drawAsOne(builder, alive, box);
  let { x } = box;
  const shown = [...alive, ...gone];
  const each = (box.w - GAP * (shown.length - 1)) / Math.max(1, shown.length);
  for (const process of shown) {
    const name = process.path.split('/').at(-1) || process.comm;
    const w = Math.min(each, 24 + name.length * MONO_CHAR);
    builder.process(process, { kind: 'client', stratum: 'control-plane', x, y: box.y, w, h: box.h, level: 1 }, [
      { text: name, mono: true },
    ]);
    x += w + GAP;
  }
}

/** From the back row: one block that says who is in it. */
function drawAsOne(builder: SceneBuilder, alive: readonly ProcessView[], box: Box): void {
  const id = 'control-plane';
  for (const process of alive) builder.nodeOfPid.set(process.pid, id);
  const name = builder.t('strata.control-plane');
  const width = box.w - 16 - NUMERAL_WIDTH;
  builder.add({
    id,
    kind: 'client',
    stratum: 'control-plane',
    ...box,
    level: 1,
    texts: [{ text: fitNames(byName(alive), width, MONO_CHAR * LECTURE_TEXT, 1)[0] ?? name, mono: true }],
    label: [name, ...alive.map((process) => process.comm)].join(', '),
    select: { kind: 'processes', title: name, pids: alive.map((process) => process.pid) },
  });
}

/** Returns where the clients begin. */
export function drawKubelet(
  builder: SceneBuilder,
  processes: readonly ProcessView[],
  box: { x: number; y: number; h: number },
  pipeY: number,
): number {
  const all = processes.filter((p) => p.layer === 'kubelet');
  const process = all.find((p) => p.exitedAt === null) ?? all.at(-1);
  if (process === undefined) return box.x;
  const w = 120;
  const node = builder.process(process, { kind: 'client', stratum: 'kubelet', ...box, w, level: 1 }, [
    { text: 'kubelet', mono: true },
    { text: String(process.pid), soft: true },
  ]);
  if (process.exitedAt === null) {
    builder.lines.push({
      id: 'kubelet-pipe',
      stratum: 'kubelet',
      points: [
        [node.x + w / 2, node.y + node.h],
        [node.x + w / 2, pipeY],
      ],
    });
  }
  return box.x + w + 2 * GAP;
}
