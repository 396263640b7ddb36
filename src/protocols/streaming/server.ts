/**
 * The server behind the URLs that Exec, Attach and PortForward answer with.
 * @models k8s.io/kubelet pkg/cri/streaming server.go, request_cache.go, remotecommand
 * @fidelity partial: no TLS, no idle timeout
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Queue } from '../../sim/primitives.ts';
import { GrpcError, grpcCode } from '../grpc/status.ts';
import { headerValue, type RequestHead } from '../http/http1.ts';
import { spanOf } from '../rpc/tracing.ts';
import { type CommandChannels, channel, encodeStatus, type StreamStatus } from './channels.ts';
import { type ForwardedStream, servePortChannels, servePortStreams } from './serve-ports.ts';
import { acceptChannels, channelsOf } from './spdy-channels.ts';
import { SpdyConnection } from './spdy-connection.ts';
import {
  type Accepted,
  acceptUpgrade,
  type Head,
  type Offer,
  plainResponse,
  queryPorts,
  readRequest,
} from './upgrade.ts';
import { WebSocketChannels } from './websocket-channels.ts';

export type TerminalSize = { width: number; height: number };

/** The client's ends. `write` answers false once nobody takes it; `read` gives null at the end of input. */
export type RemoteStreams = {
  stdin: { read(ctx: Context): Promise<Uint8Array | null> } | null;
  stdout: { write(ctx: Context, data: Uint8Array): Promise<boolean>; close(ctx: Context): Promise<void> } | null;
  stderr: { write(ctx: Context, data: Uint8Array): Promise<boolean>; close(ctx: Context): Promise<void> } | null;
  tty: boolean;
  resizes: Queue<TerminalSize>;
};

export interface StreamingRuntime {
  /** The exit code; other failures are thrown. */
  exec(ctx: Context, containerId: string, command: readonly string[], streams: RemoteStreams): Promise<number>;
  attach(ctx: Context, containerId: string, streams: RemoteStreams): Promise<void>;
  portForward(ctx: Context, podSandboxId: string, port: number, stream: ForwardedStream): Promise<void>;
  /** An error as the text that the client is to see. */
  errorText(error: unknown): string;
}

type StreamFlags = { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean };

type PendingRequest =
  | ({ kind: 'exec'; containerId: string; command: readonly string[] } & StreamFlags)
  | ({ kind: 'attach'; containerId: string } & StreamFlags)
  | { kind: 'portforward'; podSandboxId: string };

