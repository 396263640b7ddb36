/**
 * How systemd takes the machine down: everything is stopped in the reverse of the order in which it was started, then
 * pid 1 becomes systemd-shutdown, which ends what is left, unmounts, and asks the kernel for the rest.
 * @models systemd 257 src/core/manager.c, src/shutdown/shutdown.c @fidelity partial: no inhibitors, no kexec, no watchdogs
 */
import { Queue } from '../../sim/primitives.ts';
import type { Timer } from '../../sim/scheduler.ts';
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { readFile, writeFile } from '../io.ts';
import type { Program } from '../program.ts';
import { say } from './journal-writer.ts';
import type { Manager } from './manager.ts';
import { allGone } from './service.ts';
import { isUp, kindOf, type Unit } from './unit.ts';

export type ShutdownKind = 'reboot' | 'poweroff' | 'halt';

/** There from the moment that the machine begins to go down; whoever logs in is told what it says. */
export const GOING_DOWN = '/run/nologin';
const NOTICE =
  'System is going down. Unprivileged users are not permitted to log in anymore. For technical details, see pam_nologin(8).\n';
const BINARY = '/usr/lib/systemd/systemd-shutdown';
const STOP_NS_MAX = 90_000_000_000;
const TARGETS: Record<ShutdownKind, string> = {
  reboot: 'System Reboot',
  poweroff: 'System Power Off',
  halt: 'System Halt',
};
const REBOOT = { reboot: 'reset', poweroff: 'shutdown', halt: 'halt' } as const;

export async function announceShutdown(ctx: Context): Promise<void> {
  await writeFile(ctx, GOING_DOWN, NOTICE);
}

/** `force` leaves out the stopping of units. Does not come back, unless pid 1 cannot become systemd-shutdown. */
export async function goDown(ctx: Context, manager: Manager, kind: ShutdownKind, force: boolean): Promise<void> {
  if (manager.goingDown) return;
  manager.goingDown = true;
  await announceShutdown(ctx);
  if (!force) {
    await stopEverything(ctx, manager);
    await say(ctx, null, 'Reached target shutdown.target - System Shutdown.');
    await say(ctx, null, `Reached target ${kind}.target - ${TARGETS[kind]}.`);
  }
  await say(ctx, null, 'Shutting down.');
  try {
    await ctx.sys.execve(ctx, BINARY, [BINARY, kind, '--timeout=90s'], ['LANG=C.UTF-8']);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await say(ctx, null, `Failed to execute shutdown binary, freezing: ${error.libc}`, { priority: 0 });
  }
}

/** What `shutdown +5` asks for. */
export class ShutdownSchedule {
  kind: ShutdownKind | null = null;
  /** ns since 1970. */
  at = 0n;
  private timer: Timer | null = null;

  set(ctx: Context, kind: ShutdownKind, at: bigint, due: () => void): void {
    this.cancel(ctx);
    this.kind = kind;
    this.at = at;
    this.timer = ctx.scheduler.at(ctx.now + Math.max(0, Number(at - ctx.wallTime)), due);
  }

  cancel(ctx: Context): void {
    if (this.timer !== null) ctx.scheduler.cancel(this.timer);
    this.timer = null;
    this.kind = null;
  }
}

/** Nothing stops before what was started after it has stopped. Whatever has no default dependencies stays to the end. */
async function stopEverything(ctx: Context, manager: Manager): Promise<void> {
  const units = manager.inOrder([...manager.store.units.values()].filter((unit) => mustStop(manager, unit)));
  const stopped = new Map<Unit, Queue<void>>(units.map((unit) => [unit, new Queue<void>(ctx.scheduler)]));
  for (const [i, unit] of units.entries()) {
    const later = units.slice(i + 1).filter((other) => isAfter(manager, other, unit));
    ctx.go(`shutdown-${unit.name}`, async (c) => {
      for (const other of later) await stopped.get(other)?.take();
      await manager.takeDown(c, unit);
      stopped.get(unit)?.close();
    });
  }
  for (const queue of stopped.values()) await queue.take();
}

function isAfter({ store }: Manager, one: Unit, other: Unit): boolean {
  return store.dependenciesOf(one).after.includes(other.name) || store.dependenciesOf(other).before.includes(one.name);
}

const LAST = ['systemd-journald.service', 'init.scope', '-.slice', 'system.slice', 'user.slice'];

function mustStop(manager: Manager, unit: Unit): boolean {
  if (LAST.includes(unit.name) || !(isUp(unit) || unit.activeState === 'activating')) return false;
  const kind = kindOf(unit.name);
  if (kind === 'slice') return false;
  // Those of containers are made without default dependencies: nothing pulls them down.
  if (kind === 'scope') return /^session-\d+\.scope$/.test(unit.name);
  return manager.store.hasDefaultDependencies(unit);
}

async function tell(ctx: Context, text: string): Promise<void> {
  await writeFile(ctx, '/dev/kmsg', `<30>systemd-shutdown[1]: ${text}`).catch(() => {});
}

async function everyone(ctx: Context): Promise<number[]> {
  const names = (await ctx.sys.readDirectory(ctx, '/proc')).map(({ name }) => Number(name));
  return names.filter((pid) => pid > 1);
}

async function signalEveryone(ctx: Context, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await tell(ctx, `Sending ${signal} to remaining processes...`);
  const pids = await everyone(ctx);
  await ctx.sys.kill(ctx, -1, signal).catch(() => {});
  if (!(await allGone(ctx, pids, STOP_NS_MAX)))
    for (const pid of await everyone(ctx)) {
      const comm = (await readFile(ctx, `/proc/${pid}/comm`).catch(() => '')).trim();
      await tell(ctx, `Waiting for process: ${pid} (${comm})`);
    }
}

const KEPT = /^\/(proc|sys|dev|run)?(\/|$)/;

async function unmountEverything(ctx: Context): Promise<void> {
  await tell(ctx, 'Unmounting file systems.');
  const mounts = (await readFile(ctx, '/proc/self/mountinfo')).trim().split('\n').reverse();
  for (const line of mounts) {
    const target = line.split(' ')[4] ?? '/';
    if (KEPT.test(target) && !target.startsWith('/run/')) continue;
    await ctx.sys.umount(ctx, target, { detach: true }).catch(() => {});
  }
  await ctx.sys.sync(ctx);
  await tell(ctx, 'All filesystems, swaps, loop devices, MD devices and DM devices detached.');
}

export const systemdShutdown: Program = {
  name: 'systemd-shutdown',
  layer: 'kernel',
  startCpuNs: 2_000_000,
  rssBytes: 4_000_000,
  async main(ctx, argv) {
    const kind = argv[1] as ShutdownKind;
    await tell(ctx, 'Syncing filesystems and block devices.');
    await ctx.sys.sync(ctx);
    await signalEveryone(ctx, 'SIGTERM');
    if ((await everyone(ctx)).length > 0) await signalEveryone(ctx, 'SIGKILL');
    await unmountEverything(ctx);
    await tell(ctx, { reboot: 'Rebooting.', poweroff: 'Powering off.', halt: 'Halting system.' }[kind]);
    return ctx.sys.reboot(ctx, REBOOT[kind]);
  },
};
