/** A container as a room: its processes, what it may use and uses, whose namespaces it is in, the layers it stands on. */
import type { CgroupUsage } from '../../projections/cgroups.ts';
import { limitsOf } from '../../projections/cgroups.ts';
import type { KernelView } from '../../projections/kernels.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { placeOf } from '../../projections/roles.ts';
import type { ContainerRoom } from '../../projections/rooms.ts';
import { shortImage } from '../../projections/snapshots.ts';
import { memoryText, pidText } from '../format.ts';
import type { Translate } from '../messages/catalogue.ts';
import { byName, fitNames, type Named } from './living.ts';
import { LECTURE_TEXT, type SceneBuilder } from './scene-builder.ts';
import { type Block, type Box, type Gauge, MONO_CHAR, SANS_CHAR, type SceneText, textWidth } from './scene-types.ts';

const LINE = 14;
const LAYERS_SHOWN_MAX = 12;
const LAYER_HEIGHT_MAX = 4;
/** Room for two lines above them. */
const LAYERS_FROM_HEIGHT = 62;
const GONE_SHOWN_MAX = 2;
const DEFAULT_WEIGHT = 100;
/** For so long a process is shown growing out of its parent. */
const NEWBORN_NS = 1_000_000_000;

export type Surroundings = {
  readonly view: NodeView;
  readonly usage: ReadonlyMap<string, CgroupUsage>;
};

const commOf = (process: ProcessView): string => process.comm;

/** Its pid, and in brackets its number in a pid namespace below. */
function pidsText({ pid, pidInside }: ProcessView): string {
  return pidInside === null ? pidText(pid) : `${pidText(pid)} (${pidInside})`;
}

/** In words whose numbers these are. */
export function pidWords(t: Translate, { pid, pidInside }: ProcessView, kind: KernelView['kind']): string {
  const key = kind === 'host' ? 'stage.pidOfHost' : kind === 'vm' ? 'stage.pidOfGuest' : 'stage.pidOfSentry';
  return [
    t(key, { pid: pidText(pid) }),
    ...(pidInside === null ? [] : [t('stage.pidInside', { pid: String(pidInside) })]),
  ].join(', ');
}

export function gaugesOf(t: Translate, { view, usage }: Surroundings, cgroup: string, weight = true): Gauge[] {
  const group = view.cgroups.get(cgroup);
  if (group === undefined) return [];
  const { memoryMax, cpuMax, cpuWeight } = limitsOf(group.files);
  const used = usage.get(cgroup)?.memoryBytes ?? 0;
  const gauges: Gauge[] = [
    memoryMax === null
      ? { label: t('stage.memory', { used: memoryText(used) }), share: null }
      : { label: t('stage.memoryOf', { used: memoryText(used), max: memoryText(memoryMax) }), share: used / memoryMax },
  ];
  const cpu = [
    ...(cpuMax === null ? [] : [t('stage.cpuMax', { cores: Math.round(cpuMax * 1000) / 1000 })]),
    ...(weight && cpuWeight !== DEFAULT_WEIGHT ? [t('stage.cpuWeight', { weight: cpuWeight })] : []),
  ];
  if (cpu.length > 0) gauges.push({ label: cpu.join(' · '), share: null });
  return gauges;
}

