/**
 * A gRPC server on a listening socket of the simulated machine: HTTP/2 frames in, handlers run as strands, frames out.
 * @models google.golang.org/grpc 1.72 server.go @fidelity partial: windows are opened wide at once, no keepalive
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import type { SpanId } from '../../sim/trace.ts';
import { Queue } from '../../sim/primitives.ts';
import { concatBytes } from '../byte-queue.ts';
import type { Input } from '../proto/message-type.ts';
import type { Method, Service } from '../proto/service.ts';
import { beginHandling, isOurBug, spanOf, traceMessage, traceResponse } from '../rpc/tracing.ts';
import { frameMessage, newMessageDecoder, receiveBytesMaxCri, type MessageDecoder } from './grpc-message.ts';
import { encodeHeaders, newHeaderDecoder, type HeaderList } from './hpack.ts';
import { encodeData, encodeGoAway, encodeHeadersFrame, encodePing, encodeSettings, encodeSettingsAck, encodeWindowUpdate, newHttp2Decoder, setting, type Http2Frame } from './http2-frames.ts';
import { decodeTimeout, encodeGrpcMessage, GrpcError, grpcCode, grpcCodeName } from './status.ts';

const READ_SIZE = 1 << 20;
const WINDOW = 0x7fffffff;
const FRAME_BYTES_MAX = 16_384;

export type ServerCall<Response> = {
  readonly metadata: ReadonlyMap<string, string>;
  /** True once the client reset the stream or went away. */
  readonly cancelled: boolean;
  /** One message of a server stream. Throws GrpcError Canceled when nobody listens any more. */
  send(ctx: Context, message: Input<Response>): Promise<void>;
  /** Next message of a client stream, null at its end. */
  receive(): Promise<unknown>;
  /** Resolves when the call was cancelled or the connection closed. */
  whenCancelled(): Promise<void>;
};

export type Handler<M> = M extends Method<infer Req, infer Res> ? (ctx: Context, request: Req, call: ServerCall<Res>) => Promise<Input<Res> | void> : never;
export type Handlers<S extends Service> = { [Name in keyof S['methods']]?: Handler<S['methods'][Name]> };

type AnyMethod = Method<unknown, unknown>;
type AnyHandler = (ctx: Context, request: unknown, call: ServerCall<unknown>) => Promise<unknown>;
type Registered = { method: AnyMethod; handler: AnyHandler | null };

const RESPONSE_HEADERS: HeaderList = [[':status', '200'], ['content-type', 'application/grpc']];
const OK_TRAILERS: HeaderList = [['grpc-status', '0'], ['grpc-message', '']];

type Stream = {
  id: number;
  registered: Registered | null;
  headers: ReadonlyMap<string, string>;
  decoder: MessageDecoder;
  messages: Queue<unknown>;
  cancelled: boolean;
  cancel: Queue<void>;
  started: boolean;
  headersSent: boolean;
  span: SpanId;
};

export class GrpcServer {
  private readonly methods = new Map<string, Registered>();
  private readonly services = new Set<string>();
  /** Adds words to a handler's error, or replaces it: the daemon's one place where errors become statuses. */
  translate: (error: unknown) => GrpcError = (error) =>
    error instanceof GrpcError ? error : new GrpcError(grpcCode.Unknown, error instanceof Errno ? error.go : String((error as { message?: unknown })?.message ?? error));

  /** Methods without a handler answer Unimplemented, as an embedded UnimplementedServer does. */
  implement<S extends Service>(service: S, handlers: Handlers<S>): void {
    this.services.add(service.typeName);
    for (const method of Object.values(service.methods)) {
      const handler = (handlers as Record<string, AnyHandler | undefined>)[method.name] ?? null;
      this.methods.set(method.path, { method: method as AnyMethod, handler });
    }
  }

