/**
 * A service as the command lines of `nerdctl run` that make its containers.
 * @models nerdctl v2.3.5 pkg/composer/serviceparser/serviceparser.go, build.go
 * @fidelity full
 */
import { durationString } from '../../../go/duration.ts';
import { quote } from '../../../go/quote.ts';
import { fail } from '../run.ts';
import { absolutePath } from './load/canonical.ts';
import type { Project, Service } from './load/model.ts';
import { fileFlag, mountFlag, portFlag, type Warn } from './mount-flags.ts';
import { serviceWarnings, unknownFields } from './warnings.ts';

export const SEPARATOR = '-';

export type ServiceContainer = {
  readonly name: string;
  readonly runArgs: readonly string[];
  /** Directories of the host that are made first. */
  readonly mkdir: readonly string[];
};

export type Build = { isForced: boolean; readonly args: readonly string[]; readonly dockerfileInline: string };

export type ParsedService = {
  readonly image: string;
  readonly pullMode: string;
  readonly containers: readonly ServiceContainer[];
  readonly build: Build | null;
  readonly unparsed: Service;
};

export function parseService(project: Project, service: Service, warn: Warn): ParsedService {
  for (const message of serviceWarnings(service)) warn(message);
  const { name } = service;
  const replicas = service.deploy?.replicas ?? service.scale ?? 1;
  if (replicas < 0) fail(`invalid replicas: ${replicas}`);
  let image = service.image ?? '';
  let build: Build | null = null;
  if (service.build === undefined) {
    if (image === '') fail(`service ${name}: missing image`);
  } else {
    if (image === '') image = `${project.name}${SEPARATOR}${name}`;
    build = parseBuild(project, service, image, warn);
  }
  let pullMode = 'missing';
  switch (service.pull_policy ?? '') {
    case '':
    case 'missing':
    case 'if_not_present':
      break;
    case 'always':
    case 'never':
      pullMode = service.pull_policy ?? '';
      break;
    case 'build':
      if (build === null) fail(`service ${name}: pull_policy "build" requires build config`);
      else build.isForced = true;
      pullMode = 'never';
      break;
    default:
      fail(`invalid --pull option ${quote(service.pull_policy ?? '')}`);
  }
  const containers: ServiceContainer[] = [];
  for (let i = 0; i < replicas; i++) containers.push(newContainer(project, service, image, i, warn));
  return { image, pullMode, containers, build, unparsed: service };
}

function parseBuild(project: Project, service: Service, image: string, warn: Warn): Build {
  const build = service.build ?? {};
  const unknown = unknownFields(
    'Build',
    build,
    'Context Dockerfile Args CacheFrom Target Labels Secrets DockerfileInline AdditionalContexts',
  );
  if (unknown.length > 0) warn(`Ignoring: build: [${unknown.join(' ')}]`);
  const context = String(build['context'] ?? '');
  const failed = (why: string): never => fail(`service ${service.name}: failed to parse build: ${why}`);
  if (context === '') failed('build: context must be specified');
  if (context.includes('://'))
    failed(`build: URL-style context (${quote(context)}) is not supported yet: not implemented`);
  const directory = absolutePath(context, project);
  const args = [`-t=${image}`];
  const dockerfile = build['dockerfile'];
  if (typeof dockerfile === 'string' && dockerfile.startsWith('/')) {
    warn(`build.dockerfile should be relative path, got ${quote(dockerfile)}`);
    args.push(`-f=${dockerfile}`);
  } else if (typeof dockerfile === 'string') args.push(`-f=${absolutePath(`${directory}/${dockerfile}`, project)}`);
  for (const [key, value] of sortedEntries(build['args'] as Record<string, string | null> | undefined))
    args.push(value === null ? `--build-arg=${key}` : `--build-arg=${key}=${value}`);
  if (typeof build['target'] === 'string') args.push(`--target=${build['target']}`);
  return { isForced: false, args: [...args, directory], dockerfileInline: String(build['dockerfile_inline'] ?? '') };
}

