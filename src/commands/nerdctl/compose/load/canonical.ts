/**
 * Every short form made long, defaults filled in, relative paths made absolute, checks of single values.
 * @models compose-go v2.12.1 transform/*.go, validation/*.go, paths/resolve.go
 * @fidelity partial: no develop, ssh, gpus, models
 */
import { ipNumber } from '../../networks.ts';
import { fail } from '../../run.ts';
import { parsePort, parseVolume } from './short-syntax.ts';
import { type Dict, entriesOf, isDict, listOf, lookUp, type Path, text, type Value } from './tree.ts';

type Walker = { readonly table: Table; readonly warn: (message: string) => void };
type Transformer = (value: Value, path: Path, walker: Walker) => Value;
type Table = ReadonlyMap<string, Transformer>;

const mapped: Transformer = (value, path, walker) => (isDict(value) ? below(value, path, walker) : value);
const oneOrMore: Transformer = (value) => (typeof value === 'string' ? [value] : value);
const named =
  (key: string): Transformer =>
  (value, path, walker) =>
    typeof value === 'string' ? { [key]: value } : mapped(value, path, walker);
const keysOnly: Transformer = (value) =>
  Array.isArray(value) ? Object.fromEntries(value.map((name) => [text(name), null])) : value;

const CANONICAL: Table = new Map<string, Transformer>([
  ['services.*', mapped],
  ['services.*.build', named('context')],
  ['services.*.build.secrets.*', named('source')],
  ['services.*.build.additional_contexts', keyValues],
  ['services.*.depends_on', dependencies],
  ['services.*.env_file', envFiles],
  ['services.*.label_file', oneOrMore],
  ['services.*.extends', named('service')],
  ['services.*.networks', keysOnly],
  ['services.*.models', keysOnly],
  [
    'services.*.volumes.*',
    (value) => {
      if (typeof value !== 'string') return value;
      const mount = parseVolume(value);
      return { ...mount, target: cleanPath(mount.target) } as Dict;
    },
  ],
  ['services.*.dns', oneOrMore],
  ['services.*.devices.*', device],
  ['services.*.secrets.*', named('source')],
  ['services.*.configs.*', named('source')],
  [
    'services.*.ports',
    (value) => listOf(value).flatMap((item): Value[] => (isDict(item) ? [item] : parsePort(text(item)))),
  ],
  ['volumes.*', maybeExternal],
  ['networks.*', maybeExternal],
  ['secrets.*', maybeExternal],
  ['configs.*', maybeExternal],
]);

export function canonical(config: Dict, warn: (message: string) => void): Dict {
  return walk(config, [], { table: CANONICAL, warn }) as Dict;
}

function walk(value: Value, path: Path, walker: Walker): Value {
  const special = lookUp(walker.table, path);
  if (special !== undefined) return special(value, path, walker);
  if (isDict(value)) return below(value, path, walker);
  return Array.isArray(value) ? value.map((item) => walk(item, [...path, '[]'], walker)) : value;
}

function below(value: Dict, path: Path, walker: Walker): Dict {
  for (const key of Object.keys(value)) value[key] = walk(value[key] as Value, [...path, key], walker);
  return value;
}

function keyValues(value: Value, path: Path): Value {
  if (!Array.isArray(value)) return value;
  return Object.fromEntries(
    value.map((item) => {
      const [, key, rest] = /^([^=]*)=(.*)$/s.exec(text(item)) ?? [];
      if (key === undefined) fail(`${path.join('.')}: invalid value ${text(item)}, expected key=value`);
      return [key, rest ?? ''];
    }),
  );
}

function dependencies(value: Value, path: Path): Value {
  const whole = (entry: Dict): Dict => ({ condition: 'service_started', required: true, ...entry });
  if (Array.isArray(value)) return Object.fromEntries(value.map((name) => [text(name), whole({})]));
  return Object.fromEntries(
    entriesOf(value).map(([name, entry]) => [
      name,
      isDict(entry) ? whole(entry) : fail(`${path.join('.')}.${name}: unsupported value ${text(value)}`),
    ]),
  );
}

function envFiles(value: Value): Value {
  return (Array.isArray(value) ? value : [value]).map((item) =>
    isDict(item) ? { required: true, ...item } : { path: item, required: true },
  );
}

function device(value: Value): Value {
  if (typeof value !== 'string') return value;
  const parts = value.split(':');
  if (parts.length > 3) fail(`confusing device mapping, please use long syntax: ${value}`);
  const [source = '', target = source, permissions = 'rwm'] = parts;
  return { source, target: target === '' ? source : target, permissions };
}

