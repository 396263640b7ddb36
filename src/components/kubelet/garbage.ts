/**
 * What dead pods and containers leave behind.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime/kuberuntime_gc.go
 * @fidelity partial: no limit over all containers of the node
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { removeAll } from '../../linux/io.ts';
import { ContainerState, PodSandboxState } from '../../protocols/cri/generated.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import { listRuntimePods, type RuntimePod } from './kuberuntime/pod-status.ts';
import { removeContainerAndLogs } from './log-rotation.ts';

const DEAD_PER_CONTAINER = 1;

/** Removes all but the newest dead container of each name; all of them with `everything`. */
export async function removeDeadContainers(
  ctx: Context,
  runtime: RuntimeService,
  pod: RuntimePod,
  everything: boolean,
): Promise<void> {
  const dead = pod.containers
    .filter(({ state }) => state !== ContainerState.CONTAINER_RUNNING)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const kept = new Map<string, number>();
  for (const { id, metadata, state } of dead) {
    if (state === ContainerState.CONTAINER_CREATED && !everything) continue;
    const name = metadata?.name ?? '';
    const count = kept.get(name) ?? 0;
    if (!everything && count < DEAD_PER_CONTAINER) {
      kept.set(name, count + 1);
      continue;
    }
    try {
      await removeContainerAndLogs(ctx, runtime, id);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }
}

/** Once a minute. Throws GrpcError when the runtime cannot be asked. */
export async function collectGarbage(
  ctx: Context,
  runtime: RuntimeService,
  isKnown: (uid: string) => boolean,
): Promise<void> {
  const pods = await listRuntimePods(ctx, runtime);
  for (const [uid, pod] of pods) await removeDeadContainers(ctx, runtime, pod, !isKnown(uid));
  for (const [uid, pod] of await listRuntimePods(ctx, runtime)) {
    const used = new Set(pod.containers.map(({ podSandboxId }) => podSandboxId));
    const order = [...pod.sandboxes].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    for (const [i, { id, state }] of order.entries()) {
      if (state === PodSandboxState.SANDBOX_READY || used.has(id) || (i === 0 && isKnown(uid))) continue;
      try {
        await runtime.stopPodSandbox(ctx, id);
        await runtime.removePodSandbox(ctx, id);
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
      }
    }
  }
  await removeLogs(ctx, (uid) => isKnown(uid) || pods.has(uid));
}

async function removeLogs(ctx: Context, isKnown: (uid: string) => boolean): Promise<void> {
  try {
    for (const { name } of await ctx.sys.readDirectory(ctx, '/var/log/pods')) {
      const uid = name.slice(name.lastIndexOf('_') + 1);
      if (!isKnown(uid)) await removeAll(ctx, `/var/log/pods/${name}`);
    }
    for (const { name } of await ctx.sys.readDirectory(ctx, '/var/log/containers')) {
      const path = `/var/log/containers/${name}`;
      try {
        await ctx.sys.stat(ctx, path);
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error;
        await ctx.sys.unlink(ctx, path);
      }
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
