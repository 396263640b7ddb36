/**
 * Making a container: its name, its configuration merged with the image's, its layers and its directory.
 * @models moby 20.10 daemon/create.go, daemon/create_unix.go, daemon/commit.go (merge), daemon/names.go
 * @fidelity partial: named volumes of the local driver; no volumes-from, no links
 */
import type { Context } from '../../../../linux/context.ts';
import { exists, mkdirAll, writeFile } from '../../../../linux/io.ts';
import type { ContainerConfig, CreateContainer, HostConfig, MountPoint } from '../../../../protocols/docker/types.ts';
import type { ImageRunConfig } from '../../../../protocols/oci/types.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { ADJECTIVES, SURNAMES } from '../../shared/name-words.ts';
import { containerEvent, type Engine, findImage, timeText } from '../engine.ts';
import { badRequest, conflict } from '../errors.ts';
import type { StoredImage } from '../images/image-store.ts';
import { Container, type ContainerRecord, saveContainer, ZERO_TIME } from './container.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** What every root has before anything is mounted on it. */
const INIT_FILES = ['etc/resolv.conf', 'etc/hosts', 'etc/hostname', '.dockerenv'];
const INIT_DIRECTORIES = ['dev/pts', 'dev/shm', 'proc', 'sys', 'etc'];

export async function createContainer(
  ctx: Context,
  engine: Engine,
  name: string,
  body: CreateContainer,
): Promise<Container> {
  await ctx.cpu(LATENCY.dockerdCreateNs);
  const { HostConfig: hostConfig = {}, ...wanted } = body;
  const image = findImage(engine, wanted.Image ?? '');
  const id = ctx.random.hex(64);
  const config = mergeConfig(id, wanted, image.config.config ?? {}, hostConfig);
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (command.length === 0) throw badRequest('No command specified');
  const chosen = name === '' ? randomName(ctx, engine) : claimName(engine, name);
  const host: HostConfig = { NetworkMode: 'default', ...hostConfig };
  if (host.AutoRemove === true && (host.RestartPolicy?.Name ?? 'no') !== 'no' && host.RestartPolicy?.Name !== '')
    throw badRequest("can't create 'AutoRemove' container with restart policy");
  const mountId = await makeLayers(ctx, engine, image);
  const directory = `${engine.config.dataRoot}/containers/${id}`;
  const record: ContainerRecord = {
    ID: id,
    Created: timeText(ctx),
    Path: command[0] ?? '',
    Args: command.slice(1),
    Name: `/${chosen}`,
    Image: image.id,
    Config: config,
    State: {
      Status: 'created',
      Running: false,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: 0,
      ExitCode: 0,
      Error: '',
      StartedAt: ZERO_TIME,
      FinishedAt: ZERO_TIME,
    },
    NetworkSettings: noNetwork(),
    LogPath: '',
    Driver: 'overlay2',
    MountPoints: await mountPoints(ctx, engine, host, config),
    RestartCount: 0,
    HasBeenStartedBefore: false,
    HasBeenManuallyStopped: false,
    ResolvConfPath: '',
    HostnamePath: '',
    HostsPath: '',
    ShmPath: '',
    MountId: mountId,
  };
  await mkdirAll(ctx, `${directory}/mounts`, 0o710);
  const container = new Container(engine.base.scheduler, record, host);
  engine.containers.set(id, container);
  await saveContainer(ctx, engine.config.dataRoot, container);
  containerEvent(ctx, engine, container, 'create');
  return container;
}

export function noNetwork(): ContainerRecord['NetworkSettings'] {
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    Ports: {},
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    MacAddress: '',
    Networks: {},
  };
}

