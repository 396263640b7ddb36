/**
 * StopPodSandbox: containers, pause, network; nothing of it is an error when it is done already.
 * @models containerd 2.1 internal/cri/server/sandbox_stop.go
 * @fidelity partial: no NRI
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import type { StopPodSandboxRequest, StopPodSandboxResponse } from '../../../../protocols/cri/generated.ts';
import { isNetworkNamespaceClosed, removeNetworkNamespace } from '../../shared/cni/netns.ts';
import { isNotFound, toFailure, wrap } from '../../shared/errors.ts';
import { type CriService, isHostNetwork } from './cri-service.ts';
import { cleanUpImageMounts } from './image-mounts.ts';
import { stopPause } from './pause-container.ts';
import { tearDownNetwork } from './run-pod-sandbox.ts';
import { stopCriContainer } from './stop-container.ts';
import type { Sandbox } from './types.ts';

export async function stopPodSandbox(
  ctx: Context,
  cri: CriService,
  request: StopPodSandboxRequest,
): Promise<StopPodSandboxResponse> {
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(request.podSandboxId);
  } catch (error) {
    if (isNotFound(error)) return {};
    throw wrap(`an error occurred when try to find sandbox ${quote(request.podSandboxId)}`, error);
  }
  await stopSandbox(ctx, cri, sandbox);
  return {};
}

export async function stopSandbox(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  const { id, metadata } = sandbox;
  for (const container of cri.containers.list()) {
    if (container.metadata.sandboxId !== id) continue;
    await stopCriContainer(ctx, cri, container, 0).catch((error: unknown) => {
      throw wrap(`failed to stop container ${quote(container.id)}`, error);
    });
  }
  await cleanUpImageMounts(ctx, cri, id).catch((error: unknown) => {
    throw wrap(`failed to cleanup image mounts for sandbox ${quote(id)}`, error);
  });
  if (sandbox.status.state !== 'notready') {
    await stopPause(ctx, cri, sandbox).catch((error: unknown) => {
      throw wrap(`failed to stop sandbox ${quote(id)}`, error);
    });
  }
  if (!isHostNetwork(metadata.config)) {
    const netns = metadata.netNsPath;
    if (await isNetworkNamespaceClosed(ctx, netns)) {
      await tearDown(ctx, cri, { ...sandbox, metadata: { ...metadata, netNsPath: '' } });
    } else {
      await tearDown(ctx, cri, sandbox);
      await removeNetworkNamespace(ctx, netns).catch((error: unknown) => {
        throw wrap(`failed to remove network namespace for sandbox ${quote(id)}`, error);
      });
    }
  }
  await cri.log.info(ctx, `TearDown network for sandbox ${quote(id)} successfully`);
}

async function tearDown(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<void> {
  try {
    await tearDownNetwork(ctx, cri, sandbox);
  } catch (error) {
    const fault = toFailure(error);
    if (sandbox.metadata.cniResult !== null)
      throw wrap(`failed to destroy network for sandbox ${quote(sandbox.id)}`, fault);
    const words = `failed to destroy network for sandbox ${quote(sandbox.id)}; and ignoring because the sandbox network setup result is nil indicating the network setup never completed`;
    await cri.log.warn(ctx, words, { error: fault.message });
  }
}
