/** The pinned namespaces of a pod, made by pinns. @models CRI-O 1.36 internal/config/nsmgr/nsmgr_linux.go @fidelity full */

import { exitText } from '../../../../go/exit-text.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, removeAll, runCommand, writeFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import type { IdMapping } from '../../../../protocols/oci-runtime/types.ts';
import type { PodMaps } from '../../shared/containers-storage/id-maps.ts';
import { failure } from '../../shared/errors.ts';
import { succeeded } from '../oci/runtime-oci.ts';
import type { Pinned } from './sandbox.ts';
import type { Server } from './server.ts';
import { giveToRoot } from './user-namespace.ts';

export type WantedNamespace = { type: Pinned; host: boolean };

const KINDS: readonly Pinned[] = ['ipc', 'net', 'uts', 'user'];
const EVERY_DIRECTORY = ['netns', 'ipcns', 'utsns', 'userns', 'pidns'];

export function namespaceDirectories(server: Pick<Server, 'config'>): string[] {
  return EVERY_DIRECTORY.map((name) => `${server.config.crio.runtime.namespaces_dir}/${name}`);
}

export async function pinNamespaces(
  ctx: Context,
  server: Server,
  wanted: readonly WantedNamespace[],
  sysctls: Record<string, string>,
  maps: PodMaps | null,
): Promise<Partial<Record<Pinned, string>>> {
  const { namespaces_dir: directory, pinns_path: pinns } = server.config.crio.runtime;
  const name = uuid(ctx);
  const args = ['-d', directory, '-f', name];
  for (const [key, value] of Object.entries(sysctls)) args.push('-s', `${key}=${value}`);
  const paths = Object.fromEntries(wanted.map(({ type }) => [type, `${directory}/${type}ns/${name}`]));
  for (const { type, host } of wanted) args.push(`--${type}${host ? '=host' : ''}`);
  if (maps !== null) {
    for (const path of Object.values(paths)) {
      await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
      await writeFile(ctx, path, '');
      await giveToRoot(ctx, path, maps);
    }
    args.push(`--uid-mapping=${pinnsMap(maps.uids)}`, `--gid-mapping=${pinnsMap(maps.gids)}`);
  }
  let problem = '';
  try {
    const result = await runCommand(ctx, [pinns, ...args], { path: pinns });
    if (!succeeded(result.status)) problem = `${utf8(result.stderr)} ${exitText(result.status)}`;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    problem = ` fork/exec ${pinns}: ${error.go}`;
  }
  if (problem === '') return paths;
  await removeNamespaces(ctx, paths);
  throw failure(`failed to pin namespaces [${wanted.map(({ type }) => type).join(' ')}]: ${problem}`);
}

function pinnsMap(map: readonly IdMapping[]): string {
  return map.map(({ containerID, hostID, size }) => `${containerID}-${hostID}-${size}@`).join('');
}

export async function removeNamespaces(ctx: Context, paths: Partial<Record<Pinned, string>>): Promise<void> {
  for (const kind of KINDS) {
    const path = paths[kind];
    if (path === undefined) continue;
    try {
      await ctx.sys.umount(ctx, path, { detach: true });
    } catch (error) {
      if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
    }
    await removeAll(ctx, path);
  }
}

export function uuid(ctx: Context): string {
  const hex = ctx.random.hex(32);
  const variant = '89ab'[ctx.random.below(4)] as string;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
