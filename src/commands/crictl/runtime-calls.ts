/**
 * The calls of the runtime service, each with its timeout, its report and the checks the client library makes of the
 * answer. Line numbers are those of cri-client 0.36.0.
 * @models kubernetes/cri-client pkg/remote_runtime.go
 * @fidelity full
 */
import { durationString } from '../../go/duration.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { utf8 } from '../../linux/rope.ts';
import {
  type AttachResponse,
  type CheckpointContainerRequest,
  type Container,
  type ContainerConfig,
  ContainerFilter,
  ContainerMetadata,
  type ContainerStats,
  ContainerStatsFilter,
  type ContainerStatusResponse,
  type ExecResponse,
  type LinuxContainerResources,
  type MetricDescriptor,
  type PodSandbox,
  type PodSandboxConfig,
  PodSandboxFilter,
  PodSandboxMetadata,
  type PodSandboxMetrics,
  type PodSandboxStats,
  PodSandboxStatsFilter,
  type PodSandboxStatusResponse,
  type PortForwardResponse,
  type RuntimeConfig,
  type RuntimeConfigResponse,
  RuntimeService,
  type StatusResponse,
  type VersionResponse,
} from '../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import type { Input } from '../../protocols/proto/message-type.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { Failure } from './failure.ts';
import { klogError } from './logger.ts';
import { type CriService, call, plainCall, type Report } from './service.ts';

const { methods } = RuntimeService;
const NS_PER_SECOND = 1_000_000_000;

function report(line: number, message: string, pairs: Report['pairs'] = []): Report {
  return { caller: `remote_runtime.go:${line}`, message, pairs };
}

/** An answer without what it must have is an error of the library's own, reported like the runtime's. */
async function refuse(ctx: Context, line: number, message: string, error: string): Promise<never> {
  await klogError(ctx, `remote_runtime.go:${line}`, message, error);
  throw new Failure(error);
}

export async function version(ctx: Context, service: CriService, apiVersion: string): Promise<VersionResponse> {
  const failed = report(192, 'Version from runtime service failed');
  const answer = await call(ctx, service, methods.Version, { version: apiVersion }, { report: failed });
  const missing: string[] = [];
  if (answer.version === '') missing.push('Version');
  if (answer.runtimeName === '') missing.push('RuntimeName');
  if (answer.runtimeApiVersion === '') missing.push('RuntimeApiVersion');
  if (answer.runtimeVersion === '') missing.push('RuntimeVersion');
  if (missing.length > 0) {
    throw new Failure(`not all fields are set in VersionResponse (missing ${missing.join(', ')})`);
  }
  return answer;
}

export async function runPodSandbox(
  ctx: Context,
  service: CriService,
  config: PodSandboxConfig,
  runtimeHandler: string,
): Promise<string> {
  const { podSandboxId } = await call(
    ctx,
    service,
    methods.RunPodSandbox,
    { config, runtimeHandler },
    // Twice as long as other calls.
    { timeoutNs: service.timeoutNs * 2, report: report(237, 'RunPodSandbox from runtime service failed') },
  );
  if (podSandboxId !== '') return podSandboxId;
  const metadata = config.metadata === undefined ? '' : toProtoText(PodSandboxMetadata, config.metadata);
  return await refuse(ctx, 246, 'RunPodSandbox failed', `PodSandboxId is not set for sandbox ${quote(metadata)}`);
}

export async function stopPodSandbox(ctx: Context, service: CriService, podSandboxId: string): Promise<void> {
  const failed = report(267, 'StopPodSandbox from runtime service failed', [['podSandboxID', podSandboxId]]);
  await call(ctx, service, methods.StopPodSandbox, { podSandboxId }, { report: failed });
}

export async function removePodSandbox(ctx: Context, service: CriService, podSandboxId: string): Promise<void> {
  const failed = report(287, 'RemovePodSandbox from runtime service failed', [['podSandboxID', podSandboxId]]);
  await call(ctx, service, methods.RemovePodSandbox, { podSandboxId }, { report: failed });
}

