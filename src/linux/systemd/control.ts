/** systemctl's side door: one JSON request line, one JSON reply line. @fidelity partial: our own format, not D-Bus */
import type { Context } from '../context.ts';
import { Errno } from '../errno.ts';
import { LineReader, mkdirAll, readFile, writeFile } from '../io.ts';
import { parseSignal } from '../signals.ts';
import { NOTIFY_SOCKET } from './exec.ts';
import type { Manager } from './manager.ts';
import { announceShutdown, goDown, type ShutdownKind } from './shutdown.ts';
import { isUp, kindOf, settingsOf, type Unit } from './unit.ts';
import { applyResources, makeCgroup, processesOf, RESOURCES, resourceSection } from './unit-cgroup.ts';
import { parseUnitFile, valueOf } from './unit-file.ts';
import { cgroupOf, fullName, TRANSIENT } from './unit-store.ts';

const SOCKET = '/run/systemd/private';

type Request = {
  method: string;
  unit?: string;
  signal?: string;
  whom?: string;
  /** SetProperties: assignments; StartTransientUnit: the text of the unit. */
  text?: string;
  runtime?: boolean;
  pids?: number[];
  /** StopUnit: answered when the job is queued, not when it is done. */
  noBlock?: boolean;
  /** Shutdown: what for, when (ns since 1970), and whether without stopping units first. */
  kind?: ShutdownKind;
  at?: string;
  force?: boolean;
};

/** The reply to a request to shut down is on its way before anything is stopped. */
const REPLY_NS = 1_000_000;

export async function serveControl(ctx: Context, manager: Manager): Promise<void> {
  const notify = await ctx.sys.listen(ctx, { family: 'unix', path: NOTIFY_SOCKET }, { mode: 0o777 });
  ctx.go('notify', async (c) => {
    for (;;) {
      const fd = await c.sys.accept(c, notify);
      c.go('notify-read', async (inner) => {
        const lines = new LineReader(fd);
        const text: string[] = [];
        let pid = 0;
        for (let line = await lines.next(inner); line !== null; line = await lines.next(inner)) {
          text.push(line);
          pid = inner.sys.senderPid(inner, fd);
        }
        await inner.sys.close(inner, fd);
        await manager.services.notified(inner, pid, text.join('\n'));
      });
    }
  });
  const listener = await ctx.sys.listen(ctx, { family: 'unix', path: SOCKET }, { mode: 0o600 });
  for (;;) {
    const fd = await ctx.sys.accept(ctx, listener);
    ctx.go('control-connection', async (c) => {
      const lines = new LineReader(fd);
      try {
        for (let line = await lines.next(c); line !== null; line = await lines.next(c)) {
          const reply = await answer(c, manager, line);
          await c.sys.write(c, fd, `${JSON.stringify(reply)}\n`);
        }
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
      }
      await c.sys.close(c, fd);
    });
  }
}

