/**
 * A container as its shim sees it: an init process, further processes, and how each began and ended.
 * @models containerd cmd/containerd-shim-runc-v2/{runc/container.go,process/init.go,process/exec.go} @fidelity partial: no checkpoints
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readFile, removeAll, writeFile } from '../../../linux/io.ts';
import type { Signal } from '../../../linux/signals.ts';
import type { CreateTaskRequest, ExecProcessRequest } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { Options } from '../../../protocols/containerd/types/runc/options/generated.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { LazyMap } from '../../../sim/lazy-map.ts';
import { Future } from '../../../sim/primitives.ts';
import { failedPrecondition, messageOf, notFound, wrapped } from '../shared/errors.ts';
import { mountAll, unmountAll } from '../shared/mounts.ts';
import type { Exit, Reaper } from '../shared/reaper.ts';
import { type ContainerIo, consoleIo, pipeIo, type StdioPaths } from '../shared/stdio.ts';
import { DEFAULT_BINARY, DEFAULT_ROOT, mustRun, type RuncOptions, runtimeError } from './runc.ts';

export type ProcessState = 'created' | 'running' | 'paused' | 'stopped';

export type ShimProcess = {
  /** Empty for init. */
  execId: string;
  pid: number;
  state: ProcessState;
  /** Start has been asked for. */
  starting: boolean;
  paths: StdioPaths;
  io: ContainerIo | null;
  /** Exec only: the process of the OCI spec as JSON. */
  spec: Uint8Array | null;
  exit: Exit | null;
  readonly exited: Future<Exit>;
  /** Resolves when its start has been announced: the exit must not be told before. */
  readonly announced: Future<void>;
};

export type Container = {
  id: string;
  bundle: string;
  namespace: string;
  runtime: RuncOptions;
  init: ShimProcess;
  execs: LazyMap<string, ShimProcess>;
  /** oom_kill of memory.events that has been told. */
  oomSeen: number;
  cgroup: string;
};

export function newProcess(ctx: Context, execId: string, paths: StdioPaths): ShimProcess {
  return {
    execId,
    pid: 0,
    state: 'created',
    starting: false,
    paths,
    io: null,
    spec: null,
    exit: null,
    exited: new Future<Exit>(ctx.scheduler),
    announced: new Future<void>(ctx.scheduler),
  };
}

