/**
 * Credentials out of pull secrets, matched to an image.
 * @models kubernetes 1.36 pkg/credentialprovider keyring.go, secrets/secrets.go
 */

import { fromBase64 } from '../../../protocols/base64.ts';
import type { Secret } from '../../../protocols/kube/types.ts';

export type Credentials = { username: string; password: string };
/** The Secret that they come from. */
export type SecretSource = { uid: string; namespace: string; name: string };
export type TrackedCredentials = { source: SecretSource; credentials: Credentials };
type Entry = TrackedCredentials & { host: string; path: string };

export type Keyring = readonly Entry[];

const text = (base64: string): string => new TextDecoder().decode(fromBase64(base64));

type AuthEntry = { username?: string; password?: string; auth?: string };

/** From Secrets of the types dockerconfigjson and dockercfg; what cannot be read is left out. */
export function keyringOf(secrets: readonly Secret[]): Keyring {
  const entries: Entry[] = [];
  for (const { metadata, type, data } of secrets) {
    const source = { uid: metadata.uid ?? '', namespace: metadata.namespace ?? '', name: metadata.name };
    const isJson = type === 'kubernetes.io/dockerconfigjson';
    const content = isJson
      ? data?.['.dockerconfigjson']
      : type === 'kubernetes.io/dockercfg'
        ? data?.['.dockercfg']
        : undefined;
    if (content === undefined) continue;
    let auths: Record<string, AuthEntry>;
    try {
      const parsed = JSON.parse(text(content)) as { auths?: Record<string, AuthEntry> } & Record<string, AuthEntry>;
      auths = isJson ? (parsed.auths ?? {}) : parsed;
    } catch {
      continue;
    }
    for (const [registry, entry] of Object.entries(auths)) {
      const credentials = credentialsOf(entry);
      if (credentials !== null) entries.push({ ...splitRegistry(registry), source, credentials });
    }
  }
  // The most specific entry first.
  return entries.sort((a, b) => b.host.length + b.path.length - (a.host.length + a.path.length));
}

function credentialsOf(entry: AuthEntry): Credentials | null {
  if (entry.auth !== undefined && entry.auth !== '') {
    const decoded = text(entry.auth);
    const colon = decoded.indexOf(':');
    if (colon < 0) return null;
    return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  }
  if (entry.username === undefined) return null;
  return { username: entry.username, password: entry.password ?? '' };
}

/** `https://index.docker.io/v1/` names Docker Hub. */
function splitRegistry(registry: string): { host: string; path: string } {
  const bare = registry.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  const path = (slash < 0 ? '' : bare.slice(slash)).replace(/^\/v[12](?=\/|$)/, '').replace(/\/$/, '');
  return { host: host === 'index.docker.io' ? 'docker.io' : host, path };
}

/** `repository` with its domain: `docker.io/library/nginx`. */
export function credentialsFor(keyring: Keyring, repository: string): TrackedCredentials[] {
  const slash = repository.indexOf('/');
  const host = repository.slice(0, slash);
  const path = repository.slice(slash);
  return keyring
    .filter((entry) => hostMatches(entry.host, host) && (path === entry.path || path.startsWith(entry.path)))
    .map(({ source, credentials }) => ({ source, credentials }));
}

/** `*.example.com` matches label by label. */
function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const [wanted, given] = [pattern.split('.'), host.split('.')];
  if (wanted.length !== given.length) return false;
  return wanted.every((part, i) => {
    const star = part.indexOf('*');
    const label = given[i] ?? '';
    if (star < 0) return part === label;
    return label.startsWith(part.slice(0, star)) && label.endsWith(part.slice(star + 1));
  });
}
