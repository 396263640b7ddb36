/**
 * systemd as pid 1: mounts the API filesystems, brings up the default target, restarts, stops, reaps, and answers
 * systemctl on /run/systemd/private.
 * @models systemd 257 @fidelity partial: services, sockets, targets, slices and scopes; the control socket speaks JSON lines,
 * not D-Bus
 */
import { LATENCY } from '../../sim/latency.ts';
import { Queue } from '../../sim/primitives.ts';
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { exists, mkdirAll, readFile, writeFile } from '../io.ts';
import type { Program } from '../program.ts';
import { parseSignal, type Signal } from '../signals.ts';
import { serveControl } from './control.ts';
import { earlyMounts } from './early-boot.ts';
import { say } from './journal-writer.ts';
import { cgroupPath, type ExitStatus, failureText, type ServiceHost, Services, tryKill } from './service.ts';
import { ShutdownSchedule } from './shutdown.ts';
import { SocketTable, socketSettings } from './sockets.ts';
import { type ActiveState, isUp, kindOf, newUnit, type Unit } from './unit.ts';
import { applyResources, makeCgroup, processesOf, removeCgroup } from './unit-cgroup.ts';
import { parseSpan, type UnitFile, valueOf } from './unit-file.ts';
import { fullName, isPerpetual, TRANSIENT, UnitStore } from './unit-store.ts';

const EXITS_KEPT = 4096;

/** What became of a request to start or stop a unit; waiters are woken when it is known. */
type Job = { unit: Unit; kind: 'start' | 'stop'; done: Queue<void>; result: 'running' | 'done' | 'failed' };

export class Manager implements ServiceHost {
  readonly store = new UnitStore();
  readonly services = new Services(this);
  private readonly jobs = new Map<Unit, Job>();
  /** Exit statuses of children that the reaper collected for somebody. */
  private readonly collected = new Map<number, ExitStatus>();
  private readonly exitWaiters = new Map<number, Set<Queue<ExitStatus | null>>>();
  private readonly adopted = new Set<Unit>();
  private readonly sockets = new SocketTable();
  /** Everything is being stopped: nothing is started any more. */
  goingDown = false;
  readonly schedule = new ShutdownSchedule();

  async boot(ctx: Context): Promise<void> {
    await earlyMounts(ctx);
    ctx.go('reaper', (c) => this.reap(c));
    await this.store.load(ctx);
    ctx.go('control', (c) => serveControl(c, this));
    await this.start(ctx, 'systemd-journald.service');
    for (const name of this.store.wantedBy('sockets.target')) await this.start(ctx, name);
    const target = await defaultTarget(ctx);
    if (this.store.find(target) !== null) await this.start(ctx, target);
    else for (const name of this.store.wantedBy(target)) await this.start(ctx, name);
  }

  get jobCount(): number {
    return this.jobs.size;
  }

  setState(ctx: Context, unit: Unit, activeState: ActiveState, subState: string): void {
    if (unit.activeState !== activeState) {
      unit.since = ctx.wallTime;
      if (activeState === 'active' && unit.activeState !== 'reloading') unit.activeSince = unit.since;
      if (activeState === 'inactive' || activeState === 'failed') unit.inactiveSince = unit.since;
    }
    unit.activeState = activeState;
    unit.subState = subState;
    ctx.trace.emit(0, ctx.process.pid, {
      kind: 'state',
      component: 'systemd',
      topic: 'unit',
      key: unit.name,
      value: { activeState, subState, mainPid: unit.mainPid },
    });
  }

  // --- Jobs ----------------------------------------------------------------------------------------------------

