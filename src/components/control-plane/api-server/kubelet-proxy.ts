/**
 * Requests about a running pod, handed on to the kubelet of its node.
 * @models pkg/registry/core/pod/rest/{log,subresources}.go, strategy.go (LogLocation, ExecLocation)
 * @fidelity partial: of the node's proxy what is read
 */
import type { GoError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import type { Certificate } from '../../../protocols/distribution/tls-model.ts';
import { encodeRequestHead, type Headers, headerValue } from '../../../protocols/http/http1.ts';
import { queryText, statusErrorOf } from '../../../protocols/kube/client.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import { type Exchange, splice } from '../../../protocols/kube/server.ts';
import { badRequest, failure, internalError } from '../../../protocols/kube/status-error.ts';
import { newTransport, type Transport } from '../../../protocols/kube/transport.ts';
import type { Node, Pod } from '../../../protocols/kube/types.ts';
import { type CommandChannels, channel } from '../../../protocols/streaming/channels.ts';
import { channelsOf, openChannels } from '../../../protocols/streaming/spdy-channels.ts';
import { SpdyConnection } from '../../../protocols/streaming/spdy-connection.ts';
import { acceptUpgrade, readResponse, upgradeRequest } from '../../../protocols/streaming/upgrade.ts';
import { traceUpgrade, withOwnSpan } from '../../../protocols/streaming/upgrade-call.ts';
import { WebSocketChannels } from '../../../protocols/streaming/websocket-channels.ts';
import { Future } from '../../../sim/primitives.ts';
import type { Store } from './store.ts';

export type KubeletProxy = {
  log(ctx: Context, exchange: Exchange, pod: Pod): Promise<void>;
  /** What the kubelet itself answers on a path of its own. */
  read(ctx: Context, exchange: Exchange, nodeName: string, path: string): Promise<void>;
  stream(ctx: Context, exchange: Exchange, pod: Pod, kind: 'exec' | 'attach' | 'portforward'): Promise<void>;
};

/** The first with a word for the end of standard input. */
const STREAM_CLOSE_PROTOCOL = 'v5.channel.k8s.io';
const LOG_OPTIONS = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];

export function newKubeletProxy(store: Store, clientCertificate: Certificate | null): KubeletProxy {
  const transports = new Map<string, Transport>();

  const transportTo = (nodeName: string): Transport => {
    const node = store.get(resourceNamed('nodes'), nodeName) as Node | undefined;
    const address = node?.status?.addresses?.find((a) => a.type === 'InternalIP')?.address;
    if (address === undefined) throw internalError(`no preferred addresses found; known addresses: []`);
    const server = `https://${address}:${node?.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10_250}`;
    const known = transports.get(server);
    if (known !== undefined) return known;
    // The kubelet signs its own serving certificate.
    const made = newTransport({
      server,
      issuers: [],
      skipVerify: true,
      clientCertificate,
      token: null,
      namespace: '',
      userAgent: 'Go-http-client/1.1',
    });
    transports.set(server, made);
    return made;
  };

  return {
    async log(ctx, exchange, pod) {
      const container = containerOf(pod, exchange.query.get('container')?.[0]);
      const { nodeName } = pod.spec;
      if (nodeName === undefined) return exchange.reply(ctx, 200, '', [['Content-Type', 'text/plain']]);
      const query = Object.fromEntries(LOG_OPTIONS.map((name) => [name, exchange.query.get(name)?.[0]]));
      const { namespace, name } = pod.metadata;
      const target = `/containerLogs/${namespace}/${name}/${container}${queryText(query)}`;
      const transport = transportTo(nodeName);
      let response: Awaited<ReturnType<Transport['open']>>;
      try {
        response = await transport.open(ctx, { method: 'GET', target, headers: [], body: '' });
      } catch (error) {
        throw failure(500, '', (error as GoError).message);
      }
      if (response.head.status !== 200) throw statusErrorOf(response.head.status, await transport.body(ctx, response));
      await exchange.startChunks(ctx, 200, [['Content-Type', 'text/plain']]);
      const gone = { gone: true };
      try {
        await response.stream.readBody(ctx, response.head.headers, true, async (c, part) => {
          if (!(await exchange.chunk(c, part))) throw gone;
        });
        await exchange.endChunks(ctx);
      } catch (error) {
        if (error !== gone) throw error;
      } finally {
        await ctx.sys.close(ctx, response.stream.fd);
      }
    },
    async read(ctx, exchange, nodeName, path) {
      const transport = transportTo(nodeName);
      const query = Object.fromEntries([...exchange.query].map(([key, values]) => [key, values[0]]));
      let response: Awaited<ReturnType<Transport['open']>>;
      try {
        const target = `/${path}${queryText(query)}`;
        response = await transport.open(ctx, { method: 'GET', target, headers: [], body: '' });
      } catch (error) {
        throw failure(
          503,
          'ServiceUnavailable',
          `error trying to reach service: ${dialled((error as GoError).message)}`,
        );
      }
      const { status, headers } = response.head;
      const type = headerValue(headers, 'content-type') ?? 'text/plain';
      await exchange.reply(ctx, status, await transport.body(ctx, response), [['Content-Type', type]]);
    },
    async stream(ctx, exchange, pod, kind) {
      const { namespace, name } = pod.metadata;
      const { nodeName } = pod.spec;
      if (nodeName === undefined) throw badRequest(`pod ${name} does not have a host assigned`);
      const flag = (key: string): string | undefined => (exchange.query.get(key)?.[0] === 'true' ? '1' : undefined);
      const target =
        kind === 'portforward'
          ? `/portForward/${namespace}/${name}`
          : `/${kind}/${namespace}/${name}/${containerOf(pod, exchange.query.get('container')?.[0])}${queryText({
              command: exchange.query.get('command'),
              input: flag('stdin'),
              output: flag('stdout'),
              error: flag('stderr'),
              tty: flag('tty'),
            })}`;
      const transport = transportTo(nodeName);
      const offered = (headerValue(exchange.headers, 'sec-websocket-protocol') ?? '').split(',').map((p) => p.trim());
      let fd: number;
      try {
        fd = await transport.dial(ctx);
      } catch (error) {
        throw failure(500, 'InternalError', `error dialing backend: ${(error as GoError).message}`);
      }
      // Older WebSocket clients speak as the kubelet does.
      if (kind !== 'portforward' && offered.includes(STREAM_CLOSE_PROTOCOL))
        return await translate(ctx, exchange, fd, target, transport.headers());
      const { method } = exchange;
      const passed = exchange.headers.filter(
        ([key]) => !['host', 'authorization', 'user-agent'].includes(key.toLowerCase()),
      );
      const headers = withOwnSpan(ctx, [...transport.headers(), ...passed]);
      const request = encodeRequestHead({ method, target, headers });
      const call = traceUpgrade(ctx, fd, { method, target, address: headerValue(headers, 'host') ?? '', request });
      await ctx.sys.write(ctx, fd, request);
      const client = exchange.hijack();
      await splice(ctx, client, fd, call.heard);
    },
  };
}

