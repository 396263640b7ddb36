/**
 * The runtime as the kubelet knows it: CRI calls over its socket, each failure logged in the words of the CRI client.
 * @models kubernetes 1.36 staging/src/k8s.io/cri-client/pkg remote_runtime.go remote_image.go
 * @fidelity partial: lists are asked for whole, not streamed
 */
import { newError } from '../../../go/errors.ts';
import type { KlogPair } from '../../../go/klog.ts';
import type { Context } from '../../../linux/context.ts';
import {
  type AuthConfig,
  CgroupDriver,
  type Container,
  type ContainerConfig,
  type ContainerEventResponse,
  type ContainerStats,
  type ContainerStatus,
  type ExecSyncResponse,
  type Image,
  type ImageFsInfoResponse,
  type ImageSpec,
  type LinuxContainerResources,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxStatus,
  type StatusResponse,
  type VersionResponse,
} from '../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { recurring } from '../../../protocols/proto/recurring.ts';
import type { Method } from '../../../protocols/proto/service.ts';
import { Failure } from '../failures.ts';
import type { Log } from '../log.ts';
import type { CriVersion, Release } from '../release.ts';
import { Channel } from './channel.ts';

const SECOND = 1_000_000_000;

export class RuntimeService {
  private readonly runtime: Channel;
  private readonly images: Channel;
  private readonly log: Log;
  private readonly release: Release;
  /** What the runtime was found to speak. */
  private cri: CriVersion;
  /** The lists that are asked for every second, decoded with a memory of the last answer. */
  private readonly wholeLists = new Map<string, Method<never, unknown>>();
  private readonly timeoutNs: number;
  private readonly endpoint: string;
  private readonly imageEndpoint: string;

  constructor(log: Log, release: Release, endpoint: string, imageEndpoint: string, timeoutNs: number) {
    this.log = log;
    this.release = release;
    this.cri = release.cri;
    this.timeoutNs = timeoutNs;
    this.endpoint = endpoint;
    this.imageEndpoint = imageEndpoint === '' ? endpoint : imageEndpoint;
    this.runtime = new Channel(socketPath(this.endpoint), 1, log);
    this.images = new Channel(socketPath(this.imageEndpoint), 4, log);
  }

  private wholeList<Req, Res>(method: Method<Req, Res>): Method<Req, Res> {
    let own = this.wholeLists.get(method.path) as Method<Req, Res> | undefined;
    if (own === undefined) {
      own = { ...method, output: recurring(method.output) };
      this.wholeLists.set(method.path, own as Method<never, unknown>);
    }
    return own;
  }

