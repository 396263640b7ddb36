/**
 * Which numbers the users of a pod with `hostUsers: false` have on the node: a block of 65536 for each such pod, kept in its
 * directory.
 * @models kubernetes 1.36 pkg/kubelet/userns/userns_manager.go @fidelity partial: no subuid ranges, no userNamespaces.idsPerPod
 */
import type { Context } from '../../linux/context.ts';
import { exists, mkdirAll, readFile, writeFile } from '../../linux/io.ts';
import type { IDMapping, RuntimeHandler } from '../../protocols/cri/generated.ts';
import type { Pod } from '../../protocols/kube/types.ts';
import type { Input } from '../../protocols/proto/message-type.ts';
import { uidOf } from './pod.ts';

const BLOCK = 65_536;
const FILE = 'userns';

export type UserNamespaceMap = readonly Input<IDMapping>[];

export function usesUserNamespace(pod: Pod): boolean {
  return pod.spec.hostUsers === false;
}

/** Why a pod with `hostUsers: false` cannot have that under this handler; null if it can. */
export function handlerFault(handlers: readonly RuntimeHandler[], name: string): string | null {
  const who = name === '' ? 'runtime' : `RuntimeClass handler "${name}"`;
  const refusal = `can't set \`spec.hostUsers: false\`, ${who} does not support user namespaces`;
  if (handlers.length === 0) return `${refusal}: runtime handlers are not set`;
  const handler = handlers.find((one) => one.name === name);
  if (handler === undefined) return `${refusal}: the handler "${name}" is not known`;
  return handler.features?.userNamespaces === true ? null : refusal;
}

/** The pod's block, taken now if it has none yet; null for a pod with the node's users. */
export async function userNamespaceOf(ctx: Context, rootDir: string, pod: Pod): Promise<UserNamespaceMap | null> {
  if (!usesUserNamespace(pod)) return null;
  const directory = `${rootDir}/pods/${uidOf(pod)}`;
  const known = await readMap(ctx, `${directory}/${FILE}`);
  if (known !== null) return known;
  const taken = new Set<number>();
  for (const { name } of await ctx.sys.readDirectory(ctx, `${rootDir}/pods`)) {
    const map = await readMap(ctx, `${rootDir}/pods/${name}/${FILE}`);
    for (const { hostId } of map ?? []) if (hostId !== undefined) taken.add(hostId);
  }
  let hostId = BLOCK;
  while (taken.has(hostId)) hostId += BLOCK;
  const map = [{ hostId, containerId: 0, length: BLOCK }];
  await mkdirAll(ctx, directory, 0o750);
  await writeFile(ctx, `${directory}/${FILE}`, JSON.stringify({ uidMappings: map, gidMappings: map }), { mode: 0o644 });
  return map;
}

async function readMap(ctx: Context, path: string): Promise<UserNamespaceMap | null> {
  if (!(await exists(ctx, path))) return null;
  return (JSON.parse(await readFile(ctx, path)) as { uidMappings: UserNamespaceMap }).uidMappings;
}
