/**
 * Handlers that probes and lifecycle hooks share: run a command, ask over HTTP, open a TCP connection.
 * @models kubernetes 1.36 pkg/probe exec http tcp, pkg/kubelet/lifecycle/handlers.go
 * @fidelity partial: HTTP redirects are not followed
 */

import { durationString } from '../../go/duration.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { dialTcp } from '../../protocols/distribution/dial.ts';
import { newHttpClient } from '../../protocols/distribution/http-client.ts';
import { grpcOn } from '../../protocols/grpc/client.ts';
import { health } from '../../protocols/grpc/health.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import type { Container, GrpcAction, HttpGetAction, LifecycleHandler } from '../../protocols/kube/types.ts';
import { Future } from '../../sim/primitives.ts';
import { messageOf } from './client.ts';
import type { RuntimeService } from './cri/runtime-service.ts';

export type HandlerResult =
  | { readonly outcome: 'success'; readonly output: string }
  | { readonly outcome: 'failure'; readonly output: string }
  /** It could not be found out. */
  | { readonly outcome: 'error'; readonly output: string };

const SECOND = 1_000_000_000;

export type HandlerTarget = { container: Container; containerId: string; podIp: string };

/** `timeoutSeconds` 0: no limit. */
export async function runHandler(
  ctx: Context,
  runtime: RuntimeService,
  handler: LifecycleHandler,
  target: HandlerTarget,
  timeoutSeconds: number,
): Promise<HandlerResult> {
  if (handler.exec !== undefined) return runExec(ctx, runtime, handler.exec.command ?? [], target, timeoutSeconds);
  if (handler.sleep !== undefined) {
    await ctx.sleep(handler.sleep.seconds * SECOND);
    return { outcome: 'success', output: '' };
  }
  if (handler.httpGet !== undefined) {
    const { httpGet } = handler;
    return limited(
      ctx,
      timeoutSeconds,
      (c) => runHttp(c, httpGet, target, timeoutSeconds),
      httpTimeout(httpGet, target),
    );
  }
  if (handler.tcpSocket !== undefined) {
    const { port, host } = handler.tcpSocket;
    const address = host ?? target.podIp;
    const number = portNumber(target.container, port);
    const late = `dial tcp ${address}:${number}: i/o timeout`;
    return limited(ctx, timeoutSeconds, (c) => runTcp(c, address, number), late);
  }
  if (handler.grpc !== undefined) return runGrpc(ctx, handler.grpc, target, timeoutSeconds);
  return { outcome: 'error', output: 'missing probe handler' };
}

async function runExec(
  ctx: Context,
  runtime: RuntimeService,
  command: readonly string[],
  { containerId }: HandlerTarget,
  timeoutSeconds: number,
): Promise<HandlerResult> {
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(ctx, containerId, command, timeoutSeconds);
    const decoder = new TextDecoder();
    const output = (decoder.decode(stdout) + decoder.decode(stderr)).slice(0, OUTPUT_MAX);
    return { outcome: exitCode === 0 ? 'success' : 'failure', output };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    if (error.code === grpcCode.DeadlineExceeded) {
      const text = `command timed out: ${quote(command.join(' '))} timed out after ${durationString(timeoutSeconds * SECOND)}`;
      return { outcome: 'failure', output: text };
    }
    return { outcome: 'error', output: error.message };
  }
}

const OUTPUT_MAX = 10_240;

/** A named port is one of the container's. */
export function portNumber(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find(({ name }) => name === port);
  return named?.containerPort ?? (Number.parseInt(port, 10) || 0);
}

function urlParts({ scheme = 'HTTP', host, port, path = '/' }: HttpGetAction, { container, podIp }: HandlerTarget) {
  const target = path.startsWith('/') ? path : `/${path}`;
  return {
    scheme: scheme.toLowerCase() as 'http' | 'https',
    host: `${host ?? podIp}:${portNumber(container, port)}`,
    target,
  };
}