export function drawContainer(
  builder: SceneBuilder,
  around: Surroundings,
  container: ContainerRoom,
  box: Box,
  kernel: KernelView['kind'],
): void {
  const { t } = builder;
  const lecture = builder.detail === 'lecture';
  const main = container.processes[0];
  const former = main?.formerComms.at(-1);
  // Nobody names a sandbox's own container: its image is what it is known by.
  const unnamed = container.sandbox ? shortImage(container.image).split(':')[0] : '';
  const name = container.name || unnamed || container.id.slice(0, 13);
  const alive = main?.exitedAt === null;
  const state =
    main === undefined
      ? t(container.state === 'exited' ? 'stage.ended' : 'stage.created')
      : alive
        ? ''
        : goneText(t, main);
  const was = former !== undefined && alive ? t('stage.was', { name: former }) : '';
  const others = container.processes.slice(1).filter((process) => process.exitedAt === null);
  const gone = lecture || !alive ? [] : goneOf(container);
  const { own, host } = container.namespaces;
  const ns = own.length === 0 ? '' : t('stage.own', { list: own.join(' ') });
  const shared =
    host.length === 0 || !own.includes('pid')
      ? ''
      : t(kernel === 'host' ? 'stage.ofHost' : 'stage.ofGuest', { list: host.join(' ') });
  const { blocks, height } = layersOf(container, box, builder.detail === 'lecture');
  // From the back row how it ended stands beside its name.
  const numbered = (pids: (process: ProcessView) => string): Named[] => {
    const also = alive ? [pids(main)] : lecture ? [state] : [];
    const first = main === undefined ? name : [main.comm, ...also].join(' ');
    return [{ text: first, count: 1 }, ...byName(others, commOf, (process) => `${process.comm} ${pids(process)}`)];
  };
  const charWidth = lecture ? MONO_CHAR * LECTURE_TEXT : MONO_CHAR;
  // Who it is counts for more than its number.
  const fits = (list: readonly Named[]): boolean => list.every(({ text }) => text.length * charWidth <= box.w - 10);
  const merged = byName([...(main === undefined ? [] : [main]), ...others], commOf);
  const withPids = numbered(({ pid }) => pidText(pid));
  const withBoth = lecture ? withPids : numbered(pidsText);
  const named = fits(withBoth) ? withBoth : fits(withPids) || !alive || main === undefined ? withPids : merged;
  // What is alive comes before what it is called: the last lines are those that a low room loses.
  const texts: SceneText[] = [
    ...(state === '' ? [] : [{ text: state, soft: true }]),
    ...(main === undefined || container.name === '' ? [] : [{ text: container.name, soft: true }]),
    // Cut off it would say nothing: what makes it telling stands at its end.
    ...(was === '' || textWidth(was, SANS_CHAR) > box.w - 10 ? [] : [{ text: was, soft: true }]),
    ...(container.image === '' || container.sandbox ? [] : [{ text: shortImage(container.image), soft: true }]),
    ...(ns === '' ? [] : [{ text: ns, soft: true }]),
  ];
  const known =
    builder.detail === 'lecture' || main === undefined ? [] : gaugesOf(t, around, container.cgroup, !container.sandbox);
  const all = lecture ? 1 : Math.max(1, Math.floor((box.h - height - 6) / LINE));
  const kept = all > 1 && gone.some((process) => cameIn(container, process)) ? 1 : 0;
  const limits = known.filter((gauge) => gauge.share !== null).length;
  const spare = Math.max(0, all - kept - named.length - limits - 1);
  const outlines = gone.slice(0, Math.min(GONE_SHOWN_MAX, kept + spare));
  const lines = all - outlines.length;
  const wrapped = fitNames(named.length > lines ? merged : named, box.w - 10, charWidth, lines);
  // What has a limit is worth more than what has none; who it is comes before both.
  const free = lines - wrapped.length;
  const limited = known.filter((gauge) => gauge.share !== null).slice(0, free);
  const unlimited = known
    .filter((gauge) => gauge.share === null)
    .slice(0, Math.max(0, free - Math.min(1, texts.length) - limited.length));
  const gauges = [...limited, ...unlimited];
  const room = lines - gauges.length;
  // A line for each while there are enough.
  const names = named.length <= room ? named.map(({ text }) => text) : wrapped;
  const id = `container:${container.id}`;
  for (const process of container.processes) builder.nodeOfPid.set(process.pid, id);
  const label = [
    main?.comm ?? name,
    ...(main === undefined || !alive ? [state] : [pidWords(t, main, kernel)]),
    was,
    container.name !== '' && main !== undefined ? container.name : '',
    ...others.map((process) => `${process.comm} ${pidWords(t, process, kernel)}`),
    ...gone.map((process) => `${process.comm} ${goneText(t, process)}`),
    container.image,
    ...known.map((gauge) => gauge.label),
    ns,
    shared,
    container.layers.lower === 0 ? '' : t('stage.layers', { count: container.layers.lower }),
  ];
  builder.add({
    id,
    kind: 'container',
    stratum: main?.layer === 'oci-runtime' ? 'oci-runtime' : 'workload',
    ...box,
    level: 2,
    texts: [
      ...names.map((text) => ({ text, mono: true }) as SceneText),
      ...(lecture ? [] : texts.slice(0, Math.max(0, room - names.length))),
    ],
    label: label.filter((part) => part !== '').join(', '),
    dashed: container.state === 'created',
    ghost: container.state === 'exited',
    select: { kind: 'container', id: container.id },
    ...(blocks.length === 0 ? {} : { blocks }),
    ...(gauges.length === 0 ? {} : { gauges }),
    ...grewFrom(builder, main, box),
  });
  const said = names.length + Math.min(texts.length, Math.max(0, room - names.length));
  for (const [i, process] of outlines.entries()) {
    const more = i === outlines.length - 1 && gone.length > outlines.length ? ` +${gone.length - outlines.length}` : '';
    builder.process(
      process,
      {
        kind: 'process',
        stratum: 'workload',
        x: box.x + 4,
        y: box.y + 6 + (said + i) * LINE,
        w: box.w - 8,
        h: 13,
        level: 3,
      },
      [{ text: `${process.comm} ${goneText(t, process)}${more}`, soft: true }],
      false,
      `${process.comm}, ${pidWords(t, process, kernel)}, ${goneText(t, process)}`,
    );
  }
}

