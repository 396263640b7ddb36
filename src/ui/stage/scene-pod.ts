/**
 * A pod as a room on the kernel's floor. What lies between a container and that floor is what isolates it: thin walls
 * (runc, crun), a raised floor on a few stilts (the Sentry), or a box with a floor of its own (a virtual machine).
 */
import { shortMethod } from '../../projections/layers.ts';
import type { ProcessView } from '../../projections/node-view.ts';
import { nameOf } from '../../projections/roles.ts';
import { type ContainerRoom, type PodRoom, restartsOf } from '../../projections/rooms.ts';
import { pidText } from '../format.ts';
import type { Translate } from '../messages/catalogue.ts';
import { byName, fitNames, shownName } from './living.ts';
import type { SceneBuilder } from './scene-builder.ts';
import { drawContainer, gaugesOf, grewFrom, pidWords, type Surroundings } from './scene-container.ts';
import { type Box, MONO_CHAR, SANS_CHAR, textWidth, VM_BASE } from './scene-types.ts';

const HEAD = 19;
const LINE = 14;
const FRAME_HEAD = 14;
const FRAME_HEIGHT_MIN = 84;
const WALL = 7;
const BASE = 16;
const STILT_MIN = 8;
const SUPPORT_WIDTH = 78;
const AGENT_WIDTH = 108;
const AGENT_WIDTH_MIN = 78;
const AGENT_HEIGHT_MAX = 46;
/** What it was and which namespaces are its own, in full. */
const PAUSE_WIDTH_MAX = 160;
const PAUSE_WIDTH = 84;
/** Its name, and nothing else. */
const PAUSE_WIDTH_MIN = 50;
const PAUSE_SHARE = 0.3;
const PAUSE_SHARE_MAX = 0.42;
const GONE_SHARE = 0.4;

export function drawPod(
  builder: SceneBuilder,
  around: Surroundings,
  pod: PodRoom,
  box: Box,
  found: boolean | null,
): void {
  const { t } = builder;
  const title = titleOf(t, around, pod);
  const gauges = pod.cgroup === '' ? [] : gaugesOf(t, around, pod.cgroup, false);
  const memory = gauges.map((gauge) => gauge.label).join(' · ');
  // Only a limit is worth a place in the head of the room; the rest is in the label and the inspector.
  const limited = gauges.some((gauge) => gauge.share !== null);
  const fits = (title.length + memory.length + 3) * SANS_CHAR < box.w - 16;
  builder.add({
    id: `pod:${pod.id}`,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    dashed: !pod.ready,
    ...(found === null ? {} : { found }),
    texts: [{ text: limited && fits ? `${title} · ${memory}` : title, soft: true }],
    label: [title, isolationOf(builder, pod), memory].filter((part) => part !== '').join(', '),
    select: { kind: 'pod', id: pod.id },
  });
  const inside = { x: box.x + 8, y: box.y + HEAD, w: box.w - 16, h: box.h - HEAD };
  if (pod.guest?.kind === 'vm') drawMachine(builder, around, pod, inside);
  else if (pod.guest?.kind === 'sentry') drawSentry(builder, around, pod, inside);
  else {
    const left = drawFileServers(builder, pod, inside);
    drawContainers(builder, around, pod, left);
  }
}

export function titleOf(t: Translate, around: Surroundings, pod: PodRoom): string {
  const address = pod.address === '' ? addressOf(around, pod) : pod.address;
  const count = restartsOf(pod);
  const restarts = count === 0 ? '' : t('stage.restarts', { count });
  return [roomName(t, pod), address, restarts].filter((part) => part !== '').join(' · ');
}

/** `pod web`, `container c1`. */
export function roomName(t: Translate, pod: PodRoom): string {
  return t(pod.pod ? 'stage.pod' : 'stage.standalone', { name: pod.name === '' ? pod.id.slice(0, 13) : pod.name });
}

/** In words, what the drawing says by walls and floors. */
function isolationOf({ t }: SceneBuilder, pod: PodRoom): string {
  if (pod.guest === null) return '';
  const { release } = pod.guest;
  return pod.guest.kind === 'vm' ? t('stage.guestKernel', { release }) : t('stage.sentry', { release });
}

