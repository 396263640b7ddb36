/**
 * etcd: a revisioned key-value store on one member.
 * @models etcd 3.6 server/etcdmain, server/embed
 * @fidelity partial: one member, no Raft; no JSON gateway; 3.5 says two lines at its start, and nothing after
 */
import { durationString } from '../../../go/duration.ts';
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
import { ENTRIES_PER_START } from './database.ts';
import { KeyValues } from './key-values.ts';
import { Lessor } from './leases.ts';
import { openLog } from './log-file.ts';
import { type EtcdVersion, implementServices } from './services.ts';
import { announced, bootstrapped, serving, stopping } from './start-log.ts';

/** Of the time that a start takes: reading the database. */
const OPENING_NS = 7_000_000;

/** A release, and where in its source it says what. */
type EtcdRelease = EtcdVersion & {
  /** All of its lines are known. */
  readonly tellsAll: boolean;
  readonly callers: { running: string; ready: string; failed: string };
};

async function say(ctx: Context, ...entries: readonly ZapEntry[]): Promise<void> {
  await writeLog(ctx, entries.map((entry) => zapJson(ctx.wallTime, entry)).join(''));
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
  const { tellsAll, version } = release;
  const running: ZapEntry = {
    level: 'info',
    caller: release.callers.running,
    msg: 'Running: ',
    fields: { args: argv },
  };
  const isNew = !(await exists(ctx, `${dataDir}/member`));
  const about = { isNew, cpus: tellsAll ? await cpus(ctx) : 0, version };
  await say(ctx, ...(tellsAll ? announced(argv, flags, dataDir, about) : [running]));
  const opening = ctx.now;
  const { log, database } = await openLog(ctx, dataDir);
  await ctx.cpu(OPENING_NS);
  const start = { flags, dataDir, member: onlyMember(flags, database.member), database, isNew, version };
  const index = database.index - (isNew ? 0 : ENTRIES_PER_START);
  const whole = { ...start, index };
  if (tellsAll) await say(ctx, ...bootstrapped(whole, durationString(ctx.now - opening)));
  await ctx.cpu(LATENCY.etcdStartNs - OPENING_NS);
  const tls = await tlsOf(ctx, flags);
  const keys = new KeyValues(ctx, database, log);
  const { member } = start;
  const grpc = new GrpcServer();
  implementServices(grpc, keys, new Lessor(ctx, keys, member), member, release, {
    say: async (c, entries) => (tellsAll ? say(c, ...entries) : undefined),
    path: `${dataDir}/member/snap/db`,
  });
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
  const ready: ZapEntry = { level: 'info', caller: release.callers.ready, msg: 'ready to serve client requests' };
  await say(ctx, ...(tellsAll ? serving(whole) : [ready]));
  const stopped = new Future<string>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGTERM', () => stopped.resolve('terminated'));
  ctx.sys.sigaction(ctx, 'SIGINT', () => stopped.resolve('interrupt'));
  const signal = await stopped.wait();
  if (tellsAll) await say(ctx, ...stopping(whole, signal));
  return 0;
}

async function cpus(ctx: Context): Promise<number> {
  if (!(await exists(ctx, '/proc/cpuinfo'))) return 1;
  return ((await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm) ?? []).length;
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
  tellsAll: true,
  callers: { running: 'etcdmain/etcd.go:64', ready: 'embed/serve.go:138', failed: 'etcdmain/etcd.go:183' },
});
/** Knows nothing of a storage version. */
export const etcd35Program = etcd('etcd-3.5', {
  version: '3.5.6',
  storage: null,
  tellsAll: false,
  callers: { running: 'etcdmain/etcd.go:73', ready: 'embed/serve.go:100', failed: 'etcdmain/etcd.go:204' },
});
