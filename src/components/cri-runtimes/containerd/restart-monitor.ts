/**
 * Starts containers again that are to run and do not: those with the labels that nerdctl and others leave. It looks at
 * all of them from time to time, and knows nothing but their labels and their tasks.
 * @models containerd 2.1 plugins/restart/{monitor,change}.go, core/runtime/restart/restart.go
 * @fidelity full
 */
import { parseDuration } from '../../../go/duration.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { parallel } from '../shared/concurrency.ts';
import { failure, toFailure } from '../shared/errors.ts';
import type { ContainerRecord } from './containers/container-store.ts';
import type { Parts } from './parts.ts';
import { deleteTask, loadTask } from './tasks/client-task.ts';

export const RESTART_PLUGIN = 'io.containerd.monitor.container.v1.restart';

const LABEL = 'containerd.io/restart.';
const STATUS = `${LABEL}status`;
const POLICY = `${LABEL}policy`;
const COUNT = `${LABEL}count`;
const LOG_URI = `${LABEL}loguri`;
const EXPLICITLY_STOPPED = `${LABEL}explicitly-stopped`;
const INTERVAL_NS = 10_000_000_000;

type Change = { kind: 'start' | 'stop'; container: ContainerRecord };

export function startRestartMonitor(parts: Parts): void {
  const configured = String(parts.config.plugins[RESTART_PLUGIN]?.['interval'] ?? '');
  const interval = parseDuration(configured);
  const pauseNs = interval.ok && interval.ns > 0 ? interval.ns : INTERVAL_NS;
  parts.base.go('restart-monitor', async (ctx) => {
    for (;;) {
      await parallel(ctx, 'reconcile', parts.metadata.namespaces(), (c, ns) => reconcile(c, parts, ns));
      await ctx.sleep(pauseNs);
    }
  });
}

async function reconcile(ctx: Context, parts: Parts, ns: string): Promise<void> {
  const changes: Change[] = [];
  for (const container of parts.containers.list(ns)) {
    if (container.labels[STATUS] === undefined) continue;
    const kind = await neededChange(ctx, parts, ns, container);
    if (kind !== null) changes.push({ kind, container });
  }
  await parallel(ctx, 'change', changes, async (c, { kind, container }) => {
    try {
      if (kind === 'stop') await killTask(c, parts, ns, container.id);
      else await startAgain(c, parts, ns, container);
    } catch (error) {
      await parts.log.error(c, 'apply change', toFailure(error));
    }
  });
}

async function neededChange(
  ctx: Context,
  parts: Parts,
  ns: string,
  { id, labels }: ContainerRecord,
): Promise<Change['kind'] | null> {
  const desired = labels[STATUS] ?? '';
  let status = '';
  let exitStatus = 0;
  try {
    const { state } = await loadTask(ctx, parts.tasks, ns, id);
    status = state.status;
    exitStatus = state.exitStatus;
    if (status === desired) return null;
  } catch (error) {
    await parts.log.error(ctx, 'monitor', toFailure(error));
    if (desired === 'stopped') return null;
  }
  if (desired === 'stopped') return 'stop';
  if (desired !== 'running' || status === 'paused' || status === 'pausing') return null;
  try {
    return isDue(labels, exitStatus) ? 'start' : null;
  } catch (error) {
    await parts.log.error(ctx, 'policy reconcile', toFailure(error));
    return null;
  }
}

/** restart.Reconcile. Throws what is wrong with the policy. */
function isDue(labels: Readonly<Record<string, string>>, exitStatus: number): boolean {
  const policy = labels[POLICY] ?? '';
  const [name = '', retries] = policy.split(':');
  switch (name) {
    case '':
    case 'no':
    case 'always':
    case 'unless-stopped':
      if (retries !== undefined) throw failure(`restart policy ${quote(name)} not support max retry count`);
      if (name === 'no') return false;
      return name !== 'unless-stopped' || labels[EXPLICITLY_STOPPED] !== 'true';
    case 'on-failure': {
      if (retries !== undefined && !/^[+-]?\d+$/.test(retries)) throw failure(`invalid max retry count: ${retries}`);
      const most = Number(retries ?? 0);
      return exitStatus !== 0 && (most === 0 || Number(labels[COUNT] ?? 0) < most);
    }
    default:
      throw failure(`restart policy ${quote(policy)} not supported`);
  }
}

async function startAgain(ctx: Context, parts: Parts, ns: string, container: ContainerRecord): Promise<void> {
  const { id, labels, snapshotter, snapshotKey } = container;
  const { process } = JSON.parse(container.spec.json) as { process?: { terminal?: boolean } };
  const uri = labels[LOG_URI] ?? '';
  const terminal = process?.terminal === true;
  const count = (Number.parseInt(labels[COUNT] ?? '0', 10) || 0) + 1;
  await parts.containers.update(ctx, ns, id, { labels: { ...labels, [COUNT]: String(count) } });
  await killTask(ctx, parts, ns, id).catch(toFailure);
  const rootfs = snapshotKey === '' ? [] : (parts.snapshotters.get(snapshotter)?.mounts(ns, snapshotKey) ?? []);
  const io = { stdin: '', stdout: uri, stderr: terminal ? '' : uri, terminal: terminal && uri !== '' };
  await parts.tasks.create(ctx, ns, container, rootfs, io);
  const shim = parts.tasks.get(ns, id);
  await shim.start(ctx, '');
  const { pid } = await shim.state(ctx);
  parts.tasks.announce(ctx, shim.bundle, { address: shim.params.address, status: 'running', pid });
}

/** Nothing when there is no task. */
async function killTask(ctx: Context, parts: Parts, ns: string, id: string): Promise<void> {
  const shim = parts.tasks.find(ns, id);
  if (shim !== undefined) await deleteTask(ctx, parts.tasks, ns, shim, null);
}
