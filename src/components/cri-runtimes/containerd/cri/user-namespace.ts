/**
 * Pods in user namespaces: the request's maps checked, the network namespace made inside, the user namespace kept.
 * @models containerd 2.1 internal/cri/server/{helpers,sandbox_run_linux}.go, internal/cri/server/podsandbox/helpers_linux.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { mkdirAll, writeFile } from '../../../../linux/io.ts';
import { type IDMapping, NamespaceMode, type UserNamespace } from '../../../../protocols/cri/generated.ts';
import type { IdMapping, Spec } from '../../../../protocols/oci-runtime/types.ts';
import { failure, wrap } from '../../shared/errors.ts';

export type PodMaps = { uids: IdMapping[]; gids: IdMapping[] };

const MODE_NAMES: Readonly<Record<number, string>> = { 0: 'POD', 1: 'CONTAINER', 2: 'NODE', 3: 'TARGET' };

function parseMap(map: readonly IDMapping[]): IdMapping[] {
  if (map.length > 1) throw failure(`only one mapping line supported, got ${map.length} mapping lines`);
  return map.map(({ containerId, hostId, length }) => {
    if (length < 1) throw failure(`invalid mapping length: ${length}`);
    return { containerID: containerId, hostID: hostId, size: length };
  });
}

function mapOf(kind: 'UID' | 'GID', map: readonly IDMapping[]): IdMapping[] {
  try {
    return parseMap(map);
  } catch (error) {
    throw wrap(`${kind} mapping`, error);
  }
}

/** Null where the pod has the node's user namespace. */
export function podMaps(userns: UserNamespace | undefined): PodMaps | null {
  if (userns === undefined) return null;
  try {
    const uids = mapOf('UID', userns.uids);
    const gids = mapOf('GID', userns.gids);
    const mode = MODE_NAMES[userns.mode] ?? String(userns.mode);
    switch (userns.mode) {
      case NamespaceMode.NODE:
        if (uids.length === 0 && gids.length === 0) return null;
        throw failure(
          `can't use user namespace mode "${mode}" with mappings. Got ${uids.length} UID mappings and ${gids.length} GID mappings`,
        );
      case NamespaceMode.POD:
        if (uids.length > 0 && gids.length > 0) return { uids, gids };
        throw failure(`can't use user namespace mode "${mode}" without UID and GID mappings`);
      default:
        throw failure(`unsupported user namespace mode: "${mode}"`);
    }
  } catch (error) {
    throw wrap('user namespace configuration', error);
  }
}

/** Null, or why a container may not have another user namespace than its pod. */
export function differsFromPod(pod: UserNamespace | undefined, own: UserNamespace | undefined): string | null {
  const text = (userns: UserNamespace | undefined): string => (userns === undefined ? 'nil' : JSON.stringify(userns));
  if (text(pod) === text(own)) return null;
  return `user namespace config for sandbox is different from container. Sandbox userns config: ${text(pod)} - Container userns config: ${text(own)}`;
}

/** What a snapshotter is told, so that the files belong to the pod's users. */
export function remapLabels(maps: PodMaps | null): Record<string, string> {
  if (maps === null) return {};
  const line = ([map]: readonly IdMapping[]): string => `0:${map?.hostID ?? 0}:${map?.size ?? 0}`;
  return {
    'containerd.io/snapshot/uidmapping': line(maps.uids),
    'containerd.io/snapshot/gidmapping': line(maps.gids),
  };
}

export function setUserNamespace(spec: Pick<Spec, 'linux'>, maps: PodMaps, path: string): void {
  const { linux } = spec;
  if (linux === undefined) return;
  linux.namespaces = [...(linux.namespaces ?? []).filter(({ type }) => type !== 'user'), { type: 'user', path }];
  linux.uidMappings = maps.uids;
  linux.gidMappings = maps.gids;
}

const mapText = (map: readonly IdMapping[]): string =>
  map.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');

/** Somebody inside a user namespace with these maps makes a network namespace, while `use` may look at his /proc entry. */
export async function withNetworkNamespaceInside(
  ctx: Context,
  maps: PodMaps,
  use: (pid: number) => Promise<void>,
): Promise<void> {
  const { sys } = ctx;
  const [wait, gate] = await sys.pipe(ctx);
  const pid = await sys.fork(
    ctx,
    async (child) => {
      await child.sys.close(child, gate);
      await child.sys.read(child, wait, 1);
      return 0;
    },
    { newNamespaces: ['user', 'net'] },
  );
  await sys.close(ctx, wait);
  try {
    await writeFile(ctx, `/proc/${pid}/uid_map`, mapText(maps.uids));
    await writeFile(ctx, `/proc/${pid}/gid_map`, mapText(maps.gids));
    await use(pid);
  } finally {
    await sys.close(ctx, gate);
    await sys.wait(ctx, pid);
  }
}

/** Keeps the user namespace that owns a network namespace; returns the path of the file that stands for it. */
export async function pinUserNamespace(ctx: Context, sandboxState: string, netNsPath: string): Promise<string> {
  const { sys } = ctx;
  const directory = `${sandboxState}/pinned-namespaces`;
  const path = `${directory}/user`;
  await mkdirAll(ctx, directory, 0o755);
  await sys.close(ctx, await sys.open(ctx, path, { read: true, write: true, create: true, exclusive: true }, 0o666));
  const net = await sys.open(ctx, netNsPath, { read: true });
  const user = await sys.namespaceOwner(ctx, net);
  await sys.mount(ctx, `/proc/self/fd/${user}`, path, 'none', { bind: true });
  for (const fd of [net, user]) await sys.close(ctx, fd);
  return path;
}
