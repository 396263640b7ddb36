/**
 * A gRPC server on a listening socket of the simulated machine: HTTP/2 frames in, handlers run as strands, frames out.
 * @models google.golang.org/grpc 1.72 server.go @fidelity partial: the own windows are opened wide at once, no keepalive
 */
import { Cancellation } from '../../linux/cancellation.ts';
import { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Queue, WaitQueue } from '../../sim/primitives.ts';
import type { SpanId } from '../../sim/trace.ts';
import { concatBytes } from '../byte-queue.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method, Service } from '../proto/service.ts';
import { beginHandling, isOurBug, spanOf, traceMessage, traceResponse } from '../rpc/tracing.ts';
import {
  frameMessage,
  type MessageDecoder,
  messageFrameBytes,
  newMessageDecoder,
  prefixBytes,
  putMessage,
  receiveBytesMaxCri,
  wholeMessage,
} from './grpc-message.ts';
import { encodeHeaders, type HeaderDecoder, type HeaderList, newHeaderDecoder } from './hpack.ts';
import {
  encodeData,
  encodeGoAway,
  encodeHeadersFrame,
  encodePing,
  encodeSettings,
  encodeSettingsAck,
  encodeWindowUpdate,
  frameBytes,
  frameBytesMax,
  type Http2Frame,
  newFrameBuffer,
  newHttp2Decoder,
  putHeadersFrame,
  setting,
} from './http2-frames.ts';
import { decodeTimeout, encodeGrpcMessage, GrpcError, grpcCode, grpcCodeName } from './status.ts';

const READ_SIZE = 1 << 20;
const WINDOW = 0x7fffffff;
const INITIAL_WINDOW = 65_535;
/** A peer that opens its windows this wide, as ours do, will never make anybody wait: nothing is counted for it. */
const WINDOW_UNCOUNTED = 0x3fffffff;
/** After this much received data the connection's window is opened again. */
const RECEIVED_BYTES_MAX = 1 << 30;

export type ServerCall<Response> = {
  readonly metadata: ReadonlyMap<string, string>;
  /** Of the process at the other end. */
  readonly peerPid: number;
  /** True once the client reset the stream or went away. */
  readonly cancelled: boolean;
  /** One message of a server stream. Throws GrpcError Canceled when nobody listens any more. */
  send(ctx: Context, message: Input<Response>): Promise<void>;
  /** Next message of a client stream, null at its end. */
  receive(): Promise<unknown>;
  /** Resolves when the call was cancelled or the connection closed. */
  whenCancelled(ctx: Context): Promise<void>;
};

export type Handler<M> =
  M extends Method<infer Req, infer Res>
    ? (ctx: Context, request: Req, call: ServerCall<Res>) => Promise<Input<Res> | void>
    : never;
export type Handlers<S extends Service> = { [Name in keyof S['methods']]?: Handler<S['methods'][Name]> };

type AnyMethod = Method<unknown, unknown>;
type AnyHandler = (ctx: Context, request: unknown, call: ServerCall<unknown>) => Promise<unknown>;
type Registered = { method: AnyMethod; handler: AnyHandler | null };

const RESPONSE_HEADERS: HeaderList = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
const OK_TRAILERS: HeaderList = [
  ['grpc-status', '0'],
  ['grpc-message', ''],
];

type Stream = {
  id: number;
  registered: Registered;
  headers: HeaderList;
  /** Made when a message does not come whole in one frame, or more than one comes. */
  decoder: MessageDecoder | null;
  messages: Queue<unknown> | null;
  cancelled: boolean;
  cancel: Queue<void> | null;
  /** Of the handler's context. */
  cancellation: Cancellation | null;
  started: boolean;
  headersSent: boolean;
  /** Bytes of data that the client takes on this stream before it opens the window again. */
  window: number;
};

