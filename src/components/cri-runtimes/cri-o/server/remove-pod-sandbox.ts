/** RemovePodSandbox. @models CRI-O 1.36 server/sandbox_remove.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { RemovePodSandboxRequest } from '../../../../protocols/cri/generated.ts';
import { failure, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { removePodCgroup } from './cgroup-paths.ts';
import { removeNamespaces } from './namespaces.ts';
import { unmountShm } from './run-pod-sandbox.ts';
import type { Sandbox } from './sandbox.ts';
import { isUnknownId, type Server } from './server.ts';
import { stopNetwork } from './stop-pod-sandbox.ts';

export async function removePodSandbox(
  ctx: Context,
  server: Server,
  request: RemovePodSandboxRequest,
  log: Logger,
): Promise<Record<string, never>> {
  await log.info(ctx, `Removing pod sandbox: ${request.podSandboxId}`);
  let sandbox: Sandbox;
  try {
    sandbox = server.findSandbox(request.podSandboxId);
  } catch (error) {
    const words = messageOf(error);
    if (words === 'sandbox not created') throw failure(`sandbox ${request.podSandboxId} is not yet created`);
    if (!isUnknownId(error) && !words.includes('Multiple IDs')) throw error;
    await log.warn(ctx, `Could not get sandbox ${request.podSandboxId}, it's probably been removed already: ${words}`);
    return {};
  }
  await removeSandbox(ctx, server, sandbox, log);
  return {};
}

export async function removeSandbox(ctx: Context, server: Server, sandbox: Sandbox, log: Logger): Promise<void> {
  const { infra } = sandbox;
  for (const container of [...sandbox.containers.values()])
    await server.removeContainerInPod(ctx, sandbox, container, log);
  await unmountShm(ctx, sandbox.shmPath);
  await server.removeContainerInPod(ctx, sandbox, infra, log);
  if (infra.spoofed)
    await removePodCgroup(
      ctx,
      sandbox.cgroupParent,
      sandbox.id,
      server.config.crio.runtime.cgroup_manager === 'systemd',
    );
  await stopNetwork(ctx, server, sandbox, log);
  await removeNamespaces(ctx, sandbox.namespaces);
  server.podNames.delete(sandbox.name);
  server.sandboxes.delete(sandbox.id);
  await server.events.send(ctx, server, infra, 'deleted');
  await log.info(ctx, `Removed pod sandbox: ${sandbox.id}`);
}
