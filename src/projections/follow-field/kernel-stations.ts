/** What the kernel says now, of the cgroup and of the container's first process. */
import { NODE_KERNEL } from '../../sim/trace.ts';
import { INIT, type Reader } from './evidence.ts';
import type { Field, KernelLook } from './fields.ts';
import { cgroupPath, empty, type Station, type Target } from './follow-field.ts';
import type { Group, Trail } from './trail.ts';
import type { Line } from './tree.ts';

export async function kernelStations(trail: Trail, field: Field, reader: Reader): Promise<Station[]> {
  const stations: Station[] = [];
  if (field.cgroup !== undefined) stations.push(...(await cgroupStations(trail, field.cgroup, reader)));
  if (field.kernel !== undefined) stations.push(await processStation(trail, field.kernel, reader));
  return stations;
}

async function cgroupStations(trail: Trail, file: string, reader: Reader): Promise<Station[]> {
  const { cgroup, guestCgroup, guestInit } = trail;
  const station = async (kind: 'kernel' | 'guest', group: Group, pid: number | null): Promise<Station> => {
    const where = cgroupPath(group.path);
    const said = pid === null ? null : await reader.made(pid, `${where}/${file}`);
    const base = empty(kind, 'kernel', where, kind === 'guest' ? 'noField' : 'gone', file);
    if (said === null) return base;
    return {
      ...base,
      lines: [{ path: file, value: said.trim() }],
      missing: null,
      target: { kind: 'cgroup', path: group.key },
    };
  };
  if (cgroup === null && guestCgroup === null) return [empty('kernel', 'kernel', '', 'noCgroup', file)];
  return [
    ...(cgroup === null ? [] : [await station('kernel', cgroup, INIT)]),
    ...(guestCgroup === null ? [] : [await station('guest', guestCgroup, guestInit)]),
  ];
}

/** On the node its files are read as root there reads them; in a guest as the container itself does. */
async function processStation(trail: Trail, look: KernelLook, reader: Reader): Promise<Station> {
  const { pid, kernel, release } = trail;
  const kind = kernel === NODE_KERNEL ? 'kernel' : 'guest';
  if (pid === null) return empty(kind, 'kernel', '/proc', 'noProcess', '');
  const onNode = kernel === NODE_KERNEL;
  const own = `/proc/${onNode ? pid : 'self'}`;
  const read = (path: string): Promise<string | null> => reader.made(onNode ? INIT : pid, path);
  const station = (where: string, lines: readonly Line[] | null, path: string, target?: Target): Station => {
    const base = empty(kind, 'kernel', where, lines === null ? 'gone' : 'unset', path);
    const found = lines !== null && lines.length > 0;
    return {
      ...base,
      lines: lines ?? [],
      missing: found ? null : base.missing,
      target: target ?? { kind: 'process', pid },
    };
  };
  if ('release' in look)
    return station('uname -r', [{ path: 'release', value: release }], '', { kind: 'kernel', number: kernel });
  if ('status' in look) {
    const text = await read(`${own}/status`);
    return station(`${own}/status`, text === null ? null : statusLines(text, look.status), look.status[0] ?? '');
  }
  if ('variable' in look) {
    const text = await read(`${own}/environ`);
    const begins = `${look.variable}=`;
    const found = text?.split('\0').filter((each) => each.startsWith(begins)) ?? [];
    const lines = found.map((each) => ({ path: look.variable, value: each.slice(begins.length) }));
    return station(`${own}/environ`, text === null ? null : lines, look.variable);
  }
  if ('mounts' in look) {
    const text = await read(`${own}/mountinfo`);
    return station(`${own}/mountinfo`, text === null ? null : mountLines(text, look.mounts), look.mounts[0] ?? '');
  }
  if ('namespace' in look) {
    const paths = [`${own}/ns/${look.namespace}`, ...(onNode ? [`/proc/${INIT}/ns/${look.namespace}`] : [])];
    const lines: Line[] = [];
    for (const path of paths) {
      const value = await read(path);
      if (value !== null) lines.push({ path, value });
    }
    return station(paths[0] as string, lines, '');
  }
  if ('file' in look) {
    const { file } = look;
    const text = file.startsWith('/proc/') ? await reader.made(pid, file) : await reader.file(pid, file);
    return station(file, text === null ? null : textLines(text), '', { kind: 'file', pid, path: file });
  }
  const path = `${own}/${'link' in look ? look.link : look.proc}`;
  const text = await read(path);
  return station(path, text === null ? null : textLines(text), '');
}

function statusLines(text: string, keys: readonly string[]): Line[] {
  return text.split('\n').flatMap((line) => {
    const [key = '', value = ''] = line.split(':\t');
    return keys.includes(key) ? [{ path: key, value: value.replaceAll('\t', ' ').trim() }] : [];
  });
}

/** The fifth column is where it is mounted. */
function mountLines(text: string, at: readonly string[]): Line[] {
  return text.split('\n').flatMap((line) => {
    const point = line.split(' ')[4] ?? '';
    return at.includes(point) ? [{ path: point, value: line }] : [];
  });
}

function textLines(text: string): Line[] {
  const value = text.replace(/\0$/, '').replaceAll('\0', ' ').trim();
  return [{ path: '', value }];
}
