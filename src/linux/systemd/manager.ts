/**
 * systemd as pid 1: mounts the API filesystems, starts what multi-user.target wants, restarts, stops, reaps, and
 * answers systemctl on /run/systemd/private.
 * @models systemd 257 @fidelity partial: services, sockets and targets only; the control socket speaks JSON lines, not D-Bus;
 * Type=notify counts as started when the service says READY=1 on its notify socket or after exec if it has none
 */
import { Queue } from '../../sim/primitives.ts';
import type { Context } from '../context.ts';
import { Errno, isErrno } from '../errno.ts';
import { exists, mkdirAll, readFile, writeFile } from '../io.ts';
import type { Program } from '../program.ts';
import { type Signal, signalNumber } from '../signals.ts';
import { serveControl } from './control.ts';
import { earlyMounts } from './early-boot.ts';
import { SocketTable, socketSettings } from './sockets.ts';
import { type ServiceSettings, settingsOf, type Unit } from './unit.ts';
import { parseUnitFile, splitExec, type UnitFile, valuesOf } from './unit-file.ts';

const UNIT_PATHS = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'];
const JOURNAL_SOCKET = '/run/systemd/journal/stdout';
/** What systemd accepts as the name of a variable. */
const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Where a service finds the sockets that it was started for. */
const LISTEN_FDS_START = 3;
const SOCKET_RECHECK_NS = 100_000_000;
const CGROUPS = '/sys/fs/cgroup';
/** What the child of a fork exits with when execve fails. */
const EXIT_EXEC = 203;

export class Manager {
  readonly units = new Map<string, Unit>();
  private readonly waiting = new Map<string, Queue<void>>();
  private readonly byPid = new Map<number, Unit>();
  /** Exit statuses of children that the reaper collected for somebody. */
  private readonly collected = new Map<number, { exitCode: number; signal: Signal | null }>();
  private readonly exitWaiters = new Map<number, Queue<void>>();
  private readonly sockets = new SocketTable();

  async boot(ctx: Context): Promise<void> {
    await earlyMounts(ctx);
    ctx.go('reaper', (c) => this.reap(c));
    await this.loadAll(ctx);
    ctx.go('control', (c) => serveControl(c, this));
    await this.start(ctx, 'systemd-journald.service');
    for (const name of await this.wantedBy(ctx, 'sockets.target')) await this.start(ctx, name);
    for (const name of await this.wantedBy(ctx, await defaultTarget(ctx))) await this.start(ctx, name);
  }

  /** Reads every unit file; known units keep their state. */
  async loadAll(ctx: Context): Promise<void> {
    const wanted = new Set([
      ...(await this.wantedBy(ctx, 'multi-user.target')),
      ...(await this.wantedBy(ctx, 'sockets.target')),
    ]);
    for (const directory of [...UNIT_PATHS].reverse()) {
      if (!(await exists(ctx, directory))) continue;
      for (const entry of await ctx.sys.readDirectory(ctx, directory)) {
        if (!entry.name.endsWith('.service') && !entry.name.endsWith('.socket')) continue;
        const path = `${directory}/${entry.name}`;
        const masked = entry.type === 'symlink' && (await ctx.sys.readlink(ctx, path)) === '/dev/null';
        if (!masked && !(await exists(ctx, path))) continue;
        const file = masked ? null : parseUnitFile(path, await readFile(ctx, path));
        if (file !== null) await this.dropIns(ctx, entry.name, file);
        const unit = this.units.get(entry.name);
        if (unit === undefined)
          this.units.set(entry.name, this.newUnit(entry.name, file, masked, wanted.has(entry.name)));
        else Object.assign(unit, { file, masked, enabled: wanted.has(entry.name) });
      }
    }
  }

