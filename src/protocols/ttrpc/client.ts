/** A ttrpc client connection. @models containerd/ttrpc 1.2 client.go @fidelity partial: unary calls only */

import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { LazyMap } from '../../sim/lazy-map.ts';
import { Future } from '../../sim/primitives.ts';
import type { SpanId } from '../../sim/trace.ts';
import { GrpcError, grpcCode } from '../grpc/status.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method } from '../proto/service.ts';
import { beginCall, traceparent } from '../rpc/tracing.ts';
import { encodeFrame, FrameDecoder, frameType } from './framing.ts';
import { Request, Response } from './generated.ts';

const READ_SIZE = 1 << 20;

/** ttrpc.ErrClosed, as its callers print it. */
export const TTRPC_CLOSED = 'ttrpc: closed';

const NOTHING = new Uint8Array(0);

type Outgoing = { span: SpanId; frame: Uint8Array };

export class TtrpcClient {
  open = true;
  /** Resolves when the connection has ended. */
  readonly closed: Future<void>;
  private readonly fd: number;
  private readonly path: string;
  private readonly peer: number;
  private readonly pending = new LazyMap<number, Future<Response>>();
  private nextStream = 1;

  constructor(ctx: Context, fd: number, path: string) {
    this.fd = fd;
    this.path = path;
    this.peer = ctx.sys.peerPid(ctx, fd);
    this.closed = new Future(ctx.scheduler);
    ctx.go('ttrpc-reader', (c) => this.readLoop(c));
  }

  async call<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    options: { deadline?: number | null } = {},
  ): Promise<Res> {
    if (!this.open) throw new GrpcError(grpcCode.Unknown, TTRPC_CLOSED);
    const deadline = options.deadline === undefined ? ctx.deadline : options.deadline;
    const timeoutNs = deadline === null ? 0 : Math.max(1, Math.round(deadline - ctx.now));
    const id = this.nextStream;
    this.nextStream += 2;
    const outgoing: Outgoing = { span: 0, frame: NOTHING };
    this.begin(ctx, id, method, request, timeoutNs, outgoing);
    const { span } = outgoing;
    const future = new Future<Response>(ctx.scheduler);
    this.pending.set(id, future);
    const timer =
      deadline === null
        ? null
        : ctx.scheduler.at(deadline, () =>
            future.reject(new GrpcError(grpcCode.DeadlineExceeded, 'context deadline exceeded')),
          );
    try {
      await this.send(ctx, outgoing);
      const response = await future.wait();
      if (response.status !== undefined && response.status.code !== 0)
        throw new GrpcError(response.status.code, response.status.message);
      ctx.trace.endSpan(span, ctx.process.pid);
      return method.output.decode(response.payload);
    } catch (error) {
      ctx.trace.endSpan(span, ctx.process.pid, error instanceof GrpcError ? error.description : String(error));
      throw error;
    } finally {
      if (timer !== null) ctx.scheduler.cancel(timer);
      this.pending.delete(id);
    }
  }

  /** Not in `call`, whose frame would keep the bytes for as long as the answer takes: a Wait may take for ever. */
  private begin<Req, Res>(
    ctx: Context,
    id: number,
    method: Method<Req, Res>,
    request: Input<Req>,
    timeoutNs: number,
    into: Outgoing,
  ): void {
    const payload = method.input.encode(request);
    const metadata: Record<string, string> = timeoutNs === 0 ? {} : { timeout: `${timeoutNs}ns` };
    into.span = beginCall(ctx, 'ttrpc', method, method.input.typeName, this.path, this.peer, metadata, payload);
    const frame = Request.encode({
      service: method.service,
      method: method.name,
      payload,
      timeoutNano: BigInt(timeoutNs),
      metadata: [{ key: 'traceparent', value: traceparent(into.span) }],
    });
    into.frame = encodeFrame(id, frameType.request, frame);
  }

  private async send(ctx: Context, outgoing: Outgoing): Promise<void> {
    try {
      await ctx.sys.write(ctx, this.fd, outgoing.frame);
      outgoing.frame = NOTHING;
    } catch (error) {
      if (error instanceof Errno) throw new GrpcError(grpcCode.Unknown, TTRPC_CLOSED);
      throw error;
    }
  }

  async close(ctx: Context): Promise<void> {
    if (!this.open) return;
    this.fail();
    await ctx.sys.shutdown(ctx, this.fd, 'both');
    await ctx.sys.close(ctx, this.fd);
  }

  private fail(): void {
    this.open = false;
    for (const future of this.pending.values()) future.reject(new GrpcError(grpcCode.Unknown, TTRPC_CLOSED));
    this.pending.clear();
    this.closed.resolve(undefined);
  }

  /** False at the end of input. */
  private received(decoder: FrameDecoder, bytes: Uint8Array): boolean {
    for (const frame of decoder.push(bytes)) {
      if (frame.type === frameType.response) this.pending.get(frame.streamId)?.resolve(Response.decode(frame.payload));
    }
    return bytes.length > 0;
  }

  private async readLoop(ctx: Context): Promise<void> {
    const decoder = new FrameDecoder();
    try {
      while (this.open) {
        if (!this.received(decoder, await ctx.sys.read(ctx, this.fd, READ_SIZE))) break;
      }
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
    if (this.open) {
      this.fail();
      await ctx.sys.close(ctx, this.fd);
    }
  }
}

/** Connects; throws the Errno of connect(2). */
export async function dialTtrpc(ctx: Context, path: string): Promise<TtrpcClient> {
  const fd = await ctx.sys.connect(ctx, { family: 'unix', path });
  return new TtrpcClient(ctx, fd, path);
}
