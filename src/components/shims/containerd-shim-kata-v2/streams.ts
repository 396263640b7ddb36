/**
 * Between the guest and containerd's fifos, or a logger (`binary://`): output is read from the agent with one call after
 * another, input is sent so.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/runtimes/virt_container/src/container_manager/io @fidelity partial: no passfd io
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import { isBinaryUri, startLoggingBinary, stopLoggingBinary } from '../shared/logging-binary.ts';
import type { KataProcess } from './container.ts';
import type { Sandbox } from './sandbox.ts';

const CHUNK = 65_536;
const { methods } = AgentService;

export async function startStreams(
  ctx: Context,
  sandbox: Sandbox,
  owner: { id: string; namespace: string },
  process: KataProcess,
): Promise<void> {
  const { paths, execId } = process;
  const { sys } = ctx;
  const containerId = owner.id;
  if (isBinaryUri(paths.stdout)) {
    const logger = await startLoggingBinary(ctx, paths.stdout, owner);
    process.logger = logger;
    const targets = [
      ['ReadStdout', logger.stdout],
      ...(paths.terminal ? [] : ([['ReadStderr', logger.stderr]] as const)),
    ] as const;
    process.copying = targets.length;
    for (const [method, writer] of targets)
      ctx.withDeadline(null).go('copy output', async (inner) => {
        await copyOut(inner, sandbox, containerId, execId, method, writer);
        if (--process.copying === 0) process.copied.resolve();
      });
    return;
  }
  const outputs: [path: string, method: 'ReadStdout' | 'ReadStderr'][] = [];
  if (paths.stdout !== '') outputs.push([paths.stdout, 'ReadStdout']);
  if (paths.stderr !== '' && !paths.terminal) outputs.push([paths.stderr, 'ReadStderr']);
  process.copying = outputs.length;
  if (outputs.length === 0) process.copied.resolve();
  for (const [path, method] of outputs) {
    // Both ends stay open here, so that writing does not fail while containerd is away.
    const reader = await sys.open(ctx, path, { read: true, nonBlock: true });
    const writer = await sys.open(ctx, path, { write: true });
    ctx.withDeadline(null).go('copy output', async (inner) => {
      await copyOut(inner, sandbox, containerId, execId, method, writer);
      for (const fd of [writer, reader]) await sys.close(inner, fd);
      if (--process.copying === 0) process.copied.resolve();
    });
  }
  if (paths.stdin === '') return;
  const first = await sys.open(ctx, paths.stdin, { read: true, nonBlock: true });
  process.stdinHeld = await sys.open(ctx, paths.stdin, { write: true });
  const reader = await sys.open(ctx, paths.stdin, { read: true });
  await sys.close(ctx, first);
  ctx.withDeadline(null).go('copy input', async (inner) => {
    await copyIn(inner, sandbox, containerId, execId, reader);
    await sys.close(inner, reader);
  });
}

async function copyOut(
  ctx: Context,
  sandbox: Sandbox,
  containerId: string,
  execId: string,
  method: 'ReadStdout' | 'ReadStderr',
  to: number,
): Promise<void> {
  try {
    for (;;) {
      const { data } = await sandbox.agent.call(ctx, methods[method], { containerId, execId, len: CHUNK });
      if (data.length === 0) return;
      await ctx.sys.write(ctx, to, data);
    }
  } catch (error) {
    // The machine is gone, or the container.
    if (!(error instanceof GrpcError) && !isErrno(error, 'EPIPE', 'EBADF')) throw error;
  }
}

async function copyIn(
  ctx: Context,
  sandbox: Sandbox,
  containerId: string,
  execId: string,
  from: number,
): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, from, CHUNK);
      if (data.length === 0) break;
      await sandbox.agent.call(ctx, methods.WriteStdin, { containerId, execId, data });
    }
    await sandbox.agent.call(ctx, methods.CloseStdin, { containerId, execId });
  } catch (error) {
    if (!(error instanceof GrpcError) && !isErrno(error, 'EPIPE', 'EBADF')) throw error;
  }
}

export async function endLogger(ctx: Context, process: KataProcess): Promise<void> {
  const { logger } = process;
  process.logger = null;
  if (logger !== null) await stopLoggingBinary(ctx, logger);
}

export async function closeStdin(ctx: Context, process: KataProcess): Promise<void> {
  const held = process.stdinHeld;
  process.stdinHeld = null;
  if (held !== null) await ctx.sys.close(ctx, held);
}
