/**
 * A loaded project with what its commands share: its containers, its services in order, and nerdctl itself as a child.
 * @models nerdctl v2.3.5 pkg/composer/composer.go container.go orphans.go, pkg/cmd/compose/compose.go, cmd/nerdctl/compose/compose.go
 * @fidelity partial: no lock between two compose commands, no IPFS
 */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { exitText } from '../../../go/exit-text.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { readAll } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { Future } from '../../../sim/primitives.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers } from '../../common/containerd/container.ts';
import { isValidName } from '../data-store.ts';
import { LABELS } from '../labels.ts';
import { fail, log, newClient, shortId } from '../run.ts';
import type { Project, Service } from './load/model.ts';
import { loadProject } from './load/project.ts';
import { copyOf, type Dict } from './load/tree.ts';
import { type ParsedService, parseService } from './service-parser.ts';

const SELF = '/proc/self/exe';
/** Root flags that a child is given as well, in their order. */
const GLOBALS = [
  'address',
  'bridge-ip',
  'cgroup-manager',
  'cni-netconfpath',
  'cni-path',
  'data-root',
  'debug',
  'debug-full',
  'experimental',
  'host-gateway-ip',
  'hosts-dir',
  'insecure-registry',
  'kube-hide-dupe',
  'namespace',
  'snapshotter',
  'userns-remap',
];

export type Composer = {
  readonly ctx: Context;
  readonly cli: CobraContext;
  readonly client: Client;
  readonly project: Project;
  /** Path of nerdctl and the root flags that it is given. */
  readonly nerdctl: readonly string[];
};

export async function newComposer(ctx: Context, cli: CobraContext): Promise<Composer> {
  const client = await newClient(ctx, cli);
  const project = cli.string('project-name');
  if (project !== '' && !isValidName(project))
    fail(
      `invalid project name: identifier ${quote(project)} must match pattern "^[a-zA-Z0-9][a-zA-Z0-9_.-]+$": invalid argument`,
    );
  const loaded = await loadProject(ctx, {
    project,
    projectDirectory: cli.string('project-directory'),
    files: cli.strings('file'),
    profiles: cli.strings('profile'),
    envFile: cli.string('env-file'),
  });
  if (loaded.unknown.length > 0) await log(ctx, 'warning', `Ignoring: [${loaded.unknown.join(' ')}]`);
  return { ctx, cli, client, project: loaded, nerdctl: [await ctx.sys.readlink(ctx, SELF), ...globalFlags(cli)] };
}

function globalFlags(cli: CobraContext): string[] {
  return GLOBALS.filter((name) => cli.has(name) && cli.isSet(name)).map((name) => {
    const list = cli.strings(name);
    return `--${name}=${list.length > 0 ? `[${list.join(',')}]` : cli.string(name)}`;
  });
}

/** In the order in which containerd lists them: by id. */
export async function projectContainers(composer: Composer, services: readonly string[] = []): Promise<Container[]> {
  const { ctx, client, project } = composer;
  const own = `labels.${quote(LABELS.composeProject)}==${project.name}`;
  const filters =
    services.length === 0 ? [own] : services.map((name) => `${own},labels.${quote(LABELS.composeService)}==${name}`);
  return listContainers(ctx, client, filters);
}

export function nameOf({ labels }: Container): string {
  return labels[LABELS.name] ?? '';
}

/** The containers of services that the file does not have. */
export async function orphansOf(composer: Composer, services: readonly string[]): Promise<Container[]> {
  const all = await projectContainers(composer);
  return all.filter(({ labels }) => !services.includes(labels[LABELS.composeService] ?? ''));
}

export async function tellOrphans(composer: Composer, orphans: readonly Container[]): Promise<void> {
  if (orphans.length === 0) return;
  const ids = orphans.map(({ id }) => shortId(id)).join(' ');
  await log(
    composer.ctx,
    'warning',
    `found ${orphans.length} orphaned containers: [${ids}], you can run this command with the --remove-orphans flag to clean it up`,
  );
}

/**
 * Services of those names (all without one), each after what it depends on; copies, which may be changed.
 * Where Go would take a map's order it is that of the names.
 */
