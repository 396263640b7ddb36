/**
 * What -v=6 and higher tell of each request.
 * @models k8s.io/client-go transport/round_trippers.go, rest/helper.go, features/envvar.go; tools/clientcmd/loader.go
 * @fidelity partial: no timings of the connection and no curl command (-v=9); feature gates in alphabetical order
 */
import { type KlogPair, type KlogSource, klogHeader, klogStructured } from '../../go/klog.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import type { Headers } from '../../protocols/http/http1.ts';
import type { Transport } from '../../protocols/kube/transport.ts';
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

/** What comes before the first request. */
export async function tellConfiguration(ctx: Context, level: number, path: string): Promise<void> {
  if (level < 6) return;
  await printError(ctx, `${klogHeader(from(ctx, 'loader.go:407'))}Config loaded from file:  ${path}\n`);
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
      const what: KlogPair[] = [
        ['verb', request.method],
        ['url', `${server.replace(/\/$/, '')}${request.target}`],
      ];
      if (level >= 8) await tellBody(ctx, level, 'Request Body', request.body);
      const sent: Headers = [...transport.headers(), ...request.headers];
      if (level >= 7) await tell(ctx, 'round_trippers.go:527', 'Request', [...what, ['headers', headerLines(sent)]]);
      const start = ctx.now;
      const response = await transport.open(ctx, request);
      const milliseconds = Math.floor((ctx.now - start) / NS_PER_MS);
      const { status, reason, headers } = response.head;
      await tell(ctx, 'round_trippers.go:632', 'Response', [
        ...(level >= 7 ? [] : what),
        ['status', `${status} ${reason}`],
        ...(level >= 8 ? [['headers', headerLines(headers)] as const] : []),
        ['milliseconds', milliseconds],
      ]);
      return response;
    },
    async body(ctx, response) {
      const text = await body(ctx, response);
      if (level >= 8) await tellBody(ctx, level, 'Response Body', text);
      return text;
    },
  };
}

function tellBody(ctx: Context, level: number, what: string, text: string): Promise<void> {
  const max = level >= 10 ? Number.POSITIVE_INFINITY : level === 9 ? LONG_BODY_MAX : BODY_MAX;
  const shown = text.length <= max ? text : `${text.slice(0, max)} [truncated ${text.length - max} chars]`;
  return tell(ctx, 'helper.go:113', what, [['body', shown.replace(/\n$/, '')]]);
}

/** Sorted, a line each; whoever reads along learns no token. */
function headerLines(headers: Headers): string {
  const lines = headers
    .filter(([name]) => !['host', 'traceparent'].includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${/^authorization$/i.test(name) ? value.replace(/ .*/, ' <masked>') : value}`);
  // With a newline at its end it is shown as several lines, even if it is one.
  return `${lines.sort().join('\n')}\n`;
}
