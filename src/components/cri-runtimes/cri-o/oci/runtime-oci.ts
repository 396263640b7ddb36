/**
 * Containers of an OCI runtime: conmon creates them, the runtime's own binary does the rest.
 * @models CRI-O 1.36 internal/oci/runtime_oci.go, runtime_oci_linux.go
 * @fidelity partial: no checkpoints; a container process in uninterruptible sleep is not reported
 */

import { exitText } from '../../../../go/exit-text.ts';
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { exists, getenv, LineReader, readFile, removeAll, runCommand } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import type { WaitStatus } from '../../../../linux/syscalls.ts';
import type { Resources } from '../../../../protocols/oci-runtime/types.ts';
import { startScope } from '../../../../protocols/systemd/scope.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Future } from '../../../../sim/primitives.ts';
import { failure, messageOf, pathFailure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { CrioConfig, RuntimeHandler } from '../config/defaults.ts';
import { type Container, type ContainerState, isLiving, stamp, startTimeOf, ZERO_TIME } from './container.ts';
import type { Runtime } from './runtime.ts';

const STOP_POLL_NS = 100_000_000;
const KILL_BACKOFF_NS = 20_000_000;
const KILL_BACKOFF_MAX_NS = 120_000_000_000;
/** How long an exit file is waited for: six looks, each wait a fifth longer. */
const EXIT_FILE_STEPS = 6;
const EXIT_FILE_FIRST_NS = 500_000_000;
const SIGKILL = '9';

export class RuntimeOci implements Runtime {
  protected readonly config: CrioConfig;
  readonly handler: RuntimeHandler;

  constructor(config: CrioConfig, handler: RuntimeHandler) {
    this.config = config;
    this.handler = handler;
  }

  get systemdCgroup(): boolean {
    return this.config.crio.runtime.cgroup_manager === 'systemd';
  }

  get root(): string {
    return this.handler.runtime_root;
  }

  /** What the runtime and its monitor get of the environment. */
  environment(ctx: Context, sync: boolean): string[] {
    const path = getenv(ctx, 'PATH');
    return [
      ...this.handler.monitor_env,
      'CRI_O_EXTERNAL=1',
      ...(path === undefined ? [] : [`PATH=${path}`]),
      ...(sync ? ['_OCI_SYNCPIPE=3', '_OCI_STARTPIPE=4'] : []),
    ];
  }

  runtimeArguments(): string[] {
    return ['--root', this.root, ...(this.systemdCgroup ? ['--systemd-cgroup'] : [])];
  }

  private async runtimeCommand(ctx: Context, args: readonly string[], stdin?: string): Promise<string> {
    const { runtime_path: path } = this.handler;
    const all = [...this.runtimeArguments(), ...args];
    await ctx.cpu(LATENCY.crioExecNs);
    const result = await run(ctx, path, all, this.environment(ctx, false), stdin);
    if (result.status === null || !succeeded(result.status)) {
      const gone = /no such process|container not running|invalid process/.test(result.stderr);
      const why = gone ? 'not found' : result.failure;
      throw failure(`\`${path} ${all.join(' ')}\` failed: ${result.stderr} ${result.stdout}: ${why}`);
    }
    return result.stdout;
  }

  async create(ctx: Context, container: Container, log: Logger): Promise<void> {
    if (container.spoofed) return;
    const { runtime } = this.config.crio;
    const args = [
      '-b',
      container.bundle,
      '-c',
      container.id,
      '--exit-dir',
      runtime.container_exits_dir,
      '-l',
      container.logPath,
      '--log-level',
      log.level,
      '-n',
      container.name,
      '-P',
      `${container.bundle}/conmon-pidfile`,
      '-p',
      `${container.bundle}/pidfile`,
      '--persist-dir',
      container.directory,
      '-r',
      this.handler.runtime_path,
      '--runtime-arg',
      `--root=${this.root}`,
      '--socket-dir-path',
      runtime.container_attach_socket_dir,
      '--syslog',
      '-u',
      container.id,
      ...(this.systemdCgroup ? ['-s'] : []),
      ...(runtime.log_size_max >= 0 ? ['--log-size-max', String(runtime.log_size_max)] : []),
      ...(container.terminal
        ? ['-t']
        : container.stdin
          ? [...(container.stdinOnce ? [] : ['--leave-stdin-open']), '-i']
          : []),
    ];
    const pid = await this.runMonitor(ctx, container, args, log);
    container.state.initPid = pid;
    container.state.initStartTime = (await startTimeOf(ctx, pid)) ?? '';
    const monitor = Number(await readFile(ctx, `${container.bundle}/conmon-pidfile`));
    container.state.containerMonitorProcess = { pid: monitor, startTime: (await startTimeOf(ctx, monitor)) ?? '' };
  }

  /** Returns the container's pid. */
  private async runMonitor(ctx: Context, container: Container, args: readonly string[], log: Logger): Promise<number> {
    const { sys } = ctx;
    const { monitor_path: monitor } = this.handler;
    const [syncRead, syncWrite] = await sys.pipe(ctx);
    const [startRead, startWrite] = await sys.pipe(ctx);
    await ctx.cpu(LATENCY.crioExecNs);
    let pid: number;
    try {
      pid = await sys.spawn(ctx, monitor, {
        argv: [monitor, ...args],
        env: this.environment(ctx, true),
        cwd: container.bundle,
        stdio: { 0: 'null', 1: 1, 2: 2, 3: syncWrite, 4: startRead },
        processGroup: 0,
      });
    } catch (error) {
      for (const fd of [syncRead, startWrite]) await sys.close(ctx, fd);
      if (!(error instanceof Errno)) throw error;
      throw failure(`fork/exec ${monitor}: ${error.go}`);
    } finally {
      for (const fd of [syncWrite, startRead]) await sys.close(ctx, fd);
    }
    try {
      await this.moveMonitor(ctx, container, pid);
      try {
        await sys.write(ctx, startWrite, Uint8Array.of(0));
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        const status = await sys.wait(ctx, pid);
        throw failure(`failed to wait ${exitText(status as WaitStatus)} after failing with: write child: ${error.go}`);
      } finally {
        await sys.close(ctx, startWrite);
      }
      const status = (await sys.wait(ctx, pid)) as WaitStatus;
      if (!succeeded(status)) throw failure(exitText(status));
      return await this.readPid(ctx, syncRead, log);
    } catch (error) {
      await removeAll(ctx, container.logPath);
      await this.delete(ctx, container).catch((other: unknown) => void messageOf(other));
      throw error;
    } finally {
      await sys.close(ctx, syncRead);
    }
  }

  private async readPid(ctx: Context, fd: number, log: Logger): Promise<number> {
    const line = await new LineReader(fd).next(ctx);
    if (line === null) throw failure('error reading container (probably exited) json message: EOF');
    const { pid, message } = JSON.parse(line) as { pid: number; message?: string };
    if (pid !== -1) return pid;
    if (message === undefined || message === '') {
      await log.error(ctx, 'Container creation failed');
      throw failure('container create failed');
    }
    await log.error(ctx, `Container creation error: ${message}`);
    throw failure(`container create failed: ${message}`);
  }

  /** Into a scope of its own, with a signal that it does not mind: at a shutdown it is to see the container's end. */
  protected async moveMonitor(ctx: Context, container: Container, pid: number): Promise<void> {
    const { monitor_cgroup: slice } = this.handler;
    if (!this.systemdCgroup || !slice.endsWith('.slice')) return;
    const unit = `crio-conmon-${container.id}.scope`;
    const told = 'failed to add conmon to systemd sandbox cgroup';
    let refused: string | null;
    try {
      refused = await startScope(ctx, {
        unit,
        slice,
        description: unit,
        pid,
        properties: ['KillSignal=SIGPIPE'],
        dependencies: ['After=crio.service'],
      });
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw failure(`${told}: ${pathFailure('dial unix', '/run/systemd/private', error).message}`);
    }
    if (refused !== null) throw failure(`${told}: start transient unit ${JSON.stringify(unit)}: ${refused}`);
  }

  async start(ctx: Context, container: Container): Promise<void> {
    if (container.spoofed) return;
    const unlock = await container.lock.lock();
    try {
      await this.runtimeCommand(ctx, ['start', container.id]);
      container.state.started = stamp(ctx);
    } finally {
      unlock();
    }
  }

  async stop(ctx: Context, container: Container, timeoutSeconds: number, log: Logger): Promise<void> {
    if (container.spoofed) {
      container.state.status = 'stopped';
      container.state.finished = stamp(ctx);
      return;
    }
    if (!(await isLiving(ctx, container))) {
      container.state.finished = stamp(ctx);
      return;
    }
    if (container.stopping === null) this.startStopLoop(ctx.withDeadline(null), container, log);
    const { stopping } = container;
    stopping?.shorten(timeoutSeconds);
    await stopping?.done.wait();
  }

  private startStopLoop(ctx: Context, container: Container, log: Logger): void {
    const done = new Future<void>(ctx.scheduler);
    let target = Number.POSITIVE_INFINITY;
    container.stopping = {
      done,
      shorten: (seconds) => {
        target = Math.min(target, ctx.now + seconds * 1e9);
      },
    };
    ctx.go('stop', async (inner) => {
      const unlock = await container.lock.lock();
      try {
        await this.stopLoop(inner, container, log, () => target);
      } finally {
        container.state.finished = stamp(inner);
        container.stopping = null;
        unlock();
        done.resolve();
      }
    });
  }

  private async stopLoop(ctx: Context, container: Container, log: Logger, target: () => number): Promise<void> {
    if (container.state.status === 'paused') await this.quietly(ctx, ['resume', container.id]);
    const killed = await this.quietly(ctx, ['kill', container.id, container.stopSignal]);
    if (!killed && !(await isLiving(ctx, container))) return;
    let looked = ctx.now;
    while (ctx.now < target()) {
      await ctx.sleep(Math.max(0, Math.min(looked + STOP_POLL_NS, target()) - ctx.now));
      if (ctx.now < looked + STOP_POLL_NS) continue;
      looked = ctx.now;
      if (!(await isLiving(ctx, container))) return;
    }
    await log.warn(
      ctx,
      `Stopping container ${container.id} with stop signal(${container.stopSignal}) timed out. Killing...`,
    );
    for (let pause = KILL_BACKOFF_NS; ; pause = Math.min(pause * 2, KILL_BACKOFF_MAX_NS)) {
      await this.quietly(ctx, ['kill', container.id, 'KILL']);
      if (!(await isLiving(ctx, container))) return;
      await ctx.sleep(pause);
    }
  }

  private async quietly(ctx: Context, args: readonly string[]): Promise<boolean> {
    try {
      await this.runtimeCommand(ctx, args);
      return true;
    } catch (error) {
      messageOf(error);
      return false;
    }
  }

  async delete(ctx: Context, container: Container): Promise<void> {
    if (container.spoofed) return;
    const unlock = await container.lock.lock();
    try {
      await this.runtimeCommand(ctx, ['delete', '--force', container.id]);
    } catch (error) {
      if (!/not found$/.test(messageOf(error))) throw error;
    } finally {
      unlock();
    }
  }

  async updateStatus(ctx: Context, container: Container, log: Logger): Promise<void> {
    if (container.spoofed) return;
    const unlock = await container.lock.lock();
    try {
      const { state } = container;
      if (state.exitCode !== undefined && state.finished !== ZERO_TIME) return;
      const seen = await this.readState(ctx, container, log);
      if (seen === null) return;
      if (seen.status !== 'stopped') {
        container.state = seen;
        return;
      }
      await this.readExit(ctx, container, seen, log);
    } finally {
      unlock();
    }
  }

  private async readExit(ctx: Context, container: Container, seen: ContainerState, log: Logger): Promise<void> {
    const path = this.exitFile(container);
    const found = await waitForFile(ctx, path);
    container.state = seen;
    if (!found) {
      await log.warn(
        ctx,
        `Failed to find container exit file for ${container.id}: timed out waiting for the condition`,
      );
    } else await readExitFile(ctx, container, path);
    if (await exists(ctx, `${container.bundle}/oom`)) container.state.oomKilled = true;
    // Whoever shares the node's PID namespace leaves processes behind.
    if (container.spec.linux?.namespaces?.every(({ type }) => type !== 'pid') === true)
      await this.quietly(ctx, ['kill', '-a', container.id, SIGKILL]);
  }

  /** Null: the runtime does not know it any more, and the state says so. */
  private async readState(ctx: Context, container: Container, log: Logger): Promise<ContainerState | null> {
    let text: string;
    try {
      text = await this.runtimeCommand(ctx, ['state', container.id]);
    } catch (error) {
      await log.error(ctx, `Failed to update container state for ${container.id}: ${messageOf(error)}`);
      const { state } = container;
      state.status = 'stopped';
      const path = this.exitFile(container);
      if (await waitForFile(ctx, path)) await readExitFile(ctx, container, path);
      else {
        await log.error(
          ctx,
          `Failed to update container status from exit file for ${container.id}: timed out waiting for the condition`,
        );
        state.finished = stamp(ctx);
        state.exitCode = 255;
      }
      return null;
    }
    const told = JSON.parse(text) as Partial<ContainerState> & { status: string };
    return {
      ...container.state,
      ociVersion: told.ociVersion ?? '',
      status: told.status as ContainerState['status'],
      ...(told.pid === undefined ? {} : { pid: told.pid }),
      ...(told.annotations === undefined ? {} : { annotations: told.annotations }),
      ...(told.created === undefined ? {} : { created: told.created }),
    };
  }

  private exitFile(container: Container): string {
    return `${container.directory}/exit`;
  }

  async update(ctx: Context, container: Container, resources: Resources): Promise<void> {
    if (container.spoofed) return;
    const unlock = await container.lock.lock();
    try {
      const args = ['--root', this.root, 'update', '--resources', '-', container.id];
      const result = await run(
        ctx,
        this.handler.runtime_path,
        args,
        this.environment(ctx, false),
        JSON.stringify(resources),
      );
      if (result.status === null || !succeeded(result.status))
        throw failure(
          `updating resources for container "${container.id}" failed: ${result.stderr} ${result.stdout}: ${result.failure}`,
        );
    } finally {
      unlock();
    }
  }

  async pause(ctx: Context, container: Container): Promise<void> {
    await this.runtimeCommand(ctx, ['pause', container.id]);
  }

  async resume(ctx: Context, container: Container): Promise<void> {
    await this.runtimeCommand(ctx, ['resume', container.id]);
  }
}

export function succeeded(status: WaitStatus): boolean {
  return status.signal === null && status.exitCode === 0;
}

type Run = { stdout: string; stderr: string; status: WaitStatus | null; failure: string };

async function run(
  ctx: Context,
  path: string,
  args: readonly string[],
  env: readonly string[],
  stdin?: string,
): Promise<Run> {
  try {
    const result = await runCommand(ctx, [path, ...args], { path, env, ...(stdin === undefined ? {} : { stdin }) });
    return {
      stdout: utf8(result.stdout),
      stderr: utf8(result.stderr),
      status: result.status,
      failure: exitText(result.status),
    };
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return { stdout: '', stderr: '', status: null, failure: `fork/exec ${path}: ${error.go}` };
  }
}

async function waitForFile(ctx: Context, path: string): Promise<boolean> {
  let pause = EXIT_FILE_FIRST_NS;
  for (let step = 1; ; step++) {
    if (await exists(ctx, path)) return true;
    if (step === EXIT_FILE_STEPS) return false;
    await ctx.sleep(Math.round(pause));
    pause *= 1.2;
  }
}

async function readExitFile(ctx: Context, container: Container, path: string): Promise<void> {
  container.state.finished = rfc3339Nano((await ctx.sys.stat(ctx, path)).mtime);
  container.state.exitCode = Number(await readFile(ctx, path));
}
