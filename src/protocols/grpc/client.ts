/**
 * A gRPC client connection over a Unix socket of the simulated machine.
 * @models google.golang.org/grpc 1.72 clientconn.go @fidelity partial: one connection, no reconnecting, no retries
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Future, Queue } from '../../sim/primitives.ts';
import type { SpanId } from '../../sim/trace.ts';
import { concatBytes } from '../byte-queue.ts';
import { alertText } from '../distribution/tls-model.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method } from '../proto/service.ts';
import { beginCall, isOurBug, traceMessage } from '../rpc/tracing.ts';
import {
  type MessageDecoder,
  messageFrameBytes,
  newMessageDecoder,
  putMessage,
  receiveBytesMaxCri,
  wholeMessage,
} from './grpc-message.ts';
import { encodeHeaders, encodeMoreHeaders, type HeaderDecoder, type HeaderList, newHeaderDecoder } from './hpack.ts';
import {
  connectionPreface,
  encodeData,
  encodePing,
  encodeRstStream,
  encodeSettings,
  encodeSettingsAck,
  encodeWindowUpdate,
  errorCode,
  frameBytes,
  type Http2Frame,
  newFrameBuffer,
  newHttp2Decoder,
  putBytes,
  putHeadersFrame,
  setting,
} from './http2-frames.ts';
import { decodeGrpcMessage, encodeTimeout, GrpcError, grpcCode } from './status.ts';
import { traceparentHeader } from './traceparent-header.ts';

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

/** The same on a connection that is there already; `name` is what errors call it. */
export function grpcOn(ctx: Context, fd: number, name: string): GrpcConnection {
  return new Connection(ctx, fd, name);
}

/** The encoded headers that all calls of one method share. */
const requestHeaders = new Map<string, Uint8Array>();

function headersFor(path: string): Uint8Array {
  let block = requestHeaders.get(path);
  if (block === undefined) {
    block = encodeHeaders([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'localhost'],
      ['content-type', 'application/grpc'],
      ['user-agent', 'grpc-go/1.72.2'],
      ['te', 'trailers'],
    ]);
    requestHeaders.set(path, block);
  }
  return block;
}

/** Calls of one kind have the same deadline, and so the same `grpc-timeout`. */
const moreHeaders = new Map<string, Uint8Array>();
const MORE_HEADERS_MAX = 200;

function changingHeaders(span: SpanId, metadata: Readonly<Record<string, string>>): Uint8Array {
  const parent = traceparentHeader(span);
  if (metadata === NO_METADATA) return parent;
  let key = '';
  for (const name in metadata) key += `${name}\n${metadata[name]}\n`;
  let more = moreHeaders.get(key);
  if (more === undefined) {
    more = encodeMoreHeaders(Object.entries(metadata)).slice();
    if (moreHeaders.size >= MORE_HEADERS_MAX) moreHeaders.clear();
    moreHeaders.set(key, more);
  }
  return concatBytes([parent, more]);
}

class Connection implements GrpcConnection {
  open = true;
  /** The server's first frame has come. */
  private greeted = false;
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

