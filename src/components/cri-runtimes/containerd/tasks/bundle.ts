/**
 * A bundle: what an OCI runtime needs of a container, in a directory under /run.
 * @models containerd 2.1 core/runtime/v2/bundle.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, removeAll, writeFile } from '../../../../linux/io.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import { failure, pathFailure, toFailure } from '../../shared/errors.ts';
import { type JsonAny, jsonBytes } from '../metadata/json-any.ts';
import { unmountRecursive } from '../mounts.ts';

export type Bundle = { id: string; namespace: string; path: string };

export function loadBundle(state: string, namespace: string, id: string): Bundle {
  return { id, namespace, path: `${state}/${namespace}/${id}` };
}

export async function newBundle(
  ctx: Context,
  root: string,
  state: string,
  namespace: string,
  id: string,
  spec: JsonAny,
): Promise<Bundle> {
  const { sys } = ctx;
  const bundle = loadBundle(state, namespace, id);
  const work = `${root}/${namespace}/${id}`;
  const made: string[] = [];
  try {
    await mkdirAll(ctx, `${state}/${namespace}`, 0o711);
    await sys.mkdir(ctx, bundle.path, 0o700).catch((error: unknown) => {
      throw pathFailure('mkdir', bundle.path, error);
    });
    made.push(bundle.path);
    await openToRoot(ctx, bundle.path, spec.json);
    await mkdirAll(ctx, `${root}/${namespace}`, 0o711);
    await sys.mkdir(ctx, `${bundle.path}/rootfs`, 0o711);
    await removeAll(ctx, work);
    await sys.mkdir(ctx, work, 0o711);
    made.push(work);
    await sys.symlink(ctx, work, `${bundle.path}/work`);
    await writeFile(ctx, `${bundle.path}/config.json`, jsonBytes(spec), { mode: 0o644 });
    return bundle;
  } catch (error) {
    for (const path of made) await removeAll(ctx, path);
    throw toFailure(error);
  }
}

/** The root of a container's user namespace, whose group that is, has to get to its root file system. */
async function openToRoot(ctx: Context, path: string, spec: string): Promise<void> {
  // Few have one: it need not be read to see that.
  if (!spec.includes('"gidMappings"')) return;
  const { linux } = JSON.parse(spec) as Spec;
  const gid = linux?.gidMappings?.find(({ containerID }) => containerID === 0)?.hostID ?? 0;
  if (gid === 0) return;
  await ctx.sys.chown(ctx, path, -1, gid);
  await ctx.sys.chmod(ctx, path, 0o710);
}

export async function deleteBundle(ctx: Context, bundle: Bundle): Promise<void> {
  const { sys } = ctx;
  let work: string | null = null;
  try {
    work = await sys.readlink(ctx, `${bundle.path}/work`);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  const rootfs = `${bundle.path}/rootfs`;
  try {
    await unmountRecursive(ctx, rootfs);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`unmount rootfs ${rootfs}: ${error.go}`);
  }
  try {
    await sys.rmdir(ctx, rootfs);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      throw failure(`failed to remove bundle rootfs: ${pathFailure('remove', rootfs, error).message}`);
    }
  }
  await atomicDelete(ctx, bundle.path);
  if (work !== null) await atomicDelete(ctx, work);
}

/** Renamed out of sight first, so that a restart does not find half of it. */
async function atomicDelete(ctx: Context, path: string): Promise<void> {
  const slash = path.lastIndexOf('/');
  const hidden = `${path.slice(0, slash)}/.${path.slice(slash + 1)}`;
  try {
    await ctx.sys.rename(ctx, path, hidden);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  await removeAll(ctx, hidden);
}
