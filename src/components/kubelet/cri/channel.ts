/**
 * A gRPC channel to the runtime: dials when needed, fails fast while the socket cannot be reached, tries again by itself.
 * @models google.golang.org/grpc clientconn.go, internal/backoff; cri-client pkg/remote_runtime.go (its back-off: 100 ms to 3 s)
 * @fidelity partial: one subchannel; idle channels stay connected
 */
import type { Context } from '../../../linux/context.ts';
import { type ClientStream, dialGrpc, type GrpcConnection } from '../../../protocols/grpc/client.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import type { Method } from '../../../protocols/proto/service.ts';
import type { Log } from '../log.ts';

const BASE_DELAY_NS = 100_000_000;
const MAX_DELAY_NS = 3_000_000_000;
const MULTIPLIER = 1.6;
const JITTER = 0.2;

export class Channel {
  private readonly path: string;
  private readonly number: number;
  private readonly log: Log;
  private connection: GrpcConnection | null = null;
  private dialing = false;
  private lastError: GrpcError | null = null;

  constructor(path: string, number: number, log: Log) {
    this.path = path;
    this.number = number;
    this.log = log;
  }

  /** Throws GrpcError: Unavailable at once while the peer cannot be reached. */
  async call<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    timeoutNs: number | null,
  ): Promise<Res> {
    const connection = await this.ready(ctx);
    return connection.call(ctx, method, request, { deadline: timeoutNs === null ? null : ctx.now + timeoutNs });
  }

  /** The answers of a server stream, without a deadline. Throws as `call`. */
  async stream<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>): Promise<ClientStream<Res>> {
    const connection = await this.ready(ctx);
    return connection.stream(ctx, method, request);
  }

  private async ready(ctx: Context): Promise<GrpcConnection> {
    if (this.connection?.open) return this.connection;
    this.connection = null;
    if (this.lastError !== null) throw this.lastError;
    try {
      return await this.dial(ctx);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      await this.failed(ctx, error);
      if (!this.dialing) {
        this.dialing = true;
        ctx.go('grpc-reconnect', (c) => this.reconnect(c));
      }
      throw error;
    }
  }

  private async dial(ctx: Context): Promise<GrpcConnection> {
    this.connection = await dialGrpc(ctx, this.path);
    this.lastError = null;
    return this.connection;
  }

  private async failed(ctx: Context, error: GrpcError): Promise<void> {
    this.lastError = error;
    const address = `{Addr: "${this.path}", ServerName: "localhost", }`;
    await this.log.warnText(
      ctx,
      'logging.go:55',
      `[core] [Channel #${this.number} SubChannel #${this.number + 1}] grpc: addrConn.createTransport failed to connect to ${address}. Err: ${error.description}`,
    );
  }

  private async reconnect(ctx: Context): Promise<void> {
    let delay = BASE_DELAY_NS;
    for (;;) {
      await ctx.sleep(Math.round(Math.min(delay, MAX_DELAY_NS) * (1 - JITTER + ctx.random.float() * 2 * JITTER)));
      delay *= MULTIPLIER;
      try {
        await this.dial(ctx);
        break;
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
        await this.failed(ctx, error);
      }
    }
    this.dialing = false;
  }
}
