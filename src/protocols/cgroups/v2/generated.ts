// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';

export interface Metrics {
  pids: PidsStat | undefined;
  cpu: CPUStat | undefined;
  memory: MemoryStat | undefined;
  rdma: RdmaStat | undefined;
  io: IOStat | undefined;
  hugetlb: HugeTlbStat[];
  memoryEvents: MemoryEvents | undefined;
}
export const Metrics: MessageType<Metrics> = /* @__PURE__ */ message('io.containerd.cgroups.v2.Metrics', () => ({ pids: undefined, cpu: undefined, memory: undefined, rdma: undefined, io: undefined, hugetlb: [], memoryEvents: undefined }), () => [
  [1, 'pids', PidsStat],
  [2, 'cpu', CPUStat],
  [4, 'memory', MemoryStat],
  [5, 'rdma', RdmaStat],
  [6, 'io', IOStat],
  [7, 'hugetlb', HugeTlbStat, 'repeated'],
  [8, 'memory_events', MemoryEvents],
]);

export interface PSIData {
  avg10: number;
  avg60: number;
  avg300: number;
  total: bigint;
}
export const PSIData: MessageType<PSIData> = /* @__PURE__ */ message('io.containerd.cgroups.v2.PSIData', () => ({ avg10: 0, avg60: 0, avg300: 0, total: 0n }), () => [
  [1, 'avg10', 'double'],
  [2, 'avg60', 'double'],
  [3, 'avg300', 'double'],
  [4, 'total', 'uint64'],
]);

export interface PSIStats {
  some: PSIData | undefined;
  full: PSIData | undefined;
}
export const PSIStats: MessageType<PSIStats> = /* @__PURE__ */ message('io.containerd.cgroups.v2.PSIStats', () => ({ some: undefined, full: undefined }), () => [
  [1, 'some', PSIData],
  [2, 'full', PSIData],
]);

export interface PidsStat {
  current: bigint;
  limit: bigint;
}
export const PidsStat: MessageType<PidsStat> = /* @__PURE__ */ message('io.containerd.cgroups.v2.PidsStat', () => ({ current: 0n, limit: 0n }), () => [
  [1, 'current', 'uint64'],
  [2, 'limit', 'uint64'],
]);

export interface CPUStat {
  usageUsec: bigint;
  userUsec: bigint;
  systemUsec: bigint;
  nrPeriods: bigint;
  nrThrottled: bigint;
  throttledUsec: bigint;
  psi: PSIStats | undefined;
}
export const CPUStat: MessageType<CPUStat> = /* @__PURE__ */ message('io.containerd.cgroups.v2.CPUStat', () => ({ usageUsec: 0n, userUsec: 0n, systemUsec: 0n, nrPeriods: 0n, nrThrottled: 0n, throttledUsec: 0n, psi: undefined }), () => [
  [1, 'usage_usec', 'uint64'],
  [2, 'user_usec', 'uint64'],
  [3, 'system_usec', 'uint64'],
  [4, 'nr_periods', 'uint64'],
  [5, 'nr_throttled', 'uint64'],
  [6, 'throttled_usec', 'uint64'],
  [7, 'psi', PSIStats],
]);

