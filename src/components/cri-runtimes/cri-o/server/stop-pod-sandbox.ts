/** StopPodSandbox. @models CRI-O 1.36 server/sandbox_stop_linux.go, sandbox_network.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import { exists, removeAll } from '../../../../linux/io.ts';
import type { StopPodSandboxRequest } from '../../../../protocols/cri/generated.ts';
import { parallel } from '../../shared/concurrency.ts';
import { messageOf, wrap } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { removeHostPorts } from '../network/host-ports.ts';
import { removeNamespaces } from './namespaces.ts';
import { unmountShm } from './run-pod-sandbox.ts';
import { podNetworkOf, type Sandbox } from './sandbox.ts';
import { isUnknownId, type Server } from './server.ts';

/** Where libcni remembers what it has set up. */
const CNI_RESULTS = '/var/lib/cni/results';

export async function stopPodSandbox(
  ctx: Context,
  server: Server,
  request: StopPodSandboxRequest,
  log: Logger,
): Promise<Record<string, never>> {
  await log.info(ctx, `Stopping pod sandbox: ${request.podSandboxId}`);
  let sandbox: Sandbox;
  try {
    sandbox = server.findSandbox(request.podSandboxId);
  } catch (error) {
    if (!isUnknownId(error)) throw error;
    await log.warn(
      ctx,
      `Could not get sandbox ${request.podSandboxId}, it's probably been stopped already: ${messageOf(error)}`,
    );
    return {};
  }
  await stopSandbox(ctx, server, sandbox, log);
  return {};
}

export async function stopSandbox(ctx: Context, server: Server, sandbox: Sandbox, log: Logger): Promise<void> {
  const unlock = await sandbox.stopLock.lock();
  try {
    await stopNetwork(ctx, server, sandbox, log);
    if (sandbox.stopped) {
      await log.info(ctx, `Stopped pod sandbox (already stopped): ${sandbox.id}`);
      return;
    }
    const running = [...sandbox.containers.values()].filter(({ state }) => state.status !== 'stopped');
    try {
      await parallel(ctx, 'stop', running, (inner, container) =>
        server.stopContainer(inner, container, server.stopTimeout - 1, log),
      );
    } catch (error) {
      throw wrap('stop containers in parallel', error);
    }
    await server.stopContainer(ctx, sandbox.infra, server.stopTimeout, log).catch((error: unknown) => {
      throw wrap(`failed to stop infra container for pod sandbox ${sandbox.id}`, error);
    });
    await removeNamespaces(ctx, sandbox.namespaces);
    await unmountShm(ctx, sandbox.shmPath);
    await log.info(ctx, `Stopped pod sandbox: ${sandbox.id}`);
    sandbox.stopped = true;
    if (sandbox.infra.spoofed) await server.events.send(ctx, server, sandbox.infra, 'stopped');
  } finally {
    unlock();
  }
}

export async function stopNetwork(ctx: Context, server: Server, sandbox: Sandbox, log: Logger): Promise<void> {
  if (sandbox.hostNetwork || sandbox.networkStopped) return;
  await removeHostPorts(ctx, sandbox.id);
  const pod = podNetworkOf(sandbox);
  const there = pod.netns !== '' && (await exists(ctx, pod.netns));
  try {
    await server.network.tearDown(ctx, there ? pod : { ...pod, netns: '' });
  } catch (error) {
    const words = messageOf(error);
    if (there) {
      await log.warn(ctx, `Failed to destroy network for pod sandbox ${sandbox.name}(${sandbox.id}): ${words}`);
      await removeNamespaces(ctx, { net: pod.netns });
    }
    // Whether or not it worked: it is not tried again.
    await removeResults(ctx, sandbox.id, log);
    sandbox.networkStopped = true;
    if (there) throw wrap(`network teardown failed for pod sandbox ${sandbox.name}(${sandbox.id})`, error);
  }
  sandbox.networkStopped = true;
}

async function removeResults(ctx: Context, id: string, log: Logger): Promise<void> {
  if (!(await exists(ctx, CNI_RESULTS))) {
    await log.warn(
      ctx,
      `Failed to read CNI cache directory ${CNI_RESULTS}: open ${CNI_RESULTS}: no such file or directory`,
    );
    return;
  }
  for (const { name } of await ctx.sys.readDirectory(ctx, CNI_RESULTS)) {
    if (!name.includes(id)) continue;
    await removeAll(ctx, `${CNI_RESULTS}/${name}`);
    await log.info(ctx, `Cleaned up CNI result file ${name} for container ${id}`);
  }
}
