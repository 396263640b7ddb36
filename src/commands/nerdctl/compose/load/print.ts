/**
 * A project as text: YAML for `config`, JSON for the hash of a service.
 * @models nerdctl v2.3.5 pkg/composer/config.go; go.yaml.in/yaml v3.0.4 encode.go (structs in the order of their fields, four columns of indent)
 * @fidelity full
 */
import { durationString } from '../../../../go/duration.ts';
import { type JsonValue, marshalJson } from '../../../../go/json.ts';
import { marshalYaml, YAML_V3 } from '../../../../go/yaml-out.ts';
import { digestHex, digestOf } from '../../../../protocols/oci/digest.ts';
import type { Project, Service } from './model.ts';
import { type Field, shapeOf } from './shape.ts';
import { type Dict, isDict, text, type Value } from './tree.ts';

type Form = 'yaml' | 'json';
type Printed = { [key: string]: JsonValue };

export function projectYaml(project: Project): string {
  const { name, services, networks, volumes, secrets, configs, extensions } = project;
  const whole = { services, networks, volumes, secrets, configs, '#extensions': extensions } as unknown as Dict;
  const value = { name, ...printed('Project', whole, 'yaml') };
  return marshalYaml(value, YAML_V3);
}

/** Names of Docker Compose 2.2: without what does not make another container. */
export function serviceHash(service: Service): string {
  const { build: _, pull_policy: __, ...rest } = service;
  return digestHex(digestOf(marshalJson(printed('Service', { ...rest, scale: 1 } as unknown as Dict, 'json'))));
}

function printed(name: string, value: Dict, form: Form): Printed {
  const out: Printed = {};
  for (const field of shapeOf(name)) {
    const item = value[field.key];
    const shown = item === undefined ? absent(field, form) : shownField(field, item, form);
    if (shown !== undefined) out[field.key] = shown;
  }
  if (form === 'yaml' && isDict(value['#extensions'])) Object.assign(out, value['#extensions']);
  delete out['#extensions'];
  return out;
}

/** What an absent field prints all the same. */
function absent({ kind, isAlways, isPointer, of }: Field, form: Form): JsonValue | undefined {
  if (kind === 'command' && form === 'json') return null;
  if (kind === 'struct' && !isPointer && form === 'json') return printed(of, {}, form);
  return isAlways ? (kind === 'structMap' ? {} : false) : undefined;
}

function isEmpty(value: JsonValue): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function shownField(field: Field, value: Value, form: Form): JsonValue | undefined {
  const { kind, of, isPointer, isAlways } = field;
  if (kind === 'command') return (value as JsonValue | null) ?? absent(field, form);
  if (kind === 'optOut') return value === false ? false : undefined;
  const shown = plain(kind, of, value, form, isPointer);
  if (isAlways || (isPointer && kind !== 'structMap')) return shown;
  if (kind === 'bytes' && value === 0) return undefined;
  if (kind === 'struct' && form === 'json') return shown;
  return isEmpty(shown) ? undefined : shown;
}

function plain(kind: Field['kind'], of: string, value: Value, form: Form, isPointer: boolean): JsonValue {
  switch (kind) {
    case 'bytes':
      return text(value);
    case 'duration':
      return durationString(Number(value));
    case 'mode':
      return `0${Number(value).toString(8)}`;
    case 'hosts':
      return Object.entries(value as Record<string, string[]>)
        .flatMap(([host, ips]) => ips.map((ip) => `${host}=${ip}`))
        .sort();
    case 'ulimits':
      return byKey(value, (item) => {
        const { single = 0, soft = 0, hard = 0 } = item as { single?: number; soft?: number; hard?: number };
        if (single !== 0) return single;
        return form === 'yaml' ? { soft, hard } : { ...(soft === 0 ? {} : { soft }), ...(hard === 0 ? {} : { hard }) };
      });
    case 'struct':
      return printed(of, value as Dict, form);
    case 'structs':
      return (value as Dict[]).map((item) => printed(of, item, form));
    case 'structMap':
      return byKey(value, (item) => (item === null && isPointer ? null : printed(of, item as Dict, form)));
    case 'env':
    case 'mapping':
      return byKey(value, (item) => item as JsonValue);
    default:
      return value as JsonValue;
  }
}

function byKey(value: Value, show: (item: Value) => JsonValue): JsonValue {
  return Object.fromEntries(
    Object.entries(value as Dict)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, show(item)]),
  );
}