/**
 * A client whose channels come in WebSocket messages, and a kubelet that gets them as SPDY streams.
 * @models apiserver pkg/util/proxy streamtranslator.go, websocket.go
 */
async function translate(
  ctx: Context,
  exchange: Exchange,
  kubelet: number,
  target: string,
  headers: Headers,
): Promise<void> {
  const accepted = acceptUpgrade(exchange, { spdy: [], websocket: [STREAM_CLOSE_PROTOCOL] });
  const address = headerValue(headers, 'host') ?? '';
  const request = upgradeRequest('POST', target, address, 'spdy', 'command', withOwnSpan(ctx, headers));
  const call = traceUpgrade(ctx, kubelet, { method: 'POST', target, address, request });
  await ctx.sys.write(ctx, kubelet, request);
  const response = await readResponse(ctx, kubelet);
  call.answered(ctx, response?.head.status ?? 0, response?.head.reason ?? '', response?.body.trim());
  if (!accepted.ok || response?.head.status !== 101) {
    await ctx.sys.close(ctx, kubelet);
    throw failure(response?.head.status ?? 500, 'InternalError', response?.body.trim() ?? 'unexpected EOF');
  }
  const asked = (key: string): boolean => exchange.query.get(key)?.[0] === 'true';
  const wanted = channelsOf({
    stdin: asked('stdin'),
    stdout: asked('stdout'),
    stderr: asked('stderr'),
    tty: asked('tty'),
  });
  const connection = new SpdyConnection(ctx, kubelet, 'client');
  connection.start(ctx, response.rest);
  const there = await openChannels(ctx, connection, wanted);
  if (there === null) {
    await connection.close(ctx);
    throw internalError('stream reset');
  }
  const fd = exchange.hijack();
  await ctx.sys.write(ctx, fd, accepted.response);
  const typed: readonly number[] = wanted.filter((number) => number === channel.stdin || number === channel.resize);
  const here = new WebSocketChannels(ctx, fd, false, typed, true);
  here.start(ctx, new Uint8Array(0));
  // An empty message tells the client that the streams are there.
  const shown = wanted.filter((number) => !typed.includes(number));
  await here.send(ctx, Math.min(...shown), new Uint8Array(0));
  for (const number of typed) ctx.go('stdin', (c) => copyChannel(c, number, here, there));
  const copied = new Future<void>(ctx.scheduler);
  let copying = shown.length;
  for (const number of shown)
    ctx.go('output', async (c) => {
      await copyChannel(c, number, there, here);
      if (--copying === 0) copied.resolve(undefined);
    });
  await copied.wait();
  await here.close(ctx);
  await there.close(ctx);
}

async function copyChannel(ctx: Context, number: number, from: CommandChannels, to: CommandChannels): Promise<void> {
  for (let data = await from.read(number); data !== null; data = await from.read(number))
    if (!(await to.send(ctx, number, data))) return;
  await to.end(ctx, number);
}

function containerOf(pod: Pod, wanted: string | undefined): string {
  const containers = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []),
    ...(pod.spec.ephemeralContainers ?? []),
  ];
  const { name } = pod.metadata;
  if (wanted !== undefined && wanted !== '') {
    if (!containers.some((c) => c.name === wanted))
      throw badRequest(`container ${wanted} is not valid for pod ${name}`);
    return wanted;
  }
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred !== undefined && containers.some((c) => c.name === preferred)) return preferred;
  const [only, ...more] = pod.spec.containers;
  if (only === undefined || more.length > 0) {
    const names = (list: readonly { name: string }[] | undefined): string => (list ?? []).map((c) => c.name).join(' ');
    const init = names(pod.spec.initContainers);
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names(pod.spec.containers)}]${init === '' ? '' : ` or one of the init containers: [${init}]`}`,
    );
  }
  return only.name;
}

/** Without the request that it was for. */
const dialled = (message: string): string => message.replace(/^Get "[^"]*": /, '');