  /** Resolves to null when it is up, else to the reason as systemctl prints it. */
  async start(ctx: Context, name: string): Promise<string | null> {
    const anchor = this.store.find(name);
    if (anchor === null) return `Failed to start ${name}: Unit ${fullName(name)} not found.`;
    if (anchor.masked) return `Failed to start ${name}: Unit ${anchor.name} is masked.`;
    if (WITHOUT_MODEL.includes(kindOf(anchor.name)))
      return `Failed to start ${name}: not simulated: ${kindOf(anchor.name)} units`;
    if (isUp(anchor)) return null;
    if (this.goingDown)
      return `Failed to start ${name}: Transaction for ${anchor.name}/start is destructive (shutdown.target has 'start' job queued, but 'stop' is included in transaction).`;
    const plan: Unit[] = [];
    const missing = this.gather(anchor, plan, new Set());
    if (missing !== null) return `Failed to start ${name}: ${missing}`;
    for (const unit of plan) for (const other of this.conflicting(unit)) await this.stop(ctx, other.name);
    const jobs = this.inOrder(plan).map((unit) => this.newJob(ctx, unit, 'start'));
    const own = jobs.find((job) => job.unit === anchor) as Job;
    // The anchor's own job runs here, when the others are on their way.
    for (const [i, job] of [...jobs.entries()].sort(([, a], [, b]) => Number(a === own) - Number(b === own))) {
      const waits = this.orderedBefore(job, new Set(jobs.slice(0, i)));
      if (job === own) await this.runStart(ctx, job, waits);
      else ctx.go(`start-${job.unit.name}`, (c) => this.runStart(c, job, waits));
    }
    if (own.result === 'done') return null;
    if (anchor.result === 'dependency')
      return `A dependency job for ${anchor.name} failed. See 'journalctl -xe' for details.`;
    return failureText(anchor.name, anchor.result);
  }

  /** What must be started for a unit, dependencies first; a reason if something that is required cannot be. */
  private gather(unit: Unit, plan: Unit[], seen: Set<Unit>): string | null {
    if (seen.has(unit)) return null;
    seen.add(unit);
    const { requires, bindsTo, wants } = this.store.dependenciesOf(unit);
    const needed = new Set([...requires, ...bindsTo]);
    for (const name of new Set([...needed, ...wants])) {
      const other = this.store.need(name);
      if (other === null || other.masked) {
        if (!needed.has(name)) continue;
        return other === null ? `Unit ${name} not found.` : `Unit ${name} is masked.`;
      }
      const why = this.gather(other, plan, seen);
      if (why !== null && needed.has(name)) return why;
    }
    if (!isUp(unit)) plan.push(unit);
    return null;
  }

  /** After= and Before= among the units of one request; a cycle is broken where it closes. */
  inOrder(plan: readonly Unit[]): Unit[] {
    const inPlan = new Map(plan.map((unit) => [unit.name, unit]));
    const before = new Map(plan.map((unit) => [unit, new Set<Unit>()]));
    for (const unit of plan) {
      const dependencies = this.store.dependenciesOf(unit);
      for (const name of dependencies.after) {
        const other = inPlan.get(name);
        if (other !== undefined) before.get(unit)?.add(other);
      }
      for (const name of dependencies.before) {
        const other = inPlan.get(name);
        if (other !== undefined) before.get(other)?.add(unit);
      }
    }
    const out: Unit[] = [];
    const seen = new Set<Unit>();
    const visit = (unit: Unit): void => {
      if (seen.has(unit)) return;
      seen.add(unit);
      for (const other of before.get(unit) ?? []) visit(other);
      out.push(unit);
    };
    for (const unit of plan) visit(unit);
    return out;
  }

  private *conflicting(unit: Unit): Generator<Unit> {
    for (const name of this.store.dependenciesOf(unit).conflicts) {
      const other = this.store.find(name);
      if (other !== null && isUp(other)) yield other;
    }
    for (const other of this.store.dependents(unit.name, ['conflicts'])) if (isUp(other)) yield other;
  }

  private newJob(ctx: Context, unit: Unit, kind: Job['kind']): Job {
    const known = this.jobs.get(unit);
    if (known !== undefined && known.kind === kind) return known;
    const job: Job = { unit, kind, done: new Queue<void>(ctx.scheduler), result: 'running' };
    this.jobs.set(unit, job);
    return job;
  }

