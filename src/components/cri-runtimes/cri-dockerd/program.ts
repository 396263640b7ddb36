/**
 * /usr/bin/cri-dockerd: what the kubelet had inside until 1.23, as a daemon in front of Docker.
 * @models cri-dockerd 0.3.4 cmd/server.go, core/docker_service.go, backend/daemon.go
 * @fidelity partial: no cgroup of its own, no cleanup of crufts; of network plugins only CNI; Docker's info is not logged whole
 */
import { type LogLevel, logrusText, parseLogLevel } from '../../../go/logrus.ts';
import { indexFlags, parsePflags } from '../../../go/pflag.ts';
import { quote } from '../../../go/quote.ts';
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { getenv, mkdirAll, notifyReady, print, printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import { DockerService } from '../shared/dockershim/docker-service.ts';
import { criServer, dockerInfo, dockerVersion } from '../shared/dockershim/implement.ts';
import { CniPlugin } from '../shared/dockershim/network.ts';
import { Failure, failure } from '../shared/errors.ts';
import { Logger } from '../shared/log.ts';
import { FLAGS, usageText } from './flags.ts';

const VERSION = '0.3.4';
const COMMIT = 'e88b1605';
const FULL_VERSION = `${VERSION} (${COMMIT})`;
const FIRST_SOCKET = 3;

type Text = (flag: string) => string;

async function main(ctx: Context, argv: string[]): Promise<number> {
  const fatal = async (message: string): Promise<number> => {
    await printError(ctx, logrusText({ level: 'fatal', message, timeNs: ctx.wallTime }));
    return 1;
  };
  const parsed = parsePflags(indexFlags(FLAGS), argv.slice(1));
  if (!parsed.ok) {
    await printError(ctx, usageText());
    return await fatal(parsed.error);
  }
  const { values, args } = parsed.set;
  const text: Text = (flag) => String(values.get(flag) ?? '');
  if (args.length > 0) {
    await printError(ctx, usageText());
    return await fatal(`Unknown command: ${args[0]}`);
  }
  if (values.get('help') === true) {
    await print(ctx, `CRI that connects to the Docker Daemon\n\n${usageText()}`);
    return 0;
  }
  if (values.get('version') === true) {
    await printError(ctx, `cri-dockerd ${FULL_VERSION}\n`);
    return 0;
  }
  if (values.get('buildinfo') === true) {
    await printError(
      ctx,
      `Program: cri-dockerd\nVersion: ${FULL_VERSION}\nGitCommit: ${COMMIT}\nGo version: go1.20.4\n`,
    );
    return 0;
  }
  const level = text('log-level') === '' ? 'info' : parseLogLevel(text('log-level'));
  if (level === undefined) return await fatal(`Unknown log level: ${text('log-level')}`);
  return await untilStopped(ctx, text, level, fatal);
}

async function untilStopped(
  ctx: Context,
  text: Text,
  level: LogLevel,
  fatal: (message: string) => Promise<number>,
): Promise<number> {
  const ends = new Queue<string | null>(ctx.scheduler);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) ctx.sys.sigaction(ctx, signal, () => ends.push(null));
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  ctx.go('start', async (c) => {
    try {
      await start(c, text, new Logger(level, rfc3339));
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof GrpcError)) throw error;
      ends.push(error instanceof GrpcError ? error.description : error.message);
    }
  });
  const problem = await ends.take();
  return problem === null ? 0 : await fatal(problem);
}