export interface MemoryStat {
  anon: bigint;
  file: bigint;
  kernelStack: bigint;
  slab: bigint;
  sock: bigint;
  shmem: bigint;
  fileMapped: bigint;
  fileDirty: bigint;
  fileWriteback: bigint;
  anonThp: bigint;
  inactiveAnon: bigint;
  activeAnon: bigint;
  inactiveFile: bigint;
  activeFile: bigint;
  unevictable: bigint;
  slabReclaimable: bigint;
  slabUnreclaimable: bigint;
  pgfault: bigint;
  pgmajfault: bigint;
  workingsetRefault: bigint;
  workingsetActivate: bigint;
  workingsetNodereclaim: bigint;
  pgrefill: bigint;
  pgscan: bigint;
  pgsteal: bigint;
  pgactivate: bigint;
  pgdeactivate: bigint;
  pglazyfree: bigint;
  pglazyfreed: bigint;
  thpFaultAlloc: bigint;
  thpCollapseAlloc: bigint;
  usage: bigint;
  usageLimit: bigint;
  swapUsage: bigint;
  swapLimit: bigint;
  maxUsage: bigint;
  swapMaxUsage: bigint;
  psi: PSIStats | undefined;
}
export const MemoryStat: MessageType<MemoryStat> = /* @__PURE__ */ message('io.containerd.cgroups.v2.MemoryStat', () => ({ anon: 0n, file: 0n, kernelStack: 0n, slab: 0n, sock: 0n, shmem: 0n, fileMapped: 0n, fileDirty: 0n, fileWriteback: 0n, anonThp: 0n, inactiveAnon: 0n, activeAnon: 0n, inactiveFile: 0n, activeFile: 0n, unevictable: 0n, slabReclaimable: 0n, slabUnreclaimable: 0n, pgfault: 0n, pgmajfault: 0n, workingsetRefault: 0n, workingsetActivate: 0n, workingsetNodereclaim: 0n, pgrefill: 0n, pgscan: 0n, pgsteal: 0n, pgactivate: 0n, pgdeactivate: 0n, pglazyfree: 0n, pglazyfreed: 0n, thpFaultAlloc: 0n, thpCollapseAlloc: 0n, usage: 0n, usageLimit: 0n, swapUsage: 0n, swapLimit: 0n, maxUsage: 0n, swapMaxUsage: 0n, psi: undefined }), () => [
  [1, 'anon', 'uint64'],
  [2, 'file', 'uint64'],
  [3, 'kernel_stack', 'uint64'],
  [4, 'slab', 'uint64'],
  [5, 'sock', 'uint64'],
  [6, 'shmem', 'uint64'],
  [7, 'file_mapped', 'uint64'],
  [8, 'file_dirty', 'uint64'],
  [9, 'file_writeback', 'uint64'],
  [10, 'anon_thp', 'uint64'],
  [11, 'inactive_anon', 'uint64'],
  [12, 'active_anon', 'uint64'],
  [13, 'inactive_file', 'uint64'],
  [14, 'active_file', 'uint64'],
  [15, 'unevictable', 'uint64'],
  [16, 'slab_reclaimable', 'uint64'],
  [17, 'slab_unreclaimable', 'uint64'],
  [18, 'pgfault', 'uint64'],
  [19, 'pgmajfault', 'uint64'],
  [20, 'workingset_refault', 'uint64'],
  [21, 'workingset_activate', 'uint64'],
  [22, 'workingset_nodereclaim', 'uint64'],
  [23, 'pgrefill', 'uint64'],
  [24, 'pgscan', 'uint64'],
  [25, 'pgsteal', 'uint64'],
  [26, 'pgactivate', 'uint64'],
  [27, 'pgdeactivate', 'uint64'],
  [28, 'pglazyfree', 'uint64'],
  [29, 'pglazyfreed', 'uint64'],
  [30, 'thp_fault_alloc', 'uint64'],
  [31, 'thp_collapse_alloc', 'uint64'],
  [32, 'usage', 'uint64'],
  [33, 'usage_limit', 'uint64'],
  [34, 'swap_usage', 'uint64'],
  [35, 'swap_limit', 'uint64'],
  [36, 'max_usage', 'uint64'],
  [37, 'swap_max_usage', 'uint64'],
  [38, 'psi', PSIStats],
]);

export interface MemoryEvents {
  low: bigint;
  high: bigint;
  max: bigint;
  oom: bigint;
  oomKill: bigint;
}
export const MemoryEvents: MessageType<MemoryEvents> = /* @__PURE__ */ message('io.containerd.cgroups.v2.MemoryEvents', () => ({ low: 0n, high: 0n, max: 0n, oom: 0n, oomKill: 0n }), () => [
  [1, 'low', 'uint64'],
  [2, 'high', 'uint64'],
  [3, 'max', 'uint64'],
  [4, 'oom', 'uint64'],
  [5, 'oom_kill', 'uint64'],
]);

export interface RdmaStat {
  current: RdmaEntry[];
  limit: RdmaEntry[];
}
export const RdmaStat: MessageType<RdmaStat> = /* @__PURE__ */ message('io.containerd.cgroups.v2.RdmaStat', () => ({ current: [], limit: [] }), () => [
  [1, 'current', RdmaEntry, 'repeated'],
  [2, 'limit', RdmaEntry, 'repeated'],
]);

export interface RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export const RdmaEntry: MessageType<RdmaEntry> = /* @__PURE__ */ message('io.containerd.cgroups.v2.RdmaEntry', () => ({ device: '', hcaHandles: 0, hcaObjects: 0 }), () => [
  [1, 'device', 'string'],
  [2, 'hca_handles', 'uint32'],
  [3, 'hca_objects', 'uint32'],
]);

export interface IOStat {
  usage: IOEntry[];
  psi: PSIStats | undefined;
}
export const IOStat: MessageType<IOStat> = /* @__PURE__ */ message('io.containerd.cgroups.v2.IOStat', () => ({ usage: [], psi: undefined }), () => [
  [1, 'usage', IOEntry, 'repeated'],
  [2, 'psi', PSIStats],
]);

export interface IOEntry {
  major: bigint;
  minor: bigint;
  rbytes: bigint;
  wbytes: bigint;
  rios: bigint;
  wios: bigint;
}
export const IOEntry: MessageType<IOEntry> = /* @__PURE__ */ message('io.containerd.cgroups.v2.IOEntry', () => ({ major: 0n, minor: 0n, rbytes: 0n, wbytes: 0n, rios: 0n, wios: 0n }), () => [
  [1, 'major', 'uint64'],
  [2, 'minor', 'uint64'],
  [3, 'rbytes', 'uint64'],
  [4, 'wbytes', 'uint64'],
  [5, 'rios', 'uint64'],
  [6, 'wios', 'uint64'],
]);

export interface HugeTlbStat {
  current: bigint;
  max: bigint;
  pagesize: string;
}
export const HugeTlbStat: MessageType<HugeTlbStat> = /* @__PURE__ */ message('io.containerd.cgroups.v2.HugeTlbStat', () => ({ current: 0n, max: 0n, pagesize: '' }), () => [
  [1, 'current', 'uint64'],
  [2, 'max', 'uint64'],
  [3, 'pagesize', 'string'],
]);
