/**
 * A container's life: start, stop, kill, remove, and what follows when its process ends.
 * @models moby 20.10 daemon/start.go stop.go kill.go delete.go monitor.go, restartmanager
 * @fidelity partial: a restart after a failure waits 100 ms and twice as long each time, up to a minute
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFile, removeAll, writeFile } from '../../../../linux/io.ts';
import { parseSignal, signalNumber } from '../../../../linux/signals.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import { rootReader } from '../../../../protocols/oci-runtime/user.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { settledWithin } from '../../shared/concurrency.ts';
import { containerEvent, type Engine, findContainer } from '../engine.ts';
import { ApiError, badRequest, conflict, notFound, systemError } from '../errors.ts';
import { type Container, saveContainer } from './container.ts';
import { noNetwork } from './create.ts';
import { JsonLog } from './json-log.ts';
import { containerSpec } from './spec.ts';
import { ContainerStreams, type Sink } from './streams.ts';

const SECOND = 1_000_000_000;
const STOP_TIMEOUT_S = 10;
const KILL_WAIT_NS = 10 * SECOND;
const RESTART_FIRST_NS = 100_000_000;
const RESTART_MAX_NS = 60 * SECOND;

/** `attached` gets the output from the first byte on. */
export async function startContainer(ctx: Context, engine: Engine, container: Container): Promise<boolean> {
  const { state } = container;
  if (state.Paused) throw conflict('cannot start a paused container, try unpause instead');
  if (state.Running) return false;
  await ctx.cpu(LATENCY.dockerdStartNs);
  container.record.HasBeenManuallyStopped = false;
  try {
    await launch(ctx, engine, container);
  } catch (error) {
    const fault = startFault(error);
    state.Error = fault.message;
    state.ExitCode = exitCodeOf(fault.message);
    if (!state.Running) state.Status = container.record.HasBeenStartedBefore ? 'exited' : 'created';
    await tearDown(ctx, engine, container);
    await saveContainer(ctx, engine.config.dataRoot, container);
    if (container.host.AutoRemove === true) await removeContainer(ctx, engine, container, true);
    throw fault;
  }
  return true;
}

function startFault(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // containerd's own words stand behind the class that they came with.
  if (error instanceof GrpcError) {
    const text = /: unknown$/.test(error.description) ? error.description : `${error.description}: unknown`;
    const words = text.replace(/^failed to create shim task: /, '');
    return /executable file not found|no such file or directory|permission denied/.test(words)
      ? badRequest(words)
      : systemError(words);
  }
  throw error;
}

function exitCodeOf(message: string): number {
  if (/executable file not found|no such file or directory/.test(message)) return 127;
  return message.includes('permission denied') ? 126 : 128;
}

async function launch(ctx: Context, engine: Engine, container: Container): Promise<void> {
  const { record, host, id } = container;
  const { config, containerd, images } = engine;
  const rootPath = await mountRoot(ctx, engine, container);
  await writeFiles(ctx, engine, container);
  const directory = images.directory(record.MountId);
  const spec = await containerSpec(ctx, container, {
    rootPath,
    read: rootReader({ upper: `${directory}/diff`, lowers: await images.lowers(ctx, record.MountId) }),
    cgroupDriver: config.cgroupDriver,
    hostname: hostnameOf(engine, container, (await ctx.sys.uname(ctx)).nodename),
    pidOf: (name) => pidOf(engine, name),
  });
  record.LogPath = `${config.dataRoot}/containers/${id}/${id}-json.log`;
  const log = new JsonLog(record.LogPath);
  const streams = await ContainerStreams.open(
    engine.base,
    id,
    'init',
    { stdin: record.Config.OpenStdin === true, terminal: record.Config.Tty === true },
    (c, stream) => log.end(c, stream),
  );
  for (const sink of pendingSinks(container)) streams.add(sink);
  if ((host.LogConfig?.Type ?? 'json-file') !== 'none') {
    streams.add(async (c, stream, data) => {
      await log.write(c, stream, data);
      return true;
    });
  }
  container.streams = streams;
  streams.start(engine.base);
  let pid: number;
  try {
    pid = await containerd.create(ctx, id, spec, streams.io);
    try {
      await connectNetwork(ctx, engine, container, pid);
      await containerd.start(ctx, id);
    } catch (error) {
      await containerd.kill(ctx, id, signalNumber('SIGKILL')).catch(ignoreGrpc);
      await containerd.delete(ctx, id);
      throw error;
    }
  } catch (error) {
    await streams.close(ctx);
    container.streams = null;
    throw error;
  }
  const run = ++container.run;
  record.HasBeenStartedBefore = true;
  container.setRunning(ctx, pid);
  announce(ctx, container);
  await saveContainer(ctx, config.dataRoot, container);
  engine.base.go('monitor', (c) => monitor(c, engine, container, run));
  containerEvent(ctx, engine, container, 'start');
}