async function start(ctx: Context, text: Text, log: Logger): Promise<void> {
  await log.info(ctx, `Starting cri-dockerd ${FULL_VERSION}`);
  await ctx.cpu(LATENCY.goRuntimeStartNs);
  await log.info(ctx, `Connecting to docker on the Endpoint ${text('docker-endpoint')}`);
  await log.info(ctx, 'Start docker client with request timeout 0s');
  const plugin = text('network-plugin');
  const shim = new DockerService({
    name: 'cri-dockerd',
    dockerEndpoint: text('docker-endpoint'),
    sandboxImage: text('pod-infra-container-image'),
    network: plugin === 'cni' ? new CniPlugin(text('cni-conf-dir'), text('cni-bin-dir')) : null,
    rootDirectory: text('cri-dockerd-root-directory'),
    tellsCriVersion: true,
  });
  await mkdirAll(ctx, `${text('cri-dockerd-root-directory')}/sandbox`, 0o755);
  await dockerVersion(ctx, shim);
  await log.info(ctx, `Hairpin mode is set to ${text('hairpin-mode')}`);
  if (plugin === 'kubenet') throw failure('not simulated: the network plugin kubenet');
  if (plugin !== '' && plugin !== 'cni')
    throw failure(
      `didn't find compatible CNI plugin with given settings {PluginName:${plugin}}: network plugin ${quote(plugin)} not found`,
    );
  await log.info(
    ctx,
    `Docker cri networking managed by network plugin ${plugin === '' ? 'kubernetes.io/no-op' : plugin}`,
  );
  await log.info(ctx, `Setting cgroupDriver ${(await dockerInfo(ctx, shim)).CgroupDriver}`);
  await log.info(
    ctx,
    `Docker cri received runtime config &RuntimeConfig{NetworkConfig:&NetworkConfig{PodCidr:${text('pod-cidr')},},}`,
  );
  await log.info(ctx, 'Starting the GRPC backend for the Docker CRI interface.');
  await serveStreams(ctx, shim, text('streaming-bind-addr'));
  await log.info(ctx, 'Start cri-dockerd grpc backend');
  const fd = await listen(ctx, text('container-runtime-endpoint'));
  ctx.go('cri-dockerd', (c) => criServer(shim).serve(c, fd));
  await notifyReady(ctx);
}

/** The address that clients are told has no scheme, as upstream; they take it for http. */
async function serveStreams(ctx: Context, shim: DockerService, given: string): Promise<void> {
  const [, host = '', port = '0'] = /^(\[?[\d.:]*\d\]?)(?::(\d+))?$/.exec(given) ?? [];
  if (given !== '' && host === '') throw failure(`Could not parse the given streaming bind address: ${given}`);
  const fd = await ctx.sys.listen(ctx, { family: 'inet', host: host || '0.0.0.0', port: Number(port) });
  const address = ctx.sys.socketAddress(ctx, fd, 'local');
  if (address.family === 'inet') shim.streaming.baseUrl = `//${host || '[::]'}:${address.port}/cri`;
  ctx.go('cri-dockerd-streaming', (c) => shim.streaming.serve(c, fd));
}

async function listen(ctx: Context, endpoint: string): Promise<number> {
  const failed = (why: string): Failure => failure(`cri-dockerd failed to listen on ${quote(endpoint)}: ${why}`);
  if (endpoint === 'fd://') {
    // systemd has made the socket, and hands it over as the first descriptor after the standard ones.
    if (getenv(ctx, 'LISTEN_FDS') !== undefined) return FIRST_SOCKET;
    throw failed('no sockets found via socket activation: make sure the service was started by systemd');
  }
  const [, scheme = '', path = ''] = /^(\w+):\/\/(.*)$/.exec(endpoint) ?? [];
  if (scheme === 'tcp') throw failed('not simulated: TCP endpoints');
  if (scheme !== 'unix') throw failed(`protocol ${quote(scheme)} not supported`);
  try {
    await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
    try {
      await ctx.sys.unlink(ctx, path);
    } catch (error) {
      if (!(error instanceof Errno) || error.code !== 'ENOENT') throw error;
    }
    return await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failed(`listen unix ${path}: bind: ${error.go}`);
  }
}

export const criDockerdProgram: Program = {
  name: 'cri-dockerd',
  layer: 'cri-runtime',
  startCpuNs: LATENCY.goRuntimeStartNs * 2,
  rssBytes: 40 * 1_048_576,
  threads: 10,
  main,
};
