/**
 * Containers of an OCI runtime whose monitor is one server for the whole pod: conmonrs creates them, the runtime's own
 * binary does the rest as for others.
 * @models CRI-O 1.36 internal/oci/runtime_pod.go; conmon-rs pkg/client
 * @fidelity partial: see conmonrs
 */
import { exitText } from '../../../../go/exit-text.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { LineReader, readFile, removeAll, runCommand } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, wrap } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { CrioConfig, RuntimeHandler } from '../config/defaults.ts';
import { type Container, startTimeOf } from './container.ts';
import { ExecOci, type Resizer } from './exec-oci.ts';
import type { ExecResult } from './runtime.ts';
import { RuntimeOci, succeeded } from './runtime-oci.ts';

const TIMED_OUT = 'command timed out';
const SIGTERM_PAUSE_NS = 50_000_000;
const SHUTDOWN_LOOKS = 200;

export class RuntimePod extends RuntimeOci {
  /** The pod's own container. */
  private readonly infraOf: (container: Container) => Container | undefined;

  constructor(config: CrioConfig, handler: RuntimeHandler, infraOf: (container: Container) => Container | undefined) {
    super(config, handler);
    this.infraOf = infraOf;
  }

  /** Where the pod's server has its socket. */
  directoryOf(container: Container): string {
    const infra = container.id === container.sandboxId ? container : this.infraOf(container);
    if (infra === undefined) throw failure(`sandbox ${container.sandboxId} of container ${container.id} not found`);
    return infra.spoofed ? infra.bundle : infra.directory;
  }

  /** One call, on a connection of its own. Throws an Errno if nobody listens. */
  async call<T>(ctx: Context, container: Container, request: { method: string } & Record<string, unknown>): Promise<T> {
    const { sys } = ctx;
    const fd = await sys.connect(ctx, { family: 'unix', path: `${this.directoryOf(container)}/conmon.sock` });
    try {
      await sys.write(ctx, fd, `${JSON.stringify(request)}\n`);
      const line = await new LineReader(fd).next(ctx);
      if (line === null) throw failure('rpc: connection closed');
      const answer = JSON.parse(line) as T & { error?: string };
      if (answer.error !== undefined) throw failure(answer.error);
      return answer;
    } finally {
      await sys.close(ctx, fd);
    }
  }

  private async pid(ctx: Context, container: Container): Promise<number | null> {
    try {
      return (await this.call<{ processId: number }>(ctx, container, { method: 'version' })).processId;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return null;
    }
  }

  /** Starts the pod's server, unless it runs. */
  private async startServer(ctx: Context, container: Container, log: Logger): Promise<void> {
    if ((await this.pid(ctx, container)) !== null) return;
    const { monitor_path: monitor, runtime_path: runtime, monitor_env: env } = this.handler;
    const directory = this.directoryOf(container);
    let driver = 'none';
    for (const entry of env) {
      const [name = '', value = ''] = entry.split('=');
      if (name === 'LOG_DRIVER') driver = value;
      else await log.warn(ctx, `Unknown monitor env option "${name}"`);
    }
    await ctx.cpu(LATENCY.crioExecNs);
    const argv = [
      monitor,
      ...['--runtime', runtime, '--runtime-dir', directory, '--runtime-root', this.root],
      ...['--log-level', log.level === 'warning' ? 'warn' : log.level, '--log-driver', driver],
      ...['--cgroup-manager', this.systemdCgroup ? 'systemd' : 'cgroupfs'],
    ];
    try {
      const { status, stderr } = await runCommand(ctx, argv, { path: monitor, env: [] });
      if (!succeeded(status)) {
        const told = utf8(stderr).trim();
        throw failure(`start server: run server command: ${exitText(status)}${told === '' ? '' : `: ${told}`}`);
      }
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw failure(`start server: run server command: fork/exec ${monitor}: ${error.go}`);
    }
    const pid = Number(await readFile(ctx, `${directory}/pidfile`));
    await removeAll(ctx, `${directory}/pidfile`);
    await this.moveMonitor(ctx, container, pid);
  }