  /** Jobs that a start waits for: of the same request, and those that were there before. */
  private orderedBefore(job: Job, earlier: ReadonlySet<Job>): Job[] {
    const { after } = this.store.dependenciesOf(job.unit);
    return [...this.jobs.values()].filter(
      (other) =>
        other !== job &&
        (earlier.has(other) || !this.isNewer(other, job)) &&
        (after.includes(other.unit.name) || this.store.dependenciesOf(other.unit).before.includes(job.unit.name)),
    );
  }

  private isNewer(a: Job, b: Job): boolean {
    const order = [...this.jobs.values()];
    return order.indexOf(a) > order.indexOf(b);
  }

  private async settled(job: Job): Promise<void> {
    while (job.result === 'running') await job.done.take();
  }

  private finish(job: Job, ok: boolean): void {
    job.result = ok ? 'done' : 'failed';
    if (this.jobs.get(job.unit) === job) this.jobs.delete(job.unit);
    job.done.close();
  }

  private async runStart(ctx: Context, job: Job, waits: readonly Job[]): Promise<void> {
    const { unit } = job;
    for (const other of waits) await this.settled(other);
    if (job.result !== 'running') return;
    if (isUp(unit)) {
      this.finish(job, true);
      return;
    }
    const { requires, bindsTo } = this.store.dependenciesOf(unit);
    const failed = waits.some(
      (other) => other.result === 'failed' && (requires.includes(other.unit.name) || bindsTo.includes(other.unit.name)),
    );
    if (failed) {
      unit.result = 'dependency';
      await say(ctx, unit, `Dependency failed for ${this.services.label(unit)}.`, { priority: 4 });
      await say(ctx, unit, `${unit.name}: Job ${unit.name}/start failed with result 'dependency'.`, { priority: 5 });
      this.finish(job, false);
      return;
    }
    this.finish(job, await this.bringUp(ctx, unit));
  }

  private async bringUp(ctx: Context, unit: Unit): Promise<boolean> {
    switch (kindOf(unit.name)) {
      case 'service':
        return this.services.start(ctx, unit);
      case 'socket':
        return this.openSocket(ctx, unit);
      case 'slice':
        await makeCgroup(ctx, this.store, unit);
        this.setState(ctx, unit, 'active', 'active');
        await say(ctx, unit, `Created slice ${this.services.label(unit)}.`);
        return true;
      case 'target':
        this.setState(ctx, unit, 'active', 'active');
        await say(ctx, unit, `Reached target ${this.services.label(unit)}.`);
        return true;
      default:
        return false;
    }
  }

  /** Stops a unit and what cannot be without it; null, or the reason as systemctl prints it. */
  async stop(ctx: Context, name: string): Promise<string | null> {
    const unit = this.store.find(name);
    if (unit === null) return `Failed to stop ${name}: Unit ${fullName(name)} not loaded.`;
    if (isPerpetual(unit.name))
      return `Failed to stop ${name}: Operation refused, unit ${unit.name} may be requested by dependency only (it is configured to refuse manual start/stop).`;
    for (const other of this.goneWith(unit)) await this.takeDown(ctx, other);
    await this.takeDown(ctx, unit);
    return null;
  }

  /** Active units that are stopped with this one, those that were started after it first. */
  private goneWith(unit: Unit, seen = new Set<Unit>([unit])): Unit[] {
    const out: Unit[] = [];
    for (const other of this.store.dependents(unit.name, ['requires', 'bindsTo', 'partOf'])) {
      if (seen.has(other) || !(isUp(other) || other.activeState === 'activating')) continue;
      seen.add(other);
      out.push(...this.goneWith(other, seen), other);
    }
    return out;
  }

