/**
 * Volumes and mounts of a new container.
 * @models nerdctl v2.3.5 pkg/mountutil/mountutil.go mountutil_linux.go, pkg/cmd/container/run_mount.go
 * @fidelity partial: options ro, rw, bind, rbind and propagation; no image or npipe mounts
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, readFileRope, writeFile } from '../../linux/io.ts';
import type { Mount } from '../../protocols/oci-runtime/types.ts';
import type { MountSpec } from '../common/containerd/mounts.ts';
import { readOnly, withTempMount } from '../common/containerd/mounts.ts';
import { createVolume, isValidName } from './data-store.ts';
import { fail, log, newId } from './run.ts';
import { ramInBytes, sizeFault } from './sizes.ts';

/** One mount, and how inspect will show it. */
export type Processed = {
  type: 'bind' | 'volume' | 'tmpfs';
  name: string;
  anonymous: string;
  mode: string;
  mount: Mount;
};

export type VolumeRequest = {
  store: string;
  namespace: string;
  /** VOLUME of the image. */
  imageVolumes: readonly string[];
  /** The image's files, to fill a new volume with. */
  rootMounts: readonly MountSpec[];
};

export async function processMounts(ctx: Context, cli: CobraContext, request: VolumeRequest): Promise<Processed[]> {
  const found: Processed[] = [];
  for (const text of cli.strings('volume')) found.push(await flagV(ctx, text, request));
  for (const text of cli.strings('tmpfs')) found.push(tmpfsMount(text));
  for (const text of cli.strings('mount')) found.push(await flagMount(ctx, text, request));
  const taken = new Set<string>();
  for (const { mount } of found) {
    if (taken.has(mount.destination)) fail(`duplicate mount point: ${mount.destination}`);
    taken.add(mount.destination);
  }
  for (const destination of request.imageVolumes) {
    if (taken.has(clean(destination))) continue;
    found.push(await anonymousVolume(ctx, destination, request));
  }
  await fillVolumes(ctx, found, request);
  return found;
}

async function flagV(ctx: Context, text: string, request: VolumeRequest): Promise<Processed> {
  const parts = text.split(':');
  if (text === '' || parts.some((part) => part === '') || parts.length > 3) fail(`failed to parse ${quote(text)}`);
  if (parts.length === 1) {
    if (!text.startsWith('/')) fail(`expected an absolute path, got ${quote(text)}`);
    return anonymousVolume(ctx, text, request);
  }
  const [source = '', destination = '', mode = ''] = parts;
  if (!destination.startsWith('/')) fail(`expected an absolute path, got ${quote(destination)}`);
  const options = modeOptions(mode);
  if (isValidName(source)) {
    const volume = await createVolume(ctx, request.store, request.namespace, source, [], false);
    return made('volume', source, '', mode, volume.Mountpoint, destination, options);
  }
  const path = source.startsWith('/') ? source : `${await ctx.sys.getcwd(ctx)}/${source.replace(/^\.\/?/, '')}`;
  if (!(await exists(ctx, path))) await mkdirAll(ctx, clean(path));
  return made('bind', '', '', mode, path, destination, options);
}

function made(
  type: 'bind' | 'volume',
  name: string,
  anonymous: string,
  mode: string,
  source: string,
  destination: string,
  options: string[],
): Processed {
  const all = options.includes('bind') || options.includes('rbind') ? options : [...options, 'rbind'];
  const kind = options.includes('bind') || options.includes('rbind') ? 'bind' : 'none';
  const mount = { destination: clean(destination), type: kind, source: clean(source), options: all };
  return { type, name, anonymous, mode, mount: { ...mount, type: 'bind' } };
}

const PROPAGATION = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

function modeOptions(mode: string): string[] {
  if (mode === '') return ['rprivate'];
  const options: string[] = [];
  let propagation = 'rprivate';
  for (const word of mode.split(',')) {
    if (word === 'rw' || word === 'z' || word === 'Z' || word === '') continue;
    if (word === 'ro' || word === 'rro') options.push('ro');
    else if (word === 'bind' || word === 'rbind') options.push(word);
    else if (PROPAGATION.includes(word)) propagation = word;
    else fail(`failed to parse volume options ("bind", "", ${quote(mode)}): unsupported volume option ${quote(word)}`);
  }
  return [...options, propagation];
}

async function anonymousVolume(ctx: Context, destination: string, request: VolumeRequest): Promise<Processed> {
  const name = newId(ctx);
  const volume = await createVolume(ctx, request.store, request.namespace, name);
  return made('volume', '', name, '', volume.Mountpoint, destination, ['rprivate']);
}

function tmpfsMount(text: string): Processed {
  const [destination = '', given = ''] = text.split(':');
  if (!destination.startsWith('/')) fail(`expected an absolute path, got ${quote(destination)}`);
  const options = ['noexec', 'nosuid', 'nodev', ...given.split(',').filter((word) => word !== '')];
  const mount = { destination: clean(destination), type: 'tmpfs', source: 'tmpfs', options };
  return { type: 'tmpfs', name: '', anonymous: '', mode: options.join(','), mount };
}

