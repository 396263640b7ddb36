/**
 * certs.d: where a registry's requests go, read anew for every pull.
 * @models containerd 2.1 core/remotes/docker/config/hosts.go, config_unix.go
 * @fidelity partial: hosts.toml with server, host tables, capabilities, skip_verify, override_path, header and ca (the
 *   issuer is taken from the certificate's text); no client certificates, no docker-style directories
 */
import { parse, TomlError } from 'smol-toml';
import { newError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { defaultHosts, type HostCapability, type RegistryHost } from './hosts.ts';

type HostTable = {
  capabilities?: string[];
  skip_verify?: boolean;
  override_path?: boolean;
  ca?: string | string[];
  header?: Record<string, string | string[]>;
};

/** `configPath` is a list of directories separated by colons. */
export async function registryHosts(
  ctx: Context,
  configPath: string,
  domain: string,
  defaultScheme?: 'http' | 'https',
): Promise<readonly RegistryHost[]> {
  for (const root of configPath.split(':').filter((part) => part !== '')) {
    for (const name of [domain, '_default']) {
      const directory = `${root}/${name}`;
      let text: string;
      try {
        text = await readFile(ctx, `${directory}/hosts.toml`);
      } catch (error) {
        if (isErrno(error)) continue;
        throw error;
      }
      return parseHosts(ctx, text, directory, domain);
    }
  }
  return defaultHosts(domain, defaultScheme === undefined ? {} : { defaultScheme });
}

async function parseHosts(ctx: Context, text: string, directory: string, domain: string): Promise<RegistryHost[]> {
  let tree: { server?: string; host?: Record<string, HostTable> } & HostTable;
  try {
    tree = parse(text) as typeof tree;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw newError(
      `failed to parse hosts.toml: ${(error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, 'toml: ')}`,
    );
  }
  const hosts: RegistryHost[] = [];
  for (const [server, table] of Object.entries(tree.host ?? {}))
    hosts.push(await hostOf(ctx, server, table, directory));
  if (tree.server !== undefined) hosts.push(await hostOf(ctx, tree.server, tree, directory));
  else hosts.push(...defaultHosts(domain));
  return hosts;
}

async function hostOf(ctx: Context, server: string, table: HostTable, directory: string): Promise<RegistryHost> {
  const match = /^(?:(https?):\/\/)?([^/]+)(\/.*)?$/.exec(server);
  if (match === null) throw newError(`unable to parse server ${server}: invalid host`);
  const [, scheme, host = '', path = ''] = match;
  const trimmed = path.replace(/\/+$/, '');
  const full = table.override_path === true ? trimmed : trimmed.endsWith('/v2') ? trimmed : `${trimmed}/v2`;
  const headers = Object.entries(table.header ?? {}).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): readonly [string, string] => [name, one]),
  );
  const issuers = await issuersOf(ctx, table.ca, directory);
  return {
    scheme: scheme === 'http' ? 'http' : 'https',
    host,
    path: full,
    capabilities: (table.capabilities as HostCapability[] | undefined) ?? ['pull', 'resolve', 'push'],
    ...(table.skip_verify === true ? { skipVerify: true } : {}),
    ...(headers.length > 0 ? { headers } : {}),
    ...(issuers.length > 0 ? { issuers } : {}),
  };
}

async function issuersOf(ctx: Context, ca: HostTable['ca'], directory: string): Promise<string[]> {
  const out: string[] = [];
  for (const name of ca === undefined ? [] : typeof ca === 'string' ? [ca] : ca) {
    const path = name.startsWith('/') ? name : `${directory}/${name}`;
    try {
      const text = await readFile(ctx, path);
      out.push(...[...text.matchAll(/^(?:subject|issuer)\s*[=:]\s*(.+)$/gim)].map((match) => (match[1] ?? '').trim()));
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw newError(`unable to load CA cert: open ${path}: ${error.go}`);
    }
  }
  return out;
}
