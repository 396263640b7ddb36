/**
 * A gRPC client connection over a Unix socket of the simulated machine.
 * @models google.golang.org/grpc 1.72 clientconn.go @fidelity partial: one connection, no reconnecting, no retries
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Future, Queue } from '../../sim/primitives.ts';
import type { SpanId } from '../../sim/trace.ts';
import { concatBytes } from '../byte-queue.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method } from '../proto/service.ts';
import { beginCall, isOurBug, traceMessage, traceparent } from '../rpc/tracing.ts';
import {
  frameMessage,
  type MessageDecoder,
  newMessageDecoder,
  receiveBytesMaxCri,
  wholeMessage,
} from './grpc-message.ts';
import { encodeHeaders, type HeaderList, newHeaderDecoder } from './hpack.ts';
import {
  connectionPreface,
  encodeData,
  encodeHeadersFrame,
  encodePing,
  encodeRstStream,
  encodeSettings,
  encodeSettingsAck,
  encodeWindowUpdate,
  errorCode,
  type Http2Frame,
  newHttp2Decoder,
  setting,
} from './http2-frames.ts';
import { dataFrames } from './server.ts';
import { decodeGrpcMessage, encodeTimeout, GrpcError, grpcCode } from './status.ts';

const READ_SIZE = 1 << 20;
const WINDOW = 0x7fffffff;

export type CallOptions = {
  /** Virtual time at which to give up. */ deadline?: number | null;
  metadata?: Record<string, string>;
};

export type ClientStream<Response> = {
  /** Next message, null at a regular end; throws GrpcError otherwise. */
  next(ctx: Context): Promise<Response | null>;
  cancel(ctx: Context): Promise<void>;
};

/** A call to which the client sends more than one message. */
export type ClientDuplex<Request, Response> = ClientStream<Response> & {
  send(ctx: Context, message: Input<Request>): Promise<void>;
  /** No more messages from here. */
  closeSend(ctx: Context): Promise<void>;
};

export type GrpcConnection = {
  call<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>, options?: CallOptions): Promise<Res>;
  stream<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    options?: CallOptions,
  ): Promise<ClientStream<Res>>;
  duplex<Req, Res>(ctx: Context, method: Method<Req, Res>, options?: CallOptions): Promise<ClientDuplex<Req, Res>>;
  close(ctx: Context): Promise<void>;
  /** False once the peer has gone. */
  readonly open: boolean;
};

type Pending = {
  decoder: MessageDecoder | null;
  /** The answer of a unary call. */
  message: Uint8Array | null;
  /** The answers of a server stream. */
  messages: Queue<Uint8Array> | null;
  done: Future<GrpcError | null>;
  span: SpanId;
};

/** The text that grpc-go gives when the socket cannot be reached. */
export function dialError(path: string, error: Errno): GrpcError {
  return new GrpcError(
    grpcCode.Unavailable,
    `connection error: desc = "transport: Error while dialing: dial unix ${path}: connect: ${error.go}"`,
  );
}

export async function dialGrpc(ctx: Context, path: string): Promise<GrpcConnection> {
  const { sys } = ctx;
  let fd: number;
  try {
    fd = await sys.connect(ctx, { family: 'unix', path });
  } catch (error) {
    if (error instanceof Errno) throw dialError(path, error);
    throw error;
  }
  return new Connection(ctx, fd, path);
}

const requestHeaders = new Map<string, HeaderList>();

function headersFor(path: string): HeaderList {
  let list = requestHeaders.get(path);
  if (list === undefined) {
    list = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'localhost'],
      ['content-type', 'application/grpc'],
      ['user-agent', 'grpc-go/1.72.2'],
      ['te', 'trailers'],
    ];
    requestHeaders.set(path, list);
  }
  return list;
}

class Connection implements GrpcConnection {
  open = true;
  private readonly fd: number;
  private readonly path: string;
  private readonly peer: number;
  private readonly pending = new Map<number, Pending>();
  private nextStream = 1;
  /** Frames that go with the next write: the greeting at first, then acknowledgements. */
  private readonly owed: Uint8Array[] = [CLIENT_HELLO];

  constructor(ctx: Context, fd: number, path: string) {
    this.fd = fd;
    this.path = path;
    this.peer = ctx.sys.peerPid(ctx, fd);
    ctx.go('grpc-reader', (c) => this.readLoop(c));
  }