async function flagMount(ctx: Context, text: string, request: VolumeRequest): Promise<Processed> {
  const fields = new Map<string, string>();
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    const key = (at < 0 ? field : field.slice(0, at)).trim().toLowerCase();
    fields.set(key, at < 0 ? 'true' : field.slice(at + 1));
  }
  const get = (...names: string[]): string => names.map((name) => fields.get(name)).find((v) => v !== undefined) ?? '';
  const type = fields.get('type') ?? 'volume';
  const source = get('source', 'src');
  const destination = get('target', 'destination', 'dst');
  if (destination === '') fail('target is required');
  const isReadOnly = ['true', '1'].includes(get('readonly', 'ro', 'rro'));
  if (type === 'tmpfs') {
    const size = get('tmpfs-size');
    if (size !== '' && ramInBytes(size) === null) fail(`invalid value for tmpfs-size: ${sizeFault(size)}`);
    const mode = get('tmpfs-mode');
    const options = [...(size === '' ? [] : [`size=${size}`]), ...(mode === '' ? [] : [`mode=${mode}`])];
    return tmpfsMount(`${destination}:${options.join(',')}`);
  }
  if (type !== 'bind' && type !== 'volume') fail(`invalid mount type '${type}' must be a volume/bind/tmpfs`);
  if (type === 'bind' && !(await exists(ctx, source)))
    await log(
      ctx,
      'warning',
      `mount source ${quote(source)} does not exist. Please make sure to create the directory on the host.`,
    );
  const mode = isReadOnly ? 'ro' : '';
  if (type === 'volume' && source === '') return anonymousVolume(ctx, destination, request);
  if (type === 'volume') return flagV(ctx, `${source}:${destination}${mode === '' ? '' : `:${mode}`}`, request);
  return made('bind', '', '', mode, source, destination, modeOptions(mode));
}

/** An empty volume gets what the image has at that place. */
async function fillVolumes(ctx: Context, mounts: readonly Processed[], request: VolumeRequest): Promise<void> {
  const empty: Processed[] = [];
  for (const entry of mounts) {
    if (entry.type !== 'volume') continue;
    if ((await ctx.sys.readDirectory(ctx, entry.mount.source ?? '')).length === 0) empty.push(entry);
  }
  if (empty.length === 0 || request.rootMounts.length === 0) return;
  await withTempMount(ctx, readOnly(request.rootMounts), async (root) => {
    for (const { mount } of empty) {
      if (await exists(ctx, `${root}${mount.destination}`))
        await copyTree(ctx, `${root}${mount.destination}`, mount.source ?? '');
    }
  });
}

/** What is below one directory into another that is there, with owners, modes and times. */
export async function copyTree(ctx: Context, from: string, to: string): Promise<void> {
  const { sys } = ctx;
  for (const { name } of await sys.readDirectory(ctx, from)) {
    await copyEntry(ctx, `${from}/${name}`, `${to}/${name}`);
  }
}

export async function copyEntry(ctx: Context, source: string, target: string): Promise<void> {
  const { sys } = ctx;
  const stat = await sys.lstat(ctx, source);
  switch (stat.type) {
    case 'directory':
      try {
        await sys.mkdir(ctx, target, stat.mode);
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw error;
      }
      await copyTree(ctx, source, target);
      break;
    case 'symlink':
      try {
        await sys.unlink(ctx, target);
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error;
      }
      await sys.symlink(ctx, await sys.readlink(ctx, source), target);
      break;
    case 'file':
      await writeFile(ctx, target, await readFileRope(ctx, source), { mode: stat.mode });
      await sys.chmod(ctx, target, stat.mode);
      break;
    case 'socket':
      return;
    default:
      await sys.mknod(ctx, target, stat.type, stat.mode, stat.rdev);
  }
  await sys.chown(ctx, target, stat.uid, stat.gid, false);
  if (stat.type !== 'symlink') await sys.setTimes(ctx, target, stat.mtime);
}

/** filepath.Clean of an absolute path. */
export function clean(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return `/${out.join('/')}`;
}

/** dockercompat.MountPoint, as the label keeps it. */
export function mountPoint({ type, name, anonymous, mode, mount }: Processed): Record<string, unknown> {
  const words = mode.split(',');
  const label = anonymous === '' ? name : anonymous;
  return {
    Type: type,
    ...(label === '' ? {} : { Name: label }),
    Source: mount.source,
    Destination: mount.destination,
    ...(type === 'volume' ? { Driver: 'local' } : {}),
    Mode: mode,
    RW: !words.includes('ro') && !words.includes('rro'),
    Propagation: words.find((word) => PROPAGATION.includes(word)) ?? '',
  };
}
