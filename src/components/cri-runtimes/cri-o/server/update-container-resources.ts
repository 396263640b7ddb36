/** UpdateContainerResources. @models CRI-O 1.36 server/container_update_resources.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import type { UpdateContainerResourcesRequest } from '../../../../protocols/cri/generated.ts';
import { failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { cgroupDirectory } from './cgroup-paths.ts';
import { toResources } from './container-spec.ts';
import type { Server } from './server.ts';

export async function updateContainerResources(
  ctx: Context,
  server: Server,
  request: UpdateContainerResourcesRequest,
  log: Logger,
): Promise<Record<string, never>> {
  const container = await server.findContainer(ctx, request.containerId);
  const { status } = container.state;
  if (status !== 'running' && status !== 'created')
    throw failure(`container ${container.id} is not running or created state: ${status}`);
  const wanted = request.linux;
  if (wanted === undefined) return {};
  const systemd = server.config.crio.runtime.cgroup_manager === 'systemd';
  const limit = Number(wanted.memoryLimitInBytes);
  if (limit > 0) {
    const directory = cgroupDirectory(server.sandboxOf(container).cgroupParent, container.id, systemd);
    const usage = await currentMemory(ctx, directory);
    if (usage !== null && limit < usage)
      throw failure(
        `memory validation failed: cannot decrease memory limit to ${limit} bytes: current usage is ${usage} bytes`,
      );
  }
  await server.runtimeOf(container).runtime.update(ctx, container, toResources(wanted, {}));
  const linux = (container.spec.linux ??= {});
  linux.resources = toResources(wanted, linux.resources ?? {});
  await server.stateToDisk(ctx, container, log);
  return {};
}

async function currentMemory(ctx: Context, directory: string): Promise<number | null> {
  try {
    return Number((await readFile(ctx, `${directory}/memory.current`)).trim());
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}
