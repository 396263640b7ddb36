/** Under the floor: what the kernel holds for the thing that is selected, or else for the newest container. */
import { onKernel } from '../../projections/fold.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { type ContainerRoom, overlayOf, type PodRoom } from '../../projections/rooms.ts';
import { kernelOfPid } from '../../sim/trace.ts';
import type { Selection } from '../selection.ts';
import type { SceneBuilder } from './scene-builder.ts';
import { MONO_CHAR } from './scene-types.ts';

type Box = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

export function groundChips(
  builder: SceneBuilder,
  view: NodeView,
  pods: readonly PodRoom[],
  selection: Selection | null,
  box: Box,
): void {
  const { t } = builder;
  const container = focusOf(pods, selection);
  const process = selection?.kind === 'process' ? view.processes.get(selection.pid) : container?.processes[0];
  const chips: { id: string; text: string; select: Selection | null }[] = [];
  const host = view.processes.get(1);

  const cgroup = process === undefined ? '' : onKernel(kernelOfPid(process.pid), process.cgroup);
  if (process !== undefined && process.cgroup !== '/') {
    const files = Object.entries(view.cgroups.get(cgroup)?.files ?? {});
    const wanted = files.filter(([file]) => /^(memory\.max|cpu\.max|cpu\.weight|pids\.max)$/.test(file)).slice(0, 2);
    const name =
      wanted.length > 0 ? wanted.map(([file, value]) => `${file} ${value.trim()}`).join(' ') : shortPath(cgroup);
    chips.push({ id: 'chip:cgroup', text: t('stage.cgroup', { name }), select: { kind: 'cgroup', path: cgroup } });
  }
  if (process !== undefined) {
    const own = Object.entries(process.namespaces)
      .filter(([type, id]) => host?.namespaces[type] !== id)
      .map(([type]) => type);
    if (own.length > 0)
      chips.push({
        id: 'chip:ns',
        text: t('stage.namespaces', { list: own.join(' ') }),
        select: { kind: 'process', pid: process.pid },
      });
  }
  if (container !== null) {
    const overlay = overlayOf(view, container.id);
    if (overlay !== undefined) {
      const [id, mount] = overlay;
      const upper = /upperdir=([^,]+)/.exec(mount.options)?.[1] ?? '';
      const lower = /lowerdir=([^,]+)/.exec(mount.options)?.[1]?.split(':').length ?? 0;
      chips.push({
        id: 'chip:overlay',
        text: t('stage.overlay', {
          upper: `…${upper
            .split('/')
            .slice(-2)
            .map((p) => `/${p}`)
            .join('')}`,
          lower,
        }),
        select: { kind: 'mount', id },
      });
    }
  }
  const links = linksFor(view, process);
  if (links.length > 0)
    chips.push({
      id: 'chip:net',
      text: t('stage.links', { list: links.join(' ') }),
      select: process === undefined ? null : { kind: 'process', pid: process.pid },
    });

  let x = box.x + 4;
  for (const chip of chips) {
    const w = Math.min(300, 18 + chip.text.length * MONO_CHAR);
    if (x + w > box.x + box.w) break;
    builder.add({
      id: chip.id,
      kind: 'chip',
      stratum: 'kernel',
      x,
      y: box.y + 6,
      w,
      h: 20,
      level: 2,
      texts: [{ text: chip.text, mono: true }],
      select: chip.select,
    });
    x += w + 10;
  }
}

function focusOf(pods: readonly PodRoom[], selection: Selection | null): ContainerRoom | null {
  const all = pods.flatMap((pod) => pod.containers);
  if (selection?.kind === 'container') return all.find((c) => c.id === selection.id) ?? null;
  if (selection?.kind === 'pod') return pods.find((pod) => pod.id === selection.id)?.containers[0] ?? null;
  if (selection?.kind === 'process') return all.find((c) => c.processes.some((p) => p.pid === selection.pid)) ?? null;
  return all.filter((c) => c.processes.some((p) => p.exitedAt === null)).sort((a, b) => b.seq - a.seq)[0] ?? null;
}

function linksFor(view: NodeView, process: ProcessView | undefined): string[] {
  const net = process?.namespaces.net;
  const out: string[] = [];
  for (const link of view.links.values()) {
    if (link.name === 'lo' || link.name === '' || (net !== undefined && link.namespace !== net)) continue;
    out.push(link.addresses[0] === undefined ? link.name : `${link.name} ${link.addresses[0]}`);
  }
  return out.slice(0, 3);
}

function shortPath(path: string): string {
  return path.replace(/[0-9a-f]{64}/g, (id) => id.slice(0, 8));
}