  private async logged<T>(
    ctx: Context,
    caller: string,
    message: string,
    pairs: KlogPair[],
    call: () => Promise<T>,
  ): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof GrpcError) await this.log.error(ctx, caller, error, message, ...pairs);
      throw error;
    }
  }

  /** What the kubelet does before anything else: both services must answer to the version of the API it speaks. */
  async validate(ctx: Context): Promise<void> {
    const { olderCri } = this.release;
    if (olderCri !== null) return this.chooseVersion(ctx, olderCri);
    const { version, runtime, image } = this.cri;
    try {
      await this.runtime.call(ctx, runtime.methods.Version, { version: '' }, this.timeoutNs);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      throw new Failure(
        `validate service connection: validate CRI ${version} runtime API for endpoint "${this.endpoint}": ${error.message}`,
      );
    }
    await this.log.info(ctx, 2, 'remote_runtime.go:171', `Validated CRI ${version} runtime API`);
    try {
      await this.images.call(ctx, image.methods.ImageFsInfo, {}, this.timeoutNs);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      throw new Failure(
        `validate service connection: validate CRI ${version} image API for endpoint "${this.imageEndpoint}": ${error.message}`,
      );
    }
    await this.log.info(ctx, 2, 'remote_image.go:140', `Validated CRI ${version} image API`);
  }

  /**
   * A kubelet that knows two versions takes the older one when the newer is unknown to the runtime.
   * @models kubernetes 1.23 pkg/kubelet/cri/remote/remote_runtime.go (determineAPIVersion), kuberuntime_manager.go
   */
  private async chooseVersion(ctx: Context, older: CriVersion): Promise<void> {
    try {
      await this.runtime.call(ctx, this.cri.runtime.methods.Version, { version: '' }, this.timeoutNs);
      await this.log.info(ctx, 2, 'remote_runtime.go:97', 'Using CRI v1 runtime API');
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      if (error.code !== grpcCode.Unimplemented)
        throw new Failure(`unable to determine runtime API version: ${error.message}`);
      await this.log.info(ctx, 2, 'remote_runtime.go:103', 'Falling back to CRI v1alpha2 runtime API (deprecated)');
      this.cri = older;
    }
    try {
      await this.version(ctx);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      throw new Failure(`failed to create kubelet: get remote runtime typed version failed: ${error.message}`);
    }
  }

  version(ctx: Context): Promise<VersionResponse> {
    return this.logged(ctx, 'remote_runtime.go:192', 'Version from runtime service failed', [], () =>
      this.runtime.call(ctx, this.cri.runtime.methods.Version, { version: '0.1.0' }, this.timeoutNs),
    );
  }

  status(ctx: Context): Promise<StatusResponse> {
    return this.logged(ctx, 'remote_runtime.go:801', 'Status from runtime service failed', [], () =>
      this.runtime.call(ctx, this.cri.runtime.methods.Status, { verbose: false }, this.timeoutNs),
    );
  }

  /** The cgroup driver that the runtime asks for; null when it does not say. */
  async cgroupDriver(ctx: Context): Promise<'systemd' | 'cgroupfs' | null> {
    try {
      const answer = await this.runtime.call(ctx, this.cri.runtime.methods.RuntimeConfig, {}, this.timeoutNs);
      if (answer.linux === undefined) return null;
      return answer.linux.cgroupDriver === CgroupDriver.SYSTEMD ? 'systemd' : 'cgroupfs';
    } catch (error) {
      if (error instanceof GrpcError && error.code === grpcCode.Unimplemented) return null;
      throw error;
    }
  }

  async runPodSandbox(ctx: Context, config: Input<PodSandboxConfig>, runtimeHandler: string): Promise<string> {
    // Twice the timeout, because the runtime may have to pull the sandbox's image.
    const answer = await this.logged(
      ctx,
      'remote_runtime.go:235',
      'RunPodSandbox from runtime service failed',
      [],
      () =>
        this.runtime.call(ctx, this.cri.runtime.methods.RunPodSandbox, { config, runtimeHandler }, this.timeoutNs * 2),
    );
    return answer.podSandboxId;
  }

  async stopPodSandbox(ctx: Context, podSandboxId: string): Promise<void> {
    await this.logged(
      ctx,
      'remote_runtime.go:265',
      'StopPodSandbox from runtime service failed',
      [['podSandboxID', podSandboxId]],
      () => this.runtime.call(ctx, this.cri.runtime.methods.StopPodSandbox, { podSandboxId }, this.timeoutNs),
    );
  }

  async removePodSandbox(ctx: Context, podSandboxId: string): Promise<void> {
    await this.logged(
      ctx,
      'remote_runtime.go:284',
      'RemovePodSandbox from runtime service failed',
      [['podSandboxID', podSandboxId]],
      () => this.runtime.call(ctx, this.cri.runtime.methods.RemovePodSandbox, { podSandboxId }, this.timeoutNs),
    );
  }

  /** null when the runtime knows no such sandbox. */
  async podSandboxStatus(ctx: Context, podSandboxId: string): Promise<PodSandboxStatus | null> {
    try {
      const { runtime } = this.cri;
      const answer = await this.runtime.call(
        ctx,
        runtime.methods.PodSandboxStatus,
        { podSandboxId, verbose: false },
        this.timeoutNs,
      );
      return answer.status ?? null;
    } catch (error) {
      if (error instanceof GrpcError && error.code === grpcCode.NotFound) return null;
      throw error;
    }
  }

  /** What has not changed since the last call is the same object, the whole list included: not to be written to. */
  async listPodSandboxes(ctx: Context, readyOnly: boolean): Promise<readonly PodSandbox[]> {
    const { ListPodSandbox } = this.cri.runtime.methods;
    const filter = readyOnly ? { state: { state: 0 as const } } : {};
    const answer = await this.logged(
      ctx,
      'remote_runtime.go:347',
      'ListPodSandbox with filter from runtime service failed',
      [['filter', readyOnly ? 'state:{}' : '']],
      () =>
        this.runtime.call(ctx, readyOnly ? ListPodSandbox : this.wholeList(ListPodSandbox), { filter }, this.timeoutNs),
    );
    return answer.items;
  }

  /** Hands on what happens to containers until the runtime ends it; throws then: a GrpcError, or EOF. */
  async containerEvents(
    ctx: Context,
    onEvent: (ctx: Context, event: ContainerEventResponse) => Promise<void>,
  ): Promise<never> {
    const { GetContainerEvents } = this.cri.runtime.methods;
    const streaming = 'GetContainerEvents failed to get streaming client';
    const stream = await this.logged(ctx, 'remote_runtime.go:1066', streaming, [], () =>
      this.runtime.stream(ctx, GetContainerEvents, {}),
    );
    const next = () => stream.next(ctx);
    const receiving = 'failed to receive streaming container event';
    for (;;) {
      const event = await this.logged(ctx, 'remote_runtime.go:1086', receiving, [], next);
      if (event === null) break;
      await onEvent(ctx, event);
    }
    const eof = newError('EOF');
    await this.log.error(ctx, 'remote_runtime.go:1082', eof, 'container events stream is closed');
    throw eof;
  }

  /** As listPodSandboxes. */
  async listContainers(ctx: Context, runningOnly: boolean): Promise<readonly Container[]> {
    const { ListContainers } = this.cri.runtime.methods;
    const filter = runningOnly ? { state: { state: 1 as const } } : {};
    const answer = await this.logged(
      ctx,
      'remote_runtime.go:526',
      'ListContainers with filter from runtime service failed',
      [['filter', runningOnly ? 'state:{state:CONTAINER_RUNNING}' : '']],
      () =>
        this.runtime.call(
          ctx,
          runningOnly ? ListContainers : this.wholeList(ListContainers),
          { filter },
          this.timeoutNs,
        ),
    );
    return answer.containers;
  }

  /** null when the runtime knows no such container. */
  async containerStatus(ctx: Context, containerId: string): Promise<ContainerStatus | null> {
    try {
      const { runtime } = this.cri;
      const request = { containerId, verbose: false };
      const answer = await this.runtime.call(ctx, runtime.methods.ContainerStatus, request, this.timeoutNs);
      return answer.status ?? null;
    } catch (error) {
      if (error instanceof GrpcError && error.code === grpcCode.NotFound) return null;
      throw error;
    }
  }

  async createContainer(
    ctx: Context,
    podSandboxId: string,
    config: Input<ContainerConfig>,
    sandboxConfig: Input<PodSandboxConfig>,
  ): Promise<string> {
    const answer = await this.logged(
      ctx,
      'remote_runtime.go:408',
      'CreateContainer in sandbox from runtime service failed',
      [['podSandboxID', podSandboxId]],
      () =>
        this.runtime.call(
          ctx,
          this.cri.runtime.methods.CreateContainer,
          { podSandboxId, config, sandboxConfig },
          this.timeoutNs,
        ),
    );
    return answer.containerId;
  }

  async startContainer(ctx: Context, containerId: string): Promise<void> {
    await this.logged(
      ctx,
      'remote_runtime.go:434',
      'StartContainer from runtime service failed',
      [['containerID', containerId]],
      () => this.runtime.call(ctx, this.cri.runtime.methods.StartContainer, { containerId }, this.timeoutNs),
    );
  }

  async stopContainer(ctx: Context, containerId: string, timeoutSeconds: number): Promise<void> {
    await this.logged(
      ctx,
      'remote_runtime.go:455',
      'StopContainer from runtime service failed',
      [['containerID', containerId]],
      () =>
        this.runtime.call(
          ctx,
          this.cri.runtime.methods.StopContainer,
          { containerId, timeout: timeoutSeconds },
          this.timeoutNs + timeoutSeconds * SECOND,
        ),
    );
  }

  async removeContainer(ctx: Context, containerId: string): Promise<void> {
    await this.logged(
      ctx,
      'remote_runtime.go:476',
      'RemoveContainer from runtime service failed',
      [['containerID', containerId]],
      () => this.runtime.call(ctx, this.cri.runtime.methods.RemoveContainer, { containerId }, this.timeoutNs),
    );
  }

  /** `timeoutSeconds` 0: for as long as it takes. */
  execSync(
    ctx: Context,
    containerId: string,
    cmd: readonly string[],
    timeoutSeconds: number,
  ): Promise<ExecSyncResponse> {
    return this.runtime.call(
      ctx,
      this.cri.runtime.methods.ExecSync,
      { containerId, cmd: [...cmd], timeout: timeoutSeconds },
      timeoutSeconds === 0 ? null : this.timeoutNs + timeoutSeconds * SECOND,
    );
  }

  async reopenContainerLog(ctx: Context, containerId: string): Promise<void> {
    await this.runtime.call(ctx, this.cri.runtime.methods.ReopenContainerLog, { containerId }, this.timeoutNs);
  }

  async execUrl(
    ctx: Context,
    containerId: string,
    cmd: readonly string[],
    streams: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean },
  ): Promise<string> {
    const { methods } = this.cri.runtime;
    return (await this.runtime.call(ctx, methods.Exec, { containerId, cmd: [...cmd], ...streams }, this.timeoutNs)).url;
  }

  async attachUrl(
    ctx: Context,
    containerId: string,
    streams: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean },
  ): Promise<string> {
    const { methods } = this.cri.runtime;
    return (await this.runtime.call(ctx, methods.Attach, { containerId, ...streams }, this.timeoutNs)).url;
  }

  async portForwardUrl(ctx: Context, podSandboxId: string, port: readonly number[]): Promise<string> {
    const { methods } = this.cri.runtime;
    return (await this.runtime.call(ctx, methods.PortForward, { podSandboxId, port: [...port] }, this.timeoutNs)).url;
  }

  async listContainerStats(ctx: Context): Promise<ContainerStats[]> {
    const { methods } = this.cri.runtime;
    return (await this.runtime.call(ctx, methods.ListContainerStats, { filter: {} }, this.timeoutNs)).stats;
  }

  async updateContainerResources(
    ctx: Context,
    containerId: string,
    linux: Input<LinuxContainerResources>,
  ): Promise<void> {
    const { methods } = this.cri.runtime;
    await this.runtime.call(ctx, methods.UpdateContainerResources, { containerId, linux }, this.timeoutNs);
  }

  async updatePodCidr(ctx: Context, podCidr: string): Promise<void> {
    const { methods } = this.cri.runtime;
    await this.runtime.call(
      ctx,
      methods.UpdateRuntimeConfig,
      { runtimeConfig: { networkConfig: { podCidr } } },
      this.timeoutNs,
    );
  }

  async listImages(ctx: Context): Promise<Image[]> {
    const { methods } = this.cri.image;
    return (await this.images.call(ctx, methods.ListImages, { filter: {} }, this.timeoutNs)).images;
  }

  async imageStatus(ctx: Context, image: Input<ImageSpec>): Promise<Image | null> {
    const { methods } = this.cri.image;
    const answer = await this.images.call(ctx, methods.ImageStatus, { image, verbose: false }, this.timeoutNs);
    return answer.image ?? null;
  }

  /** No timeout but the runtime's own. An error without a meaningful code loses its prefix, as the CRI client does it. */
  async pullImage(
    ctx: Context,
    image: Input<ImageSpec>,
    auth: Input<AuthConfig> | null,
    sandboxConfig: Input<PodSandboxConfig>,
  ): Promise<string> {
    const { methods } = this.cri.image;
    try {
      const request = { image, sandboxConfig, ...(auth === null ? {} : { auth }) };
      return (await this.images.call(ctx, methods.PullImage, request, null)).imageRef;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      await this.log.error(ctx, 'remote_image.go:250', error, 'PullImage from image service failed', [
        'image',
        image.image ?? '',
      ]);
      throw error.code === grpcCode.Unknown ? new Failure(error.description) : error;
    }
  }

  async removeImage(ctx: Context, image: string): Promise<void> {
    const { methods } = this.cri.image;
    await this.images.call(ctx, methods.RemoveImage, { image: { image } }, this.timeoutNs);
  }

  imageFsInfo(ctx: Context): Promise<ImageFsInfoResponse> {
    return this.images.call(ctx, this.cri.image.methods.ImageFsInfo, {}, this.timeoutNs);
  }
}

/** `unix:///run/containerd/containerd.sock`, or a bare path as of old. */
export function socketPath(endpoint: string): string {
  return endpoint.replace(/^unix:\/\//, '');
}
