/**
 * Requests about a running pod, handed on to the kubelet of its node.
 * @models pkg/registry/core/pod/rest/{log,subresources}.go, strategy.go (LogLocation, ExecLocation)
 * @fidelity partial: no node proxy
 */
import type { GoError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import type { Certificate } from '../../../protocols/distribution/tls-model.ts';
import { encodeRequestHead, headerValue } from '../../../protocols/http/http1.ts';
import { queryText, statusErrorOf } from '../../../protocols/kube/client.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import { type Exchange, splice } from '../../../protocols/kube/server.ts';
import { badRequest, failure, internalError } from '../../../protocols/kube/status-error.ts';
import { newTransport, type Transport } from '../../../protocols/kube/transport.ts';
import type { Node, Pod } from '../../../protocols/kube/types.ts';
import type { Store } from './store.ts';
import { offeredProtocol, translate } from './websocket-streams.ts';

export type KubeletProxy = {
  log(ctx: Context, exchange: Exchange, pod: Pod): Promise<void>;
  stream(ctx: Context, exchange: Exchange, pod: Pod, kind: 'exec' | 'attach' | 'portforward'): Promise<void>;
};

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
      const webSocket = /websocket/i.test(headerValue(exchange.headers, 'upgrade') ?? '');
      const protocol = webSocket ? offeredProtocol(exchange, kind) : '';
      let fd: number;
      try {
        fd = await transport.dial(ctx);
      } catch (error) {
        throw failure(500, 'InternalError', `error dialing backend: ${(error as GoError).message}`);
      }
      if (webSocket)
        return await translate(ctx, exchange, fd, { kind, target, protocol, headers: transport.headers() });
      const headers = exchange.headers.filter(
        ([key]) => !['host', 'authorization', 'user-agent'].includes(key.toLowerCase()),
      );
      await ctx.sys.write(
        ctx,
        fd,
        encodeRequestHead({ method: exchange.method, target, headers: [...transport.headers(), ...headers] }),
      );
      const client = exchange.hijack();
      await splice(ctx, client, fd);
    },
  };
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
