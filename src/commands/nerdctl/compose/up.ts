/**
 * Bringing a project up: networks, volumes, images, containers.
 * @models nerdctl v2.3.5 pkg/composer/up.go up_network.go up_volume.go up_service.go create.go build.go
 * @fidelity full
 */
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readFile, removeAll } from '../../../linux/io.ts';
import { loadContainer } from '../../common/containerd/container.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { getImage } from '../../common/containerd/image.ts';
import { dataStore, getVolume } from '../data-store.ts';
import { ensureImage, platformsOf } from '../images.ts';
import { LABELS } from '../labels.ts';
import { cniEnvironment, ensureDefaultNetwork, listNetworks } from '../networks.ts';
import { fail, log } from '../run.ts';
import { parseImageName } from '../walker.ts';
import {
  ALL_STREAMS,
  allAtOnce,
  type Composer,
  nameOf,
  orphansOf,
  parsed,
  parsedServices,
  passThrough,
  projectContainers,
  runNerdctl,
  servicesOf,
  tellOrphans,
} from './composer.ts';
import { absolutePath } from './load/canonical.ts';
import type { FileObject } from './load/model.ts';
import { serviceHash } from './load/print.ts';
import { showLogs } from './logs.ts';
import type { ParsedService, ServiceContainer } from './service-parser.ts';
import { removeContainers, stopNamed } from './stop.ts';
import { unknownFields } from './warnings.ts';

export type Recreate = 'never' | 'force' | 'diverged';

export type UpOptions = {
  readonly abortOnContainerExit: boolean;
  readonly detach: boolean;
  readonly noBuild: boolean;
  readonly noColor: boolean;
  readonly noLogPrefix: boolean;
  readonly forceBuild: boolean;
  readonly quietPull: boolean;
  readonly removeOrphans: boolean;
  readonly recreate: Recreate;
  /** Replicas by service. */
  readonly scale: ReadonlyMap<string, number>;
  readonly pull: string;
};

/** Networks, volumes, and files of secrets and configs. */
export async function prepareParts(composer: Composer): Promise<void> {
  const { project } = composer;
  for (const short of Object.keys(project.networks)) await upNetwork(composer, short);
  for (const short of Object.keys(project.volumes)) await upVolume(composer, short);
  for (const [short, secret] of Object.entries(project.secrets)) await checkFile(composer, secret, short, 'service');
  for (const [short, config] of Object.entries(project.configs)) await checkFile(composer, config, short, 'config');
}

async function upNetwork(composer: Composer, short: string): Promise<void> {
  const { ctx, cli, project } = composer;
  const network = project.networks[short] ?? {};
  if (network.external === true) return;
  const ignored = async (place: string, unknown: readonly string[]): Promise<void> => {
    if (unknown.length > 0) await log(ctx, 'warning', `Ignoring: network ${short}: ${place}[${unknown.join(' ')}]`);
  };
  await ignored('', unknownFields('Network', network, 'Name Ipam Driver DriverOpts'));
  const name = network.name ?? '';
  const env = cniEnvironment(cli);
  await ensureDefaultNetwork(ctx, env);
  if ((await listNetworks(ctx, env)).some((other) => other.name === name)) return;
  await log(ctx, 'info', `Creating network ${name}`);
  const args = [`--label=${LABELS.composeProject}=${project.name}`, `--label=${LABELS.composeNetwork}=${short}`];
  if ((network.driver ?? '') !== '') args.push(`--driver=${network.driver}`);
  for (const [key, value] of Object.entries(network.driver_opts ?? {}).sort()) args.push(`--opt=${key}=${value}`);
  const [pool, ...more] = network.ipam?.config ?? [];
  if (pool !== undefined) {
    if (more.length > 0)
      await log(
        ctx,
        'warning',
        `Ignoring: network ${short}: imam.config [${more.map(() => '0xc000000000').join(' ')}]`,
      );
    await ignored('ipam.config[0]: ', unknownFields('IpamPool', pool, 'Subnet Gateway IPRange'));
    if ((pool.subnet ?? '') !== '') args.push(`--subnet=${pool.subnet}`);
    if ((pool.gateway ?? '') !== '') args.push(`--gateway=${pool.gateway}`);
    if ((pool.ip_range ?? '') !== '') args.push(`--ip-range=${pool.ip_range}`);
  }
  await runNerdctl(composer, ['network', 'create', ...args, name]);
}

async function upVolume(composer: Composer, short: string): Promise<void> {
  const { ctx, cli, client, project } = composer;
  const volume = project.volumes[short] ?? {};
  if (volume.external === true) return;
  const unknown = unknownFields('Volume', volume, 'Name');
  if (unknown.length > 0) await log(ctx, 'warning', `Ignoring: volume ${short}: [${unknown.join(' ')}]`);
  const name = volume.name ?? '';
  if ((await getVolume(ctx, await dataStore(ctx, cli), client.namespace, name)) !== null) return;
  await log(ctx, 'info', `Creating volume ${name}`);
  const labels = [`--label=${LABELS.composeProject}=${project.name}`, `--label=${LABELS.composeVolume}=${short}`];
  await runNerdctl(composer, ['volume', 'create', ...labels, name]);
}

