/**
 * What each pod uses of that which the node is short of.
 * @models kubernetes 1.36 pkg/kubelet/stats/cri_stats_provider.go, eviction/helpers.go (podDiskUsage, process)
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { Pod } from '../../../protocols/kube/types.ts';
import type { RuntimeService } from '../cri/runtime-service.ts';
import { LABELS } from '../kuberuntime/labels.ts';
import { podLogsDirectory } from '../kuberuntime/sandbox-config.ts';
import { uidOf } from '../pod.ts';
import { numberAt, type Resource } from './thresholds.ts';

const DEPTH_MAX = 32;
const SECTOR_BYTES = 512;

/** `of` says how much each container uses; `total` counts the pod's volumes as well. */
export type Usage = { pod: Pod; of: Map<string, number>; total: number };

export type UsageSources = {
  runtime: RuntimeService;
  rootDir: string;
  /** The pod's cgroup, an absolute path. */
  cgroupOf(pod: Pod): string;
};

/** Throws GrpcError. */
export async function usageOf(
  ctx: Context,
  pods: readonly Pod[],
  resource: Resource,
  { runtime, rootDir, cgroupOf }: UsageSources,
): Promise<Usage[]> {
  const usages = pods.map((pod): Usage => ({ pod, of: new Map(), total: 0 }));
  if (resource === 'pids') {
    for (const usage of usages) usage.total = (await numberAt(ctx, `${cgroupOf(usage.pod)}/pids.current`)) ?? 0;
    return usages;
  }
  const byUid = new Map(usages.map((usage) => [uidOf(usage.pod), usage]));
  for (const { attributes, memory, writableLayer } of await runtime.listContainerStats(ctx)) {
    const usage = byUid.get(attributes?.labels[LABELS.podUid] ?? '');
    if (usage === undefined) continue;
    const name = attributes?.labels[LABELS.containerName] ?? '';
    let used = Number(
      (resource === 'memory'
        ? memory?.workingSetBytes
        : resource === 'inodes'
          ? writableLayer?.inodesUsed
          : writableLayer?.usedBytes
      )?.value ?? 0n,
    );
    if (resource !== 'memory') used += await sizeOf(ctx, `${podLogsDirectory(usage.pod)}/${name}`, resource);
    usage.of.set(name, used);
    usage.total += used;
  }
  if (resource !== 'memory')
    for (const usage of usages)
      for (const { name, emptyDir } of usage.pod.spec.volumes ?? [])
        if (emptyDir !== undefined && emptyDir.medium !== 'Memory')
          usage.total += await sizeOf(ctx, emptyDirPath(rootDir, usage.pod, name), resource);
  return usages;
}

export function emptyDirPath(rootDir: string, pod: Pod, volume: string): string {
  return `${rootDir}/pods/${uidOf(pod)}/volumes/kubernetes.io~empty-dir/${volume}`;
}

/** What the files below a path take of the disk, in blocks as du counts them, or how many there are. */
export async function sizeOf(
  ctx: Context,
  path: string,
  resource: 'ephemeral-storage' | 'inodes',
  depth = 0,
): Promise<number> {
  try {
    const stat = await ctx.sys.lstat(ctx, path);
    const own = resource === 'inodes' ? 1 : stat.blocks * SECTOR_BYTES;
    if (stat.type !== 'directory' || depth >= DEPTH_MAX) return own;
    let sum = own;
    for (const { name } of await ctx.sys.readDirectory(ctx, path))
      sum += await sizeOf(ctx, `${path}/${name}`, resource, depth + 1);
    return sum;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return 0;
  }
}
