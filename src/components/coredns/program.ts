/**
 * CoreDNS: answers for the names of Services and pods, and hands on what is not the cluster's.
 * @models coredns 1.14 plugin/kubernetes, forward, health, ready
 * @fidelity partial: of the Corefile the kubernetes zone, forward and the two health ports; A records over TCP; no cache,
 *   reverse names or SRV records
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, print, printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { type DnsAnswer, type DnsQuestion, decodeQuery, encodeAnswer, NXDOMAIN } from '../../protocols/dns/message.ts';
import { resolveName } from '../../protocols/dns/resolve.ts';
import { type KubeClient, newKubeClient } from '../../protocols/kube/client.ts';
import { type Informer, startInformer } from '../../protocols/kube/informer.ts';
import { inClusterConfig } from '../../protocols/kube/kubeconfig.ts';
import { serveHttp } from '../../protocols/kube/server.ts';
import type { EndpointSlice, Namespace, Service } from '../../protocols/kube/types.ts';
import { LATENCY } from '../../sim/latency.ts';

const VERSION = '1.14.1';
const DNS_TYPE_A = 1;
const QUERY_CPU_NS = 30_000;

type Corefile = { zone: string | null; forwards: boolean; health: boolean; lameduckNs: number; ready: boolean };
type Cluster = { services: Informer<Service>; slices: Informer<EndpointSlice>; namespaces: Informer<Namespace> };

export const corednsProgram: Program = {
  name: 'coredns',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 24_000_000,
  threads: 8,
  layer: 'control-plane',
  main: async (ctx, argv) => {
    const at = argv.indexOf('-conf');
    const path = at < 0 ? 'Corefile' : (argv[at + 1] ?? '');
    let corefile: Corefile;
    try {
      corefile = parseCorefile(await readFile(ctx, path));
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `Error loading Corefile: open ${path}: ${error.go}\n`);
      return 1;
    }
    let cluster: Cluster | null = null;
    if (corefile.zone !== null) {
      const config = await inClusterConfig(ctx, `coredns/${VERSION}`);
      if (config === null) {
        await printError(
          ctx,
          'plugin/kubernetes: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined\n',
        );
        return 1;
      }
      cluster = watch(ctx, newKubeClient(config));
    }
    ctx.sys.sigaction(ctx, 'SIGTERM', () => ctx.go('stop', (c) => stop(c, corefile.lameduckNs)));
    const isReady = (): string | null =>
      cluster === null || Object.values(cluster).every(({ hasSynced }) => hasSynced) ? null : 'kubernetes';
    const host = getenv(ctx, 'HOST') ?? '0.0.0.0';
    if (corefile.health) await serveProbe(ctx, { host, port: 8080 }, '/health', () => null);
    if (corefile.ready) await serveProbe(ctx, { host, port: 8181 }, '/ready', isReady);
    const listener = await ctx.sys.listen(ctx, { family: 'inet', host, port: 53 });
    await print(ctx, `.:53\nCoreDNS-${VERSION}\nlinux/amd64, go1.25.5, \n`);
    for (;;) {
      const fd = await ctx.sys.accept(ctx, listener);
      ctx.go('query', (c) => serve(c, fd, corefile, cluster));
    }
  },
};

async function stop(ctx: Context, lameduckNs: number): Promise<never> {
  try {
    await print(ctx, '[INFO] SIGTERM: Shutting down servers then terminating\n');
    if (lameduckNs > 0) {
      await print(ctx, `[INFO] plugin/health: Going into lameduck mode for ${lameduckNs / 1e9}s\n`);
      await ctx.sleep(lameduckNs);
    }
  } catch (error) {
    if (!isErrno(error, 'EPIPE')) throw error;
    return ctx.sys.exit(ctx, 2);
  }
  return ctx.sys.exit(ctx, 0);
}

/** `problem` gives what is not ready, or null. */
async function serveProbe(
  ctx: Context,
  address: { host: string; port: number },
  path: string,
  problem: () => string | null,
): Promise<void> {
  const fd = await ctx.sys.listen(ctx, { family: 'inet', ...address });
  ctx.go('probe', (c) =>
    serveHttp(c, fd, null, async (inner, exchange) => {
      const found = problem();
      if (exchange.path !== path) await exchange.reply(inner, 404, '404 page not found\n');
      else await exchange.reply(inner, found === null ? 200 : 503, found ?? 'OK');
    }),
  );
}

