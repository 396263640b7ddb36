/**
 * Implicit parts made explicit: the default network, dependencies that links and shared namespaces bring, names.
 * @models compose-go v2.12.1 loader/normalize.go
 * @fidelity full
 */
import { cleanPath } from './canonical.ts';
import { type Dict, dictOf, entriesOf, isDict, listOf, text, type Value } from './tree.ts';

export function normalize(config: Dict, project: string, env: ReadonlyMap<string, string>): Dict {
  const networks = dictOf(config['networks']);
  const services = dictOf(config['services']);
  let usesDefault = false;
  for (const [, value] of entriesOf(services)) {
    if (!isDict(value)) continue;
    if (value['provider'] === undefined && value['network_mode'] === undefined) {
      if (Object.keys(dictOf(value['networks'])).length === 0) value['networks'] = { default: null };
      usesDefault ||= dictOf(value['networks'])['default'] !== undefined;
    }
    normalizeService(value, env);
  }
  if (usesDefault && networks['default'] === undefined) networks['default'] = null;
  if (Object.keys(networks).length > 0) config['networks'] = networks;
  for (const kind of ['networks', 'volumes', 'configs', 'secrets']) {
    const all = config[kind];
    if (!isDict(all)) continue;
    for (const [key, resource] of Object.entries(all)) {
      const named: Dict = isDict(resource) ? resource : {};
      if (named['name'] === undefined || named['name'] === null)
        named['name'] = isTrue(named['external']) ? key : `${project}_${key}`;
      all[key] = named;
    }
  }
  return config;
}

function isTrue(value: Value | undefined): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text(value));
}

const SHARED = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'];

function normalizeService(service: Dict, env: ReadonlyMap<string, string>): void {
  if (service['pull_policy'] === 'if_not_present') service['pull_policy'] = 'missing';
  const build = service['build'];
  if (isDict(build)) {
    build['context'] ??= '.';
    if (build['dockerfile'] === undefined && build['dockerfile_inline'] === undefined)
      build['dockerfile'] = 'Dockerfile';
    if (build['args'] !== undefined) build['args'] = resolved(build['args'], env, false);
  }
  if (service['environment'] !== undefined) service['environment'] = resolved(service['environment'], env, true);
  const dependsOn = dictOf(service['depends_on']);
  const need = (name: string, restart: boolean): void => {
    dependsOn[name] ??= { condition: 'service_started', restart, required: true };
  };
  for (const link of listOf(service['links'])) {
    const parts = text(link).split(':');
    need(parts.length === 2 ? (parts[0] ?? '') : text(link), true);
  }
  for (const key of SHARED) {
    const reference = service[key];
    if (typeof reference === 'string' && reference.startsWith('service:'))
      need(reference.slice('service:'.length), true);
  }
  for (const mount of listOf(service['volumes']))
    if (isDict(mount) && typeof mount['target'] === 'string') mount['target'] = cleanPath(mount['target']);
  for (const from of listOf(service['volumes_from']))
    if (!text(from).startsWith('container:')) need(text(from).split(':')[0] ?? '', false);
  if (Object.keys(dependsOn).length > 0) service['depends_on'] = dependsOn;
}

/** A name alone takes the value that the environment has. */
function resolved(value: Value, env: ReadonlyMap<string, string>, keepEmpty: boolean): Value {
  if (Array.isArray(value))
    return value.flatMap((item): Value[] => {
      const word = text(item);
      if (word.includes('=')) return [word];
      const found = env.get(word);
      if (found !== undefined) return [`${word}=${found}`];
      return keepEmpty ? [word] : [];
    });
  if (!isDict(value)) return value;
  const out: Dict = {};
  for (const [key, item] of Object.entries(value)) {
    const found = item ?? env.get(key);
    if (found !== undefined) out[key] = found;
    else if (keepEmpty) out[key] = null;
  }
  return out;
}
