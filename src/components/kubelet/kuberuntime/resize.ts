/**
 * A container whose resources are not what was allocated to it: changed while it runs, or started again with them.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodResizeAction, doPodResizeAction)
 * @fidelity partial: all of a container's changes in one call
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { LinuxContainerResources } from '../../../protocols/cri/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { formatQuantity, milliValue, quantityValue } from '../../../protocols/kube/quantity.ts';
import type { Container, Pod, ResourceRequirements } from '../../../protocols/kube/types.ts';
import type { Cgroups } from '../cgroups.ts';
import type { RuntimeService } from '../cri/runtime-service.ts';
import { Failure } from '../failures.ts';
import type { RuntimeContainerStatus } from './pod-status.ts';
import { CPU_PERIOD, containerResources, MIN_SHARES, milliToQuota, milliToShares } from './resources.ts';

export type ResizeAction = { status: RuntimeContainerStatus; container: Container };

type Units = { shares: number; quota: number; memory: number };

const unitsOf = ({ cpuShares, cpuQuota, memoryLimitInBytes }: Partial<LinuxContainerResources>): Units => ({
  shares: Number(cpuShares ?? 0n),
  quota: Math.max(0, Number(cpuQuota ?? 0n)),
  memory: Math.max(0, Number(memoryLimitInBytes ?? 0n)),
});

function wantedUnits({ resources }: Container): Units {
  const { requests, limits } = resources ?? {};
  return {
    shares: milliToShares(milliValue(requests?.cpu ?? limits?.cpu)),
    quota: milliToQuota(milliValue(limits?.cpu)),
    memory: quantityValue(limits?.memory),
  };
}

export type Resize = { cpu: boolean; memory: boolean };

/** What differs; null if nothing does, or if the runtime does not tell. */
export function resizeOf(container: Container, { resources }: RuntimeContainerStatus): Resize | null {
  const linux = resources?.linux;
  if (linux === undefined) return null;
  const [now, wanted] = [unitsOf(linux), wantedUnits(container)];
  const cpu = now.shares !== wanted.shares || now.quota !== wanted.quota;
  const memory = now.memory !== wanted.memory;
  return cpu || memory ? { cpu, memory } : null;
}

export function needsRestart({ resizePolicy }: Container, { cpu, memory }: Resize): boolean {
  return (resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && (resourceName === 'cpu' ? cpu : resourceName === 'memory' && memory),
  );
}

/** What the container has, as far as it is not what it is to have. */
export function actualResources(container: Container, status: RuntimeContainerStatus): ResourceRequirements {
  const linux = status.resources?.linux;
  const { limits, requests } = container.resources ?? {};
  if (linux === undefined || resizeOf(container, status) === null)
    return { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
  const [now, wanted] = [unitsOf(linux), wantedUnits(container)];
  const cpu = (milli: number): string => formatQuantity({ milli: BigInt(milli), format: 'DecimalSI' });
  const bytes = (amount: number): string => formatQuantity({ milli: BigInt(amount) * 1000n, format: 'BinarySI' });
  const actualLimits = { ...limits };
  const actualRequests = { ...requests };
  if (now.quota !== wanted.quota) actualLimits.cpu = cpu(Math.ceil((now.quota * 1000) / CPU_PERIOD));
  if (now.memory !== wanted.memory) actualLimits.memory = bytes(now.memory);
  if (now.shares !== wanted.shares && now.shares > MIN_SHARES)
    actualRequests.cpu = cpu(Math.ceil((now.shares * 1000) / 1024));
  return {
    ...(limits === undefined ? {} : { limits: actualLimits }),
    ...(requests === undefined ? {} : { requests: actualRequests }),
  };
}

export type ResizeParts = { runtime: RuntimeService; cgroups: Cgroups; memoryCapacity: number };

/** Returns why it could not be done, or null. The pod's own cgroup is never below what is in it. */
export async function applyResize(
  ctx: Context,
  pod: Pod,
  actions: readonly ResizeAction[],
  { runtime, cgroups, memoryCapacity }: ResizeParts,
): Promise<string | null> {
  try {
    const fault = await memoryFault(ctx, actions, runtime);
    if (fault !== null) return fault;
    await cgroups.resizePod(ctx, pod, 'grow');
    for (const { status, container } of actions)
      await runtime.updateContainerResources(ctx, status.id, containerResources(pod, container, memoryCapacity));
    await cgroups.resizePod(ctx, pod, 'fit');
    return null;
  } catch (error) {
    if (error instanceof GrpcError) return error.message;
    if (error instanceof Failure) return error.message;
    if (isErrno(error)) return error.go;
    throw error;
  }
}

/** A limit below what is in use would end the container. */
async function memoryFault(
  ctx: Context,
  actions: readonly ResizeAction[],
  runtime: RuntimeService,
): Promise<string | null> {
  const lowered = actions.filter(({ status, container }) => {
    const [now, wanted] = [unitsOf(status.resources?.linux ?? {}), wantedUnits(container)];
    return wanted.memory > 0 && (now.memory === 0 || wanted.memory < now.memory);
  });
  if (lowered.length === 0) return null;
  const stats = await runtime.listContainerStats(ctx);
  for (const { status, container } of lowered) {
    const used = stats.find(({ attributes }) => attributes?.id === status.id)?.memory?.usageBytes?.value ?? 0n;
    const { memory } = wantedUnits(container);
    if (memory < Number(used))
      return `attempting to set container ${quote(container.name)} memory limit (${memory}) below current usage (${used})`;
  }
  return null;
}
