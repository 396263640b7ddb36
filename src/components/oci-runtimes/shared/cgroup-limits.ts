/**
 * The resources of config.json as files of a cgroup v2 directory, in the order in which they are written.
 * @models opencontainers/cgroups fs2/{pids,memory,io,cpu,cpuset,hugetlb}.go @fidelity partial: no device program, no rdma
 */
import { newError } from '../../../go/errors.ts';
import type { Resources } from '../../../protocols/oci-runtime/types.ts';
import { cpuWeightFromShares } from './cpu-weight.ts';

export type CgroupFile = readonly [file: string, value: string];

export function cgroupFiles(resources: Resources): CgroupFile[] {
  return [
    ...pidsFiles(resources),
    ...memoryFiles(resources),
    ...ioFiles(resources),
    ...cpuFiles(resources),
    ...cpusetFiles(resources),
    ...hugetlbFiles(resources),
    ...Object.entries(resources.unified ?? {}),
  ];
}

function pidsFiles({ pids }: Resources): CgroupFile[] {
  if (pids?.limit === undefined || pids.limit === 0) return [];
  return [['pids.max', numberOrMax(pids.limit)]];
}

function numberOrMax(value: number): string {
  return value < 0 ? 'max' : String(value);
}

function memoryFiles({ memory }: Resources): CgroupFile[] {
  if (memory === undefined || memory === null) return [];
  const files: CgroupFile[] = [];
  const limit = memory.limit ?? 0;
  const swap = memory.swap ?? 0;
  if (swap !== 0 || (limit === -1 && swap === 0)) {
    const value = swapMax(limit, limit === -1 && swap === 0 ? -1 : swap);
    if (value !== '') files.push(['memory.swap.max', value]);
  }
  if (limit !== 0) files.push(['memory.max', numberOrMax(limit)]);
  if ((memory.reservation ?? 0) !== 0) files.push(['memory.low', numberOrMax(memory.reservation ?? 0)]);
  return files;
}

/** v1 counts memory and swap together; v2 counts swap alone. */
export function swapMax(limit: number, memorySwap: number): string {
  if (memorySwap === 0) return '';
  if (memorySwap === -1) return 'max';
  if (limit === -1) return 'max';
  if (limit === 0) throw newError('unable to set swap limit without memory limit');
  if (limit < 0) throw newError(`invalid memory value: ${limit}`);
  if (memorySwap < limit) throw newError('memory+swap limit should be >= memory limit');
  return String(memorySwap - limit);
}

function cpuFiles({ cpu }: Resources): CgroupFile[] {
  if (cpu === undefined || cpu === null) return [];
  const files: CgroupFile[] = [];
  if (cpu.idle !== undefined && cpu.idle !== null) files.push(['cpu.idle', String(cpu.idle)]);
  const weight = cpuWeightFromShares(cpu.shares ?? 0);
  if (weight !== 0) files.push(['cpu.weight', String(weight)]);
  const quota = cpu.quota ?? 0;
  const period = cpu.period ?? 0;
  if (quota !== 0 || period !== 0) {
    files.push(['cpu.max', `${quota > 0 ? quota : 'max'} ${period !== 0 ? period : 100_000}`]);
  }
  if (cpu.burst !== undefined && cpu.burst !== null) files.push(['cpu.max.burst', String(cpu.burst)]);
  return files;
}

function cpusetFiles({ cpu }: Resources): CgroupFile[] {
  const files: CgroupFile[] = [];
  if (cpu?.cpus) files.push(['cpuset.cpus', cpu.cpus]);
  if (cpu?.mems) files.push(['cpuset.mems', cpu.mems]);
  return files;
}

function ioFiles({ blockIO }: Resources): CgroupFile[] {
  if (blockIO === undefined || blockIO === null) return [];
  const files: CgroupFile[] = [];
  if (blockIO.weight) files.push(['io.bfq.weight', String(blockIO.weight)]);
  const throttles = [
    ['rbps', blockIO.throttleReadBpsDevice],
    ['wbps', blockIO.throttleWriteBpsDevice],
    ['riops', blockIO.throttleReadIOPSDevice],
    ['wiops', blockIO.throttleWriteIOPSDevice],
  ] as const;
  for (const [key, devices] of throttles) {
    for (const device of devices ?? []) files.push(['io.max', `${device.major}:${device.minor} ${key}=${device.rate}`]);
  }
  return files;
}

function hugetlbFiles({ hugepageLimits }: Resources): CgroupFile[] {
  return (hugepageLimits ?? []).map(({ pageSize, limit }) => [`hugetlb.${pageSize}.max`, String(limit)] as const);
}