async function answer(ctx: Context, manager: Manager, line: string): Promise<unknown> {
  let request: Request;
  try {
    request = JSON.parse(line) as Request;
  } catch {
    return { ok: false, error: 'Invalid request.' };
  }
  const name = request.unit ?? '';
  const { store } = manager;
  if (name !== '' && request.method !== 'StartTransientUnit') await store.discover(ctx, name);
  const outcome = (error: string | null): unknown => (error === null ? { ok: true } : { ok: false, error });
  switch (request.method) {
    case 'StartUnit':
      return { ...(outcome(await manager.start(ctx, name)) as object), ...(await warnings(ctx, manager, name)) };
    case 'StopUnit': {
      if (request.noBlock === true && store.find(name) !== null) {
        ctx.go(`stop-${name}`, async (c) => void (await manager.stop(c, name)));
        return { ok: true };
      }
      const result = outcome(await manager.stop(ctx, name)) as object;
      const unit = store.find(name);
      const sockets = unit === null ? [] : manager.activatedBy(unit).map((one) => one.name);
      const again =
        sockets.length === 0
          ? {}
          : { warnings: [`Stopping '${name}', but its triggering units are still active:`, sockets.join(', ')] };
      return { ...result, ...again, ...(await warnings(ctx, manager, name)) };
    }
    case 'RestartUnit':
      return { ...(outcome(await manager.restartUnit(ctx, name)) as object), ...(await warnings(ctx, manager, name)) };
    case 'ReloadUnit': {
      const unit = store.find(name);
      return outcome(
        unit === null ? `Failed to reload ${name}: Unit ${name} not found.` : await manager.services.reload(ctx, unit),
      );
    }
    case 'KillUnit':
      return outcome(await killUnit(ctx, manager, request));
    case 'EnableUnit':
    case 'DisableUnit': {
      const { error, lines } = await store.enable(ctx, name, request.method === 'EnableUnit');
      return error === null ? { ok: true, messages: lines } : { ok: false, error };
    }
    case 'MaskUnit':
    case 'UnmaskUnit': {
      const { error, lines } = await store.mask(ctx, name, request.method === 'MaskUnit');
      return error === null ? { ok: true, messages: lines } : { ok: false, error };
    }
    case 'RevertUnit':
      return { ok: true, messages: await manager.revert(ctx, name) };
    case 'ResetFailed':
      return outcome(manager.resetFailed(ctx, request.unit ?? null));
    case 'SetProperties':
      return outcome(await setProperties(ctx, manager, request));
    case 'StartTransientUnit':
      return outcome(await manager.startTransient(ctx, name, request.text ?? '', request.pids ?? []));
    case 'Shutdown': {
      const { kind = 'reboot', at, force = false } = request;
      await adopt(ctx, manager);
      // Whoever asked is answered first.
      const start = (): void => ctx.go('shutdown', (c) => goDown(c, manager, kind, force));
      if (at === undefined) {
        await announceShutdown(ctx);
        ctx.scheduler.at(ctx.now + REPLY_NS, start);
      } else manager.schedule.set(ctx, kind, BigInt(at), start);
      return { ok: true };
    }
    case 'CancelShutdown': {
      const { kind } = manager.schedule;
      manager.schedule.cancel(ctx);
      return { ok: true, cancelled: kind !== null };
    }
    case 'ScheduledShutdown': {
      const { kind, at } = manager.schedule;
      return { ok: true, scheduled: kind === null ? null : { kind, at: String(at) } };
    }
    case 'Reload':
      await manager.reload(ctx);
      return { ok: true };
    case 'ListUnits': {
      await adopt(ctx, manager);
      const units: unknown[] = [];
      for (const unit of [...store.units.values()]) units.push(await describe(ctx, manager, unit));
      return { ok: true, units, jobs: manager.jobCount };
    }
    case 'GetUnitByPID': {
      await adopt(ctx, manager);
      const at = (await readFile(ctx, `/proc/${request.pids?.[0] ?? 0}/cgroup`).catch(() => '')).trim().slice(3);
      const parts = at.split('/').filter((part) => /\.(service|scope)$/.test(part));
      const unit = parts[0] === undefined ? null : store.find(parts[0]);
      return unit === null
        ? { ok: false, error: `PID ${request.pids?.[0]} does not belong to any loaded unit.` }
        : { ok: true, unit: await describe(ctx, manager, unit) };
    }
    case 'GetUnit':
    case 'IsEnabled': {
      if (/\.(slice|scope)$/.test(name)) await adopt(ctx, manager);
      const unit = store.find(name);
      return unit === null
        ? { ok: false, error: `Unit ${fullName(name)} could not be found.` }
        : { ok: true, unit: await describe(ctx, manager, unit) };
    }
    default:
      return { ok: false, error: `Unknown method ${request.method}.` };
  }
}

/**
 * Slices and scopes that others have made in the cgroup tree become known. Who logs somebody in asks for a session's over
 * D-Bus; here it makes the directory, and this is where the manager finds out.
 */
async function adopt(ctx: Context, manager: Manager, path = '/sys/fs/cgroup'): Promise<void> {
  for (const entry of await ctx.sys.readDirectory(ctx, path)) {
    if (entry.type !== 'directory' || !/\.(slice|scope)$/.test(entry.name)) continue;
    if (manager.store.find(entry.name) === null) {
      const slice = path.slice(path.lastIndexOf('/') + 1);
      const section = `[Unit]\nDescription=${describeMade(entry.name)}\n${
        entry.name.endsWith('.scope') ? `[Scope]\nSlice=${slice === 'cgroup' ? '-.slice' : slice}\nDelegate=yes\n` : ''
      }`;
      manager.adopt(ctx, entry.name, parseUnitFile('', section));
    }
    if (entry.name.endsWith('.slice')) await adopt(ctx, manager, `${path}/${entry.name}`);
  }
  if (path === '/sys/fs/cgroup') await manager.dropVanished(ctx);
}

/** runc and the kubelet describe theirs alike, logind names whom a session belongs to. */
function describeMade(name: string): string {
  const user = /^user-(\d+)\.slice$/.exec(name);
  if (user !== null) return `User Slice of UID ${user[1]}`;
  const session = /^session-(\w+)\.scope$/.exec(name);
  if (session !== null) return `Session ${session[1]} of User root`;
  const container = /^(?:cri-containerd|crio|docker|libpod)-([0-9a-f]{64})\.scope$/.exec(name);
  return `libcontainer container ${container?.[1] ?? name}`;
}

async function warnings(ctx: Context, manager: Manager, name: string): Promise<{ warning?: string }> {
  const unit = manager.store.find(name);
  if (unit === null || !(await manager.store.changedOnDisk(ctx, unit))) return {};
  return {
    warning: `Warning: The unit file, source configuration file or drop-ins of ${unit.name} changed on disk. Run 'systemctl daemon-reload' to reload units.`,
  };
}

