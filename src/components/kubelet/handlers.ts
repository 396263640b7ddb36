/**
 * Handlers that probes and lifecycle hooks share: run a command, ask over HTTP, open a TCP connection.
 * @models kubernetes 1.36 pkg/probe exec http tcp, pkg/kubelet/lifecycle/handlers.go
 * @fidelity partial: HTTP redirects are not followed; gRPC probes are not simulated
 */

import { durationString } from '../../go/duration.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { dialTcp } from '../../protocols/distribution/dial.ts';
import { newHttpClient } from '../../protocols/distribution/http-client.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import type { Container, HttpGetAction, LifecycleHandler } from '../../protocols/kube/types.ts';
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
