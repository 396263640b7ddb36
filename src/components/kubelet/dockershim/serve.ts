/**
 * dockershim: a CRI server inside the kubelet, so that the kubelet knows Docker by a socket like any other runtime.
 * @models kubernetes 1.23 pkg/kubelet/dockershim/remote/docker_server.go, docker_service.go, pkg/kubelet/kubelet_dockershim.go
 * @fidelity partial: no container statistics; both versions of the CRI are served
 */
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { mkdirAll } from '../../../linux/io.ts';
import { ImageService, RuntimeService } from '../../../protocols/cri/generated.ts';
import { ImageServiceV1alpha2, RuntimeServiceV1alpha2 } from '../../../protocols/cri/v1alpha2.ts';
import { DockerError } from '../../../protocols/docker/client.ts';
import { GrpcServer } from '../../../protocols/grpc/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Failure } from '../failures.ts';
import type { Log } from '../log.ts';
import {
  containerStatus,
  createContainer,
  execSync,
  listContainers,
  removeContainer,
  startContainer,
  stopContainer,
} from './containers.ts';
import { DockerService, type ShimOptions, toStatus, wordsOf } from './docker-service.ts';
import { imageFsInfo, imageStatus, listImages, pullImage, removeImage } from './images.ts';
import { listPodSandbox, podSandboxStatus, removePodSandbox, runPodSandbox, stopPodSandbox } from './sandbox.ts';

/** Returns when it serves on `endpoint`; throws a Failure if Docker does not suit. */
export async function startDockershim(ctx: Context, log: Log, endpoint: string, options: ShimOptions): Promise<void> {
  await log.info(
    ctx,
    0,
    'kubelet_dockershim.go:52',
    'Using dockershim is deprecated, please consider using a full-fledged CRI implementation',
  );
  const shim = new DockerService(options);
  let driver: string;
  try {
    await shim.version(ctx);
    driver = (await shim.info(ctx)).CgroupDriver;
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    throw new Failure(`failed to get docker version: ${wordsOf(error)}`);
  }
  await log.info(ctx, 0, 'docker_service.go:257', 'Docker cri networking managed by the network plugin', [
    'networkPluginName',
    options.network === null ? 'kubernetes.io/no-op' : 'cni',
  ]);
  await log.info(ctx, 0, 'docker_service.go:274', 'Setting cgroupDriver', ['cgroupDriver', driver]);
  if (driver !== options.cgroupDriver)
    throw new Failure(
      `misconfiguration: kubelet cgroup driver: "${options.cgroupDriver}" is different from docker cgroup driver: "${driver}"`,
    );
  const streamFd = await ctx.sys.listen(ctx, { family: 'inet', host: '127.0.0.1', port: 0 });
  const address = ctx.sys.socketAddress(ctx, streamFd, 'local');
  if (address.family === 'inet') shim.streaming.baseUrl = `http://${address.host}:${address.port}`;
  ctx.go('dockershim-streaming', (c) => shim.streaming.serve(c, streamFd));
  const server = new GrpcServer();
  server.translate = toStatus;
  implement(server, shim, RuntimeService, ImageService);
  implement(server, shim, RuntimeServiceV1alpha2, ImageServiceV1alpha2);
  const fd = await listen(ctx, endpoint.replace(/^unix:\/\//, ''));
  await log.info(ctx, 2, 'docker_server.go:56', 'Start dockershim grpc server');
  ctx.go('dockershim', (c) => server.serve(c, fd));
}

/** Whatever had its socket there before, the path is the kubelet's from now on. */
async function listen(ctx: Context, path: string): Promise<number> {
  try {
    await ctx.sys.unlink(ctx, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code !== 'ENOENT') throw new Failure(`failed to unlink socket file "${path}": ${error.go}`);
  }
  try {
    await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
    return await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new Failure(`failed to listen on "unix://${path}": listen unix ${path}: bind: ${error.go}`);
  }
}

function implement(
  server: GrpcServer,
  shim: DockerService,
  runtime: typeof RuntimeService,
  image: typeof ImageService,
): void {
  const rpc =
    <Request, Response>(body: (ctx: Context, request: Request) => Promise<Response>) =>
    async (ctx: Context, request: Request): Promise<Response> => {
      await ctx.cpu(LATENCY.dockershimRpcNs);
      return ctx.spanned('dockershim', 'cri', (c) => body(c, request));
    };
  server.implement(runtime, {
    Version: rpc(async (ctx) => {
      const { Version, ApiVersion } = await shim.version(ctx);
      return { version: '0.1.0', runtimeName: 'docker', runtimeVersion: Version, runtimeApiVersion: `${ApiVersion}.0` };
    }),
    Status: rpc(async (ctx) => {
      let down = '';
      try {
        await shim.version(ctx);
      } catch (error) {
        down = `docker: failed to get docker version: ${wordsOf(error)}`;
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
