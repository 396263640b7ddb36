/**
 * The annotation that asks for a user namespace where the request itself says nothing of one: `private` with maps of its
 * own, or `auto`, whose numbers come from the ranges of the user `containers` in /etc/subuid and /etc/subgid.
 * @models CRI-O 1.36 server/sandbox_run_linux.go configureSandboxIDMappings; containers/storage 1.60 userns.go
 * @fidelity partial: no `size` by looking through an image (CRI-O always gives one), no maps for every pod in crio.conf
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { exists, readFile } from '../../../../linux/io.ts';
import type { LinuxSandboxSecurityContext } from '../../../../protocols/cri/generated.ts';
import type { IdMapping } from '../../../../protocols/oci-runtime/types.ts';
import { fromRecords, type PodMaps } from '../../shared/containers-storage/id-maps.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import type { Server } from './server.ts';
import { podMaps } from './user-namespace.ts';

const MODES = ['userns-mode.crio.io', 'io.kubernetes.cri-o.userns-mode'];
const AUTO_SIZE = 65_536;
const ID_MAX = 2 ** 32 - 1;
/** Whose ranges `auto` may use. */
const AUTO_USER = 'containers';

const NONE_LEFT = 'not enough unused IDs in user namespace';

type Range = { start: number; end: number };

/** Empty: none. */
export function usernsMode(annotations: Readonly<Record<string, string>>): string {
  for (const name of MODES) if (annotations[name] !== undefined) return annotations[name];
  return '';
}

/** The maps of a pod, by its request or else by its annotation; null if it has the node's users. */
export async function sandboxMaps(
  ctx: Context,
  server: Server,
  podName: string,
  mode: string,
  security: LinuxSandboxSecurityContext | undefined,
): Promise<PodMaps | null> {
  const asked = security?.namespaceOptions?.usernsOptions;
  if (asked !== undefined) return podMaps(asked);
  if (mode === '') return null;
  const colon = mode.indexOf(':');
  const kind = colon < 0 ? mode : mode.slice(0, colon);
  const values = new Map<string, string>();
  if (colon >= 0)
    for (const part of mode.slice(colon + 1).split(';')) {
      const at = part.indexOf('=');
      if (at < 0) throw failure(`invalid argument: ${quote(part)}`);
      values.set(part.slice(0, at), part.slice(at + 1));
    }
  const { runtime } = server.config.crio;
  const [uidMin, gidMin] = [Number(runtime['minimum_mappable_uid']), Number(runtime['minimum_mappable_gid'])];
  const user = numberOf(security?.runAsUser);
  if (values.has('uidmapping') || values.has('gidmapping')) requireUser(user, uidMin);
  const given: Given = {
    values,
    user,
    group: numberOf(security?.runAsGroup),
    groups: security?.supplementalGroups ?? [],
  };
  const check = (maps: PodMaps): void => {
    checkMinimum('UID', maps.uids, uidMin);
    checkMinimum('GID', maps.gids, gidMin);
  };
  if (kind === 'auto')
    return autoMaps(ctx, server, mode, given, check).catch((error: unknown) => {
      if (messageOf(error) !== NONE_LEFT) throw error;
      throw wrap(`creating pod sandbox with name ${quote(podName)}`, error);
    });
  if (kind === 'private') return privateMaps(given, check);
  throw failure(`invalid userns mode: ${quote(mode)}`);
}

type Given = { values: Map<string, string>; user: number | null; group: number | null; groups: readonly bigint[] };

function numberOf(value: { value: bigint } | undefined): number | null {
  return value === undefined ? null : Number(value.value);
}

function requireUser(user: number | null, uidMin: number): void {
  if (user === null) throw failure('cannot use uidmapping or gidmapping if RunAsUser is not set');
  if (user === 0) return;
  if (uidMin < 0)
    throw failure('cannot use uidmapping or gidmapping if not running as root and minimum mappable ID is not set');
  if (user < uidMin)
    throw failure(`cannot use uidmapping or gidmapping if running as a UID below minimum mappable ID ${uidMin}`);
}

function checkMinimum(what: string, map: readonly IdMapping[], minimum: number): void {
  if (minimum < 0) return;
  for (const { hostID, size } of map)
    if (hostID < minimum)
      throw failure(
        `not allowed to map ${what} range (${hostID}-${hostID + size - 1}), below minimum mappable ${what} ${minimum}`,
      );
}

/** `container:host:size`, with commas between; null if nothing is said. */
function parseMap(text: string | undefined, what: string): IdMapping[] | null {
  if (text === undefined) return null;
  const parts = text.split(',');
  const malformed = failure(
    `initializing ID mappings: ${what} setting is malformed expected ["uint32:uint32:uint32"]: [${parts.map(quote).join(' ')}]`,
  );
  const map: IdMapping[] = [];
  for (const part of parts) {
    if (part === '') continue;
    const words = part.split(':');
    if (words.length % 3 !== 0) throw malformed;
    for (let at = 0; at < words.length; at += 3) {
      const [containerID = -1, hostID = -1, size = -1] = words
        .slice(at, at + 3)
        .map((word) => (/^\d+$/.test(word) ? Number(word) : -1));
      if ([containerID, hostID, size].some((number) => number < 0 || number > ID_MAX)) throw malformed;
      map.push({ containerID, hostID, size });
    }
  }
  return map;
}

