/**
 * What may stand where in a compose file.
 * @models compose-go v2.12.1 schema/compose-spec.json
 * @fidelity partial: without gpus' and develop's inner parts
 */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'object' | 'array';

export type Schema = {
  readonly types?: readonly JsonType[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Keys that match `pattern` have this schema. */
  readonly patterns?: readonly (readonly [pattern: string, schema: Schema])[];
  /** Other keys are refused. */
  readonly isClosed?: boolean;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly isUnique?: boolean;
  readonly oneOf?: readonly Schema[];
};

const type = (...types: JsonType[]): Schema => ({ types });
const STRING = type('string');
const BOOLISH = type('boolean', 'string');
const INTISH = type('integer', 'string');
const NUMBERISH = type('number', 'string');
const ANY: Schema = {};
const oneOf = (...schemas: Schema[]): Schema => ({ oneOf: schemas });
const oneWord = (...words: string[]): Schema => ({ types: ['string'], enum: words });
const list = (items: Schema): Schema => ({ types: ['array'], items });
const set = (items: Schema): Schema => ({ types: ['array'], items, isUnique: true });
const extensible: readonly (readonly [string, Schema])[] = [['^x-', ANY]];
const object = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  types: ['object'],
  properties,
  patterns: extensible,
  isClosed: true,
  required,
});
/** Keys of one kind. */
const mapOf = (pattern: string, schema: Schema, isClosed = true): Schema => ({
  types: ['object'],
  patterns: [[pattern, schema]],
  isClosed,
});
/** `'a b'`: each such key has the schema. */
const keys = (names: string, schema: Schema): Record<string, Schema> =>
  Object.fromEntries(names.split(' ').map((name) => [name, schema]));
const orNull = (schema: Schema): Schema => ({ ...schema, types: ['object', 'null'] });

const NAME = '^[a-zA-Z0-9._-]+$';
const STRINGS = set(STRING);
const STRING_OR_LIST = oneOf(STRING, STRINGS);
const LIST_OR_DICT = oneOf(mapOf('.+', type('string', 'number', 'boolean', 'null')), STRINGS);
const COMMAND = oneOf(type('null'), STRING, list(STRING));
const EXTRA_HOSTS = oneOf(mapOf('.+', oneOf(STRING, list(STRING))), STRINGS);
const ULIMITS = mapOf('^[a-z]+$', oneOf(INTISH, object(keys('hard soft', INTISH), ['soft', 'hard'])), false);
const OPTIONS = mapOf('^.+$', type('string', 'number'), false);
const EXTERNAL: Schema = { types: ['boolean', 'string', 'object'], properties: { name: STRING } };
const FILE_REFERENCES = list(oneOf(STRING, object({ ...keys('source target uid gid', STRING), mode: NUMBERISH })));
const LIMITED_RATE: Schema = { ...object({ path: STRING, rate: INTISH }), patterns: [] };

const HOOK = object(
  { command: COMMAND, ...keys('user working_dir', STRING), privileged: BOOLISH, environment: LIST_OR_DICT },
  ['command'],
);

const UPDATE = object({
  ...keys('parallelism', INTISH),
  ...keys('delay failure_action monitor', STRING),
  max_failure_ratio: NUMBERISH,
  order: oneWord('start-first', 'stop-first'),
});

const DEVICES = list(
  object(
    {
      ...keys('capabilities device_ids', STRINGS),
      count: INTISH,
      driver: STRING,
      options: LIST_OR_DICT,
    },
    ['capabilities'],
  ),
);

const DEPLOY = orNull(
  object({
    ...keys('mode endpoint_mode', STRING),
    replicas: INTISH,
    labels: LIST_OR_DICT,
    rollback_config: UPDATE,
    update_config: UPDATE,
    resources: object({
      limits: object({ cpus: NUMBERISH, memory: STRING, pids: INTISH }),
      reservations: object({
        cpus: NUMBERISH,
        memory: STRING,
        generic_resources: list(object({ discrete_resource_spec: object({ kind: STRING, value: NUMBERISH }) })),
        devices: DEVICES,
      }),
    }),
    restart_policy: object({ ...keys('condition delay window', STRING), max_attempts: INTISH }),
    placement: object({
      constraints: list(STRING),
      preferences: list(object({ spread: STRING })),
      max_replicas_per_node: INTISH,
    }),
  }),
);

const BUILD = oneOf(
  STRING,
  object({
    ...keys('context dockerfile dockerfile_inline network target isolation', STRING),
    ...keys('entitlements cache_from cache_to tags platforms', list(STRING)),
    ...keys('args ssh labels additional_contexts', LIST_OR_DICT),
    ...keys('no_cache pull privileged provenance sbom', BOOLISH),
    no_cache_filter: STRING_OR_LIST,
    shm_size: INTISH,
    extra_hosts: EXTRA_HOSTS,
    secrets: FILE_REFERENCES,
    ulimits: ULIMITS,
  }),
);

const DEPENDENCY = object(
  {
    restart: BOOLISH,
    required: type('boolean'),
    condition: oneWord('service_started', 'service_healthy', 'service_completed_successfully'),
  },
  ['condition'],
);

const SERVICE_NETWORK = oneOf(
  object({
    ...keys('aliases link_local_ips', STRINGS),
    ...keys('interface_name ipv4_address ipv6_address mac_address', STRING),
    driver_opts: OPTIONS,
    ...keys('priority gw_priority', type('number')),
  }),
  type('null'),
);

const PORT = oneOf(
  type('number'),
  STRING,
  object({ ...keys('name mode host_ip protocol app_protocol', STRING), ...keys('target published', INTISH) }),
);

