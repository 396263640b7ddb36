/**
 * Pods in user namespaces: what they ask for, and the files of theirs that belong to their root.
 * @models CRI-O 1.36 server/sandbox_run_linux.go, server/container_create.go
 * @fidelity partial: no maps for every pod in crio.conf
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { type IDMapping, NamespaceMode, type UserNamespace } from '../../../../protocols/cri/generated.ts';
import type { IdMapping, Mount, Spec } from '../../../../protocols/oci-runtime/types.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { type PodMaps, rootPair } from '../../shared/containers-storage/id-maps.ts';
import { failure } from '../../shared/errors.ts';

const FULL_PING_RANGE = /^\s*0\s+2147483647\s*$/;
const PING_RANGE = 'net.ipv4.ping_group_range';
const EVERY_X = 0o111;

const toOci = (map: readonly IDMapping[]): IdMapping[] =>
  map.map(({ containerId, hostId, length }) => ({ containerID: containerId, hostID: hostId, size: length }));

/** Null where the pod has the node's users. */
export function podMaps(asked: UserNamespace | undefined): PodMaps | null {
  if (asked === undefined || asked.mode === NamespaceMode.NODE) return null;
  if (asked.mode === NamespaceMode.POD) return { uids: toOci(asked.uids), gids: toOci(asked.gids) };
  const name = Object.entries(NamespaceMode).find(([, mode]) => mode === asked.mode)?.[0] ?? asked.mode;
  throw failure(`unsupported pod mode: "${name}"`);
}

/** Of a volume: fields that are absent when nothing is mapped. */
export function mountMaps(
  uids: readonly IDMapping[],
  gids: readonly IDMapping[],
): Pick<Mount, 'uidMappings' | 'gidMappings'> {
  return {
    ...(uids.length === 0 ? {} : { uidMappings: toOci(uids) }),
    ...(gids.length === 0 ? {} : { gidMappings: toOci(gids) }),
  };
}

export function setMaps(spec: Pick<Spec, 'linux'>, maps: PodMaps | null): void {
  if (maps === null || spec.linux === undefined) return;
  spec.linux.uidMappings = maps.uids;
  spec.linux.gidMappings = maps.gids;
}

/** What a restarted daemon finds in config.json. */
export function mapsOf({ linux }: Pick<Spec, 'linux'>): PodMaps | null {
  const { uidMappings: uids = [], gidMappings: gids = [] } = linux ?? {};
  return uids.length > 0 && gids.length > 0 ? { uids, gids } : null;
}

/** The whole range of groups that may ping reaches beyond those that the pod has. */
export function fitPingRange(sysctls: Record<string, string>, maps: PodMaps | null): void {
  if (maps === null || !FULL_PING_RANGE.test(sysctls[PING_RANGE] ?? '')) return;
  const last = Math.max(0, ...maps.gids.map(({ containerID, size }) => containerID + size - 1));
  sysctls[PING_RANGE] = `0 ${last}`;
}

export async function giveToRoot(ctx: Context, path: string, maps: PodMaps | null): Promise<void> {
  if (maps === null) return;
  const { uid, gid } = rootPair(maps);
  try {
    await ctx.sys.chown(ctx, path, uid, gid);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`cannot chown ${path} to ${uid}:${gid}: chown ${path}: ${error.go}`);
  }
}

/** Each directory on the way there lets everybody through, unless it is the root's own. */
export async function makeAccessible(ctx: Context, path: string, maps: PodMaps | null): Promise<void> {
  if (maps === null) return;
  const { uid, gid } = rootPair(maps);
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    try {
      const stat = await ctx.sys.stat(ctx, at);
      if ((stat.uid === uid && stat.gid === gid) || (stat.mode & EVERY_X) === EVERY_X) continue;
      await ctx.sys.chmod(ctx, at, (stat.mode & 0o777) | EVERY_X);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return;
      if (!(error instanceof Errno)) throw error;
      throw failure(`cannot make ${path} accessible to ${uid}:${gid}: ${error.go}`);
    }
  }
}

/** As the annotations tell it. */
export function usernsJson(asked: Input<UserNamespace> | undefined): Record<string, unknown> | undefined {
  if (asked === undefined) return undefined;
  const lines = (map: readonly Input<IDMapping>[] = []): unknown[] =>
    map.map(({ hostId = 0, containerId = 0, length = 0 }) => ({
      ...(hostId === 0 ? {} : { host_id: hostId }),
      ...(containerId === 0 ? {} : { container_id: containerId }),
      ...(length === 0 ? {} : { length }),
    }));
  const { mode = 0, uids, gids } = asked;
  return {
    ...(mode === 0 ? {} : { mode }),
    ...(uids === undefined || uids.length === 0 ? {} : { uids: lines(uids) }),
    ...(gids === undefined || gids.length === 0 ? {} : { gids: lines(gids) }),
  };
}
