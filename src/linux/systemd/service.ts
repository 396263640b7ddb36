/**
 * The life of one service: conditions, the commands around its main process, what counts as started, how it is stopped,
 * and whether it comes back.
 * @models systemd 257 src/core/service.c @fidelity partial: no watchdog, no file descriptor store, one job at a time
 */
import { Queue } from '../../sim/primitives.ts';
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { exists, readFile } from '../io.ts';
import { type Signal, signalNumber } from '../signals.ts';
import { unmetCondition } from './conditions.ts';
import { execute, NOTIFY_SOCKET, parseExec, STEP_NAMES } from './exec.ts';
import { NOTICE, say, WARNING } from './journal-writer.ts';
import { type ActiveState, type ServiceSettings, settingsOf, type Unit } from './unit.ts';
import { makeCgroup, processesOf, removeCgroup } from './unit-cgroup.ts';
import { parseUnitFile } from './unit-file.ts';
import { cgroupOf, type UnitStore } from './unit-store.ts';

export type ExitStatus = { exitCode: number; signal: Signal | null };

/** What a service needs of the manager. */
export type ServiceHost = {
  readonly store: UnitStore;
  setState(ctx: Context, unit: Unit, activeState: ActiveState, subState: string): void;
  /** Exit status of a child, or null if it still runs after this long. */
  waitFor(ctx: Context, pid: number, timeoutNs?: number): Promise<ExitStatus | null>;
  /** Listening sockets that it is started with (LISTEN_FDS). */
  socketsFor(unit: Unit): readonly number[];
  /** A restart of its own accord. */
  restart(ctx: Context, unit: Unit): Promise<void>;
  /** It is down, and nobody had asked for it. */
  wentDown(ctx: Context, unit: Unit): void;
};

/** Signals that a daemon may well end with. */
const CLEAN_SIGNALS: readonly Signal[] = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'];
const MENTION_CPU_USEC = 1_000_000;
const MENTION_MEMORY_BYTES = 64 * 1024 * 1024;

export class Services {
  private readonly host: ServiceHost;
  private readonly ready = new Map<Unit, Queue<boolean>>();

  constructor(host: ServiceHost) {
    this.host = host;
  }

  label(unit: Unit): string {
    const description = this.host.store.descriptionOf(unit);
    return description === unit.name ? unit.name : `${unit.name} - ${description}`;
  }

  // --- Starting ------------------------------------------------------------------------------------------------

  /** True when it is up (or was rightly skipped); unit.result says why not. */
  async start(ctx: Context, unit: Unit): Promise<boolean> {
    if (unit.file === null) return false;
    const settings = settingsOf(unit.file);
    unit.stopping = false;
    if (!(await this.withinStartLimit(ctx, unit, settings))) return false;
    const unmet = await unmetCondition(ctx, unit.file);
    if (unmet !== null) {
      await say(ctx, unit, `${this.label(unit)} was skipped because of an unmet condition check (${unmet}).`);
      return true;
    }
    unit.starts.push(ctx.now);
    unit.result = 'success';
    unit.execs = [];
    unit.statusText = '';
    unit.invocation = ctx.random.hex(32);
    const { execCondition, execStartPre, execStartPost, type } = settings;
    const early = [...execCondition, ...execStartPre];
    const atOnce = (type === 'simple' || type === 'idle') && early.length + execStartPost.length === 0;
    if (!atOnce) await say(ctx, unit, `Starting ${this.label(unit)}...`);
    this.host.setState(ctx, unit, 'activating', early.length > 0 ? 'start-pre' : 'start');
    const cgroup = await makeCgroup(ctx, this.host.store, unit);
    await this.reportLeftOvers(ctx, unit);
    if (!(await this.startSteps(ctx, unit, settings, cgroup)))
      return unit.result === 'success' || unit.result === 'exec-condition';
    const word = type === 'oneshot' ? 'Finished' : 'Started';
    await say(ctx, unit, `${word} ${this.label(unit)}.`);
    return true;
  }