const VOLUME_MOUNT = oneOf(
  STRING,
  object(
    {
      type: oneWord('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'),
      ...keys('source target consistency', STRING),
      read_only: BOOLISH,
      bind: object({
        propagation: STRING,
        create_host_path: BOOLISH,
        recursive: oneWord('enabled', 'disabled', 'writable', 'readonly'),
        selinux: oneWord('z', 'Z'),
      }),
      volume: object({ labels: LIST_OR_DICT, nocopy: BOOLISH, subpath: STRING }),
      tmpfs: object({ size: oneOf({ types: ['integer'], minimum: 0 }, STRING), mode: NUMBERISH }),
      image: object({ subpath: STRING }),
    },
    ['type'],
  ),
);

const SERVICE = object({
  ...keys(
    'cgroup_parent cpuset domainname hostname image ipc isolation mac_address network_mode platform ' +
      'pull_refresh_after restart runtime stop_grace_period stop_signal user uts userns_mode working_dir',
    STRING,
  ),
  ...keys('attach init oom_kill_disable privileged read_only stdin_open tty', BOOLISH),
  ...keys('cap_add cap_drop dns_opt external_links links security_opt volumes_from', STRINGS),
  ...keys('device_cgroup_rules profiles', STRINGS),
  ...keys(
    'cpu_shares cpu_quota cpu_period cpu_rt_period cpu_rt_runtime cpus mem_limit memswap_limit pids_limit shm_size',
    NUMBERISH,
  ),
  ...keys('mem_reservation mem_swappiness scale', INTISH),
  ...keys('annotations environment labels sysctls', LIST_OR_DICT),
  ...keys('command entrypoint', COMMAND),
  ...keys('configs secrets', FILE_REFERENCES),
  ...keys('dns dns_search tmpfs', STRING_OR_LIST),
  ...keys('post_start pre_stop', list(HOOK)),
  ...keys('expose group_add', set(type('string', 'number'))),
  blkio_config: {
    ...object({
      ...keys('device_read_bps device_read_iops device_write_bps device_write_iops', list(LIMITED_RATE)),
      weight: INTISH,
      weight_device: list({ ...object({ path: STRING, weight: INTISH }), patterns: [] }),
    }),
    patterns: [],
  },
  build: BUILD,
  cgroup: oneWord('host', 'private'),
  container_name: { types: ['string'], pattern: '[a-zA-Z0-9][a-zA-Z0-9_.-]+' },
  cpu_count: oneOf(STRING, { types: ['integer'], minimum: 0 }),
  cpu_percent: oneOf(STRING, { types: ['integer'], minimum: 0, maximum: 100 }),
  credential_spec: object(keys('config file registry', STRING)),
  depends_on: oneOf(STRINGS, mapOf(NAME, DEPENDENCY)),
  deploy: DEPLOY,
  develop: type('object', 'null'),
  devices: list(oneOf(STRING, object(keys('source target permissions', STRING), ['source']))),
  env_file: oneOf(
    STRING,
    list(oneOf(STRING, { ...object({ ...keys('path format', STRING), required: BOOLISH }, ['path']), patterns: [] })),
  ),
  extends: oneOf(STRING, { ...object(keys('service file', STRING), ['service']), patterns: [] }),
  extra_hosts: EXTRA_HOSTS,
  gpus: type('string', 'array'),
  healthcheck: object({
    disable: BOOLISH,
    ...keys('interval timeout start_period start_interval', STRING),
    retries: NUMBERISH,
    test: oneOf(STRING, list(STRING)),
  }),
  label_file: oneOf(STRING, list(STRING)),
  logging: object({ driver: STRING, options: mapOf('^.+$', type('string', 'number', 'null'), false) }),
  models: oneOf(STRINGS, mapOf(NAME, oneOf(object(keys('endpoint_var model_var', STRING)), type('null')), false)),
  networks: oneOf(STRINGS, mapOf(NAME, SERVICE_NETWORK)),
  oom_score_adj: oneOf(STRING, { types: ['integer'], minimum: -1000, maximum: 1000 }),
  pid: type('string', 'null'),
  ports: set(PORT),
  provider: object({ type: STRING, options: type('object') }, ['type']),
  pull_policy: {
    types: ['string'],
    pattern: 'always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+',
  },
  storage_opt: type('object'),
  ulimits: ULIMITS,
  use_api_socket: type('boolean'),
  volumes: set(VOLUME_MOUNT),
});

const NETWORK = orNull(
  object({
    ...keys('name driver', STRING),
    driver_opts: OPTIONS,
    ipam: object({
      driver: STRING,
      config: list(object({ ...keys('subnet ip_range gateway', STRING), aux_addresses: mapOf('^.+$', STRING) })),
      options: mapOf('^.+$', STRING),
    }),
    external: EXTERNAL,
    ...keys('internal enable_ipv4 enable_ipv6 attachable', BOOLISH),
    labels: LIST_OR_DICT,
  }),
);

const FILE_OBJECT = object({
  ...keys('name content environment file driver template_driver', STRING),
  external: EXTERNAL,
  labels: LIST_OR_DICT,
  driver_opts: OPTIONS,
});

export const COMPOSE_SCHEMA: Schema = object({
  ...keys('version name', STRING),
  include: type('array'),
  services: mapOf(NAME, SERVICE),
  models: type('object'),
  networks: mapOf(NAME, NETWORK, false),
  volumes: mapOf(
    NAME,
    orNull(object({ ...keys('name driver', STRING), driver_opts: OPTIONS, external: EXTERNAL, labels: LIST_OR_DICT })),
  ),
  secrets: mapOf(NAME, FILE_OBJECT),
  configs: mapOf(NAME, FILE_OBJECT),
});
