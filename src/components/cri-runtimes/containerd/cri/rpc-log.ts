/**
 * What each RPC writes into the log, before and after.
 * @models containerd 2.1 internal/cri/instrument/instrumented_service.go
 * @fidelity partial: nothing below level info
 */
import { gogoList, gogoMap, gogoMessage } from '../../../../go/message-string.ts';
import { quote } from '../../../../go/quote.ts';
import type * as cri from '../../../../protocols/cri/generated.ts';
import type {
  ContainerMetadata,
  LinuxContainerResources,
  PodSandboxMetadata,
} from '../../../../protocols/cri/generated.ts';

export type RpcWords<Request, Response> = {
  /** Null: nothing is said at level info. */
  before: ((request: Request) => string) | null;
  success: ((request: Request, response: Response) => string) | null;
  failed: (request: Request) => string;
};

function sandboxName(metadata: PodSandboxMetadata | undefined): string {
  if (metadata === undefined) return 'nil';
  const { name, uid, namespace, attempt } = metadata;
  return gogoMessage('PodSandboxMetadata', [
    ['Name', name],
    ['Uid', uid],
    ['Namespace', namespace],
    ['Attempt', attempt],
  ]).goString();
}

function containerName(metadata: ContainerMetadata | undefined): string {
  if (metadata === undefined) return 'nil';
  return gogoMessage('ContainerMetadata', [
    ['Name', metadata.name],
    ['Attempt', metadata.attempt],
  ]).goString();
}

function resources(r: LinuxContainerResources | undefined): string {
  if (r === undefined) return 'nil';
  const pages = r.hugepageLimits.map((limit) =>
    gogoMessage('HugepageLimit', [
      ['PageSize', limit.pageSize],
      ['Limit', limit.limit],
    ]),
  );
  return gogoMessage('LinuxContainerResources', [
    ['CpuPeriod', r.cpuPeriod],
    ['CpuQuota', r.cpuQuota],
    ['CpuShares', r.cpuShares],
    ['MemoryLimitInBytes', r.memoryLimitInBytes],
    ['OomScoreAdj', r.oomScoreAdj],
    ['CpusetCpus', r.cpusetCpus],
    ['CpusetMems', r.cpusetMems],
    ['HugepageLimits', gogoList('HugepageLimit', pages)],
    ['Unified', gogoMap('string', r.unified)],
    ['MemorySwapLimitInBytes', r.memorySwapLimitInBytes],
  ]).goString();
}

/** `X for "ID"`, `… returns successfully`, `… failed`. */
function about<Request>(
  name: string,
  id: (request: Request) => string,
  detail: (request: Request) => string = () => '',
): RpcWords<Request, unknown> {
  return {
    before: (request) => `${name} for ${quote(id(request))}${detail(request)}`,
    success: (request) => `${name} for ${quote(id(request))} returns successfully`,
    failed: (request) => `${name} for ${quote(id(request))} failed`,
  };
}

function quiet<Request>(failed: (request: Request) => string): RpcWords<Request, unknown> {
  return { before: null, success: null, failed };
}

const ofContainer = (request: { containerId: string }): string => request.containerId;
const ofSandbox = (request: { podSandboxId: string }): string => request.podSandboxId;
const imageOf = (request: { image: { image: string } | undefined }): string => quote(request.image?.image ?? '');