function parseCorefile(text: string): Corefile {
  const lines = text.split('\n').map((line) => line.trim().replace(/\s*\{?$/, ''));
  const has = (word: string): boolean => lines.some((line) => line.split(/\s+/)[0] === word);
  const zone = lines.find((line) => line.startsWith('kubernetes '))?.split(/\s+/)[1] ?? null;
  const lameduck = lines.find((line) => /^lameduck \d+s$/.test(line)) ?? '';
  return {
    zone,
    forwards: has('forward'),
    health: has('health'),
    lameduckNs: Number(lameduck.replace(/\D/g, '')) * 1e9,
    ready: has('ready'),
  };
}

function watch(ctx: Context, client: KubeClient): Cluster {
  return {
    services: startInformer<Service>(ctx, client, 'services', {}),
    slices: startInformer<EndpointSlice>(ctx, client, 'endpointslices', {}),
    namespaces: startInformer<Namespace>(ctx, client, 'namespaces', {}),
  };
}

async function serve(ctx: Context, fd: number, corefile: Corefile, cluster: Cluster | null): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, 65_536);
      if (bytes.length < 14) break;
      await ctx.cpu(QUERY_CPU_NS);
      const question = decodeQuery(bytes.subarray(2));
      const found = await answerTo(ctx, question, corefile, cluster);
      const answer = encodeAnswer({ id: question.id, name: question.name, ...found });
      await ctx.sys.write(ctx, fd, Uint8Array.from([answer.length >> 8, answer.length & 255, ...answer]));
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}

const SERVFAIL = 2;

async function answerTo(
  ctx: Context,
  { name, type }: DnsQuestion,
  { zone, forwards }: Corefile,
  cluster: Cluster | null,
): Promise<Pick<DnsAnswer, 'rcode' | 'addresses' | 'authoritative'>> {
  const lower = name.toLowerCase().replace(/\.$/, '');
  if (zone !== null && cluster !== null && (lower === zone || lower.endsWith(`.${zone}`))) {
    const found = lookUp(lower.slice(0, Math.max(0, lower.length - zone.length - 1)).split('.'), cluster);
    if (found === null) return { rcode: NXDOMAIN, addresses: [], authoritative: true };
    return { rcode: 0, addresses: type === DNS_TYPE_A ? found : [], authoritative: true };
  }
  if (!forwards) return { rcode: SERVFAIL, addresses: [] };
  const resolution = await resolveName(ctx, `${lower}.`);
  if (resolution.kind === 'found') return { rcode: 0, addresses: type === DNS_TYPE_A ? resolution.addresses : [] };
  return { rcode: resolution.kind === 'no-such-host' ? NXDOMAIN : SERVFAIL, addresses: [] };
}

/** `web.default.svc`, `10-88-0-7.default.pod`; null for "no such name". */
function lookUp(labels: readonly string[], { services, slices, namespaces }: Cluster): string[] | null {
  const [kind, namespace = '', name = '', host] = [...labels].reverse();
  if (kind === 'pod') {
    const address = name.replaceAll('-', '.');
    return namespaces.items.has(namespace) && /^\d+(\.\d+){3}$/.test(address) ? [address] : null;
  }
  if (kind !== 'svc') return kind === undefined || kind === '' ? [] : null;
  if (name === '') return namespaces.items.has(namespace) ? [] : null;
  const service = services.items.get(`${namespace}/${name}`);
  if (service === undefined) return null;
  const { clusterIP = '' } = service.spec;
  if (clusterIP !== 'None') return host === undefined ? [clusterIP] : null;
  const endpoints = [...slices.items.values()]
    .filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
    )
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions, addresses, targetRef }) =>
      host === undefined
        ? conditions?.ready !== false
        : host === targetRef?.name || host === addresses[0]?.replaceAll('.', '-'),
    );
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  return host !== undefined && addresses.length === 0 ? null : addresses;
}
