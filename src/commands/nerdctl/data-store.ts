/**
 * nerdctl's own state: /var/lib/nerdctl/HASH/{containers,names,etchosts,volumes}, by containerd namespace.
 * @models nerdctl v2.3.5 pkg/clientutil/client.go, pkg/namestore, pkg/mountutil/volumestore, pkg/netutil/networkstore
 * @fidelity partial: no locks, which nobody would see
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, readFile, removeAll, writeFile } from '../../linux/io.ts';
import { digestHex, digestOf } from '../../protocols/oci/digest.ts';
import { ContainerdError } from '../common/containerd/errors.ts';
import { addressOf, fail, keyValues, log } from './run.ts';

const HASH_LENGTH = 8;

/** `/var/lib/nerdctl/1935db59`: the hash is that of the socket's path. */
export async function dataStore(ctx: Context, cli: CobraContext): Promise<string> {
  const hash = digestHex(digestOf(addressOf(cli))).slice(0, HASH_LENGTH);
  const path = `${cli.string('data-root')}/${hash}`;
  await mkdirAll(ctx, path, 0o700);
  return path;
}

export function stateDirectory(store: string, namespace: string, id: string): string {
  return `${store}/containers/${namespace}/${id}`;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** identifiers.ValidateDockerCompat. */
export function isValidName(name: string): boolean {
  return NAME.test(name);
}

function requireName(store: string, name: string): void {
  if (name === '') throw new ContainerdError(`${store}-store error\nidentifier must not be empty: invalid argument`);
  if (!NAME.test(name))
    throw new ContainerdError(
      `${store}-store error\nidentifier ${quote(name)} must match pattern ${quote(NAME.source.slice(1, -1))}: invalid argument`,
    );
}

function namePath(store: string, namespace: string, name: string): string {
  return `${store}/names/${namespace}/${name}`;
}

async function readIfThere(ctx: Context, path: string): Promise<string | null> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

export async function acquireName(
  ctx: Context,
  store: string,
  namespace: string,
  name: string,
  id: string,
): Promise<void> {
  requireName('name', name);
  const path = namePath(store, namespace, name);
  const owner = await readIfThere(ctx, path);
  if (owner !== null && owner !== '' && owner !== id)
    fail(`name-store error\nname ${quote(name)} is already used by ID ${quote(owner)}`);
  await mkdirAll(ctx, `${store}/names/${namespace}`, 0o700);
  await writeFile(ctx, path, id, { mode: 0o600 });
}

/** What another container owns stays. */
export async function releaseName(
  ctx: Context,
  store: string,
  namespace: string,
  name: string,
  id: string,
): Promise<void> {
  const path = namePath(store, namespace, name);
  if (name !== '' && (await readIfThere(ctx, path)) === id) await removeAll(ctx, path);
}

export async function renameName(
  ctx: Context,
  store: string,
  namespace: string,
  id: string,
  from: string,
  to: string,
): Promise<void> {
  requireName('name', to);
  const owner = await readIfThere(ctx, namePath(store, namespace, to));
  if (owner !== null) fail(`name-store error\nname ${quote(to)} is already used by ID ${quote(owner)}`);
  await mkdirAll(ctx, `${store}/names/${namespace}`, 0o700);
  await writeFile(ctx, namePath(store, namespace, to), id, { mode: 0o600 });
  await releaseName(ctx, store, namespace, from, id);
}

export type PortMapping = { HostPort: number; ContainerPort: number; Protocol: string; HostIP: string };

export async function storePorts(ctx: Context, stateDir: string, ports: readonly PortMapping[]): Promise<void> {
  const text = JSON.stringify(ports.length === 0 ? {} : { portMappings: ports });
  await writeFile(ctx, `${stateDir}/network-config.json`, text, { mode: 0o600 });
}

export async function loadPorts(ctx: Context, stateDir: string): Promise<PortMapping[]> {
  const text = await readIfThere(ctx, `${stateDir}/network-config.json`);
  if (text === null || text === '') return [];
  return (parse(text) as { portMappings?: PortMapping[] }).portMappings ?? [];
}

export type Lifecycle = { startedAt?: string; createError?: boolean };

export async function loadLifecycle(ctx: Context, stateDir: string): Promise<Lifecycle> {
  const text = await readIfThere(ctx, `${stateDir}/lifecycle.json`);
  return text === null ? {} : (parse(text) as Lifecycle);
}

export async function storeLifecycle(ctx: Context, stateDir: string, state: Lifecycle): Promise<void> {
  await writeFile(ctx, `${stateDir}/lifecycle.json`, JSON.stringify(state), { mode: 0o600 });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export type Volume = { Name: string; Mountpoint: string; Labels?: Record<string, string> | undefined; Size?: number };

export function volumeDirectory(store: string, namespace: string): string {
  return `${store}/volumes/${namespace}`;
}

/** Returns an existing one as it is. */
export async function createVolume(
  ctx: Context,
  store: string,
  namespace: string,
  name: string,
  labels: readonly string[] = [],
  warn = true,
): Promise<Volume & { isNew: boolean }> {
  requireName('volume', name);
  const directory = `${volumeDirectory(store, namespace)}/${name}`;
  const mountpoint = `${directory}/_data`;
  const isNew = !(await exists(ctx, `${directory}/volume.json`));
  if (isNew) {
    await mkdirAll(ctx, directory, 0o700);
    const options = { labels: labels.length === 0 ? null : keyValues(labels) };
    const text = marshalJson(options as unknown as JsonValue, { indent: '    ' });
    await writeFile(ctx, `${directory}/volume.json`, text, { mode: 0o600 });
  } else if (warn) await log(ctx, 'warning', `volume ${quote(name)} already exists and will be returned as-is`);
  await mkdirAll(ctx, mountpoint, 0o755);
  return { Name: name, Mountpoint: mountpoint, isNew };
}

export async function getVolume(ctx: Context, store: string, namespace: string, name: string): Promise<Volume | null> {
  requireName('volume', name);
  const directory = `${volumeDirectory(store, namespace)}/${name}`;
  const text = await readIfThere(ctx, `${directory}/volume.json`);
  if (text === null) return null;
  const labels = (parse(text) as { labels?: Record<string, string> | null }).labels ?? undefined;
  return {
    Name: name,
    Mountpoint: `${directory}/_data`,
    ...(labels === undefined || labels === null ? {} : { Labels: labels }),
  };
}

export async function listVolumes(ctx: Context, store: string, namespace: string): Promise<Volume[]> {
  const found: Volume[] = [];
  for (const name of await namesIn(ctx, volumeDirectory(store, namespace))) {
    const volume = isValidName(name) ? await getVolume(ctx, store, namespace, name) : null;
    if (volume !== null) found.push(volume);
  }
  return found;
}

export async function removeVolume(ctx: Context, store: string, namespace: string, name: string): Promise<void> {
  await removeAll(ctx, `${volumeDirectory(store, namespace)}/${name}`);
}

/** Bytes of the files below. */
export async function directorySize(ctx: Context, path: string): Promise<number> {
  let sum = 0;
  for (const name of await namesIn(ctx, path)) {
    const stat = await ctx.sys.lstat(ctx, `${path}/${name}`);
    sum += stat.type === 'directory' ? await directorySize(ctx, `${path}/${name}`) : stat.size;
  }
  return sum;
}

/** Sorted; nothing of a directory that is not there. */
export async function namesIn(ctx: Context, path: string): Promise<string[]> {
  try {
    return (await ctx.sys.readDirectory(ctx, path)).map(({ name }) => name).sort();
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}