export async function createContainer(
  ctx: Context,
  reaper: Reaper,
  namespace: string,
  request: CreateTaskRequest,
): Promise<Container> {
  const { bundle } = request;
  const options =
    request.options === undefined || request.options.value.length === 0
      ? Options.create()
      : Options.decode(request.options.value);
  await writeFile(ctx, `${bundle}/options.json`, optionsJson(options), { mode: 0o600 });
  await writeFile(ctx, `${bundle}/runtime`, options.binaryName, { mode: 0o600 });
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
    const runtime: RuncOptions = {
      binary: options.binaryName === '' ? DEFAULT_BINARY : options.binaryName,
      root: `${options.root === '' ? DEFAULT_ROOT : options.root}/${namespace}`,
      log: `${bundle}/log.json`,
      systemdCgroup: options.systemdCgroup,
    };
    const { stdin, stdout, stderr, terminal } = request;
    const paths = { stdin, stdout, stderr, terminal, owner: { id: request.id, namespace } };
    const init = newProcess(ctx, '', paths);
    await createInit(ctx, reaper, runtime, bundle, request.id, init, options.noPivotRoot);
    return {
      id: request.id,
      bundle,
      namespace,
      runtime,
      init,
      execs: new LazyMap(),
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
  runtime: RuncOptions,
  bundle: string,
  id: string,
  init: ShimProcess,
  noPivot: boolean,
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
    ...(noPivot ? ['--no-pivot'] : []),
    id,
  ];
  // A terminal is handed over while runc runs.
  if (consoleSocket !== null) ctx.go('console', (inner) => io.copy(inner));
  try {
    await mustRun(ctx, reaper, runtime, args, { stdio: io.stdio });
  } catch (error) {
    await io.started(ctx);
    throw await runtimeError(ctx, runtime, error, 'OCI runtime create failed');
  }
  await io.started(ctx);
  if (consoleSocket === null) await io.copy(ctx);
  init.pid = Number(await readFile(ctx, pidFile));
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
    await mustRun(ctx, reaper, container.runtime, ['start', container.id]);
  } catch (error) {
    throw await runtimeError(ctx, container.runtime, error, 'OCI runtime start failed');
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
  const { io, consoleSocket } = await openIo(ctx, process.paths);
  process.io = io;
  const specFile = `/tmp/runc-process${ctx.random.uint32()}`;
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
    container.id,
  ];
  try {
    await mustRun(ctx, reaper, container.runtime, args, { stdio: io.stdio });
  } catch (error) {
    process.state = 'stopped';
    throw await runtimeError(ctx, container.runtime, error, 'OCI runtime exec failed');
  } finally {
    await io.started(ctx);
    await removeAll(ctx, specFile);
  }
  if (consoleSocket === null) await io.copy(ctx);
  process.pid = Number(await readFile(ctx, pidFile));
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
  signal: Signal,
  signalNumber: number,
  all: boolean,
): Promise<void> {
  if (process.execId !== '') {
    if (process.state === 'created') throw failedPrecondition('process not created');
    if (process.state === 'stopped') throw notFound('process already finished: not found');
    try {
      await ctx.sys.kill(ctx, process.pid, signal);
    } catch (error) {
      if (isErrno(error, 'ESRCH')) throw notFound('process already finished: not found');
      throw error;
    }
    return;
  }
  try {
    await mustRun(ctx, reaper, container.runtime, [
      'kill',
      ...(all ? ['--all'] : []),
      container.id,
      String(signalNumber),
    ]);
  } catch (error) {
    const words = messageOf(error);
    if (
      words.includes('os: process already finished') ||
      words.includes('container not running') ||
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

/** Init's end is the end of all only in a pid namespace of its own. */
export async function shouldKillAllOnExit(ctx: Context, bundle: string): Promise<boolean> {
  try {
    const spec = JSON.parse(await readFile(ctx, `${bundle}/config.json`)) as {
      linux?: { namespaces?: { type: string; path?: string }[] };
    };
    const pid = spec.linux?.namespaces?.find((ns) => ns.type === 'pid');
    return pid === undefined || (pid.path ?? '') !== '';
  } catch (error) {
    if (isErrno(error)) return true;
    throw error;
  }
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

function optionsJson(options: Options): string {
  const out: Record<string, unknown> = {};
  if (options.noPivotRoot) out['no_pivot_root'] = true;
  if (options.noNewKeyring) out['no_new_keyring'] = true;
  if (options.shimCgroup !== '') out['shim_cgroup'] = options.shimCgroup;
  if (options.binaryName !== '') out['binary_name'] = options.binaryName;
  if (options.root !== '') out['root'] = options.root;
  if (options.systemdCgroup) out['systemd_cgroup'] = true;
  return JSON.stringify(out);
}

/** What `delete` has when the shim that knew is gone: the files of the bundle. */
export async function savedRuntime(ctx: Context, bundle: string, namespace: string): Promise<RuncOptions> {
  const read = async (name: string): Promise<string> =>
    (await exists(ctx, `${bundle}/${name}`)) ? readFile(ctx, `${bundle}/${name}`) : '';
  const text = await read('options.json');
  const options = (text === '' ? {} : JSON.parse(text)) as { root?: string; systemd_cgroup?: boolean };
  const binary = await read('runtime');
  return {
    binary: binary === '' ? DEFAULT_BINARY : binary,
    root: `${options.root ?? DEFAULT_ROOT}/${namespace}`,
    log: `${bundle}/log.json`,
    systemdCgroup: options.systemd_cgroup === true,
  };
}
