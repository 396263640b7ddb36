/**
 * Containers' logs are cut off before they fill the disk: `0.log` becomes `0.log.20060102-150405`, which is packed when the
 * next one is cut off. A container's logs go with it.
 * @models kubernetes 1.36 pkg/kubelet/logs/container_log_manager.go, pkg/kubelet/kuberuntime/kuberuntime_container.go
 * @fidelity partial: one worker
 */
import { rfc3339 } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFileRope, writeFile } from '../../linux/io.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { quantityValue } from '../../protocols/kube/quantity.ts';
import { gzip } from '../../protocols/oci/gzip.ts';
import { LATENCY } from '../../sim/latency.ts';
import type { KubeletConfig } from './config.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import { Failure } from './failures.ts';
import { errorText, type Log } from './log.ts';

const PACKED = '.gz';
const TEMPORARY = '.tmp';

type Parts = { runtime: RuntimeService; config: KubeletConfig; log: Log };

export async function rotateLogs(ctx: Context, { runtime, config, log }: Parts): Promise<void> {
  const bytesMax = quantityValue(config.containerLogMaxSize);
  if (bytesMax < 0) return;
  for (;;) {
    try {
      for (const { id } of await runtime.listContainers(ctx, true))
        await rotateIfLong(ctx, { runtime, config, log }, id, bytesMax);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const text = new Failure(`failed to list containers: ${error.message}`);
      await log.error(ctx, 'container_log_manager.go:188', text, 'Failed to rotate container logs');
    }
    await ctx.sleep(config.containerLogMonitorIntervalNs);
  }
}

async function rotateIfLong(ctx: Context, parts: Parts, id: string, bytesMax: number): Promise<void> {
  const { runtime, log } = parts;
  const who: [string, string | number][] = [
    ['worker', 1],
    ['containerID', id],
  ];
  let path: string;
  try {
    path = (await runtime.containerStatus(ctx, id))?.logPath ?? '';
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return log.error(ctx, 'container_log_manager.go:271', error, 'Failed to get container status', ...who);
  }
  let size: number;
  try {
    size = await sizeOrReopened(ctx, runtime, id, path);
  } catch (error) {
    if (!isErrno(error) && !(error instanceof GrpcError)) throw error;
    const what =
      error instanceof GrpcError
        ? "Container log doesn't exist, reopen container log failed"
        : 'Failed to stat container log';
    return log.error(ctx, 'container_log_manager.go:287', error, what, ...who, ['path', path]);
  }
  if (size < bytesMax) return;
  try {
    await rotate(ctx, parts, id, path);
  } catch (error) {
    if (!isErrno(error) && !(error instanceof Failure)) throw error;
    const more: [string, string | number][] = [
      ['path', path],
      ['currentSize', size],
      ['maxSize', bytesMax],
    ];
    await log.error(ctx, 'container_log_manager.go:303', error, 'Failed to rotate log for container', ...who, ...more);
  }
}

/** Somebody may have removed the file: the runtime then is to make a new one. */
async function sizeOrReopened(ctx: Context, runtime: RuntimeService, id: string, path: string): Promise<number> {
  try {
    return (await ctx.sys.stat(ctx, path)).size;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await runtime.reopenContainerLog(ctx, id);
    return (await ctx.sys.stat(ctx, path)).size;
  }
}

/** Paths of what was cut off before, the oldest first. */
async function rotatedLogs(ctx: Context, path: string): Promise<string[]> {
  const slash = path.lastIndexOf('/');
  const [directory, start] = [path.slice(0, slash), `${path.slice(slash + 1)}.`];
  const names = (await ctx.sys.readDirectory(ctx, directory)).map(({ name }) => name);
  return names
    .filter((name) => name.startsWith(start))
    .sort()
    .map((name) => `${directory}/${name}`);
}

async function rotate(ctx: Context, { runtime, config }: Parts, id: string, path: string): Promise<void> {
  const all = await rotatedLogs(ctx, path);
  const inUse: string[] = [];
  // An earlier attempt has left it behind.
  for (const one of all)
    if (one.endsWith(TEMPORARY) || all.includes(`${one}${PACKED}`)) await ctx.sys.unlink(ctx, one);
    else inUse.push(one);
  // With the one that is written and the one that is rotated now there may be so many.
  const excess = Math.max(0, inUse.length - Math.max(0, config.containerLogMaxFiles - 2));
  for (const one of inUse.slice(0, excess)) await ctx.sys.unlink(ctx, one);
  for (const one of inUse.slice(excess)) if (!one.endsWith(PACKED)) await pack(ctx, one);
  const stamp = (rfc3339(ctx.wallTime) ?? '').replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const rotated = `${path}.${stamp}`;
  await ctx.sys.rename(ctx, path, rotated);
  try {
    await runtime.reopenContainerLog(ctx, id);
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    await ctx.sys.rename(ctx, rotated, path);
    const why = `failed to reopen container log "${id}": ${errorText(error)}`;
    throw new Failure(`failed to rotate log "${path}": ${why}`);
  }
}

async function pack(ctx: Context, path: string): Promise<void> {
  const { mode } = await ctx.sys.stat(ctx, path);
  const content = await readFileRope(ctx, path);
  await ctx.cpu(content.length * LATENCY.gzipByteNs);
  await writeFile(ctx, `${path}${TEMPORARY}`, gzip(content), { mode: mode & 0o777 });
  await ctx.sys.rename(ctx, `${path}${TEMPORARY}`, `${path}${PACKED}`);
  await ctx.sys.unlink(ctx, path);
}

/** Throws GrpcError. */
export async function removeContainerAndLogs(ctx: Context, runtime: RuntimeService, id: string): Promise<void> {
  const status = await runtime.containerStatus(ctx, id);
  if (status !== null && status.logPath !== '') {
    const of = (label: string): string => status.labels[`io.kubernetes.${label}`] ?? '';
    const link = `${of('pod.name')}_${of('pod.namespace')}_${of('container.name')}-${id}.log`;
    try {
      for (const one of [...(await rotatedLogs(ctx, status.logPath)), status.logPath, `/var/log/containers/${link}`])
        await ctx.sys.unlink(ctx, one);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  await runtime.removeContainer(ctx, id);
}