function sortedEntries<T>(record: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

const SECOND_NS = 1_000_000_000;

function newContainer(project: Project, service: Service, image: string, index: number, warn: Warn): ServiceContainer {
  let name = [project.name, service.name, String(index + 1)].join(SEPARATOR);
  const own = service.container_name ?? '';
  if (own !== '') {
    if (index !== 0) fail('container_name must not be specified when replicas != 1');
    name = own;
  }
  // The image is ensured before: run must not pull it again.
  const args = [`--name=${name}`, '--pull=never'];
  const each = (flag: string, values: readonly string[] | undefined): void => {
    for (const value of values ?? []) args.push(`${flag}=${value}`);
  };
  const one = (flag: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '' && value !== 0) args.push(`${flag}=${value}`);
  };
  const pairs = (flag: string, values: Readonly<Record<string, string>> | undefined): void => {
    for (const [key, value] of sortedEntries(values)) args.push(`${flag}=${key}${value === '' ? '' : `=${value}`}`);
  };
  pairs('--annotation', service.annotations);
  one('--blkio-weight', service.blkio_config?.weight);
  each('--cap-add', service.cap_add);
  each('--cap-drop', service.cap_drop);
  one('--cpus', cpuLimit(service, warn));
  one('--cpuset-cpus', service.cpuset);
  one('--cpu-shares', service.cpu_shares);
  each(
    '--device',
    service.devices?.map(({ source, target, permissions }) => `${source}:${target}:${permissions}`),
  );
  each('--dns', service.dns);
  each('--dns-search', service.dns_search);
  each('--dns-option', service.dns_opt);
  each('--entrypoint', service.entrypoint);
  for (const [key, value] of sortedEntries(service.environment))
    args.push(value === null ? `-e=${key}` : `-e=${key}=${value}`);
  for (const [host, ips] of sortedEntries(service.extra_hosts))
    each(
      '--add-host',
      ips.map((ip) => `${host}:${ip}`),
    );
  if (service.init === true) args.push('--init');
  one('-m', memoryLimit(service, warn));
  each('--gpus', gpuRequests(service));
  pairs('-l', service.labels);
  one('--log-driver', service.logging?.driver);
  for (const [key, value] of sortedEntries(service.logging?.options)) args.push(`--log-opt=${key}=${value}`);
  const isShared = addNetworks(project, service, args, warn);
  if (isShared && (service.hostname ?? '') !== '') fail('conflicting options: hostname and container network mode');
  if (!isShared) args.push(`--hostname=${(service.hostname ?? '') === '' ? service.name : service.hostname}`);
  one('--pid', service.pid);
  if ((service.pids_limit ?? 0) > 0) one('--pids-limit', service.pids_limit);
  for (const [type, { single = 0, soft = 0, hard = 0 }] of sortedEntries(service.ulimits))
    args.push(`--ulimit=${type}=${single !== 0 ? single : `${soft}:${hard}`}`);
  one('--platform', service.platform);
  for (const port of service.ports ?? []) args.push(`-p=${portFlag(port, warn)}`);
  if (service.privileged === true) args.push('--privileged');
  if (service.read_only === true) args.push('--read-only');
  if (service.stop_grace_period !== undefined)
    args.push(`--stop-timeout=${Math.trunc(service.stop_grace_period / SECOND_NS)}`);
  one('--stop-signal', service.stop_signal);
  one('--restart', restartFlag(service, warn));
  one('--runtime', service.runtime);
  one('--shm-size', service.shm_size);
  each('--security-opt', service.security_opt);
  for (const [key, value] of sortedEntries(service.sysctls)) args.push(`--sysctl=${key}=${value}`);
  if (service.stdin_open === true) args.push('--interactive');
  one('--user', service.user);
  each('--group-add', service.group_add);
  let mkdir: string[] = [];
  for (const mount of service.volumes ?? []) {
    const { flag, directory } = mountFlag(mount, project, warn);
    args.push(`${mount.type === 'tmpfs' ? '--tmpfs' : '-v'}=${flag}`);
    // As in the original, only the last mount's.
    mkdir = directory === null ? [] : [directory];
  }
  for (const config of service.configs ?? []) args.push(`-v=${fileFlag(config, project, 'config', warn)}`);
  for (const secret of service.secrets ?? []) args.push(`-v=${fileFlag(secret, project, 'secret', warn)}`);
  each('--tmpfs', service.tmpfs);
  if (service.tty === true) args.push('--tty');
  one('-w', service.working_dir);
  addHealthCheck(service, args, warn);
  return { name, runArgs: [...args, image, ...(service.command ?? [])], mkdir };
}

function cpuLimit(service: Service, warn: Warn): string {
  const old = service.cpus ?? 0;
  let limit = '';
  if (old > 0) {
    warn('cpus is deprecated, use deploy.resources.limits.cpus');
    limit = old.toFixed(6);
  }
  const cpus = service.deploy?.resources?.limits?.cpus ?? 0;
  if (cpus === 0) return limit;
  if (old > 0)
    warn(
      `deploy.resources.limits.cpus and cpus (deprecated) must not be set together, ignoring cpus=${old.toFixed(6)}`,
    );
  return cpus.toFixed(2);
}

function memoryLimit(service: Service, warn: Warn): number {
  const old = service.mem_limit ?? 0;
  if (old > 0) warn('mem_limit is deprecated, use deploy.resources.limits.memory');
  const memory = service.deploy?.resources?.limits?.memory ?? 0;
  if (memory <= 0) return Math.max(old, 0);
  if (old > 0 && memory !== old)
    warn(
      `deploy.resources.limits.memory and mem_limit (deprecated) must not be set together, ignoring mem_limit=${old}`,
    );
  return memory;
}

