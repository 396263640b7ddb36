/**
 * One setting of a container at each station on its way down: the Pod's manifest, the CRI's messages, config.json, the
 * systemd unit, the cgroup's file, and what the kernel says now. Every value is read where it is written.
 */
import { NODE_KERNEL } from '../../sim/trace.ts';
import type { Stratum } from '../layers.ts';
import { type Doc, type Evidence, type FileDoc, INIT, type Reader, textAt } from './evidence.ts';
import { FIELDS, type Field, mountField, sysctlField, terminationMessageField, variableField } from './fields.ts';
import { kernelStations } from './kernel-stations.ts';
import type { Sent } from './trail.ts';
import { type Line, linesAt, type Path, pathText, type Tree, treeOfJson } from './tree.ts';

export type StationKind =
  | 'sent'
  | 'stored'
  | 'staticPod'
  | 'podCgroup'
  | 'sandbox'
  | 'create'
  | 'update'
  | 'stop'
  | 'record'
  | 'spec'
  | 'agent'
  | 'taskUpdate'
  | 'unit'
  | 'write'
  | 'guestWrite'
  | 'kernel'
  | 'guest';

/** Why there is no value. */
export type Missing =
  /** There is no such field there at all. */
  | 'noField'
  /** Nothing is said of it. */
  | 'unset'
  /** 0, false and empty values are not on the wire. */
  | 'notOnWire'
  /** Nobody but the CRI's client knows of a Pod. */
  | 'noManifest'
  /** It was not made by way of the CRI. */
  | 'noCall'
  /** Nothing of the history says it. */
  | 'notSeen'
  | 'evicted'
  /** The file is not there at this moment. */
  | 'gone'
  | 'notWritten'
  | 'noProcess'
  | 'noCgroup'
  /** Not for this container alone: it runs on a kernel of its own. */
  | 'ownKernel';

/** What is opened by it. */
export type Target =
  | { readonly kind: 'call'; readonly call: number }
  | { readonly kind: 'event'; readonly seq: number }
  | { readonly kind: 'file'; readonly pid: number; readonly path: string }
  | { readonly kind: 'cgroup'; readonly path: string }
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'kernel'; readonly number: number }
  | { readonly kind: 'state'; readonly id: string };

export type Station = {
  readonly kind: StationKind;
  readonly stratum: Stratum;
  /** The message, or the file. */
  readonly where: string;
  readonly lines: readonly Line[];
  /** Of a station without lines; `path` is where it would be. */
  readonly missing: { readonly why: Missing; readonly path: string } | null;
  /** The event it was written with; null: as it is now. */
  readonly seq: number | null;
  /** Who wrote it. */
  readonly pid: number | null;
  readonly target: Target | null;
};

export type FollowedField = {
  /** `memoryLimit`; `variable COLOR`, `mount /data`, `sysctl net.core.somaxconn`. */
  readonly id: string;
  readonly field: Field;
  /** Somebody asked for it. */
  readonly set: boolean;
};

/** All that can be followed of this container, in the order in which it is offered. */
export function fieldsOf(evidence: Evidence): FollowedField[] {
  const { create, sandbox } = evidence;
  const message = ['config', 'annotations', { key: 'io.kubernetes.container.terminationMessagePath' }] as const;
  const terminationMessage = textAt(create?.tree, message);
  const keyed = (name: string, tree: Tree | null | undefined, path: Path, make: (key: string) => Field) =>
    (tree == null ? [] : linesAt(tree, path)).map(({ value }): [string, Field] => [`${name} ${value}`, make(value)]);
  const all: [string, Field][] = [
    ...Object.entries<Field>(FIELDS),
    ...(terminationMessage === undefined
      ? []
      : [['terminationMessagePath', terminationMessageField(terminationMessage)] as [string, Field]]),
    ...keyed('variable', create?.tree, ['config', 'envs', 'key'], variableField),
    ...keyed('mount', create?.tree, ['config', 'mounts', 'container_path'], mountField),
    ...keyed('sysctl', sandbox?.tree, ['config', 'linux', 'sysctls', 'key'], sysctlField),
  ];
  return all.map(([id, field]) => ({ id, field, set: isSet(evidence, field) }));
}

/** In the manifest that somebody wrote; where there is none, in a message of the CRI. */
function isSet(evidence: Evidence, field: Field): boolean {
  const { podWrites, staticPod, create, sandbox, updates } = evidence;
  const has = (tree: Tree | null | undefined, paths: readonly Path[] = []): boolean =>
    tree != null && paths.some((path) => linesAt(tree, path).length > 0);
  const manifests = [staticPod?.tree, ...podWrites.map(({ sent }) => sent.tree)].filter((tree) => tree != null);
  if (manifests.length > 0) return manifests.some((tree) => has(tree, manifestPaths(evidence, field.manifest)));
  return (
    has(create?.tree, field.create) ||
    has(sandbox?.tree, field.sandbox) ||
    updates.some(({ tree }) => has(tree, field.update))
  );
}