export function servicesOf(
  { project }: Composer,
  names: readonly string[],
  dependencies: 'with' | 'without' = 'with',
): Service[] {
  const out: Service[] = [];
  const seen = new Set<string>();
  const visit = (wanted: readonly string[], optional: readonly string[]): void => {
    const chosen = new Set<string>();
    for (const name of wanted) {
      const found = Object.keys(project.services).filter((service) => matchesGlob(name, service));
      if (found.length === 0 && !optional.includes(name)) fail(`no such service: ${name}`);
      for (const service of found) chosen.add(service);
    }
    for (const name of [...chosen].sort()) {
      const service = project.services[name];
      if (service === undefined || seen.has(name)) continue;
      seen.add(name);
      const needs = Object.entries(service.depends_on ?? {}).sort();
      if (dependencies === 'with' && needs.length > 0)
        visit(
          needs.map(([other]) => other),
          needs.filter(([, { required }]) => required === false).map(([other]) => other),
        );
      out.push(copyOf(service as unknown as Dict) as unknown as Service);
    }
  };
  visit(names.length === 0 ? Object.keys(project.services) : names, []);
  return out;
}

function matchesGlob(pattern: string, name: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === name;
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  try {
    return new RegExp(`^${source}$`).test(name);
  } catch {
    return false;
  }
}

export function namesOf(composer: Composer, names: readonly string[]): string[] {
  return servicesOf(composer, names).map(({ name }) => name);
}

/** What is not done is told, also when a fault comes after it. */
export async function parsed(composer: Composer, service: Service): Promise<ParsedService> {
  const warnings: string[] = [];
  try {
    return parseService(composer.project, service, (message) => void warnings.push(message));
  } finally {
    for (const message of warnings) await log(composer.ctx, 'warning', message);
  }
}

export async function parsedServices(composer: Composer, names: readonly string[] = []): Promise<ParsedService[]> {
  const out: ParsedService[] = [];
  for (const service of servicesOf(composer, names)) out.push(await parsed(composer, service));
  return out;
}

type Stdio = Readonly<Record<number, number | 'null'>>;

export async function spawnNerdctl(
  { ctx, nerdctl }: Composer,
  args: readonly string[],
  stdio: Stdio,
): Promise<{ pid: number; argv: readonly string[] }> {
  const argv = [...nerdctl, ...args];
  return { pid: await ctx.sys.spawn(ctx, argv[0] ?? '', { argv, stdio }), argv };
}

/** Null when it ended well, else as Go tells it: `exit status 1`. */
export async function waitFor({ ctx }: Composer, pid: number): Promise<string | null> {
  const status = await ctx.sys.wait(ctx, pid);
  return status === null || (status.exitCode === 0 && status.signal === null) ? null : exitText(status);
}

/** cmd.Run with descriptors of ours. */
export async function passThrough(composer: Composer, args: readonly string[], stdio: Stdio): Promise<string | null> {
  return waitFor(composer, (await spawnNerdctl(composer, args, stdio)).pid);
}

export const ALL_STREAMS: Stdio = { 0: 0, 1: 1, 2: 2 };

/** runNerdctlCmd: silent; what it said is in the error. */
export async function runNerdctl(composer: Composer, args: readonly string[]): Promise<void> {
  const { ctx } = composer;
  const [read, write] = await ctx.sys.pipe(ctx);
  const { pid, argv } = await spawnNerdctl(composer, args, { 0: 'null', 1: write, 2: write });
  await ctx.sys.close(ctx, write);
  const output = utf8(await readAll(ctx, read));
  await ctx.sys.close(ctx, read);
  const failure = await waitFor(composer, pid);
  if (failure !== null) fail(`error while executing [${argv.join(' ')}]: ${quote(output)}: ${failure}`);
}

/** Every one at the same time; what failed first is thrown when all are through. */
export async function allAtOnce<T>(
  ctx: Context,
  items: readonly T[],
  body: (ctx: Context, item: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  const ends = items.map((item, i) => {
    const end = new Future<void>(ctx.scheduler);
    ctx.go(`compose-${i}`, async (c) => {
      try {
        await body(c, item);
      } catch (error) {
        errors.push(error);
      }
      end.resolve();
    });
    return end;
  });
  for (const end of ends) await end.wait();
  if (errors.length > 0) throw errors[0];
}
