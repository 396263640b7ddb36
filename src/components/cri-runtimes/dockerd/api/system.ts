/** /_ping, /version, /info, /events. @models moby 20.10 api/server/router/system, daemon/info.go @fidelity partial: no plugins, swarm or runtimes table */
import type { Context } from '../../../../linux/context.ts';
import { readFile } from '../../../../linux/io.ts';
import { API_VERSION } from '../../../../protocols/docker/client.ts';
import type { EngineEvent, Info, Version } from '../../../../protocols/docker/types.ts';
import { Queue } from '../../../../sim/primitives.ts';
import { COMMIT, CONTAINERD_COMMIT, GO_VERSION, VERSION } from '../release.ts';
import { imagesCount } from './images.ts';
import type { Call } from './routes.ts';
import { unixSeconds } from './unix-seconds.ts';

export async function ping({ ctx, exchange }: Call): Promise<void> {
  await exchange.reply(ctx, 200, 'OK', [
    ['Api-Version', API_VERSION],
    ['Content-Type', 'text/plain; charset=utf-8'],
  ]);
}

export async function version({ ctx, engine, json }: Call): Promise<void> {
  const kernel = (await ctx.sys.uname(ctx)).release;
  const answer: Version = {
    Platform: { Name: '' },
    Components: [
      {
        Name: 'Engine',
        Version: VERSION,
        Details: {
          ApiVersion: API_VERSION,
          Arch: 'amd64',
          BuildTime: '2023-05-07T13:39:24.000000000+00:00',
          Experimental: 'false',
          GitCommit: COMMIT,
          GoVersion: GO_VERSION,
          KernelVersion: kernel,
          MinAPIVersion: '1.12',
          Os: 'linux',
        },
      },
      { Name: 'containerd', Version: await engine.containerd.version(ctx), Details: { GitCommit: CONTAINERD_COMMIT } },
      { Name: 'runc', Version: '1.0.0~rc93+ds1', Details: { GitCommit: '1.0.0~rc93+ds1-5+deb11u2' } },
      { Name: 'docker-init', Version: '0.19.0', Details: { GitCommit: '' } },
    ],
    Version: VERSION,
    ApiVersion: API_VERSION,
    MinAPIVersion: '1.12',
    GitCommit: COMMIT,
    GoVersion: GO_VERSION,
    Os: 'linux',
    Arch: 'amd64',
    KernelVersion: kernel,
    BuildTime: '2023-05-07T13:39:24.000000000+00:00',
  };
  await json(200, answer);
}

async function osName(ctx: Context): Promise<string> {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(await readFile(ctx, '/etc/os-release'))?.[1] ?? 'Unknown';
}

export async function info({ ctx, engine, json }: Call): Promise<void> {
  const states = [...engine.containers.values()].map(({ state }) => state);
  const uname = await ctx.sys.uname(ctx);
  const memory = /^MemTotal:\s+(\d+)/m.exec(await readFile(ctx, '/proc/meminfo'))?.[1] ?? '0';
  const cores = (await readFile(ctx, '/proc/cpuinfo'))
    .split('\n')
    .filter((line) => line.startsWith('processor')).length;
  const running = states.filter((state) => state.Running).length;
  const paused = states.filter((state) => state.Paused).length;
  const answer: Info = {
    ID: engine.id,
    Containers: states.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: states.length - running - paused,
    Images: imagesCount(engine),
    Driver: 'overlay2',
    DriverStatus: [
      ['Backing Filesystem', 'extfs'],
      ['Supports d_type', 'true'],
      ['Native Overlay Diff', 'true'],
    ],
    LoggingDriver: 'json-file',
    CgroupDriver: engine.config.cgroupDriver,
    CgroupVersion: '2',
    KernelVersion: uname.release,
    OperatingSystem: await osName(ctx),
    OSVersion: /^VERSION_ID="?([^"\n]*)/m.exec(await readFile(ctx, '/etc/os-release'))?.[1] ?? '',
    OSType: 'linux',
    Architecture: 'x86_64',
    NCPU: cores,
    MemTotal: Number(memory) * 1024,
    DockerRootDir: engine.config.dataRoot,
    Name: uname.nodename,
    ServerVersion: VERSION,
    DefaultRuntime: 'runc',
    LiveRestoreEnabled: engine.config.liveRestore,
    InitBinary: 'docker-init',
    ContainerdCommit: { ID: CONTAINERD_COMMIT },
    RuncCommit: { ID: '1.0.0~rc93+ds1-5+deb11u2' },
    InitCommit: { ID: '' },
    SecurityOptions: ['name=cgroupns'],
    IndexServerAddress: 'https://index.docker.io/v1/',
  };
  await json(200, answer);
}

export async function events({ ctx, engine, exchange, query }: Call): Promise<void> {
  for (const name of ['since', 'until']) unixSeconds(query(name));
  await exchange.startChunks(ctx, 200, [['Content-Type', 'application/json']]);
  const queue = new Queue<EngineEvent | null>(ctx.scheduler);
  const since = Number(query('since') || Number.POSITIVE_INFINITY);
  for (const event of engine.events.past) if (event.time >= since) queue.push(event);
  const until = query('until');
  const stop = engine.events.listen((event) => queue.push(event));
  if (until !== '')
    ctx.go('events-end', async (c) => {
      await c.sleep(Math.max(0, Number(BigInt(Math.round(Number(until) * 1e9)) - c.wallTime)));
      queue.push(null);
    });
  for (;;) {
    const event = await queue.take();
    if (event === null || !(await exchange.chunk(ctx, `${JSON.stringify(event)}\n`))) break;
  }
  stop();
  await exchange.endChunks(ctx);
}
