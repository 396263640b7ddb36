/** A unit as the manager sees it, and what its file says. @models systemd 257 src/core/unit.h, service.h */
import type { Signal } from '../signals.ts';
import { parseBytes, parseSpan, parseYes, type UnitFile, valueOf, valuesOf, wordsOf } from './unit-file.ts';

export type ActiveState = 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating' | 'reloading';

/** One of the processes that the manager has started for a unit. */
export type ExecRecord = {
  /** ExecStartPre, ExecStart … */
  setting: string;
  line: string;
  pid: number;
  exitCode: number;
  signal: Signal | null;
  ended: boolean;
};

export type Unit = {
  readonly name: string;
  file: UnitFile | null;
  /** Drop-ins that were merged into the file, lowest priority first. */
  dropIns: string[];
  /** Paths and times of what was read, to notice changes on disk. */
  sources: Map<string, bigint>;
  masked: boolean;
  enabled: boolean;
  /** Made by systemd-run or a runtime: gone once it is inactive. */
  transient: boolean;
  activeState: ActiveState;
  subState: string;
  mainPid: number;
  /** ns since 1970 of the last change of activeState, and of the last time it became active and inactive. */
  since: bigint;
  activeSince: bigint;
  inactiveSince: bigint;
  result: string;
  exitCode: number;
  exitSignal: Signal | null;
  /** The main process that has ended last. */
  lastMainPid: number;
  restarts: number;
  /** A stop was asked for: do not restart. */
  stopping: boolean;
  /** Times of recent starts, for the start limit. */
  starts: number[];
  execs: ExecRecord[];
  /** 32 hex digits, of its last start. */
  invocation: string;
  /** What it said of itself (STATUS=). */
  statusText: string;
  /** Resource settings that were written to its cgroup. */
  applied: Set<string>;
};

export function newUnit(name: string, file: UnitFile | null): Unit {
  return {
    name,
    file,
    dropIns: [],
    sources: new Map(),
    masked: false,
    enabled: false,
    transient: false,
    activeState: 'inactive',
    subState: 'dead',
    mainPid: 0,
    since: 0n,
    activeSince: 0n,
    inactiveSince: 0n,
    result: 'success',
    exitCode: 0,
    exitSignal: null,
    lastMainPid: 0,
    restarts: 0,
    stopping: false,
    starts: [],
    execs: [],
    invocation: '',
    statusText: '',
    applied: new Set(),
  };
}

export function kindOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

export function isUp(unit: Unit): boolean {
  return unit.activeState === 'active' || unit.activeState === 'reloading';
}

const TYPES = ['simple', 'exec', 'notify', 'notify-reload', 'oneshot', 'forking', 'idle', 'dbus'] as const;
const RESTARTS = ['no', 'always', 'on-failure', 'on-abnormal', 'on-success', 'on-abort', 'on-watchdog'] as const;
const KILL_MODES = ['control-group', 'process', 'mixed', 'none'] as const;

export type ServiceSettings = {
  description: string;
  type: (typeof TYPES)[number];
  execCondition: string[];
  execStartPre: string[];
  execStart: string[];
  execStartPost: string[];
  execReload: string[];
  execStop: string[];
  execStopPost: string[];
  environment: string[];
  environmentFiles: string[];
  passEnvironment: string[];
  unsetEnvironment: string[];
  restart: (typeof RESTARTS)[number];
  restartNs: number;
  killMode: (typeof KILL_MODES)[number];
  killSignal: Signal;
  sendSigkill: boolean;
  timeoutStartNs: number;
  timeoutStopNs: number;
  startLimitBurst: number;
  startLimitIntervalNs: number;
  successStatus: string[];
  restartPrevent: string[];
  restartForce: string[];
  oomScoreAdj: number;
  limits: [string, { soft: number; hard: number }][];
  user: string;
  group: string;
  umask: number | null;
  noNewPrivileges: boolean;
  workingDirectory: string;
  directories: [string, string][];
  output: { stdout: string; stderr: string };
  identifier: string | null;
  pidFile: string | null;
  slice: string;
  delegate: boolean;
  remainAfterExit: boolean;
  documentation: string[];
};

const SIGNAL_NAME = /^(?:SIG)?([A-Z0-9+-]+)$/;

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise;
}

function span(file: UnitFile, section: string, keys: readonly string[], otherwise: string): number {
  const value = keys.map((key) => valueOf(file, section, key)).find((v) => v !== undefined) ?? otherwise;
  const ns = parseSpan(value);
  return ns === 0 && keys[0]?.startsWith('Timeout') ? Number.POSITIVE_INFINITY : ns;
}

