/**
 * The server behind the URLs that Exec, Attach and PortForward answer with.
 * @models k8s.io/kubelet pkg/cri/streaming server.go, request_cache.go, remotecommand
 * @fidelity partial: no TLS, no idle timeout
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Queue } from '../../sim/primitives.ts';
import { GrpcError, grpcCode } from '../grpc/status.ts';
import {
  ChannelConnection,
  type ChannelMessage,
  channel,
  encodeStatus,
  type StreamStatus,
  SUBPROTOCOL,
} from './channels.ts';
import { decodePort, decodePortMessage, encodePortMessage, portMessage } from './port-channels.ts';
import { acceptUpgrade, plainResponse, readRequest } from './upgrade.ts';

export type TerminalSize = { width: number; height: number };

/** The client's ends. `write` answers false once nobody takes it; `read` gives null at the end of input. */
export type RemoteStreams = {
  stdin: { read(ctx: Context): Promise<Uint8Array | null> } | null;
  stdout: { write(ctx: Context, data: Uint8Array): Promise<boolean>; close(ctx: Context): Promise<void> } | null;
  stderr: { write(ctx: Context, data: Uint8Array): Promise<boolean>; close(ctx: Context): Promise<void> } | null;
  tty: boolean;
  resizes: Queue<TerminalSize>;
};

/** One forwarded connection: the client's end of it. */
export type ForwardedStream = {
  read(ctx: Context): Promise<Uint8Array | null>;
  write(ctx: Context, data: Uint8Array): Promise<boolean>;
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

const COMMAND_PROTOCOLS = [SUBPROTOCOL, 'v4.channel.k8s.io'];
const FORWARD_PROTOCOLS = ['portforward.k8s.io'];
const TOKEN_LIFETIME_NS = 60_000_000_000;
const REQUESTS_MAX = 1000;
const TOKEN_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const TOKEN_LENGTH = 8;

export class StreamingServer {
  private readonly runtime: StreamingRuntime;
  private readonly requests = new Map<string, { request: PendingRequest; expires: number }>();
  /** `http://127.0.0.1:34567` */
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
    const { head, rest } = received;
    const [, kind = '', token = ''] = head.target.split('?')[0]?.split('/') ?? [];
    const pending = this.requests.get(token);
    // A URL is good for one connection.
    this.requests.delete(token);
    if (pending === undefined || pending.expires < ctx.now || pending.request.kind !== kind) {
      await this.refuse(ctx, fd, plainResponse(404, '404 page not found'));
      return;
    }
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
    const connection = new ChannelConnection(ctx, fd, false);
    const messages = connection.receive(ctx, rest);
    const { request } = pending;
    if (request.kind === 'portforward') await this.servePorts(ctx, connection, messages, request.podSandboxId);
    else await this.serveCommand(ctx, connection, messages, request);
    await connection.close(ctx);
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
    connection: ChannelConnection,
    messages: Queue<ChannelMessage>,
    request: Exclude<PendingRequest, { kind: 'portforward' }>,
  ): Promise<void> {
    const streams = commandStreams(ctx, connection, messages, request);
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
    await connection.send(ctx, channel.error, encodeStatus(status));
  }

  private async servePorts(
    ctx: Context,
    connection: ChannelConnection,
    messages: Queue<ChannelMessage>,
    podSandboxId: string,
  ): Promise<void> {
    const inputs = new Map<number, Queue<Uint8Array>>();
    for (let message = await messages.take(); message !== null; message = await messages.take()) {
      const part = decodePortMessage(message.data);
      if (part === null) continue;
      if (message.channel === portMessage.open) {
        const input = new Queue<Uint8Array>(ctx.scheduler);
        inputs.set(part.connection, input);
        const port = decodePort(part.data);
        ctx.go('port-forward', (c) => this.forward(c, connection, podSandboxId, port, part.connection, input));
      } else if (message.channel === portMessage.data) {
        inputs.get(part.connection)?.push(part.data);
      } else if (message.channel === portMessage.end) {
        inputs.get(part.connection)?.close();
        inputs.delete(part.connection);
      }
    }
    for (const input of inputs.values()) input.close();
  }

  private async forward(
    ctx: Context,
    connection: ChannelConnection,
    pod: string,
    port: number,
    id: number,
    input: Queue<Uint8Array>,
  ): Promise<void> {
    try {
      await this.runtime.portForward(ctx, pod, port, {
        read: () => input.take(),
        write: (c, data) => connection.send(c, portMessage.data, encodePortMessage(id, data)),
      });
    } catch (error) {
      const text = `error forwarding port ${port} to pod ${pod}, uid : ${this.runtime.errorText(error)}`;
      await connection.send(ctx, portMessage.error, encodePortMessage(id, new TextEncoder().encode(text)));
    }
    await connection.send(ctx, portMessage.end, encodePortMessage(id, new Uint8Array(0)));
  }
}

function commandStreams(
  ctx: Context,
  connection: ChannelConnection,
  messages: Queue<ChannelMessage>,
  flags: StreamFlags,
): RemoteStreams {
  const input = new Queue<Uint8Array>(ctx.scheduler);
  const resizes = new Queue<TerminalSize>(ctx.scheduler);
  ctx.go('stream-input', async () => {
    for (let message = await messages.take(); message !== null; message = await messages.take()) {
      if (message.channel === channel.stdin) input.push(message.data);
      else if (message.channel === channel.close && message.data[0] === channel.stdin) input.close();
      else if (message.channel === channel.resize) {
        const size = parseSize(message.data);
        if (size !== null) resizes.push(size);
      }
    }
    input.close();
    resizes.close();
  });
  const output = (to: number): NonNullable<RemoteStreams['stdout']> => ({
    write: (c, data) => connection.send(c, to, data),
    close: async (c) => {
      if (connection.open) await connection.send(c, channel.close, Uint8Array.of(to));
    },
  });
  return {
    stdin: flags.stdin ? { read: () => input.take() } : null,
    stdout: flags.stdout ? output(channel.stdout) : null,
    stderr: flags.stderr && !flags.tty ? output(channel.stderr) : null,
    tty: flags.tty,
    resizes,
  };
}

function parseSize(data: Uint8Array): TerminalSize | null {
  try {
    const { Width, Height } = JSON.parse(new TextDecoder().decode(data)) as { Width?: number; Height?: number };
    return Width === undefined || Height === undefined ? null : { width: Width, height: Height };
  } catch {
    return null;
  }
}
