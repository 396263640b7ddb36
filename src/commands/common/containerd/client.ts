/**
 * A client of containerd's own API, as ctr and nerdctl link it: one connection, a namespace, perhaps a lease.
 * @models containerd 2.1 client/client.go, pkg/namespaces/grpc.go
 * @fidelity partial: no reconnecting; the connection is opened at once
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { LeasesService } from '../../../protocols/containerd/services/leases/v1/generated.ts';
import { NamespacesService } from '../../../protocols/containerd/services/namespaces/v1/generated.ts';
import { type ClientDuplex, type ClientStream, dialGrpc, type GrpcConnection } from '../../../protocols/grpc/client.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import type { Method } from '../../../protocols/proto/service.ts';
import { nativeError } from './errors.ts';

export const DEFAULT_ADDRESS = '/run/containerd/containerd.sock';
export const DEFAULT_SNAPSHOTTER = 'overlayfs';

export class Client {
  readonly namespace: string;
  readonly lease: string | null;
  /** A connection that could not be opened fails with the first call, as grpc.NewClient's does. */
  private readonly connection: GrpcConnection | GrpcError;
  private readonly deadline: number | null;

  private constructor(
    connection: GrpcConnection | GrpcError,
    namespace: string,
    lease: string | null,
    deadline: number | null,
  ) {
    this.connection = connection;
    this.namespace = namespace;
    this.lease = lease;
    this.deadline = deadline;
  }

  static async connect(
    ctx: Context,
    address: string,
    namespace: string,
    deadline: number | null = null,
  ): Promise<Client> {
    try {
      return new Client(await dialGrpc(ctx, address), namespace, null, deadline);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return new Client(error, namespace, null, deadline);
    }
  }

  /** The same client for another namespace. */
  inNamespace(namespace: string): Client {
    return new Client(this.connection, namespace, this.lease, this.deadline);
  }

  private open(): GrpcConnection {
    if (this.connection instanceof GrpcError) throw nativeError(this.connection);
    return this.connection;
  }

  private get options(): { deadline: number | null; metadata: Record<string, string> } {
    const lease = this.lease === null ? {} : { 'containerd-lease': this.lease };
    return { deadline: this.deadline, metadata: { 'containerd-namespace': this.namespace, ...lease } };
  }

  /** Throws ContainerdError. */
  async call<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>): Promise<Res> {
    try {
      return await this.open().call(ctx, method, request, this.options);
    } catch (error) {
      throw nativeError(error);
    }
  }

  /** All messages of a server stream. */
  async collect<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>): Promise<Res[]> {
    const stream = await this.stream(ctx, method, request);
    const found: Res[] = [];
    try {
      for (let next = await stream.next(ctx); next !== null; next = await stream.next(ctx)) found.push(next);
    } catch (error) {
      throw nativeError(error);
    }
    return found;
  }

  async stream<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>): Promise<ClientStream<Res>> {
    return this.open().stream(ctx, method, request, this.options);
  }

  async duplex<Req, Res>(ctx: Context, method: Method<Req, Res>): Promise<ClientDuplex<Req, Res>> {
    return this.open().duplex(ctx, method, this.options);
  }

  /** client.WithLease: what `body` makes is held until it is over. */
  async withLease<T>(ctx: Context, body: (client: Client) => Promise<T>): Promise<T> {
    if (this.lease !== null) return body(this);
    const id = leaseId(ctx);
    const labels = { 'containerd.io/gc.expire': rfc3339(ctx.wallTime + 86_400_000_000_000n) };
    await this.call(ctx, LeasesService.methods.Create, { id, labels });
    try {
      return await body(new Client(this.connection, this.namespace, id, this.deadline));
    } finally {
      await this.call(ctx, LeasesService.methods.Delete, { id });
    }
  }

  /** The snapshotter to use when none was asked for: the namespace may have its own. */
  async snapshotter(ctx: Context, asked: string): Promise<string> {
    if (asked !== '') return asked;
    return (await this.namespaceLabel(ctx, 'containerd.io/defaults/snapshotter')) ?? DEFAULT_SNAPSHOTTER;
  }

  private async namespaceLabel(ctx: Context, key: string): Promise<string | undefined> {
    const { namespaces } = await this.call(ctx, NamespacesService.methods.List, {});
    return namespaces.find(({ name }) => name === this.namespace)?.labels[key];
  }

  async close(ctx: Context): Promise<void> {
    if (!(this.connection instanceof GrpcError)) await this.connection.close(ctx);
  }
}

const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** leases.WithRandomID, and the names of streams: the nanoseconds of the second, and four random letters. */
export function leaseId(ctx: Context): string {
  return `${ctx.wallTime % 1_000_000_000n}-${randomLetters(ctx, 4)}`;
}

export function randomLetters(ctx: Context, count: number): string {
  return Array.from({ length: count }, () => URL_SAFE[ctx.random.below(64)]).join('');
}
