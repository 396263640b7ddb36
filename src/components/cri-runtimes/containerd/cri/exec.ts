/**
 * Running a further process in a container.
 * @models containerd 2.1 internal/cri/server/container_execsync.go, internal/cri/io/exec_io.go
 * @fidelity partial: drain_exec_sync_io_timeout is honoured as "wait for the streams to end"
 */

import { durationString } from '../../../../go/duration.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { mergeEnv } from '../../../../protocols/oci-runtime/default-spec.ts';
import type { TerminalSize } from '../../../../protocols/streaming/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import type { Queue } from '../../../../sim/primitives.ts';
import { settledWithin, start } from '../../shared/concurrency.ts';
import { classed, failure, isNotFound, toFailure, wrap } from '../../shared/errors.ts';
import { marshal } from '../../shared/go-json.ts';
import { ContainerIo, type InputSource } from '../../shared/io/container-io.ts';
import { newFifoSet } from '../../shared/io/fifos.ts';
import type { OutputSink } from '../../shared/io/writer-group.ts';
import { killAndWait } from '../tasks/client-task.ts';
import type { Shim } from '../tasks/shim.ts';
import { stateName, stateOf } from './container-state.ts';
import { specOf } from './container-status.ts';
import { type CriService, generateId } from './cri-service.ts';
import { CRI_NAMESPACE, type CriContainer } from './types.ts';

export type ExecOptions = {
  command: readonly string[];
  stdin: InputSource | null;
  stdout: OutputSink | null;
  stderr: OutputSink | null;
  tty: boolean;
  resizes: Queue<TerminalSize> | null;
  /** 0: no limit. */
  timeoutNs: number;
};

/** A container that a command can run in. */
export function runningContainer(cri: CriService, id: string): CriContainer {
  let container: CriContainer;
  try {
    container = cri.containers.get(id);
  } catch (error) {
    throw wrap(`failed to find container ${quote(id)} in store`, error);
  }
  const state = stateName(stateOf(container.status));
  if (state !== 'CONTAINER_RUNNING') throw failure(`container is in ${state} state`);
  return container;
}

/** Returns the exit code. */
export async function execInContainer(
  ctx: Context,
  cri: CriService,
  id: string,
  options: ExecOptions,
): Promise<number> {
  const container = runningContainer(cri, id);
  const record = cri.parts.containers.get(CRI_NAMESPACE, container.id);
  let shim: Shim;
  try {
    shim = cri.parts.tasks.get(CRI_NAMESPACE, container.id);
  } catch (error) {
    throw wrap('failed to load task', error);
  }
  const process = processSpec(specOf(record).process, options);
  await ctx.cpu(LATENCY.containerdExecNs);
  const execId = generateId(ctx);
  const fifos = await newFifoSet(
    ctx,
    `${cri.containerState(container.id)}/io`,
    execId,
    options.tty,
    options.stdin !== null,
  );
  const io = await ContainerIo.open(cri.parts.base, execId, fifos, cri.log);
  try {
    await shim.exec(ctx, execId, io.config, marshal(process));
  } catch (error) {
    await io.cancel(ctx);
    await io.close(ctx);
    throw wrap(`failed to create exec ${quote(execId)}`, error);
  }
  try {
    return await runProcess(ctx, cri, container, shim, execId, io, options);
  } finally {
    await deleteProcess(ctx.withDeadline(null), cri, container, shim, execId, io);
  }
}

function processSpec(base: ReturnType<typeof specOf>['process'], options: ExecOptions): Record<string, unknown> {
  const process: Record<string, unknown> = { ...base, args: options.command };
  delete process['terminal'];
  if (!options.tty) return process;
  return { terminal: true, ...process, env: mergeEnv(base?.env ?? [], ['TERM=xterm']) };
}

async function runProcess(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  shim: Shim,
  execId: string,
  io: ContainerIo,
  options: ExecOptions,
): Promise<number> {
  const exited = start(ctx.withDeadline(null), 'exec-wait', (c) => shim.wait(c, execId));
  try {
    await shim.start(ctx, execId);
  } catch (error) {
    throw wrap(`failed to start exec ${quote(execId)}`, error);
  }
  if (options.resizes !== null) followResizes(ctx, options.resizes, cri, shim, container.id, execId);
  io.pipe(cri.parts.base);
  const attached = start(ctx, 'exec-attach', (c) =>
    io.attach(c, {
      stdin: options.stdin,
      stdout: options.stdout ?? DISCARD,
      stderr: options.stderr ?? DISCARD,
      tty: options.tty,
      stdinOnce: true,
      announced: false,
      closeStdin: async (inner) => {
        try {
          await shim.closeIo(inner, execId);
        } catch (error) {
          if (!isNotFound(error))
            await cri.log.error(inner, `Failed to close stdin of exec process ${quote(execId)}`, toFailure(error));
        }
      },
    }),
  );
  if (options.timeoutNs > 0 && !(await settledWithin(ctx, exited, options.timeoutNs))) {
    try {
      await shim.kill(ctx.withDeadline(null), 9, false, execId);
    } catch (error) {
      if (!isNotFound(error)) throw wrap(`failed to kill exec ${quote(execId)}`, error);
    }
    await exited.wait();
    await attached.wait();
    throw classed('DeadlineExceeded', `timeout ${durationString(options.timeoutNs)} exceeded`);
  }
  let code: number;
  try {
    code = (await exited.wait()).status;
  } catch (error) {
    throw wrap(`failed while waiting for exec ${quote(execId)}`, error);
  }
  await attached.wait();
  return code;
}

const DISCARD: OutputSink = { write: async () => true, close: async () => {} };

export function followResizes(
  ctx: Context,
  resizes: Queue<TerminalSize>,
  cri: CriService,
  shim: Shim,
  id: string,
  execId: string,
): void {
  ctx.go('resize', async (c) => {
    for (let size = await resizes.take(); size !== null; size = await resizes.take()) {
      if (size.width === 0 && size.height === 0) continue;
      try {
        await shim.resize(c, size.width, size.height, execId);
      } catch (error) {
        const what =
          execId === ''
            ? `Failed to resize task ${quote(id)} console`
            : `Failed to resize process ${quote(execId)} console for container ${quote(id)}`;
        await cri.log.error(c, what, toFailure(error));
      }
    }
  });
}

async function deleteProcess(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  shim: Shim,
  execId: string,
  io: ContainerIo,
): Promise<void> {
  try {
    const { status } = await shim.state(ctx, execId);
    if (status === 'running' || status === 'paused') await killAndWait(ctx, shim, execId);
    await shim.deleteProcess(ctx, execId);
  } catch (error) {
    if (!isNotFound(error))
      await cri.log.error(
        ctx,
        `Failed to delete exec process ${quote(execId)} for container ${quote(container.id)}`,
        toFailure(error),
      );
  }
  await io.cancel(ctx);
  await io.close(ctx);
}
