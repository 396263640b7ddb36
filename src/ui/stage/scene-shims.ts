/** Between the runtime and the floor: a shim above each pod, and the oci-runtime that appears, works and vanishes. */
import { shortCommand } from '../../projections/hops.ts';
import { isOnNode, type Stratum } from '../../projections/layers.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { nameOf, placeOf } from '../../projections/roles.ts';
import { type PodRoom, shimIdOf } from '../../projections/rooms.ts';
import { byName, fitNames, type Named } from './living.ts';
import type { SceneBuilder } from './scene-builder.ts';
import type { Column } from './scene-columns.ts';
import { grewFrom } from './scene-container.ts';
import { pidsOf } from './scene-group.ts';
import type { Rows } from './scene-rows.ts';
import { MONO_CHAR } from './scene-types.ts';

const OCI_WIDTH_MAX = 150;
const OCI_WIDTH_MIN = 88;
const OCI_SHOWN_MAX = 5;
const SHIM_WIDTH_MIN = 64;

type ByColumn = Map<number, ProcessView[]>;

function inColumns(
  list: readonly ProcessView[],
  columns: readonly Column[],
  columnOf: ReadonlyMap<string, number>,
): ByColumn {
  const out: ByColumn = new Map();
  for (const process of list) {
    const id = shimIdOf(process) ?? process.argv.find((word) => columnOf.has(word)) ?? '';
    const column = columnOf.get(id) ?? Math.max(0, columns.length - 1);
    const there = out.get(column);
    if (there === undefined) out.set(column, [process]);
    else there.push(process);
  }
  return out;
}

const grouped = new WeakMap<readonly ProcessView[], Map<unknown, ProcessView[]>>();

/** Thousands may have gone since the last command began: they are sorted out once for a drawing. */
function ofStratum(processes: readonly ProcessView[], stratum: Stratum): readonly ProcessView[] {
  let groups = grouped.get(processes);
  if (groups === undefined) {
    groups = new Map();
    for (const process of processes) {
      if (!isOnNode(process.pid)) continue;
      const place = placeOf(process).stratum;
      const there = groups.get(place);
      if (there === undefined) groups.set(place, [process]);
      else there.push(process);
    }
    grouped.set(processes, groups);
  }
  return groups.get(stratum) ?? [];
}

/** Beside each other they are told apart by the ends of their names. */
function shortened(kinds: readonly Named[]): Named[] {
  return kinds.map((kind) => ({ ...kind, text: kind.text.replace(/^containerd-shim-/, '…') }));
}