  override async create(ctx: Context, container: Container, log: Logger): Promise<void> {
    if (container.id === container.sandboxId) await this.startServer(ctx, container, log);
    if (container.spoofed) return;
    const { runtime } = this.config.crio;
    const { pid } = await this.call<{ pid: number }>(ctx, container, {
      method: 'createContainer',
      id: container.id,
      bundle: container.bundle,
      terminal: container.terminal,
      stdin: container.stdin,
      logPath: container.logPath,
      exitPaths: [`${runtime.container_exits_dir}/${container.id}`, `${container.directory}/exit`],
      oomExitPaths: [`${container.bundle}/oom`],
    }).catch((error: unknown) => {
      if (isErrno(error)) throw failure(`create container: dial unix: connect: ${error.go}`);
      throw wrap('create container', error);
    });
    container.state.initPid = pid;
    container.state.initStartTime = (await startTimeOf(ctx, pid)) ?? '';
    const monitor = (await this.pid(ctx, container)) ?? 0;
    container.state.containerMonitorProcess = { pid: monitor, startTime: (await startTimeOf(ctx, monitor)) ?? '' };
  }

  /** The server goes with the pod's own container. */
  override async delete(ctx: Context, container: Container): Promise<void> {
    const isInfra = container.id === container.sandboxId;
    const pid = isInfra ? await this.pid(ctx, container) : null;
    if (!container.spoofed) await super.delete(ctx, container);
    if (!isInfra) return;
    if (pid !== null) await shutdown(ctx, pid);
  }
}

/** SIGINT, and a wait until it has gone. */
async function shutdown(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, 'SIGINT');
    for (let look = 0; look < SHUTDOWN_LOOKS; look++) {
      if ((await startTimeOf(ctx, pid)) === null) return;
      await ctx.sleep(SIGTERM_PAUSE_NS);
    }
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
    return;
  }
  throw failure('failed to shutdown client: timed out waiting for server PID to disappear');
}

export class ExecPod extends ExecOci {
  private readonly pod: RuntimePod;

  constructor(config: CrioConfig, runtime: RuntimePod) {
    super(config, runtime);
    this.pod = runtime;
  }

  override async execSync(
    ctx: Context,
    container: Container,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<ExecResult> {
    const told = await this.pod
      .call<{ exitCode: number; timedOut: boolean; stdout: number[]; stderr: number[] }>(ctx, container, {
        method: 'execSyncContainer',
        id: container.id,
        command: [...command],
        terminal: container.terminal,
        timeoutSeconds,
      })
      .catch((error: unknown) => {
        if (isErrno(error)) throw failure(`dial unix: connect: ${error.go}`);
        throw error;
      });
    if (told.timedOut) return { stdout: new Uint8Array(0), stderr: new TextEncoder().encode(TIMED_OUT), exitCode: -1 };
    return { stdout: Uint8Array.from(told.stdout), stderr: Uint8Array.from(told.stderr), exitCode: told.exitCode };
  }

  protected override attachPath(container: Container): string {
    return `${this.pod.directoryOf(container)}/${container.id}/attach`;
  }

  protected override async resizer(_ctx: Context, container: Container): Promise<Resizer> {
    return {
      resize: async (ctx, size) => {
        await this.pod.call(ctx, container, {
          method: 'setWindowSizeContainer',
          id: container.id,
          rows: size.height,
          columns: size.width,
        });
      },
      close: async () => {},
    };
  }

  override async reopenLog(ctx: Context, container: Container): Promise<void> {
    await this.pod.call(ctx, container, { method: 'reopenLogContainer', id: container.id }).catch((error: unknown) => {
      if (isErrno(error)) throw failure(`dial unix: connect: ${error.go}`);
      throw error;
    });
  }
}
