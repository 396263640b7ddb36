/**
 * The CRI on the daemon's socket: which function serves which RPC. Each request has an id that its log lines carry.
 * @models CRI-O 1.36 internal/log/interceptors/interceptors.go, server/server.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { ImageService, RuntimeService } from '../../../../protocols/cri/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { type Logger, RequestLogger } from '../../shared/log.ts';
import { containerStatus } from './container-status.ts';
import { createContainer } from './create-container.ts';
import { execSync, reopenContainerLog } from './exec-sync.ts';
import { imageFsInfo, imageStatus, listImages, pullImage, removeImage } from './images.ts';
import { listContainers } from './list-containers.ts';
import { listPodSandbox } from './list-pod-sandbox.ts';
import { uuid } from './namespaces.ts';
import { podSandboxStatus } from './pod-sandbox-status.ts';
import { removeContainer } from './remove-container.ts';
import { removePodSandbox } from './remove-pod-sandbox.ts';
import { runPodSandbox } from './run-pod-sandbox.ts';
import type { Server } from './server.ts';
import { startContainer } from './start-container.ts';
import { containerStats, listContainerStats, listPodSandboxStats, podSandboxStats } from './stats.ts';
import { runtimeConfig, status, version } from './status.ts';
import { stopContainer } from './stop-container.ts';
import { stopPodSandbox } from './stop-pod-sandbox.ts';
import { attach, exec, portForward } from './streaming-urls.ts';
import { updateContainerResources } from './update-container-resources.ts';

type Rpc<Request, Response> = (ctx: Context, server: Server, request: Request, log: Logger) => Promise<Response>;

/** What starts from an image: podman and skopeo may have changed the store. */
const MAKES: ReadonlySet<string> = new Set(['RunPodSandbox', 'CreateContainer']);

export function serveCri(grpc: GrpcServer, server: Server): void {
  const rpc =
    (service: string) =>
    <Request, Response>(method: string, body: Rpc<Request, Response>) =>
    async (ctx: Context, request: Request): Promise<Response> => {
      await ctx.cpu(LATENCY.crioReadRpcNs);
      if (service === 'ImageService' || MAKES.has(method)) await server.store.refresh(ctx);
      const log = new RequestLogger(server.log, { id: uuid(ctx), name: `/runtime.v1.${service}/${method}` });
      return body(ctx, server, request, log);
    };
  const runtime = rpc('RuntimeService');
  grpc.implement(RuntimeService, {
    Version: runtime('Version', version),
    RunPodSandbox: runtime('RunPodSandbox', runPodSandbox),
    StopPodSandbox: runtime('StopPodSandbox', stopPodSandbox),
    RemovePodSandbox: runtime('RemovePodSandbox', removePodSandbox),
    PodSandboxStatus: runtime('PodSandboxStatus', podSandboxStatus),
    ListPodSandbox: runtime('ListPodSandbox', (_ctx, s, request) => listPodSandbox(s, request)),
    CreateContainer: runtime('CreateContainer', createContainer),
    StartContainer: runtime('StartContainer', startContainer),
    StopContainer: runtime('StopContainer', stopContainer),
    RemoveContainer: runtime('RemoveContainer', removeContainer),
    ListContainers: runtime('ListContainers', listContainers),
    ContainerStatus: runtime('ContainerStatus', containerStatus),
    UpdateContainerResources: runtime('UpdateContainerResources', updateContainerResources),
    ReopenContainerLog: runtime('ReopenContainerLog', reopenContainerLog),
    ExecSync: runtime('ExecSync', execSync),
    Exec: runtime('Exec', exec),
    Attach: runtime('Attach', attach),
    PortForward: runtime('PortForward', portForward),
    ContainerStats: runtime('ContainerStats', containerStats),
    ListContainerStats: runtime('ListContainerStats', listContainerStats),
    PodSandboxStats: runtime('PodSandboxStats', podSandboxStats),
    ListPodSandboxStats: runtime('ListPodSandboxStats', listPodSandboxStats),
    UpdateRuntimeConfig: runtime('UpdateRuntimeConfig', async () => ({})),
    Status: runtime('Status', status),
    RuntimeConfig: runtime('RuntimeConfig', runtimeConfig),
    CheckpointContainer: runtime('CheckpointContainer', async () => {
      throw new GrpcError(grpcCode.Unknown, 'checkpoint/restore support not available');
    }),
    GetContainerEvents: (ctx, _request, call) => server.events.serve(ctx, call),
  });
  const image = rpc('ImageService');
  grpc.implement(ImageService, {
    ListImages: image('ListImages', listImages),
    ImageStatus: image('ImageStatus', imageStatus),
    PullImage: image('PullImage', pullImage),
    RemoveImage: image('RemoveImage', removeImage),
    ImageFsInfo: image('ImageFsInfo', imageFsInfo),
  });
}