/** Unlike its siblings, this one does not report. */
export async function podSandboxStatus(
  ctx: Context,
  service: CriService,
  podSandboxId: string,
  verbose: boolean,
): Promise<PodSandboxStatusResponse> {
  const answer = await call(ctx, service, methods.PodSandboxStatus, { podSandboxId, verbose });
  const { status } = answer;
  if (status === undefined) return answer;
  if (status.id === '') throw new Failure('status.Id is not set');
  const { metadata } = status;
  if (metadata === undefined) throw new Failure('status.Metadata is not set');
  if (metadata.name === '' || metadata.namespace === '' || metadata.uid === '') {
    const text = quote(toProtoText(PodSandboxMetadata, metadata));
    throw new Failure(`metadata.Name, metadata.Namespace or metadata.Uid is not in metadata ${text}`);
  }
  if (status.createdAt === 0n) throw new Failure('status.CreatedAt is not set');
  return answer;
}

export async function listPodSandbox(
  ctx: Context,
  service: CriService,
  filter: PodSandboxFilter | undefined,
): Promise<PodSandbox[]> {
  const shown = filter === undefined ? null : toProtoText(PodSandboxFilter, filter);
  const failed = report(347, 'ListPodSandbox with filter from runtime service failed', [['filter', shown]]);
  return (await call(ctx, service, methods.ListPodSandbox, { filter }, { report: failed })).items;
}

export async function createContainer(
  ctx: Context,
  service: CriService,
  podSandboxId: string,
  config: ContainerConfig,
  sandboxConfig: PodSandboxConfig | undefined,
): Promise<string> {
  const pairs: Report['pairs'] = [['podSandboxID', podSandboxId]];
  const failed = report(410, 'CreateContainer in sandbox from runtime service failed', pairs);
  const request = { podSandboxId, config, sandboxConfig };
  const { containerId } = await call(ctx, service, methods.CreateContainer, request, { report: failed });
  if (containerId !== '') return containerId;
  const metadata = config.metadata === undefined ? '' : toProtoText(ContainerMetadata, config.metadata);
  return await refuse(ctx, 418, 'CreateContainer failed', `ContainerId is not set for container ${quote(metadata)}`);
}

export async function startContainer(ctx: Context, service: CriService, containerId: string): Promise<void> {
  const failed = report(435, 'StartContainer from runtime service failed', [['containerID', containerId]]);
  await call(ctx, service, methods.StartContainer, { containerId }, { report: failed });
}

/** Waits `timeoutSeconds` longer than for other calls. */
export async function stopContainer(
  ctx: Context,
  service: CriService,
  containerId: string,
  timeoutSeconds: number,
): Promise<void> {
  const failed = report(459, 'StopContainer from runtime service failed', [['containerID', containerId]]);
  const timeoutNs = service.timeoutNs + timeoutSeconds * NS_PER_SECOND;
  const request = { containerId, timeout: timeoutSeconds };
  await call(ctx, service, methods.StopContainer, request, { timeoutNs, report: failed });
}

export async function removeContainer(ctx: Context, service: CriService, containerId: string): Promise<void> {
  const failed = report(479, 'RemoveContainer from runtime service failed', [['containerID', containerId]]);
  await call(ctx, service, methods.RemoveContainer, { containerId }, { report: failed });
}

export async function listContainers(
  ctx: Context,
  service: CriService,
  filter: ContainerFilter | undefined,
): Promise<Container[]> {
  const shown = filter === undefined ? null : toProtoText(ContainerFilter, filter);
  const failed = report(506, 'ListContainers with filter from runtime service failed', [['filter', shown]]);
  return (await call(ctx, service, methods.ListContainers, { filter }, { report: failed })).containers;
}