/** One client's connection: its socket, its streams, and what is owed to it. */
type Peer = {
  fd: number;
  pid: number;
  streams: Map<number, Stream>;
  /** Frames to send with the next write. */
  owed: Uint8Array[];
  /** What the client takes on the whole connection, and on a stream that begins. */
  window: number;
  initialWindow: number;
  /** Who waits for a window. */
  readonly opened: WaitQueue<void>;
  /** Data received since the connection's window was opened. */
  received: number;
  gone: boolean;
};

export class GrpcServer {
  private readonly methods = new Map<string, Registered>();
  private readonly services = new Set<string>();
  /** Adds words to a handler's error, or replaces it: the daemon's one place where errors become statuses. */
  translate: (error: unknown) => GrpcError = (error) =>
    error instanceof GrpcError
      ? error
      : new GrpcError(
          grpcCode.Unknown,
          error instanceof Errno ? error.go : String((error as { message?: unknown })?.message ?? error),
        );

  /** Who takes connections that do not speak HTTP/2, with what they said first: a port that serves both. */
  otherwise: ((ctx: Context, fd: number, first: Uint8Array) => Promise<void>) | null = null;

  /** Methods without a handler answer Unimplemented, as an embedded UnimplementedServer does. */
  implement<S extends Service>(service: S, handlers: Handlers<S>): void {
    this.services.add(service.typeName);
    for (const method of Object.values(service.methods)) {
      const handler = (handlers as Record<string, AnyHandler | undefined>)[method.name] ?? null;
      this.methods.set(method.path, { method: method as AnyMethod, handler });
    }
  }

  /** Accepts until the listener is closed. `greet` goes before HTTP/2; false if it came to nothing. */
  async serve(
    ctx: Context,
    listenFd: number,
    greet: ((ctx: Context, fd: number) => Promise<boolean>) | null = null,
  ): Promise<void> {
    for (;;) {
      let fd: number;
      try {
        fd = await ctx.sys.accept(ctx, listenFd);
      } catch (error) {
        if (error instanceof Errno) return;
        throw error;
      }
      ctx.go('grpc-connection', async (c) => {
        if (greet === null || (await greet(c, fd))) await this.connection(c, fd);
        else await c.sys.close(c, fd);
      });
    }
  }

  private async connection(ctx: Context, fd: number): Promise<void> {
    const { sys } = ctx;
    const frames = newHttp2Decoder(true);
    const headers = newHeaderDecoder();
    // SETTINGS go out with the first answer if a call came with the greeting: one write and one wake-up less.
    const peer: Peer = {
      fd,
      pid: sys.peerPid(ctx, fd),
      streams: new Map(),
      owed: [SERVER_HELLO],
      window: INITIAL_WINDOW,
      initialWindow: INITIAL_WINDOW,
      opened: new WaitQueue(ctx.scheduler),
      received: 0,
      gone: false,
    };
    let isFirst = this.otherwise !== null;
    try {
      for (;;) {
        const bytes = await sys.read(ctx, fd, READ_SIZE);
        if (bytes.length === 0) break;
        if (isFirst && !startsWith(bytes, PREFACE_START)) {
          await this.otherwise?.(ctx, fd, bytes);
          return;
        }
        isFirst = false;
        let called = false;
        for (const frame of frames.push(bytes)) {
          called ||= frame.type === 'headers';
          const answer = this.onFrame(ctx, peer, headers, frame);
          if (answer !== null) await send(ctx, peer, answer);
        }
        // gRPC for Go calls nothing before it has seen the server's settings.
        if (!called && peer.owed.length > 0) await send(ctx, peer, NO_BYTES);
      }
    } catch (error) {
      if (isOurBug(error)) throw error;
      // Not HTTP/2: say so and hang up, as grpc-go does.
      await send(ctx, peer, encodeGoAway(0, 1));
    }
    peer.gone = true;
    for (const stream of peer.streams.values()) cancelStream(stream);
    peer.opened.wakeAll();
    await sys.close(ctx, fd);
  }

