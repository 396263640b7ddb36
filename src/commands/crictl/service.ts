/**
 * The CRI client library's two services: connect, validate with one call, then calls with a timeout, each reporting its
 * failure through klog before it returns.
 * @models kubernetes/cri-client pkg/remote_runtime.go pkg/remote_image.go, kubernetes-sigs/cri-tools cmd/crictl/main.go
 * @fidelity partial: no reconnecting with back-off; no streaming lists (crictl does not ask for them)
 */
import { durationString } from '../../go/duration.ts';
import type { KlogPair } from '../../go/klog.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';
import { dialGrpc, type GrpcConnection } from '../../protocols/grpc/client.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { Input } from '../../protocols/proto/message-type.ts';
import type { Method } from '../../protocols/proto/service.ts';
import { DEFAULT_ENDPOINTS, socketPath } from './endpoint.ts';
import { Failure, isFailure, wrapping } from './failure.ts';
import type { Interrupts } from './interrupts.ts';
import { debug, klogError, type Logger, log } from './logger.ts';
import { speaking } from './older-cri.ts';
import type { Run } from './run.ts';

export type CriService = {
  readonly connection: GrpcConnection;
  readonly timeoutNs: number;
  readonly logger: Logger;
  readonly interrupts: Interrupts;
};

/** How a failed call is reported: the upstream file and line, its words, and what it names. */
export type Report = { readonly caller: string; readonly message: string; readonly pairs?: readonly KlogPair[] };

export type CallOptions = {
  /** Default the service's; null waits for ever. */
  readonly timeoutNs?: number | null;
  readonly report?: Report;
};

/** `timeoutNs` 0 takes the configured one. */
export async function connectRuntime(ctx: Context, run: Run, timeoutNs = 0): Promise<CriService> {
  const { settings, logger } = run;
  if (settings.isRuntimeEndpointSet && settings.runtimeEndpoint === '') {
    throw new Failure('--runtime-endpoint is not set');
  }
  await debug(ctx, logger, () => 'Get runtime connection');
  const timeout = timeoutNs === 0 ? settings.timeoutNs : timeoutNs;
  await debug(ctx, logger, () => `Using runtime connection timeout: ${durationString(timeout)}`);
  if (settings.isRuntimeEndpointSet) return await dialRuntime(ctx, run, settings.runtimeEndpoint, timeout);
  await warnOfDefaults(ctx, logger, 'runtime');
  return await firstOfDefaults(ctx, logger, timeout, (endpoint) => dialRuntime(ctx, run, endpoint, timeout));
}

export async function connectImages(ctx: Context, run: Run): Promise<CriService> {
  const { settings, logger } = run;
  let { imageEndpoint, isImageEndpointSet } = settings;
  if (imageEndpoint === '') {
    if (settings.isRuntimeEndpointSet && settings.runtimeEndpoint === '') {
      throw new Failure('--image-endpoint is not set');
    }
    imageEndpoint = settings.runtimeEndpoint;
    isImageEndpointSet = settings.isRuntimeEndpointSet;
  }
  await debug(ctx, logger, () => 'Get image connection');
  if (isImageEndpointSet) return await dialImages(ctx, run, imageEndpoint);
  await warnOfDefaults(ctx, logger, 'Image');
  return await firstOfDefaults(ctx, logger, settings.timeoutNs, (endpoint) => dialImages(ctx, run, endpoint));
}

async function warnOfDefaults(ctx: Context, logger: Logger, what: string): Promise<void> {
  const list = DEFAULT_ENDPOINTS.join(' ');
  await log(
    ctx,
    logger,
    'warning',
    `${what} connect using default endpoints: [${list}]. As the default settings are now deprecated, ` +
      'you should set the endpoint instead.',
  );
  const note = 'Note that performance maybe affected as each default connection attempt takes n-seconds to complete';
  await debug(ctx, logger, () => `${note} before timing out and going to the next in sequence.`);
}

/** The first that answers; when none does, the last one's failure. */
async function firstOfDefaults(
  ctx: Context,
  logger: Logger,
  timeoutNs: number,
  dial: (endpoint: string) => Promise<CriService>,
): Promise<CriService> {
  let failure: unknown = new Failure('no endpoint');
  for (const endpoint of DEFAULT_ENDPOINTS) {
    const text = `Connect using endpoint ${quote(endpoint)} with ${quote(durationString(timeoutNs))} timeout`;
    await debug(ctx, logger, () => text);
    try {
      const service = await dial(endpoint);
      await debug(ctx, logger, () => `Connected successfully using endpoint: ${endpoint}`);
      return service;
    } catch (error) {
      if (!isFailure(error)) throw error;
      await log(ctx, logger, 'error', error.message);
      failure = error;
    }
  }
  throw failure;
}

function dialRuntime(ctx: Context, run: Run, endpoint: string, timeoutNs: number): Promise<CriService> {
  const validate = `validate CRI v1 runtime API for endpoint ${quote(endpoint)}`;
  return dial(ctx, run, endpoint, timeoutNs, validate, async (connection, deadline) => {
    if (run.knowsOlderCri) return speaking(ctx, connection, 'runtime', deadline);
    await connection.call(ctx, RuntimeService.methods.Version, {}, { deadline });
    return connection;
  });
}

function dialImages(ctx: Context, run: Run, endpoint: string): Promise<CriService> {
  const validate = `validate CRI v1 image API for endpoint ${quote(endpoint)}`;
  return dial(ctx, run, endpoint, run.settings.timeoutNs, validate, async (connection, deadline) => {
    if (run.knowsOlderCri) return speaking(ctx, connection, 'image', deadline);
    await connection.call(ctx, ImageService.methods.ImageFsInfo, {}, { deadline });
    return connection;
  });
}

async function dial(
  ctx: Context,
  run: Run,
  endpoint: string,
  timeoutNs: number,
  validate: string,
  probe: (connection: GrpcConnection, deadline: number) => Promise<GrpcConnection>,
): Promise<CriService> {
  const path = socketPath(endpoint);
  const deadline = ctx.now + timeoutNs;
  const connection = await wrapping(`validate service connection: ${validate}`, async () => {
    return probe(await dialGrpc(ctx, path), deadline);
  });
  return { connection, timeoutNs, logger: run.logger, interrupts: run.interrupts };
}

/** A call the user may interrupt. */
export function call<Req, Res>(
  ctx: Context,
  service: CriService,
  method: Method<Req, Res>,
  request: Input<Req>,
  options: CallOptions = {},
): Promise<Res> {
  return service.interrupts.guard(ctx, (c) => plainCall(c, service, method, request, options));
}

/** The same without an ear for signals, as the library makes its own calls. */
export async function plainCall<Req, Res>(
  ctx: Context,
  service: CriService,
  method: Method<Req, Res>,
  request: Input<Req>,
  options: CallOptions = {},
): Promise<Res> {
  const { timeoutNs = service.timeoutNs, report } = options;
  const deadline = timeoutNs === null ? null : ctx.now + timeoutNs;
  try {
    return await service.connection.call(ctx, method, request, { deadline });
  } catch (error) {
    if (error instanceof GrpcError && report !== undefined) {
      await klogError(ctx, report.caller, report.message, error.message, report.pairs);
    }
    throw error;
  }
}
