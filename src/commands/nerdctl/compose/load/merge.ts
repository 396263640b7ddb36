/**
 * One compose file over another.
 * @models compose-go v2.12.1 override/merge.go, override/uncity.go
 * @fidelity full
 */
import { fail } from '../../run.ts';
import { parseVolume } from './short-syntax.ts';
import { copyOf, type Dict, isDict, listOf, lookUp, type Path, text, type Value } from './tree.ts';

type Merger = (base: Value, over: Value, path: Path) => Value;

const SEQUENCES =
  'annotations build.args build.additional_contexts build.labels deploy.labels dns dns_opt dns_search env_file ' +
  'label_file environment labels volumes.*.volume.labels sysctls tmpfs';
const replaced: Merger = (_, over) => over;

const MERGERS = new Map<string, Merger>([
  ...SEQUENCES.split(' ').map((place): [string, Merger] => [`services.*.${place}`, joined]),
  ['networks.*.labels', joined],
  ['volumes.*.labels', joined],
  ['networks.*.ipam.config', mergeIpam],
  ['services.*.build', (base, over, path) => mergeDicts(toBuild(base), toBuild(over), path)],
  ['services.*.build.extra_hosts', addedHosts],
  ['services.*.extra_hosts', addedHosts],
  ['services.*.command', replaced],
  ['services.*.entrypoint', replaced],
  ['services.*.healthcheck.test', replaced],
  ['services.*.depends_on', (base, over, path) => mergeDicts(dependencies(base), dependencies(over), path)],
  ['services.*.models', (base, over, path) => mergeDicts(asDict(base, null), asDict(over, null), path)],
  ['services.*.networks', (base, over, path) => mergeDicts(asDict(base, null), asDict(over, null), path)],
  ['services.*.logging', mergeLogging],
  ['services.*.ulimits.*', replaced],
]);

/** `over` goes over `base`, which is changed. */
export function merge(base: Value, over: Value, path: Path): Value {
  const special = lookUp(MERGERS, path);
  if (special !== undefined) return special(base, over, path);
  if (over === null) return base;
  if (isDict(base)) return isDict(over) ? mergeDicts(base, over, path) : fail(`cannot override ${path.join('.')}`);
  if (Array.isArray(base)) return Array.isArray(over) ? [...base, ...over] : fail(`cannot override ${path.join('.')}`);
  return over;
}

function mergeDicts(base: Dict, over: Dict, path: Path): Dict {
  for (const [key, value] of Object.entries(over)) {
    const before = base[key];
    base[key] = before === undefined ? value : merge(before, value, [...path, key]);
  }
  return base;
}

function joined(base: Value, over: Value): Value {
  return [...sequence(base), ...sequence(over)];
}

function sequence(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [value];
  if (!isDict(value)) return [];
  return Object.entries(value)
    .flatMap(([key, item]) => {
      if (item === null) return [key];
      return Array.isArray(item) ? item.map((one) => `${key}=${text(one)}`) : [`${key}=${text(item)}`];
    })
    .sort();
}

function addedHosts(base: Value, over: Value): Value {
  const there = sequence(base);
  return [...there, ...sequence(over).filter((host) => !there.includes(host))];
}

function toBuild(value: Value): Dict {
  return isDict(value) ? value : { context: value };
}

function asDict(value: Value, filler: Dict | null): Dict {
  if (isDict(value)) return value;
  return Object.fromEntries(listOf(value).map((key) => [String(key), filler === null ? null : copyOf(filler)]));
}

function dependencies(value: Value): Dict {
  return asDict(value, { condition: 'service_started', required: true });
}

function mergeLogging(base: Value, over: Value, path: Path): Value {
  if (!isDict(base) || !isDict(over)) return over;
  const isSame = base['driver'] === over['driver'] || base['driver'] === undefined || over['driver'] === undefined;
  return isSame ? mergeDicts(base, over, path) : over;
}

function mergeIpam(base: Value, over: Value, path: Path): Value {
  const out: Dict[] = [];
  const put = (pool: Dict): void => {
    const at = out.findIndex(({ subnet }) => subnet === pool['subnet']);
    if (at < 0) out.push(pool);
    else out[at] = pool;
  };
  for (const original of listOf(base)) {
    for (const override of listOf(over)) {
      const [right, left] = [asDict(original, null), asDict(override, null)];
      const isNew = !out.some(({ subnet }) => subnet === left['subnet']);
      if (left['subnet'] !== right['subnet'] && isNew) out.push(left);
      else put(mergeDicts(right, left, path));
    }
  }
  return out;
}

type Indexer = (value: Value, path: Path) => string;

const beforeEquals: Indexer = (value, path) =>
  typeof value === 'string'
    ? (value.split('=')[0] ?? '')
    : fail(`${path.join('.')}: unexpected type ${Array.isArray(value) ? '[]interface {}' : goType(value)}`);

function goType(value: Value): string {
  if (value === null) return '<nil>';
  if (isDict(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const mountIndexer =
  (directory: string): Indexer =>
  (value) =>
    isDict(value) ? text(value['target'] ?? `${directory}/${text(value['source'])}`) : `${directory}/${text(value)}`;

const PLAIN =
  'annotations build.args build.additional_contexts build.platform build.tags build.labels cap_add cap_drop ' +
  'deploy.labels dns dns_opt dns_search environment labels links networks.*.aliases networks.*.link_local_ips ' +
  'profiles sysctls tmpfs';

const INDEXERS = new Map<string, Indexer>([
  ...PLAIN.split(' ').map((place): [string, Indexer] => [`services.*.${place}`, beforeEquals]),
  ['networks.*.labels', beforeEquals],
  ['networks.*.ipam.options', beforeEquals],
  ['services.*.configs', mountIndexer('')],
  ['services.*.secrets', mountIndexer('/run/secrets')],
  ['services.*.env_file', (value) => (isDict(value) ? text(value['path']) : text(value))],
  ['services.*.expose', (value) => text(value)],
  ['services.*.ports', portKey],
  [
    'services.*.volumes',
    (value, path) => {
      if (!isDict(value)) return parseVolume(text(value)).target;
      return typeof value['target'] === 'string'
        ? value['target']
        : fail(`service volume ${path.join('.')} is missing a mount target`);
    },
  ],
  [
    'services.*.devices',
    (value, path) => {
      if (!isDict(value)) {
        const parts = text(value).split(':');
        return parts[1] ?? parts[0] ?? '';
      }
      return typeof value['target'] === 'string'
        ? value['target']
        : fail(`service device ${path.join('.')} is missing a mount target`);
    },
  ],
]);

function portKey(value: Value, path: Path): string {
  if (!isDict(value)) return text(value);
  if (value['target'] === undefined) fail(`service ports ${path.join('.')} is missing a target port`);
  const { host_ip = '0.0.0.0', published = null, target, protocol = 'tcp' } = value;
  return `${text(host_ip)}:${text(published)}:${text(target)}/${text(protocol)}`;
}

/** Of entries for the same thing the last one, in the place of the first. */
export function unified(value: Value, path: Path = []): Value {
  if (isDict(value)) {
    for (const key of Object.keys(value)) value[key] = unified(value[key] as Value, [...path, key]);
    return value;
  }
  const indexer = Array.isArray(value) ? lookUp(INDEXERS, path) : undefined;
  if (!Array.isArray(value) || indexer === undefined) return value;
  const found = new Map<string, Value>();
  for (const [i, item] of value.entries()) found.set(indexer(item, [...path, `[${i}]`]), item);
  return [...found.values()];
}
