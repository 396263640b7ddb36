/**
 * `Ignoring: service web: [Expose]`: what a compose file says and nerdctl does not do.
 * @models nerdctl v2.3.5 pkg/composer/serviceparser/serviceparser.go warnUnknownFields, pkg/reflectutil
 * @fidelity full
 */
import type { Service } from './load/model.ts';
import { shapeOf } from './load/shape.ts';
import { type Dict, isDict, type Value } from './load/tree.ts';

/** Go's names of fields that have a value, without those in `known`. */
export function unknownFields(shape: string, value: unknown, known: string): string[] {
  const names = known.split(' ');
  const dict = (value ?? {}) as Dict;
  return shapeOf(shape)
    .filter((field) => {
      const item = dict[field.key];
      if (item === undefined || names.includes(field.go)) return false;
      return field.isPointer && field.kind !== 'structMap' ? item !== null : !isZero(item);
    })
    .map(({ go }) => go);
}

function isZero(value: Value): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isDict(value) && Object.values(value).every(isZero);
}

const SERVICE =
  'Name Annotations Build BlkioConfig CapAdd CapDrop CPUS CPUSet CPUShares Command Configs ContainerName DependsOn ' +
  'Deploy Devices Dockerfile DNS DNSSearch DNSOpts Entrypoint Environment Extends Extensions ExtraHosts HealthCheck ' +
  'Hostname Image Init Labels Logging MemLimit Networks NetworkMode Pid PidsLimit Platform Ports Privileged PullPolicy ' +
  'ReadOnly Restart Runtime Secrets Scale SecurityOpt ShmSize StopGracePeriod StopSignal Sysctls StdinOpen Tmpfs Tty ' +
  'User WorkingDir Volumes Ulimits';

/** In the order in which they are told. */
export function serviceWarnings(service: Service): string[] {
  const out: string[] = [];
  const check = (place: string, shape: string, value: unknown, known: string): void => {
    if (value === undefined || value === null) return;
    const unknown = unknownFields(shape, value, known);
    if (unknown.length > 0) out.push(`Ignoring: service ${service.name}${place}: [${unknown.join(' ')}]`);
  };
  check('', 'Service', service, SERVICE);
  check(': blkio_config', 'Blkio', service.blkio_config, 'Weight');
  check(
    ': healthcheck',
    'HealthCheck',
    service.healthcheck,
    'Test Timeout Interval Retries StartPeriod Disable Extensions',
  );
  for (const [name, dependency] of Object.entries(service.depends_on ?? {}).sort()) {
    check(`: depends_on: ${name}`, 'Dependency', dependency, 'Condition');
    const { condition = '' } = dependency;
    if (condition !== '' && condition !== 'service_started')
      out.push(`Ignoring: service ${service.name}: depends_on: ${name}: condition ${condition}`);
  }
  const { deploy } = service;
  if (deploy === undefined) return out;
  check(': deploy', 'Deploy', deploy, 'Replicas RestartPolicy Resources');
  check(': deploy.restart_policy', 'RestartPolicy', deploy.restart_policy, 'Condition');
  check(': deploy.resources', 'Resources', deploy.resources, 'Limits Reservations');
  check(': deploy.resources.resources', 'Resource', deploy.resources?.limits, 'NanoCPUs MemoryBytes');
  check(': deploy.resources.resources.reservations', 'Resource', deploy.resources?.reservations, 'Devices');
  for (const [i, device] of (deploy.resources?.reservations?.devices ?? []).entries())
    check(
      `: deploy.resources.resources.reservations.devices[${i}]`,
      'DeviceRequest',
      device,
      'Capabilities Driver Count IDs',
    );
  return out;
}