function limitsOf(file: UnitFile): [string, { soft: number; hard: number }][] {
  const out = new Map<string, { soft: number; hard: number }>();
  for (const [key, value] of file.sections.get('Service') ?? []) {
    if (!key.startsWith('Limit') || value === '') continue;
    const number = (text: string): number => (text === 'infinity' ? Number.POSITIVE_INFINITY : (parseBytes(text) ?? 0));
    const [soft = '', hard = soft] = value.split(':');
    out.set(key.slice(5), { soft: number(soft), hard: number(hard) });
  }
  return [...out];
}

const DIRECTORIES: [string, string][] = [
  ['RuntimeDirectory', '/run'],
  ['StateDirectory', '/var/lib'],
  ['CacheDirectory', '/var/cache'],
  ['LogsDirectory', '/var/log'],
  ['ConfigurationDirectory', '/etc'],
];

const settingsKnown = new WeakMap<UnitFile, ServiceSettings>();

export function settingsOf(file: UnitFile): ServiceSettings {
  let settings = settingsKnown.get(file);
  if (settings === undefined) {
    settings = readSettings(file);
    settingsKnown.set(file, settings);
  }
  return settings;
}

function readSettings(file: UnitFile): ServiceSettings {
  const service = (key: string): string | undefined => valueOf(file, 'Service', key);
  const list = (key: string): string[] => valuesOf(file, 'Service', key);
  const either = (section: string, key: string): string | undefined =>
    valueOf(file, section, key) ?? valueOf(file, 'Unit', key);
  const signal = SIGNAL_NAME.exec(service('KillSignal') ?? 'SIGTERM')?.[1] ?? 'TERM';
  const umask = service('UMask');
  const interval = either('Service', 'StartLimitIntervalSec') ?? either('Service', 'StartLimitInterval') ?? '10s';
  const execStart = list('ExecStart');
  const type = oneOf(service('Type'), TYPES, execStart.length === 0 ? 'oneshot' : 'simple');
  return {
    description: valueOf(file, 'Unit', 'Description') ?? '',
    type,
    execCondition: list('ExecCondition'),
    execStartPre: list('ExecStartPre'),
    execStart,
    execStartPost: list('ExecStartPost'),
    execReload: list('ExecReload'),
    execStop: list('ExecStop'),
    execStopPost: list('ExecStopPost'),
    environment: list('Environment'),
    environmentFiles: list('EnvironmentFile'),
    passEnvironment: wordsOf(file, 'Service', 'PassEnvironment'),
    unsetEnvironment: wordsOf(file, 'Service', 'UnsetEnvironment'),
    restart: oneOf(service('Restart'), RESTARTS, 'no'),
    restartNs: parseSpan(service('RestartSec') ?? '100ms'),
    killMode: oneOf(service('KillMode'), KILL_MODES, 'control-group'),
    killSignal: `SIG${signal}` as Signal,
    sendSigkill: parseYes(service('SendSIGKILL') ?? 'yes'),
    timeoutStartNs:
      type === 'oneshot' && service('TimeoutStartSec') === undefined && service('TimeoutSec') === undefined
        ? Number.POSITIVE_INFINITY
        : span(file, 'Service', ['TimeoutStartSec', 'TimeoutSec'], '90s'),
    timeoutStopNs: span(file, 'Service', ['TimeoutStopSec', 'TimeoutSec'], '90s'),
    startLimitBurst: Number(either('Service', 'StartLimitBurst') ?? 5),
    startLimitIntervalNs: parseSpan(interval),
    successStatus: wordsOf(file, 'Service', 'SuccessExitStatus'),
    restartPrevent: wordsOf(file, 'Service', 'RestartPreventExitStatus'),
    restartForce: wordsOf(file, 'Service', 'RestartForceExitStatus'),
    oomScoreAdj: Number(service('OOMScoreAdjust') ?? 0),
    limits: limitsOf(file),
    user: service('User') ?? '',
    group: service('Group') ?? '',
    umask: umask === undefined ? null : Number.parseInt(umask, 8),
    noNewPrivileges: parseYes(service('NoNewPrivileges') ?? 'no'),
    workingDirectory: service('WorkingDirectory') ?? '/',
    directories: DIRECTORIES.flatMap(([key, base]) =>
      wordsOf(file, 'Service', key).map((name): [string, string] => [key, `${base}/${name.split(':')[0]}`]),
    ),
    output: { stdout: service('StandardOutput') ?? 'journal', stderr: service('StandardError') ?? 'inherit' },
    identifier: service('SyslogIdentifier') ?? null,
    pidFile: service('PIDFile') ?? null,
    slice: service('Slice') ?? valueOf(file, 'Scope', 'Slice') ?? 'system.slice',
    delegate: !['no', 'false', '0'].includes(service('Delegate') ?? valueOf(file, 'Scope', 'Delegate') ?? 'no'),
    remainAfterExit: parseYes(service('RemainAfterExit') ?? 'no'),
    documentation: wordsOf(file, 'Unit', 'Documentation'),
  };
}