  async takeDown(ctx: Context, unit: Unit): Promise<void> {
    const job = this.newJob(ctx, unit, 'stop');
    switch (kindOf(unit.name)) {
      case 'service':
        await this.services.stop(ctx, unit);
        break;
      case 'scope':
        await this.stopScope(ctx, unit);
        break;
      case 'socket':
        if (!isUp(unit)) break;
        await this.sockets.close(ctx, unit, null);
        this.setState(ctx, unit, 'inactive', 'dead');
        await say(ctx, unit, `${unit.name}: Deactivated successfully.`);
        await say(ctx, unit, `Closed ${this.services.label(unit)}.`);
        break;
      case 'slice':
        if (isUp(unit)) {
          this.setState(ctx, unit, 'inactive', 'dead');
          await say(ctx, unit, `Removed slice ${this.services.label(unit)}.`);
        }
        await removeCgroup(ctx, unit);
        break;
      default:
        if (isUp(unit)) {
          this.setState(ctx, unit, 'inactive', 'dead');
          await say(ctx, unit, `Stopped target ${this.services.label(unit)}.`);
        }
    }
    this.finish(job, true);
    await this.forgetTransient(ctx, unit);
  }

  async restartUnit(ctx: Context, name: string): Promise<string | null> {
    const unit = this.store.find(name);
    if (unit === null) return `Failed to restart ${name}: Unit ${fullName(name)} not found.`;
    if (unit.masked) return `Failed to restart ${name}: Unit ${unit.name} is masked.`;
    const others = this.goneWith(unit).map((one) => one.name);
    const refused = await this.stop(ctx, name);
    if (refused !== null) return refused.replace('stop', 'restart');
    const error = await this.start(ctx, name);
    for (const other of others.reverse()) await this.start(ctx, other);
    return error;
  }

  /** A service's own restart, after RestartSec. */
  async restart(ctx: Context, unit: Unit): Promise<void> {
    if (this.goingDown) return;
    unit.activeState = 'inactive';
    const job = this.newJob(ctx, unit, 'start');
    await this.runStart(ctx, job, []);
  }

  wentDown(ctx: Context, unit: Unit): void {
    ctx.go(`down-${unit.name}`, async (c) => {
      for (const other of this.store.dependents(unit.name, ['bindsTo'])) {
        if (!isUp(other)) continue;
        await say(c, other, `${other.name}: Bound to unit ${unit.name}, but unit isn't active.`);
        await this.stop(c, other.name);
      }
      if (unit.activeState === 'failed' && unit.file !== null) {
        const handlers = valueOf(unit.file, 'Unit', 'OnFailure')?.split(/\s+/) ?? [];
        if (handlers.length > 0) await say(c, unit, `${unit.name}: Triggering OnFailure= dependencies.`);
        for (const name of handlers) await this.start(c, name);
      }
      await this.forgetTransient(c, unit);
    });
  }

  /** A transient unit is unloaded when it has ended well; a failed one stays to be looked at, unless told otherwise. */
  private async forgetTransient(ctx: Context, unit: Unit): Promise<void> {
    if (!unit.transient || unit.file === null) return;
    const collect = valueOf(unit.file, 'Unit', 'CollectMode') === 'inactive-or-failed';
    if (unit.activeState !== 'inactive' && !(unit.activeState === 'failed' && collect)) return;
    for (const path of unit.sources.keys())
      if (path.startsWith(`${TRANSIENT}/`)) await ctx.sys.unlink(ctx, path).catch(() => {});
    if (unit.dropIns.length > 0) await ctx.sys.rmdir(ctx, `${TRANSIENT}/${unit.name}.d`).catch(() => {});
    this.store.units.delete(unit.name);
  }

  /** Clears "failed"; all units without a name. Null, or what systemctl prints. */
  resetFailed(ctx: Context, name: string | null): string | null {
    const units = name === null ? [...this.store.units.values()] : [this.store.find(name)];
    for (const unit of units) {
      if (unit === null) return `Failed to reset failed state of unit ${name}: Unit ${name} not loaded.`;
      unit.starts = [];
      unit.restarts = 0;
      if (unit.activeState !== 'failed') continue;
      unit.result = 'success';
      unit.exitCode = 0;
      unit.exitSignal = null;
      this.setState(ctx, unit, 'inactive', 'dead');
      ctx.go('collect', (c) => this.forgetTransient(c, unit));
    }
    return null;
  }