  /** Accepts until the listener is closed. */
  async serve(ctx: Context, listenFd: number): Promise<void> {
    for (;;) {
      let fd: number;
      try {
        fd = await ctx.sys.accept(ctx, listenFd);
      } catch (error) {
        if (error instanceof Errno) return;
        throw error;
      }
      ctx.go('grpc-connection', (c) => this.connection(c, fd));
    }
  }

  private async connection(ctx: Context, fd: number): Promise<void> {
    const { sys } = ctx;
    const peer = sys.peerPid(ctx, fd);
    const frames = newHttp2Decoder(true);
    const headers = newHeaderDecoder();
    const streams = new Map<number, Stream>();
    const write = async (bytes: Uint8Array): Promise<void> => {
      try {
        await sys.write(ctx, fd, bytes);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
      }
    };
    const handleFrame = async (frame: Http2Frame): Promise<void> => {
      switch (frame.type) {
        case 'settings':
          if (!frame.ack) await write(SERVER_HELLO);
          break;
        case 'ping':
          if (!frame.ack) await write(encodePing(frame.data, true));
          break;
        case 'headers': {
          const list = new Map(headers.decode(frame.block));
          const path = list.get(':path') ?? '';
          const stream: Stream = {
            id: frame.streamId, registered: this.methods.get(path) ?? null, headers: list,
            decoder: newMessageDecoder(receiveBytesMaxCri), messages: new Queue(ctx.scheduler), cancelled: false,
            cancel: new Queue(ctx.scheduler), started: false, headersSent: false, span: 0,
          };
          streams.set(frame.streamId, stream);
          if (stream.registered === null) {
            const slash = path.lastIndexOf('/');
            const service = path.slice(1, slash);
            const text = this.services.has(service) ? `unknown method ${path.slice(slash + 1)} for service ${service}` : `unknown service ${service}`;
            await write(encodeHeadersFrame(stream.id, encodeHeaders([...RESPONSE_HEADERS, ['grpc-status', String(grpcCode.Unimplemented)], ['grpc-message', encodeGrpcMessage(text)]]), true));
            const span = spanOf(list.get('traceparent'));
            traceResponse(ctx, span, 'grpc', { service, name: path.slice(slash + 1) }, peer, grpcCode.Unimplemented, 'Unimplemented', text, '', new Uint8Array(0));
            streams.delete(stream.id);
            return;
          }
          if (stream.registered.method.clientStreaming) this.start(ctx, stream, peer, write, streams);
          if (frame.endStream) stream.messages.close();
          break;
        }
        case 'data': {
          const stream = streams.get(frame.streamId);
          if (stream === undefined || stream.registered === null) break;
          for (const bytes of stream.decoder.push(frame.data)) stream.messages.push(stream.registered.method.input.decode(bytes));
          if (frame.endStream) stream.messages.close();
          if (!stream.started && (stream.messages.length > 0 || frame.endStream)) this.start(ctx, stream, peer, write, streams);
          break;
        }
        case 'rst-stream': {
          const stream = streams.get(frame.streamId);
          if (stream !== undefined) cancelStream(stream);
          streams.delete(frame.streamId);
          break;
        }
        default:
      }
    };
    try {
      for (;;) {
        const bytes = await sys.read(ctx, fd, READ_SIZE);
        if (bytes.length === 0) break;
        for (const frame of frames.push(bytes)) await handleFrame(frame);
      }
    } catch (error) {
      if (isOurBug(error)) throw error;
      // Not HTTP/2: say so and hang up, as grpc-go does.
      await write(encodeGoAway(0, 1));
    }
    for (const stream of streams.values()) cancelStream(stream);
    await sys.close(ctx, fd);
  }

  private start(ctx: Context, stream: Stream, peer: number, write: (bytes: Uint8Array) => Promise<void>, streams: Map<number, Stream>): void {
    stream.started = true;
    ctx.go(stream.registered?.method.name ?? 'call', (c) => this.run(c, stream, peer, write, streams));
  }