export function drawShims(
  builder: SceneBuilder,
  processes: readonly ProcessView[],
  columns: readonly Column[],
  columnOf: ReadonlyMap<string, number>,
  rows: Rows,
  tasksX: number | null,
): void {
  const { t } = builder;
  const { shimY, shimH, podsY } = rows;
  for (const [i, list] of inColumns(ofStratum(processes, 'shim'), columns, columnOf)) {
    const column = columns[i];
    if (column === undefined) continue;
    const alive = list.filter((process) => process.exitedAt === null);
    // Those that have gone stand aside.
    const gone = list.filter((process) => process.exitedAt !== null);
    const goneW = alive.length === 0 ? column.w / Math.max(1, gone.length) : Math.min(SHIM_WIDTH_MIN, column.w * 0.2);
    const each = alive.length === 0 ? goneW : (column.w - gone.length * goneW) / alive.length;
    if (alive.length + gone.length === 0) continue;
    if (alive.length + gone.length > 1 && (column.kind === 'group' || each < SHIM_WIDTH_MIN)) {
      const first = alive[0] ?? list[0];
      const id = `shims:${column.kind === 'group' ? column.key : column.pod.id}`;
      for (const process of list) builder.nodeOfPid.set(process.pid, id);
      const kinds = byName(alive, nameOf);
      const one = t('stage.shimGroup', { count: alive.length, name: first === undefined ? '' : nameOf(first) });
      const text = kinds.length > 1 ? kinds.map((kind) => kind.text).join(' · ') : one;
      const said = kinds.length > 1 ? (fitNames(shortened(kinds), column.w - 16, MONO_CHAR, 1)[0] ?? '') : one;
      builder.add({
        id,
        kind: 'shim',
        stratum: 'shim',
        x: column.x,
        y: shimY,
        w: column.w,
        h: shimH,
        level: 1,
        ghost: alive.length === 0,
        texts: [{ text: said, mono: true }],
        label: text,
        select: { kind: 'processes', title: text, pids: alive.map((process) => process.pid) },
      });
      continue;
    }
    let { x } = column;
    for (const process of [...alive, ...gone]) {
      const share = process.exitedAt === null ? each : goneW;
      const box = { x, y: shimY, w: share - (list.length > 1 ? 6 : 0), h: shimH };
      x += share;
      const started = process.exitedAt === null ? nameOf(process) : shortCommand(process.argv, process.comm);
      // `containerd-shim-runc-v2 start` has little room beside the one that it has left behind.
      const name = process.exitedAt === null || started.length * MONO_CHAR < box.w - 16 ? started : lastWord(started);
      const oneLine = shimH < 34;
      const fits = (name.length + 8) * MONO_CHAR < box.w - 16;
      const node = builder.process(
        process,
        { kind: 'shim', stratum: 'shim', ...box, level: 1, ...grewFrom(builder, process, box) },
        oneLine
          ? [{ text: fits ? `${name} ${process.pid}` : name, mono: true }]
          : [
              { text: name, mono: true },
              { text: String(process.pid), soft: true },
            ],
        false,
        `${started}, ${process.pid}`,
      );
      if (process.exitedAt !== null) continue;
      if (tasksX !== null) {
        const middle = node.x + Math.min(40, node.w / 2);
        const bottom = rows.runtimeY + rows.runtimeH;
        const between = (bottom + shimY) / 2;
        builder.lines.push({
          id: `shim-up:${process.pid}`,
          stratum: null,
          points: [
            [tasksX, bottom],
            [tasksX, between],
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
}

export function drawOciRuntimes(
  builder: SceneBuilder,
  view: NodeView,
  processes: readonly ProcessView[],
  columns: readonly Column[],
  columnOf: ReadonlyMap<string, number>,
  rows: Rows,
  pods: readonly PodRoom[],
): void {
  // What became part of a pod is drawn there.
  const inPods = new Set(pods.flatMap(pidsOf));
  // So is a helper of the runtime, which comes and goes as they do.
  const helpers = ofStratum(processes, 'cri-runtime').filter((process) => placeOf(process).role === null);
  const free = [...ofStratum(processes, 'oci-runtime'), ...helpers].filter((process) => !inPods.has(process.pid));
  for (const [i, list] of inColumns(free, columns, columnOf)) {
    const column = columns[i];
    if (column === undefined) continue;
    const helpedLast = (a: ProcessView, b: ProcessView): number =>
      Number(ociStratum(a) === 'oci-runtime') - Number(ociStratum(b) === 'oci-runtime') || a.startSeq - b.startSeq;
    // Of those gone, oci-runtimes before helpers.
    const gone = list.filter((process) => process.exitedAt !== null).sort(helpedLast);
    const alive = list.filter((process) => process.exitedAt === null);
    const fit = Math.max(1, Math.min(OCI_SHOWN_MAX, Math.floor(column.w / OCI_WIDTH_MIN)));
    const shown = [...alive.slice(-fit), ...gone.slice(gone.length - Math.max(0, fit - alive.length))];
    const x0 = column.x + 26;
    const each = (column.w - 30) / Math.max(1, shown.length);
    for (const [at, process] of shown.entries()) {
      const box = {
        x: x0 + at * each,
        y: rows.ociY,
        w: Math.max(20, Math.min(OCI_WIDTH_MAX, each - (shown.length > 1 ? 6 : 0))),
        h: rows.ociH,
      };
      const text = ociText(process);
      builder.process(
        process,
        { kind: 'oci', stratum: ociStratum(process), ...box, level: 1, ...grewFrom(builder, process, box) },
        [{ text, mono: true }],
      );
      const parent = view.processes.get(process.ppid);
      const from = parent === undefined ? undefined : builder.centreOf(parent.pid);
      if (process.exitedAt === null && from !== undefined && placeOf(parent as ProcessView).stratum === 'shim')
        builder.lines.push({
          id: `birth:${process.pid}`,
          stratum: 'oci-runtime',
          points: [
            [box.x + 10, rows.shimY + rows.shimH],
            [box.x + 10, rows.ociY],
          ],
        });
    }
  }
}

/** A CNI plugin works where oci-runtimes do, for the cri-runtime. */
export function ociStratum(process: ProcessView): Stratum {
  return placeOf(process).stratum === 'cri-runtime' ? 'cri-runtime' : 'oci-runtime';
}

function lastWord(text: string): string {
  return text.split(' ').at(-1) ?? text;
}

export function ociText(process: ProcessView): string {
  return process.comm.startsWith('runc:') ? process.comm : shortCommand(process.argv, process.comm);
}