export const rpcWords = {
  RunPodSandbox: {
    before: (r: cri.RunPodSandboxRequest) => `RunPodSandbox for ${sandboxName(r.config?.metadata)}`,
    success: (r: cri.RunPodSandboxRequest, res: { podSandboxId: string }) =>
      `RunPodSandbox for ${sandboxName(r.config?.metadata)} returns sandbox id ${quote(res.podSandboxId)}`,
    failed: (r: cri.RunPodSandboxRequest) => `RunPodSandbox for ${sandboxName(r.config?.metadata)} failed, error`,
  },
  StopPodSandbox: about('StopPodSandbox', ofSandbox),
  RemovePodSandbox: {
    ...about('RemovePodSandbox', ofSandbox),
    success: (r: { podSandboxId: string }) => `RemovePodSandbox ${quote(r.podSandboxId)} returns successfully`,
  },
  PodSandboxStatus: quiet((r: { podSandboxId: string }) => `PodSandboxStatus for ${quote(r.podSandboxId)} failed`),
  ListPodSandbox: quiet(() => 'ListPodSandbox failed'),
  PortForward: {
    ...about('Portforward', ofSandbox, (r: cri.PortForwardRequest) => ` port [${r.port.join(' ')}]`),
    success: (r: cri.PortForwardRequest, res: { url: string }) =>
      `Portforward for ${quote(r.podSandboxId)} returns URL ${quote(res.url)}`,
  },
  CreateContainer: {
    before: (r: cri.CreateContainerRequest) =>
      `CreateContainer within sandbox ${quote(r.podSandboxId)} for container ${containerName(r.config?.metadata)}`,
    success: (r: cri.CreateContainerRequest, res: { containerId: string }) =>
      `CreateContainer within sandbox ${quote(r.podSandboxId)} for ${containerName(r.config?.metadata)} returns container id ${quote(res.containerId)}`,
    failed: (r: cri.CreateContainerRequest) =>
      `CreateContainer within sandbox ${quote(r.podSandboxId)} for ${containerName(r.config?.metadata)} failed`,
  },
  StartContainer: about('StartContainer', ofContainer),
  StopContainer: about('StopContainer', ofContainer, (r: cri.StopContainerRequest) => ` with timeout ${r.timeout} (s)`),
  RemoveContainer: about('RemoveContainer', ofContainer),
  ListContainers: quiet(() => 'ListContainers with filter nil failed'),
  ContainerStatus: quiet((r: { containerId: string }) => `ContainerStatus for ${quote(r.containerId)} failed`),
  ExecSync: quiet((r: { containerId: string }) => `ExecSync for ${quote(r.containerId)} failed`),
  Exec: quiet((r: { containerId: string }) => `Exec for ${quote(r.containerId)} failed`),
  Attach: quiet((r: { containerId: string }) => `Attach for ${quote(r.containerId)} failed`),
  UpdateContainerResources: about(
    'UpdateContainerResources',
    ofContainer,
    (r: cri.UpdateContainerResourcesRequest) => ` with Linux: ${resources(r.linux)} / Windows: nil`,
  ),
  ReopenContainerLog: quiet((r: { containerId: string }) => `ReopenContainerLog for ${quote(r.containerId)} failed`),
  CheckpointContainer: quiet(() => 'CheckpointContainer failed, error'),
  ContainerStats: quiet((r: { containerId: string }) => `ContainerStats for ${quote(r.containerId)} failed`),
  ListContainerStats: quiet(() => 'ListContainerStats failed'),
  PodSandboxStats: quiet((r: { podSandboxId: string }) => `PodSandboxStats for ${quote(r.podSandboxId)} failed`),
  ListPodSandboxStats: quiet(() => 'ListPodSandboxStats failed'),
  Status: quiet(() => 'Status failed'),
  Version: quiet(() => 'Version failed'),
  UpdateRuntimeConfig: quiet(() => 'UpdateRuntimeConfig failed'),
  GetContainerEvents: quiet(() => 'GetContainerEvents failed, error'),
  RuntimeConfig: quiet(() => 'RuntimeConfig failed'),
  ListMetricDescriptors: quiet(() => 'ListMetricDescriptors failed, error'),
  ListPodSandboxMetrics: quiet(() => 'ListPodSandboxMetrics failed, error'),
  PullImage: {
    before: (r: cri.PullImageRequest) => `PullImage ${imageOf(r)}`,
    success: (r: cri.PullImageRequest, res: { imageRef: string }) =>
      `PullImage ${imageOf(r)} returns image reference ${quote(res.imageRef)}`,
    failed: (r: cri.PullImageRequest) => `PullImage ${imageOf(r)} failed`,
  },
  ListImages: quiet(() => 'ListImages with filter nil failed'),
  ImageStatus: quiet((r: cri.ImageStatusRequest) => `ImageStatus for ${imageOf(r)} failed`),
  RemoveImage: {
    before: (r: cri.RemoveImageRequest) => `RemoveImage ${imageOf(r)}`,
    success: (r: cri.RemoveImageRequest) => `RemoveImage ${imageOf(r)} returns successfully`,
    failed: (r: cri.RemoveImageRequest) => `RemoveImage ${imageOf(r)} failed`,
  },
  ImageFsInfo: quiet(() => 'ImageFsInfo failed'),
} as const;