  /** Returns what must be answered at once, which is rare: no frame waits for another's handler. */
  private onFrame(ctx: Context, peer: Peer, decoder: HeaderDecoder, frame: Http2Frame): Uint8Array | null {
    switch (frame.type) {
      case 'data':
        this.onData(ctx, peer, frame);
        break;
      case 'settings':
        if (!frame.ack) peer.owed.push(SETTINGS_ACK);
        for (const [id, value] of frame.settings) if (id === setting.initialWindowSize) resizeWindows(peer, value);
        break;
      case 'window-update':
        openWindow(peer, frame.streamId, frame.increment);
        break;
      case 'ping':
        if (!frame.ack) return encodePing(frame.data, true);
        break;
      case 'headers': {
        const headers = decoder.decode(frame.block);
        const path = headerOf(headers, ':path') ?? '';
        const registered = this.methods.get(path);
        if (registered === undefined) return this.refuse(ctx, peer, frame.streamId, path, headers);
        const stream: Stream = {
          id: frame.streamId,
          registered,
          headers,
          decoder: null,
          messages: null,
          cancelled: false,
          cancel: null,
          cancellation: null,
          started: false,
          headersSent: false,
          window: peer.initialWindow,
        };
        peer.streams.set(frame.streamId, stream);
        if (registered.method.clientStreaming) {
          stream.messages = new Queue(ctx.scheduler);
          this.start(ctx, stream, peer, null);
        }
        if (frame.endStream) stream.messages?.close();
        break;
      }
      case 'rst-stream': {
        const stream = peer.streams.get(frame.streamId);
        if (stream !== undefined) cancelStream(stream);
        peer.streams.delete(frame.streamId);
        peer.opened.wakeAll();
        break;
      }
      default:
    }
    return null;
  }

  private onData(ctx: Context, peer: Peer, frame: Extract<Http2Frame, { type: 'data' }>): void {
    peer.received += frame.flowBytes;
    if (peer.received > RECEIVED_BYTES_MAX) {
      peer.owed.push(encodeWindowUpdate(0, peer.received));
      peer.received = 0;
    }
    const stream = peer.streams.get(frame.streamId);
    if (stream === undefined) return;
    const { method } = stream.registered;
    if (stream.messages === null) {
      const whole = stream.decoder === null ? wholeMessage(frame.data) : null;
      const bytes = whole ?? (stream.decoder ??= newMessageDecoder(receiveBytesMaxCri)).push(frame.data)[0];
      if (bytes !== undefined && !stream.started) this.start(ctx, stream, peer, method.input.decode(bytes));
      return;
    }
    stream.decoder ??= newMessageDecoder(receiveBytesMaxCri);
    for (const bytes of stream.decoder.push(frame.data)) stream.messages.push(method.input.decode(bytes));
    if (frame.endStream) stream.messages.close();
  }

  private refuse(ctx: Context, peer: Peer, id: number, path: string, headers: HeaderList): Uint8Array {
    const slash = path.lastIndexOf('/');
    const service = path.slice(1, slash);
    const name = path.slice(slash + 1);
    const text = this.services.has(service)
      ? `unknown method ${name} for service ${service}`
      : `unknown service ${service}`;
    traceResponse(
      ctx,
      spanOf(headerOf(headers, 'traceparent')),
      'grpc',
      { service, name },
      peer.pid,
      grpcCode.Unimplemented,
      'Unimplemented',
      text,
      '',
      NO_BYTES,
    );
    const trailers: HeaderList = [
      ...RESPONSE_HEADERS,
      ['grpc-status', String(grpcCode.Unimplemented)],
      ['grpc-message', encodeGrpcMessage(text)],
    ];
    return encodeHeadersFrame(id, encodeHeaders(trailers), true);
  }

  private start(ctx: Context, stream: Stream, peer: Peer, request: unknown): void {
    stream.started = true;
    ctx.go(stream.registered.method.name, (c) => this.run(c, stream, peer, request));
  }

