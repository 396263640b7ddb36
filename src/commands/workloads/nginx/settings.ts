/** What the directives mean to the server. @models nginx 1.27 src/http/ngx_http.c, ngx_http_core_module.c */
import { absolute, ConfigError, type Directive } from './config.ts';

export type LocationSettings = {
  match: 'prefix' | 'exact' | 'stop-prefix' | 'regex';
  pattern: string;
  regex: RegExp | null;
  settings: Directive[];
};

export type ServerSettings = {
  listens: { host: string; port: number; isDefault: boolean }[];
  names: string[];
  locations: LocationSettings[];
  /** Directives of the server and, before them, those of http: the last wins. */
  settings: Directive[];
};

export type Settings = {
  user: string | null;
  workers: number | 'auto';
  connections: number;
  daemon: boolean;
  pidPath: string;
  errorLogs: { path: string; level: string }[];
  /** null: no http block. */
  servers: ServerSettings[];
  types: Map<string, string>;
  formats: Map<string, string>;
  http: Directive[];
};

/** nginx's built-in format. */
const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

export function lastOf(directives: readonly Directive[], name: string): Directive | undefined {
  return directives.findLast((d) => d.name === name);
}

export function interpret(main: readonly Directive[]): Settings {
  if (!main.some((d) => d.name === 'events')) throw new ConfigError('no "events" section in configuration');
  const http = lastOf(main, 'http')?.block ?? [];
  const formats = new Map([['combined', COMBINED]]);
  for (const d of http)
    if (d.name === 'log_format')
      formats.set(d.args[0] ?? '', d.args.slice(d.args[1]?.startsWith('escape=') ? 2 : 1).join(''));
  const types = new Map<string, string>();
  for (const d of http)
    if (d.name === 'types') for (const t of d.block ?? []) for (const extension of t.args) types.set(extension, t.name);
  if (types.size === 0)
    for (const [extension, type] of [
      ['html', 'text/html'],
      ['gif', 'image/gif'],
      ['jpg', 'image/jpeg'],
    ] as const)
      types.set(extension, type);
  const workers = lastOf(main, 'worker_processes');
  const user = lastOf(main, 'user');
  const inherited = http.filter((d) => d.block === null);
  return {
    user: user?.args[0] ?? null,
    workers: workers === undefined ? 1 : workers.args[0] === 'auto' ? 'auto' : count(workers),
    connections: Number(lastOf(lastOf(main, 'events')?.block ?? [], 'worker_connections')?.args[0] ?? 512),
    daemon: lastOf(main, 'daemon')?.args[0] !== 'off',
    pidPath: absolute(lastOf(main, 'pid')?.args[0] ?? '/run/nginx.pid'),
    errorLogs: main
      .filter((d) => d.name === 'error_log')
      .map((d) => ({ path: d.args[0] ?? '', level: d.args[1] ?? 'error' })),
    servers: http.filter((d) => d.name === 'server').map((d) => server(d, inherited)),
    types,
    formats,
    http,
  };
}

function count(directive: Directive): number {
  const value = Number(directive.args[0]);
  if (!Number.isInteger(value) || value <= 0)
    throw new ConfigError(`invalid number "${directive.args[0] ?? ''}" in ${directive.file}:${directive.line}`);
  return value;
}

function server(directive: Directive, inherited: readonly Directive[]): ServerSettings {
  const own = directive.block ?? [];
  const listens = own.filter((d) => d.name === 'listen').flatMap(listen);
  if (!own.some((d) => d.name === 'listen')) listens.push({ host: '0.0.0.0', port: 80, isDefault: false });
  const settings = [...inherited, ...own.filter((d) => d.block === null)];
  return {
    listens,
    names: own.filter((d) => d.name === 'server_name').flatMap((d) => d.args),
    locations: locations(own, settings),
    settings,
  };
}

/** `80`, `127.0.0.1:8080`, `*:80 default_server`; IPv6 addresses are left out: this network has none. */
function listen(directive: Directive): { host: string; port: number; isDefault: boolean }[] {
  const [address = '', ...flags] = directive.args;
  if (address.startsWith('[') || address.startsWith('unix:')) return [];
  const colon = address.lastIndexOf(':');
  const [hostText, portText] =
    colon >= 0
      ? [address.slice(0, colon), address.slice(colon + 1)]
      : /^\d+$/.test(address)
        ? ['*', address]
        : [address, '80'];
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new ConfigError(
      `invalid port in "${address}" of the "listen" directive in ${directive.file}:${directive.line}`,
    );
  const host = hostText === '*' ? '0.0.0.0' : hostText === 'localhost' ? '127.0.0.1' : hostText;
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host))
    throw new ConfigError(
      `host not found in "${address}" of the "listen" directive in ${directive.file}:${directive.line}`,
    );
  return [{ host, port, isDefault: flags.includes('default_server') || flags.includes('default') }];
}

function locations(directives: readonly Directive[], outer: readonly Directive[]): LocationSettings[] {
  return directives
    .filter((d) => d.name === 'location')
    .flatMap((d) => {
      const [first = '', second] = d.args;
      const settings = [...outer, ...(d.block ?? []).filter((inner) => inner.name !== 'location')];
      const nested = locations(d.block ?? [], settings);
      const make = (
        match: LocationSettings['match'],
        pattern: string,
        regex: RegExp | null = null,
      ): LocationSettings[] => [{ match, pattern, regex, settings }, ...nested];
      if (second === undefined) return make('prefix', first);
      if (first === '=') return make('exact', second);
      if (first === '^~') return make('stop-prefix', second);
      if (first === '~' || first === '~*') {
        try {
          return make('regex', second, new RegExp(second, first === '~*' ? 'i' : ''));
        } catch {
          throw new ConfigError(`pcre2_compile() failed in "${second}" in ${d.file}:${d.line}`);
        }
      }
      throw new ConfigError(`invalid location modifier "${first}" in ${d.file}:${d.line}`);
    });
}

/** Exact, then the longest prefix (final if ^~), then the first regex that matches. */
export function locationFor(server: ServerSettings, path: string): LocationSettings | null {
  const exact = server.locations.find((l) => l.match === 'exact' && l.pattern === path);
  if (exact !== undefined) return exact;
  let best: LocationSettings | null = null;
  for (const location of server.locations) {
    if (
      (location.match === 'prefix' || location.match === 'stop-prefix') &&
      path.startsWith(location.pattern) &&
      location.pattern.length >= (best?.pattern.length ?? 0)
    )
      best = location;
  }
  if (best?.match === 'stop-prefix') return best;
  return server.locations.find((l) => l.regex?.test(path)) ?? best;
}