/** From the top of the Pod on: a container is in one of three lists. */
function manifestPaths(evidence: Evidence, paths: readonly Path[] = []): Path[] {
  return paths.flatMap((path) =>
    path[0] === 'container'
      ? ['containers', 'initContainers', 'ephemeralContainers'].map(
          (list): Path => ['spec', list, { where: 'name', is: evidence.trail.name }, ...path.slice(1)],
        )
      : [path],
  );
}

/** The way of one field, from the top down. */
export async function follow(evidence: Evidence, field: Field, reader: Reader): Promise<Station[]> {
  return [
    ...manifestStations(evidence, field),
    ...podCgroupStations(evidence, field),
    ...criStations(evidence, field),
    ...recordStations(evidence, field),
    ...specStations(evidence, field),
    ...unitStations(evidence, field),
    ...writeStations(evidence, field),
    ...(await kernelStations(evidence.trail, field, reader)),
  ];
}

function manifestStations(evidence: Evidence, { manifest, stored }: Field): Station[] {
  const { podWrites, staticPod, trail, sandbox } = evidence;
  const none = (why: Missing, where: string, path = ''): Station => ({
    ...{ kind: 'sent', stratum: 'control-plane', where, lines: [] },
    ...{ missing: { why, path }, seq: null, pid: null, target: null },
  });
  const source = textAt(sandbox?.tree, ['config', 'annotations', { key: 'kubernetes.io/config.source' }]);
  const wanted = manifestPaths(evidence, manifest);
  const path = pathText(wanted[0] ?? stored?.[0] ?? []);
  if (staticPod !== null) return [fileStation('staticPod', 'kubelet', staticPod, wanted)];
  if (podWrites.length === 0) return [none(source === undefined ? 'noManifest' : 'notSeen', trail.podName, path)];
  if (manifest === undefined && stored === undefined) return [none('noField', `Pod ${trail.podName}`)];
  const out: Station[] = [];
  let before = '';
  for (const { sent, stored: then } of podWrites) {
    const asked = messageStation('sent', 'control-plane', sent, wanted, 'unset');
    const has = messageStation('stored', 'control-plane', then, wanted.length > 0 ? wanted : (stored ?? []), 'unset');
    const now = JSON.stringify(has.lines.map(({ value }) => value));
    // What was written later counts where it changed something.
    const first = out.length === 0;
    if (!first && now === before) continue;
    if (wanted.length > 0 && (first || asked.lines.length > 0)) out.push(asked);
    out.push(has);
    before = now;
  }
  return out;
}

function podCgroupStations({ trail }: Evidence, { cgroup }: Field): Station[] {
  const group = trail.podCgroup;
  if (cgroup === undefined || group === null) return [];
  const write = trail.writes.get(`${NODE_KERNEL} ${group.path} ${cgroup}`);
  return write === undefined
    ? []
    : [
        {
          ...{ kind: 'podCgroup', stratum: 'kubelet', where: cgroupPath(group.path), missing: null },
          lines: [{ path: cgroup, value: write.value.trim() }],
          ...{ seq: write.seq, pid: write.pid, target: { kind: 'cgroup', path: group.key } },
        },
      ];
}

function criStations(evidence: Evidence, field: Field): Station[] {
  const { sandbox, create, updates, stops, trail } = evidence;
  const out: Station[] = [];
  if (create === null && sandbox === null)
    return [{ ...empty('create', 'cri', 'CreateContainer', 'noCall', ''), seq: null }];
  if (field.sandbox !== undefined && sandbox !== null)
    out.push(messageStation('sandbox', 'cri', sandbox, field.sandbox, 'notOnWire'));
  if (field.create !== undefined && create !== null)
    out.push(messageStation('create', 'cri', create, field.create, 'notOnWire'));
  if (field.create === undefined && field.sandbox === undefined && create !== null)
    out.push({ ...messageStation('create', 'cri', create, [], 'noField') });
  const last = (kind: 'update' | 'stop', docs: readonly Doc[], paths: readonly Path[] | undefined): void => {
    const stations = docs.map((doc) => messageStation(kind, 'cri', doc, paths ?? [], 'notOnWire'));
    const found = stations.findLast(({ lines }) => lines.length > 0);
    if (found !== undefined) out.push(found);
  };
  last('update', updates, field.update);
  last('stop', stops, field.stop);
  if (field.stop !== undefined && stops.length === 0 && trail.create !== null)
    out.push(empty('stop', 'cri', 'StopContainer', 'notSeen', pathText(field.stop[0] ?? [])));
  return out;
}

function recordStations({ trail }: Evidence, { record: paths }: Field): Station[] {
  const { record } = trail;
  if (paths === undefined || record === null) return [];
  const tree = treeOfJson(record.value);
  const lines = paths.flatMap((path) => linesAt(tree, path));
  if (lines.length === 0) return [];
  const target: Target = { kind: 'state', id: record.key };
  return [
    { ...empty('record', 'cri-runtime', 'container', 'unset', ''), lines, missing: null, seq: record.seq, target },
  ];
}