  /** Numbers the call and writes its frames, a request being also its end; `write` must be awaited for them to go out. */
  private begin<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    request: Input<Req> | null,
    options: CallOptions,
    deadline: number | null,
  ): { pending: Pending; id: number; frames: Uint8Array } {
    if (!this.open) throw new GrpcError(grpcCode.Unavailable, 'error reading from server: EOF');
    const message = request === null ? NO_BYTES : method.input.encode(request);
    const { typeName } = method.input;
    const timeout = deadline === null ? null : encodeTimeout(Math.max(0, deadline - ctx.now));
    const given = options.metadata ?? NO_METADATA;
    const metadata = timeout === null ? given : { 'grpc-timeout': timeout, ...given };
    const span = beginCall(ctx, 'grpc', method, typeName, this.path, this.peer, metadata, message);
    const id = this.nextStream;
    this.nextStream += 2;
    const pending: Pending = {
      decoder: null,
      message: null,
      messages: method.serverStreaming ? new Queue(ctx.scheduler) : null,
      done: new Future(ctx.scheduler),
      span,
    };
    this.pending.set(id, pending);
    const block = headersFor(method.path);
    const more = changingHeaders(span, metadata);
    let length = frameBytes(block.length + more.length) + (request === null ? 0 : messageFrameBytes(message));
    for (const owed of this.owed) length += owed.length;
    const out = newFrameBuffer(length);
    for (const owed of this.owed) putBytes(out, owed);
    this.owed.length = 0;
    putHeadersFrame(out, id, block, more, false);
    if (request !== null) putMessage(out, id, message, true);
    return { pending, id, frames: out.bytes };
  }

  private async write(ctx: Context, frames: Uint8Array): Promise<void> {
    try {
      await ctx.sys.write(ctx, this.fd, frames);
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
    const deadline = options.deadline === undefined ? ctx.deadline : options.deadline;
    const { pending, id, frames } = this.begin(ctx, method, request, options, deadline);
    await this.write(ctx, frames);
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
    const { pending, id, frames } = this.begin(ctx, method, request, options, options.deadline ?? null);
    await this.write(ctx, frames);
    return this.answers(method, pending, id);
  }

  async duplex<Req, Res>(
    ctx: Context,
    method: Method<Req, Res>,
    options: CallOptions = {},
  ): Promise<ClientDuplex<Req, Res>> {
    const { pending, id, frames } = this.begin(ctx, method, null, options, options.deadline ?? null);
    await this.write(ctx, frames);
    // What comes after the server's end of the call is of no use to it.
    const isOver = (): boolean => !this.open || pending.done.done;
    return {
      ...this.answers(method, pending, id),
      send: async (c, message) => {
        if (isOver()) return;
        const bytes = method.input.encode(message);
        traceMessage(c, pending.span, 'grpc', method, this.peer, method.input.typeName, bytes);
        const out = newFrameBuffer(messageFrameBytes(bytes));
        putMessage(out, id, bytes, false);
        await this.write(c, out.bytes);
      },
      closeSend: async (c) => {
        if (!isOver()) await this.write(c, encodeData(id, NO_BYTES, true));
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
        const alert = alertText(bytes);
        if (alert !== null) throw new GrpcError(grpcCode.Unavailable, alert);
        for (const frame of frames.push(bytes)) {
          if (frame.type === 'ping') await this.answerPing(ctx, frame);
          else this.handle(frame, headers);
        }
      }
    } catch (error) {
      if (isOurBug(error)) throw error;
      if (this.open) {
        const cause =
          error instanceof Errno
            ? error.go
            : error instanceof GrpcError
              ? error.description
              : String((error as { message?: unknown }).message);
        this.fail(
          new GrpcError(grpcCode.Unavailable, `connection error: desc = "error reading server preface: ${cause}"`),
        );
      }
      return;
    }
    const text = this.greeted
      ? 'error reading from server: EOF'
      : 'connection error: desc = "error reading server preface: EOF"';
    if (this.open) this.fail(new GrpcError(grpcCode.Unavailable, text));
  }

  private async answerPing(ctx: Context, frame: Extract<Http2Frame, { type: 'ping' }>): Promise<void> {
    if (!frame.ack) await ctx.sys.write(ctx, this.fd, encodePing(frame.data, true));
  }

  private handle(frame: Http2Frame, headers: HeaderDecoder): void {
    switch (frame.type) {
      case 'settings':
        this.greeted = true;
        if (!frame.ack) this.owed.push(SETTINGS_ACK);
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
        for (let i = 0; i < list.length; i++) {
          const header = list[i] as HeaderList[number];
          if (header[0] === 'grpc-status') code = Number(header[1]);
          else if (header[0] === 'grpc-message') text = header[1];
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

const NO_METADATA: Record<string, string> = {};
const SETTINGS_ACK = encodeSettingsAck();
const CLIENT_HELLO = concatBytes([
  connectionPreface,
  encodeSettings([[setting.initialWindowSize, WINDOW]]),
  encodeWindowUpdate(0, WINDOW - 65_535),
]);

const NO_BYTES: Uint8Array = new Uint8Array(0);
