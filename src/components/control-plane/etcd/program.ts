/**
 * etcd: a revisioned key-value store on one member.
 * @models etcd 3.6 server/etcdmain, api/etcdserverpb (KV)
 * @fidelity partial: one member; Range and Txn (one compare, one operation) as JSON over HTTP in the shape of its
 * gateway, values as plain text; no watch (its only client, the API server, has its own watch cache), no leases
 */
import { marshalJson } from '../../../go/json.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, readFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { decodePem } from '../../../protocols/distribution/tls-model.ts';
import { type Exchange, type ServerTls, serveHttp } from '../../../protocols/kube/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future, Mutex } from '../../../sim/primitives.ts';
import { componentFlags } from '../common/flags.ts';
import { serveHealth } from '../common/health.ts';
import { ListenFailure, listenTcp } from '../common/listen.ts';
import { writeLog } from '../common/log.ts';
import { applyRecord, type KeyValue, openLog } from './log-file.ts';

export type TxnRequest = {
  compare: { key: string; target: 'MOD'; mod_revision: number }[];
  success: { request_put?: { key: string; value: string }; request_delete_range?: { key: string } }[];
};

const JSON_TYPE: [string, string] = ['Content-Type', 'application/json'];

function info(ctx: Context, message: string, fields: Record<string, string> = {}): Promise<void> {
  return say(ctx, 'info', message, fields);
}

async function say(
  ctx: Context,
  level: 'info' | 'fatal',
  message: string,
  fields: Record<string, string>,
): Promise<void> {
  const line = { level, ts: rfc3339Nano(ctx.wallTime), caller: 'etcdmain/etcd.go:40', msg: message, ...fields };
  await writeLog(ctx, `${marshalJson(line)}\n`);
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  try {
    return await run(ctx, argv);
  } catch (error) {
    if (!(error instanceof ListenFailure)) throw error;
    await say(ctx, 'fatal', 'discovery failed', { error: error.message });
    return 1;
  }
}

async function run(ctx: Context, argv: string[]): Promise<number> {
  const flags = componentFlags(argv);
  const dataDir = flags.get('data-dir') ?? 'default.etcd';
  await info(ctx, 'Running: ', { args: argv.join(' ') });
  const data = new Map<string, KeyValue>();
  const opened = await openLog(ctx, dataDir, data);
  let { revision } = opened;
  await ctx.cpu(LATENCY.etcdStartNs);
  const certificate = await tlsOf(ctx, flags);
  const lock = new Mutex(ctx.scheduler);

  const range = (key: string, end: string | undefined): unknown => {
    const kvs = [];
    for (const [k, kv] of data) {
      if (end === undefined ? k !== key : k < key || k >= end) continue;
      const { value, modRevision, createRevision, version } = kv;
      kvs.push({ key: k, create_revision: createRevision, mod_revision: modRevision, version, value });
    }
    return { header: { revision }, kvs, count: kvs.length };
  };

  const txn = async (c: Context, { compare, success }: TxnRequest): Promise<unknown> => {
    // Revisions are given in the order in which they reach the disk.
    const unlock = await lock.lock();
    try {
      const holds = compare.every(({ key, mod_revision }) => (data.get(key)?.modRevision ?? 0) === mod_revision);
      if (!holds) return { header: { revision }, succeeded: false };
      for (const { request_put, request_delete_range } of success) {
        const key = request_put?.key ?? request_delete_range?.key ?? '';
        const record = { revision: revision + 1, key, value: request_put?.value ?? null };
        await opened.log.append(c, record);
        await c.sleep(LATENCY.etcdFsyncNs);
        applyRecord(data, record);
        revision = record.revision;
      }
      return { header: { revision }, succeeded: true };
    } finally {
      unlock();
    }
  };

  const handler = async (c: Context, exchange: Exchange): Promise<void> => {
    await c.cpu(LATENCY.etcdRequestNs);
    const body = exchange.body === '' ? {} : (JSON.parse(exchange.body) as Record<string, unknown>);
    if (exchange.path === '/v3/kv/range') {
      const answer = range(String(body.key), body.range_end as string | undefined);
      await exchange.reply(c, 200, JSON.stringify(answer), [JSON_TYPE]);
    } else if (exchange.path === '/v3/kv/txn') {
      await exchange.reply(c, 200, JSON.stringify(await txn(c, body as TxnRequest)), [JSON_TYPE]);
    } else {
      await exchange.reply(c, 404, JSON.stringify({ code: 5, message: 'Not Found' }), [JSON_TYPE]);
    }
  };

  for (const url of (flags.get('listen-client-urls') ?? 'http://localhost:2379').split(',')) {
    const [, scheme, host = '', port] = /^(https?):\/\/([^:/]+):(\d+)/.exec(url) ?? [];
    const fd = await listenTcp(ctx, { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(port) });
    ctx.go('serve', (c) => serveHttp(c, fd, scheme === 'https' ? certificate : null, handler));
  }
  const metrics = /^http:\/\/([^:/]+):(\d+)/.exec(flags.get('listen-metrics-urls') ?? '');
  if (metrics !== null) await serveHealth(ctx, { host: metrics[1] ?? '', port: Number(metrics[2]) }, null);
  await info(ctx, 'ready to serve client requests');
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

export const etcdProgram: Program = {
  name: 'etcd',
  main,
  layer: 'control-plane',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 48_000_000,
  threads: 10,
};