  private async run(ctx: Context, stream: Stream, peer: Peer, request: unknown): Promise<void> {
    const { method, handler } = stream.registered;
    const call = spanOf(headerOf(stream.headers, 'traceparent'));
    const span = beginHandling(ctx, method, call);
    stream.cancellation = new Cancellation();
    if (stream.cancelled) stream.cancellation.cancel();
    const { sys, process, group, scheduler, trace } = ctx;
    const deadline = deadlineOf(ctx, stream.headers);
    const inner = new Context(sys, process, group, scheduler, trace, span, deadline, stream.cancellation);
    let status: GrpcError | null = null;
    let payload = NO_BYTES;
    try {
      if (handler === null) throw new GrpcError(grpcCode.Unimplemented, `method ${method.name} not implemented`);
      const result = await handler(inner, request, new Call(stream, peer, call));
      if (!method.serverStreaming) payload = method.output.encode((result ?? {}) as never);
    } catch (error) {
      if (isOurBug(error)) throw error;
      status = this.translate(error);
    }
    ctx.trace.endSpan(span, ctx.process.pid, status === null ? null : status.description);
    if (stream.cancelled) {
      peer.streams.delete(stream.id);
      return;
    }
    const code = status?.code ?? 0;
    traceResponse(
      inner,
      call,
      'grpc',
      method,
      peer.pid,
      code,
      grpcCodeName(code),
      status?.description ?? '',
      method.output.typeName,
      payload,
    );
    const message = status === null && !method.serverStreaming ? payload : null;
    if (message !== null && !takeWindow(peer, stream, prefixBytes + message.length)) {
      await sendPiecewise(ctx, peer, stream, message);
      await send(ctx, peer, answerFrames(stream, null));
    } else await send(ctx, peer, status === null ? answerFrames(stream, message) : errorFrames(stream, status));
    peer.streams.delete(stream.id);
  }
}

/** The frames that end a call well; a stream's messages went before. */
function answerFrames(stream: Stream, message: Uint8Array | null): Uint8Array {
  let length = frameBytes(OK_TRAILERS_BLOCK.length);
  if (!stream.headersSent) length += frameBytes(OK_HEADERS_BLOCK.length);
  if (message !== null) length += messageFrameBytes(message);
  const out = newFrameBuffer(length);
  if (!stream.headersSent) putHeadersFrame(out, stream.id, OK_HEADERS_BLOCK, NO_BYTES, false);
  if (message !== null) putMessage(out, stream.id, message, false);
  putHeadersFrame(out, stream.id, OK_TRAILERS_BLOCK, NO_BYTES, true);
  return out.bytes;
}

function errorFrames(stream: Stream, status: GrpcError): Uint8Array {
  const trailers: HeaderList = [
    ['grpc-status', String(status.code)],
    ['grpc-message', encodeGrpcMessage(status.description)],
  ];
  const headers = stream.headersSent ? trailers : [...RESPONSE_HEADERS, ...trailers];
  return encodeHeadersFrame(stream.id, encodeHeaders(headers), true);
}

/** `PRI `: how HTTP/2 begins. */
const PREFACE_START = [0x50, 0x52, 0x49, 0x20];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

/** What a handler sees of its call. */
class Call implements ServerCall<unknown> {
  private readonly stream: Stream;
  private readonly peer: Peer;
  private readonly span: SpanId;

  constructor(stream: Stream, peer: Peer, span: SpanId) {
    this.stream = stream;
    this.peer = peer;
    this.span = span;
  }

  get peerPid(): number {
    return this.peer.pid;
  }

  get metadata(): ReadonlyMap<string, string> {
    return new Map(this.stream.headers);
  }

  get cancelled(): boolean {
    return this.stream.cancelled;
  }