  /** Opens a stream; a request, if there is one, is also its end. */
  private async send<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req> | null,
    options: CallOptions,
  ): Promise<{ pending: Pending; id: number; deadline: number | null }> {
    if (!this.open) throw new GrpcError(grpcCode.Unavailable, 'error reading from server: EOF');
    const bytes = request === null ? NO_BYTES : method.input.encode(request);
    const span = beginCall(
      ctx,
      'grpc',
      method,
      method.input.typeName,
      this.path,
      this.peer,
      options.metadata ?? NO_METADATA,
      bytes,
    );
    const id = this.nextStream;
    this.nextStream += 2;
    const deadline = options.deadline === undefined ? ctx.deadline : options.deadline;
    const changing: (readonly [string, string])[] = [['traceparent', traceparent(span)]];
    if (deadline !== null) changing.push(['grpc-timeout', encodeTimeout(Math.max(0, deadline - ctx.now))]);
    if (options.metadata !== undefined) changing.push(...Object.entries(options.metadata));
    const pending: Pending = {
      decoder: null,
      message: null,
      messages: method.serverStreaming ? new Queue(ctx.scheduler) : null,
      done: new Future(ctx.scheduler),
      span,
    };
    this.pending.set(id, pending);
    await this.write(ctx, [
      encodeHeadersFrame(id, encodeHeaders(headersFor(method.path), changing), false),
      ...(request === null ? [] : dataFrames(id, frameMessage(bytes), true)),
    ]);
    return { pending, id, deadline };
  }

  private async write(ctx: Context, frames: readonly Uint8Array[]): Promise<void> {
    const owed = this.owed.splice(0);
    try {
      await ctx.sys.write(ctx, this.fd, concatBytes([...owed, ...frames]));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      this.fail(
        new GrpcError(
          grpcCode.Unavailable,
          `connection error: desc = "transport: write unix @->${this.path}: ${error.go}"`,
        ),
      );
    }
  }

  async call<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    options: CallOptions = {},
  ): Promise<Res> {
    const { pending, id, deadline } = await this.send(ctx, method, request, options);
    const timer =
      deadline === null
        ? null
        : ctx.scheduler.at(deadline, () => {
            pending.done.resolve(new GrpcError(grpcCode.DeadlineExceeded, 'context deadline exceeded'));
          });
    const failure = await pending.done.wait();
    if (timer !== null) ctx.scheduler.cancel(timer);
    if (this.pending.delete(id) && failure !== null && this.open) await this.reset(ctx, id);
    ctx.trace.endSpan(pending.span, ctx.process.pid, failure === null ? null : failure.description);
    if (failure !== null) throw failure;
    const bytes = pending.message;
    if (bytes === null) throw new GrpcError(grpcCode.Internal, 'server closed the stream without sending a response');
    return method.output.decode(bytes);
  }

  async stream<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req>,
    options: CallOptions = {},
  ): Promise<ClientStream<Res>> {
    const { pending, id } = await this.send(ctx, method, request, { ...options, deadline: options.deadline ?? null });
    return this.answers(method, pending, id);
  }

  async duplex<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    options: CallOptions = {},
  ): Promise<ClientDuplex<Req, Res>> {
    const { pending, id } = await this.send(ctx, method, null, { ...options, deadline: options.deadline ?? null });
    // What comes after the server's end of the call is of no use to it.
    const isOver = (): boolean => !this.open || pending.done.done;
    return {
      ...this.answers(method, pending, id),
      send: async (c, message) => {
        if (isOver()) return;
        const bytes = method.input.encode(message);
        traceMessage(c, pending.span, 'grpc', method, this.peer, method.input.typeName, bytes);
        await this.write(c, dataFrames(id, frameMessage(bytes), false));
      },
      closeSend: async (c) => {
        if (!isOver()) await this.write(c, [encodeData(id, NO_BYTES, true)]);
      },
    };
  }

  private answers<Req, Res>(method: Method<Req, Res>, pending: Pending, id: number): ClientStream<Res> {
    let ended = false;
    const finish = (c: Context, error: string | null): void => {
      if (!ended) c.trace.endSpan(pending.span, c.process.pid, error);
      ended = true;
    };
    return {
      next: async (c) => {
        const bytes = pending.messages === null ? null : await pending.messages.take();
        if (bytes !== null) return method.output.decode(bytes);
        const failure = await pending.done.wait();
        finish(c, failure === null ? null : failure.description);
        if (failure !== null) throw failure;
        return null;
      },
      cancel: async (c) => {
        pending.done.resolve(new GrpcError(grpcCode.Canceled, 'context canceled'));
        pending.messages?.close();
        if (this.pending.delete(id) && this.open) await this.reset(c, id);
        finish(c, 'context canceled');
      },
    };
  }

  private async reset(ctx: Context, id: number): Promise<void> {
    try {
      await ctx.sys.write(ctx, this.fd, encodeRstStream(id, errorCode.cancel));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }

  async close(ctx: Context): Promise<void> {
    if (!this.open) return;
    if (this.pending.size > 0) this.fail(new GrpcError(grpcCode.Canceled, 'grpc: the client connection is closing'));
    this.open = false;
    await ctx.sys.shutdown(ctx, this.fd, 'both');
    await ctx.sys.close(ctx, this.fd);
  }

  private fail(error: GrpcError): void {
    this.open = false;
    for (const pending of this.pending.values()) {
      pending.done.resolve(error);
      pending.messages?.close();
    }
    this.pending.clear();
  }

  private async readLoop(ctx: Context): Promise<void> {
    const frames = newHttp2Decoder(false);
    const headers = newHeaderDecoder();
    try {
      while (this.open) {
        const bytes = await ctx.sys.read(ctx, this.fd, READ_SIZE);
        if (bytes.length === 0) break;
        for (const frame of frames.push(bytes)) await this.handle(ctx, frame, headers);
      }
    } catch (error) {
      if (isOurBug(error)) throw error;
      if (this.open) {
        this.fail(
          new GrpcError(
            grpcCode.Unavailable,
            `connection error: desc = "error reading server preface: ${error instanceof Errno ? error.go : String((error as { message?: unknown }).message)}"`,
          ),
        );
      }
      return;
    }
    if (this.open) this.fail(new GrpcError(grpcCode.Unavailable, 'error reading from server: EOF'));
  }

  private async handle(ctx: Context, frame: Http2Frame, headers: ReturnType<typeof newHeaderDecoder>): Promise<void> {
    switch (frame.type) {
      case 'settings':
        if (!frame.ack) this.owed.push(SETTINGS_ACK);
        break;
      case 'ping':
        if (!frame.ack) await ctx.sys.write(ctx, this.fd, encodePing(frame.data, true));
        break;
      case 'data': {
        const pending = this.pending.get(frame.streamId);
        if (pending === undefined) break;
        const whole = pending.decoder === null ? wholeMessage(frame.data) : null;
        const messages =
          whole !== null ? [whole] : (pending.decoder ??= newMessageDecoder(receiveBytesMaxCri)).push(frame.data);
        for (const bytes of messages) {
          if (pending.messages === null) pending.message = bytes;
          else pending.messages.push(bytes);
        }
        break;
      }
      case 'headers': {
        const list = headers.decode(frame.block);
        if (!frame.endStream) break;
        const pending = this.pending.get(frame.streamId);
        if (pending === undefined) break;
        let code = 0;
        let text = '';
        for (const [name, value] of list) {
          if (name === 'grpc-status') code = Number(value);
          else if (name === 'grpc-message') text = value;
        }
        pending.done.resolve(code === 0 ? null : new GrpcError(code, decodeGrpcMessage(text)));
        pending.messages?.close();
        this.pending.delete(frame.streamId);
        break;
      }
      case 'rst-stream': {
        const pending = this.pending.get(frame.streamId);
        pending?.done.resolve(
          new GrpcError(grpcCode.Canceled, 'stream terminated by RST_STREAM with error code: CANCEL'),
        );
        pending?.messages?.close();
        this.pending.delete(frame.streamId);
        break;
      }
      case 'go-away':
        this.fail(
          new GrpcError(
            grpcCode.Unavailable,
            'connection error: desc = "error reading server preface: http2: frame too large"',
          ),
        );
        break;
      default:
    }
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_METADATA: Record<string, string> = {};
const SETTINGS_ACK = encodeSettingsAck();
const CLIENT_HELLO = concatBytes([
  connectionPreface,
  encodeSettings([[setting.initialWindowSize, WINDOW]]),
  encodeWindowUpdate(0, WINDOW - 65_535),
]);
