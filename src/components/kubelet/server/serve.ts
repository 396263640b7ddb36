/**
 * The kubelet's servers: health on the loopback, everything else over TLS for the API server.
 * @models kubernetes 1.36 pkg/kubelet/server/server.go
 * @fidelity partial: no webhook authorization: a client certificate of the cluster's CA may do everything
 */
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { exists, readFile, writeFile } from '../../../linux/io.ts';
import { type Certificate, decodePem, encodePem } from '../../../protocols/distribution/tls-model.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import { encodeRequestHead } from '../../../protocols/http/http1.ts';
import { type Exchange, serveHttp, splice } from '../../../protocols/kube/server.ts';
import type { Pod } from '../../../protocols/kube/types.ts';
import { parseStreamUrl } from '../../../protocols/streaming/client.ts';
import { traceUpgrade, withOwnSpan } from '../../../protocols/streaming/upgrade-call.ts';
import { Failure } from '../failures.ts';
import type { Kubelet } from '../kubelet.ts';
import { latestStatus, readySandbox } from '../kuberuntime/pod-status.ts';
import { uidOf } from '../pod.ts';
import { containerForLogs, isMissing, logOptionsOf, writeLog } from './logs.ts';
import { statsSummary } from './stats.ts';

const CA_FILE = '/etc/kubernetes/pki/ca.crt';
const TEXT: readonly (readonly [string, string])[] = [['Content-Type', 'text/plain; charset=utf-8']];
const JSON_TYPE: readonly (readonly [string, string])[] = [['Content-Type', 'application/json']];

export async function serveKubelet(ctx: Context, kubelet: Kubelet, nodeName: string): Promise<void> {
  const { config, log, rootDir } = kubelet.parts;
  if (config.healthzPort > 0) {
    const fd = await listen(ctx, config.healthzBindAddress, config.healthzPort);
    ctx.go('healthz', (c) => serveHttp(c, fd, null, (x, exchange) => health(x, exchange)));
  }
  if (!config.enableServer) return;
  const certificate = await servingCertificate(ctx, rootDir, nodeName);
  const ca = await certificateAt(ctx, CA_FILE);
  const fd = await listen(ctx, config.address, config.port);
  await log.info(ctx, 0, 'server.go:213', 'Starting to listen', ['address', config.address], ['port', config.port]);
  const clientIssuers = ca === null ? [] : [ca.subject];
  ctx.go('server', (c) =>
    serveHttp(c, fd, { certificate, clientIssuers }, (x, exchange) => route(x, kubelet, exchange)),
  );
}

async function listen(ctx: Context, host: string, port: number): Promise<number> {
  try {
    return await ctx.sys.listen(ctx, { family: 'inet', host, port });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new Failure(`failed to run Kubelet: listen tcp ${host}:${port}: bind: ${error.go}`);
  }
}

async function certificateAt(ctx: Context, path: string): Promise<Certificate | null> {
  try {
    return decodePem(await readFile(ctx, path));
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}

/** Signed by nobody but itself, made once. */
async function servingCertificate(ctx: Context, rootDir: string, nodeName: string): Promise<Certificate> {
  const path = `${rootDir}/pki/kubelet.crt`;
  const old = await certificateAt(ctx, path);
  if (old !== null) return old;
  const seconds = ctx.wallTime / 1_000_000_000n;
  const certificate: Certificate = {
    subject: `${nodeName}@${seconds}`,
    issuer: `${nodeName}-ca@${seconds}`,
    dnsNames: [nodeName],
  };
  await writeFile(ctx, path, encodePem(certificate));
  return certificate;
}

async function health(ctx: Context, exchange: Exchange): Promise<void> {
  if (exchange.path === '/healthz' || exchange.path.startsWith('/healthz/')) await exchange.reply(ctx, 200, 'ok', TEXT);
  else await exchange.reply(ctx, 404, '404 page not found\n', TEXT);
}

async function route(ctx: Context, kubelet: Kubelet, exchange: Exchange): Promise<void> {
  const { path, certificate } = exchange;
  if (certificate === null) return exchange.reply(ctx, 401, 'Unauthorized', TEXT);
  const [, first = '', namespace = '', name = '', third = '', fourth] = path.split('/').map(decodeURIComponent);
  // With a UID in front of it, the container is the last part.
  const container = fourth ?? third;
  switch (first) {
    case 'healthz':
      return health(ctx, exchange);
    case 'pods':
      return exchange.reply(
        ctx,
        200,
        JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: kubelet.list() }),
        JSON_TYPE,
      );
    case 'stats':
      return exchange.reply(ctx, 200, JSON.stringify(await statsSummary(ctx, kubelet)), JSON_TYPE);
    case 'metrics':
      return exchange.reply(ctx, 200, metrics(kubelet), TEXT);
    case 'containerLogs':
      return containerLogs(ctx, kubelet, exchange, namespace, name, container);
    case 'exec':
    case 'attach':
    case 'portForward':
      return streaming(ctx, kubelet, exchange, first, namespace, name, container);
    case 'configz':
    case 'debug':
    case 'logs':
    case 'run':
    case 'runningpods':
    case 'checkpoint':
      return exchange.reply(ctx, 501, `not simulated: /${first} of the kubelet\n`, TEXT);
    default:
      return exchange.reply(ctx, 404, '404 page not found\n', TEXT);
  }
}

