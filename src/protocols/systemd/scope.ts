/**
 * A transient scope: a unit that pid 1 makes around a process that exists already, and that goes when the last process in
 * it has gone.
 * @models opencontainers/cgroups systemd/common.go, CRI-O 1.36 utils/utils_linux.go RunUnderSystemdScope
 * @fidelity partial: JSON lines instead of D-Bus
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { SystemdClient } from './client.ts';

export const SYSTEM_SLICE = 'system.slice';

export type Scope = {
  /** `cri-containerd-ID.scope` */
  unit: string;
  slice: string;
  description: string;
  pid: number;
  /** Further assignments of the section [Scope], such as `MemoryMax=1048576`. */
  properties?: readonly string[];
  /** Further assignments of the section [Unit]. */
  dependencies?: readonly string[];
};

function textOf(scope: Scope): string {
  const unit = [`Description=${scope.description}`, 'DefaultDependencies=no', ...(scope.dependencies ?? [])];
  const own = [
    `Slice=${scope.slice}`,
    'Delegate=yes',
    ...['MemoryAccounting', 'CPUAccounting', 'IOAccounting', 'TasksAccounting'].map((name) => `${name}=yes`),
    ...(scope.properties ?? []),
  ];
  return `[Unit]\n${unit.join('\n')}\n\n[Scope]\n${own.join('\n')}\n`;
}

/** One call on a connection of its own; null, or what systemd says against it. Throws the Errno of the connect. */
async function call(ctx: Context, method: string, parameters: Record<string, unknown>): Promise<string | null> {
  const client = await SystemdClient.connect(ctx);
  try {
    const reply = await client.call(ctx, method, parameters);
    return reply.ok ? null : (reply.error ?? '');
  } finally {
    await client.close(ctx);
  }
}

/** Null when the process is in its scope; else what systemd says. A failed unit of the name is cleared once. */
export async function startScope(ctx: Context, scope: Scope): Promise<string | null> {
  const parameters = { unit: scope.unit, text: textOf(scope), pids: [scope.pid] };
  const refused = await call(ctx, 'StartTransientUnit', parameters);
  if (refused === null) return null;
  await call(ctx, 'ResetFailed', { unit: scope.unit });
  return call(ctx, 'StartTransientUnit', parameters);
}

/** A unit that is not there any more is none to stop. */
export async function stopScope(ctx: Context, unit: string): Promise<void> {
  try {
    await call(ctx, 'StopUnit', { unit });
    await call(ctx, 'ResetFailed', { unit });
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** Whoever is in the scope itself asks and goes on: it is left until it ends. */
export async function askToStopScope(ctx: Context, unit: string): Promise<void> {
  try {
    await call(ctx, 'StopUnit', { unit, noBlock: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** New limits, until the next boot. Null, or what systemd says. */
export async function setScopeProperties(
  ctx: Context,
  unit: string,
  properties: readonly string[],
): Promise<string | null> {
  if (properties.length === 0) return null;
  return call(ctx, 'SetProperties', { unit, text: properties.join('\n'), runtime: true });
}