  /** daemon-reload: files are read again, and what runs gets the limits that they now say. */
  async reload(ctx: Context): Promise<void> {
    await this.store.load(ctx);
    for (const unit of this.store.units.values())
      if (isUp(unit) && (await exists(ctx, cgroupPath(unit)))) await applyResources(ctx, unit, cgroupPath(unit));
  }

  async revert(ctx: Context, name: string): Promise<string[]> {
    const lines = await this.store.revert(ctx, name);
    await this.reload(ctx);
    return lines;
  }

  // --- Sockets -------------------------------------------------------------------------------------------------

  private async openSocket(ctx: Context, unit: Unit): Promise<boolean> {
    if (unit.file === null) return false;
    const own = socketSettings(unit.name, unit.file);
    unit.result = 'success';
    const service = this.store.find(own.service);
    let problem: string | null = null;
    // Its descriptors cannot be given to a service that runs already.
    if (service !== null && isUp(service)) problem = `Socket service ${own.service} already active, refusing.`;
    else problem = await this.sockets.listen(ctx, unit, own);
    if (problem !== null) {
      unit.result = 'resources';
      await say(ctx, unit, `${unit.name}: ${problem}`, { priority: 4 });
      this.setState(ctx, unit, 'failed', 'failed');
      await say(ctx, unit, `Failed to listen on ${this.services.label(unit)}.`, { priority: 3 });
      return false;
    }
    this.setState(ctx, unit, 'active', 'listening');
    await say(ctx, unit, `Listening on ${this.services.label(unit)}.`);
    ctx.go(`activate-${unit.name}`, (c) => this.activate(c, unit, own.service));
    return true;
  }

  /** Starts the service whenever a client knocks while nobody is there to answer. */
  private async activate(ctx: Context, unit: Unit, name: string): Promise<void> {
    const [fd] = this.sockets.descriptors(unit.name);
    while (fd !== undefined && isUp(unit)) {
      await ctx.sys.pollListener(ctx, fd);
      if (!isUp(unit)) return;
      const service = this.store.find(name);
      if (service?.activeState === 'inactive' || service?.activeState === 'failed') {
        if ((await this.start(ctx, name)) === null) continue;
        if (service.result !== 'start-limit-hit') continue;
        unit.result = 'service-start-limit-hit';
        await say(ctx, unit, `${unit.name}: Failed with result '${unit.result}'.`, { priority: 4 });
        await this.sockets.close(ctx, unit, null);
        this.setState(ctx, unit, 'failed', 'failed');
        return;
      }
      // Somebody is there, or on the way.
      await ctx.sleep(SOCKET_RECHECK_NS);
    }
  }

  /** Sockets that would start a service again. */
  activatedBy(service: Unit): Unit[] {
    return [...this.store.units.values()].filter(
      (unit) =>
        kindOf(unit.name) === 'socket' &&
        unit.file !== null &&
        isUp(unit) &&
        socketSettings(unit.name, unit.file).service === service.name,
    );
  }

  socketsFor(service: Unit): number[] {
    return this.activatedBy(service).flatMap((unit) => [...this.sockets.descriptors(unit.name)]);
  }

  // --- Transient units -----------------------------------------------------------------------------------------