/** The containers side by side, pause first, inside the outline of what they have in common. */
function drawContainers(builder: SceneBuilder, around: Surroundings, pod: PodRoom, box: Box): void {
  if (pod.containers.length === 0) return;
  const { t } = builder;
  const shared = [...new Set(pod.containers.flatMap((container) => container.namespaces.pod))];
  let inside = box;
  if (shared.length > 0 && box.h >= FRAME_HEIGHT_MIN) {
    builder.add({
      id: `frame:${pod.id}`,
      kind: 'frame',
      stratum: 'kernel',
      ...box,
      level: 2,
      texts: [{ text: t('stage.shared', { list: shared.join(' ') }), soft: true }],
      select: { kind: 'pod', id: pod.id },
    });
    inside = { x: box.x + 5, y: box.y + FRAME_HEAD + 2, w: box.w - 10, h: box.h - FRAME_HEAD - 2 };
  }
  const pause = pod.containers.filter((container) => container.sandbox);
  const others = pod.containers.filter((container) => !container.sandbox);
  const pauseW =
    pause.length === 0
      ? 0
      : others.length === 0
        ? Math.min(PAUSE_WIDTH_MAX, inside.w)
        : Math.min(
            PAUSE_WIDTH_MAX,
            Math.max(PAUSE_WIDTH_MIN, inside.w * PAUSE_SHARE_MAX),
            Math.max(PAUSE_WIDTH, inside.w * PAUSE_SHARE),
          );
  const kernel = pod.guest?.kind ?? 'host';
  for (const container of pause) drawContainer(builder, around, container, { ...inside, w: pauseW - 5 }, kernel);
  if (others.length === 0 && pod.pod) {
    const place = { ...inside, x: inside.x + pauseW, w: inside.w - pauseW };
    const text = emptyTexts(builder, around).find((candidate) => candidate.length * SANS_CHAR < place.w - 12);
    if (text !== undefined)
      builder.add({
        id: `empty:${pod.id}`,
        kind: 'note',
        stratum: 'workload',
        ...place,
        level: 3,
        texts: [{ text, soft: true }],
      });
  }
  // Who has gone needs less room than who lives.
  const share = ({ state }: ContainerRoom): number => (state === 'exited' ? GONE_SHARE : 1);
  const unit =
    (inside.w - pauseW) /
    Math.max(
      GONE_SHARE,
      others.reduce((sum, container) => sum + share(container), 0),
    );
  let x = inside.x + pauseW;
  for (const [i, container] of others.entries()) {
    const w = share(container) * unit;
    drawContainer(builder, around, container, { ...inside, x, w: w - (i === others.length - 1 ? 0 : 5) }, kernel);
    x += w;
  }
}

/** What a room says that has nobody in it but its pause, the longest first. Whose image is on its way is in no call that the drawing sees. */
function emptyTexts({ t }: SceneBuilder, { view }: Surroundings): string[] {
  const pulling = [...view.calls.values()].some((call) => shortMethod(call.method) === 'PullImage');
  return [...(pulling ? [t('stage.pulling')] : []), t('stage.noContainers')];
}

/** A hypervisor's process with hatched walls, in it a kernel's floor, on that the containers and who runs them. */
function drawMachine(builder: SceneBuilder, around: Surroundings, pod: PodRoom, box: Box): void {
  const { t } = builder;
  const { guest } = pod;
  const carrier = pod.support.find(({ process }) => process.pid === guest?.carrier)?.process;
  const room = drawFileServers(builder, pod, box);
  if (guest === null || carrier === undefined) return drawContainers(builder, around, pod, room);
  builder.process(
    carrier,
    { kind: 'vm', stratum: 'oci-runtime', ...room, level: 2, ...grewFrom(builder, carrier, room) },
    [{ text: `${nameOf(carrier)} ${carrier.pid}`, mono: true }],
    false,
    `${nameOf(carrier)} ${carrier.pid}`,
  );
  const inner = {
    x: room.x + WALL,
    y: room.y + WALL,
    w: room.w - 2 * WALL,
    h: room.h - WALL - VM_BASE,
  };
  const floorY = inner.y + inner.h - BASE;
  const id = `kernel:${guest.number}`;
  const kernel = t('stage.guestKernel', { release: guest.release });
  const floor = `${kernel} · ${t('stage.ownPids')}`;
  builder.add({
    id,
    kind: 'guest-floor',
    stratum: 'kernel',
    x: inner.x,
    y: floorY,
    w: inner.w,
    h: BASE,
    level: 2,
    texts: [{ text: textWidth(floor, SANS_CHAR) + 16 < inner.w ? floor : kernel }],
    label: kernel,
    select: { kind: 'kernel', number: guest.number },
  });
  for (const process of pod.guestProcesses) builder.nodeOfPid.set(process.pid, id);
  const standing = { x: inner.x + 4, y: inner.y + 3, w: inner.w - 8, h: floorY - inner.y - 3 };
  const alive = pod.guestProcesses.filter((process) => process.exitedAt === null);
  const agent = alive.find((process) => process.layer === 'oci-runtime') ?? alive[0];
  if (agent === undefined) return drawContainers(builder, around, pod, standing);
  const w = Math.min(AGENT_WIDTH, Math.max(AGENT_WIDTH_MIN, standing.w * 0.36));
  const rest = alive.filter((process) => process !== agent);
  const withPid = (process: ProcessView): string => `${shownName(process)} ${pidText(process.pid)}`;
  const ordered = [agent, ...rest];
  const pids = byName(ordered, shownName, withPid);
  const names = pids.some(({ text }) => text.length * MONO_CHAR > w - 10) ? byName(ordered) : pids;
  const linesMax = Math.max(1, Math.floor((Math.min(AGENT_HEIGHT_MAX, standing.h) - 4) / LINE));
  const place = {
    x: standing.x + standing.w - w,
    y: standing.y + standing.h - Math.min(AGENT_HEIGHT_MAX, standing.h),
    w,
    h: Math.min(AGENT_HEIGHT_MAX, standing.h),
  };
  const node = builder.process(
    agent,
    { kind: 'support', stratum: 'oci-runtime', ...place, level: 2 },
    fitNames(names, w - 10, MONO_CHAR, linesMax).map((text) => ({ text, mono: true })),
    false,
    ordered.map((process) => `${shownName(process)}, ${pidWords(t, process, 'vm')}`).join(', '),
  );
  for (const process of rest) builder.nodeOfPid.set(process.pid, node.id);
  drawContainers(builder, around, pod, { ...standing, w: standing.w - w - 5 });
}

