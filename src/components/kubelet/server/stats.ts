/**
 * /stats/summary: what pods use, from the runtime's statistics.
 * @models kubernetes 1.36 pkg/kubelet/stats/cri_stats_provider.go
 * @fidelity partial: CPU and memory of containers and pods only
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { Kubelet } from '../kubelet.ts';
import { LABELS } from '../kuberuntime/labels.ts';
import { uidOf } from '../pod.ts';

type Usage = {
  name: string;
  cpu: { usageNanoCores: number; usageCoreNanoSeconds: number };
  memory: { workingSetBytes: number };
};

export async function statsSummary(ctx: Context, kubelet: Kubelet): Promise<unknown> {
  const { node, runtime } = kubelet.parts;
  const byPod = new Map<string, Usage[]>();
  for (const { attributes, cpu, memory } of await runtime.listContainerStats(ctx)) {
    const uid = attributes?.labels[LABELS.podUid];
    if (uid === undefined) continue;
    const usage: Usage = {
      name: attributes?.labels[LABELS.containerName] ?? '',
      cpu: {
        usageNanoCores: Number(cpu?.usageNanoCores?.value ?? 0n),
        usageCoreNanoSeconds: Number(cpu?.usageCoreNanoSeconds?.value ?? 0n),
      },
      memory: { workingSetBytes: Number(memory?.workingSetBytes?.value ?? 0n) },
    };
    byPod.set(uid, [...(byPod.get(uid) ?? []), usage]);
  }
  const time = rfc3339(ctx.wallTime);
  const sum = (usages: readonly Usage[]) => ({
    cpu: {
      time,
      usageNanoCores: usages.reduce((all, { cpu }) => all + cpu.usageNanoCores, 0),
      usageCoreNanoSeconds: usages.reduce((all, { cpu }) => all + cpu.usageCoreNanoSeconds, 0),
    },
    memory: { time, workingSetBytes: usages.reduce((all, { memory }) => all + memory.workingSetBytes, 0) },
  });
  return {
    node: { nodeName: node.name, ...sum([...byPod.values()].flat()) },
    pods: kubelet.list().map((pod) => {
      const containers = byPod.get(uidOf(pod)) ?? [];
      const { name, namespace, uid } = pod.metadata;
      return { podRef: { name, namespace, uid }, startTime: pod.status?.startTime, containers, ...sum(containers) };
    }),
  };
}
