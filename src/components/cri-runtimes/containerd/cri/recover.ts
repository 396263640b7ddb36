/**
 * After a start of the daemon: finding the pods, containers and images of an earlier life again.
 * @models containerd 2.1 internal/cri/server/restart.go, podsandbox/recover.go
 * @fidelity partial: sandboxes of other controllers than podsandbox are unknown
 */

import { quote } from '../../../../go/quote.ts';
import { parseRfc3339 } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { Future } from '../../../../sim/primitives.ts';
import { parallel } from '../../shared/concurrency.ts';
import { failure, isNotFound, messageOf, toFailure, wrap } from '../../shared/errors.ts';
import { ContainerIo } from '../../shared/io/container-io.ts';
import { fifoSetOf, newFifoSet } from '../../shared/io/fifos.ts';
import { type ContainerRecord, runtimeOptionsOf } from '../containers/container-store.ts';
import { ensureRemoveAll } from '../mounts.ts';
import { deleteTask, type LoadedTask, loadTask } from '../tasks/client-task.ts';
import { addLoggers } from './container-loggers.ts';
import { loadStatus, saveStatus, stateName, stateOf, unknownStatus } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import { monitorContainer, monitorPause, monitorSandbox } from './exit-monitor.ts';
import { decodeContainerMetadata, decodeSandboxMetadata } from './metadata-json.ts';
import { refreshImage } from './pull-image.ts';
import { deleteSandboxRecord, findSandboxRecord, listSandboxRecords } from './sandbox-records.ts';
import {
  CONTAINER_EXTENSION,
  type ContainerStatusRecord,
  CRI_NAMESPACE,
  type CriContainer,
  type ExitInfo,
  KIND_LABEL,
  SANDBOX_EXTENSION,
  type Sandbox,
  type SandboxMetadata,
  type SandboxStatus,
  UNKNOWN_EXIT_CODE,
} from './types.ts';

/** UnixNano of a time.Time that was never set, which no int64 can hold: what is left of it. */
const ZERO_TIME_NS = -6_795_364_578_871_345_152n;
const LOAD_TIMEOUT_NS = 10_000_000_000;

export async function recover(ctx: Context, cri: CriService): Promise<void> {
  const records = cri.parts.containers.list(CRI_NAMESPACE);
  const sandboxes = records.filter((record) => record.labels[KIND_LABEL] === 'sandbox');
  const containers = records.filter((record) => record.labels[KIND_LABEL] === 'container');
  await parallel(ctx, 'recover-sandbox', sandboxes, async (c, record) => {
    try {
      await recoverSandbox(c.withDeadline(c.now + LOAD_TIMEOUT_NS), cri, record);
    } catch (error) {
      await cri.log.error(c, 'Failed to load sandbox', toFailure(error), { sandbox: record.id });
    }
  });
  await recoverStoredSandboxes(ctx, cri);
  for (const sandbox of cri.sandboxes.list()) {
    if (sandbox.status.state !== 'notready') monitorSandbox(cri, sandbox);
    cri.announceSandbox(ctx, sandbox);
  }
  await parallel(ctx, 'recover-container', containers, async (c, record) => {
    try {
      await recoverContainer(c.withDeadline(c.now + LOAD_TIMEOUT_NS), cri, record);
    } catch (error) {
      await cri.log.error(c, 'Failed to load container', toFailure(error), { container: record.id });
    }
  });
  await checkImages(ctx, cri);
  const ids = (list: readonly ContainerRecord[]): Set<string> => new Set(list.map((record) => record.id));
  for (const root of [cri.rootDir, cri.stateDir]) {
    await removeOrphans(ctx, cri, `${root}/sandboxes`, ids(sandboxes));
    await removeOrphans(ctx, cri, `${root}/containers`, ids(containers));
  }
}

function newSandbox(
  ctx: Context,
  metadata: SandboxMetadata,
  status: SandboxStatus,
  runtime: Sandbox['runtime'],
  hasContainer: boolean,
): Sandbox {
  return {
    id: metadata.id,
    metadata,
    status,
    controller: { ...status },
    runtime,
    exited: new Future<ExitInfo>(ctx.scheduler),
    hasContainer,
    usage: null,
  };
}