function metrics(kubelet: Kubelet): string {
  const pods = kubelet.list();
  const running = pods.filter(({ status }) => status?.phase === 'Running').length;
  return `# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox
# TYPE kubelet_running_pods gauge
kubelet_running_pods ${running}
# HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.
# TYPE kubelet_node_name gauge
kubelet_node_name{node="${kubelet.parts.node.name}"} 1
`;
}

async function containerLogs(
  ctx: Context,
  kubelet: Kubelet,
  exchange: Exchange,
  namespace: string,
  name: string,
  container: string,
): Promise<void> {
  const pod = kubelet.find(namespace, name);
  if (pod === undefined) return exchange.reply(ctx, 404, `pod ${JSON.stringify(name)} not found\n`, TEXT);
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  if (![...initContainers, ...containers, ...ephemeralContainers].some((one) => one.name === container))
    return exchange.reply(
      ctx,
      404,
      `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}\n`,
      TEXT,
    );
  const options = logOptionsOf(ctx, exchange.query);
  const wanted = containerForLogs(pod, container, options.previous);
  if ('error' in wanted) return exchange.reply(ctx, 400, wanted.error, TEXT);
  await exchange.startChunks(ctx, 200, TEXT);
  const { runtime, runtimeName } = kubelet.parts;
  let path = '';
  const unable = `unable to retrieve container logs for ${runtimeName}://${wanted.id}`;
  try {
    const status = await runtime.containerStatus(ctx, wanted.id);
    if (status === null) await exchange.chunk(ctx, unable);
    else {
      path = status.logPath;
      await writeLog(
        ctx,
        path,
        options,
        (c, data) => exchange.chunk(c, data),
        () => kubelet.pleg.cached(uidOf(pod)).containers.some(({ id, state }) => id === wanted.id && state === 1),
      );
    }
  } catch (error) {
    if (error instanceof GrpcError) await exchange.chunk(ctx, unable);
    else if (!isMissing(error)) throw error;
    else {
      const missing = `lstat ${await firstMissing(ctx, path)}: no such file or directory`;
      await exchange.chunk(ctx, `failed to try resolving symlinks in path ${JSON.stringify(path)}: ${missing}`);
    }
  }
  try {
    await exchange.endChunks(ctx);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** Where a walk along the path ends. */
async function firstMissing(ctx: Context, path: string): Promise<string> {
  const parts = path.split('/');
  for (let i = 2; i < parts.length; i++) {
    const above = parts.slice(0, i).join('/');
    if (!(await exists(ctx, above))) return above;
  }
  return path;
}

/** Asks the runtime for the URL of its streaming server and hands the connection through. */
async function streaming(
  ctx: Context,
  kubelet: Kubelet,
  exchange: Exchange,
  kind: 'exec' | 'attach' | 'portForward',
  namespace: string,
  name: string,
  container: string,
): Promise<void> {
  const pod = kubelet.find(namespace, name);
  if (pod === undefined) return exchange.reply(ctx, 404, 'pod does not exist\n', TEXT);
  let url: string;
  try {
    url = await streamingUrl(ctx, kubelet, exchange, kind, pod, container);
  } catch (error) {
    if (!(error instanceof GrpcError) && !(error instanceof Failure)) throw error;
    const code = error instanceof GrpcError ? STATUS_OF[error.code] : 500;
    return exchange.reply(ctx, code ?? 500, error.message, TEXT);
  }
  const { host, port, path: target } = parseStreamUrl(url);
  let upstream: number;
  try {
    upstream = await ctx.sys.connect(ctx, { family: 'inet', host, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    return exchange.reply(ctx, 500, `error dialing backend: dial tcp ${host}:${port}: connect: ${error.go}`, TEXT);
  }
  const { method } = exchange;
  const request = encodeRequestHead({ method, target, headers: withOwnSpan(ctx, exchange.headers) });
  const call = traceUpgrade(ctx, upstream, { method, target, address: `${host}:${port}`, request });
  await ctx.sys.write(ctx, upstream, request);
  const fd = exchange.hijack();
  await splice(ctx, fd, upstream, call.heard);
  await ctx.sys.close(ctx, upstream);
  await ctx.sys.close(ctx, fd);
}

const STATUS_OF: Readonly<Record<number, number>> = { [grpcCode.NotFound]: 404, [grpcCode.ResourceExhausted]: 429 };

async function streamingUrl(
  ctx: Context,
  kubelet: Kubelet,
  exchange: Exchange,
  kind: 'exec' | 'attach' | 'portForward',
  pod: Pod,
  container: string,
): Promise<string> {
  const { runtime } = kubelet.parts;
  const { query } = exchange;
  const status = kubelet.pleg.cached(uidOf(pod));
  if (kind === 'portForward') {
    const sandbox = readySandbox(status);
    if (sandbox === undefined)
      throw new Failure(`sandbox of pod not found ("${pod.metadata.name}_${pod.metadata.namespace}")`);
    return runtime.portForwardUrl(ctx, sandbox.id, (query.get('port') ?? []).map(Number));
  }
  const found = latestStatus(status, container);
  if (found?.state !== 1) throw new Failure(`container not found ("${container}")`);
  const flag = (key: string): boolean => query.get(key)?.[0] === '1' || query.get(key)?.[0] === 'true';
  const streams = {
    stdin: flag('input'),
    stdout: flag('output'),
    stderr: flag('error') && !flag('tty'),
    tty: flag('tty'),
  };
  if (kind === 'attach') return runtime.attachUrl(ctx, found.id, streams);
  return runtime.execUrl(ctx, found.id, query.get('command') ?? [], streams);
}