  /** From the first command to the moment that the service counts as up. */
  private async startSteps(ctx: Context, unit: Unit, settings: ServiceSettings, cgroup: string): Promise<boolean> {
    const { host } = this;
    for (const line of settings.execCondition) {
      const status = await this.control(ctx, unit, settings, 'ExecCondition', line, cgroup);
      if (status === null) return this.startFailed(ctx, unit, settings);
      if (status.exitCode === 0 && status.signal === null) continue;
      if (status.signal === null && status.exitCode < 255) {
        unit.result = 'exec-condition';
        await say(ctx, unit, `${unit.name}: Skipped due to 'exec-condition'.`);
        host.setState(ctx, unit, 'inactive', 'dead');
        return false;
      }
      return this.startFailed(ctx, unit, settings);
    }
    if (!(await this.controlAll(ctx, unit, settings, 'ExecStartPre', settings.execStartPre, cgroup)))
      return this.startFailed(ctx, unit, settings);
    if (unit.stopping) return false;
    host.setState(ctx, unit, 'activating', 'start');
    const up = await this.startMain(ctx, unit, settings, cgroup);
    if (!up || unit.stopping) return false;
    if (settings.execStartPost.length > 0) {
      host.setState(ctx, unit, 'activating', 'start-post');
      if (!(await this.controlAll(ctx, unit, settings, 'ExecStartPost', settings.execStartPost, cgroup)))
        return this.startFailed(ctx, unit, settings);
    }
    if (settings.type !== 'oneshot') host.setState(ctx, unit, 'active', unit.mainPid === 0 ? 'exited' : 'running');
    else if (settings.remainAfterExit) {
      host.setState(ctx, unit, 'active', 'exited');
      await removeCgroup(ctx, unit);
    } else {
      await this.controlAll(ctx, unit, settings, 'ExecStopPost', settings.execStopPost, cgroup);
      host.setState(ctx, unit, 'inactive', 'dead');
      await say(ctx, unit, `${unit.name}: Deactivated successfully.`);
      await removeCgroup(ctx, unit);
    }
    return true;
  }

  private async startMain(ctx: Context, unit: Unit, settings: ServiceSettings, cgroup: string): Promise<boolean> {
    const { type, timeoutStartNs } = settings;
    if (type === 'oneshot') {
      for (const line of settings.execStart) {
        const status = await this.control(ctx, unit, settings, 'ExecStart', line, cgroup, timeoutStartNs);
        if (status === null || (!this.isClean(settings, status) && !parseExec(line).ignoreFailure))
          return this.startFailed(ctx, unit, settings);
      }
      return true;
    }
    const line = settings.execStart[0] ?? '/bin/false';
    if (type === 'forking') {
      const status = await this.control(ctx, unit, settings, 'ExecStart', line, cgroup, timeoutStartNs);
      if (status === null || !this.isClean(settings, status)) return this.startFailed(ctx, unit, settings);
      unit.mainPid = await this.guessMainPid(ctx, unit, settings);
    } else {
      const notify = type === 'notify' || type === 'notify-reload';
      const queue = new Queue<boolean>(ctx.scheduler);
      if (notify) this.ready.set(unit, queue);
      const pid = await this.launch(ctx, unit, settings, 'ExecStart', line, cgroup);
      if (pid === null) return this.startFailed(ctx, unit, settings);
      unit.mainPid = pid;
      if (notify && !(await this.waitReady(ctx, unit, settings, queue))) return false;
      if (type === 'exec' && !(await this.executed(ctx, unit, pid))) return this.startFailed(ctx, unit, settings);
    }
    const pid = unit.mainPid;
    if (pid !== 0) ctx.go(`watch-${unit.name}`, (c) => this.watch(c, unit, settings, pid));
    return true;
  }

  /** Type=exec: up once the program runs; a child that failed on the way has one of the steps' exit codes. */
  private async executed(ctx: Context, unit: Unit, pid: number): Promise<boolean> {
    const status = await this.host.waitFor(ctx, pid, 1);
    if (status === null || !STEP_NAMES.has(status.exitCode)) return true;
    await this.mainExited(ctx, unit, status);
    return false;
  }