function mergeConfig(id: string, wanted: ContainerConfig, image: ImageRunConfig, host: HostConfig): ContainerConfig {
  const env = [...(wanted.Env ?? [])];
  const names = new Set(env.map((entry) => entry.split('=')[0]));
  for (const entry of image.Env ?? []) if (!names.has(entry.split('=')[0])) env.push(entry);
  const ownEntrypoint = wanted.Entrypoint !== undefined && wanted.Entrypoint !== null && wanted.Entrypoint.length > 0;
  const ownCommand = wanted.Cmd !== undefined && wanted.Cmd !== null && wanted.Cmd.length > 0;
  const entrypoint = ownEntrypoint ? (wanted.Entrypoint ?? null) : (image.Entrypoint ?? null);
  const command = ownCommand ? (wanted.Cmd ?? null) : ownEntrypoint ? null : (image.Cmd ?? null);
  const isJoined = (host.NetworkMode ?? '').startsWith('container:') || host.UTSMode === 'host';
  return {
    ...wanted,
    Hostname: wanted.Hostname || (isJoined ? '' : id.slice(0, 12)),
    Domainname: wanted.Domainname ?? '',
    User: wanted.User || (image.User ?? ''),
    Env: env,
    Cmd: command,
    Entrypoint: entrypoint,
    Image: wanted.Image ?? '',
    Volumes: wanted.Volumes ?? null,
    WorkingDir: wanted.WorkingDir || (image.WorkingDir ?? ''),
    ExposedPorts: { ...image.ExposedPorts, ...wanted.ExposedPorts } as Record<string, Record<string, never>>,
    Labels: { ...image.Labels, ...wanted.Labels },
    ...((wanted.StopSignal || image.StopSignal) === undefined
      ? {}
      : { StopSignal: wanted.StopSignal || (image.StopSignal ?? '') }),
  };
}

function claimName(engine: Engine, text: string): string {
  const name = text.replace(/^\//, '');
  if (!NAME.test(name))
    throw badRequest(`Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  for (const other of engine.containers.values())
    if (other.name === name)
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
  return name;
}

function randomName(ctx: Context, engine: Engine): string {
  const pick = (words: readonly string[]): string => words[ctx.random.below(words.length)] ?? '';
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}${attempt === 0 ? '' : ctx.random.below(10)}`;
    if (![...engine.containers.values()].some((other) => other.name === name)) return name;
  }
}

/** The container's own layer, on one that has what Docker mounts over. */
async function makeLayers(ctx: Context, engine: Engine, image: StoredImage): Promise<string> {
  const { images, config } = engine;
  const id = ctx.random.hex(64);
  const init = `${id}-init`;
  const directory = await images.makeDirectory(ctx, init, images.topLayer(image)?.cacheId ?? '');
  for (const path of INIT_DIRECTORIES) await mkdirAll(ctx, `${directory}/diff/${path}`, 0o755);
  for (const path of INIT_FILES) await writeFile(ctx, `${directory}/diff/${path}`, '', { mode: 0o755 });
  const own = await images.makeDirectory(ctx, id, init);
  await mkdirAll(ctx, `${own}/merged`, 0o710);
  const mounts = `${config.dataRoot}/image/overlay2/layerdb/mounts/${id}`;
  await mkdirAll(ctx, mounts);
  await writeFile(ctx, `${mounts}/mount-id`, id);
  await writeFile(ctx, `${mounts}/init-id`, init);
  await writeFile(ctx, `${mounts}/parent`, images.topLayer(image)?.chainId ?? '');
  return id;
}

async function mountPoints(
  ctx: Context,
  engine: Engine,
  host: HostConfig,
  config: ContainerConfig,
): Promise<MountPoint[]> {
  const points: MountPoint[] = [];
  for (const bind of host.Binds ?? []) {
    const [source = '', destination = '', mode = ''] = bind.split(':');
    if (destination === '') throw badRequest(`invalid volume specification: '${bind}'`);
    if (!destination.startsWith('/'))
      throw badRequest(
        `invalid volume specification: '${bind}': invalid mount config for type "bind": invalid mount path: '${destination}' mount path must be absolute`,
      );
    const words = mode.split(',').filter((word) => word !== '');
    const rw = !words.includes('ro');
    const propagation = words.find((word) => /^r?(?:shared|slave|private)$/.test(word)) ?? '';
    if (source.startsWith('/')) {
      if (!(await exists(ctx, source))) await mkdirAll(ctx, source, 0o755);
      points.push({
        Type: 'bind',
        Source: source,
        Destination: destination,
        Mode: mode,
        RW: rw,
        Propagation: propagation || 'rprivate',
      });
    } else points.push(await volume(ctx, engine, source, destination, mode, rw));
  }
  for (const destination of Object.keys(config.Volumes ?? {}))
    if (!points.some((point) => point.Destination === destination))
      points.push(await volume(ctx, engine, ctx.random.hex(64), destination, '', true));
  return points;
}

async function volume(
  ctx: Context,
  engine: Engine,
  name: string,
  destination: string,
  mode: string,
  rw: boolean,
): Promise<MountPoint> {
  const source = `${engine.config.dataRoot}/volumes/${name}/_data`;
  await mkdirAll(ctx, source, 0o755);
  return { Type: 'volume', Name: name, Source: source, Destination: destination, Mode: mode, RW: rw, Propagation: '' };
}
