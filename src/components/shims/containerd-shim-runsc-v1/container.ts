/**
 * A container as its shim sees it. Its processes are nobody's children on the host: how one ended, only `runsc wait` knows.
 * @models gVisor pkg/shim/v1/{runsc/container.go,proc/init.go,proc/exec.go} @fidelity partial: no checkpoints, no volume hints
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile, removeAll, writeFile } from '../../../linux/io.ts';
import type { CreateTaskRequest, ExecProcessRequest } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { failedPrecondition, messageOf, notFound, wrapped } from '../shared/errors.ts';
import { mountAll, unmountAll } from '../shared/mounts.ts';
import type { Exit, Reaper } from '../shared/reaper.ts';
import { type ContainerIo, consoleIo, pipeIo, type StdioPaths } from '../shared/stdio.ts';
import { loadOptions, runtimeOf } from './options.ts';
import { mustRun, type RunscOptions, runRunsc, runtimeError } from './runsc.ts';

/** internalErrorCode of the shim. */
export const EXIT_UNKNOWN = 128;

export type ProcessState = 'created' | 'running' | 'paused' | 'stopped';

export type ShimProcess = {
  /** Empty for init. */
  execId: string;
  pid: number;
  state: ProcessState;
  paths: StdioPaths;
  io: ContainerIo | null;
  /** Exec only: the process of the OCI spec as JSON. */
  spec: Uint8Array | null;
  exit: Exit | null;
  readonly exited: Future<Exit>;
  /** Exec only: its pid in the sandbox. */
  innerPid: number;
  /** The container's ends of its streams are not ours any more. */
  handedOver: boolean;
};

export type Container = {
  id: string;
  bundle: string;
  namespace: string;
  runtime: RunscOptions;
  init: ShimProcess;
  execs: Map<string, ShimProcess>;
  /** oom_kill of memory.events that has been told. */
  oomSeen: number;
  cgroup: string;
};

export function newProcess(ctx: Context, execId: string, paths: StdioPaths): ShimProcess {
  return {
    execId,
    pid: 0,
    state: 'created',
    paths,
    io: null,
    spec: null,
    exit: null,
    exited: new Future<Exit>(ctx.scheduler),
    innerPid: 0,
    handedOver: false,
  };
}