  /** What systemd-run asks for: a unit file in /run, started at once. `pids` are moved into a scope. */
  async startTransient(ctx: Context, name: string, text: string, pids: readonly number[]): Promise<string | null> {
    const known = this.store.find(name);
    if (known !== null && (known.file !== null || isUp(known)))
      return `Unit ${name} was already loaded or has a fragment file.`;
    if (kindOf(name) === 'scope' && pids.length === 0) return `Scope has no PIDs. Refusing.`;
    await mkdirAll(ctx, TRANSIENT);
    await writeFile(
      ctx,
      `${TRANSIENT}/${name}`,
      `# This is a transient unit file, created programmatically via the systemd API. Do not edit.\n${text}`,
    );
    const unit = await this.store.loadTransient(ctx, name);
    if (kindOf(name) !== 'scope') return this.start(ctx, name);
    await ctx.cpu(LATENCY.systemdTransientNs);
    unit.invocation = ctx.random.hex(32);
    const cgroup = await makeCgroup(ctx, this.store, unit);
    try {
      for (const pid of pids) await writeFile(ctx, `${cgroup}/cgroup.procs`, String(pid));
    } catch (error) {
      if (!isErrno(error)) throw error;
      await removeCgroup(ctx, unit);
      await this.forgetTransient(ctx, unit);
      return `Failed to add PIDs to scope's control group: ${error.libc}`;
    }
    this.setState(ctx, unit, 'active', 'running');
    await say(ctx, unit, `Started ${this.services.label(unit)}.`);
    this.watchScope(ctx, unit);
    return null;
  }

  /** A slice or scope that somebody has made in the cgroup tree. */
  adopt(ctx: Context, name: string, file: UnitFile): void {
    const unit = newUnit(name, file);
    unit.transient = true;
    unit.since = ctx.wallTime;
    unit.activeSince = unit.since;
    unit.activeState = 'active';
    unit.subState = name.endsWith('.scope') ? 'running' : 'active';
    this.store.units.set(name, unit);
    this.adopted.add(unit);
  }

  /** Adopted units whose cgroup is gone are gone, too. */
  async dropVanished(ctx: Context): Promise<void> {
    for (const unit of this.adopted) {
      if (await exists(ctx, cgroupPath(unit))) continue;
      this.adopted.delete(unit);
      this.store.units.delete(unit.name);
    }
  }

  /** A scope ends with the last of its processes, which are not the manager's children. */
  private watchScope(ctx: Context, unit: Unit): void {
    ctx.go(`scope-${unit.name}`, async (c) => {
      for (;;) {
        const pids = await processesOf(c, unit);
        const [pid] = pids;
        if (pid === undefined) break;
        await c.sys.waitExit(c, pid).catch(() => {});
      }
      // That a cgroup is empty is what the manager looks at last.
      await c.sleep(LATENCY.systemdCgroupEmptyNs);
      if (!isUp(unit)) return;
      this.setState(c, unit, 'inactive', 'dead');
      await say(c, unit, `${unit.name}: Deactivated successfully.`);
      await removeCgroup(c, unit);
      await this.forgetTransient(c, unit);
    });
  }

  private async stopScope(ctx: Context, unit: Unit): Promise<void> {
    if (!isUp(unit)) return;
    await say(ctx, unit, `Stopping ${this.services.label(unit)}...`);
    this.setState(ctx, unit, 'deactivating', 'stop-sigterm');
    // A session's shell does not care about the first.
    const first = killSignal(unit);
    const signals: Signal[] = unit.name.startsWith('session-') ? [first, 'SIGHUP'] : [first];
    const members = await processesOf(ctx, unit);
    for (const signal of signals) for (const pid of members) await tryKill(ctx, pid, signal);
    const queue = new Queue<void>(ctx.scheduler);
    const timer = ctx.scheduler.at(ctx.now + stopTimeoutNs(unit), () => queue.push());
    ctx.go('scope-stop', async (c) => {
      for (const pid of await processesOf(c, unit)) await c.sys.waitExit(c, pid).catch(() => {});
      queue.push();
    });
    await queue.take();
    ctx.scheduler.cancel(timer);
    for (const pid of await processesOf(ctx, unit)) await tryKill(ctx, pid, 'SIGKILL');
    this.setState(ctx, unit, 'inactive', 'dead');
    await say(ctx, unit, `Stopped ${this.services.label(unit)}.`);
    await removeCgroup(ctx, unit);
  }

