/** /containers. @models moby 20.10 api/server/router/container, daemon/list.go, daemon/inspect.go, daemon/logs.go, daemon/attach.go @fidelity partial: filters id, name, label, status and ancestor */
import { parseRfc3339 } from '../../../../go/time.ts';
import { humanDuration } from '../../../../go/units.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { runCommand } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { encodePiece } from '../../../../protocols/docker/stdcopy.ts';
import type { ContainerJson, ContainerSummary, CreateContainer, Port } from '../../../../protocols/docker/types.ts';
import type { Container } from '../containers/container.ts';
import { saveContainer } from '../containers/container.ts';
import { createContainer } from '../containers/create.ts';
import { type LogEntry, readLog } from '../containers/json-log.ts';
import { attachBeforeStart, killContainer, removeContainer, startContainer, stopContainer } from '../containers/run.ts';
import type { ContainerStreams, Sink } from '../containers/streams.ts';
import { containerEvent, type Engine, findContainer } from '../engine.ts';
import { badRequest, conflict, systemError } from '../errors.ts';
import { parseFilters } from './filters.ts';
import { pumpInput } from './hijack.ts';
import { bodyOf, type Call } from './routes.ts';
import { unixSeconds } from './unix-seconds.ts';

const UPGRADED =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
const STREAM_NUMBERS = { stdout: 1, stderr: 2 } as const;

const named = ({ engine, name }: Call): Container => findContainer(engine, name);

export async function list(call: Call): Promise<void> {
  const { engine, flag, query, json, ctx } = call;
  const filters = parseFilters(query('filters'));
  const limit = Number(query('limit') || -1);
  const all = flag('all') || limit > 0 || filters.has('status');
  const found = [...engine.containers.values()]
    .filter((container) => (all || container.state.Running) && matches(engine, container, filters))
    .sort((a, b) => (a.record.Created < b.record.Created ? 1 : a.record.Created > b.record.Created ? -1 : 0))
    .map((container) => summary(ctx, engine, container));
  await json(200, limit > 0 ? found.slice(0, limit) : found);
}

function matches(engine: Engine, container: Container, filters: ReadonlyMap<string, readonly string[]>): boolean {
  const labels = container.record.Config.Labels ?? {};
  for (const [key, values] of filters) {
    const fits = (value: string): boolean => {
      switch (key) {
        case 'id':
          return container.id.startsWith(value);
        case 'name':
          return container.name.includes(value.replace(/^\^?\/?/, '').replace(/\$$/, ''));
        case 'status':
          return container.state.Status === value;
        case 'ancestor':
          return [container.record.Config.Image, container.record.Image].includes(value);
        case 'label': {
          const [name = '', wanted] = value.split(/=(.*)/s, 2);
          return labels[name] !== undefined && (wanted === undefined || labels[name] === wanted);
        }
        default:
          throw badRequest(`Invalid filter '${key}'`);
      }
    };
    if (key === 'label' ? !values.every(fits) : !values.some(fits)) return false;
  }
  void engine;
  return true;
}

