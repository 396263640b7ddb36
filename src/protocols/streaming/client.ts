/**
 * The client half of streaming: what crictl and kubelet do with the URL they were given.
 * @models k8s.io/client-go tools/remotecommand, tools/portforward
 * @fidelity partial: channel messages in place of SPDY frames; no TLS, no proxies, no ping
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Future, Queue } from '../../sim/primitives.ts';
import { ChannelConnection, channel, decodeStatus, type StreamStatus } from './channels.ts';
import { decodePortMessage, encodePort, encodePortMessage, portMessage } from './port-channels.ts';
import { readResponse, type Transport, upgradeRequest } from './upgrade.ts';

/** A connection that did not become streams; `message` is what the client prints. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}

export type StreamOptions = {
  /** Descriptors of this process; null or absent: the stream is not wanted. */
  stdin?: number | null;
  stdout?: number | null;
  stderr?: number | null;
  tty: boolean;
  transport?: Transport;
  /** Sizes of the terminal, the present one first. */
  resizes?: Queue<{ rows: number; columns: number }>;
  dialer?: StreamDialer;
};

/** How to reach a server that wants TLS and credentials: an API server rather than a runtime. */
export type StreamDialer = {
  dial(ctx: Context): Promise<number>;
  headers(): readonly (readonly [string, string])[];
};

type Target = { host: string; port: number; path: string };

function parseUrl(url: string): Target {
  const match = /^(?:https?|wss?):\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(url);
  if (match === null) throw new StreamError(`parse "${url}": invalid URL`);
  return { host: match[1] ?? '', port: Number(match[2] ?? 80), path: match[3] ?? '/' };
}

async function upgrade(
  ctx: Context,
  url: string,
  transport: Transport,
  protocols?: readonly string[],
  dialer?: StreamDialer,
): Promise<{ connection: ChannelConnection; rest: Uint8Array }> {
  const { host, port, path } = parseUrl(url);
  let fd: number;
  try {
    fd = await (dialer === undefined ? ctx.sys.connect(ctx, { family: 'inet', host, port }) : dialer.dial(ctx));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new StreamError(`error sending request: Post "${url}": dial tcp ${host}:${port}: connect: ${error.go}`);
  }
  const method = transport === 'spdy' ? 'POST' : 'GET';
  const request = upgradeRequest(method, path, `${host}:${port}`, transport, protocols, dialer?.headers());
  const { trace, process } = ctx;
  const span = trace.startSpan(ctx.span, process.pid, `${method} ${path.split('/')[1] ?? ''}`, null);
  const name = `${method} ${path}`;
  trace.emit(span, process.pid, {
    kind: 'rpc.request',
    call: span,
    protocol: 'http',
    method: name,
    address: `${host}:${port}`,
    to: 0,
    metadata: {},
    payload: trace.keepPayload(request),
    length: request.length,
    type: 'http.Request',
  });
  try {
    await ctx.sys.write(ctx, fd, request);
    const response = await readResponse(ctx, fd);
    const status = response?.head.status ?? 0;
    trace.emit(span, process.pid, {
      kind: 'rpc.response',
      call: span,
      protocol: 'http',
      method: name,
      to: 0,
      code: status,
      codeName: response?.head.reason ?? '',
      message: response?.body.trim() ?? '',
      payload: 0,
      length: 0,
      type: 'http.Response',
    });
    if (response === null) throw new StreamError(`error sending request: Post "${url}": EOF`);
    if (status !== 101) throw new StreamError(refusal(transport, status, response.head.reason, response.body.trim()));
    trace.endSpan(span, process.pid);
    return { connection: new ChannelConnection(ctx, fd, transport === 'websocket'), rest: response.rest };
  } catch (error) {
    await ctx.sys.close(ctx, fd);
    const text =
      error instanceof Errno ? `error sending request: Post "${url}": ${error.go}` : (error as Error).message;
    trace.endSpan(span, process.pid, text);
    throw error instanceof Errno ? new StreamError(text) : error;
  }
}

function refusal(transport: Transport, status: number, reason: string, body: string): string {
  if (transport === 'websocket')
    return `unable to upgrade streaming request: websocket: bad handshake (${status} ${reason})`;
  return `unable to upgrade connection: ${body === '' ? `${status} ${reason}` : body}`;
}

