/**
 * Volumes that podman keeps: a directory each, which outlives the containers that it is mounted in.
 * @models podman 5.4 libpod/runtime_volume_common.go, volume.go, container_internal.go copyWithTarFromImage
 * @fidelity partial: the driver local without options; copied are files, directories and links
 */
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, readFileBytes, removeAll, writeFile } from '../../../linux/io.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { GRAPH_ROOT } from '../run.ts';
import { changeDatabase, type LibpodContainer, type LibpodVolume, readDatabase } from './database.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function mountpointOf(name: string): string {
  return `${GRAPH_ROOT}/volumes/${name}/_data`;
}

export async function createVolume(
  ctx: Context,
  name: string,
  given: { labels?: Record<string, string>; anonymous?: boolean } = {},
): Promise<void> {
  if (!NAME.test(name))
    throw failure('running volume create option: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument');
  const { volumes } = await readDatabase(ctx);
  if (volumes.some((volume) => volume.name === name))
    throw failure(`volume with name ${name} already exists: volume already exists`);
  await mkdirAll(ctx, mountpointOf(name), 0o755);
  await changeDatabase(ctx, (database) => {
    database.volumes.push({
      name,
      created: String(ctx.wallTime),
      labels: given.labels ?? {},
      anonymous: given.anonymous === true,
      needsCopyUp: true,
    });
  });
}

/** By whole name, or by the beginning of one that is the only one. */
export async function findVolume(ctx: Context, text: string): Promise<LibpodVolume | undefined> {
  const { volumes } = await readDatabase(ctx);
  const named = volumes.find(({ name }) => name === text);
  if (named !== undefined) return named;
  const found = volumes.filter(({ name }) => name.startsWith(text));
  if (found.length > 1) throw failure(`more than one result for volume name ${text}: volume already exists`);
  return found[0];
}

export async function usersOf(ctx: Context, volume: string): Promise<LibpodContainer[]> {
  const { containers } = await readDatabase(ctx);
  return containers.filter(({ volumes }) => volumes.some(({ name }) => name === volume));
}

export async function removeVolume(ctx: Context, name: string): Promise<void> {
  await removeAll(ctx, mountpointOf(name).replace(/\/_data$/, ''));
  await changeDatabase(ctx, (database) => {
    database.volumes = database.volumes.filter((volume) => volume.name !== name);
  });
}

/** What was made for the container alone. */
export async function removeAnonymous(ctx: Context, container: LibpodContainer): Promise<void> {
  for (const { name } of container.volumes) {
    const volume = await findVolume(ctx, name);
    if (volume?.anonymous === true && (await usersOf(ctx, name)).length === 0) await removeVolume(ctx, name);
  }
}

/** A volume that nobody has used yet begins with what the image has in its place. */
export async function fillVolumes(ctx: Context, container: LibpodContainer, root: string): Promise<void> {
  for (const { name, destination } of container.volumes) {
    if ((await findVolume(ctx, name))?.needsCopyUp !== true) continue;
    const from = `${root}${destination}`;
    if (await exists(ctx, from)) await copyTree(ctx, from, mountpointOf(name));
    await changeDatabase(ctx, ({ volumes }) => {
      const known = volumes.find((volume) => volume.name === name);
      if (known !== undefined) known.needsCopyUp = false;
    });
  }
}

async function copyTree(ctx: Context, from: string, to: string): Promise<void> {
  const { sys } = ctx;
  const { type, mode, uid, gid } = await sys.lstat(ctx, from);
  if (type === 'symlink') return sys.symlink(ctx, await sys.readlink(ctx, from), to);
  if (type !== 'directory' && type !== 'file') return;
  if (type === 'directory') await mkdirAll(ctx, to, mode);
  else await writeFile(ctx, to, await readFileBytes(ctx, from));
  await sys.chmod(ctx, to, mode);
  await sys.chown(ctx, to, uid, gid);
  if (type !== 'directory') return;
  for (const { name } of await sys.readDirectory(ctx, from))
    if (name !== '.' && name !== '..') await copyTree(ctx, `${from}/${name}`, `${to}/${name}`);
}
