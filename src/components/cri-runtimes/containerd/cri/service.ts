/**
 * The CRI on the daemon's socket: which function serves which RPC, and what all of them have around them.
 * @models containerd 2.1 internal/cri/instrument, plugins/cri/cri.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import type { GrpcServer, ServerCall } from '../../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Service } from '../../../../protocols/proto/service.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { toStatus } from '../../shared/errors.ts';
import type { ContainerdRelease } from '../release.ts';
import { checkpointContainer } from './checkpoint-container.ts';
import { containerStatus } from './container-status.ts';
import { createContainer } from './create-container.ts';
import type { CriService } from './cri-service.ts';
import { execSync } from './exec-sync.ts';
import { getContainerEvents } from './get-container-events.ts';
import { imageFsInfo, imageStatus, listImages, removeImage } from './images.ts';
import { listContainers } from './list-containers.ts';
import { listPodSandbox } from './list-pod-sandbox.ts';
import { podSandboxStatus } from './pod-sandbox-status.ts';
import { pullImage } from './pull-image.ts';
import { removeContainer } from './remove-container.ts';
import { removePodSandbox } from './remove-pod-sandbox.ts';
import { reopenContainerLog } from './reopen-container-log.ts';
import { type RpcWords, rpcWords } from './rpc-log.ts';
import { runPodSandbox } from './run-pod-sandbox.ts';
import { startContainer } from './start-container.ts';
import { containerStats, listContainerStats, listPodSandboxStats, podSandboxStats } from './stats.ts';
import { runtimeConfig, status, updateRuntimeConfig, version } from './status.ts';
import { stopContainer } from './stop-container.ts';
import { stopPodSandbox } from './stop-pod-sandbox.ts';
import { attach, exec, portForward } from './streaming-urls.ts';
import { CRI_NAMESPACE } from './types.ts';
import { updateContainerResources } from './update-container-resources.ts';

type Rpc<Request, Response> = (ctx: Context, cri: CriService, request: Request) => Promise<Response>;

/** RPCs of the CRI's newer versions: this containerd has not heard of them. */
const NEWER = new Set([
  'StreamPodSandboxes',
  'StreamContainers',
  'StreamContainerStats',
  'StreamPodSandboxStats',
  'StreamPodSandboxMetrics',
  'StreamImages',
  'UpdatePodSandboxResources',
]);

function known<S extends Service>(service: S): S {
  const methods = Object.fromEntries(Object.entries(service.methods).filter(([, method]) => !NEWER.has(method.name)));
  return { ...service, methods };
}

async function notImplemented(method: string): Promise<never> {
  throw new GrpcError(grpcCode.Unimplemented, `method ${method} not implemented`);
}

/** `services`: of the version of the CRI that clients are to find. */
export function serveCri(server: GrpcServer, cri: CriService, services: ContainerdRelease['cri'][number]): void {
  const logged = async <Response>(
    ctx: Context,
    words: RpcWords<never, never>,
    request: unknown,
    body: () => Promise<Response>,
  ): Promise<Response> => {
    if (!cri.initialized) throw new GrpcError(grpcCode.Unavailable, 'server is not initialized yet');
    await ctx.cpu(LATENCY.containerdReadRpcNs);
    if (words.before !== null) await cri.log.info(ctx, words.before(request as never));
    try {
      const response = await body();
      if (words.success !== null) await cri.log.info(ctx, words.success(request as never, response as never));
      return response;
    } catch (error) {
      const seen = toStatus(error);
      await cri.log.statusError(ctx, words.failed(request as never), seen);
      throw seen;
    }
  };
  const held =
    <Request, Response>(body: Rpc<Request, Response>): Rpc<Request, Response> =>
    (ctx, c, request) =>
      c.parts.metadata.leases.holdingBriefly(CRI_NAMESPACE, async () => body(ctx, c, request));
  const rpc =
    <Name extends keyof typeof rpcWords, Request, Response>(name: Name, body: Rpc<Request, Response>) =>
    (ctx: Context, request: Request): Promise<Response> =>
      logged(ctx, rpcWords[name], request, () => body(ctx, cri, request));

  server.implement(known(services.runtime), {
    Version: rpc('Version', version),
    RunPodSandbox: rpc('RunPodSandbox', held(runPodSandbox)),
    StopPodSandbox: rpc('StopPodSandbox', stopPodSandbox),
    RemovePodSandbox: rpc('RemovePodSandbox', removePodSandbox),
    PodSandboxStatus: rpc('PodSandboxStatus', podSandboxStatus),
    ListPodSandbox: rpc('ListPodSandbox', (_ctx, c, request) => listPodSandbox(c, request)),
    CreateContainer: rpc('CreateContainer', held(createContainer)),
    StartContainer: rpc('StartContainer', startContainer),
    StopContainer: rpc('StopContainer', stopContainer),
    RemoveContainer: rpc('RemoveContainer', removeContainer),
    ListContainers: rpc('ListContainers', (_ctx, c, request) => listContainers(c, request)),
    ContainerStatus: rpc('ContainerStatus', containerStatus),
    UpdateContainerResources: rpc('UpdateContainerResources', updateContainerResources),
    ReopenContainerLog: rpc('ReopenContainerLog', reopenContainerLog),
    ExecSync: rpc('ExecSync', execSync),
    Exec: rpc('Exec', exec),
    Attach: rpc('Attach', attach),
    PortForward: rpc('PortForward', portForward),
    ContainerStats: rpc('ContainerStats', containerStats),
    ListContainerStats: rpc('ListContainerStats', listContainerStats),
    PodSandboxStats: rpc('PodSandboxStats', podSandboxStats),
    ListPodSandboxStats: rpc('ListPodSandboxStats', listPodSandboxStats),
    UpdateRuntimeConfig: rpc('UpdateRuntimeConfig', updateRuntimeConfig),
    Status: rpc('Status', status),
    CheckpointContainer: rpc('CheckpointContainer', checkpointContainer),
    GetContainerEvents: (ctx, request, call: ServerCall<never>) =>
      logged(ctx, rpcWords.GetContainerEvents, request, () => getContainerEvents(ctx, cri, call)),
    ListMetricDescriptors: rpc('ListMetricDescriptors', () => notImplemented('ListMetricDescriptors')),
    ListPodSandboxMetrics: rpc('ListPodSandboxMetrics', () => notImplemented('ListPodSandboxMetrics')),
    RuntimeConfig: rpc('RuntimeConfig', runtimeConfig),
  });
  server.implement(known(services.image), {
    ListImages: rpc('ListImages', listImages),
    ImageStatus: rpc('ImageStatus', imageStatus),
    PullImage: rpc('PullImage', pullImage),
    RemoveImage: rpc('RemoveImage', removeImage),
    ImageFsInfo: rpc('ImageFsInfo', imageFsInfo),
  });
}
