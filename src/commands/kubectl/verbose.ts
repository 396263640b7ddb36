/**
 * What -v=6 and higher tell of each request.
 * @models k8s.io/client-go transport/round_trippers.go, rest/helper.go, features/envvar.go; tools/clientcmd/loader.go
 * @fidelity partial: feature gates and the headers of the curl command in alphabetical order; bodies as JSON where upstream sends protobuf
 */
import { type KlogPair, type KlogSource, klogHeader, klogStructured } from '../../go/klog.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import type { Headers } from '../../protocols/http/http1.ts';
import type { RequestTiming, Transport, TransportRequest } from '../../protocols/kube/transport.ts';
import { isGoError } from './failure.ts';

const NS_PER_MS = 1_000_000;
/** Of a body: up to -v=8, at -v=9; beyond that whole. */
const BODY_MAX = 1024;
const LONG_BODY_MAX = 10 * 1024;

const CLIENT_FEATURES: Readonly<Record<string, boolean>> = {
  AtomicFIFO: true,
  ClientsAllowCARotation: true,
  ClientsAllowCBOR: false,
  ClientsAllowTLSCacheGC: true,
  ClientsPreferCBOR: false,
  InOrderInformers: true,
  InOrderInformersBatchProcess: true,
  InformerResourceVersion: true,
  UnlockWhileProcessingFIFO: true,
  WatchListClient: true,
};

const from = (ctx: Context, caller: string): KlogSource => ({
  severity: 'I',
  timeNs: ctx.wallTime,
  pid: ctx.process.pid,
  caller,
});

const tell = (ctx: Context, caller: string, message: string, pairs: readonly KlogPair[]): Promise<void> =>
  printError(ctx, klogStructured(from(ctx, caller), message, pairs));

/** A line that was written without a structure. */
export const tellPlain = (ctx: Context, caller: string, text: string): Promise<void> =>
  printError(ctx, `${klogHeader(from(ctx, caller))}${text}\n`);

/** What comes before the first request. */
export async function tellConfiguration(ctx: Context, level: number, path: string): Promise<void> {
  if (level < 6) return;
  await tellPlain(ctx, 'loader.go:407', `Config loaded from file:  ${path}`);
  for (const [feature, enabled] of Object.entries(CLIENT_FEATURES))
    await tell(ctx, 'envvar.go:195', 'Feature gate default state', [
      ['feature', feature],
      ['enabled', enabled],
    ]);
}

/** The same transport, heard: whatever the level, of answers that break off. */
export function heardTransport(transport: Transport, level: number): Transport {
  const body: Transport['body'] = async (ctx, response) => {
    try {
      return await transport.body(ctx, response);
    } catch (error) {
      if (isGoError(error)) {
        const source = { ...from(ctx, 'request.go:1196'), severity: 'E' } as const;
        const text = klogStructured(source, 'Unexpected error when reading response body', [['err', error.message]]);
        await printError(ctx, text);
      }
      throw error;
    }
  };
  if (level < 6) return { ...transport, body };
  const { server } = transport.config;
  return {
    ...transport,
    async open(ctx, request) {
      const url = `${server.replace(/\/$/, '')}${request.target}`;
      const what: KlogPair[] = [
        ['verb', request.method],
        ['url', url],
      ];
      if (level >= 8) await tellBody(ctx, level, callerOf(request), 'Request Body', request.body);
      const sent: Headers = [...transport.headers(), ...request.headers];
      if (level >= 9) await tell(ctx, 'round_trippers.go:527', 'Request', [['curlCommand', curl(request, url, sent)]]);
      else if (level >= 7)
        await tell(ctx, 'round_trippers.go:527', 'Request', [...what, ['headers', headerLines(sent)]]);
      const start = ctx.now;
      const answered = (status: string, headers: Headers | null, timing: readonly KlogPair[]): Promise<void> =>
        tell(ctx, 'round_trippers.go:632', 'Response', [
          ...(level === 7 || level === 8 ? [] : what),
          ['status', status],
          ...(level >= 8 && headers !== null ? [['headers', headerLines(headers)] as const] : []),
          ['milliseconds', milliseconds(ctx.now - start)],
          ...timing,
        ]);
      try {
        const response = await transport.open(ctx, request);
        const { timing, head } = response;
        if (level >= 9 && !timing.reused) {
          const address = [['network', 'tcp'] as const, ['address', transport.host] as const];
          await tell(ctx, 'round_trippers.go:562', 'HTTP Trace: Dial succeed', address);
        }
        await answered(`${head.status} ${head.reason}`, head.headers, level >= 9 ? timings(timing) : []);
        return response;
      } catch (error) {
        if (isGoError(error)) await answered('', null, []);
        throw error;
      }
    },
    async body(ctx, response) {
      const text = await body(ctx, response);
      if (level >= 8) await tellBody(ctx, level, callerOf(response.request), 'Response Body', text);
      return text;
    },
  };
}

const milliseconds = (ns: number): number => Math.floor(ns / NS_PER_MS);

function timings({ reused, dialNs, tlsNs, serverNs }: RequestTiming): KlogPair[] {
  const server: KlogPair[] = serverNs === 0 ? [] : [['serverProcessingMilliseconds', milliseconds(serverNs)]];
  if (reused) return [['getConnectionMilliseconds', 0], ...server];
  return [
    ['dnsLookupMilliseconds', 0],
    ['dialMilliseconds', milliseconds(dialNs)],
    ['tlsHandshakeMilliseconds', milliseconds(tlsNs)],
    ...server,
  ];
}

/** The line that would send the same, but for the body. */
function curl({ method }: TransportRequest, url: string, headers: Headers): string {
  const given = shownHeaders(headers).map((line) => `-H ${JSON.stringify(line)} `);
  return `curl -v -X${method} ${given.join('')}'${url}'\n`;
}

/** Which of client-go's functions sends it. */
function callerOf({ method, target }: TransportRequest): string {
  const [path = '', query = ''] = target.split('?');
  if (path === '/api') return 'discovery_client.go:255';
  if (path === '/apis') return 'discovery_client.go:318';
  if (/^\/(api\/v1|apis\/[^/]+\/[^/]+)$/.test(path)) return 'discovery_client.go:413';
  if (method === 'DELETE') return 'helper.go:202';
  if (method === 'POST') return 'helper.go:246';
  if (method === 'PATCH') return 'helper.go:269';
  if (/(^|&)watch=/.test(query)) return 'helper.go:170';
  const parts = path.split('/').slice(path.startsWith('/apis/') ? 4 : 3);
  if (parts[0] === 'namespaces' && parts.length > 2) parts.splice(0, 2);
  return parts.length > 1 ? 'helper.go:105' : 'helper.go:113';
}

function tellBody(ctx: Context, level: number, caller: string, what: string, text: string): Promise<void> {
  const max = level >= 10 ? Number.POSITIVE_INFINITY : level === 9 ? LONG_BODY_MAX : BODY_MAX;
  const shown = text.length <= max ? text : `${text.slice(0, max)} [truncated ${text.length - max} chars]`;
  return tell(ctx, caller, what, [['body', shown.replace(/\n$/, '')]]);
}

/** Sorted; whoever reads along learns no token. */
function shownHeaders(headers: Headers): string[] {
  return headers
    .filter(([name]) => !['host', 'traceparent', 'transfer-encoding'].includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${/^authorization$/i.test(name) ? value.replace(/ .*/, ' <masked>') : value}`)
    .sort();
}

/** With a newline at its end it is shown as several lines, even if it is one. */
const headerLines = (headers: Headers): string => `${shownHeaders(headers).join('\n')}\n`;