function maybeExternal(value: Value, path: Path, walker: Walker): Value {
  if (!isDict(value)) return value;
  const resource = below(value, path, walker);
  const external = resource['external'];
  if (!isDict(external)) return resource;
  resource['external'] = true;
  const name = external['name'];
  if (name === undefined) return resource;
  walker.warn(`${path.join('.')}: external.name is deprecated. Please set name and external: true`);
  if (resource['name'] !== undefined && resource['name'] !== name)
    fail(`${path.join('.')}: name and external.name conflict; only use name`);
  resource['name'] ??= name;
  return resource;
}

const withDefaults =
  (defaults: Dict): Transformer =>
  (value) =>
    isDict(value) ? { ...defaults, ...value } : value;

const DEFAULTS: Table = new Map<string, Transformer>([
  ['services.*.build', withDefaults({ context: '.' })],
  [
    'services.*.secrets.*',
    (value) => (isDict(value) ? { target: `/run/secrets/${text(value['source'])}`, ...value } : value),
  ],
  [
    'services.*.ports.*',
    (value) =>
      isDict(value) ? { ...value, protocol: value['protocol'] ?? 'tcp', mode: value['mode'] ?? 'ingress' } : value,
  ],
  ['services.*.volumes.*.bind', withDefaults({ create_host_path: true })],
]);

export function setDefaults(config: Dict): Dict {
  return walk(config, [], { table: DEFAULTS, warn: () => {} }) as Dict;
}

/** What a schema cannot say. */
export function checkValues(config: Dict): void {
  for (const [name, volume] of entriesOf(config['volumes'])) {
    if (!isDict(volume) || volume['external'] !== true) continue;
    const other = Object.keys(volume).find((key) => !['name', 'external'].includes(key) && !key.startsWith('x-'));
    if (other !== undefined)
      fail(`volumes.${name}: conflicting parameters "external" and ${JSON.stringify(other)} specified`);
  }
  const kinds = [
    ['configs', ['file', 'environment', 'content']],
    ['secrets', ['file', 'environment']],
  ] as const;
  for (const [kind, keys] of kinds) {
    for (const [name, object] of entriesOf(config[kind])) {
      if (!isDict(object)) continue;
      const count = keys.filter((key) => object[key] !== undefined).length;
      if (count > 1) fail(`${kind}.${name}: ${keys.join('|')} attributes are mutually exclusive`);
      if (count === 0 && object['driver'] === undefined && object['external'] === undefined)
        fail(`${kind}.${name}: one of ${keys.join('|')} must be set`);
    }
  }
  for (const [name, service] of entriesOf(config['services'])) {
    for (const port of isDict(service) ? listOf(service['ports']) : []) {
      const ip = isDict(port) ? port['host_ip'] : undefined;
      if (typeof ip === 'string' && !ip.includes(':') && ipNumber(ip) === null)
        fail(`services.${name}.ports.[]: invalid ip address: ${ip}`);
    }
  }
}

export type Places = { readonly workingDirectory: string; readonly home: string };

export function cleanPath(path: string): string {
  const out: string[] = [];
  const isAbsolute = path.startsWith('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (part !== '..' || !isAbsolute) out.push(part);
  }
  const joined = out.join('/');
  return isAbsolute ? `/${joined}` : joined === '' ? '.' : joined;
}

export function absolutePath(path: string, { workingDirectory, home }: Places): string {
  const expanded = path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path;
  if (expanded.startsWith('/')) return expanded;
  return expanded === '' ? '' : cleanPath(`${workingDirectory}/${expanded}`);
}

export function resolvePaths(config: Dict, places: Places): Dict {
  const absolute: Transformer = (value) => (typeof value === 'string' ? absolutePath(value, places) : value);
  const context: Transformer = (value) =>
    typeof value === 'string' && !/^[a-z+]+:\/\/|^git@|^service:|^docker-image:/.test(value)
      ? absolutePath(value, places)
      : value;
  const table: Table = new Map<string, Transformer>([
    ['services.*.build.context', context],
    ['services.*.build.additional_contexts.*', context],
    ['services.*.env_file.*.path', absolute],
    ['services.*.label_file.*', absolute],
    ['configs.*.file', absolute],
    ['secrets.*.file', absolute],
    [
      'services.*.volumes.*',
      (value) => {
        if (!isDict(value) || value['type'] !== 'bind') return value;
        if (value['source'] === undefined) fail('invalid mount config for type "bind": field Source must not be empty');
        const source = text(value['source']);
        // A drive's path stays as it is.
        return /^[A-Za-z]:[\\/]/.test(source) ? value : { ...value, source: absolutePath(source, places) };
      },
    ],
  ]);
  return walk(config, [], { table, warn: () => {} }) as Dict;
}
