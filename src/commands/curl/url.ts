/** URLs as curl guesses them. @models curl 8.14 lib/urlapi.c @fidelity partial: http and https, no IDN, no IPv6 literals */
export type Url = { scheme: string; user: string | null; host: string; port: number | null; path: string };

export function parseUrl(text: string): Url | null {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:([^@/?#]*)@)?([^:/?#]*)(?::(\d*))?([^#]*)(?:#.*)?$/.exec(text);
  if (match === null) return null;
  const [, scheme = 'http', user, host = '', port, rest = ''] = match;
  if (host === '' || /\s/.test(text)) return null;
  const path = rest === '' ? '/' : rest.startsWith('/') ? rest : `/${rest}`;
  if (port !== undefined && port !== '' && Number(port) > 65_535) return null;
  return {
    scheme: scheme.toLowerCase(),
    user: user ?? null,
    host,
    port: port === undefined || port === '' ? null : Number(port),
    path,
  };
}

export function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}

export function hostHeader(url: Url): string {
  return url.port === null || url.port === defaultPort(url.scheme) ? url.host : `${url.host}:${url.port}`;
}

export function formatUrl(url: Url): string {
  return `${url.scheme}://${url.port === null ? url.host : `${url.host}:${url.port}`}${url.path}`;
}

/** A Location header, seen from `base`. */
export function resolveUrl(base: Url, location: string): Url | null {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return parseUrl(location);
  if (location.startsWith('//')) return parseUrl(`${base.scheme}:${location}`);
  if (location.startsWith('/')) return { ...base, path: location };
  return { ...base, path: `${base.path.replace(/\?.*$/, '').replace(/[^/]*$/, '')}${location}` };
}