  private async run(ctx: Context, stream: Stream, peer: number, write: (bytes: Uint8Array) => Promise<void>, streams: Map<number, Stream>): Promise<void> {
    const { method, handler } = stream.registered as Registered;
    const call = spanOf(stream.headers.get('traceparent'));
    const span = beginHandling(ctx, method, call);
    const inner = ctx.withSpan(span).withDeadline(deadlineOf(ctx, stream.headers));
    const scope: ServerCall<unknown> = {
      metadata: stream.headers,
      get cancelled() {
        return stream.cancelled;
      },
      send: async (c, message) => {
        if (stream.cancelled) throw new GrpcError(grpcCode.Canceled, 'context canceled');
        const bytes = method.output.encode(message as never);
        traceMessage(c, call, 'grpc', method, peer, method.output.typeName, bytes);
        const head = stream.headersSent ? [] : [encodeHeadersFrame(stream.id, encodeHeaders(RESPONSE_HEADERS), false)];
        stream.headersSent = true;
        await write(concatBytes([...head, ...dataFrames(stream.id, frameMessage(bytes), false)]));
      },
      receive: () => stream.messages.take(),
      whenCancelled: async () => {
        if (!stream.cancelled) await stream.cancel.take();
      },
    };
    let status: GrpcError | null = null;
    let payload = new Uint8Array(0) as Uint8Array;
    try {
      if (handler === null) throw new GrpcError(grpcCode.Unimplemented, `method ${method.name} not implemented`);
      const request = method.clientStreaming ? null : await stream.messages.take();
      const result = await handler(inner, request, scope);
      if (!method.serverStreaming) payload = method.output.encode((result ?? {}) as never);
    } catch (error) {
      if (isOurBug(error)) throw error;
      status = this.translate(error);
    }
    ctx.trace.endSpan(span, ctx.process.pid, status === null ? null : status.description);
    streams.delete(stream.id);
    if (stream.cancelled) return;
    const code = status?.code ?? 0;
    traceResponse(inner, call, 'grpc', method, peer, code, grpcCodeName(code), status?.description ?? '', method.output.typeName, payload);
    const trailers = status === null ? OK_TRAILERS : ([['grpc-status', String(code)], ['grpc-message', encodeGrpcMessage(status.description)]] as HeaderList);
    const parts: Uint8Array[] = [];
    if (!stream.headersSent && status !== null) {
      parts.push(encodeHeadersFrame(stream.id, encodeHeaders([...RESPONSE_HEADERS, ...trailers]), true));
    } else {
      if (!stream.headersSent) parts.push(encodeHeadersFrame(stream.id, encodeHeaders(RESPONSE_HEADERS), false));
      if (status === null && !method.serverStreaming) parts.push(...dataFrames(stream.id, frameMessage(payload), false));
      parts.push(encodeHeadersFrame(stream.id, encodeHeaders(trailers), true));
    }
    await write(concatBytes(parts));
  }
}

const SERVER_HELLO = concatBytes([encodeSettings([[setting.initialWindowSize, WINDOW]]), encodeSettingsAck(), encodeWindowUpdate(0, WINDOW - 65_535)]);

export function dataFrames(streamId: number, bytes: Uint8Array, endStream: boolean): Uint8Array[] {
  if (bytes.length <= FRAME_BYTES_MAX) return [encodeData(streamId, bytes, endStream)];
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += FRAME_BYTES_MAX) {
    out.push(encodeData(streamId, bytes.subarray(at, at + FRAME_BYTES_MAX), endStream && at + FRAME_BYTES_MAX >= bytes.length));
  }
  return out;
}

function cancelStream(stream: Stream): void {
  stream.cancelled = true;
  stream.messages.close();
  stream.cancel.close();
}

function deadlineOf(ctx: Context, headers: ReadonlyMap<string, string>): number | null {
  const timeout = headers.get('grpc-timeout');
  if (timeout === undefined) return null;
  try {
    return ctx.now + decodeTimeout(timeout);
  } catch {
    return null;
  }
}