export function containerStatus(
  ctx: Context,
  service: CriService,
  containerId: string,
  verbose: boolean,
): Promise<ContainerStatusResponse> {
  return service.interrupts.guard(ctx, (c) => plainContainerStatus(c, service, containerId, verbose));
}

export async function plainContainerStatus(
  ctx: Context,
  service: CriService,
  containerId: string,
  verbose: boolean,
): Promise<ContainerStatusResponse> {
  const pairs: Report['pairs'] = [['containerID', containerId]];
  const failed = report(569, 'ContainerStatus from runtime service failed', pairs);
  const answer = await plainCall(ctx, service, methods.ContainerStatus, { containerId, verbose }, { report: failed });
  const { status } = answer;
  if (status === undefined) return answer;
  let fault: string | null = null;
  if (status.id === '') fault = 'status.Id is not set';
  else if (status.metadata === undefined) fault = 'status.Metadata is not set';
  else if (status.metadata.name === '') {
    fault = `metadata.Name is not in metadata ${quote(toProtoText(ContainerMetadata, status.metadata))}`;
  } else if (status.createdAt === 0n) fault = 'status.CreatedAt is not set';
  else if (status.image === undefined || status.image.image === '') fault = 'status.Image is not set';
  else if (status.imageRef === '') fault = 'status.ImageRef is not set';
  if (fault === null) return answer;
  await klogError(ctx, 'remote_runtime.go:579', 'verify ContainerStatus failed', fault, pairs);
  throw new Failure(fault);
}

export async function updateContainerResources(
  ctx: Context,
  service: CriService,
  containerId: string,
  linux: Input<LinuxContainerResources>,
): Promise<void> {
  const failed = report(599, 'UpdateContainerResources from runtime service failed', [['containerID', containerId]]);
  await call(ctx, service, methods.UpdateContainerResources, { containerId, linux }, { report: failed });
}

/** Fails when the command does; 0 seconds waits for ever. */
export async function execSync(
  ctx: Context,
  service: CriService,
  containerId: string,
  cmd: readonly string[],
  timeoutSeconds: number,
): Promise<{ stdout: Uint8Array; stderr: Uint8Array }> {
  const pairs: Report['pairs'] = [
    ['containerID', containerId],
    ['cmd', cmd],
  ];
  const words = cmd.join(' ');
  const timeoutNs = timeoutSeconds === 0 ? null : service.timeoutNs + timeoutSeconds * NS_PER_SECOND;
  const request = { containerId, cmd, timeout: timeoutSeconds };
  try {
    const failed = report(636, 'ExecSync cmd from runtime service failed', pairs);
    const answer = await call(ctx, service, methods.ExecSync, request, { timeoutNs, report: failed });
    if (answer.exitCode === 0) return answer;
    throw new Failure(`command '${words}' exited with ${answer.exitCode}: ${utf8(answer.stderr)}`);
  } catch (error) {
    if (!(error instanceof GrpcError) || error.code !== grpcCode.DeadlineExceeded) throw error;
    const limit = durationString(timeoutSeconds * NS_PER_SECOND);
    throw new Failure(`command timed out: ${quote(words)} timed out after ${limit}`, { cause: error });
  }
}

export type StreamRequest = { containerId: string; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean };

export async function exec(
  ctx: Context,
  service: CriService,
  request: StreamRequest & { cmd: readonly string[] },
): Promise<ExecResponse> {
  const failed = report(672, 'Exec cmd from runtime service failed', [
    ['containerID', request.containerId],
    ['cmd', request.cmd],
  ]);
  const answer = await call(ctx, service, methods.Exec, request, { report: failed });
  return answer.url !== '' ? answer : await refuse(ctx, 680, 'Exec failed', 'URL is not set');
}

