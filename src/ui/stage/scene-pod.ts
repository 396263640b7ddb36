/** A pod as a room on the kernel's floor: the pause process and the containers in rooms of their own. */
import type { NodeView } from '../../projections/node-view.ts';
import type { ContainerRoom, PodRoom } from '../../projections/rooms.ts';
import type { SceneBuilder } from './scene-builder.ts';
import type { SceneText } from './scene-types.ts';

type Box = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

const HEAD = 24;
const HEAD_LECTURE = 22;

export function drawPod(builder: SceneBuilder, view: NodeView, pod: PodRoom, box: Box): void {
  const { t } = builder;
  const name = pod.name === '' ? pod.id.slice(0, 13) : pod.name;
  const address = pod.address === '' ? addressOf(view, pod) : pod.address;
  const title = [t('stage.pod', { name }), address].filter((part) => part !== '').join(' · ');
  builder.add({
    id: `pod:${pod.id}`,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    dashed: !pod.ready,
    texts: [{ text: title, soft: true }],
    select: { kind: 'pod', id: pod.id },
  });
  if (pod.containers.length === 0) return;
  const head = builder.detail === 'lecture' ? HEAD_LECTURE : HEAD;
  const inside = { x: box.x + 8, w: box.w - 16, y: box.y + head, h: box.h - head };
  const pause = pod.containers.filter((c) => c.sandbox);
  const others = pod.containers.filter((c) => !c.sandbox);
  const pauseW =
    pause.length === 0 ? 0 : others.length === 0 ? Math.min(110, inside.w) : Math.min(124, inside.w * 0.36);
  for (const container of pause) drawContainer(builder, container, { ...inside, w: pauseW - 6 });
  const each = (inside.w - pauseW) / Math.max(1, others.length);
  for (const [i, container] of others.entries()) {
    const w = each - (i === others.length - 1 ? 0 : 6);
    drawContainer(builder, container, { ...inside, x: inside.x + pauseW + i * each, w });
  }
}

function drawContainer(builder: SceneBuilder, container: ContainerRoom, box: Box): void {
  const { t } = builder;
  const main = container.processes[0];
  const former = main?.formerComms.at(-1);
  const texts: SceneText[] = [{ text: main?.comm ?? (container.name || container.id.slice(0, 13)), mono: true }];
  if (main === undefined) texts.push({ text: t('stage.created'), soft: true });
  else if (main.exitedAt === null) texts.push({ text: String(main.pid), soft: true });
  else texts.push({ text: t('stage.exited', { code: main.exitSignal ?? main.exitCode }), soft: true });
  if (former !== undefined && main?.exitedAt === null)
    texts.push({ text: t('stage.was', { name: former }), soft: true });
  if (container.name !== '' && main !== undefined) texts.push({ text: container.name, soft: true });
  for (const process of container.processes.slice(1, 4)) {
    if (process.exitedAt === null) texts.push({ text: `${process.comm} ${process.pid}`, mono: true });
  }
  const starting = main?.layer === 'oci-runtime';
  const id = `container:${container.id}`;
  for (const process of container.processes) builder.nodeOfPid.set(process.pid, id);
  builder.add({
    id,
    kind: 'container',
    stratum: starting ? 'oci-runtime' : 'workload',
    ...box,
    level: 2,
    texts,
    dashed: container.state === 'created',
    ghost: container.state === 'exited',
    select: { kind: 'container', id: container.id },
  });
}

/** The address on eth0 of the pod's network namespace, when the kernel has been asked to set one. */
function addressOf(view: NodeView, pod: PodRoom): string {
  for (const container of pod.containers) {
    const net = container.processes[0]?.namespaces.net;
    if (net === undefined) continue;
    for (const link of view.links.values()) {
      if (link.namespace === net && link.name !== 'lo' && link.addresses[0] !== undefined)
        return link.addresses[0].split('/')[0] ?? '';
    }
  }
  return '';
}
