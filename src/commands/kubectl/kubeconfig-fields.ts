/**
 * Single fields of a kubeconfig by their path (`clusters.NAME.server`), and how the whole is written.
 * @models k8s.io/kubectl pkg/cmd/config navigation_step_parser.go set.go, k8s.io/client-go tools/clientcmd/api types.go v1
 * @fidelity partial: no extensions, and what is not a single value (exec, auth-provider) can only be unset
 */
import { base64 } from '../../go/json.ts';
import { compareStrings, quote } from '../../go/quote.ts';
import type { Kubeconfig } from '../../protocols/kube/kubeconfig.ts';
import { Failure, NotSimulated } from './failure.ts';

type Leaf = 'string' | 'bool' | 'bytes' | 'strings' | 'other';
type Struct = {
  readonly go: string;
  readonly fields: Readonly<Record<string, Leaf | Struct | { readonly of: Struct }>>;
};

const CLUSTER: Struct = {
  go: 'api.Cluster',
  fields: {
    server: 'string',
    'tls-server-name': 'string',
    'insecure-skip-tls-verify': 'bool',
    'certificate-authority': 'string',
    'certificate-authority-data': 'bytes',
    'proxy-url': 'string',
    'disable-compression': 'bool',
    extensions: 'other',
  },
};
const USER: Struct = {
  go: 'api.AuthInfo',
  fields: {
    'client-certificate': 'string',
    'client-certificate-data': 'bytes',
    'client-key': 'string',
    'client-key-data': 'bytes',
    token: 'string',
    tokenFile: 'string',
    'act-as': 'string',
    'act-as-uid': 'string',
    'act-as-groups': 'strings',
    'act-as-user-extra': 'other',
    username: 'string',
    password: 'string',
    'auth-provider': 'other',
    exec: 'other',
    extensions: 'other',
  },
};
const CONTEXT: Struct = {
  go: 'api.Context',
  fields: { cluster: 'string', user: 'string', namespace: 'string', extensions: 'other' },
};
const CONFIG: Struct = {
  go: 'api.Config',
  fields: {
    kind: 'string',
    apiVersion: 'string',
    preferences: { go: 'api.Preferences', fields: { colors: 'bool', extensions: 'other' } },
    clusters: { of: CLUSTER },
    users: { of: USER },
    contexts: { of: CONTEXT },
    'current-context': 'string',
    extensions: 'other',
  },
};

type Entry = Record<string, unknown>;
type Section = 'clusters' | 'users' | 'contexts';
const INNER = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

/** The steps of a path; a name in a map goes on over dots until a field's name comes. Throws a Failure. */
function stepsOf(property: string): string[] {
  const parts = property.split('.');
  const steps: string[] = [];
  let type: Leaf | Struct | { readonly of: Struct } = CONFIG;
  for (let at = 0; at < parts.length; ) {
    if (typeof type === 'string') {
      if (type === 'other' && steps.at(-1) === 'extensions')
        throw new NotSimulated(`config set ${property}: not simulated: extensions`);
      throw new Failure(`unable to parse one or more field values of ${property}`);
    }
    if ('of' in type) {
      const { fields } = type.of;
      let end = at + 1;
      while (end < parts.length && !Object.hasOwn(fields, parts[end] ?? '')) end++;
      steps.push(parts.slice(at, end).join('.'));
      type = type.of;
      at = end;
      continue;
    }
    const part = parts[at] ?? '';
    const field: Leaf | Struct | { readonly of: Struct } | undefined = Object.hasOwn(type.fields, part)
      ? type.fields[part]
      : undefined;
    if (field === undefined) {
      // Go prints where the type of each step is.
      const seen = steps.map((step) => `{${step} 0x203acc0}`).join(' ');
      throw new Failure(`unable to parse ${property} after [${seen}] at ${type.go}`);
    }
    steps.push(part);
    type = field;
    at++;
  }
  return steps;
}

const isSection = (name: string): name is Section => name === 'clusters' || name === 'users' || name === 'contexts';
/** The file says `as` where the program says `act-as`. */
const stored = (field: string): string => field.replace(/^act-as/, 'as');

/** Throws a Failure for what is no property, or no value for it. */
export function setProperty(config: Kubeconfig, property: string, value: string, isRaw: boolean): Kubeconfig {
  const steps = stepsOf(property);
  const [first = '', second, third] = steps;
  if (isSection(first)) {
    if (second === undefined || third === undefined)
      throw new Failure(`can't set a map to a value: ${mapText(config, first)}`);
    const fields = first === 'clusters' ? CLUSTER.fields : first === 'users' ? USER.fields : CONTEXT.fields;
    const leaf = fields[third] as Leaf;
    if (leaf === 'other') throw new NotSimulated(`config set ${property}: not simulated: setting it as a whole`);
    return withEntry(config, first, second, (entry) => ({ ...entry, [stored(third)]: valueOf(leaf, value, isRaw) }));
  }
  if (first === 'preferences') {
    if (second === undefined) {
      const step = 'config.navigationStep{stepValue:"", stepType:reflect.Type(nil)}';
      throw new Failure(`unable to locate path ${step} under {${config.preferences?.colors === true} map[]}`);
    }
    return { ...config, preferences: { ...config.preferences, colors: valueOf('bool', value, isRaw) as boolean } };
  }
  return first === 'current-context' ? { ...config, 'current-context': value } : config;
}