function summary(ctx: Context, engine: Engine, container: Container): ContainerSummary {
  const { record, id } = container;
  const created = parseRfc3339(record.Created);
  const command = [record.Path, ...record.Args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
  const { tags } = engine.images.names(record.Image);
  const asked = record.Config.Image ?? '';
  const isStale = !asked.startsWith('sha256:') && engine.images.images.has(record.Image) && tags.length === 0;
  return {
    Id: id,
    Names: [record.Name],
    Image: isStale ? record.Image : asked,
    ImageID: record.Image,
    Command: command,
    Created: created.ok ? Number(created.ns / 1_000_000_000n) : 0,
    Ports: portsOf(container),
    Labels: record.Config.Labels ?? {},
    State: container.state.Status,
    Status: statusText(ctx, container),
    HostConfig: { NetworkMode: container.networkMode },
    Mounts: record.MountPoints,
  };
}

function portsOf({ record, state }: Container): Port[] {
  if (!state.Running) return [];
  const ports: Port[] = [];
  for (const [port, bindings] of Object.entries(record.NetworkSettings.Ports))
    for (const { HostIp, HostPort } of bindings ?? [])
      ports.push({
        IP: HostIp ?? '',
        PrivatePort: Number(port.split('/')[0]),
        PublicPort: Number(HostPort),
        Type: port.split('/')[1] ?? 'tcp',
      });
  if (record.NetworkSettings.IPAddress !== '')
    for (const port of Object.keys(record.Config.ExposedPorts ?? {}))
      if (record.NetworkSettings.Ports[port] === undefined)
        ports.push({ PrivatePort: Number(port.split('/')[0]), Type: port.split('/')[1] ?? 'tcp' });
  return ports;
}

function statusText(ctx: Context, { state }: Container): string {
  const since = (text: string): string => {
    const parsed = parseRfc3339(text);
    return humanDuration(Number(ctx.wallTime - (parsed.ok ? parsed.ns : 0n)));
  };
  switch (state.Status) {
    case 'running':
      return `Up ${since(state.StartedAt)}`;
    case 'restarting':
      return `Restarting (${state.ExitCode}) ${since(state.FinishedAt)} ago`;
    case 'created':
      return 'Created';
    default:
      return `Exited (${state.ExitCode}) ${since(state.FinishedAt)} ago`;
  }
}

export async function create(call: Call): Promise<void> {
  const { ctx, engine, exchange, query, json } = call;
  const container = await createContainer(ctx, engine, query('name'), bodyOf<CreateContainer>(exchange));
  await json(201, { Id: container.id, Warnings: [] });
}

export async function inspect(call: Call): Promise<void> {
  const { engine, json } = call;
  const container = named(call);
  const { record, host, id } = container;
  const directory = engine.images.directory(record.MountId);
  const answer: ContainerJson = {
    Id: id,
    Created: record.Created,
    Path: record.Path,
    Args: record.Args,
    State: record.State,
    Image: record.Image,
    ResolvConfPath: record.ResolvConfPath,
    HostnamePath: record.HostnamePath,
    HostsPath: record.HostsPath,
    LogPath: record.LogPath,
    Name: record.Name,
    RestartCount: record.RestartCount,
    Driver: record.Driver,
    Platform: 'linux',
    HostConfig: host,
    GraphDriver: {
      Data: {
        MergedDir: `${directory}/merged`,
        UpperDir: `${directory}/diff`,
        WorkDir: `${directory}/work`,
      },
      Name: 'overlay2',
    },
    Mounts: record.MountPoints,
    Config: record.Config,
    NetworkSettings: record.NetworkSettings,
  };
  await json(200, answer);
}

export async function start(call: Call): Promise<void> {
  await call.empty((await startContainer(call.ctx, call.engine, named(call))) ? 204 : 304);
}

export async function stop(call: Call): Promise<void> {
  const seconds = call.query('t');
  const done = await stopContainer(call.ctx, call.engine, named(call), seconds === '' ? undefined : Number(seconds));
  await call.empty(done ? 204 : 304);
}

export async function restart(call: Call): Promise<void> {
  const { ctx, engine } = call;
  const container = named(call);
  const seconds = call.query('t');
  await stopContainer(ctx, engine, container, seconds === '' ? undefined : Number(seconds));
  await startContainer(ctx, engine, container);
  containerEvent(ctx, engine, container, 'restart');
  await call.empty(204);
}

export async function kill(call: Call): Promise<void> {
  await killContainer(call.ctx, call.engine, named(call), call.query('signal'));
  await call.empty(204);
}

export async function rename(call: Call): Promise<void> {
  const { ctx, engine } = call;
  const container = named(call);
  const name = call.query('name');
  if (name === '') throw badRequest('Neither old nor new names may be empty');
  for (const other of engine.containers.values())
    if (other.name === name)
      throw conflict(
        `Error when allocating new name: Conflict. The container name "/${name}" is already in use by container "${other.id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
  container.record.Name = `/${name}`;
  await saveContainer(ctx, engine.config.dataRoot, container);
  await call.empty(204);
}

export async function remove(call: Call): Promise<void> {
  await removeContainer(call.ctx, call.engine, named(call), call.flag('force'));
  await call.empty(204);
}

export async function wait(call: Call): Promise<void> {
  const { ctx, exchange, query } = call;
  const container = named(call);
  const condition = query('condition') || 'not-running';
  await exchange.startChunks(ctx, 200, [['Content-Type', 'application/json']]);
  let code = container.state.ExitCode;
  if (condition !== 'not-running' || container.state.Running) code = await container.exited.wait();
  if (condition === 'removed') await container.removed.wait();
  await exchange.chunk(ctx, `${JSON.stringify({ Error: null, StatusCode: code })}\n`);
  await exchange.endChunks(ctx);
}

export async function logs(call: Call): Promise<void> {
  const { ctx, exchange, flag, query } = call;
  const container = named(call);
  const [stdout, stderr] = [flag('stdout'), flag('stderr')];
  if (!stdout && !stderr) throw badRequest('Bad parameters: you must choose at least one stream');
  const tail = query('tail');
  const since = query('since');
  const isTty = container.record.Config.Tty === true;
  const type = isTty ? 'application/vnd.docker.raw-stream' : 'application/vnd.docker.multiplexed-stream';
  await exchange.startChunks(ctx, 200, [['Content-Type', type]]);
  const encoder = new TextEncoder();
  const withTime = flag('timestamps');
  const write = (c: Context, entry: LogEntry): Promise<boolean> => {
    const data = encoder.encode(`${withTime ? `${entry.time} ` : ''}${entry.log}`);
    return exchange.chunk(c, isTty ? data : encodePiece(STREAM_NUMBERS[entry.stream], data));
  };
  await readLog(
    ctx,
    container.record.LogPath === '' ? '/nonexistent' : container.record.LogPath,
    {
      follow: flag('follow'),
      tail: tail === '' || tail === 'all' ? null : Number(tail),
      sinceNs: since === '' ? null : BigInt(Math.round(unixSeconds(since) * 1e9)),
      stdout,
      stderr,
    },
    write,
    () => container.state.Running,
  );
  await exchange.endChunks(ctx);
}

export async function top(call: Call): Promise<void> {
  const { ctx, engine, json } = call;
  const container = named(call);
  if (!container.state.Running) throw conflict(`Container ${container.id} is not running`);
  const args = (call.query('ps_args') || '-ef').split(/\s+/);
  const pids = new Set((await engine.containerd.pids(ctx, container.id)).map(String));
  const { stdout, stderr, status } = await runCommand(ctx, ['ps', ...args], { path: '/usr/bin/ps' });
  if (status.exitCode !== 0) throw systemError(`ps: exit status ${status.exitCode}: ${utf8(stderr).trim()}`);
  const [head = '', ...lines] = utf8(stdout).trimEnd().split('\n');
  const titles = head.trim().split(/\s+/);
  const at = titles.indexOf('PID');
  if (at < 0) throw systemError("Couldn't find PID field in ps output");
  const rows = lines
    .map((line) => {
      const words = line.trim().split(/\s+/);
      return [...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(' ')];
    })
    .filter((row) => pids.has(row[at] ?? ''));
  await json(200, { Titles: titles, Processes: rows });
}

/** A sink that sends to a connection that has been taken over. */
export function connectionSink(fd: number, isTty: boolean, wanted: { stdout: boolean; stderr: boolean }): Sink {
  return async (c, stream, data) => {
    if (!wanted[stream]) return true;
    try {
      await c.sys.write(c, fd, isTty ? data : encodePiece(STREAM_NUMBERS[stream], data));
      return true;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return false;
    }
  };
}

export async function attach(call: Call): Promise<void> {
  const { ctx, engine, exchange, flag } = call;
  const container = named(call);
  if (container.state.Paused)
    throw conflict(`Container ${container.id} is paused, unpause the container before attach.`);
  const isTty = container.record.Config.Tty === true;
  const fd = exchange.hijack();
  await ctx.sys.write(ctx, fd, UPGRADED);
  const sink = connectionSink(fd, isTty, { stdout: flag('stdout'), stderr: flag('stderr') });
  const live = container.streams;
  if (live === null) attachBeforeStart(container, sink);
  else live.add(sink);
  const { exited, run } = container;
  // Input goes to whatever run comes next.
  const current = async (c: Context): Promise<ContainerStreams | null> => {
    while (container.streams === null && container.run === run && engine.containers.has(container.id))
      await c.sleep(1_000_000);
    return container.streams;
  };
  if (flag('stdin') && container.record.Config.OpenStdin === true)
    ctx.go('attach-stdin', (c) =>
      pumpInput(c, fd, async (inner, data) => {
        const streams = await current(inner);
        if (streams === null) return false;
        if (data === null) {
          if (container.record.Config.StdinOnce === true || !isTty) {
            await streams.closeStdin(inner);
            await engine.containerd.closeStdin(inner, container.id);
          }
          return false;
        }
        await streams.writeStdin(inner, data);
        return true;
      }),
    );
  const done = live === null ? await nextExit(ctx, container) : exited;
  if (done !== null) await done.wait();
  container.streams?.remove(sink);
  await closeQuietly(ctx, fd);
}

/** The exit of the run that is about to begin. */
async function nextExit(ctx: Context, container: Container): Promise<Container['exited'] | null> {
  const { run } = container;
  while (container.run === run) {
    if (container.removed.done || container.state.Error !== '') return null;
    await ctx.sleep(1_000_000);
  }
  return container.exited;
}

export async function closeQuietly(ctx: Context, fd: number): Promise<void> {
  try {
    await ctx.sys.shutdown(ctx, fd, 'write');
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** The size that a client asks for. Throws ApiError. */
export function sizeOf(call: Call): { width: number; height: number } {
  const number = (name: string): number => {
    const text = call.query(name);
    if (!/^\d{1,5}$/.test(text)) throw badRequest(`strconv.Atoi: parsing "${text}": invalid syntax`);
    return Number(text);
  };
  return { height: number('h'), width: number('w') };
}

export async function resize(call: Call): Promise<void> {
  const container = named(call);
  const { width, height } = sizeOf(call);
  if (!container.state.Running) throw conflict(`Container ${container.id} is not running`);
  await call.engine.containerd.resize(call.ctx, container.id, '', width, height);
  await call.empty(200);
}
