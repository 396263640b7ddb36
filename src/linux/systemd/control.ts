/** systemctl's side door: one JSON request line, one JSON reply line. @fidelity partial: our own format, not D-Bus */
import type { Context } from '../context.ts';
import { Errno } from '../errno.ts';
import { LineReader, readFile } from '../io.ts';
import { parseSignal } from '../signals.ts';
import type { Manager } from './manager.ts';
import { settingsOf, type Unit } from './unit.ts';

const SOCKET = '/run/systemd/private';
const NOTIFY = '/run/systemd/notify';

type Request = { method: string; unit?: string; signal?: string };

export async function serveControl(ctx: Context, manager: Manager): Promise<void> {
  const notify = await ctx.sys.listen(ctx, { family: 'unix', path: NOTIFY }, { mode: 0o777 });
  ctx.go('notify', async (c) => {
    for (;;) {
      const fd = await c.sys.accept(c, notify);
      const pid = c.sys.peerPid(c, fd);
      c.go('notify-read', async (inner) => {
        const text = await new LineReader(fd).next(inner);
        await inner.sys.close(inner, fd);
        if (text !== null) await manager.notified(pid, text);
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
  const outcome = (error: string | null): unknown => (error === null ? { ok: true } : { ok: false, error });
  switch (request.method) {
    case 'StartUnit':
      return outcome(await manager.start(ctx, name));
    case 'StopUnit': {
      const unit = manager.find(name);
      const error = await manager.stop(ctx, name);
      if (error !== null || unit === null) return outcome(error);
      const sockets = manager.activatedBy(unit);
      if (sockets.length === 0) return { ok: true };
      return {
        ok: true,
        warnings: [`Stopping '${unit.name}', but its triggering units are still active:`, sockets.join(', ')],
      };
    }
    case 'RestartUnit': {
      if (manager.find(name) === null)
        return { ok: false, error: `Failed to restart ${name}: Unit ${name} not found.` };
      await manager.stop(ctx, name);
      return outcome(await manager.start(ctx, name));
    }
    case 'ReloadUnit':
      return outcome(await manager.reload(ctx, name));
    case 'KillUnit': {
      const unit = manager.find(name);
      if (unit === null) return { ok: false, error: `Failed to kill unit ${name}: Unit ${name} not loaded.` };
      const signal = parseSignal(request.signal ?? 'SIGTERM');
      if (signal === null) return { ok: false, error: `Failed to parse signal string ${request.signal}.` };
      for (const pid of await manager.processesOf(ctx, unit)) await ctx.sys.kill(ctx, pid, signal);
      return { ok: true };
    }
    case 'EnableUnit':
    case 'DisableUnit': {
      const { error, lines } = await manager.enable(ctx, name, request.method === 'EnableUnit');
      return error === null ? { ok: true, messages: lines } : { ok: false, error };
    }
    case 'MaskUnit':
    case 'UnmaskUnit':
      return { ok: true, messages: await manager.mask(ctx, name, request.method === 'MaskUnit') };
    case 'Reload':
      await manager.loadAll(ctx);
      return { ok: true };
    case 'ListUnits':
      return { ok: true, units: await sequence([...manager.units.values()], (unit) => describe(ctx, manager, unit)) };
    case 'GetUnit':
    case 'IsEnabled': {
      const unit = manager.find(name);
      return unit === null
        ? { ok: false, error: `Unit ${name.includes('.') ? name : `${name}.service`} could not be found.` }
        : { ok: true, unit: await describe(ctx, manager, unit) };
    }
    default:
      return { ok: false, error: `Unknown method ${request.method}.` };
  }
}

async function sequence<A, B>(items: readonly A[], body: (item: A) => Promise<B>): Promise<B[]> {
  const out: B[] = [];
  for (const item of items) out.push(await body(item));
  return out;
}

async function describe(ctx: Context, manager: Manager, unit: Unit): Promise<unknown> {
  const settings = unit.file === null ? null : settingsOf(unit.file);
  const cgroup = settings === null ? '' : `/${settings.slice}/${unit.name}`;
  const pids = await manager.processesOf(ctx, unit);
  let memoryBytes = 0;
  if (pids.length > 0) memoryBytes = Number(await readFile(ctx, `/sys/fs/cgroup${cgroup}/memory.current`));
  return {
    name: unit.name,
    description: settings?.description ?? unit.name,
    loadState: unit.masked ? 'masked' : 'loaded',
    activeState: unit.activeState,
    subState: unit.subState,
    mainPid: unit.mainPid,
    since: String(unit.since),
    path: unit.file?.path ?? '',
    enabledState: unit.masked ? 'masked' : unit.enabled ? 'enabled' : 'disabled',
    cgroup,
    result: unit.result,
    exitCode: unit.exitCode,
    exitSignal: unit.exitSignal,
    tasks: pids.length,
    memoryBytes,
    docs: settings?.documentation ?? [],
    pids,
  };
}
