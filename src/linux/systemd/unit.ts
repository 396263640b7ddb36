/** One service as the manager sees it. */
import type { Signal } from '../signals.ts';
import { parseSpan, type UnitFile, valueOf, valuesOf } from './unit-file.ts';

export type ActiveState = 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating';

export type Unit = {
  name: string;
  file: UnitFile | null;
  masked: boolean;
  enabled: boolean;
  activeState: ActiveState;
  subState: string;
  mainPid: number;
  /** ns since 1970 of the last change of activeState. */
  since: bigint;
  result: string;
  exitCode: number;
  exitSignal: Signal | null;
  restarts: number;
  /** A stop was asked for: do not restart. */
  stopping: boolean;
  /** Times of recent starts, for the start limit. */
  starts: number[];
};

export type ServiceSettings = {
  description: string;
  type: 'simple' | 'exec' | 'notify' | 'oneshot' | 'forking';
  execStartPre: string[];
  execStart: string[];
  execReload: string[];
  environment: string[];
  environmentFiles: string[];
  restart: 'no' | 'always' | 'on-failure' | 'on-abnormal' | 'on-success';
  restartNs: number;
  killMode: 'control-group' | 'process' | 'mixed' | 'none';
  timeoutStopNs: number;
  startLimitBurst: number;
  startLimitIntervalNs: number;
  oomScoreAdj: number;
  limitNoFile: number | null;
  tasksMax: number | null;
  workingDirectory: string;
  slice: string;
  wants: string[];
  remainAfterExit: boolean;
  documentation: string[];
};

export function settingsOf(file: UnitFile): ServiceSettings {
  const service = (key: string): string | undefined => valueOf(file, 'Service', key);
  const noFile = service('LimitNOFILE');
  const tasks = service('TasksMax');
  return {
    description: valueOf(file, 'Unit', 'Description') ?? '',
    type: (service('Type') as ServiceSettings['type'] | undefined) ?? 'simple',
    execStartPre: valuesOf(file, 'Service', 'ExecStartPre'),
    execStart: valuesOf(file, 'Service', 'ExecStart'),
    execReload: valuesOf(file, 'Service', 'ExecReload'),
    environment: valuesOf(file, 'Service', 'Environment'),
    environmentFiles: valuesOf(file, 'Service', 'EnvironmentFile'),
    restart: (service('Restart') as ServiceSettings['restart'] | undefined) ?? 'no',
    restartNs: parseSpan(service('RestartSec') ?? '100ms'),
    killMode: (service('KillMode') as ServiceSettings['killMode'] | undefined) ?? 'control-group',
    timeoutStopNs: parseSpan(service('TimeoutStopSec') ?? '90s'),
    startLimitBurst: Number(valueOf(file, 'Unit', 'StartLimitBurst') ?? 5),
    startLimitIntervalNs: parseSpan(valueOf(file, 'Unit', 'StartLimitIntervalSec') ?? '10s'),
    oomScoreAdj: Number(service('OOMScoreAdjust') ?? 0),
    limitNoFile: noFile === undefined ? null : noFile === 'infinity' ? 1_073_741_816 : Number(noFile),
    tasksMax: tasks === undefined || tasks === 'infinity' ? null : Number(tasks),
    workingDirectory: service('WorkingDirectory') ?? '/',
    slice: service('Slice') ?? 'system.slice',
    wants: [...valuesOf(file, 'Unit', 'Wants'), ...valuesOf(file, 'Unit', 'Requires')].flatMap((v) => v.split(/\s+/)),
    remainAfterExit: service('RemainAfterExit') === 'yes',
    documentation: valuesOf(file, 'Unit', 'Documentation').flatMap((v) => v.split(/\s+/)),
  };
}
