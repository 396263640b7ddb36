/**
 * etcd: a revisioned key-value store on one member.
 * @models etcd 3.6 server/etcdmain, server/embed
 * @fidelity partial: one member, no Raft; no JSON gateway; of some forty lines at the start the log has two
 */
import { type ZapEntry, zapJson } from '../../../go/zap.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, readFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { Rope } from '../../../linux/rope.ts';
import { decodePem, tlsAccept } from '../../../protocols/distribution/tls-model.ts';
import { onlyMember } from '../../../protocols/etcd/member.ts';
import { GrpcServer } from '../../../protocols/grpc/server.ts';
import { type Exchange, type ServerTls, serveConnection } from '../../../protocols/kube/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { componentFlags } from '../common/flags.ts';
import { serveHealth } from '../common/health.ts';
import { ListenFailure, listenTcp } from '../common/listen.ts';
import { writeLog } from '../common/log.ts';
import { KeyValues } from './key-values.ts';
import { Lessor } from './leases.ts';
import { openLog } from './log-file.ts';
import { type EtcdVersion, implementServices } from './services.ts';

/** A release, and where in its source it says what. */
type EtcdRelease = EtcdVersion & { readonly callers: { running: string; ready: string; failed: string } };

async function say(ctx: Context, entry: ZapEntry): Promise<void> {
  await writeLog(ctx, zapJson(ctx.wallTime, entry));
}

async function main(ctx: Context, argv: string[], release: EtcdRelease): Promise<number> {
  try {
    return await run(ctx, argv, release);
  } catch (error) {
    if (!(error instanceof ListenFailure)) throw error;
    await say(ctx, {
      level: 'fatal',
      caller: release.callers.failed,
      msg: 'discovery failed',
      fields: { error: error.message },
    });
    return 1;
  }
}

async function run(ctx: Context, argv: string[], release: EtcdRelease): Promise<number> {
  const flags = componentFlags(argv);
  const dataDir = flags.get('data-dir') ?? 'default.etcd';
  await say(ctx, { level: 'info', caller: release.callers.running, msg: 'Running: ', fields: { args: argv } });
  const { log, database } = await openLog(ctx, dataDir);
  await ctx.cpu(LATENCY.etcdStartNs);
  const tls = await tlsOf(ctx, flags);
  const keys = new KeyValues(ctx, database, log);
  const member = onlyMember(flags, database.member);
  const grpc = new GrpcServer();
  implementServices(grpc, keys, new Lessor(ctx, keys, member), member, release);
  grpc.otherwise = (c, fd, first) =>
    serveConnection(c, fd, null, (hc, exchange) => answer(hc, exchange, release), Rope.of(first));
  for (const url of (flags.get('listen-client-urls') ?? 'http://localhost:2379').split(',')) {
    const [, scheme, host = '', port] = /^(https?):\/\/([^:/]+):(\d+)/.exec(url) ?? [];
    const fd = await listenTcp(ctx, { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(port) });
    const greet = scheme === 'https' && tls !== null ? greeting(tls, flags.get('client-cert-auth') === 'true') : null;
    ctx.go('serve', (c) => grpc.serve(c, fd, greet));
  }
  const metrics = /^http:\/\/([^:/]+):(\d+)/.exec(flags.get('listen-metrics-urls') ?? '');
  if (metrics !== null) await serveHealth(ctx, { host: metrics[1] ?? '', port: Number(metrics[2]) }, null);
  await say(ctx, { level: 'info', caller: release.callers.ready, msg: 'ready to serve client requests' });
  const stopped = new Future<number>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGTERM', () => stopped.resolve(0));
  return stopped.wait();
}

async function tlsOf(ctx: Context, flags: ReadonlyMap<string, string>): Promise<ServerTls | null> {
  const [file, ca] = [flags.get('cert-file'), flags.get('trusted-ca-file')];
  if (file === undefined || !(await exists(ctx, file))) return null;
  const certificate = decodePem(await readFile(ctx, file));
  const authority = ca === undefined ? null : decodePem(await readFile(ctx, ca));
  return certificate === null ? null : { certificate, clientIssuers: authority === null ? [] : [authority.subject] };
}

function greeting({ certificate, clientIssuers }: ServerTls, clientMustShow: boolean) {
  return async (ctx: Context, fd: number): Promise<boolean> =>
    (await tlsAccept(ctx, fd, certificate, clientIssuers, clientMustShow, false)).ok;
}

/** What the port answers in plain HTTP. @models etcd server/etcdserver/api/etcdhttp */
async function answer(ctx: Context, exchange: Exchange, { version }: EtcdVersion): Promise<void> {
  const json: [string, string] = ['Content-Type', 'application/json'];
  const cluster = version.replace(/\d+$/, '0');
  if (exchange.path === '/version')
    await exchange.reply(ctx, 200, JSON.stringify({ etcdserver: version, etcdcluster: cluster, storage: cluster }), [
      json,
    ]);
  else if (exchange.path === '/health') await exchange.reply(ctx, 200, '{"health":"true","reason":""}', [json]);
  else await exchange.reply(ctx, 404, '404 page not found\n', [['Content-Type', 'text/plain; charset=utf-8']]);
}

function etcd(name: string, release: EtcdRelease): Program {
  return {
    name,
    main: (ctx, argv) => main(ctx, argv, release),
    layer: 'control-plane',
    startCpuNs: LATENCY.goRuntimeStartNs,
    rssBytes: 48_000_000,
    threads: 10,
  };
}

export const etcdProgram = etcd('etcd', {
  version: '3.6.6',
  storage: '3.6.0',
  callers: { running: 'etcdmain/etcd.go:64', ready: 'embed/serve.go:138', failed: 'etcdmain/etcd.go:183' },
});
/** Knows nothing of a storage version. */
export const etcd35Program = etcd('etcd-3.5', {
  version: '3.5.6',
  storage: null,
  callers: { running: 'etcdmain/etcd.go:73', ready: 'embed/serve.go:100', failed: 'etcdmain/etcd.go:204' },
});
