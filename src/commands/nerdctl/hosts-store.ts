/**
 * The /etc/hosts of every container, which name its neighbours on the same networks.
 * @models nerdctl v2.3.5 pkg/dnsutil/hostsstore/hostsstore.go
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, readFile, removeAll, writeFile } from '../../linux/io.ts';
import type { CniResult } from '../../protocols/cni/types.ts';
import { namesIn } from './data-store.ts';

export type HostsMeta = {
  ID: string;
  Networks: Record<string, CniResult>;
  Hostname: string;
  ExtraHosts: Record<string, string>;
  Name: string;
  Domainname: string;
};

const BEGIN = '# <nerdctl>\n';
const END = '# </nerdctl>\n';

export function hostsPath(store: string, namespace: string, id: string): string {
  return `${store}/etchosts/${namespace}/${id}/hosts`;
}

const metaPath = (store: string, namespace: string, id: string): string =>
  `${store}/etchosts/${namespace}/${id}/meta.json`;

/** A file to be mounted; its content comes when the container has an address. */
export async function allocateHosts(
  ctx: Context,
  store: string,
  namespace: string,
  id: string,
  content: string,
): Promise<string> {
  const path = hostsPath(store, namespace, id);
  await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o700);
  await writeFile(ctx, path, content);
  return path;
}

export async function acquireHosts(ctx: Context, store: string, namespace: string, meta: HostsMeta): Promise<void> {
  await mkdirAll(ctx, `${store}/etchosts/${namespace}/${meta.ID}`, 0o700);
  await writeFile(ctx, metaPath(store, namespace, meta.ID), JSON.stringify(meta), { mode: 0o600 });
  await updateAll(ctx, store, namespace);
}

/** The file itself stays for a restart. */
export async function releaseHosts(ctx: Context, store: string, namespace: string, id: string): Promise<void> {
  await removeAll(ctx, metaPath(store, namespace, id));
  await updateAll(ctx, store, namespace);
}

export async function deleteHosts(ctx: Context, store: string, namespace: string, id: string): Promise<void> {
  await removeAll(ctx, `${store}/etchosts/${namespace}/${id}`);
}

/** False when the container has no such file now. */
export async function renameHosts(
  ctx: Context,
  store: string,
  namespace: string,
  id: string,
  name: string,
): Promise<boolean> {
  const meta = await readMeta(ctx, store, namespace, id);
  if (meta === null) return false;
  await acquireHosts(ctx, store, namespace, { ...meta, Name: name });
  return true;
}

async function readMeta(ctx: Context, store: string, namespace: string, id: string): Promise<HostsMeta | null> {
  try {
    return JSON.parse(await readFile(ctx, metaPath(store, namespace, id))) as HostsMeta;
  } catch (error) {
    if (isErrno(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function updateAll(ctx: Context, store: string, namespace: string): Promise<void> {
  const metas: HostsMeta[] = [];
  for (const id of await namesIn(ctx, `${store}/etchosts/${namespace}`)) {
    const meta = await readMeta(ctx, store, namespace, id);
    if (meta !== null) metas.push(meta);
  }
  for (const own of metas) {
    const path = hostsPath(store, namespace, own.ID);
    let old = '';
    try {
      old = await readFile(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    await writeFile(ctx, path, kept(old) + marked(own, metas));
  }
}

/** What somebody else has written. */
function kept(content: string): string {
  const at = content.indexOf(BEGIN);
  const end = content.indexOf(END);
  const outside = at < 0 || end < 0 ? content : content.slice(0, at) + content.slice(end + END.length);
  return outside
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^([#;]|127\.0\.0\.1\s|::1\s)/.test(line.trim()))
    .map((line) => `${line}\n`)
    .join('');
}

function marked(own: HostsMeta, metas: readonly HostsMeta[]): string {
  const lines = [
    '127.0.0.1\tlocalhost localhost.localdomain\n',
    '::1\t\tlocalhost localhost.localdomain\n',
    ...Object.entries(own.ExtraHosts).map(([host, ip]) => `${ip.padEnd(15)} ${host}\n`),
  ];
  for (const meta of metas) {
    for (const [network, result] of Object.entries(meta.Networks)) {
      if (!(network in own.Networks)) continue;
      for (const { address } of result.ips ?? [])
        lines.push(`${(address.split('/')[0] ?? '').padEnd(15)} ${namesOf(network, meta).join(' ')}\n`);
    }
  }
  return `${BEGIN}${lines.join('')}${END}`;
}

/** On a network that somebody made, also with its name. */
function namesOf(network: string, meta: HostsMeta): string[] {
  const names = meta.Domainname === '' ? [] : [`${meta.Hostname}.${meta.Domainname}`];
  for (const name of [meta.Hostname, meta.Name]) {
    if (name === '') continue;
    names.push(name);
    if (network !== 'bridge') names.push(`${name}.${network}`);
  }
  return names;
}