/** Everybody whom the request names has a number inside. */
function withId(map: IdMapping[], id: number): IdMapping[] {
  if (map.some(({ hostID, size }) => id >= hostID && id < hostID + size)) return map;
  const containerID = Math.max(0, ...map.map((line) => line.containerID + line.size));
  return [...map, { containerID, hostID: id, size: 1 }];
}

function privateMaps({ values, user, group, groups }: Given, check: (maps: PodMaps) => void): PodMaps {
  let uids = parseMap(values.get('uidmapping'), 'UID');
  let gids = parseMap(values.get('gidmapping'), 'GID');
  if (uids === null && gids === null) throw failure('userns requested but no userns mappings configured');
  uids ??= gids ?? [];
  gids ??= uids;
  if (user !== null) uids = withId(uids, user);
  if (group !== null) gids = withId(gids, group);
  for (const id of groups) gids = withId(gids, Number(id));
  const maps = { uids, gids };
  check(maps);
  return maps;
}

async function autoMaps(
  ctx: Context,
  server: Server,
  mode: string,
  { values, user, group, groups }: Given,
  check: (maps: PodMaps) => void,
): Promise<PodMaps> {
  const keepId = values.get('keep-id') === 'true';
  const mapToRoot = values.get('map-to-root') === 'true';
  if (keepId && mapToRoot) throw failure(`cannot use both keep-id and map-to-root: ${quote(mode)}`);
  const asked = values.get('size');
  if (asked !== undefined && !/^\d+$/.test(asked))
    throw failure(`strconv.ParseUint: parsing ${quote(asked)}: invalid syntax`);
  if (Number(asked ?? 0) > ID_MAX)
    throw failure(`strconv.ParseUint: parsing ${quote(asked ?? '')}: value out of range`);
  const size = asked === undefined ? AUTO_SIZE : Number(asked);
  const extra = {
    uids: parseMap(values.get('uidmapping'), 'UID') ?? [],
    gids: parseMap(values.get('gidmapping'), 'GID') ?? [],
  };
  const add = (map: IdMapping[], id: number, keeps: boolean): IdMapping[] =>
    keeps ? [...map, { containerID: mapToRoot ? 0 : id, hostID: id, size: 1 }] : withId(map, id);
  if (user !== null) extra.uids = add(extra.uids, user, keepId || mapToRoot);
  if (group !== null) extra.gids = add(extra.gids, group, keepId || mapToRoot);
  for (const id of groups) extra.gids = add(extra.gids, Number(id), keepId);
  check(extra);
  const { containers } = server.store;
  return {
    uids: await pick(
      ctx,
      server,
      '/etc/subuid',
      size,
      extra.uids,
      containers.flatMap((each) => each.uidmap ?? []),
    ),
    gids: await pick(
      ctx,
      server,
      '/etc/subgid',
      size,
      extra.gids,
      containers.flatMap((each) => each.gidmap ?? []),
    ),
  };
}

/** `size` numbers inside, but for those that `extra` gives, onto numbers of the node that nobody has yet. */
async function pick(
  ctx: Context,
  server: Server,
  file: string,
  size: number,
  extra: readonly IdMapping[],
  used: Parameters<typeof fromRecords>[0],
): Promise<IdMapping[]> {
  const taken = [...fromRecords(used), ...extra].map(({ hostID, size: length }) => ({
    start: hostID,
    end: hostID + length,
  }));
  const inside = without(
    [{ start: 0, end: size }],
    extra.map(({ containerID, size: length }) => ({ start: containerID, end: containerID + length })),
  );
  const free = without(await subordinate(ctx, server, file), taken);
  const map: IdMapping[] = [];
  let at = free.shift();
  for (const range of inside)
    for (let start = range.start; start < range.end; ) {
      if (at === undefined) throw failure(NONE_LEFT);
      const length = Math.min(range.end - start, at.end - at.start);
      map.push({ containerID: start, hostID: at.start, size: length });
      start += length;
      at = at.start + length < at.end ? { start: at.start + length, end: at.end } : free.shift();
    }
  return [...map, ...extra];
}

async function subordinate(ctx: Context, server: Server, file: string): Promise<Range[]> {
  const lines = (await exists(ctx, file)) ? (await readFile(ctx, file)).split('\n') : [];
  const ranges: Range[] = [];
  for (const line of lines) {
    const [user = '', start = '', count = ''] = line.split(':');
    if (user === AUTO_USER) ranges.push({ start: Number(start), end: Number(start) + Number(count) });
  }
  if (ranges.length === 0)
    await server.log.error(
      ctx,
      `Cannot find mappings for user ${quote(AUTO_USER)}: no ${file.slice('/etc/'.length)} ranges found for user ${quote(AUTO_USER)} in ${file}`,
    );
  return ranges.sort((a, b) => a.start - b.start);
}

function without(ranges: readonly Range[], holes: readonly Range[]): Range[] {
  let left = [...ranges];
  for (const hole of holes)
    left = left.flatMap((range) =>
      [
        { start: range.start, end: Math.min(range.end, hole.start) },
        { start: Math.max(range.start, hole.end), end: range.end },
      ].filter(({ start, end }) => start < end),
    );
  return left;
}

/** With the annotation, users and groups of a container are the node's: inside they have the numbers of the map. */
export function toContainer(id: number, map: readonly IdMapping[]): number {
  const line = map.find(({ hostID, size }) => id >= hostID && id < hostID + size);
  return line === undefined ? id : line.containerID + id - line.hostID;
}