  // --- Children ------------------------------------------------------------------------------------------------

  async waitFor(ctx: Context, pid: number, timeoutNs = Number.POSITIVE_INFINITY): Promise<ExitStatus | null> {
    const known = this.collected.get(pid);
    if (known !== undefined) return known;
    const queue = new Queue<ExitStatus | null>(ctx.scheduler);
    const waiters = this.exitWaiters.get(pid) ?? new Set();
    this.exitWaiters.set(pid, waiters.add(queue));
    const timer = Number.isFinite(timeoutNs) ? ctx.scheduler.at(ctx.now + timeoutNs, () => queue.push(null)) : null;
    const status = (await queue.take()) ?? null;
    waiters.delete(queue);
    if (timer !== null) ctx.scheduler.cancel(timer);
    return status;
  }

  private async reap(ctx: Context): Promise<void> {
    const wake = new Queue<void>(ctx.scheduler);
    ctx.sys.sigaction(ctx, 'SIGCHLD', () => wake.push());
    for (;;) {
      try {
        const status = await ctx.sys.wait(ctx, -1);
        if (status === null) continue;
        const exit: ExitStatus = { exitCode: status.exitCode, signal: status.signal as Signal | null };
        this.collected.set(status.pid, exit);
        for (const queue of this.exitWaiters.get(status.pid) ?? []) queue.push(exit);
        this.exitWaiters.delete(status.pid);
        if (this.collected.size > EXITS_KEPT) this.collected.clear();
      } catch (error) {
        if (!isErrno(error, 'ECHILD', 'EINTR')) throw error;
        if (isErrno(error, 'ECHILD')) await wake.take();
      }
    }
  }

  pathOf(unit: Unit): string {
    return cgroupPath(unit);
  }
}

/** KillSignal= of a scope. */
function killSignal(unit: Unit): Signal {
  const text = unit.file === null ? undefined : valueOf(unit.file, 'Scope', 'KillSignal');
  return (text === undefined ? null : parseSignal(text)) ?? 'SIGTERM';
}

/** TimeoutStopSec= of a scope: how long between the first signal and SIGKILL. */
function stopTimeoutNs(unit: Unit): number {
  const text = unit.file === null ? undefined : valueOf(unit.file, 'Scope', 'TimeoutStopSec');
  return text === undefined ? SCOPE_STOP_NS : parseSpan(text);
}

/** Kinds of units that are read and never do anything. */
const WITHOUT_MODEL = ['timer', 'path', 'mount'];
const SOCKET_RECHECK_NS = 100_000_000;
const SCOPE_STOP_NS = 90_000_000_000;

/** `systemd.unit=` on the kernel's command line, else what a server boots into. */
async function defaultTarget(ctx: Context): Promise<string> {
  const match = /(?:^|\s)systemd\.unit=(\S+)/.exec(await readFile(ctx, '/proc/cmdline'));
  return match?.[1] ?? 'multi-user.target';
}

export const systemd: Program = {
  name: 'systemd',
  layer: 'kernel',
  startCpuNs: 20_000_000,
  rssBytes: 13_000_000,
  main: async (ctx, argv) => {
    // `init 6`: the program of that name is this one, and passes such requests on.
    if (argv.length > 1 && argv[0]?.endsWith('init') && ctx.sys.getpid(ctx) !== 1)
      return ctx.sys.execve(ctx, '/usr/bin/systemctl', ['telinit', ...argv.slice(1)], ctx.process.env);
    // By the link that the kernel starts it would be called `init`.
    ctx.sys.setComm(ctx, 'systemd');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
      ctx.sys.sigaction(ctx, signal, () => {});
    ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
    const manager = new Manager();
    await manager.boot(ctx);
    await new Queue<void>(ctx.scheduler).take();
    return 0;
  },
};
