/**
 * A client of one etcd endpoint: dialled when it is first asked, and again after the connection has broken.
 * @models etcd 3.6 client/v3 @fidelity partial: one endpoint at a time, no balancer, no retries, no keepalive
 */
import type { GoError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Mutex } from '../../sim/primitives.ts';
import { dialTcp, splitHostPort } from '../distribution/dial.ts';
import { type Certificate, tlsConnect } from '../distribution/tls-model.ts';
import { type CallOptions, type ClientDuplex, type ClientStream, type GrpcConnection, grpcOn } from '../grpc/client.ts';
import { GrpcError, grpcCode } from '../grpc/status.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method } from '../proto/service.ts';

const CLIENT_PORT = 2379;

export type EtcdEndpoint = {
  /** `https://127.0.0.1:2379`; without a scheme it is spoken to in the clear. */
  readonly url: string;
  readonly issuers: readonly string[];
  readonly skipVerify: boolean;
  readonly clientCertificate: Certificate | null;
};

export class EtcdClient {
  private readonly endpoint: EtcdEndpoint;
  private readonly lock: Mutex;
  private connection: GrpcConnection | null = null;

  constructor(ctx: Context, endpoint: EtcdEndpoint) {
    this.endpoint = endpoint;
    this.lock = new Mutex(ctx.scheduler);
  }

  /** Throws a GrpcError: Unavailable when nobody answers. */
  async call<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    options?: CallOptions,
  ): Promise<Res> {
    return (await this.connected(ctx)).call(ctx, method, request, options);
  }

  async stream<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    options?: CallOptions,
  ): Promise<ClientStream<Res>> {
    return (await this.connected(ctx)).stream(ctx, method, request, options);
  }

  async duplex<Req, Res>(ctx: Context, method: Method<Req, Res>): Promise<ClientDuplex<Req, Res>> {
    return (await this.connected(ctx)).duplex(ctx, method);
  }

  async close(ctx: Context): Promise<void> {
    await this.connection?.close(ctx);
    this.connection = null;
  }

  private async connected(ctx: Context): Promise<GrpcConnection> {
    if (this.connection?.open === true) return this.connection;
    const unlock = await this.lock.lock();
    try {
      if (this.connection === null || !this.connection.open) this.connection = await dial(ctx, this.endpoint);
      return this.connection;
    } finally {
      unlock();
    }
  }
}

async function dial(
  ctx: Context,
  { url, issuers, skipVerify, clientCertificate }: EtcdEndpoint,
): Promise<GrpcConnection> {
  const [, scheme, address = url] = /^(?:(https?):\/\/)?(.*)$/.exec(url) ?? [];
  const { host, port } = splitHostPort(address);
  let fd: number | null = null;
  try {
    fd = await dialTcp(ctx, host, port ?? CLIENT_PORT);
    if (scheme === 'https')
      await tlsConnect(ctx, fd, {
        serverName: host,
        issuers,
        skipVerify,
        protocol: 'h2',
        ...(clientCertificate === null ? {} : { clientCertificate }),
      });
    return grpcOn(ctx, fd, address);
  } catch (error) {
    if (!isErrno(error) && typeof (error as GoError).before !== 'string') throw error;
    const message = isErrno(error) ? error.go : (error as GoError).message;
    const doing = fd === null ? 'transport: Error while dialing: ' : 'transport: authentication handshake failed: ';
    if (fd !== null) await ctx.sys.close(ctx, fd);
    throw new GrpcError(grpcCode.Unavailable, `connection error: desc = "${doing}${message}"`);
  }
}