const waitingSinks = new WeakMap<Container, Sink[]>();

/** Attaching comes before starting. */
export function attachBeforeStart(container: Container, sink: Sink): void {
  waitingSinks.set(container, [...(waitingSinks.get(container) ?? []), sink]);
}

function pendingSinks(container: Container): Sink[] {
  const sinks = waitingSinks.get(container) ?? [];
  waitingSinks.delete(container);
  return sinks;
}

/** For observers: the container as its labels tell it, which for a pod's are those that dockershim gave it. */
function announce(ctx: Context, container: Container, removed = false): void {
  const { id, name, state, record } = container;
  const labels = record.Config.Labels ?? {};
  const say = (topic: string, value: Record<string, unknown>): void =>
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'state',
      component: 'dockerd',
      topic,
      key: id,
      value: removed ? null : value,
    });
  const { 'io.kubernetes.pod.name': pod, 'io.kubernetes.pod.namespace': namespace } = labels;
  if (labels['io.kubernetes.docker.type'] === 'podsandbox') say('sandbox', { name: pod, namespace, pid: state.Pid });
  say('container', {
    name: labels['io.kubernetes.container.name'] ?? name,
    attempt: Number(labels['annotation.io.kubernetes.container.restartCount'] ?? 0),
    status: state.Status,
    pid: state.Pid,
    sandbox: labels['io.kubernetes.sandbox.id'] ?? '',
  });
}

function ignoreGrpc(error: unknown): void {
  if (!(error instanceof GrpcError)) throw error;
}

function pidOf(engine: Engine, name: string): number {
  const other = findContainer(engine, name);
  if (!other.state.Running) throw conflict(`cannot join network of a non running container: ${other.id}`);
  return other.state.Pid;
}

function hostnameOf(engine: Engine, container: Container, own: string): string {
  const mode = container.networkMode;
  if (mode.startsWith('container:')) {
    const other = findContainer(engine, mode.slice('container:'.length));
    return other.record.Config.Hostname || own;
  }
  if (
    container.host.UTSMode === 'host' ||
    (mode === 'host' && container.record.Config.Hostname === container.id.slice(0, 12))
  )
    return own;
  return container.record.Config.Hostname || own;
}

async function mountRoot(ctx: Context, engine: Engine, { record }: Container): Promise<string> {
  const directory = engine.images.directory(record.MountId);
  const target = `${directory}/merged`;
  await mkdirAll(ctx, target, 0o710);
  if (await isMounted(ctx, target)) return target;
  const lowers = await engine.images.lowers(ctx, record.MountId);
  const data = `lowerdir=${lowers.join(':')},upperdir=${directory}/diff,workdir=${directory}/work`;
  try {
    await ctx.sys.mount(ctx, 'overlay', target, 'overlay', {}, data);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw systemError(`error creating overlay mount to ${target}: ${error.go}`);
  }
  return target;
}

async function isMounted(ctx: Context, path: string): Promise<boolean> {
  return (await readFile(ctx, '/proc/self/mountinfo')).split('\n').some((line) => line.split(' ')[4] === path);
}

async function unmount(ctx: Context, path: string): Promise<void> {
  try {
    await ctx.sys.umount(ctx, path, { detach: true });
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
  }
}

/** /etc/hostname, /etc/hosts and /etc/resolv.conf, the container's own or those of the one it joins. */
async function writeFiles(ctx: Context, engine: Engine, container: Container): Promise<void> {
  const { record, host } = container;
  const directory = `${engine.config.dataRoot}/containers/${container.id}`;
  const mode = container.networkMode;
  if (mode.startsWith('container:')) {
    const other = findContainer(engine, mode.slice('container:'.length)).record;
    record.ResolvConfPath = other.ResolvConfPath;
    record.HostnamePath = other.HostnamePath;
    record.HostsPath = other.HostsPath;
  } else {
    const nodename = (await ctx.sys.uname(ctx)).nodename;
    const hostname = hostnameOf(engine, container, nodename);
    record.HostnamePath = `${directory}/hostname`;
    await writeFile(ctx, record.HostnamePath, `${hostname}\n`);
    record.HostsPath = `${directory}/hosts`;
    await writeFile(
      ctx,
      record.HostsPath,
      mode === 'host' ? await readFile(ctx, '/etc/hosts') : HOSTS + extraHosts(engine, host),
    );
    record.ResolvConfPath = `${directory}/resolv.conf`;
    await writeFile(ctx, record.ResolvConfPath, await resolverText(ctx, host));
  }
  await setSharedMemory(ctx, engine, container);
}

const HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** Before the container's own line; `host-gateway` is the bridge's address. */
function extraHosts(engine: Engine, { ExtraHosts }: Container['host']): string {
  return (ExtraHosts ?? [])
    .map((text) => {
      const at = text.indexOf(':');
      const address = text.slice(at + 1);
      return `${address === 'host-gateway' ? engine.bridge.gateway : address}\t${text.slice(0, at)}\n`;
    })
    .join('');
}

async function resolverText(ctx: Context, host: Container['host']): Promise<string> {
  const { Dns = [], DnsSearch = [], DnsOptions = [] } = host;
  if (Dns.length + DnsSearch.length + DnsOptions.length === 0)
    return (await exists(ctx, '/etc/resolv.conf')) ? readFile(ctx, '/etc/resolv.conf') : '';
  const lines = [
    ...(DnsSearch.length === 0 ? [] : [`search ${DnsSearch.join(' ')}`]),
    ...Dns.map((server) => `nameserver ${server}`),
    ...(DnsOptions.length === 0 ? [] : [`options ${DnsOptions.join(' ')}`]),
  ];
  return `${lines.join('\n')}\n`;
}

async function setSharedMemory(ctx: Context, engine: Engine, container: Container): Promise<void> {
  const { record, host, id } = container;
  const mode = host.IpcMode ?? '';
  if (mode.startsWith('container:'))
    record.ShmPath = findContainer(engine, mode.slice('container:'.length)).record.ShmPath;
  else if (mode === 'host') record.ShmPath = '/dev/shm';
  else if (mode === 'shareable') {
    record.ShmPath = `${engine.config.dataRoot}/containers/${id}/mounts/shm`;
    await mkdirAll(ctx, record.ShmPath, 0o1777);
    if (!(await isMounted(ctx, record.ShmPath)))
      await ctx.sys.mount(
        ctx,
        'shm',
        record.ShmPath,
        'tmpfs',
        { noSuid: true, noExec: true, noDev: true },
        `mode=1777,size=${host.ShmSize || 67_108_864}`,
      );
  }
}

async function connectNetwork(ctx: Context, engine: Engine, container: Container, pid: number): Promise<void> {
  const { record, host, id } = container;
  const mode = container.networkMode;
  record.NetworkSettings = noNetwork();
  if (mode !== 'default' && mode !== 'bridge') return;
  record.NetworkSettings = await engine.bridge.connect(
    ctx,
    id,
    pid,
    host,
    Object.keys(record.Config.ExposedPorts ?? {}),
  );
  const { IPAddress } = record.NetworkSettings;
  await writeFile(
    ctx,
    record.HostsPath,
    `${HOSTS}${extraHosts(engine, host)}${IPAddress}\t${record.Config.Hostname}\n`,
  );
}

/** What a run leaves when it is over. */
async function tearDown(ctx: Context, engine: Engine, container: Container): Promise<void> {
  const { record } = container;
  await engine.bridge.disconnect(ctx, container.id);
  record.NetworkSettings = noNetwork();
  await unmount(ctx, `${engine.images.directory(record.MountId)}/merged`);
  if (container.host.IpcMode === 'shareable' && record.ShmPath !== '') await unmount(ctx, record.ShmPath);
}