  private async guessMainPid(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<number> {
    if (settings.pidFile !== null && (await exists(ctx, settings.pidFile)))
      return Number((await readFile(ctx, settings.pidFile)).trim()) || 0;
    const pids = await processesOf(ctx, unit);
    return pids.length === 1 ? (pids[0] as number) : 0;
  }

  private async waitReady(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    queue: Queue<boolean>,
  ): Promise<boolean> {
    const pid = unit.mainPid;
    ctx.go('ready-or-dead', async (c) => {
      const status = await this.host.waitFor(c, pid, settings.timeoutStartNs);
      if (this.ready.get(unit) !== queue) return;
      if (status === null) {
        unit.result = 'timeout';
        await say(c, unit, `${unit.name}: start operation timed out. Terminating.`, { priority: WARNING });
      } else {
        await this.mainExited(c, unit, status);
        if (this.isClean(settings, status)) unit.result = 'protocol';
      }
      queue.push(false);
    });
    const ok = (await queue.take()) === true;
    if (this.ready.get(unit) === queue) this.ready.delete(unit);
    if (ok || unit.stopping) return ok;
    await this.startFailed(ctx, unit, settings);
    return false;
  }

  /** sd_notify: lines that a process of the service has sent. */
  async notified(ctx: Context, pid: number, text: string): Promise<void> {
    for (const unit of this.host.store.units.values()) {
      if (unit.mainPid !== pid && !(await processesOf(ctx, unit)).includes(pid)) continue;
      const status = /^STATUS=(.*)$/m.exec(text);
      if (status !== null) unit.statusText = status[1] ?? '';
      const main = /^MAINPID=(\d+)$/m.exec(text);
      if (main !== null) unit.mainPid = Number(main[1]);
      if (/^READY=1$/m.test(text)) this.ready.get(unit)?.push(true);
      return;
    }
  }

  private async withinStartLimit(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<boolean> {
    const { startLimitBurst: burst, startLimitIntervalNs: interval } = settings;
    unit.starts = unit.starts.filter((t) => ctx.now - t < interval);
    if (interval === 0 || burst === 0 || unit.starts.length < burst) return true;
    unit.result = 'start-limit-hit';
    await say(ctx, unit, `${unit.name}: Start request repeated too quickly.`, { priority: WARNING });
    await say(ctx, unit, `${unit.name}: Failed with result 'start-limit-hit'.`, { priority: WARNING });
    this.host.setState(ctx, unit, 'failed', 'failed');
    await say(ctx, unit, `Failed to start ${this.label(unit)}.`, { priority: 3 });
    return false;
  }

  private async startFailed(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<false> {
    if (unit.result === 'success') unit.result = 'resources';
    await this.clearAway(ctx, unit, settings);
    await say(ctx, unit, `${unit.name}: Failed with result '${unit.result}'.`, { priority: WARNING });
    const again = this.comesBack(unit, settings);
    if (!again || unit.stopping) this.host.setState(ctx, unit, 'failed', 'failed');
    await say(ctx, unit, `Failed to start ${this.label(unit)}.`, { priority: 3 });
    await this.reportUse(ctx, unit);
    if (again && !unit.stopping) this.scheduleRestart(ctx, unit, settings);
    else this.host.wentDown(ctx, unit);
    return false;
  }

  // --- Commands ------------------------------------------------------------------------------------------------

  private async launch(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    setting: string,
    text: string,
    cgroup: string,
  ): Promise<number | null> {
    const exec = parseExec(text);
    const extra: Record<string, string> = {};
    if (settings.type.startsWith('notify')) extra['NOTIFY_SOCKET'] = NOTIFY_SOCKET;
    if (unit.mainPid !== 0) extra['MAINPID'] = String(unit.mainPid);
    if (setting === 'ExecStopPost' || setting === 'ExecStop') extra['SERVICE_RESULT'] = unit.result;
    const sockets = setting === 'ExecStart' ? this.host.socketsFor(unit) : [];
    const pid = await execute(ctx, unit, settings, exec, cgroup, extra, sockets);
    if (pid === null) {
      unit.result = 'resources';
      return null;
    }
    unit.execs.push({ setting, line: exec.line, pid, exitCode: 0, signal: null, ended: false });
    return pid;
  }

  /** Runs a command to its end. Null: it could not be started or took too long; unit.result says so. */
  private async control(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    setting: string,
    text: string,
    cgroup: string,
    timeoutNs = setting.startsWith('ExecStop') ? settings.timeoutStopNs : settings.timeoutStartNs,
  ): Promise<ExitStatus | null> {
    const pid = await this.launch(ctx, unit, settings, setting, text, cgroup);
    if (pid === null) return null;
    const main = setting === 'ExecStart' && settings.type === 'oneshot';
    if (main) unit.mainPid = pid;
    const status = await this.host.waitFor(ctx, pid, timeoutNs);
    if (main) {
      unit.mainPid = 0;
      unit.lastMainPid = pid;
    }
    if (status === null) {
      unit.result = 'timeout';
      await say(
        ctx,
        unit,
        `${unit.name}: ${setting === 'ExecStart' ? 'start' : setting === 'ExecStop' ? 'stop' : 'start-pre'} operation timed out. Terminating.`,
        { priority: WARNING },
      );
      await tryKill(ctx, pid, 'SIGKILL');
      return null;
    }
    this.record(unit, pid, status);
    if (this.isClean(settings, status) || setting === 'ExecCondition') return status;
    if (main) {
      unit.exitCode = status.exitCode;
      unit.exitSignal = status.signal;
    }
    if (!parseExec(text).ignoreFailure) unit.result = status.signal === null ? 'exit-code' : 'signal';
    await say(ctx, unit, `${unit.name}: ${main ? 'Main' : 'Control'} process exited, ${exitText(status)}`, {
      priority: NOTICE,
    });
    return status;
  }

  private async controlAll(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    setting: string,
    lines: readonly string[],
    cgroup: string,
  ): Promise<boolean> {
    for (const line of lines) {
      if (setting.startsWith('ExecStart') && unit.stopping) return false;
      const status = await this.control(ctx, unit, settings, setting, line, cgroup);
      if (status === null) return false;
      if (!this.isClean(settings, status) && !parseExec(line).ignoreFailure) return false;
    }
    return true;
  }

  private record(unit: Unit, pid: number, status: ExitStatus): void {
    const found = unit.execs.find((one) => one.pid === pid);
    if (found !== undefined) Object.assign(found, status, { ended: true });
  }

  private isClean(settings: ServiceSettings, { exitCode, signal }: ExitStatus): boolean {
    if (signal !== null) {
      if (settings.successStatus.some((one) => `SIG${one.replace(/^SIG/, '')}` === signal)) return true;
      return settings.type !== 'oneshot' && CLEAN_SIGNALS.includes(signal);
    }
    return exitCode === 0 || settings.successStatus.includes(String(exitCode));
  }

  // --- Ending --------------------------------------------------------------------------------------------------

  private async mainExited(ctx: Context, unit: Unit, status: ExitStatus): Promise<void> {
    const settings = settingsNow(unit);
    this.record(unit, unit.mainPid, status);
    unit.lastMainPid = unit.mainPid;
    unit.mainPid = 0;
    unit.exitCode = status.exitCode;
    unit.exitSignal = status.signal;
    if (this.isClean(settings, status)) return;
    unit.result = status.signal === null ? 'exit-code' : 'signal';
    await say(ctx, unit, `${unit.name}: Main process exited, ${exitText(status)}`, { priority: NOTICE });
  }

  private async watch(ctx: Context, unit: Unit, settings: ServiceSettings, pid: number): Promise<void> {
    const status = await this.host.waitFor(ctx, pid);
    if (unit.mainPid !== pid || status === null) return;
    if (unit.stopping) return;
    await this.mainExited(ctx, unit, status);
    if (unit.result === 'success' && settings.remainAfterExit) {
      this.host.setState(ctx, unit, 'active', 'exited');
      return;
    }
    await this.clearAway(ctx, unit, settings);
    const failed = unit.result !== 'success';
    if (failed) await say(ctx, unit, `${unit.name}: Failed with result '${unit.result}'.`, { priority: WARNING });
    else await say(ctx, unit, `${unit.name}: Deactivated successfully.`);
    await this.reportRemaining(ctx, unit);
    await this.reportUse(ctx, unit);
    if (this.comesBack(unit, settings) && !unit.stopping) this.scheduleRestart(ctx, unit, settings);
    else {
      this.host.setState(ctx, unit, failed ? 'failed' : 'inactive', failed ? 'failed' : 'dead');
      this.host.wentDown(ctx, unit);
    }
  }

  private comesBack(unit: Unit, settings: ServiceSettings): boolean {
    const status = unit.exitSignal === null ? String(unit.exitCode) : unit.exitSignal.replace(/^SIG/, '');
    const listed = (list: readonly string[]): boolean => list.some((one) => one.replace(/^SIG/, '') === status);
    if (listed(settings.restartPrevent)) return false;
    if (listed(settings.restartForce)) return true;
    const { result } = unit;
    if (result === 'start-limit-hit') return false;
    switch (settings.restart) {
      case 'always':
        return true;
      case 'on-success':
        return result === 'success';
      case 'on-failure':
        return result !== 'success';
      case 'on-abnormal':
        return result === 'signal' || result === 'timeout' || result === 'watchdog';
      case 'on-abort':
        return result === 'signal';
      case 'on-watchdog':
        return result === 'watchdog';
      default:
        return false;
    }
  }

  private scheduleRestart(ctx: Context, unit: Unit, settings: ServiceSettings): void {
    this.host.setState(ctx, unit, 'activating', 'auto-restart');
    ctx.go('auto-restart', async (c) => {
      await c.sleep(settings.restartNs);
      if (unit.stopping || unit.subState !== 'auto-restart') return;
      unit.restarts++;
      await say(c, unit, `${unit.name}: Scheduled restart job, restart counter is at ${unit.restarts}.`);
      await this.host.restart(c, unit);
    });
  }

  /** After the main process, or instead of it: ExecStopPost, and an end to whatever else is in the cgroup. */
  private async clearAway(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<void> {
    if (settings.execStopPost.length > 0) {
      const { result } = unit;
      await this.controlAll(ctx, unit, settings, 'ExecStopPost', settings.execStopPost, cgroupPath(unit));
      if (result !== 'success') unit.result = result;
    }
    const { mainPid } = unit;
    if (mainPid !== 0) {
      unit.lastMainPid = mainPid;
      unit.mainPid = 0;
    }
    if (settings.killMode === 'none') return;
    const others = await processesOf(ctx, unit);
    if (settings.killMode === 'process') {
      if (mainPid !== 0 && others.includes(mainPid)) await tryKill(ctx, mainPid, settings.killSignal);
      return;
    }
    if (others.length > 0) {
      const gently = settings.killMode === 'control-group';
      for (const pid of others) await tryKill(ctx, pid, gently ? settings.killSignal : 'SIGKILL');
      if (!(await allGone(ctx, others, settings.timeoutStopNs))) await this.killHard(ctx, unit, 'final-sigterm');
    }
    await removeCgroup(ctx, unit);
  }

  private async killHard(ctx: Context, unit: Unit, state: string): Promise<void> {
    await say(ctx, unit, `${unit.name}: State '${state}' timed out. Killing.`, { priority: WARNING });
    const rest = await processesOf(ctx, unit);
    for (const pid of rest) {
      await say(ctx, unit, `${unit.name}: Killing process ${pid} (${await commOf(ctx, pid)}) with signal SIGKILL.`, {
        priority: NOTICE,
      });
      await tryKill(ctx, pid, 'SIGKILL');
    }
    await allGone(ctx, rest, Number.POSITIVE_INFINITY);
  }

  async stop(ctx: Context, unit: Unit): Promise<void> {
    unit.stopping = true;
    this.ready.get(unit)?.push(false);
    if (unit.activeState === 'inactive' || unit.activeState === 'failed') return;
    const settings = settingsNow(unit);
    if (unit.subState === 'auto-restart') {
      const failed = unit.result !== 'success';
      this.host.setState(ctx, unit, failed ? 'failed' : 'inactive', failed ? 'failed' : 'dead');
      await say(ctx, unit, `Stopped ${this.label(unit)}.`);
      return;
    }
    await say(ctx, unit, `Stopping ${this.label(unit)}...`);
    const cgroup = cgroupPath(unit);
    unit.result = 'success';
    if (settings.execStop.length > 0) {
      this.host.setState(ctx, unit, 'deactivating', 'stop');
      await this.controlAll(ctx, unit, settings, 'ExecStop', settings.execStop, cgroup);
    }
    this.host.setState(ctx, unit, 'deactivating', 'stop-sigterm');
    await this.killAll(ctx, unit, settings);
    await this.controlAll(ctx, unit, settings, 'ExecStopPost', settings.execStopPost, cgroup);
    const failed = unit.result !== 'success';
    if (failed) await say(ctx, unit, `${unit.name}: Failed with result '${unit.result}'.`, { priority: WARNING });
    this.host.setState(ctx, unit, failed ? 'failed' : 'inactive', failed ? 'failed' : 'dead');
    if (!failed) await say(ctx, unit, `${unit.name}: Deactivated successfully.`);
    await this.reportRemaining(ctx, unit);
    await say(ctx, unit, `Stopped ${this.label(unit)}.`);
    await this.reportUse(ctx, unit);
    await removeCgroup(ctx, unit);
  }

  /** KillSignal to whom KillMode says, SIGKILL to whoever is left after TimeoutStopSec. */
  private async killAll(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<void> {
    const main = unit.mainPid;
    const { killMode, timeoutStopNs } = settings;
    if (killMode !== 'none') {
      const members = killMode === 'process' ? [] : await processesOf(ctx, unit);
      const first = killMode === 'control-group' ? members : main === 0 ? [] : [main];
      for (const pid of new Set(main === 0 ? first : [main, ...first])) await tryKill(ctx, pid, settings.killSignal);
      let waited = true;
      if (main !== 0) {
        const status = await this.host.waitFor(ctx, main, timeoutStopNs);
        waited = status !== null;
        if (status !== null) await this.mainExited(ctx, unit, status);
      }
      if (waited && killMode === 'mixed') {
        const rest = await processesOf(ctx, unit);
        for (const pid of rest) await tryKill(ctx, pid, 'SIGKILL');
        await allGone(ctx, rest, timeoutStopNs);
      } else if (waited && killMode === 'control-group')
        waited = await allGone(ctx, await processesOf(ctx, unit), timeoutStopNs);
      if (!waited) await this.timedOut(ctx, unit, settings, main);
    }
    if (unit.mainPid !== 0) {
      unit.lastMainPid = unit.mainPid;
      unit.mainPid = 0;
    }
  }

  private async timedOut(ctx: Context, unit: Unit, settings: ServiceSettings, main: number): Promise<void> {
    if (!settings.sendSigkill) {
      await say(ctx, unit, `${unit.name}: State 'stop-sigterm' timed out. Skipping SIGKILL.`, { priority: WARNING });
      unit.result = 'timeout';
      return;
    }
    this.host.setState(ctx, unit, 'deactivating', 'stop-sigkill');
    if (settings.killMode === 'process') {
      await say(ctx, unit, `${unit.name}: State 'stop-sigterm' timed out. Killing.`, { priority: WARNING });
      await say(ctx, unit, `${unit.name}: Killing process ${main} (${await commOf(ctx, main)}) with signal SIGKILL.`, {
        priority: NOTICE,
      });
      await tryKill(ctx, main, 'SIGKILL');
    } else await this.killHard(ctx, unit, 'stop-sigterm');
    if (unit.mainPid !== 0) {
      const status = await this.host.waitFor(ctx, unit.mainPid);
      if (status !== null) await this.mainExited(ctx, unit, status);
    }
    unit.result = 'timeout';
  }

  /** Null if reloaded, else what systemctl says. */
  async reload(ctx: Context, unit: Unit): Promise<string | null> {
    if (unit.file === null) return `Failed to reload ${unit.name}: Unit ${unit.name} not found.`;
    const settings = settingsOf(unit.file);
    if (settings.execReload.length === 0 && settings.type !== 'notify-reload')
      return `Failed to reload ${unit.name}: Job type reload is not applicable for unit ${unit.name}.`;
    if (unit.activeState !== 'active') return `${unit.name} is not active, cannot reload.`;
    await say(ctx, unit, `Reloading ${this.label(unit)}...`);
    this.host.setState(ctx, unit, 'reloading', 'reload');
    let ok = true;
    if (settings.type === 'notify-reload') await tryKill(ctx, unit.mainPid, 'SIGHUP');
    ok = await this.controlAll(ctx, unit, settings, 'ExecReload', settings.execReload, cgroupPath(unit));
    unit.result = 'success';
    if (unit.mainPid !== 0) this.host.setState(ctx, unit, 'active', 'running');
    if (ok) await say(ctx, unit, `Reloaded ${this.label(unit)}.`);
    return ok ? null : failureText(unit.name, 'exit-code');
  }

  // --- Remarks -------------------------------------------------------------------------------------------------

  private async reportLeftOvers(ctx: Context, unit: Unit): Promise<void> {
    for (const pid of await processesOf(ctx, unit)) {
      await say(
        ctx,
        unit,
        `${unit.name}: Found left-over process ${pid} (${await commOf(ctx, pid)}) in control group while starting unit. Ignoring.`,
        { priority: WARNING },
      );
      await say(
        ctx,
        unit,
        `${unit.name}: This usually indicates unclean termination of a previous run, or service implementation deficiencies.`,
        { priority: WARNING },
      );
    }
  }

  private async reportRemaining(ctx: Context, unit: Unit): Promise<void> {
    for (const pid of await processesOf(ctx, unit))
      await say(
        ctx,
        unit,
        `${unit.name}: Unit process ${pid} (${await commOf(ctx, pid)}) remains running after unit stopped.`,
      );
  }

  private async reportUse(ctx: Context, unit: Unit): Promise<void> {
    const read = async (file: string): Promise<string> => readFile(ctx, `${cgroupPath(unit)}/${file}`).catch(() => '');
    const usec = Number(/^usage_usec (\d+)/m.exec(await read('cpu.stat'))?.[1] ?? 0);
    const peak = Number((await read('memory.peak')).trim());
    if (usec < MENTION_CPU_USEC && peak < MENTION_MEMORY_BYTES) return;
    const cpu =
      usec < 60_000_000
        ? `${(Math.floor(usec / 1000) / 1000).toString()}s`
        : `${Math.floor(usec / 60_000_000)}min ${Math.floor((usec % 60_000_000) / 1000) / 1000}s`;
    await say(
      ctx,
      unit,
      `${unit.name}: Consumed ${cpu} CPU time, ${Math.floor((peak * 10) / 1024 ** 2) / 10}M memory peak.`,
    );
  }
}

export function cgroupPath(unit: Unit): string {
  return `/sys/fs/cgroup${cgroupOf(unit)}`;
}

async function commOf(ctx: Context, pid: number): Promise<string> {
  return (await readFile(ctx, `/proc/${pid}/comm`).catch(() => 'n/a')).trim();
}

export async function tryKill(ctx: Context, pid: number, signal: Signal): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** Whether all of them have ended before the time is over. */
export async function allGone(ctx: Context, pids: readonly number[], timeoutNs: number): Promise<boolean> {
  if (pids.length === 0) return true;
  const queue = new Queue<boolean>(ctx.scheduler);
  ctx.go('all-gone', async (c) => {
    for (const pid of pids) await c.sys.waitExit(c, pid).catch(() => {});
    queue.push(true);
  });
  const timer = Number.isFinite(timeoutNs) ? ctx.scheduler.at(ctx.now + timeoutNs, () => queue.push(false)) : null;
  const gone = (await queue.take()) === true;
  if (timer !== null) ctx.scheduler.cancel(timer);
  return gone;
}

const EXIT_NAMES: Record<number, string> = {
  1: 'FAILURE',
  2: 'INVALIDARGUMENT',
  126: 'NOTEXECUTABLE',
  127: 'NOTFOUND',
};

/** `code=exited, status=1/FAILURE`, `code=killed, status=9/KILL`. */
function exitText({ exitCode, signal }: ExitStatus): string {
  if (signal !== null) return `code=killed, status=${signalNumber(signal)}/${signal.slice(3)}`;
  return `code=exited, status=${exitCode}/${STEP_NAMES.get(exitCode) ?? EXIT_NAMES[exitCode] ?? 'n/a'}`;
}

const REASONS: Record<string, string> = {
  resources: 'of unavailable resources or another system error',
  protocol: 'the service did not take the steps required by its unit configuration',
  timeout: 'a timeout was exceeded',
  'exit-code': 'the control process exited with error code',
  signal: 'a fatal signal was delivered to the control process',
  'start-limit-hit': 'start of the service was attempted too often',
};

/** What systemctl says of a job that failed. */
export function failureText(name: string, result: string): string {
  const see = `See "systemctl status ${name}" and "journalctl -xeu ${name}" for details.`;
  const reason = REASONS[result];
  if (reason === undefined) return `Job for ${name} failed. ${see}`;
  const force =
    result === 'start-limit-hit'
      ? `\nTo force a start use "systemctl reset-failed ${name}"\nfollowed by "systemctl start ${name}" again.`
      : '';
  return `Job for ${name} failed because ${reason}.\n${see}${force}`;
}

/** What was masked, or lost its file, while it runs is left with the defaults: KillMode=control-group among them. */
function settingsNow(unit: Unit): ServiceSettings {
  return settingsOf(unit.file ?? parseUnitFile(unit.name, '[Service]\nType=simple\n'));
}
