/**
 * etcdctl's connection: what is asked waits until somebody answers, or until its time is over.
 * @models etcd 3.6 client/v3 client.go, retry_interceptor.go
 * @fidelity partial: endpoints are tried one after the other, not side by side; no keepalive
 */
import { zapJson } from '../../go/zap.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import { EtcdClient, type EtcdEndpoint } from '../../protocols/etcd/client.ts';
import type { ClientStream } from '../../protocols/grpc/client.ts';
import { GrpcError, grpcCode, statusText } from '../../protocols/grpc/status.ts';
import type { Input } from '../../protocols/proto/message-type.ts';
import type { Method } from '../../protocols/proto/service.ts';
import type { EtcdctlRelease } from './release.ts';

const BACKOFF_NS = 1_000_000_000;
const BACKOFF_FACTOR = 1.6;
/** Where Go's allocator puts the client: the same program puts it at the same place. */
const CLIENT_ADDRESS = '0xc0001c2000';

/** What etcd answered instead: its words alone, without gRPC's around them. */
export class EtcdFailure extends Error {}

export class Client {
  private readonly endpoints: readonly EtcdEndpoint[];
  private readonly release: EtcdctlRelease;
  private readonly logger: string;
  private readonly clients: readonly EtcdClient[];
  private turn = 0;

  constructor(ctx: Context, endpoints: readonly EtcdEndpoint[], release: EtcdctlRelease, logger = 'etcd-client') {
    this.endpoints = endpoints;
    this.release = release;
    this.logger = logger;
    this.clients = endpoints.map((endpoint) => new EtcdClient(ctx, endpoint));
  }

  /** Throws an EtcdFailure. Without a time it waits for ever. */
  async call<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    timeoutNs: number | null,
  ): Promise<Res> {
    const deadline = timeoutNs === null ? null : ctx.now + timeoutNs;
    try {
      return await this.reaching(ctx, deadline, (client) => client.call(ctx, method, request, { deadline }));
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      await this.tellFailure(ctx, method.path, error);
      throw failureOf(error);
    }
  }

  /** A stream of which the first message is there. */
  async stream<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    deadline: number | null,
  ): Promise<{ first: Res | null; rest: ClientStream<Res> }> {
    try {
      return await this.reaching(ctx, deadline, async (client) => {
        const rest = await client.stream(ctx, method, request, { deadline });
        return { first: await rest.next(ctx), rest };
      });
    } catch (error) {
      if (error instanceof GrpcError) throw failureOf(error);
      throw error;
    }
  }

  /** The client of an endpoint that answers. */
  async reaching<T>(ctx: Context, deadline: number | null, body: (client: EtcdClient) => Promise<T>): Promise<T> {
    for (let waitNs = BACKOFF_NS; ; waitNs *= BACKOFF_FACTOR) {
      let last = '';
      for (let i = 0; i < this.clients.length; i++) {
        try {
          return await body(this.clients[(this.turn + i) % this.clients.length] as EtcdClient);
        } catch (error) {
          if (!(error instanceof GrpcError) || error.code !== grpcCode.Unavailable) throw error;
          if (error.description.startsWith('etcdserver: ')) throw error;
          last = error.description;
        }
      }
      this.turn++;
      if (deadline !== null && ctx.now + waitNs >= deadline) {
        await ctx.sleep(Math.max(0, deadline - ctx.now));
        throw new GrpcError(grpcCode.DeadlineExceeded, `latest balancer error: ${this.wording(last)}`);
      }
      await ctx.sleep(waitNs);
    }
  }

  async close(ctx: Context): Promise<void> {
    for (const client of this.clients) await client.close(ctx);
  }

  /** gRPC and Go said the same with other words when 3.5.6 was built. */
  private wording(text: string): string {
    if (!this.release.isOld) return text;
    const old = text
      .replace('Error while dialing: ', 'Error while dialing ')
      .replace('tls: failed to verify certificate: ', '');
    return `last connection error: ${old}`;
  }

  private async tellFailure(ctx: Context, method: string, { code, description }: GrpcError): Promise<void> {
    const address = (this.endpoints[0]?.url ?? '').replace(/^https?:\/\//, '');
    const fields = {
      target: `etcd-endpoints://${CLIENT_ADDRESS}/${address}`,
      ...(this.release.isOld ? {} : { method }),
      attempt: 0,
      error: statusText(code, description),
    };
    const { retry: caller } = this.release.callers;
    const entry = {
      level: 'warn',
      logger: this.logger,
      caller,
      msg: 'retrying of unary invoker failed',
      fields,
    } as const;
    await printError(ctx, zapJson(ctx.wallTime, entry));
  }
}

function failureOf({ code, description }: GrpcError): EtcdFailure {
  return new EtcdFailure(code === grpcCode.DeadlineExceeded ? 'context deadline exceeded' : description);
}
