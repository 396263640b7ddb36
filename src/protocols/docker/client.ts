/**
 * A client of the Docker Engine API on a Unix socket: one connection a request, each exchange traced.
 * @models moby 20.10 client/client.go request.go hijack.go
 * @fidelity partial: no version negotiation, no TCP hosts
 */
import type { Context } from '../../linux/context.ts';
import { Errno, isErrno } from '../../linux/errno.ts';
import { Rope, utf8 } from '../../linux/rope.ts';
import { HttpStream } from '../distribution/http-stream.ts';
import { encodeRequestHead, HttpError, headerValue, type ResponseHead, reasonPhrase } from '../http/http1.ts';
import { traceparent } from '../rpc/tracing.ts';

export const DOCKER_SOCKET = '/var/run/docker.sock';
export const API_VERSION = '1.41';
const TRACED_BODY_MAX = 65_536;

/** What the daemon answered, or why it could not be asked. `status` 0: nobody was there. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export type DockerRequest = {
  query?: Readonly<Record<string, string | undefined>>;
  body?: unknown;
  headers?: readonly (readonly [string, string])[];
};

export class DockerClient {
  readonly path: string;
  private readonly userAgent: string;

  constructor(path: string, userAgent: string) {
    this.path = path;
    this.userAgent = userAgent;
  }

  /** The answer's JSON; null if there is none. Throws DockerError. */
  async json<T>(ctx: Context, method: string, target: string, request: DockerRequest = {}): Promise<T> {
    const { stream, head, call, hasBody } = await this.open(ctx, method, target, request);
    try {
      const text = hasBody ? utf8((await stream.readBody(ctx, head.headers, true)).bytes()) : '';
      this.answered(ctx, stream.fd, call, method, target, head, text);
      if (head.status >= 400) throw errorOf(head.status, text);
      return (text.trim() === '' ? null : JSON.parse(text)) as T;
    } catch (error) {
      throw broken(error);
    } finally {
      await ctx.sys.close(ctx, stream.fd);
    }
  }

  /** The answer's body as it comes. `sink` answers false to hang up. */
  async stream(
    ctx: Context,
    method: string,
    target: string,
    request: DockerRequest,
    sink: (ctx: Context, data: Uint8Array) => Promise<boolean>,
  ): Promise<void> {
    const { stream, head, call } = await this.open(ctx, method, target, request);
    try {
      if (head.status >= 400) {
        const text = utf8((await stream.readBody(ctx, head.headers, true)).bytes());
        this.answered(ctx, stream.fd, call, method, target, head, text);
        throw errorOf(head.status, text);
      }
      this.answered(ctx, stream.fd, call, method, target, head, '');
      await stream.readBody(ctx, head.headers, true, async (c, part) => {
        if (!(await sink(c, part.bytes()))) throw new HungUp();
      });
    } catch (error) {
      if (!(error instanceof HungUp)) throw broken(error);
    } finally {
      await ctx.sys.close(ctx, stream.fd);
    }
  }

  /** Turns the connection into the streams of a process. The descriptor is the caller's. */
  async hijack(ctx: Context, target: string, request: DockerRequest = {}): Promise<number> {
    const upgrade = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'tcp'],
    ] as const;
    const { stream, head, call } = await this.open(ctx, 'POST', target, { ...request, headers: upgrade });
    if (head.status === 101 || head.status === 200) {
      this.answered(ctx, stream.fd, call, 'POST', target, head, '');
      return stream.fd;
    }
    const text = utf8((await stream.readBody(ctx, head.headers, true)).bytes());
    this.answered(ctx, stream.fd, call, 'POST', target, head, text);
    await ctx.sys.close(ctx, stream.fd);
    throw errorOf(head.status, text);
  }

  private async open(
    ctx: Context,
    method: string,
    target: string,
    { query = {}, body, headers = [] }: DockerRequest,
  ): Promise<{ stream: HttpStream; head: ResponseHead; call: number; hasBody: boolean }> {
    let fd: number;
    try {
      fd = await ctx.sys.connect(ctx, { family: 'unix', path: this.path });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw new DockerError(unreachable(this.path, error), 0);
    }
    const words = Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
    );
    const full = `/v${API_VERSION}${target}${words.length === 0 ? '' : `?${words.sort().join('&')}`}`;
    const text = body === undefined ? '' : JSON.stringify(body);
    const bytes = new TextEncoder().encode(text);
    const call = ctx.trace.newCall();
    const all: [string, string][] = [
      ['Host', 'docker'],
      ['User-Agent', this.userAgent],
      ...headers.map(([k, v]): [string, string] => [k, v]),
      ...(body === undefined ? [] : [['Content-Type', 'application/json'] as [string, string]]),
      ['traceparent', traceparent(ctx.span)],
      ...(method === 'GET' || method === 'HEAD' ? [] : [['Content-Length', String(bytes.length)] as [string, string]]),
    ];
    const head = encodeRequestHead({ method, target: full, headers: all });
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'rpc.request',
      call,
      protocol: 'http',
      method: `${method} ${target}`,
      address: this.path,
      to: ctx.sys.peerPid(ctx, fd),
      metadata: Object.fromEntries(all),
      payload: ctx.trace.keepPayload(bytes.subarray(0, TRACED_BODY_MAX)),
      length: head.length + bytes.length,
      type: 'http.Request',
    });
    try {
      await ctx.sys.write(ctx, fd, Rope.of(head).concat(Rope.of(bytes)));
      const stream = new HttpStream(fd);
      const message = await stream.readResponse(ctx, method);
      if (message === null) throw new HttpError('EOF');
      return { stream, head: message.head, call, hasBody: message.hasBody };
    } catch (error) {
      await ctx.sys.close(ctx, fd);
      throw broken(error);
    }
  }

  private answered(
    ctx: Context,
    fd: number,
    call: number,
    method: string,
    target: string,
    head: ResponseHead,
    body: string,
  ): void {
    const bytes = new TextEncoder().encode(body);
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'rpc.response',
      call,
      protocol: 'http',
      method: `${method} ${target}`,
      to: ctx.sys.peerPid(ctx, fd),
      code: head.status,
      codeName: head.reason === '' ? reasonPhrase(head.status) : head.reason,
      message: '',
      payload: ctx.trace.keepPayload(bytes.subarray(0, TRACED_BODY_MAX)),
      length: bytes.length,
      type: headerValue(head.headers, 'content-type') ?? '',
    });
  }
}

class HungUp extends Error {}

function unreachable(path: string, error: Errno): string {
  if (error.code === 'EACCES')
    return `Got permission denied while trying to connect to the Docker daemon socket at unix://${path}: dial unix ${path}: connect: permission denied`;
  return `Cannot connect to the Docker daemon at unix://${path}. Is the docker daemon running?`;
}

function errorOf(status: number, body: string): DockerError {
  let message = body.trim();
  try {
    message = (JSON.parse(body) as { message?: string }).message ?? message;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new DockerError(message, status);
}

/** A connection that ended in the middle. */
function broken(error: unknown): unknown {
  if (isErrno(error) || error instanceof HttpError)
    return new DockerError(`error during connect: ${isErrno(error) ? error.go : error.message}`, 0);
  if (typeof (error as { before?: unknown }).before === 'string')
    return new DockerError(`error during connect: ${(error as { message: string }).message}`, 0);
  return error;
}
