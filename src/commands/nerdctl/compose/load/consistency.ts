/**
 * What must hold between the parts of a project.
 * @models compose-go v2.12.1 loader/validate.go, graph/cycle.go, graph/services.go
 * @fidelity partial: no models, develop
 */
import { fail } from '../../run.ts';
import type { Project, Service } from './model.ts';

const INVALID = 'invalid compose project';

export function checkConsistency(project: Project): void {
  for (const name of Object.keys(project.services).sort()) checkService(project, project.services[name] as Service);
  for (const [name, { external, file, ...rest }] of Object.entries(project.secrets)) {
    if (external !== true && file === undefined && (rest as { environment?: string }).environment === undefined)
      fail(`secret "${name}" must declare either \`file\` or \`environment\`: ${INVALID}`);
  }
  checkCycles(project);
}

function checkService(project: Project, service: Service): void {
  const { name } = service;
  if (service.build === undefined && (service.image ?? '') === '' && service.provider === undefined)
    fail(`service "${name}" has neither an image nor a build context specified: ${INVALID}`);
  if (service.build?.['dockerfile_inline'] !== undefined && service.build['dockerfile'] !== undefined)
    fail(`service "${name}" declares mutualy exclusive dockerfile and dockerfile_inline: ${INVALID}`);
  const networks = Object.keys(service.networks ?? {}).sort();
  if ((service.network_mode ?? '') !== '' && networks.length > 0)
    fail(`service ${name} declares mutually exclusive \`network_mode\` and \`networks\`: ${INVALID}`);
  for (const network of networks)
    if (project.networks[network] === undefined)
      fail(`service "${name}" refers to undefined network ${network}: ${INVALID}`);
  const test = service.healthcheck?.test?.[0];
  if (test !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(test))
    fail('healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"');
  for (const [other, { required }] of Object.entries(service.depends_on ?? {}).sort()) {
    if (project.services[other] !== undefined) continue;
    if (project.disabled[other] !== undefined && required === false) continue;
    fail(`service "${name}" depends on undefined service "${other}": ${INVALID}`);
  }
  const shared = service.network_mode ?? '';
  if (shared.startsWith('service:') && project.services[shared.slice('service:'.length)] === undefined) {
    const other = shared.slice('service:'.length);
    fail(`service "${other}" not found for network_mode 'service:${other}'`);
  }
  for (const { type, source = '' } of service.volumes ?? [])
    if (type === 'volume' && source !== '' && project.volumes[source] === undefined)
      fail(`service "${name}" refers to undefined volume ${source}: ${INVALID}`);
  for (const { source = '' } of service.configs ?? [])
    if (project.configs[source] === undefined)
      fail(`service "${name}" refers to undefined config ${source}: ${INVALID}`);
  for (const { source = '' } of service.secrets ?? [])
    if (project.secrets[source] === undefined)
      fail(`service "${name}" refers to undefined secret ${source}: ${INVALID}`);
  checkNumbers(service);
  checkTargets(service);
}

function checkNumbers(service: Service): void {
  const { name, scale, deploy } = service;
  if (scale !== undefined && deploy !== undefined) {
    if (deploy.replicas !== undefined && deploy.replicas !== scale)
      fail(`services.${name}: can't set distinct values on 'scale' and 'deploy.replicas': ${INVALID}`);
    deploy.replicas = scale;
  }
  if (scale !== undefined && scale < 0) fail(`services.${name}.scale: must be greater than or equal to 0`);
  if ((deploy?.replicas ?? 0) < 0) fail(`services.${name}.deploy.replicas: must be greater than or equal to 0`);
  const limits = deploy?.resources?.limits;
  const pairs: readonly (readonly [string, number | undefined, string, number | undefined])[] = [
    ['cpus', service.cpus, 'deploy.resources.limits.cpus', limits?.cpus],
    ['mem_limit', service.mem_limit, 'deploy.resources.limits.memory', limits?.memory],
    ['pids_limit', service.pids_limit, 'deploy.resources.limits.pids', limits?.pids],
  ];
  for (const [key, value = 0, place, other = 0] of pairs)
    if (value !== 0 && limits !== undefined && value !== other)
      fail(`services.${name}: can't set distinct values on '${key}' and '${place}': ${INVALID}`);
  if ((scale ?? deploy?.replicas ?? 1) > 1 && (service.container_name ?? '') !== '') {
    const attribute = scale === undefined ? 'deploy.replicas' : 'scale';
    // The real one has the two the wrong way round as well.
    fail(`services.${attribute}: can't set container_name and ${name} as container name must be unique: ${INVALID}`);
  }
}

function checkTargets(service: Service): void {
  const { name } = service;
  const targets = new Map<string, string>();
  const take = (target: string, place: string): void => {
    const before = targets.get(target);
    if (before !== undefined) fail(`${place}: target ${target} already mounted as ${before}`);
    targets.set(target, place);
  };
  for (const [i, entry] of (service.tmpfs ?? []).entries())
    take(entry.split(':')[0] ?? '', `services.${name}.tmpfs[${i}]`);
  for (const [i, { target = '' }] of (service.volumes ?? []).entries()) take(target, `services.${name}.volumes[${i}]`);
}

function checkCycles({ services, disabled }: Project): void {
  for (const name of Object.keys(services).sort()) {
    for (const [other, { required }] of Object.entries(services[name]?.depends_on ?? {})) {
      const off = disabled[other];
      if (services[other] !== undefined || required === false || off === undefined) continue;
      const profiles = (off.profiles ?? []).join(' ');
      fail(`service "${other}" is required by "${name}" but is disabled. Can be enabled by profiles [${profiles}]`);
    }
  }
  const visit = (path: readonly string[], name: string): void => {
    for (const next of Object.keys(services[name]?.depends_on ?? {}).sort()) {
      const at = path.indexOf(next);
      if (at >= 0) fail(`dependency cycle detected: ${path.slice(at).join(' -> ')} -> ${next}`);
      visit([...path, next], next);
    }
  };
  for (const name of Object.keys(services).sort()) visit([name], name);
}