/** Runs the streams to their end. Throws StreamError if they could not be set up. */
export async function connectStream(ctx: Context, url: string, options: StreamOptions): Promise<StreamStatus> {
  const { connection, rest } = await upgrade(ctx, url, options.transport ?? 'spdy', undefined, options.dialer);
  const messages = connection.receive(ctx, rest);
  const { stdin, stdout, stderr, resizes } = options;
  if (stdin !== undefined && stdin !== null) ctx.go('stdin', (c) => copyInput(c, connection, stdin));
  if (resizes !== undefined && options.tty) ctx.go('resize', (c) => copyResizes(c, connection, resizes));
  let status: StreamStatus | null = null;
  for (let message = await messages.take(); message !== null; message = await messages.take()) {
    if (message.channel === channel.error) {
      status = decodeStatus(message.data);
      break;
    }
    const fd = message.channel === channel.stdout ? stdout : message.channel === channel.stderr ? stderr : null;
    if (fd !== undefined && fd !== null) await ctx.sys.write(ctx, fd, message.data);
  }
  await connection.close(ctx);
  return status ?? { status: 'Failure', message: 'error reading from error stream: EOF', exitCode: null };
}

async function copyInput(ctx: Context, connection: ChannelConnection, fd: number): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, 32_768);
      if (bytes.length === 0) break;
      if (!(await connection.send(ctx, channel.stdin, bytes))) return;
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await connection.send(ctx, channel.close, Uint8Array.of(channel.stdin));
}

async function copyResizes(
  ctx: Context,
  connection: ChannelConnection,
  resizes: Queue<{ rows: number; columns: number }>,
): Promise<void> {
  for (let size = await resizes.take(); size !== null; size = await resizes.take()) {
    const text = JSON.stringify({ Width: size.columns, Height: size.rows });
    if (!(await connection.send(ctx, channel.resize, new TextEncoder().encode(text)))) return;
  }
}

export type PortConnection = {
  send(ctx: Context, data: Uint8Array): Promise<boolean>;
  /** Null at the end. */
  receive(): Promise<Uint8Array | null>;
  end(ctx: Context): Promise<void>;
  /** Resolves at the end: what went wrong on the far side, or null. */
  readonly result: Future<string | null>;
};

export type PortForwarder = {
  open(ctx: Context, port: number): Promise<PortConnection>;
  close(ctx: Context): Promise<void>;
  /** Resolves when the far side has gone. */
  readonly closed: Future<void>;
};

/** One connection to the runtime, over which any number of connections to the pod are made. */
export async function connectPortForward(
  ctx: Context,
  url: string,
  transport: Transport = 'spdy',
  dialer?: StreamDialer,
): Promise<PortForwarder> {
  const { connection, rest } = await upgrade(ctx, url, transport, ['portforward.k8s.io'], dialer);
  const messages = connection.receive(ctx, rest);
  const inputs = new Map<number, { queue: Queue<Uint8Array>; result: Future<string | null> }>();
  const closed = new Future<void>(ctx.scheduler);
  let next = 0;
  ctx.go('port-forward', async () => {
    for (let message = await messages.take(); message !== null; message = await messages.take()) {
      const part = decodePortMessage(message.data);
      const input = part === null ? undefined : inputs.get(part.connection);
      if (part === null || input === undefined) continue;
      if (message.channel === portMessage.data) input.queue.push(part.data);
      else if (message.channel === portMessage.error) input.result.resolve(new TextDecoder().decode(part.data));
      else if (message.channel === portMessage.end) {
        input.result.resolve(null);
        input.queue.close();
        inputs.delete(part.connection);
      }
    }
    for (const { queue, result } of inputs.values()) {
      result.resolve(null);
      queue.close();
    }
    closed.resolve(undefined);
  });
  return {
    closed,
    close: (c) => connection.close(c),
    open: async (c, port) => {
      const id = next++;
      const input = { queue: new Queue<Uint8Array>(c.scheduler), result: new Future<string | null>(c.scheduler) };
      inputs.set(id, input);
      await connection.send(c, portMessage.open, encodePortMessage(id, encodePort(port)));
      return {
        result: input.result,
        receive: () => input.queue.take(),
        send: (s, data) => connection.send(s, portMessage.data, encodePortMessage(id, data)),
        end: async (s) => {
          await connection.send(s, portMessage.end, encodePortMessage(id, new Uint8Array(0)));
        },
      };
    },
  };
}
