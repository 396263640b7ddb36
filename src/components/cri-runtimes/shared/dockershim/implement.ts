/**
 * The services of the CRI in front of Docker. The kubelet had them inside until 1.23; cri-dockerd has had the same code since.
 * @models kubernetes 1.23 pkg/kubelet/dockershim/docker_service.go, cri-dockerd 0.3.4 core/docker_service.go
 * @fidelity partial: no container statistics; both versions of the CRI are served
 */
import type { Context } from '../../../../linux/context.ts';
import { ImageService, RuntimeService } from '../../../../protocols/cri/generated.ts';
import { ImageServiceV1alpha2, RuntimeServiceV1alpha2 } from '../../../../protocols/cri/v1alpha2.ts';
import type { Info, Version } from '../../../../protocols/docker/types.ts';
import { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import {
  containerStatus,
  createContainer,
  execSync,
  listContainers,
  removeContainer,
  startContainer,
  stopContainer,
} from './containers.ts';
import { type DockerService, toStatus, wordsOf } from './docker-service.ts';
import { imageFsInfo, imageStatus, listImages, pullImage, removeImage } from './images.ts';
import { listPodSandbox, podSandboxStatus, removePodSandbox, runPodSandbox, stopPodSandbox } from './sandbox.ts';

type Services = { readonly runtime: typeof RuntimeService; readonly image: typeof ImageService; readonly name: string };

const VERSIONS: readonly Services[] = [
  { runtime: RuntimeService, image: ImageService, name: 'v1' },
  { runtime: RuntimeServiceV1alpha2, image: ImageServiceV1alpha2, name: 'v1alpha2' },
];

export function criServer(shim: DockerService): GrpcServer {
  const server = new GrpcServer();
  server.translate = toStatus;
  for (const version of VERSIONS) implement(server, shim, version);
  return server;
}

/** What `docker version` tells; its words for why it does not. */
export async function dockerVersion(ctx: Context, shim: DockerService): Promise<Version> {
  return asked('version', () => shim.version(ctx));
}

export async function dockerInfo(ctx: Context, shim: DockerService): Promise<Info> {
  return asked('info', () => shim.info(ctx));
}

async function asked<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new GrpcError(grpcCode.Unknown, `failed to get docker ${what}: ${wordsOf(error)}`);
  }
}

function implement(server: GrpcServer, shim: DockerService, { runtime, image, name }: Services): void {
  const rpc =
    <Request, Response>(body: (ctx: Context, request: Request) => Promise<Response>) =>
    async (ctx: Context, request: Request): Promise<Response> => {
      await ctx.cpu(LATENCY.dockershimRpcNs);
      return ctx.spanned(shim.options.name, 'cri', (c) => body(c, request));
    };
  server.implement(runtime, {
    Version: rpc(async (ctx) => {
      const { Version, ApiVersion } = await dockerVersion(ctx, shim);
      const runtimeApiVersion = shim.options.tellsCriVersion ? name : `${ApiVersion}.0`;
      return { version: '0.1.0', runtimeName: 'docker', runtimeVersion: Version, runtimeApiVersion };
    }),
    Status: rpc(async (ctx) => {
      let down = '';
      try {
        await dockerVersion(ctx, shim);
      } catch (error) {
        down = `docker: ${wordsOf(error)}`;
      }
      const problem = shim.options.network === null ? null : await shim.options.network.status(ctx);
      return {
        status: {
          conditions: [
            down === ''
              ? { type: 'RuntimeReady', status: true }
              : { type: 'RuntimeReady', status: false, reason: 'DockerDaemonNotReady', message: down },
            problem === null
              ? { type: 'NetworkReady', status: true }
              : {
                  type: 'NetworkReady',
                  status: false,
                  reason: 'NetworkPluginNotReady',
                  message: `docker: network plugin is not ready: ${problem}`,
                },
          ],
        },
      };
    }),
    UpdateRuntimeConfig: rpc(async () => ({})),
    RunPodSandbox: rpc((ctx, request) => runPodSandbox(ctx, shim, request)),
    StopPodSandbox: rpc((ctx, { podSandboxId }) => stopPodSandbox(ctx, shim, podSandboxId)),
    RemovePodSandbox: rpc((ctx, { podSandboxId }) => removePodSandbox(ctx, shim, podSandboxId)),
    PodSandboxStatus: rpc((ctx, request) => podSandboxStatus(ctx, shim, request)),
    ListPodSandbox: rpc((ctx, request) => listPodSandbox(ctx, shim, request)),
    CreateContainer: rpc((ctx, request) => createContainer(ctx, shim, request)),
    StartContainer: rpc((ctx, { containerId }) => startContainer(ctx, shim, containerId)),
    StopContainer: rpc((ctx, { containerId, timeout }) => stopContainer(ctx, shim, containerId, Number(timeout))),
    RemoveContainer: rpc((ctx, { containerId }) => removeContainer(ctx, shim, containerId)),
    ListContainers: rpc((ctx, request) => listContainers(ctx, shim, request)),
    ContainerStatus: rpc((ctx, request) => containerStatus(ctx, shim, request)),
    ExecSync: rpc((ctx, request) => execSync(ctx, shim, request)),
    Exec: rpc(async (ctx, request) => {
      const { containerId, cmd: command, stdin, stdout, stderr, tty } = request;
      return { url: shim.streaming.execUrl(ctx, { kind: 'exec', containerId, command, stdin, stdout, stderr, tty }) };
    }),
    Attach: rpc(async (ctx, request) => {
      const { containerId, stdin, stdout, stderr, tty } = request;
      return { url: shim.streaming.attachUrl(ctx, { kind: 'attach', containerId, stdin, stdout, stderr, tty }) };
    }),
    PortForward: rpc(async (ctx, { podSandboxId }) => ({ url: shim.streaming.portForwardUrl(ctx, podSandboxId) })),
  });
  server.implement(image, {
    ListImages: rpc((ctx) => listImages(ctx, shim)),
    ImageStatus: rpc((ctx, request) => imageStatus(ctx, shim, request.image?.image ?? '')),
    PullImage: rpc((ctx, request) => pullImage(ctx, shim, request)),
    RemoveImage: rpc((ctx, request) => removeImage(ctx, shim, request.image?.image ?? '')),
    ImageFsInfo: rpc((ctx) => imageFsInfo(ctx, shim)),
  });
}
