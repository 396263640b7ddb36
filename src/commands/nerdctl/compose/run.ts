/**
 * `compose run`: one container of a service with another command, after those that it depends on.
 * @models nerdctl v2.3.5 pkg/composer/run.go
 * @fidelity full
 */
import { print } from '../../../linux/io.ts';
import { fail, log, newId, shortId } from '../run.ts';
import { allAtOnce, type Composer, parsed, servicesOf } from './composer.ts';
import type { Mount, Port, Service } from './load/model.ts';
import { parsePort, parseVolume } from './load/short-syntax.ts';
import { copyOf, type Dict } from './load/tree.ts';
import { showLogs } from './logs.ts';
import { type ParsedService, SEPARATOR } from './service-parser.ts';
import { removeNamed, stopNamed } from './stop.ts';
import { ensureServiceImage, handleOrphans, prepareParts, upContainer } from './up.ts';

export type RunOptions = {
  readonly service: string;
  readonly args: readonly string[];
  readonly noBuild: boolean;
  readonly noColor: boolean;
  readonly noLogPrefix: boolean;
  readonly forceBuild: boolean;
  readonly quietPull: boolean;
  readonly removeOrphans: boolean;
  readonly name: string;
  readonly detach: boolean;
  readonly noDeps: boolean;
  readonly interactive: boolean;
  readonly rm: boolean;
  readonly user: string;
  readonly volume: readonly string[];
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly label: readonly string[];
  readonly workdir: string;
  readonly servicePorts: boolean;
  readonly publish: readonly string[];
};

function keyed(words: readonly string[]): [string, string | null][] {
  return words.map((word) => {
    const at = word.indexOf('=');
    return at < 0 ? [word, null] : [word.slice(0, at), word.slice(at + 1)];
  });
}

export async function runService(composer: Composer, options: RunOptions): Promise<void> {
  const { ctx, project } = composer;
  await prepareParts(composer);
  let services: Service[];
  if (options.noDeps) {
    const service = project.services[options.service];
    if (service === undefined) {
      const why = project.disabled[options.service] === undefined ? 'not found' : 'disabled';
      fail(`no such service: ${options.service}: ${why}`);
      return;
    }
    services = [copyOf(service as unknown as Dict) as unknown as Service];
  } else services = servicesOf(composer, [options.service]);
  const target =
    services.find(({ name }) => name === options.service) ?? fail(`error cannot find service name: ${options.service}`);
  for (const service of services)
    service.container_name = [project.name, service.name, 'run', shortId(newId(ctx))].join(SEPARATOR);
  override(target, options);
  if (!options.servicePorts) {
    for (const service of services) service.ports = [];
    target.ports = options.publish.flatMap((spec) => parsePort(spec) as Port[]);
  }
  if (options.args.length > 0) target.command = [...options.args];
  const all: ParsedService[] = [];
  for (const service of services) all.push(await parsed(composer, service));
  await handleOrphans(composer, all, options.removeOrphans);
  await runServices(composer, all, options);
}

function override(target: Service, options: RunOptions): void {
  target.tty = options.interactive;
  target.stdin_open = options.interactive;
  if (options.name !== '') target.container_name = options.name;
  if (options.user !== '') target.user = options.user;
  if (options.volume.length > 0)
    target.volumes = [...(target.volumes ?? []), ...options.volume.map((spec) => parseVolume(spec) as Mount)];
  if (options.entrypoint.length > 0) target.entrypoint = [...options.entrypoint];
  for (const [key, value] of keyed(options.env)) target.environment = { ...target.environment, [key]: value };
  for (const [key, value] of keyed(options.label))
    if (value !== null) target.labels = { ...target.labels, [key]: value };
  if (options.workdir !== '') target.working_dir = options.workdir;
}

async function runServices(composer: Composer, services: readonly ParsedService[], options: RunOptions): Promise<void> {
  const { ctx } = composer;
  for (const service of services)
    await ensureServiceImage(composer, service, !options.noBuild, options.forceBuild, options.quietPull, '');
  const containers = new Map<string, string>();
  let targetId = '';
  for (const { unparsed, containers: own } of services) {
    if (own.length !== 1)
      await log(
        ctx,
        'warning',
        `compose run does not support scale but ${unparsed.name} is currently ${own.length}, automatically it will configure 1`,
      );
    if (own.length === 0)
      fail(`error, a service should have at least one container but ${unparsed.name} does not have any container`);
  }
  await allAtOnce(ctx, services, async (_, service) => {
    const container = service.containers[0];
    if (container === undefined) return;
    const id = await upContainer(composer, service, container, 'force');
    containers.set(id, container.name);
    if (service.unparsed.name === options.service) targetId = id;
  });
  if (options.detach) return print(ctx, `${targetId}\n`);
  if (!options.interactive) {
    await log(ctx, 'info', 'Attaching to logs');
    const names = services.map(({ unparsed }) => unparsed.name);
    await showLogs(composer, names, {
      abortOnContainerExit: false,
      follow: true,
      timestamps: false,
      tail: '',
      noColor: options.noColor,
      noLogPrefix: options.noLogPrefix,
      latestRun: false,
    });
  }
  await log(ctx, 'info', 'Stopping containers (forcibly)');
  await stopNamed(composer, containers);
  if (options.rm) await removeNamed(composer, containers);
}
