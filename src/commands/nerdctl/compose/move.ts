/**
 * `compose cp`, `exec`, `pull`, `push` and `build`: a nerdctl for each.
 * @models nerdctl v2.3.5 pkg/composer/{copy,exec,pull,push,build}.go
 * @fidelity partial: no signing
 */
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { ExitError, fail, log } from '../run.ts';
import {
  ALL_STREAMS,
  type Composer,
  nameOf,
  parsed,
  passThrough,
  projectContainers,
  runNerdctl,
  servicesOf,
  spawnNerdctl,
} from './composer.ts';
import { SEPARATOR } from './service-parser.ts';
import { buildImage } from './up.ts';

function splitCopy(word: string): readonly [service: string, path: string] {
  const at = word.indexOf(':');
  if (word.startsWith('/') || at < 0 || word.startsWith('.')) return ['', word];
  return [word.slice(0, at), word.slice(at + 1)];
}

export type CopyOptions = {
  readonly source: string;
  readonly destination: string;
  readonly index: number;
  readonly followLink: boolean;
  readonly dryRun: boolean;
};

export async function copy(composer: Composer, options: CopyOptions): Promise<void> {
  const [fromService, fromPath] = splitCopy(options.source);
  const [toService, toPath] = splitCopy(options.destination);
  if (fromService !== '' && toService !== '') fail('copying between services is not supported');
  if (fromService === '' && toService === '') fail('unknown copy direction');
  const service = fromService === '' ? toService : fromService;
  const isFrom = fromService !== '';
  let containers = await projectContainers(composer, [service]);
  const { index } = options;
  if (index > 0) {
    if (index > containers.length)
      fail(`index (${index}) out of range: only ${containers.length} running instances from service ${service}`);
    containers = containers.slice(index - 1, index);
  } else {
    if (containers.length === 0) fail(`no container found for service "${service}"`);
    if (isFrom) containers = containers.slice(0, 1);
  }
  for (const container of containers) {
    const name = nameOf(container);
    const what = isFrom ? `copy ${name}:${fromPath} to ${toPath}` : `copy ${fromPath} to ${name}:${toPath}`;
    await log(composer.ctx, 'info', `${options.dryRun ? 'DRY-RUN MODE - ' : ''}${what}`);
    if (options.dryRun) continue;
    const paths = isFrom ? [`${container.id}:${fromPath}`, toPath] : [fromPath, `${container.id}:${toPath}`];
    await runNerdctl(composer, ['cp', ...(options.followLink ? ['--follow-link'] : []), ...paths]);
  }
}

export type ExecOptions = {
  readonly service: string;
  readonly index: number;
  readonly detach: boolean;
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly privileged: boolean;
  readonly user: string;
  readonly workdir: string;
  readonly env: readonly string[];
  readonly args: readonly string[];
};

const ordinal = (container: Container): number => Number(nameOf(container).split(SEPARATOR).at(-1)) || 0;

export async function exec(composer: Composer, options: ExecOptions): Promise<void> {
  const { service, index } = options;
  const containers = await projectContainers(composer, [service]);
  if (containers.length === 0) fail(`no running containers from service ${service}`);
  if (index > containers.length)
    fail(`index (${index}) out of range: only ${containers.length} running instances from service ${service}`);
  containers.sort((a, b) => ordinal(a) - ordinal(b));
  const chosen = containers[containers.length === 1 ? 0 : index - 1] as Container;
  const args = [
    'exec',
    `--detach=${options.detach}`,
    `--interactive=${options.interactive}`,
    `--tty=${options.tty}`,
    `--privileged=${options.privileged}`,
    ...(options.user === '' ? [] : ['--user', options.user]),
    ...(options.workdir === '' ? [] : ['--workdir', options.workdir]),
    ...options.env.flatMap((word) => ['--env', word]),
    chosen.id,
    ...options.args,
  ];
  const { ctx } = composer;
  const { pid } = await spawnNerdctl(composer, args, {
    0: options.interactive ? 0 : 'null',
    1: options.detach ? 'null' : 1,
    2: options.detach ? 'null' : 2,
  });
  const status = await ctx.sys.wait(ctx, pid);
  // The child has said what there was to say.
  if (status !== null && status.exitCode !== 0) throw new ExitError(status.exitCode);
}

export async function pull(composer: Composer, names: readonly string[], quiet: boolean): Promise<void> {
  await transferImages(composer, names, 'pull', 'Pulling', quiet ? ['--quiet'] : []);
}

export async function push(composer: Composer, names: readonly string[]): Promise<void> {
  await transferImages(composer, names, 'push', 'Pushing', []);
}

async function transferImages(
  composer: Composer,
  names: readonly string[],
  command: string,
  word: string,
  flags: readonly string[],
): Promise<void> {
  for (const service of servicesOf(composer, names)) {
    const { image, unparsed } = await parsed(composer, service);
    await log(composer.ctx, 'info', `${word} image ${image}`);
    const platform = unparsed.platform ?? '';
    // `experimental` is on unless somebody turned it off.
    const more = composer.cli.bool('experimental') ? ['--experimental'] : [];
    const args = [...(platform === '' ? [] : [`--platform=${platform}`]), ...flags, ...more, image];
    const failure = await passThrough(composer, [command, ...args], ALL_STREAMS);
    if (failure !== null) fail(`error while ${word.toLowerCase()} image ${image}: ${failure}`);
  }
}

export async function build(composer: Composer, names: readonly string[], flags: readonly string[]): Promise<void> {
  for (const service of servicesOf(composer, names, 'without')) {
    const whole = await parsed(composer, service);
    if (whole.build !== null) await buildImage(composer, whole, flags);
  }
}
