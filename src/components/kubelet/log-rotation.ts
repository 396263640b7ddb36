/**
 * Containers' logs are cut off before they fill the disk.
 * @models kubernetes 1.36 pkg/kubelet/logs/container_log_manager.go
 * @fidelity partial: what was rotated is not compressed; one worker
 */
import { rfc3339 } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { quantityValue } from '../../protocols/kube/quantity.ts';
import type { KubeletConfig } from './config.ts';
import type { RuntimeService } from './cri/runtime-service.ts';

export async function rotateLogs(ctx: Context, runtime: RuntimeService, config: KubeletConfig): Promise<never> {
  for (;;) {
    await ctx.sleep(config.containerLogMonitorIntervalNs);
    try {
      for (const { id } of await runtime.listContainers(ctx, true)) await rotate(ctx, runtime, config, id);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }
}

async function rotate(ctx: Context, runtime: RuntimeService, config: KubeletConfig, id: string): Promise<void> {
  try {
    const status = await runtime.containerStatus(ctx, id);
    const path = status?.logPath ?? '';
    if (path === '' || (await ctx.sys.stat(ctx, path)).size < quantityValue(config.containerLogMaxSize)) return;
    const slash = path.lastIndexOf('/');
    const [directory, name] = [path.slice(0, slash), path.slice(slash + 1)];
    const old = (await ctx.sys.readDirectory(ctx, directory))
      .map((entry) => entry.name)
      .filter((one) => one.startsWith(`${name}.`))
      .sort();
    // With the one that is written and the one that is rotated now there may be so many.
    for (const one of old.slice(0, Math.max(0, old.length - (config.containerLogMaxFiles - 2))))
      await ctx.sys.unlink(ctx, `${directory}/${one}`);
    const stamp = (rfc3339(ctx.wallTime) ?? '').replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    await ctx.sys.rename(ctx, path, `${path}.${stamp}`);
    await runtime.reopenContainerLog(ctx, id);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