function specStations(evidence: Evidence, field: Field): Station[] {
  const { spec, sandboxSpec, agent, taskUpdates, trail } = evidence;
  const out: Station[] = [];
  const file = (doc: FileDoc | null, paths: readonly Path[] | undefined, here: boolean): void => {
    if (paths === undefined) return;
    if (doc !== null) out.push(fileStation('spec', 'cri-runtime', doc, paths));
    else if (here) out.push(empty('spec', 'cri-runtime', 'config.json', 'notSeen', pathText(paths[0] ?? [])));
  };
  file(sandboxSpec, field.sandboxSpec, false);
  file(spec, field.spec, true);
  if (agent !== null && field.spec !== undefined)
    out.push(messageStation('agent', 'oci-runtime', agent, field.spec, 'unset'));
  const resources = (field.spec ?? []).filter((path) => path[0] === 'linux' && path[1] === 'resources');
  const updated = taskUpdates
    .map((doc) =>
      messageStation(
        'taskUpdate',
        'shim',
        doc,
        resources.map((path) => path.slice(1)),
        'unset',
      ),
    )
    .findLast(({ lines }) => lines.length > 0);
  if (updated !== undefined && trail.updates.length > 0) out.push(updated);
  return out;
}

/** Of the unit and its drop-ins the last that has the property. */
function unitStations({ unit }: Evidence, { unit: properties }: Field): Station[] {
  if (properties === undefined || unit.length === 0) return [];
  const stations = unit.map(({ path, seq, text }): Station => {
    const lines = (text ?? '').split('\n').flatMap((line) => {
      const [key = '', ...value] = line.split('=');
      return properties.includes(key) ? [{ path: key, value: value.join('=') }] : [];
    });
    const missing =
      lines.length > 0 ? null : ({ why: text === null ? 'gone' : 'unset', path: properties[0] ?? '' } as const);
    const target: Target = { kind: 'file', pid: INIT, path };
    return { ...{ kind: 'unit', stratum: 'oci-runtime', where: path }, lines, missing, seq, pid: INIT, target };
  });
  return [stations.findLast(({ lines }) => lines.length > 0) ?? (stations[0] as Station)];
}

function writeStations({ trail }: Evidence, { cgroup: file }: Field): Station[] {
  if (file === undefined) return [];
  const { cgroup, guestCgroup, kernel, writes } = trail;
  const station = (number: number, group: { key: string; path: string }): Station => {
    const write = writes.get(`${number} ${group.path} ${file}`);
    const base = empty(
      number === NODE_KERNEL ? 'write' : 'guestWrite',
      'oci-runtime',
      cgroupPath(group.path),
      'notWritten',
      file,
    );
    if (write === undefined)
      return number === NODE_KERNEL && kernel !== number
        ? { ...base, missing: { why: 'ownKernel', path: file } }
        : base;
    const lines = [{ path: file, value: write.value.trim() }];
    return {
      ...base,
      lines,
      missing: null,
      seq: write.seq,
      pid: write.pid,
      target: { kind: 'cgroup', path: group.key },
    };
  };
  return [
    ...(cgroup === null ? [] : [station(NODE_KERNEL, cgroup)]),
    ...(guestCgroup === null ? [] : [station(kernel, guestCgroup)]),
  ];
}

export function cgroupPath(path: string): string {
  return `/sys/fs/cgroup${path === '/' ? '' : path}`;
}

export function empty(kind: StationKind, stratum: Stratum, where: string, why: Missing, path: string): Station {
  return { kind, stratum, where, lines: [], missing: { why, path }, seq: null, pid: null, target: null };
}

function messageStation(
  kind: StationKind,
  stratum: Stratum,
  { sent, tree }: Doc,
  paths: readonly Path[],
  otherwise: Missing,
): Station {
  const lines = tree === null ? [] : paths.flatMap((path) => linesAt(tree, path));
  const why = tree === null ? 'evicted' : otherwise;
  const missing = lines.length > 0 ? null : { why, path: pathText(paths[0] ?? []) };
  return {
    kind,
    stratum,
    where: nameOf(kind, sent),
    lines,
    missing,
    seq: sent.seq,
    pid: sent.from,
    target: targetOf(sent),
  };
}

/** `CreateContainerRequest`; of HTTP what was asked. */
function nameOf(kind: StationKind, { method, request }: Sent): string {
  if (kind === 'sent' || kind === 'stored') return method.split('?')[0] ?? method;
  return request.type.slice(request.type.lastIndexOf('.') + 1) || method;
}

function targetOf({ call }: Sent): Target {
  return { kind: 'call', call };
}

function fileStation(kind: StationKind, stratum: Stratum, doc: FileDoc, paths: readonly Path[]): Station {
  const { tree, path, seq } = doc;
  const lines = tree === null ? [] : paths.flatMap((each) => linesAt(tree, each));
  const missing =
    lines.length > 0 ? null : ({ why: tree === null ? 'gone' : 'unset', path: pathText(paths[0] ?? []) } as const);
  const target: Target = { kind: 'file', pid: INIT, path };
  return { kind, stratum, where: path, lines, missing, seq: seq < 0 ? null : seq, pid: null, target };
}