export async function createContainer(
  ctx: Context,
  reaper: Reaper,
  namespace: string,
  request: CreateTaskRequest,
): Promise<Container> {
  const { bundle } = request;
  const options = await loadOptions(ctx, request.options?.value ?? new Uint8Array(0));
  // What a clean-up without this shim has to know.
  await writeFile(ctx, `${bundle}/options.json`, JSON.stringify(options), { mode: 0o600 });
  const rootfs = `${bundle}/rootfs`;
  if (request.rootfs.length > 0) {
    try {
      await ctx.sys.mkdir(ctx, rootfs, 0o711);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
  await ctx.cpu(LATENCY.shimCreateNs);
  try {
    await mountAll(ctx, request.rootfs, rootfs);
    const runtime = runtimeOf(options, bundle, namespace);
    const { stdin, stdout, stderr, terminal } = request;
    const paths = { stdin, stdout, stderr, terminal, owner: { id: request.id, namespace } };
    const init = newProcess(ctx, '', paths);
    await createInit(ctx, reaper, runtime, bundle, request.id, init);
    return {
      id: request.id,
      bundle,
      namespace,
      runtime,
      init,
      execs: new Map(),
      oomSeen: 0,
      cgroup: await cgroupOf(ctx, init.pid),
    };
  } catch (error) {
    if (request.rootfs.length > 0) await unmountAll(ctx, rootfs);
    throw error;
  }
}

async function createInit(
  ctx: Context,
  reaper: Reaper,
  runtime: RunscOptions,
  bundle: string,
  id: string,
  init: ShimProcess,
): Promise<void> {
  const pidFile = `${bundle}/init.pid`;
  const { io, consoleSocket } = await openIo(ctx, init.paths);
  init.io = io;
  const args = [
    'create',
    '--bundle',
    bundle,
    '--pid-file',
    pidFile,
    ...(consoleSocket === null ? [] : ['--console-socket', consoleSocket]),
    id,
  ];
  // A terminal is handed over while runc runs.
  if (consoleSocket !== null) ctx.withDeadline(null).go('console', (inner) => io.copy(inner));
  try {
    await mustRun(ctx, reaper, runtime, args, { stdio: io.stdio });
  } catch (error) {
    await handOver(ctx, init);
    throw await runtimeError(ctx, runtime, error, 'OCI runtime create failed');
  }
  if (consoleSocket === null) await io.copy(ctx);
  init.pid = Number(await readFile(ctx, pidFile));
}

async function handOver(ctx: Context, process: ShimProcess): Promise<void> {
  if (process.handedOver) return;
  process.handedOver = true;
  await process.io?.started(ctx);
}

async function openIo(ctx: Context, paths: StdioPaths): Promise<{ io: ContainerIo; consoleSocket: string | null }> {
  if (!paths.terminal) return { io: await pipeIo(ctx, paths), consoleSocket: null };
  const directory = `/tmp/pty${ctx.random.uint32()}`;
  await ctx.sys.mkdir(ctx, directory, 0o700);
  const consoleSocket = `${directory}/pty.sock`;
  return { io: await consoleIo(ctx, paths, consoleSocket), consoleSocket };
}

export async function startInit(ctx: Context, reaper: Reaper, container: Container): Promise<void> {
  if (container.init.state !== 'created') throw failedPrecondition(`cannot start a ${container.init.state} process`);
  try {
    const { io } = container.init;
    // The first container's streams went with create, the others' go with start.
    await mustRun(ctx, reaper, container.runtime, ['start', container.id], io === null ? {} : { stdio: io.stdio });
  } catch (error) {
    throw await runtimeError(ctx, container.runtime, error, 'OCI runtime start failed');
  } finally {
    await handOver(ctx, container.init);
  }
  if (container.init.state === 'created') container.init.state = 'running';
}

export function addExec(ctx: Context, container: Container, request: ExecProcessRequest): ShimProcess {
  const process = newProcess(ctx, request.execId, {
    stdin: request.stdin,
    stdout: request.stdout,
    stderr: request.stderr,
    terminal: request.terminal,
    owner: { id: container.id, namespace: container.namespace },
  });
  process.spec = request.spec?.value ?? null;
  container.execs.set(request.execId, process);
  return process;
}

export async function startExec(
  ctx: Context,
  reaper: Reaper,
  container: Container,
  process: ShimProcess,
): Promise<void> {
  if (process.state !== 'created') throw failedPrecondition(`cannot start a ${process.state} process`);
  const pidFile = `${container.bundle}/${process.execId}.pid`;
  const innerPidFile = `${container.bundle}/${process.execId}-internal.pid`;
  const { io, consoleSocket } = await openIo(ctx, process.paths);
  process.io = io;
  const specFile = `/tmp/runsc-process${ctx.random.uint32()}`;
  await writeFile(ctx, specFile, execSpec(process), { mode: 0o600 });
  if (consoleSocket !== null) ctx.go('console', (inner) => io.copy(inner));
  const args = [
    'exec',
    '--process',
    specFile,
    ...(consoleSocket === null ? [] : ['--console-socket', consoleSocket]),
    '--detach',
    '--pid-file',
    pidFile,
    '--internal-pid-file',
    innerPidFile,
    container.id,
  ];
  try {
    await mustRun(ctx, reaper, container.runtime, args, { stdio: io.stdio });
  } catch (error) {
    process.state = 'stopped';
    throw await runtimeError(ctx, container.runtime, error, 'OCI runtime exec failed');
  } finally {
    await handOver(ctx, process);
    await removeAll(ctx, specFile);
  }
  if (consoleSocket === null) await io.copy(ctx);
  process.pid = Number(await readFile(ctx, pidFile));
  process.innerPid = Number(await readFile(ctx, innerPidFile));
  process.state = 'running';
}

/** Whether there is a terminal is the request's word, not the spec's. */
function execSpec(process: ShimProcess): string {
  const spec = JSON.parse(new TextDecoder().decode(process.spec ?? new Uint8Array(0))) as Record<string, unknown>;
  return JSON.stringify({ ...spec, terminal: process.paths.terminal });
}

export function findProcess(container: Container, execId: string): ShimProcess {
  if (execId === '') return container.init;
  const process = container.execs.get(execId);
  if (process === undefined) throw notFound(`process does not exist ${execId}: not found`);
  return process;
}

export async function killProcess(
  ctx: Context,
  reaper: Reaper,
  container: Container,
  process: ShimProcess,
  signalNumber: number,
  all: boolean,
): Promise<void> {
  if (process.execId !== '') {
    if (process.state === 'created') throw failedPrecondition('process not created');
    if (process.state === 'stopped') throw notFound('process already finished: not found');
  }
  try {
    await mustRun(ctx, reaper, container.runtime, [
      'kill',
      ...(all ? ['--all'] : []),
      ...(process.execId === '' ? [] : [`--pid=${process.innerPid}`]),
      container.id,
      String(signalNumber),
    ]);
  } catch (error) {
    const words = messageOf(error);
    if (
      words.includes('os: process already finished') ||
      words.includes('sandbox is not running') ||
      words.toLowerCase().includes('no such process')
    ) {
      throw notFound('process already finished: not found');
    }
    if (words.includes('does not exist')) throw notFound('no such container: not found');
    throw wrapped('unknown error after kill', error);
  }
}

export async function deleteInit(ctx: Context, reaper: Reaper, container: Container): Promise<void> {
  if (container.init.state === 'running')
    throw failedPrecondition('cannot delete a running process: failed precondition');
  await container.init.io?.closeStdin(ctx);
  await handOver(ctx, container.init);
  try {
    await mustRun(ctx, reaper, container.runtime, ['delete', container.id]);
  } catch (error) {
    const words = messageOf(error);
    if (!words.includes('does not exist'))
      throw await runtimeError(ctx, container.runtime, error, 'failed to delete task');
  }
  await container.init.io?.close(ctx);
  await unmountAll(ctx, `${container.bundle}/rootfs`);
}

/** Has runsc wait for the end of a process; 128 if it cannot tell. */
export async function waitFor(ctx: Context, reaper: Reaper, container: Container, process: ShimProcess): Promise<Exit> {
  let status = EXIT_UNKNOWN;
  const which = process.execId === '' ? [] : [`--pid=${process.innerPid}`];
  const result = await runRunsc(ctx, reaper, container.runtime, ['wait', ...which, container.id]);
  if (result.status === 0) ({ exitStatus: status } = JSON.parse(result.stdout) as { exitStatus: number });
  return { pid: process.pid, status, atNs: ctx.wallTime };
}

/** A figure of `runsc events`, as a container's cgroup would give it. */
export type ContainerStatistics = {
  cpu: { usage: { total: number } };
  memory: { usage: { usage: number } };
  pids: { current: number };
};

export async function statisticsOf(ctx: Context, reaper: Reaper, container: Container): Promise<ContainerStatistics> {
  const { stdout } = await mustRun(ctx, reaper, container.runtime, ['events', '--stats', container.id]);
  return (JSON.parse(stdout) as { data: ContainerStatistics }).data;
}

/** The directory of the v2 cgroup that a process is in. */
async function cgroupOf(ctx: Context, pid: number): Promise<string> {
  try {
    const line = (await readFile(ctx, `/proc/${pid}/cgroup`)).split('\n').find((text) => text.startsWith('0::'));
    return `/sys/fs/cgroup${line?.slice(3) ?? ''}`;
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}