  private async dropIns(ctx: Context, name: string, file: UnitFile): Promise<void> {
    for (const directory of UNIT_PATHS) {
      const path = `${directory}/${name}.d`;
      if (!(await exists(ctx, path))) continue;
      for (const entry of (await ctx.sys.readDirectory(ctx, path)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (!entry.name.endsWith('.conf')) continue;
        const extra = parseUnitFile(`${path}/${entry.name}`, await readFile(ctx, `${path}/${entry.name}`));
        for (const [section, pairs] of extra.sections)
          file.sections.set(section, [...(file.sections.get(section) ?? []), ...pairs]);
      }
    }
  }

  private newUnit(name: string, file: UnitFile | null, masked: boolean, enabled: boolean): Unit {
    return {
      name,
      file,
      masked,
      enabled,
      activeState: 'inactive',
      subState: 'dead',
      mainPid: 0,
      since: 0n,
      result: 'success',
      exitCode: 0,
      exitSignal: null,
      restarts: 0,
      stopping: false,
      starts: [],
    };
  }

  private async wantedBy(ctx: Context, target: string): Promise<string[]> {
    const names = new Set<string>();
    for (const directory of UNIT_PATHS) {
      const path = `${directory}/${target}.wants`;
      if (!(await exists(ctx, path))) continue;
      for (const entry of await ctx.sys.readDirectory(ctx, path)) names.add(entry.name);
    }
    return [...names].sort();
  }

  private setState(ctx: Context, unit: Unit, activeState: Unit['activeState'], subState: string): void {
    if (unit.activeState !== activeState) unit.since = ctx.wallTime;
    unit.activeState = activeState;
    unit.subState = subState;
    ctx.trace.emit(0, ctx.process.pid, {
      kind: 'state',
      component: 'systemd',
      topic: 'unit',
      key: unit.name,
      value: { activeState, subState, mainPid: unit.mainPid },
    });
    this.waiting.get(unit.name)?.push();
  }

  /** A line of the manager's own in the journal. */
  private async say(ctx: Context, unit: Unit | null, text: string, child?: string): Promise<void> {
    const line = JSON.stringify({
      MESSAGE: text,
      PRIORITY: '6',
      SYSLOG_IDENTIFIER: child ?? 'systemd',
      _PID: child === undefined ? '1' : String(ctx.process.pid),
      ...(unit === null ? {} : { UNIT: unit.name }),
      _SYSTEMD_UNIT: child === undefined || unit === null ? 'init.scope' : unit.name,
      __REALTIME_TIMESTAMP: String(ctx.wallTime / 1000n),
    });
    ctx.trace.emit(0, ctx.process.pid, { kind: 'log', source: child ?? 'systemd', text });
    for (const directory of ['/var/log/journal', '/run/log/journal']) {
      try {
        await mkdirAll(ctx, directory);
        await writeFile(ctx, `${directory}/node.journal.jsonl`, `${line}\n`, { append: true });
        return;
      } catch (error) {
        // Storage=auto: volatile where the disk cannot be written.
        if (!isErrno(error, 'EROFS')) throw error;
      }
    }
  }

  find(name: string): Unit | null {
    return this.units.get(name.includes('.') ? name : `${name}.service`) ?? null;
  }

  /** Resolves to null when it is up, else to the reason as systemctl prints it. */
  async start(ctx: Context, name: string): Promise<string | null> {
    const unit = this.find(name);
    if (unit === null) return `Failed to start ${name}: Unit ${name} not found.`;
    if (unit.masked || unit.file === null) return `Failed to start ${name}: Unit ${name} is masked.`;
    if (unit.activeState === 'active' || unit.activeState === 'activating') return null;
    const settings = settingsOf(unit.file);
    for (const wanted of settings.wants)
      if (/\.(?:service|socket)$/.test(wanted) && this.find(wanted) !== null) await this.start(ctx, wanted);
    if (unit.name.endsWith('.socket')) return this.startSocket(ctx, unit, settings);
    unit.stopping = false;
    unit.starts = unit.starts.filter((t) => ctx.now - t < settings.startLimitIntervalNs);
    if (unit.starts.length >= settings.startLimitBurst && settings.startLimitIntervalNs > 0) {
      unit.result = 'start-limit-hit';
      this.setState(ctx, unit, 'failed', 'failed');
      await this.say(ctx, unit, `${unit.name}: Start request repeated too quickly.`);
      await this.say(ctx, unit, `${unit.name}: Failed with result 'start-limit-hit'.`);
      await this.say(ctx, unit, `Failed to start ${unit.name} - ${settings.description}.`);
      return this.failureText(unit);
    }
    unit.starts.push(ctx.now);
    await this.say(ctx, unit, `Starting ${unit.name} - ${settings.description}...`);
    this.setState(ctx, unit, 'activating', 'start');
    const cgroup = await this.makeCgroup(ctx, unit, settings);
    for (const line of settings.execStartPre) {
      const optional = line.startsWith('-');
      const code = await this.runOnce(ctx, unit, settings, line.replace(/^-/, ''), cgroup);
      if (code !== 0 && !optional) return this.failed(ctx, unit, settings, code, null);
    }
    const line = settings.execStart[0] ?? '/bin/false';
    const pid = await this.spawn(ctx, unit, settings, line.replace(/^[-@!+:]+/, ''), cgroup);
    unit.mainPid = pid;
    this.byPid.set(pid, unit);
    if (settings.type === 'oneshot') {
      const status = await this.waitFor(ctx, pid);
      unit.mainPid = 0;
      if (status.exitCode !== 0 || status.signal !== null)
        return this.failed(ctx, unit, settings, status.exitCode, status.signal);
      this.setState(
        ctx,
        unit,
        settings.remainAfterExit ? 'active' : 'inactive',
        settings.remainAfterExit ? 'exited' : 'dead',
      );
    } else {
      if (settings.type === 'notify' && !(await this.waitReady(ctx, unit))) return this.failureText(unit);
      this.setState(ctx, unit, 'active', 'running');
      ctx.go(`watch-${unit.name}`, (c) => this.watch(c, unit, settings, pid));
    }
    await this.say(ctx, unit, `Started ${unit.name} - ${settings.description}.`);
    return null;
  }

  private async startSocket(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<string | null> {
    if (unit.file === null) return null;
    const own = socketSettings(unit.name, unit.file);
    unit.stopping = false;
    const service = this.find(own.service);
    // Its descriptors cannot be given to a service that runs already.
    if (service !== null && service.activeState === 'active') {
      const text = `${unit.name}: Socket service ${own.service} already active, refusing.`;
      await this.say(ctx, unit, text);
      await this.say(ctx, unit, `Failed to listen on ${unit.name} - ${settings.description}.`);
      return `Job for ${unit.name} failed.\nSee "systemctl status ${unit.name}" and "journalctl -xeu ${unit.name}" for details.`;
    }
    const problem = await this.sockets.listen(ctx, unit, own);
    if (problem !== null) {
      await this.say(ctx, unit, `${unit.name}: ${problem}`);
      this.setState(ctx, unit, 'failed', 'failed');
      return this.failureText(unit);
    }
    await this.say(ctx, unit, `Listening on ${unit.name} - ${settings.description}.`);
    this.setState(ctx, unit, 'active', 'listening');
    ctx.go(`activate-${unit.name}`, (c) => this.activate(c, unit, own.service));
    return null;
  }

  /** Starts the service whenever a client knocks while nobody is there to answer. */
  private async activate(ctx: Context, unit: Unit, name: string): Promise<void> {
    const [fd] = this.sockets.descriptors(unit.name);
    while (fd !== undefined && unit.subState === 'listening') {
      await ctx.sys.pollListener(ctx, fd);
      if (unit.subState !== 'listening') return;
      if (this.find(name)?.activeState === 'inactive' || this.find(name)?.activeState === 'failed') {
        const refused = await this.start(ctx, name);
        if (refused === null) continue;
        await this.say(ctx, unit, `${unit.name}: Failed with result 'service-start-limit-hit'.`);
        await this.sockets.close(ctx, unit, null);
        this.setState(ctx, unit, 'failed', 'failed');
        return;
      }
      // Somebody is there, or on the way.
      await ctx.sleep(SOCKET_RECHECK_NS);
    }
  }

  /** Sockets that are for this service: they become its descriptors from the fourth on. */
  private socketsFor(unit: Unit): number[] {
    const found: number[] = [];
    for (const other of this.units.values())
      if (other.name.endsWith('.socket') && other.file !== null && other.activeState === 'active')
        if (socketSettings(other.name, other.file).service === unit.name)
          found.push(...this.sockets.descriptors(other.name));
    return found;
  }

  /** Sockets that would start a service again. */
  activatedBy(unit: Unit): string[] {
    return [...this.units.values()]
      .filter((other) => other.name.endsWith('.socket') && other.file !== null && other.activeState === 'active')
      .filter((other) => other.file !== null && socketSettings(other.name, other.file).service === unit.name)
      .map(({ name }) => name);
  }

  private failureText(unit: Unit): string {
    return `Job for ${unit.name} failed because the control process exited with error code.\nSee "systemctl status ${unit.name}" and "journalctl -xeu ${unit.name}" for details.`;
  }

  private async failed(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    exitCode: number,
    signal: Signal | null,
  ): Promise<string> {
    unit.mainPid = 0;
    unit.exitCode = exitCode;
    unit.exitSignal = signal;
    unit.result = signal === null ? 'exit-code' : 'signal';
    await this.say(
      ctx,
      unit,
      `${unit.name}: Main process exited, code=${signal === null ? 'exited' : 'killed'}, status=${describeStatus(exitCode, signal)}`,
    );
    await this.say(ctx, unit, `${unit.name}: Failed with result '${unit.result}'.`);
    await this.say(ctx, unit, `Failed to start ${unit.name} - ${settings.description}.`);
    this.setState(ctx, unit, 'failed', 'failed');
    return this.failureText(unit);
  }

  private readonly ready = new Map<number, Queue<boolean>>();

  /** sd_notify: the service connects to /run/systemd/notify and writes READY=1. */
  async notified(pid: number, text: string): Promise<void> {
    if (/^READY=1$/m.test(text)) this.ready.get(pid)?.push(true);
  }

  private async waitReady(ctx: Context, unit: Unit): Promise<boolean> {
    const queue = new Queue<boolean>(ctx.scheduler);
    const pid = unit.mainPid;
    this.ready.set(pid, queue);
    ctx.go('ready-or-dead', async (c) => {
      const status = await this.waitFor(c, pid);
      if (this.ready.get(pid) !== queue) return;
      unit.exitCode = status.exitCode;
      unit.exitSignal = status.signal;
      queue.push(false);
    });
    const ok = (await queue.take()) === true;
    this.ready.delete(pid);
    if (ok || unit.file === null) return ok;
    const settings = settingsOf(unit.file);
    await this.failed(ctx, unit, settings, unit.exitCode, unit.exitSignal);
    await this.maybeRestart(ctx, unit, settings, true);
    return false;
  }

  private async makeCgroup(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<string> {
    const path = `${CGROUPS}/${settings.slice}/${unit.name}`;
    await mkdirAll(ctx, path);
    if (settings.tasksMax !== null) await writeFile(ctx, `${path}/pids.max`, String(settings.tasksMax));
    return path;
  }

  private async environment(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<Map<string, string>> {
    const env = new Map<string, string>([
      ['LANG', 'C.UTF-8'],
      ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'],
    ]);
    const put = (assignment: string): void => {
      const equals = assignment.indexOf('=');
      if (equals > 0)
        env.set(assignment.slice(0, equals), assignment.slice(equals + 1).replace(/^(["'])(.*)\1$/s, '$2'));
    };
    for (const line of settings.environment)
      for (const match of line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g))
        put(match[1] ?? match[2] ?? (match[3] as string));
    for (const file of settings.environmentFiles) {
      const path = file.replace(/^-/, '');
      try {
        for (const line of (await readFile(ctx, path)).split('\n').map((one) => one.trim())) {
          if (/^(?:[#;]|$)/.test(line) || !line.includes('=')) continue;
          if (ENVIRONMENT_NAME.test(line.slice(0, line.indexOf('=')))) put(line);
          else await this.say(ctx, unit, `${unit.name}: Ignoring invalid environment assignment '${line}': ${path}`);
        }
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
      }
    }
    return env;
  }

  private async spawn(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    line: string,
    cgroup: string,
  ): Promise<number> {
    const env = await this.environment(ctx, unit, settings);
    const argv = splitExec(line, env);
    const path = argv[0] ?? '';
    if (settings.type === 'notify') env.set('NOTIFY_SOCKET', '/run/systemd/notify');
    env.set('INVOCATION_ID', ctx.random.hex(32));
    const inherited = this.socketsFor(unit);
    if (inherited.length > 0) env.set('LISTEN_FDS', String(inherited.length));
    const output = await this.journalStream(ctx, unit, path);
    try {
      const pid = await ctx.sys.spawn(ctx, path, {
        argv,
        env: [...env].map(([k, v]) => `${k}=${v}`),
        cwd: settings.workingDirectory,
        cgroup,
        newSession: true,
        oomScoreAdj: settings.oomScoreAdj,
        stdio: {
          0: 'null',
          1: output,
          2: output,
          ...Object.fromEntries(inherited.map((fd, i) => [LISTEN_FDS_START + i, fd])),
        },
      });
      return pid;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return this.failToExecute(ctx, unit, path, error, cgroup);
    } finally {
      await ctx.sys.close(ctx, output);
    }
  }

  /** The fork has succeeded: it is the child that says why it could not become the program, and exits. */
  private failToExecute(ctx: Context, unit: Unit, path: string, error: Errno, cgroup: string): Promise<number> {
    const comm = `(${path.slice(path.lastIndexOf('/') + 1)})`;
    return ctx.sys.fork(
      ctx,
      async (c) => {
        if (error.code === 'ENOENT')
          await this.say(c, unit, `${unit.name}: Unable to locate executable '${path}': ${error.libc}`, comm);
        await this.say(c, unit, `${unit.name}: Failed at step EXEC spawning ${path}: ${error.libc}`, comm);
        return EXIT_EXEC;
      },
      { cgroup, comm },
    );
  }

  /** A stream to journald for a service's output; /dev/null while journald is not there. */
  private async journalStream(ctx: Context, unit: Unit, path: string): Promise<number> {
    try {
      const fd = await ctx.sys.connect(ctx, { family: 'unix', path: JOURNAL_SOCKET });
      const identifier = path.slice(path.lastIndexOf('/') + 1);
      await ctx.sys.write(ctx, fd, `${identifier}\n${unit.name}\n6\n1\n0\n0\n0\n`);
      return fd;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return ctx.sys.open(ctx, '/dev/null', { write: true });
    }
  }

  private async runOnce(
    ctx: Context,
    unit: Unit,
    settings: ServiceSettings,
    line: string,
    cgroup: string,
  ): Promise<number> {
    const pid = await this.spawn(ctx, unit, settings, line, cgroup);
    const status = await this.waitFor(ctx, pid);
    return status.signal === null ? status.exitCode : 128 + signalNumber(status.signal);
  }

  private async watch(ctx: Context, unit: Unit, settings: ServiceSettings, pid: number): Promise<void> {
    const status = await this.waitFor(ctx, pid);
    if (unit.mainPid !== pid) return;
    this.byPid.delete(pid);
    unit.mainPid = 0;
    unit.exitCode = status.exitCode;
    unit.exitSignal = status.signal;
    if (unit.stopping) return;
    const clean = status.exitCode === 0 && status.signal === null;
    unit.result = clean ? 'success' : status.signal === null ? 'exit-code' : 'signal';
    if (!clean) {
      await this.say(
        ctx,
        unit,
        `${unit.name}: Main process exited, code=${status.signal === null ? 'exited' : 'killed'}, status=${describeStatus(status.exitCode, status.signal)}`,
      );
      await this.say(ctx, unit, `${unit.name}: Failed with result '${unit.result}'.`);
    } else await this.say(ctx, unit, `${unit.name}: Deactivated successfully.`);
    await this.killRemaining(ctx, unit, settings);
    await this.maybeRestart(ctx, unit, settings, !clean);
  }

  private async maybeRestart(ctx: Context, unit: Unit, settings: ServiceSettings, failed: boolean): Promise<void> {
    const again =
      settings.restart === 'always' ||
      (failed && (settings.restart === 'on-failure' || settings.restart === 'on-abnormal')) ||
      (!failed && settings.restart === 'on-success');
    if (!again || unit.stopping) {
      this.setState(ctx, unit, failed ? 'failed' : 'inactive', failed ? 'failed' : 'dead');
      return;
    }
    this.setState(ctx, unit, 'activating', 'auto-restart');
    ctx.go('auto-restart', async (c) => {
      await c.sleep(settings.restartNs);
      if (unit.stopping || unit.subState !== 'auto-restart') return;
      unit.restarts++;
      await this.say(c, unit, `${unit.name}: Scheduled restart job, restart counter is at ${unit.restarts}.`);
      unit.activeState = 'inactive';
      await this.start(c, unit.name);
    });
  }

  private async killRemaining(ctx: Context, unit: Unit, settings: ServiceSettings): Promise<void> {
    if (settings.killMode === 'process' || settings.killMode === 'none') return;
    for (const pid of await this.processesOf(ctx, unit))
      await tryKill(ctx, pid, settings.killMode === 'mixed' ? 'SIGKILL' : 'SIGTERM');
  }

  async processesOf(ctx: Context, unit: Unit): Promise<number[]> {
    if (unit.file === null) return [];
    const path = `${CGROUPS}/${settingsOf(unit.file).slice}/${unit.name}/cgroup.procs`;
    if (!(await exists(ctx, path))) return [];
    return (await readFile(ctx, path))
      .split('\n')
      .filter((l) => l !== '')
      .map(Number);
  }

  async stop(ctx: Context, name: string): Promise<string | null> {
    const unit = this.find(name);
    if (unit === null) return `Failed to stop ${name}: Unit ${name} not loaded.`;
    unit.stopping = true;
    if (unit.activeState === 'inactive' || unit.activeState === 'failed') {
      this.setState(ctx, unit, unit.activeState, unit.subState);
      return null;
    }
    const settings = unit.file === null ? null : settingsOf(unit.file);
    if (settings === null) return null;
    if (unit.name.endsWith('.socket')) {
      await this.sockets.close(ctx, unit, null);
      this.setState(ctx, unit, 'inactive', 'dead');
      await this.say(ctx, unit, `${unit.name}: Deactivated successfully.`);
      await this.say(ctx, unit, `Closed ${unit.name} - ${settings.description}.`);
      return null;
    }
    await this.say(ctx, unit, `Stopping ${unit.name} - ${settings.description}...`);
    this.setState(ctx, unit, 'deactivating', 'stop-sigterm');
    const main = unit.mainPid;
    if (main !== 0) {
      const all = settings.killMode === 'control-group' ? await this.processesOf(ctx, unit) : [main];
      for (const pid of all) await tryKill(ctx, pid, 'SIGTERM');
      const timer = ctx.scheduler.at(ctx.now + Math.min(settings.timeoutStopNs, 1e15), () => {
        ctx.go('stop-timeout', (c) => tryKill(c, main, 'SIGKILL'));
      });
      await this.waitFor(ctx, main);
      ctx.scheduler.cancel(timer);
      this.byPid.delete(main);
    }
    unit.mainPid = 0;
    if (settings.killMode !== 'process' && settings.killMode !== 'none') {
      for (const pid of await this.processesOf(ctx, unit)) await tryKill(ctx, pid, 'SIGKILL');
    }
    unit.result = 'success';
    this.setState(ctx, unit, 'inactive', 'dead');
    await this.say(ctx, unit, `${unit.name}: Deactivated successfully.`);
    await this.say(ctx, unit, `Stopped ${unit.name} - ${settings.description}.`);
    return null;
  }

  async reload(ctx: Context, name: string): Promise<string | null> {
    const unit = this.find(name);
    if (unit === null || unit.file === null) return `Failed to reload ${name}: Unit ${name} not found.`;
    const settings = settingsOf(unit.file);
    if (settings.execReload.length === 0)
      return `Failed to reload ${unit.name}: Job type reload is not applicable for unit ${unit.name}.`;
    if (unit.mainPid !== 0) await tryKill(ctx, unit.mainPid, 'SIGHUP');
    return null;
  }

  async enable(ctx: Context, name: string, on: boolean): Promise<{ error: string | null; lines: string[] }> {
    const unit = this.find(name);
    if (unit === null || unit.file === null)
      return { error: `Failed to ${on ? 'enable' : 'disable'} unit: Unit ${name} does not exist`, lines: [] };
    const lines: string[] = [];
    for (const target of valuesOf(unit.file, 'Install', 'WantedBy')) {
      const directory = `/etc/systemd/system/${target}.wants`;
      const link = `${directory}/${unit.name}`;
      if (on && !(await exists(ctx, link))) {
        await mkdirAll(ctx, directory);
        await ctx.sys.symlink(ctx, unit.file.path, link);
        lines.push(`Created symlink '${link}' → '${unit.file.path}'.`);
      } else if (!on && (await exists(ctx, link))) {
        await ctx.sys.unlink(ctx, link);
        lines.push(`Removed '${link}'.`);
      }
    }
    unit.enabled = on;
    return { error: null, lines };
  }

  async mask(ctx: Context, name: string, on: boolean): Promise<string[]> {
    const full = name.includes('.') ? name : `${name}.service`;
    const path = `/etc/systemd/system/${full}`;
    if (on) {
      if (await exists(ctx, path)) return [];
      await ctx.sys.symlink(ctx, '/dev/null', path);
    } else if ((await exists(ctx, path)) && (await ctx.sys.lstat(ctx, path)).type === 'symlink')
      await ctx.sys.unlink(ctx, path);
    await this.loadAll(ctx);
    return [on ? `Created symlink '${path}' → '/dev/null'.` : `Removed '${path}'.`];
  }

  /** Exit status of a child; the reaper hands it over. */
  private async waitFor(ctx: Context, pid: number): Promise<{ exitCode: number; signal: Signal | null }> {
    for (;;) {
      const status = this.collected.get(pid);
      if (status !== undefined) return status;
      let queue = this.exitWaiters.get(pid);
      if (queue === undefined) {
        queue = new Queue<void>(ctx.scheduler);
        this.exitWaiters.set(pid, queue);
      }
      await queue.take();
    }
  }

  private async reap(ctx: Context): Promise<void> {
    const wake = new Queue<void>(ctx.scheduler);
    ctx.sys.sigaction(ctx, 'SIGCHLD', () => wake.push());
    for (;;) {
      try {
        const status = await ctx.sys.wait(ctx, -1);
        if (status === null) continue;
        this.collected.set(status.pid, { exitCode: status.exitCode, signal: status.signal });
        this.exitWaiters.get(status.pid)?.close();
        this.exitWaiters.delete(status.pid);
        if (this.collected.size > 4096) this.collected.clear();
      } catch (error) {
        if (!isErrno(error, 'ECHILD', 'EINTR')) throw error;
        if (isErrno(error, 'ECHILD')) await wake.take();
      }
    }
  }
}

async function tryKill(ctx: Context, pid: number, signal: Signal): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function describeStatus(exitCode: number, signal: Signal | null): string {
  if (signal !== null) return `${signalNumber(signal)}/${signal.slice(3)}`;
  return `${exitCode}/${exitCode === EXIT_EXEC ? 'EXEC' : exitCode === 1 ? 'FAILURE' : 'n/a'}`;
}

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
  main: async (ctx) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
      ctx.sys.sigaction(ctx, signal, () => {});
    ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
    const manager = new Manager();
    await manager.boot(ctx);
    await new Queue<void>(ctx.scheduler).take();
    return 0;
  },
};
