/** A ttrpc server on a listening socket. @models containerd/ttrpc 1.2 server.go @fidelity partial: unary calls only */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { GrpcError, grpcCode, grpcCodeName } from '../grpc/status.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method, Service } from '../proto/service.ts';
import { beginHandling, isOurBug, spanOf, traceResponse } from '../rpc/tracing.ts';
import { encodeFrame, type Frame, FrameDecoder, frameType, oversizedMessage, payloadBytesMax } from './framing.ts';
import { Request, Response } from './generated.ts';

const READ_SIZE = 1 << 20;

export type TtrpcCall = { readonly metadata: ReadonlyMap<string, string> };
export type TtrpcHandler<M> =
  M extends Method<infer Req, infer Res>
    ? (ctx: Context, request: Req, call: TtrpcCall) => Promise<Input<Res> | void>
    : never;
export type TtrpcHandlers<S extends Service> = { [Name in keyof S['methods']]?: TtrpcHandler<S['methods'][Name]> };

type AnyHandler = (ctx: Context, request: unknown, call: TtrpcCall) => Promise<unknown>;

async function refuse(ctx: Context, fd: number, streamId: number, lengthBytes: number): Promise<void> {
  const status = { code: grpcCode.ResourceExhausted, message: oversizedMessage(lengthBytes) };
  await ctx.sys.write(ctx, fd, encodeFrame(streamId, frameType.response, Response.encode({ status })));
}

function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const message = error instanceof Errno ? error.go : String((error as { message?: unknown })?.message ?? error);
  return new GrpcError(grpcCode.Unknown, message);
}

export class TtrpcServer {
  private readonly services = new Map<
    string,
    {
      methods: Record<string, Method<unknown, unknown>>;
      handlers: Record<string, AnyHandler | undefined>;
      self: unknown;
    }
  >();
  /** Set by a shim that is asked to shut down: after the answer nothing more is accepted. */
  closed = false;
  translate: (error: unknown) => GrpcError = asGrpcError;

  /** `self` is what the handlers know as `this`. */
  implement<S extends Service>(service: S, handlers: TtrpcHandlers<S>, self: unknown = null): void {
    this.services.set(service.typeName, {
      methods: service.methods,
      handlers: handlers as Record<string, AnyHandler | undefined>,
      self,
    });
  }

  async serve(ctx: Context, listenFd: number): Promise<void> {
    for (;;) {
      let fd: number;
      try {
        fd = await ctx.sys.accept(ctx, listenFd);
      } catch (error) {
        if (error instanceof Errno) return;
        throw error;
      }
      ctx.go('ttrpc-connection', (c) => this.connection(c, fd));
    }
  }

  private async connection(ctx: Context, fd: number): Promise<void> {
    const decoder = new FrameDecoder();
    const peer = ctx.sys.peerPid(ctx, fd);
    try {
      // What has come is dealt with elsewhere: this waits for more for as long as the connection lasts.
      while (await this.received(ctx, fd, peer, decoder, await ctx.sys.read(ctx, fd, READ_SIZE)));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
    await ctx.sys.close(ctx, fd);
  }

  /** False at the end of input. */
  private received(
    ctx: Context,
    fd: number,
    peer: number,
    decoder: FrameDecoder,
    bytes: Uint8Array,
  ): boolean | Promise<boolean> {
    const frames = decoder.push(bytes).filter(({ type }) => type === frameType.request);
    if (frames.some((frame) => frame.oversizedBytes !== undefined)) return this.refuseSome(ctx, fd, peer, frames);
    for (const frame of frames) this.handle(ctx, fd, peer, frame);
    return bytes.length > 0;
  }

  private async refuseSome(ctx: Context, fd: number, peer: number, frames: readonly Frame[]): Promise<boolean> {
    for (const frame of frames) {
      if (frame.oversizedBytes !== undefined) await refuse(ctx, fd, frame.streamId, frame.oversizedBytes);
      else this.handle(ctx, fd, peer, frame);
    }
    return true;
  }

  private handle(ctx: Context, fd: number, peer: number, frame: Frame): void {
    const request = Request.decode(frame.payload);
    const { streamId } = frame;
    ctx.go(request.method, (c) => this.run(c, fd, peer, streamId, request));
  }

  private async run(ctx: Context, fd: number, peer: number, streamId: number, request: Request): Promise<void> {
    const metadata = new Map(request.metadata.map((m) => [m.key, m.value]));
    const call = spanOf(metadata.get('traceparent'));
    const registered = this.services.get(request.service);
    const method = registered?.methods[request.method];
    const name = { service: request.service, name: request.method };
    const span = beginHandling(ctx, name, call);
    const deadline = request.timeoutNano > 0n ? ctx.now + Number(request.timeoutNano) : null;
    const inner = ctx.withSpan(span).withDeadline(deadline);
    let status: GrpcError | null = null;
    let payload = new Uint8Array(0) as Uint8Array;
    try {
      if (registered === undefined) throw new GrpcError(grpcCode.Unimplemented, `service ${request.service}`);
      const handler = registered.handlers[request.method];
      if (method === undefined || handler === undefined)
        throw new GrpcError(grpcCode.Unimplemented, `method ${request.method}`);
      payload = method.output.encode(
        ((await handler.call(registered.self, inner, method.input.decode(request.payload), { metadata })) ??
          {}) as never,
      );
      if (payload.length > payloadBytesMax)
        throw new GrpcError(grpcCode.ResourceExhausted, oversizedMessage(payload.length));
    } catch (error) {
      if (isOurBug(error)) throw error;
      status = this.translate(error);
      payload = new Uint8Array(0);
    }
    ctx.trace.endSpan(span, ctx.process.pid, status === null ? null : status.description);
    const code = status?.code ?? 0;
    traceResponse(
      inner,
      call,
      'ttrpc',
      name,
      peer,
      code,
      grpcCodeName(code),
      status?.description ?? '',
      method?.output.typeName ?? '',
      payload,
    );
    try {
      const response = Response.encode(
        status === null ? { payload, status: {} } : { status: { code, message: status.description } },
      );
      await ctx.sys.write(ctx, fd, encodeFrame(streamId, frameType.response, response));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }
}
