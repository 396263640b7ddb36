/**
 * How long a kubelet may keep Secrets and ConfigMaps before it asks again, as an annotation on each node: the larger the
 * cluster, the longer.
 * @models kubernetes 1.36 pkg/controller/ttl ttl_controller.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import type { SharedInformers } from './shared.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';
/** They overlap, so that a node more or less does not change everything each time. */
const STEPS = [
  { sizeMin: 0, sizeMax: 100, seconds: 0 },
  { sizeMin: 90, sizeMax: 500, seconds: 15 },
  { sizeMin: 450, sizeMax: 1000, seconds: 30 },
  { sizeMin: 900, sizeMax: 2000, seconds: 60 },
  { sizeMin: 1800, sizeMax: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

export function startTtl(ctx: Context, client: KubeClient, { nodes }: SharedInformers): void {
  let step: (typeof STEPS)[number] = STEPS[0];
  const queue = startWorkQueue(ctx, 'ttl', async (c, name) => {
    const node = nodes.items.get(name);
    const ttl = String(step.seconds);
    if (node === undefined || node.metadata.annotations?.[ANNOTATION] === ttl) return undefined;
    await client.patch(c, 'nodes', null, name, 'strategic', { metadata: { annotations: { [ANNOTATION]: ttl } } });
    return undefined;
  });
  nodes.onChange((_before, after) => {
    const { size } = nodes.items;
    const at = STEPS.indexOf(step);
    if (size > step.sizeMax) step = STEPS[at + 1] ?? step;
    else if (size < step.sizeMin) step = STEPS[at - 1] ?? step;
    if (after !== null) queue.add(after.metadata.name);
  });
}