async function recoverSandbox(ctx: Context, cri: CriService, record: ContainerRecord): Promise<void> {
  const extension = record.extensions[SANDBOX_EXTENSION];
  if (extension === undefined) throw failure(`metadata extension ${quote(SANDBOX_EXTENSION)} not found`);
  const metadata = decodeSandboxMetadata(extension);
  const created = parseRfc3339(record.createdAt);
  const status: SandboxStatus = {
    pid: 0,
    state: 'unknown',
    createdAt: created.ok ? created.ns : 0n,
    exitStatus: 0,
    exitedAt: 0n,
  };
  let running: LoadedTask | null = null;
  try {
    const task = await findTask(ctx, cri, record.id);
    if (task === null) status.state = 'notready';
    else if (task.state.status === 'running') {
      running = task;
      status.state = 'ready';
      status.pid = task.state.pid;
    } else {
      status.state = 'notready';
      await deleteTask(ctx, cri.parts.tasks, CRI_NAMESPACE, task.shim, null).catch((error: unknown) => {
        if (!isNotFound(error)) throw wrap('failed to delete task', error);
      });
    }
  } catch (error) {
    await cri.log.error(ctx, `Failed to load sandbox status for ${quote(record.id)}`, toFailure(error));
  }
  // The sandbox store has what was learnt after the container was made.
  const stored = findSandboxRecord(cri.parts.metadata, CRI_NAMESPACE, record.id)?.extensions['metadata'];
  const newest = stored === undefined ? metadata : decodeSandboxMetadata(stored);
  const sandbox = newSandbox(
    cri.parts.base,
    newest,
    status,
    { type: record.runtime.name, options: runtimeOptionsOf(record) },
    true,
  );
  if (running !== null) monitorPause(cri, sandbox, running.shim);
  add(cri, sandbox);
}

function add(cri: CriService, sandbox: Sandbox): void {
  cri.sandboxes.add(sandbox.id, sandbox);
  const holder = cri.sandboxNames.reserve(sandbox.metadata.name, sandbox.id);
  if (holder !== null)
    throw failure(
      `failed to reserve sandbox name ${quote(sandbox.metadata.name)}: name ${quote(sandbox.metadata.name)} is reserved for ${quote(holder)}`,
    );
}

/** Null if there is none. */
async function findTask(ctx: Context, cri: CriService, id: string): Promise<LoadedTask | null> {
  try {
    return await loadTask(ctx, cri.parts.tasks, CRI_NAMESPACE, id);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw wrap('failed to load task', error);
  }
}

/** Pods whose pause container never came to be. */
async function recoverStoredSandboxes(ctx: Context, cri: CriService): Promise<void> {
  for (const record of listSandboxRecords(cri.parts.metadata, CRI_NAMESPACE)) {
    if (cri.sandboxes.find(record.id) !== undefined) continue;
    const extension = record.extensions['metadata'];
    if (extension === undefined) {
      await cri.log.error(
        ctx,
        `failed to get metadata for stored sandbox ${quote(record.id)}`,
        failure('metadata for stored sandbox: not found'),
      );
      await deleteSandboxRecord(ctx, cri, record.id);
      continue;
    }
    await cri.log.error(
      ctx,
      'failed to recover sandbox state',
      failure(`rpc error: code = NotFound desc = sandbox not found: not found`),
      { sandbox: record.id },
    );
    const status: SandboxStatus = { pid: 0, state: 'notready', createdAt: ZERO_TIME_NS, exitStatus: 0, exitedAt: 0n };
    const runtime = { type: record.runtime.name, options: null };
    const sandbox = newSandbox(cri.parts.base, decodeSandboxMetadata(extension), status, runtime, false);
    // Its name is free again: the original reserves only those that have a container.
    cri.sandboxes.add(sandbox.id, sandbox);
  }
}