/** A kernel that is itself a process: a raised floor, on stilts that are the few calls it makes of the host. */
function drawSentry(builder: SceneBuilder, around: Surroundings, pod: PodRoom, box: Box): void {
  const { t } = builder;
  const { guest } = pod;
  const carrier = pod.support.find(({ process }) => process.pid === guest?.carrier)?.process;
  const room = drawFileServers(builder, pod, box);
  if (guest === null || carrier === undefined) return drawContainers(builder, around, pod, room);
  const stilts = Math.max(STILT_MIN, Math.min(18, room.h * 0.1));
  const floorY = room.y + room.h - stilts - BASE;
  const text = t('stage.sentry', { release: guest.release });
  const stubs = pod.support.filter(({ role, process }) => role === 'stub' && process.exitedAt === null);
  const label = t('stage.stubs', { count: stubs.length });
  const named = `Sentry ${carrier.pid}`;
  const words = [
    [`${named}: ${t('stage.sentryKernel')}`, t('stage.ownPids'), label],
    [`${named}: ${t('stage.sentryKernel')}`, label],
    [`${named}: ${t('stage.sentryKernelShort')}`, label],
    [`${named}: ${t('stage.sentryKernelShort')}`],
    [`Sentry: ${t('stage.sentryKernelShort')}`],
  ].map((parts) => parts.join(' · '));
  builder.process(
    carrier,
    { kind: 'sentry', stratum: 'oci-runtime', x: room.x, y: floorY, w: room.w, h: BASE, level: 2 },
    // What stands on stilts names them: they have no room for words.
    [{ text: words.find((said) => textWidth(said, SANS_CHAR) + 16 < room.w) ?? 'Sentry' }],
    false,
    `${text}, ${carrier.pid}`,
  );
  for (const process of pod.guestProcesses) builder.nodeOfPid.set(process.pid, `process:${carrier.pid}`);
  const id = `stilts:${carrier.pid}`;
  for (const { process } of stubs) builder.nodeOfPid.set(process.pid, id);
  builder.add({
    id,
    kind: 'stilts',
    stratum: 'oci-runtime',
    x: room.x,
    y: floorY + BASE,
    w: room.w,
    h: stilts,
    level: 2,
    texts: [],
    label,
    select: { kind: 'processes', title: label, pids: stubs.map(({ process }) => process.pid) },
  });
  drawContainers(builder, around, pod, { ...room, h: floorY - room.y });
}

/** Processes of the host that give a guest its files: they stand on the host's floor, beside it. Returns what is left. */
function drawFileServers(builder: SceneBuilder, pod: PodRoom, box: Box): Box {
  const servers = pod.support.filter(({ role }) => role === 'file-server');
  const others = pod.support.filter(
    ({ role, process }) => role !== 'file-server' && role !== 'stub' && process.pid !== pod.guest?.carrier,
  );
  const standing = [...servers, ...others];
  // Those gone since the last command are outlines while there is room.
  const shown = standing.filter(({ process }) => process.exitedAt === null);
  for (const { process } of standing) builder.nodeOfPid.set(process.pid, `pod:${pod.id}`);
  if (shown.length === 0) return box;
  const w = Math.min(SUPPORT_WIDTH, box.w * 0.3);
  const h = Math.min(40, (box.h - 4) / shown.length - 4);
  for (const [i, { process }] of shown.entries()) {
    const name = process.argv[0]?.split('/').at(-1) ?? process.comm;
    const place = { x: box.x + box.w - w, y: box.y + box.h - (i + 1) * (h + (i === 0 ? 0 : 4)), w, h };
    const short = name.replace(/^runsc-/, '');
    builder.process(
      process,
      { kind: 'support', stratum: 'oci-runtime', ...place, level: 2 },
      h < 26
        ? [{ text: (short.length + 5) * MONO_CHAR > w - 10 ? short : `${short} ${process.pid}`, mono: true }]
        : [
            { text: short, mono: true },
            { text: String(process.pid), soft: true },
          ],
      false,
      `${name}, ${process.pid}`,
    );
  }
  return { ...box, w: box.w - w - 8 };
}

/** The address on the pod's interface, when the kernel has been asked to set one. */
function addressOf({ view }: Surroundings, pod: PodRoom): string {
  if (pod.net === null) return '';
  for (const link of view.links.values()) {
    if (link.namespace === pod.net && link.name !== 'lo' && link.addresses[0] !== undefined && link.kind === 'veth')
      return link.addresses[0].split('/')[0] ?? '';
  }
  return '';
}