async function monitor(ctx: Context, engine: Engine, container: Container, run: number): Promise<void> {
  const exit = await engine.containerd.wait(ctx, container.id);
  if (container.run !== run) return;
  // Without containerd nobody can tell how it ended.
  const { code, atNs } = exit ?? { code: 255, atNs: ctx.wallTime };
  await container.streams?.drained();
  await container.streams?.close(ctx);
  container.streams = null;
  await engine.containerd.delete(ctx, container.id);
  await tearDown(ctx, engine, container);
  const { host, record } = container;
  container.setStopped(code, atNs);
  announce(ctx, container);
  containerEvent(ctx, engine, container, 'die', { exitCode: String(code) });
  await saveContainer(ctx, engine.config.dataRoot, container);
  if (host.AutoRemove === true) return await removeContainer(ctx, engine, container, true);
  const policy = host.RestartPolicy?.Name ?? '';
  const again =
    policy === 'always' ||
    policy === 'unless-stopped' ||
    (policy === 'on-failure' &&
      code !== 0 &&
      record.RestartCount < (host.RestartPolicy?.MaximumRetryCount || Number.POSITIVE_INFINITY));
  if (!again || record.HasBeenManuallyStopped || engine.shuttingDown) return;
  container.state.Restarting = true;
  container.state.Status = 'restarting';
  await ctx.sleep(Math.min(RESTART_FIRST_NS * 2 ** Math.min(record.RestartCount, 10), RESTART_MAX_NS));
  record.RestartCount++;
  if (record.HasBeenManuallyStopped || engine.shuttingDown || container.run !== run) return;
  try {
    await startContainer(ctx, engine, container);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await engine.log.error(ctx, `restartmanger wait error: ${error.message}`);
  }
}

export async function stopContainer(
  ctx: Context,
  engine: Engine,
  container: Container,
  seconds = STOP_TIMEOUT_S,
): Promise<boolean> {
  container.record.HasBeenManuallyStopped = true;
  if (!container.state.Running) {
    container.state.Restarting = false;
    return false;
  }
  await stopProcess(ctx, engine, container, seconds);
  containerEvent(ctx, engine, container, 'stop');
  return true;
}

export async function stopProcess(ctx: Context, engine: Engine, container: Container, seconds: number): Promise<void> {
  const { exited, id } = container;
  const signal = parseSignal(container.record.Config.StopSignal ?? '') ?? 'SIGTERM';
  await engine.containerd.kill(ctx, id, signalNumber(signal)).catch(ignoreGrpc);
  if (await settledWithin(ctx, exited, Math.max(0, seconds) * SECOND)) return;
  await engine.log.info(
    ctx,
    `Container ${id} failed to exit within ${seconds} seconds of signal ${signalNumber(signal)} - using the force`,
  );
  await engine.containerd.kill(ctx, id, signalNumber('SIGKILL'), '', true).catch(ignoreGrpc);
  if (!(await settledWithin(ctx, exited, KILL_WAIT_NS)))
    throw systemError(`cannot stop container: ${id}: tried to kill container, but did not receive an exit event`);
}

export async function killContainer(ctx: Context, engine: Engine, container: Container, text: string): Promise<void> {
  const signal = text === '' ? 'SIGKILL' : parseSignal(text);
  if (signal === null) throw badRequest(`Invalid signal: ${text}`);
  if (!container.state.Running)
    throw conflict(`Cannot kill container: ${container.name}: Container ${container.id} is not running`);
  if (signal === 'SIGKILL') container.record.HasBeenManuallyStopped = true;
  const { exited } = container;
  await engine.containerd.kill(ctx, container.id, signalNumber(signal)).catch(ignoreGrpc);
  containerEvent(ctx, engine, container, 'kill', { signal: String(signalNumber(signal)) });
  if (signal === 'SIGKILL') await settledWithin(ctx, exited, KILL_WAIT_NS);
}

export async function removeContainer(
  ctx: Context,
  engine: Engine,
  container: Container,
  force: boolean,
): Promise<void> {
  const { id, record, state } = container;
  if (!engine.containers.has(id)) throw notFound(`No such container: ${id}`);
  if (state.Running) {
    if (!force)
      throw conflict(
        `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
      );
    await killContainer(ctx, engine, container, 'SIGKILL');
    // The monitor may have removed it meanwhile.
    if (!engine.containers.has(id)) return;
  }
  engine.containers.delete(id);
  const { images, config } = engine;
  await unmount(ctx, `${images.directory(record.MountId)}/merged`);
  await images.removeDirectory(ctx, record.MountId);
  await images.removeDirectory(ctx, `${record.MountId}-init`);
  await removeAll(ctx, `${config.dataRoot}/image/overlay2/layerdb/mounts/${record.MountId}`);
  await removeAll(ctx, `${config.dataRoot}/containers/${id}`);
  announce(ctx, container, true);
  containerEvent(ctx, engine, container, 'destroy');
  container.removed.resolve();
}