/** Somebody outside put it there, as `kubectl exec` does: it is no child of the container's own. */
function cameIn(container: ContainerRoom, { ppid }: ProcessView): boolean {
  return !container.processes.some(({ pid }) => pid === ppid);
}

/** Of those that are gone from a container that lives: who came in before its own, the latest first. Whoever only made it is none of them. */
function goneOf(container: ContainerRoom): ProcessView[] {
  return container.processes
    .slice(1)
    .filter((process) => process.exitedAt !== null && placeOf(process).stratum !== 'oci-runtime')
    .sort((a, b) => Number(cameIn(container, b)) - Number(cameIn(container, a)) || (b.exitSeq ?? 0) - (a.exitSeq ?? 0));
}

function goneText(t: Translate, { exitCode, exitSignal }: ProcessView): string {
  return t('stage.exited', { code: exitSignal ?? exitCode });
}

/** A new process comes out of its parent, if that is drawn. */
export function grewFrom(
  builder: SceneBuilder,
  process: ProcessView | undefined,
  box: Box,
): { grewFrom?: readonly [number, number] } {
  if (process === undefined || builder.now - process.startedAt > NEWBORN_NS) return {};
  const parent = builder.centreOf(process.ppid);
  if (parent === undefined) return {};
  return { grewFrom: [Math.round(parent[0] - box.x - box.w / 2), Math.round(parent[1] - box.y - box.h / 2)] };
}

/** The image's layers as the ground it stands on, its own writable layer above them. */
function layersOf(container: ContainerRoom, box: Box, lecture: boolean): { blocks: Block[]; height: number } {
  const { upper, lower } = container.layers;
  if (lecture || (upper === null && lower === 0) || box.h < LAYERS_FROM_HEIGHT) return { blocks: [], height: 0 };
  const count = Math.min(LAYERS_SHOWN_MAX, lower) + (upper === null ? 0 : 1);
  const step = Math.min(LAYER_HEIGHT_MAX, Math.max(2, (box.h - LAYERS_FROM_HEIGHT + 12) / count));
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++) {
    const y = box.y + box.h - 3 - (i + 1) * step;
    blocks.push({ x: box.x + 4, y, w: box.w - 8, h: step - 1, upper: upper !== null && i === count - 1 });
  }
  return { blocks, height: count * step + 4 };
}
