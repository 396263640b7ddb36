/**
 * /usr/sbin/dockerd: configuration, containerd, the containers of an earlier life, the sockets; and its end.
 * @models moby 20.10 cmd/dockerd/daemon.go, daemon/daemon.go (restore, Shutdown)
 * @fidelity partial: it uses a containerd that runs already and never starts its own; no live restore, no SIGHUP
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import {
  exists,
  getenv,
  mkdirAll,
  notifyReady,
  print,
  printError,
  readFile,
  removeAll,
  writeFile,
} from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import type { HostConfig } from '../../../protocols/docker/types.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { serveHttp } from '../../../protocols/kube/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import { parallel, settledWithin } from '../shared/concurrency.ts';
import { Failure, failure } from '../shared/errors.ts';
import { Logger } from '../shared/log.ts';
import { answer } from './api/routes.ts';
import { type EngineConfig, loadConfig } from './config.ts';
import { ContainerdClient } from './containerd-client.ts';
import { Container, type ContainerRecord, saveContainer } from './containers/container.ts';
import { noNetwork } from './containers/create.ts';
import { startContainer, stopProcess } from './containers/run.ts';
import { type Engine, EventHub } from './engine.ts';
import { ApiError } from './errors.ts';
import { ImageStore } from './images/image-store.ts';
import { Bridge } from './network/bridge.ts';
import { COMMIT, VERSION } from './release.ts';

const FIRST_SOCKET = 3;
const SIGTERM = 15;
const SIGKILL = 9;
const RESTORE_WAIT_NS = 10_000_000_000;
const STOP_TIMEOUT_S = 10;

export const dockerdProgram: Program = {
  name: 'dockerd',
  layer: 'cri-runtime',
  startCpuNs: LATENCY.goRuntimeStartNs * 4,
  rssBytes: 80 * 1_048_576,
  threads: 12,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  if (argv.includes('--version') || argv.includes('-v')) {
    await print(ctx, `Docker version ${VERSION}, build ${COMMIT}\n`);
    return 0;
  }
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  const signals = new Queue<'stop' | 'failed'>(ctx.scheduler);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) ctx.sys.sigaction(ctx, signal, () => signals.push('stop'));
  const log = new Logger('info');
  let engine: Engine | null = null;
  ctx.go('start', async (c) => {
    try {
      engine = await start(c, await loadConfig(c, argv), log);
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof GrpcError)) throw error;
      const words = error instanceof GrpcError ? `failed to dial containerd: ${error.description}` : error.message;
      await printError(
        c,
        `failed to start daemon: ${words}\n`.replace(/^failed to start daemon: (unable|unknown flag)/, '$1'),
      );
      signals.push('failed');
    }
  });
  if ((await signals.take()) === 'failed') return 1;
  await log.info(ctx, "Processing signal 'terminated'");
  if (engine !== null) await shutDown(ctx, engine);
  await log.info(ctx, 'Daemon shutdown complete');
  return 0;
}

async function start(ctx: Context, config: EngineConfig, log: Logger): Promise<Engine> {
  await log.info(ctx, 'Starting up');
  await checkPidFile(ctx, config.pidFile);
  await ctx.cpu(LATENCY.dockerdBootNs);
  const containerd = new ContainerdClient(config.containerd, config.cgroupDriver === 'systemd');
  await containerd.version(ctx);
  await mkdirAll(ctx, config.dataRoot, 0o710);
  await mkdirAll(ctx, '/var/run/docker/containerd', 0o700);
  const images = await ImageStore.open(ctx, config.dataRoot);
  await log.info(ctx, '[graphdriver] using prior storage driver: overlay2');
  await log.info(ctx, 'Loading containers: start.');
  const engine: Engine = {
    base: ctx,
    config,
    log,
    containerd,
    images,
    bridge: await Bridge.open(ctx, config.bridgeAddress),
    containers: new Map(),
    execs: new Map(),
    events: new EventHub(),
    id: await engineId(ctx),
    shuttingDown: false,
  };
  const again = await restore(ctx, engine);
  await log.info(ctx, 'Loading containers: done.');
  await log.info(ctx, 'Docker daemon', { commit: COMMIT, 'graphdriver(s)': 'overlay2', version: VERSION });
  await log.info(ctx, 'Daemon has completed initialization');
  await serve(ctx, engine);
  await notifyReady(ctx);
  for (const container of again)
    ctx.go('restart', async (c) => {
      try {
        await startContainer(c, engine, container);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await log.error(c, `failed to start container: ${error.message}`, undefined, { container: container.id });
      }
    });
  return engine;
}

async function engineId(ctx: Context): Promise<string> {
  const path = '/etc/docker/key.json';
  if (!(await exists(ctx, path))) {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const group = (): string => Array.from({ length: 4 }, () => letters[ctx.random.below(32)]).join('');
    const kid = Array.from({ length: 12 }, group).join(':');
    await mkdirAll(ctx, '/etc/docker');
    await writeFile(ctx, path, JSON.stringify({ crv: 'P-256', kid, kty: 'EC' }), { mode: 0o600 });
  }
  return (JSON.parse(await readFile(ctx, path)) as { kid: string }).kid;
}

async function checkPidFile(ctx: Context, path: string): Promise<void> {
  if (await exists(ctx, path)) {
    const pid = Number((await readFile(ctx, path)).trim());
    if (pid !== ctx.sys.getpid(ctx) && (await exists(ctx, `/proc/${pid}`)))
      throw failure(`pid file found, ensure docker is not running or delete ${path}`);
  }
  await writeFile(ctx, path, String(ctx.sys.getpid(ctx)));
}

/** Containers of before. Those that still run are stopped: without live restore a daemon takes its containers with it. */
async function restore(ctx: Context, engine: Engine): Promise<Container[]> {
  const { config, containerd } = engine;
  const again: Container[] = [];
  for (const { name } of await ctx.sys.readDirectory(ctx, `${config.dataRoot}/containers`)) {
    const directory = `${config.dataRoot}/containers/${name}`;
    if (!(await exists(ctx, `${directory}/config.v2.json`))) continue;
    const record = JSON.parse(await readFile(ctx, `${directory}/config.v2.json`)) as ContainerRecord;
    const host = JSON.parse(await readFile(ctx, `${directory}/hostconfig.json`)) as HostConfig;
    const container = new Container(ctx.scheduler, record, host);
    engine.containers.set(name, container);
    const wasRunning = record.State.Running;
    if (wasRunning || record.State.Restarting) await endOldRun(ctx, engine, container);
    else container.exited.resolve(record.State.ExitCode);
    const policy = host.RestartPolicy?.Name ?? '';
    if (
      policy === 'always' ||
      (policy === 'unless-stopped' && !record.HasBeenManuallyStopped) ||
      (policy === 'on-failure' && record.State.ExitCode !== 0)
    )
      again.push(container);
  }
  void containerd;
  return again;
}