function httpTimeout(action: HttpGetAction, target: HandlerTarget): string {
  const { scheme, host, target: path } = urlParts(action, target);
  return `Get "${scheme}://${host}${path}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
}

async function runHttp(
  ctx: Context,
  action: HttpGetAction,
  target: HandlerTarget,
  timeoutSeconds: number,
): Promise<HandlerResult> {
  const client = newHttpClient();
  try {
    const response = await client.request(
      timeoutSeconds === 0 ? ctx : ctx.withDeadline(ctx.now + timeoutSeconds * SECOND),
      {
        method: 'GET',
        ...urlParts(action, target),
        headers: [
          ['User-Agent', 'kube-probe/1.36'],
          ['Accept', '*/*'],
          ['Connection', 'close'],
          ...(action.httpHeaders ?? []).map(({ name, value }): [string, string] => [name, value]),
        ],
        skipVerify: true,
      },
    );
    const { status } = response;
    if (status >= 200 && status < 400) return { outcome: 'success', output: '' };
    return { outcome: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
  } catch (error) {
    return { outcome: 'failure', output: messageOf(error) };
  } finally {
    await client.close(ctx);
  }
}

/** @models kubernetes 1.36 pkg/probe/grpc grpc.go */
async function runGrpc(
  ctx: Context,
  { port, service }: GrpcAction,
  { podIp }: HandlerTarget,
  timeoutSeconds: number,
): Promise<HandlerResult> {
  const address = `${podIp}:${port}`;
  const period = durationString(timeoutSeconds * SECOND);
  const deadline = ctx.now + timeoutSeconds * SECOND;
  const failure = (output: string): HandlerResult => ({ outcome: 'failure', output });
  let fd: number | null = null;
  // The dial is repeated, with pauses, until it succeeds or the time is over.
  for (let pause = GRPC_RETRY_NS; fd === null; pause *= 2) {
    try {
      fd = await ctx.sys.connect(ctx, { family: 'inet', host: podIp, port });
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (ctx.now + pause >= deadline) {
        await ctx.sleep(Math.max(0, deadline - ctx.now));
        return failure(
          `timeout: failed to connect service ${quote(address)} within ${period}: context deadline exceeded`,
        );
      }
      await ctx.sleep(pause);
    }
  }
  const connection = grpcOn(ctx, fd, address);
  try {
    const { status } = await connection.call(ctx, health.methods.Check, { service: service ?? '' }, { deadline });
    if (status === SERVING) return { outcome: 'success', output: 'service healthy' };
    return failure(`service unhealthy (responded with "${HEALTH_STATUS[status] ?? status}")`);
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    if (error.code === grpcCode.Unimplemented)
      return failure(
        `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.description}`,
      );
    if (error.code === grpcCode.DeadlineExceeded)
      return failure(`timeout: health rpc did not complete within ${period}`);
    return failure(`error: health rpc probe failed: ${error.message}`);
  } finally {
    await connection.close(ctx);
  }
}

const GRPC_RETRY_NS = 200_000_000;
const SERVING = 1;
const HEALTH_STATUS: Readonly<Record<number, string>> = { 0: 'UNKNOWN', 2: 'NOT_SERVING', 3: 'SERVICE_UNKNOWN' };

async function runTcp(ctx: Context, host: string, port: number): Promise<HandlerResult> {
  try {
    const fd = await dialTcp(ctx, host, port);
    await ctx.sys.close(ctx, fd);
    return { outcome: 'success', output: '' };
  } catch (error) {
    return { outcome: 'failure', output: messageOf(error) };
  }
}

/** Gives up after the timeout; what is still under way then is left to itself. */
async function limited(
  ctx: Context,
  timeoutSeconds: number,
  body: (ctx: Context) => Promise<HandlerResult>,
  late: string,
): Promise<HandlerResult> {
  if (timeoutSeconds === 0) return body(ctx);
  const result = new Future<HandlerResult>(ctx.scheduler);
  const timer = ctx.scheduler.at(ctx.now + timeoutSeconds * SECOND, () =>
    result.resolve({ outcome: 'failure', output: late }),
  );
  ctx.go('probe', async (c) => {
    try {
      result.resolve(await body(c));
    } catch (error) {
      result.reject(error);
    }
  });
  const value = await result.wait();
  ctx.scheduler.cancel(timer);
  return value;
}
