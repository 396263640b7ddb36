/**
 * The client half of streaming: what crictl and kubelet do with the URL they were given.
 * @models k8s.io/client-go tools/remotecommand, tools/portforward
 * @fidelity partial: SPDY only, as no runtime takes the WebSocket that such a client would offer; no TLS, no proxies, no ping
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Future, type Queue } from '../../sim/primitives.ts';
import { type CommandChannels, channel, decodeStatus, type StreamStatus } from './channels.ts';
import { PORT, REQUEST_ID } from './serve-ports.ts';
import { channelsOf, openChannels, STREAM_TYPE } from './spdy-channels.ts';
import { SpdyConnection } from './spdy-connection.ts';
import { readResponse, type Transport, upgradeRequest } from './upgrade.ts';
import { traceUpgrade, withOwnSpan } from './upgrade-call.ts';

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

/** Without a scheme it is http; who serves on all addresses is asked on the loopback one. */
export function parseStreamUrl(url: string): Target {
  const match = /^(?:(?:https?|wss?):)?\/\/([^/:]+|\[[^\]]*\])(?::(\d+))?(\/.*)?$/.exec(url);
  if (match === null) throw new StreamError(`parse "${url}": invalid URL`);
  const [, host = '', port = '80', path = '/'] = match;
  return { host: host === '[::]' ? '127.0.0.1' : host, port: Number(port), path };
}

async function upgrade(
  ctx: Context,
  url: string,
  transport: Transport,
  what: 'command' | 'ports',
  dialer?: StreamDialer,
): Promise<SpdyConnection> {
  const { host, port, path } = parseStreamUrl(url);
  let fd: number;
  try {
    fd = await (dialer === undefined ? ctx.sys.connect(ctx, { family: 'inet', host, port }) : dialer.dial(ctx));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new StreamError(`error sending request: Post "${url}": dial tcp ${host}:${port}: connect: ${error.go}`);
  }
  const method = transport === 'spdy' ? 'POST' : 'GET';
  const { trace, process } = ctx;
  const span = trace.startSpan(ctx.span, process.pid, `${method} ${path.split('/')[1] ?? ''}`, null);
  const asking = ctx.withSpan(span);
  const address = `${host}:${port}`;
  const headers = withOwnSpan(asking, dialer?.headers() ?? []);
  const request = upgradeRequest(method, path, address, transport, what, headers);
  const call = traceUpgrade(asking, fd, { method, target: path, address, request });
  try {
    await ctx.sys.write(ctx, fd, request);
    const response = await readResponse(ctx, fd);
    const status = response?.head.status ?? 0;
    call.answered(ctx, status, response?.head.reason ?? '', response?.body.trim());
    if (response === null) throw new StreamError(`error sending request: Post "${url}": EOF`);
    if (status !== 101) throw new StreamError(refusal(transport, status, response.head.reason, response.body.trim()));
    trace.endSpan(span, process.pid);
    const connection = new SpdyConnection(ctx, fd, 'client');
    connection.start(ctx, response.rest);
    return connection;
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
  const { stdin = null, stdout = null, stderr = null, resizes, tty } = options;
  const connection = await upgrade(ctx, url, options.transport ?? 'spdy', 'command', options.dialer);
  const wanted = channelsOf({ stdin: stdin !== null, stdout: stdout !== null, stderr: stderr !== null, tty });
  const channels = await openChannels(ctx, connection, wanted);
  if (channels === null) {
    await connection.close(ctx);
    throw new StreamError('stream reset');
  }
  if (stdin !== null) ctx.go('stdin', (c) => copyInput(c, channels, stdin));
  if (resizes !== undefined && tty) ctx.go('resize', (c) => copyResizes(c, channels, resizes));
  const copied = new Future<void>(ctx.scheduler);
  let copying = 0;
  for (const [from, fd] of [[channel.stdout, stdout] as const, [channel.stderr, stderr] as const]) {
    if (fd === null) continue;
    copying++;
    ctx.go('output', async (c) => {
      await copyOutput(c, channels, from, fd);
      if (--copying === 0) copied.resolve(undefined);
    });
  }
  // What comes on the error channel is complete when it ends; nothing at all means that it went well.
  let words = '';
  for (let data = await channels.read(channel.error); data !== null; data = await channels.read(channel.error))
    words += new TextDecoder().decode(data);
  if (copying > 0) await copied.wait();
  await channels.close(ctx);
  return words === '' ? { status: 'Success' } : decodeStatus(new TextEncoder().encode(words));
}

async function copyOutput(ctx: Context, channels: CommandChannels, from: number, fd: number): Promise<void> {
  try {
    for (let data = await channels.read(from); data !== null; data = await channels.read(from))
      await ctx.sys.write(ctx, fd, data);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}

async function copyInput(ctx: Context, channels: CommandChannels, fd: number): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, 32_768);
      if (bytes.length === 0) break;
      if (!(await channels.send(ctx, channel.stdin, bytes))) return;
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await channels.end(ctx, channel.stdin);
}

async function copyResizes(
  ctx: Context,
  channels: CommandChannels,
  resizes: Queue<{ rows: number; columns: number }>,
): Promise<void> {
  for (let size = await resizes.take(); size !== null; size = await resizes.take()) {
    const text = `${JSON.stringify({ Width: size.columns, Height: size.rows })}\n`;
    if (!(await channels.send(ctx, channel.resize, new TextEncoder().encode(text)))) return;
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
  /** Throws StreamError if the far side takes no more. */
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
  const connection = await upgrade(ctx, url, transport, 'ports', dialer);
  let requests = 0;
  return {
    closed: connection.gone,
    close: (c) => connection.close(c),
    open: async (c, port) => {
      const headers = { [PORT]: String(port), [REQUEST_ID]: String(requests++) };
      const error = await connection.createStream(c, { [STREAM_TYPE]: 'error', ...headers });
      if (error === null) throw new StreamError(`error creating error stream for port ${port}: stream reset`);
      // Only the far side writes on it.
      await connection.end(c, error);
      const data = await connection.createStream(c, { [STREAM_TYPE]: 'data', ...headers });
      if (data === null) throw new StreamError(`error creating forwarding stream for port ${port}: stream reset`);
      const result = new Future<string | null>(c.scheduler);
      c.go('port-forward-error', async () => {
        let words = '';
        for (let part = await connection.read(error); part !== null; part = await connection.read(error))
          words += new TextDecoder().decode(part);
        connection.remove(error);
        result.resolve(words === '' ? null : words);
      });
      return {
        result,
        receive: () => connection.read(data),
        send: (s, bytes) => connection.send(s, data, bytes),
        end: (s) => connection.end(s, data),
      };
    },
  };
}