export async function attach(ctx: Context, service: CriService, request: StreamRequest): Promise<AttachResponse> {
  const failed = report(701, 'Attach container from runtime service failed', [['containerID', request.containerId]]);
  const answer = await call(ctx, service, methods.Attach, request, { report: failed });
  return answer.url !== '' ? answer : await refuse(ctx, 709, 'Attach failed', 'URL is not set');
}

export async function portForward(
  ctx: Context,
  service: CriService,
  podSandboxId: string,
): Promise<PortForwardResponse> {
  const failed = report(730, 'PortForward from runtime service failed', [['podSandboxID', podSandboxId]]);
  const answer = await call(ctx, service, methods.PortForward, { podSandboxId }, { report: failed });
  return answer.url !== '' ? answer : await refuse(ctx, 738, 'PortForward failed', 'URL is not set');
}

export async function updateRuntimeConfig(
  ctx: Context,
  service: CriService,
  runtimeConfig: Input<RuntimeConfig>,
): Promise<void> {
  await call(ctx, service, methods.UpdateRuntimeConfig, { runtimeConfig });
}

export async function status(ctx: Context, service: CriService, verbose: boolean): Promise<StatusResponse> {
  const failed = report(801, 'Status from runtime service failed');
  const answer = await call(ctx, service, methods.Status, { verbose }, { report: failed });
  if ((answer.status?.conditions.length ?? 0) >= 2) return answer;
  return await refuse(ctx, 810, 'Status failed', 'RuntimeReady or NetworkReady condition are not set');
}

export async function listContainerStats(
  ctx: Context,
  service: CriService,
  filter: ContainerStatsFilter,
): Promise<ContainerStats[]> {
  const shown = toProtoText(ContainerStatsFilter, filter);
  const failed = report(863, 'ListContainerStats with filter from runtime service failed', [['filter', shown]]);
  return (await call(ctx, service, methods.ListContainerStats, { filter }, { report: failed })).stats;
}

export async function listPodSandboxStats(
  ctx: Context,
  service: CriService,
  filter: PodSandboxStatsFilter,
): Promise<PodSandboxStats[]> {
  const shown = toProtoText(PodSandboxStatsFilter, filter);
  const failed = report(954, 'ListPodSandboxStats with filter from runtime service failed', [['filter', shown]]);
  return (await call(ctx, service, methods.ListPodSandboxStats, { filter }, { report: failed })).stats;
}

export async function reopenContainerLog(ctx: Context, service: CriService, containerId: string): Promise<void> {
  const failed = report(1006, 'ReopenContainerLog from runtime service failed', [['containerID', containerId]]);
  await call(ctx, service, methods.ReopenContainerLog, { containerId }, { report: failed });
}

export async function checkpointContainer(
  ctx: Context,
  service: CriService,
  request: Input<CheckpointContainerRequest>,
): Promise<void> {
  const failed = report(1049, 'CheckpointContainer from runtime service failed', [
    ['containerID', request.containerId ?? ''],
  ]);
  const timeout = Math.trunc(service.timeoutNs / NS_PER_SECOND);
  await call(ctx, service, methods.CheckpointContainer, { ...request, timeout }, { report: failed });
}

export async function listMetricDescriptors(ctx: Context, service: CriService): Promise<MetricDescriptor[]> {
  const failed = report(1104, 'ListMetricDescriptors from runtime service failed');
  return (await call(ctx, service, methods.ListMetricDescriptors, {}, { report: failed })).descriptors;
}

export async function listPodSandboxMetrics(ctx: Context, service: CriService): Promise<PodSandboxMetrics[]> {
  const failed = report(1127, 'ListPodSandboxMetrics from runtime service failed');
  return (await call(ctx, service, methods.ListPodSandboxMetrics, {}, { report: failed })).podMetrics;
}

export function runtimeConfig(ctx: Context, service: CriService): Promise<RuntimeConfigResponse> {
  const failed = report(1177, 'RuntimeConfig from runtime service failed');
  return call(ctx, service, methods.RuntimeConfig, {}, { report: failed });
}
