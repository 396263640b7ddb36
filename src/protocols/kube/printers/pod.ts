/**
 * @models kubernetes pkg/printers/internalversion/printers.go printPod
 * @fidelity full
 */
import { type Fields, field, flag, list, number, object, text, texts } from '../fields.ts';
import { humanDuration, since, timeOf } from '../human-duration.ts';
import type { Printer } from './printer.ts';

export const podPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Ready', 0],
    ['Status', 0],
    ['Restarts', 0],
    ['Age', 0],
    ['IP', 1],
    ['Node', 1],
    ['Nominated Node', 1],
    ['Readiness Gates', 1],
  ],
  cells(pod, now) {
    const sidecars = list(pod, 'spec', 'initContainers').filter(isRestartableInit);
    const seen = podColumns(pod);
    const restarts =
      seen.restarts !== 0 && seen.lastRestart !== null
        ? `${seen.restarts} (${humanDuration(now - seen.lastRestart)} ago)`
        : String(seen.restarts);
    const gates = list(pod, 'spec', 'readinessGates');
    const conditions = list(pod, 'status', 'conditions');
    const met = gates.filter((gate) =>
      conditions.some((c) => text(c, 'type') === text(gate, 'conditionType') && text(c, 'status') === 'True'),
    );
    return [
      text(pod, 'metadata', 'name'),
      `${seen.ready}/${list(pod, 'spec', 'containers').length + sidecars.length}`,
      seen.reason,
      restarts,
      since(field(pod, 'metadata', 'creationTimestamp'), now),
      text(pod, 'status', 'podIP') || text(list(pod, 'status', 'podIPs')[0], 'ip') || '<none>',
      text(pod, 'spec', 'nodeName') || '<none>',
      text(pod, 'status', 'nominatedNodeName') || '<none>',
      gates.length === 0 ? '<none>' : `${met.length}/${gates.length}`,
    ];
  },
};

function isRestartableInit(container: Fields): boolean {
  return text(container, 'restartPolicy') === 'Always';
}

type PodColumns = { reason: string; ready: number; restarts: number; lastRestart: bigint | null };

function podColumns(pod: Fields): PodColumns {
  let reason = text(pod, 'status', 'reason') || text(pod, 'status', 'phase');
  for (const condition of list(pod, 'status', 'conditions')) {
    if (text(condition, 'type') === 'PodScheduled' && text(condition, 'reason') === 'SchedulingGated') {
      reason = 'SchedulingGated';
    }
  }
  let [ready, restarts] = [0, 0];
  let sidecarRestarts = 0;
  let lastRestart: bigint | null = null;
  let lastSidecarRestart: bigint | null = null;
  const later = (known: bigint | null, status: Fields): bigint | null => {
    const ended = timeOf(field(status, 'lastState', 'terminated', 'finishedAt'));
    return ended !== null && (known === null || ended > known) ? ended : known;
  };

  const specs = list(pod, 'spec', 'initContainers');
  const sidecarNames = new Set(specs.filter(isRestartableInit).map((c) => text(c, 'name')));
  let initializing = false;
  for (const [i, status] of list(pod, 'status', 'initContainerStatuses').entries()) {
    const isSidecar = sidecarNames.has(text(status, 'name'));
    restarts += number(status, 'restartCount') ?? 0;
    lastRestart = later(lastRestart, status);
    if (isSidecar) {
      sidecarRestarts += number(status, 'restartCount') ?? 0;
      lastSidecarRestart = later(lastSidecarRestart, status);
    }
    const terminated = object(status, 'state', 'terminated');
    if (terminated !== undefined && number(terminated, 'exitCode') === 0) continue;
    if (isSidecar && flag(status, 'started')) {
      if (flag(status, 'ready')) ready += 1;
      continue;
    }
    const waiting = text(status, 'state', 'waiting', 'reason');
    if (terminated !== undefined) reason = `Init:${terminatedReason(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`;
    else reason = `Init:${i}/${specs.length}`;
    initializing = true;
    break;
  }

  if (!initializing || isConditionTrue(pod, 'Initialized')) {
    restarts = sidecarRestarts;
    lastRestart = lastSidecarRestart;
    let hasRunning = false;
    for (const status of [...list(pod, 'status', 'containerStatuses')].reverse()) {
      restarts += number(status, 'restartCount') ?? 0;
      lastRestart = later(lastRestart, status);
      const waiting = text(status, 'state', 'waiting', 'reason');
      const terminated = object(status, 'state', 'terminated');
      if (waiting !== '') reason = waiting;
      else if (terminated !== undefined) reason = terminatedReason(terminated);
      else if (flag(status, 'ready') && object(status, 'state', 'running') !== undefined) {
        hasRunning = true;
        ready += 1;
      }
    }
    if (reason === 'Completed' && hasRunning) reason = isConditionTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  }

  const isTerminal = ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'));
  if (field(pod, 'metadata', 'deletionTimestamp') !== undefined) {
    if (text(pod, 'status', 'reason') === 'NodeLost') reason = 'Unknown';
    else if (!isTerminal) reason = 'Terminating';
  }
  return { reason, ready, restarts, lastRestart };
}

function terminatedReason(terminated: Fields): string {
  const reason = text(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = number(terminated, 'signal') ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${number(terminated, 'exitCode') ?? 0}`;
}

function isConditionTrue(pod: Fields, type: string): boolean {
  return list(pod, 'status', 'conditions').some((c) => text(c, 'type') === type && text(c, 'status') === 'True');
}

/** `nginx` and `nginx:1.25` lists of a pod template, for the wide columns of workloads. */
export function containerColumns(template: unknown): [names: string, images: string] {
  const containers = list(template, 'spec', 'containers');
  return [containers.map((c) => text(c, 'name')).join(','), containers.map((c) => text(c, 'image')).join(',')];
}

export function accessModes(from: unknown, ...path: readonly string[]): string {
  const short: Readonly<Record<string, string>> = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  };
  return texts(from, ...path)
    .map((mode) => short[mode] ?? mode)
    .join(',');
}