async function checkFile({ ctx, project }: Composer, object: FileObject, short: string, kind: string): Promise<void> {
  const unknown = unknownFields('FileObject', object, 'Name External File');
  if (unknown.length > 0) await log(ctx, 'warning', `Ignoring: ${kind} ${short}: [${unknown.join(' ')}]`);
  const { file = '' } = object;
  if (file === '') fail(`${kind} "${short}": lacks file path`);
  const path = absolutePath(file, project);
  try {
    await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    fail(`${kind} "${short}": failed to open file "${path}": stat ${path}: ${error.go}`);
  }
}

export async function up(composer: Composer, options: UpOptions, names: readonly string[]): Promise<void> {
  await prepareParts(composer);
  const services: ParsedService[] = [];
  for (const service of servicesOf(composer, names)) {
    const replicas = options.scale.get(service.name);
    if (replicas !== undefined) service.deploy = { ...service.deploy, replicas };
    services.push(await parsed(composer, service));
  }
  await handleOrphans(composer, services, options.removeOrphans);
  await upServices(composer, services, options);
}

export async function handleOrphans(
  composer: Composer,
  services: readonly ParsedService[],
  remove: boolean,
): Promise<void> {
  const orphans = await orphansOf(
    composer,
    services.map(({ unparsed }) => unparsed.name),
  );
  if (!remove) return tellOrphans(composer, orphans);
  await removeContainers(composer, orphans, { stop: true, volumes: true });
}

async function upServices(composer: Composer, services: readonly ParsedService[], options: UpOptions): Promise<void> {
  const { ctx } = composer;
  if (services.length === 0) fail('no service was provided');
  for (const service of services)
    await ensureServiceImage(composer, service, !options.noBuild, options.forceBuild, options.quietPull, options.pull);
  const containers = new Map<string, string>();
  for (const service of services)
    await allAtOnce(ctx, service.containers, async (_, container) => {
      containers.set(await upContainer(composer, service, container, options.recreate), container.name);
    });
  if (options.detach) return;
  await log(ctx, 'info', 'Attaching to logs');
  try {
    await showLogs(
      composer,
      services.map(({ unparsed }) => unparsed.name),
      {
        abortOnContainerExit: options.abortOnContainerExit,
        follow: true,
        timestamps: false,
        tail: '',
        noColor: options.noColor,
        noLogPrefix: options.noLogPrefix,
        latestRun: options.recreate === 'never',
      },
    );
    await log(ctx, 'info', 'Stopping containers (forcibly)');
    await stopNamed(composer, containers);
  } finally {
    if (options.abortOnContainerExit) await stopNamed(composer, containers);
  }
}

export async function ensureServiceImage(
  composer: Composer,
  service: ParsedService,
  allowBuild: boolean,
  forceBuild: boolean,
  quiet: boolean,
  pull: string,
): Promise<void> {
  const { ctx, cli, client } = composer;
  const { build, image, unparsed } = service;
  if (build !== null && allowBuild) {
    const isThere = (await unlessMissing(() => getImage(ctx, client, parseImageName(image)))) !== null;
    if (build.isForced || forceBuild || !isThere) return buildImage(composer, service, []);
  }
  await log(ctx, 'info', `Ensuring image ${image}`);
  const platform = unparsed.platform ?? '';
  await ensureImage(ctx, cli, client, image, pull === '' ? service.pullMode : pull, {
    platforms: platformsOf(platform === '' ? [] : [platform]),
    quiet,
    unpack: true,
    fd: 2,
  });
}

/** `nerdctl build`, which says what it lacks. */
export async function buildImage(
  composer: Composer,
  { image, build, unparsed }: ParsedService,
  flags: readonly string[],
): Promise<void> {
  await log(composer.ctx, 'info', `Building image ${image}`);
  const platform = unparsed.platform ?? '';
  const args = [...(platform === '' ? [] : [`--platform=${platform}`]), ...flags, ...(build?.args ?? [])];
  const failure = await passThrough(composer, ['build', ...args], { ...ALL_STREAMS, 0: 'null' });
  if (failure !== null) fail(`error while building image ${image}: ${failure}`);
}

async function containerIdOf(composer: Composer, name: string, service: string): Promise<string> {
  const found = (await projectContainers(composer, [service])).find((container) => nameOf(container) === name);
  return found?.id ?? '';
}