async function killUnit(ctx: Context, manager: Manager, request: Request): Promise<string | null> {
  const name = request.unit ?? '';
  const unit = manager.store.find(name);
  if (unit === null) return `Failed to kill unit ${name}: Unit ${name} not loaded.`;
  const signal = parseSignal(request.signal ?? 'SIGTERM');
  if (signal === null) return `Failed to parse signal string ${request.signal}.`;
  const all = await processesOf(ctx, unit);
  if (request.whom === 'main' && unit.mainPid === 0) return `Failed to kill unit ${unit.name}: No main process to kill`;
  const pids = request.whom === 'main' ? [unit.mainPid] : all;
  if (pids.length === 0 && !isUp(unit)) return `Failed to kill unit ${unit.name}: Unit ${unit.name} is not active`;
  for (const pid of pids) await ctx.sys.kill(ctx, pid, signal).catch(() => {});
  return null;
}

/** Each assignment becomes a drop-in of its own, and is applied to the cgroup at once. */
async function setProperties(ctx: Context, manager: Manager, request: Request): Promise<string | null> {
  const name = fullName(request.unit ?? '');
  const unit = manager.store.find(name);
  if (unit === null || unit.file === null) return `Failed to set unit properties on ${name}: Unit ${name} not found.`;
  const section = resourceSection(unit);
  const directory = unit.transient
    ? `${TRANSIENT}/${name}.d`
    : `${request.runtime ? '/run' : '/etc'}/systemd/system.control/${name}.d`;
  const pairs = (request.text ?? '').split('\n').filter((one) => one !== '');
  for (const pair of pairs) {
    const [key = '', ...rest] = pair.split('=');
    if (rest.length === 0) return `Failed to parse assignment "${pair}".`;
    if (key !== 'Description' && !RESOURCES.some((one) => one.setting === key))
      return `Failed to set unit properties on ${name}: Cannot set property ${key}, or unknown property.`;
  }
  for (const pair of pairs) {
    const [key = ''] = pair.split('=');
    await mkdirAll(ctx, directory);
    await writeFile(
      ctx,
      `${directory}/50-${key}.conf`,
      `# This is a drop-in unit file extension, created via "systemctl set-property"\n# or an equivalent operation. Do not edit.\n[${key === 'Description' ? 'Unit' : section}]\n${pair}\n`,
    );
  }
  await manager.store.reloadOne(ctx, unit);
  const active = isUp(unit) || unit.activeState === 'activating';
  if (active && kindOf(name) === 'slice') await makeCgroup(ctx, manager.store, unit);
  else if (active) await applyResources(ctx, unit, manager.pathOf(unit));
  return null;
}

async function describe(ctx: Context, manager: Manager, unit: Unit): Promise<unknown> {
  const settings = unit.file === null ? null : settingsOf(unit.file);
  const cgroup = cgroupOf(unit);
  const pids = await processesOf(ctx, unit);
  const memory =
    isUp(unit) || pids.length > 0
      ? await readFile(ctx, `/sys/fs/cgroup${cgroup}/memory.current`).catch(() => '0')
      : '0';
  const dependencies = manager.store.dependenciesOf(unit);
  const reverse = (lists: readonly (keyof typeof dependencies)[]): string[] =>
    [...manager.store.dependents(unit.name, lists)].map((one) => one.name);
  return {
    name: unit.name,
    description: manager.store.descriptionOf(unit),
    loadState: unit.masked ? 'masked' : 'loaded',
    activeState: unit.activeState,
    subState: unit.subState,
    mainPid: unit.mainPid,
    lastMainPid: unit.lastMainPid,
    since: String(unit.since),
    activeSince: String(unit.activeSince),
    inactiveSince: String(unit.inactiveSince),
    path: unit.file?.path ?? '',
    dropIns: unit.dropIns,
    needsReload: await manager.store.changedOnDisk(ctx, unit),
    enabledState: unit.masked ? 'masked' : unit.transient ? 'transient' : unit.enabled ? 'enabled' : 'disabled',
    transient: unit.transient,
    installable: unit.file?.sections.has('Install') ?? false,
    cgroup,
    slice: kindOf(unit.name) === 'slice' ? '' : (settings?.slice ?? ''),
    result: unit.result,
    exitCode: unit.exitCode,
    exitSignal: unit.exitSignal,
    restarts: unit.restarts,
    execs: unit.execs,
    invocation: unit.invocation,
    statusText: unit.statusText,
    type: settings?.type ?? '',
    settings: Object.fromEntries(
      [...(unit.file?.sections ?? [])].flatMap(([section, pairs]) =>
        section === 'Unit' || section === 'Install'
          ? []
          : pairs.map(([key]) => [key, valueOf(unit.file as NonNullable<Unit['file']>, section, key) ?? '']),
      ),
    ),
    dependencies,
    reverse: {
      requiredBy: reverse(['requires']),
      wantedBy: reverse(['wants']),
      boundBy: reverse(['bindsTo']),
      consistsOf: reverse(['partOf']),
      before: reverse(['after']),
      after: reverse(['before']),
    },
    tasks: pids.length,
    memoryBytes: Number(memory),
    docs: settings?.documentation ?? [],
    pids,
  };
}