/** Throws a Failure for what is no property, or where there is nothing by that name. */
export function unsetProperty(config: Kubeconfig, property: string): Kubeconfig {
  const [first = '', second, third] = stepsOf(property);
  if (isSection(first)) {
    if (second === undefined) return { ...config, [first]: [] };
    const items: readonly { name: string }[] = config[first];
    if (third === undefined) return { ...config, [first]: items.filter(({ name }) => name !== second) };
    if (!items.some(({ name }) => name === second)) throw new Failure(`current map key \`${second}\` is invalid`);
    return withEntry(config, first, second, ({ [stored(third)]: _, ...rest }) => rest);
  }
  if (first === 'preferences') return { ...config, preferences: {} };
  return first === 'current-context' ? { ...config, 'current-context': '' } : config;
}

function withEntry(config: Kubeconfig, section: Section, name: string, change: (entry: Entry) => Entry): Kubeconfig {
  const items = config[section] as readonly { name: string }[];
  const before = items.find((one) => one.name === name) as Record<string, unknown> | undefined;
  const entry = change((before?.[INNER[section]] ?? {}) as Entry);
  const others = items.filter((one) => one.name !== name);
  return { ...config, [section]: [...others, { name, [INNER[section]]: entry }] };
}

/** As Go prints a map of pointers; the same program finds them at the same places. */
function mapText(config: Kubeconfig, section: Section): string {
  const names = (config[section] as readonly { name: string }[]).map(({ name }) => name).sort(compareStrings);
  return `map[${names.map((name, i) => `${name}:0xc000${(0x427700 + i * 0x80).toString(16)}`).join(' ')}]`;
}

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

function valueOf(leaf: Leaf, value: string, isRaw: boolean): unknown {
  if (leaf === 'strings') throw new Failure('unrecognized slice type. string');
  if (leaf === 'bool') {
    if (![...TRUE, ...FALSE].includes(value))
      throw new Failure(`strconv.ParseBool: parsing ${quote(value)}: invalid syntax`);
    return TRUE.includes(value);
  }
  if (leaf !== 'bytes') return value;
  if (isRaw) return base64(new TextEncoder().encode(value));
  const fault = base64Fault(value);
  if (fault !== null) throw new Failure(`error decoding input value: illegal base64 data at input byte ${fault}`);
  return value;
}

/** Where encoding/base64 stops, or null. */
function base64Fault(text: string): number | null {
  const wrong = /[^A-Za-z0-9+/]/.exec(text)?.index ?? text.length;
  const rest = text.slice(wrong);
  const partial = wrong % 4;
  if (rest === '') return partial === 0 ? null : wrong - partial;
  if (!rest.startsWith('=')) return wrong;
  const wanted = partial === 2 ? 2 : partial === 3 ? 1 : 0;
  if (wanted === 0) return wrong;
  if (rest.length < wanted) return text.length;
  if (rest[wanted - 1] !== '=') return wrong + wanted - 1;
  return rest.length > wanted ? wrong + wanted : null;
}

/** What the file and `config view` have: sorted, without what is empty. */
export function shaped(config: Kubeconfig): Record<string, unknown> {
  const list = (section: Section, shape: (entry: Entry) => Entry): unknown => {
    const items = [...(config[section] as readonly { name: string }[])].sort((a, b) => compareStrings(a.name, b.name));
    const inner = INNER[section];
    if (items.length === 0) return null;
    return items.map((item) => {
      const { name } = item;
      return sorted({ name, [inner]: shape((item as unknown as Record<string, Entry>)[inner] ?? {}) });
    });
  };
  const preferences = withoutEmpty({ ...config.preferences });
  return sorted({
    apiVersion: 'v1',
    clusters: list('clusters', (entry) => ({ ...withoutEmpty(entry), server: entry.server ?? '' })),
    contexts: list('contexts', (entry) => ({
      ...withoutEmpty(entry),
      cluster: entry.cluster ?? '',
      user: entry.user ?? '',
    })),
    'current-context': config['current-context'],
    kind: 'Config',
    ...(Object.keys(preferences).length === 0 ? {} : { preferences }),
    users: list('users', (entry) => withPlugins(withoutEmpty(entry))),
  });
}

function withPlugins(user: Entry): Entry {
  const { exec, 'auth-provider': provider } = user as { exec?: Entry; 'auth-provider'?: Entry };
  return {
    ...user,
    ...(exec === undefined
      ? {}
      : {
          exec: {
            ...withoutEmpty(exec),
            args: exec.args ?? null,
            command: exec.command ?? '',
            env: exec.env ?? null,
            provideClusterInfo: exec.provideClusterInfo === true,
          },
        }),
    ...(provider === undefined ? {} : { 'auth-provider': { config: {}, ...provider } }),
  };
}

function withoutEmpty(entry: Entry): Entry {
  return Object.fromEntries(
    Object.entries(entry).filter(
      ([, value]) => !(value === '' || value === false || value === undefined || value === null || isEmptyList(value)),
    ),
  );
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  const inner = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(inner);
    return typeof one === 'object' && one !== null ? sorted(one as Record<string, unknown>) : one;
  };
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => compareStrings(a, b))
      .map(([key, one]) => [key, inner(one)]),
  );
}