  async send(ctx: Context, message: Input<unknown>): Promise<void> {
    const { stream, peer } = this;
    if (stream.cancelled) throw new GrpcError(grpcCode.Canceled, 'context canceled');
    const { method } = stream.registered;
    const bytes = method.output.encode(message as never);
    traceMessage(ctx, this.span, 'grpc', method, peer.pid, method.output.typeName, bytes);
    if (!takeWindow(peer, stream, prefixBytes + bytes.length)) {
      await sendPiecewise(ctx, peer, stream, bytes);
      if (stream.cancelled) throw new GrpcError(grpcCode.Canceled, 'context canceled');
      return;
    }
    const head = stream.headersSent ? 0 : frameBytes(OK_HEADERS_BLOCK.length);
    const out = newFrameBuffer(head + messageFrameBytes(bytes));
    if (!stream.headersSent) putHeadersFrame(out, stream.id, OK_HEADERS_BLOCK, NO_BYTES, false);
    stream.headersSent = true;
    putMessage(out, stream.id, bytes, false);
    await send(ctx, peer, out.bytes);
  }

  async receive(): Promise<unknown> {
    return this.stream.messages === null ? null : this.stream.messages.take();
  }

  async whenCancelled(ctx: Context): Promise<void> {
    if (this.stream.cancelled) return;
    this.stream.cancel ??= new Queue(ctx.scheduler);
    await this.stream.cancel.take();
  }
}

function resizeWindows(peer: Peer, size: number): void {
  for (const stream of peer.streams.values()) stream.window += size - peer.initialWindow;
  peer.initialWindow = size;
  peer.opened.wakeAll();
}

function openWindow(peer: Peer, streamId: number, increment: number): void {
  if (streamId === 0) peer.window += increment;
  else {
    const stream = peer.streams.get(streamId);
    if (stream !== undefined) stream.window += increment;
  }
  peer.opened.wakeAll();
}

/** False, and nothing is taken, if the client's windows are too small for that many bytes of data. */
function takeWindow(peer: Peer, stream: Stream, length: number): boolean {
  if (peer.window < length || stream.window < length) return false;
  if (peer.window < WINDOW_UNCOUNTED) peer.window -= length;
  if (stream.window < WINDOW_UNCOUNTED) stream.window -= length;
  return true;
}

/** A message that is larger than the client's windows goes as they open. */
async function sendPiecewise(ctx: Context, peer: Peer, stream: Stream, message: Uint8Array): Promise<void> {
  if (!stream.headersSent) await send(ctx, peer, encodeHeadersFrame(stream.id, OK_HEADERS_BLOCK, false));
  stream.headersSent = true;
  const bytes = frameMessage(message);
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(bytes.length - at, frameBytesMax, Math.max(0, Math.min(peer.window, stream.window)));
    if (stream.cancelled || peer.gone) return;
    if (length === 0) {
      await peer.opened.wait();
      continue;
    }
    takeWindow(peer, stream, length);
    await send(ctx, peer, encodeData(stream.id, bytes.subarray(at, at + length), false));
    at += length;
  }
}

async function send(ctx: Context, peer: Peer, frames: Uint8Array): Promise<void> {
  const all = peer.owed.length === 0 ? frames : concatBytes([...peer.owed.splice(0), frames]);
  try {
    await ctx.sys.write(ctx, peer.fd, all);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}

function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i] as HeaderList[number];
    if (header[0] === name) return header[1];
  }
  return undefined;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const OK_HEADERS_BLOCK = encodeHeaders(RESPONSE_HEADERS);
const OK_TRAILERS_BLOCK = encodeHeaders(OK_TRAILERS);
const SETTINGS_ACK = encodeSettingsAck();
const SERVER_HELLO = concatBytes([
  encodeSettings([[setting.initialWindowSize, WINDOW]]),
  encodeWindowUpdate(0, WINDOW - 65_535),
]);

function cancelStream(stream: Stream): void {
  stream.cancelled = true;
  stream.cancellation?.cancel();
  stream.messages?.close();
  stream.cancel?.close();
}

function deadlineOf(ctx: Context, headers: HeaderList): number | null {
  const timeout = headerOf(headers, 'grpc-timeout');
  if (timeout === undefined) return null;
  try {
    return ctx.now + decodeTimeout(timeout);
  } catch {
    return null;
  }
}