/** Returns its id. The image is there already. */
export async function upContainer(
  composer: Composer,
  service: ParsedService,
  container: ServiceContainer,
  recreate: Recreate,
): Promise<string> {
  const { ctx, client } = composer;
  const { name } = container;
  const { unparsed } = service;
  const existing = await containerIdOf(composer, name, unparsed.name);
  const { stdin_open: stdin = false, tty = false } = unparsed;
  if (stdin !== tty) fail('currently StdinOpen(-i) and Tty(-t) should be same');
  const detach = !stdin && !tty;
  const hash = serviceHash(unparsed);
  if (existing !== '') {
    const there = recreate === 'diverged' ? await loadContainer(ctx, client, existing) : null;
    if (recreate === 'never' || there?.labels[LABELS.composeConfigHash] === hash) {
      const why = `error while starting existing container ${name}`;
      await runUpCommand(composer, ['start', existing], name, detach, stdin, why);
      return existing;
    }
    await removeExisting(composer, name);
    await log(ctx, 'info', `Re-creating container ${name}`);
  } else await log(ctx, 'info', `Creating container ${name}`);
  for (const directory of container.mkdir) if (!(await exists(ctx, directory))) await mkdirAll(ctx, directory);
  const envFile = composer.cli.string('env-file');
  const args = [...(envFile === '' ? [] : [`--env-file=${envFile}`]), ...(detach ? ['-d'] : []), ...container.runArgs];
  const why = `error while creating container ${name}`;
  return withCidFile(composer, async (cidFile) => {
    const flags = [`--cidfile=${cidFile}`, ...projectLabels(composer, service, hash)];
    await runUpCommand(composer, ['run', ...flags, ...args], name, detach, stdin, why);
  });
}

function projectLabels({ project }: Composer, { unparsed }: ParsedService, hash: string): string[] {
  return [
    `-l=${LABELS.composeProject}=${project.name}`,
    `-l=${LABELS.composeService}=${unparsed.name}`,
    `-l=${LABELS.composeConfigHash}=${hash}`,
  ];
}

async function removeExisting(composer: Composer, name: string): Promise<void> {
  const failure = await passThrough(composer, ['rm', '-f', name], { 0: 'null', 1: 'null', 2: 'null' });
  if (failure !== null) fail(`could not delete container "${name}": ${failure}`);
}

/** What the child writes to the file is the id. */
async function withCidFile(composer: Composer, body: (path: string) => Promise<void>): Promise<string> {
  const { ctx } = composer;
  const directory = `/tmp/compose-${ctx.random.below(4_294_967_296)}`;
  await mkdirAll(ctx, directory, 0o700);
  try {
    await body(`${directory}/cid`);
    return (await readFile(ctx, `${directory}/cid`)).trim();
  } finally {
    await removeAll(ctx, directory);
  }
}

async function runUpCommand(
  composer: Composer,
  args: readonly string[],
  name: string,
  detach: boolean,
  stdin: boolean,
  why: string,
): Promise<void> {
  await log(composer.ctx, 'info', `Running [${[...composer.nerdctl, ...args].join(' ')}]`);
  const stdio = { 0: stdin ? 0 : 'null', 1: detach ? 'null' : 1, 2: 2 } as const;
  const failure = await passThrough(composer, args, stdio);
  if (failure !== null) fail(`${why}: error while creating container ${name}: ${failure}`);
}

export type CreateOptions = {
  readonly build: boolean;
  readonly noBuild: boolean;
  readonly recreate: Recreate;
  readonly pull: string | null;
};

export async function create(composer: Composer, options: CreateOptions, names: readonly string[]): Promise<void> {
  const { ctx, project } = composer;
  for (const service of Object.values(project.services)) {
    if (options.pull !== null) service.pull_policy = options.pull;
    if (options.build && service.build !== undefined) service.pull_policy = 'build';
    if (!options.noBuild) continue;
    delete service.build;
    if ((service.image ?? '') === '') service.image = `${project.name}_${service.name}`;
  }
  await prepareParts(composer);
  const services = await parsedServices(composer, names);
  for (const service of services)
    await ensureServiceImage(composer, service, !options.noBuild, options.build, false, '');
  for (const service of services)
    await allAtOnce(ctx, service.containers, (_, container) =>
      createContainer(composer, service, container, options.recreate),
    );
}

async function createContainer(
  composer: Composer,
  service: ParsedService,
  container: ServiceContainer,
  recreate: Recreate,
): Promise<void> {
  const { ctx } = composer;
  const { name } = container;
  const { unparsed } = service;
  if ((await containerIdOf(composer, name, unparsed.name)) !== '') {
    if (recreate !== 'force') return log(ctx, 'info', `Container ${name} exists, skipping`);
    await removeExisting(composer, name);
    await log(ctx, 'info', `Re-creating container ${name}`);
  } else await log(ctx, 'info', `Creating container ${name}`);
  await withCidFile(composer, async (cidFile) => {
    const flags = [`--cidfile=${cidFile}`, ...projectLabels(composer, service, serviceHash(unparsed))];
    if ((unparsed.stdin_open ?? false) !== (unparsed.tty ?? false))
      fail('currently StdinOpen(-i) and Tty(-t) should be same');
    const silent = { 0: 'null', 1: 'null', 2: 'null' } as const;
    const failure = await passThrough(composer, ['create', ...flags, ...container.runArgs], silent);
    if (failure !== null) fail(`error while creating container ${name}: ${failure}`);
  });
}