async function recoverContainer(ctx: Context, cri: CriService, record: ContainerRecord): Promise<void> {
  const { id } = record;
  const extension = record.extensions[CONTAINER_EXTENSION];
  if (extension === undefined) throw failure(`metadata extension ${quote(CONTAINER_EXTENSION)} not found`);
  const metadata = decodeContainerMetadata(extension);
  let status: ContainerStatusRecord;
  try {
    status = await loadStatus(ctx, cri.containerRoot(id));
  } catch (error) {
    await cri.log.log(ctx, 'warning', `Failed to load container status for ${quote(id)}`, { error: messageOf(error) });
    status = unknownStatus();
  }
  const container: CriContainer = {
    id,
    metadata,
    status,
    io: null,
    stopped: new Future<void>(cri.parts.base.scheduler),
    stopSignalSent: false,
    usage: null,
  };
  let task: LoadedTask | null = null;
  try {
    task = await findTask(ctx, cri, id);
    if (task === null) await withoutTask(ctx, cri, container);
    else if (!(await withTask(ctx, cri, container, task))) task = null;
  } catch (error) {
    await cri.log.error(ctx, `Failed to load container status for ${quote(id)}`, toFailure(error));
    container.status = { ...container.status, unknown: true };
  }
  await saveStatus(ctx, cri.containerRoot(id), container.status);
  if (stateName(stateOf(container.status)) === 'CONTAINER_EXITED') container.stopped.resolve();
  cri.containers.add(id, container);
  if (task !== null) monitorContainer(cri, container, task.shim, task.state.pid);
  cri.announceContainer(ctx, container);
  const holder = cri.containerNames.reserve(metadata.name, id);
  if (holder !== null)
    throw failure(
      `failed to reserve container name ${quote(metadata.name)}: name ${quote(metadata.name)} is reserved for ${quote(holder)}`,
    );
}

function lostExit(ctx: Context): Partial<ContainerStatusRecord> {
  return { finishedAt: ctx.wallTime, exitCode: UNKNOWN_EXIT_CODE, reason: 'Unknown' };
}

async function withoutTask(ctx: Context, cri: CriService, container: CriContainer): Promise<void> {
  const { id, metadata } = container;
  switch (stateName(stateOf(container.status))) {
    case 'CONTAINER_CREATED': {
      const { tty, stdin } = metadata.config;
      container.io = await ContainerIo.open(
        cri.parts.base,
        id,
        await newFifoSet(ctx, `${cri.containerState(id)}/io`, id, tty, stdin),
        cri.log,
      );
      return;
    }
    case 'CONTAINER_RUNNING':
      container.status = { ...container.status, ...lostExit(ctx) };
      return;
    default:
  }
}

/** True if the task runs and is to be watched. */
async function withTask(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  { shim, state }: LoadedTask,
): Promise<boolean> {
  const was = stateName(stateOf(container.status));
  const io = await ContainerIo.open(cri.parts.base, container.id, fifoSetOf(state.io), cri.log);
  await addLoggers(ctx, cri, container, io);
  io.pipe(cri.parts.base);
  container.io = io;
  const remove = async (): Promise<void> => {
    await deleteTask(ctx, cri.parts.tasks, CRI_NAMESPACE, shim, io).catch((error: unknown) => {
      if (!isNotFound(error)) throw wrap('failed to delete task', error);
    });
  };
  switch (state.status) {
    case 'created':
      await remove();
      if (was !== 'CONTAINER_CREATED') throw failure(`unexpected container state for created task: ${quote(was)}`);
      return false;
    case 'running':
      if (was === 'CONTAINER_EXITED') throw failure(`unexpected container state for running task: ${quote(was)}`);
      if (was !== 'CONTAINER_RUNNING')
        container.status = { ...container.status, startedAt: ctx.wallTime, pid: state.pid };
      return true;
    case 'stopped':
      await remove();
      container.status = { ...container.status, finishedAt: state.exitedAt, exitCode: state.exitStatus };
      return false;
    default:
      throw failure(`unexpected task status ${quote(state.status)}`);
  }
}

async function checkImages(ctx: Context, cri: CriService): Promise<void> {
  const { images } = cri.parts;
  for (const record of images.list(CRI_NAMESPACE)) {
    try {
      await refreshImage(ctx, cri, record.name);
    } catch (error) {
      await cri.log.log(ctx, 'warning', `Failed to update reference for image ${quote(record.name)}`, {
        error: messageOf(error),
      });
    }
  }
}

async function removeOrphans(
  ctx: Context,
  cri: CriService,
  directory: string,
  known: ReadonlySet<string>,
): Promise<void> {
  let names: string[];
  try {
    names = (await ctx.sys.readDirectory(ctx, directory))
      .filter((entry) => entry.type === 'directory')
      .map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  for (const name of names) {
    if (known.has(name)) continue;
    try {
      await ensureRemoveAll(ctx, `${directory}/${name}`);
    } catch (error) {
      await cri.log.log(ctx, 'warning', `Failed to remove id directory ${quote(`${directory}/${name}`)}`, {
        error: messageOf(error),
      });
    }
  }
}
