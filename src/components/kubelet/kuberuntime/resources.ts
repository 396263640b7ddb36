/**
 * Requests and limits as the kernel's units.
 * @models kubernetes 1.36 pkg/kubelet/cm/helpers_linux.go, kuberuntime/kuberuntime_container_linux.go, qos/policy.go
 * @fidelity partial: no swap, no MemoryQoS
 */
import type { LinuxContainerResources } from '../../../protocols/cri/generated.ts';
import { milliValue, quantityValue } from '../../../protocols/kube/quantity.ts';
import type { Container, Pod } from '../../../protocols/kube/types.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { isCriticalPod, podResources, qosClassOf } from '../pod.ts';

export const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
export const CPU_PERIOD = 100_000;
const MIN_QUOTA = 1_000;

export function milliToShares(milli: number): number {
  if (milli === 0) return MIN_SHARES;
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milli * 1024) / 1000)));
}

/** 0 means: no quota. */
export function milliToQuota(milli: number, period = CPU_PERIOD): number {
  return milli === 0 ? 0 : Math.max(MIN_QUOTA, Math.floor((milli * period) / 1000));
}

export function containerResources(
  pod: Pod,
  container: Container,
  memoryCapacity: number,
): Input<LinuxContainerResources> {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = milliValue(limits?.cpu);
  const cpuRequest = requests?.cpu === undefined ? cpuLimit : milliValue(requests.cpu);
  const memoryLimit = quantityValue(limits?.memory);
  return {
    cpuShares: milliToShares(cpuRequest),
    cpuPeriod: CPU_PERIOD,
    cpuQuota: milliToQuota(cpuLimit),
    memoryLimitInBytes: memoryLimit,
    oomScoreAdj: oomScoreAdjust(pod, container, memoryCapacity),
    hugepageLimits: [
      { pageSize: '2MB', limit: 0n },
      { pageSize: '1GB', limit: 0n },
    ],
    // All processes of a container die with the one that the OOM killer picks.
    unified: { 'memory.oom.group': '1' },
  };
}

export function podLevelResources(pod: Pod): Input<LinuxContainerResources> {
  const { cpuRequestMilli, cpuLimitMilli, cpuLimited, memoryLimit, memoryLimited } = withoutOverhead(pod);
  return {
    cpuPeriod: CPU_PERIOD,
    cpuShares: milliToShares(cpuRequestMilli),
    cpuQuota: cpuLimited ? milliToQuota(cpuLimitMilli) : 0,
    memoryLimitInBytes: memoryLimited ? memoryLimit : 0,
  };
}

export function overheadResources(pod: Pod): Input<LinuxContainerResources> {
  const { overhead } = pod.spec;
  if (overhead === undefined) return {};
  const cpu = milliValue(overhead.cpu);
  return {
    ...(cpu === 0 ? {} : { cpuPeriod: CPU_PERIOD, cpuShares: milliToShares(cpu), cpuQuota: milliToQuota(cpu) }),
    memoryLimitInBytes: quantityValue(overhead.memory),
  };
}

function withoutOverhead(pod: Pod): ReturnType<typeof podResources> {
  const { overhead: _, ...spec } = pod.spec;
  return podResources({ ...pod, spec });
}

export function oomScoreAdjust(pod: Pod, container: Container, memoryCapacity: number): number {
  if (isCriticalPod(pod)) return -997;
  switch (qosClassOf(pod)) {
    case 'Guaranteed':
      return -997;
    case 'BestEffort':
      return 1000;
    default: {
      const { requests, limits } = container.resources ?? {};
      const request = quantityValue(requests?.memory ?? limits?.memory);
      const adjust = 1000 - Math.floor((1000 * request) / memoryCapacity);
      // Burstable pods die before guaranteed ones, and after best-effort ones.
      if (adjust < 1000 - 997) return 1000 - 997;
      return adjust === 1000 ? 999 : adjust;
    }
  }
}