const GPU_CAPABILITIES = ['gpu', 'nvidia', 'compat32', 'compute', 'display', 'graphics', 'ngx', 'utility', 'video'];

function gpuRequests(service: Service): string[] {
  const field = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return (service.deploy?.resources?.reservations?.devices ?? []).flatMap(
    ({ capabilities = [], driver = '', device_ids: ids = [], count = 0 }) => {
      if (capabilities.length === 0)
        fail(`service ${service.name}: specifying "capabilities" is required for resource reservations`);
      if (!capabilities.some((capability) => GPU_CAPABILITIES.includes(capability))) return [];
      const parts = [`capabilities=${capabilities.join(',')}`];
      if (driver !== '') parts.push(`driver=${driver}`);
      if (ids.length > 0) parts.push(`device=${ids.join(',')}`);
      const number = count === 'all' ? -1 : Number(count);
      if (number !== 0) parts.push(`count=${number}`);
      return [parts.map(field).join(',')];
    },
  );
}

function restartFlag(service: Service, warn: Warn): string {
  const restart = service.restart ?? '';
  let flag = '';
  if (restart === '') flag = 'no';
  else if (/^(no|always|on-failure(:\d+)?|unless-stopped)$/.test(restart)) flag = restart;
  else warn(`Ignoring: service ${service.name}: restart=${quote(restart)} (unknown)`);
  const policy = service.deploy?.restart_policy;
  if (policy === undefined) return flag;
  if (restart !== '') warn(`deploy.restart_policy and restart must not be set together, ignoring restart=${restart}`);
  const { condition = '' } = policy;
  const place = `service ${service.name}: deploy.restart_policy.condition=${quote(condition)}`;
  switch (condition) {
    case '':
    case 'any':
      return 'always';
    case 'none':
      return 'no';
    case 'always':
      return fail('deploy.restart_policy.condition: "always" is invalid, did you mean "any"?');
    case 'no':
      return fail('deploy.restart_policy.condition: "no" is invalid, did you mean "none"?');
    case 'on-failure':
      warn(`Ignoring: ${place} (unimplemented)`);
      return flag;
    default:
      warn(`Ignoring: ${place} (unknown)`);
      return flag;
  }
}

/** Whether the container is in another one's network. */
function addNetworks(project: Project, service: Service, args: string[], warn: Warn): boolean {
  const { net = '', network_mode: mode = '' } = service;
  const own = sortedEntries(service.networks);
  const names: string[] = [];
  if (net !== '') {
    warn('net is deprecated, use network_mode or networks');
    if (own.length > 0) fail('networks and net must not be set together');
    names.push(net);
  }
  if (mode !== '') {
    if (own.length > 0) fail('networks and network_mode must not be set together');
    if (net !== '' && mode !== net) fail('net and network_mode must not be set together');
    if (mode.includes(':') && !mode.startsWith('container:') && !mode.startsWith('ns:'))
      fail(`unsupported network_mode: ${quote(mode)}`);
    names.push(mode);
  }
  for (const name of names) args.push(`--net=${name}`);
  for (const [short, config] of own) {
    const network = project.networks[short] ?? fail(`invalid network ${quote(short)}`);
    args.push(`--net=${network.name}`);
    const { ipv4_address: ip = '', mac_address: mac = '' } = config ?? {};
    if (ip !== '') args.push(`--ip=${ip}`);
    if (mac !== '') args.push(`--mac-address=${mac}`);
  }
  return names.some((name) => name.startsWith('container:'));
}

function addHealthCheck(service: Service, args: string[], warn: Warn): void {
  const check = service.healthcheck;
  if (check === undefined) return;
  const [kind, ...words] = check.test ?? [];
  if (check.disable === true || kind === 'NONE') {
    args.push('--no-healthcheck');
    return;
  }
  if (kind === 'CMD-SHELL' && words[0] !== undefined) args.push(`--health-cmd=${words[0]}`);
  if (kind === 'CMD' && words.length > 0) {
    warn(`service ${service.name}: healthcheck: CMD exec form is not supported, converting to CMD-SHELL`);
    args.push(`--health-cmd=${words.join(' ')}`);
  }
  const { interval, timeout, retries, start_period: startPeriod } = check;
  if (interval !== undefined) args.push(`--health-interval=${durationString(interval)}`);
  if (timeout !== undefined) args.push(`--health-timeout=${durationString(timeout)}`);
  if (retries !== undefined) args.push(`--health-retries=${retries}`);
  if (startPeriod !== undefined) args.push(`--health-start-period=${durationString(startPeriod)}`);
}