async function endOldRun(ctx: Context, engine: Engine, container: Container): Promise<void> {
  const { containerd, images, config } = engine;
  let code = 255;
  let atNs = ctx.wallTime;
  if (containerd.isRunning(await containerd.task(ctx, container.id))) {
    const ended = new Queue<{ code: number; atNs: bigint } | null>(ctx.scheduler);
    ctx.go('old-run', async (c) => ended.push(await containerd.wait(c, container.id)));
    await quietly(() => containerd.kill(ctx, container.id, SIGTERM));
    ctx.go('old-run-kill', async (c) => {
      await c.sleep(RESTORE_WAIT_NS);
      await quietly(() => containerd.kill(c, container.id, SIGKILL, '', true));
    });
    const exit = await ended.take();
    if (exit !== null) ({ code, atNs } = exit);
  }
  await containerd.delete(ctx, container.id);
  container.setStopped(code, atNs);
  container.record.State.Restarting = false;
  container.record.NetworkSettings = noNetwork();
  for (const path of [
    `${images.directory(container.record.MountId)}/merged`,
    ...(container.record.ShmPath.startsWith(config.dataRoot) ? [container.record.ShmPath] : []),
  ]) {
    try {
      await ctx.sys.umount(ctx, path, { detach: true });
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  await saveContainer(ctx, config.dataRoot, container);
}

async function quietly(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
  }
}

async function serve(ctx: Context, engine: Engine): Promise<void> {
  for (const host of engine.config.hosts) {
    const fd = await listen(ctx, host);
    await engine.log.info(ctx, `API listen on ${host === 'fd://' ? '/run/docker.sock' : host.replace('unix://', '')}`);
    ctx.go('api', (c) => serveHttp(c, fd, null, (x, exchange) => answer(x, engine, exchange)));
  }
}

async function listen(ctx: Context, host: string): Promise<number> {
  if (host === 'fd://') {
    // systemd has made the socket, and hands it over as the first descriptor after the standard ones.
    if (getenv(ctx, 'LISTEN_FDS') === undefined)
      throw failure(
        'failed to load listeners: no sockets found via socket activation: make sure the service was started by systemd',
      );
    return FIRST_SOCKET;
  }
  const path = host.startsWith('unix://') ? host.slice('unix://'.length) : null;
  try {
    if (path !== null) {
      await removeAll(ctx, path);
      return await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o660 });
    }
    const match = /^tcp:\/\/([^:/]*):(\d+)$/.exec(host);
    if (match === null) throw failure(`invalid bind address format: ${host}`);
    return await ctx.sys.listen(ctx, { family: 'inet', host: match[1] || '0.0.0.0', port: Number(match[2]) });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`failed to load listeners: can't create unix socket ${quote(path ?? host)}: ${error.go}`);
  }
}

async function shutDown(ctx: Context, engine: Engine): Promise<void> {
  engine.shuttingDown = true;
  const running = [...engine.containers.values()].filter(({ state }) => state.Running);
  if (!engine.config.liveRestore)
    await parallel(ctx, 'shutdown', running, async (c, container) => {
      try {
        await stopProcess(c, engine, container, STOP_TIMEOUT_S);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        await engine.log.error(c, error.message);
      }
      await settledWithin(c, container.exited, RESTORE_WAIT_NS);
    });
  await removeAll(ctx, engine.config.pidFile);
  for (const host of engine.config.hosts)
    if (host.startsWith('unix://')) await removeAll(ctx, host.slice('unix://'.length));
}