/** WebSocket's empty name: no protocol asked for, which is the first version. */
const COMMAND_PROTOCOLS: Offer = {
  spdy: ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'],
  websocket: ['', 'channel.k8s.io', 'base64.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'],
};
const FORWARD_PROTOCOLS: Offer = {
  spdy: ['portforward.k8s.io'],
  websocket: ['', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'],
};
const TOKEN_LIFETIME_NS = 60_000_000_000;
const REQUESTS_MAX = 1000;
const RESIZE_TEXT_MAX = 65_536;
const TOKEN_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const TOKEN_LENGTH = 8;

export class StreamingServer {
  private readonly runtime: StreamingRuntime;
  private readonly requests = new Map<string, { request: PendingRequest; expires: number }>();
  /** `http://127.0.0.1:34567`; some have a path behind it, or no scheme. */
  baseUrl = '';

  constructor(runtime: StreamingRuntime) {
    this.runtime = runtime;
  }

  execUrl(ctx: Context, request: Extract<PendingRequest, { kind: 'exec' }>): string {
    return this.urlFor(ctx, request);
  }

  attachUrl(ctx: Context, request: Extract<PendingRequest, { kind: 'attach' }>): string {
    return this.urlFor(ctx, request);
  }

  portForwardUrl(ctx: Context, podSandboxId: string): string {
    return this.urlFor(ctx, { kind: 'portforward', podSandboxId });
  }

  private urlFor(ctx: Context, request: PendingRequest): string {
    for (const [token, { expires }] of this.requests) if (expires < ctx.now) this.requests.delete(token);
    if (this.requests.size >= REQUESTS_MAX)
      throw new GrpcError(grpcCode.ResourceExhausted, 'maximum number of in-flight requests exceeded');
    let token = '';
    while (token.length < TOKEN_LENGTH) token += TOKEN_ALPHABET[ctx.random.below(TOKEN_ALPHABET.length)];
    this.requests.set(token, { request, expires: ctx.now + TOKEN_LIFETIME_NS });
    return `${this.baseUrl}/${request.kind}/${token}`;
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
      ctx.go('stream-connection', (c) => this.connection(c, fd));
    }
  }

  private async connection(ctx: Context, fd: number): Promise<void> {
    const received = await readRequest(ctx, fd);
    if (received === null) {
      await ctx.sys.close(ctx, fd);
      return;
    }
    const { head } = received;
    const [kind = '', token = ''] = head.target.split('?')[0]?.split('/').slice(-2) ?? [];
    const pending = this.requests.get(token);
    // A URL is good for one connection.
    this.requests.delete(token);
    if (pending === undefined || pending.expires < ctx.now || pending.request.kind !== kind) {
      await this.refuse(ctx, fd, plainResponse(404, '404 page not found'));
      return;
    }
    const { trace, process } = ctx;
    const caller = spanOf(headerValue(head.headers, 'traceparent'));
    const span = trace.startSpan(caller, process.pid, `${head.method} ${kind}`, process.layer);
    await this.upgraded(ctx.withSpan(span), fd, received, pending.request);
    trace.endSpan(span, process.pid);
  }

  private async upgraded(
    ctx: Context,
    fd: number,
    { head, rest }: Head<RequestHead>,
    request: PendingRequest,
  ): Promise<void> {
    const { kind } = request;
    const accepted = acceptUpgrade(head, kind === 'portforward' ? FORWARD_PROTOCOLS : COMMAND_PROTOCOLS);
    if (!accepted.ok) {
      await this.refuse(ctx, fd, accepted.response);
      return;
    }
    try {
      await ctx.sys.write(ctx, fd, accepted.response);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      await ctx.sys.close(ctx, fd);
      return;
    }
    if (request.kind === 'portforward')
      await this.servePorts(ctx, fd, rest, accepted, request, queryPorts(head.target));
    else await this.serveCommand(ctx, fd, rest, accepted, request);
  }

  private async refuse(ctx: Context, fd: number, response: Uint8Array): Promise<void> {
    try {
      await ctx.sys.write(ctx, fd, response);
      await ctx.sys.shutdown(ctx, fd, 'both');
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
    await ctx.sys.close(ctx, fd);
  }

  private async serveCommand(
    ctx: Context,
    fd: number,
    rest: Uint8Array,
    { transport, protocol }: Upgraded,
    request: Exclude<PendingRequest, { kind: 'portforward' }>,
  ): Promise<void> {
    const channels = await commandChannels(ctx, fd, rest, transport, protocol, request);
    if (channels === null) return;
    const streams = commandStreams(ctx, channels, request);
    let status: StreamStatus = { status: 'Success' };
    try {
      if (request.kind === 'exec') {
        const exitCode = await this.runtime.exec(ctx, request.containerId, request.command, streams);
        if (exitCode !== 0) {
          const text = `error executing command [${request.command.join(' ')}], exit code ${exitCode}`;
          status = { status: 'Failure', message: `command terminated with non-zero exit code: ${text}`, exitCode };
        }
      } else {
        await this.runtime.attach(ctx, request.containerId, streams);
      }
    } catch (error) {
      const what = request.kind === 'exec' ? 'error executing command in container' : 'error attaching to container';
      status = {
        status: 'Failure',
        message: `Internal error occurred: ${what}: ${this.runtime.errorText(error)}`,
        exitCode: null,
      };
    }
    // Before version 4 the words alone, and nothing at all if it went well.
    if (protocol.startsWith('v4.')) await channels.send(ctx, channel.error, encodeStatus(status));
    else if (status.status === 'Failure')
      await channels.send(ctx, channel.error, new TextEncoder().encode(status.message));
    await channels.close(ctx);
  }

  private async servePorts(
    ctx: Context,
    fd: number,
    rest: Uint8Array,
    { transport, protocol }: Upgraded,
    { podSandboxId: pod }: Extract<PendingRequest, { kind: 'portforward' }>,
    ports: readonly number[],
  ): Promise<void> {
    const forward = async (c: Context, port: number, stream: ForwardedStream): Promise<string | null> => {
      try {
        await this.runtime.portForward(c, pod, port, stream);
        return null;
      } catch (error) {
        return `error forwarding port ${port} to pod ${pod}, uid : ${this.runtime.errorText(error)}`;
      }
    };
    if (transport === 'websocket') {
      const numbers = ports.map((_, at) => at * 2);
      const channels = new WebSocketChannels(ctx, fd, protocol.includes('base64'), numbers);
      channels.start(ctx, rest);
      await servePortChannels(ctx, channels, ports, forward);
      return;
    }
    const connection = new SpdyConnection(ctx, fd, 'server');
    connection.start(ctx, rest);
    await servePortStreams(ctx, connection, forward);
    await connection.close(ctx);
  }
}

type Upgraded = Extract<Accepted, { ok: true }>;

async function commandChannels(
  ctx: Context,
  fd: number,
  rest: Uint8Array,
  transport: Upgraded['transport'],
  protocol: string,
  flags: StreamFlags,
): Promise<CommandChannels | null> {
  const wanted = channelsOf(flags);
  if (transport === 'websocket') {
    const channels = new WebSocketChannels(ctx, fd, protocol.includes('base64'), [channel.stdin, channel.resize]);
    channels.start(ctx, rest);
    // An empty message tells the client that the streams are there.
    const lowest = flags.stdout ? channel.stdout : flags.stderr ? channel.stderr : channel.error;
    await channels.send(ctx, lowest, new Uint8Array(0));
    return channels;
  }
  const connection = new SpdyConnection(ctx, fd, 'server');
  connection.start(ctx, rest);
  const resizable = protocol.startsWith('v4.') || protocol.startsWith('v3.');
  const channels = await acceptChannels(
    ctx,
    connection,
    wanted.filter((number) => number !== channel.resize || resizable),
  );
  if (channels === null) await connection.close(ctx);
  return channels;
}

function commandStreams(ctx: Context, channels: CommandChannels, flags: StreamFlags): RemoteStreams {
  const resizes = new Queue<TerminalSize>(ctx.scheduler);
  if (flags.tty) {
    ctx.go('stream-resizes', async () => {
      let text = '';
      for (let data = await channels.read(channel.resize); data !== null; data = await channels.read(channel.resize)) {
        // One JSON object after the other, however they are cut.
        text += new TextDecoder().decode(data);
        for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
          const size = parseSize(text.slice(0, end + 1));
          text = text.slice(end + 1);
          if (size !== null) resizes.push(size);
        }
        if (text.length > RESIZE_TEXT_MAX) break;
      }
      resizes.close();
    });
  }
  const output = (to: number): NonNullable<RemoteStreams['stdout']> => ({
    write: (c, data) => channels.send(c, to, data),
    close: (c) => channels.end(c, to),
  });
  return {
    stdin: flags.stdin ? { read: () => channels.read(channel.stdin) } : null,
    stdout: flags.stdout ? output(channel.stdout) : null,
    stderr: flags.stderr && !flags.tty ? output(channel.stderr) : null,
    tty: flags.tty,
    resizes,
  };
}

function parseSize(text: string): TerminalSize | null {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: number; Height?: number };
    return Width === undefined || Height === undefined ? null : { width: Width, height: Height };
  } catch {
    return null;
  }
}
