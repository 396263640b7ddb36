/**
 * Health of a container: its check and its state are labels, the last results a file.
 * @models nerdctl v2.3.5 pkg/healthcheck, pkg/cmd/container/create.go withHealthcheck, cmd/nerdctl/helpers ValidateHealthcheckFlags
 * @fidelity partial: no timers of systemd, so that a check runs only when `nerdctl container healthcheck` is called
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { exists, readFile, writeFile } from '../../linux/io.ts';
import { jsonLabel, LABELS, type Labels } from './labels.ts';
import { fail } from './run.ts';

const SECOND_NS = 1_000_000_000;
const DEFAULT_INTERVAL_NS = 30 * SECOND_NS;
const DEFAULT_TIMEOUT_NS = 30 * SECOND_NS;
const DEFAULT_RETRIES = 3;
const LOG_ENTRIES_MAX = 5;
const SHOWN_OUTPUT_MAX = 4096;

/** Durations in nanoseconds. */
export type HealthCheck = {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  Retries?: number;
  StartPeriod?: number;
};

export type HealthState = { Status: string; FailingStreak: number; InStartPeriod: boolean };

export type HealthResult = { Start: string; End: string; ExitCode: number; Output: string };

/** The label that the flags and the image ask for; empty for none. */
export function healthLabel(cli: CobraContext, imageLabels: Labels): string {
  const given = {
    Interval: cli.duration('health-interval'),
    Timeout: cli.duration('health-timeout'),
    Retries: cli.number('health-retries'),
    StartPeriod: cli.duration('health-start-period'),
  };
  const command = cli.string('health-cmd');
  if (cli.bool('no-healthcheck')) {
    if (command !== '' || Object.values(given).some((value) => value !== 0))
      fail('--no-healthcheck conflicts with --health-* options');
    return '{"Test":["NONE"]}';
  }
  const flags = { Interval: 'interval', Timeout: 'timeout', Retries: 'retries', StartPeriod: 'start-period' } as const;
  for (const key of ['Interval', 'Timeout', 'Retries', 'StartPeriod'] as const)
    if (given[key] < 0) fail(`--health-${flags[key]} cannot be negative`);
  const check: HealthCheck = { ...jsonLabel<HealthCheck>(imageLabels, LABELS.healthCheck) };
  if (command !== '') check.Test = ['CMD-SHELL', command];
  for (const key of ['Interval', 'Timeout', 'Retries', 'StartPeriod'] as const)
    if (given[key] !== 0) check[key] = given[key];
  if (Object.keys(check).length === 0) return '';
  return marshalJson(ordered(isChecked(check) ? withDefaults(check) : check));
}

export function isChecked({ Test = [] }: HealthCheck): boolean {
  return Test.length > 0 && Test[0] !== 'NONE' && Test[0] !== '';
}

export function withDefaults(check: HealthCheck): Required<HealthCheck> {
  return {
    Test: check.Test ?? [],
    Interval: check.Interval || DEFAULT_INTERVAL_NS,
    Timeout: check.Timeout || DEFAULT_TIMEOUT_NS,
    Retries: check.Retries || DEFAULT_RETRIES,
    StartPeriod: check.StartPeriod ?? 0,
  };
}

/** As Go's struct has them, without zeros. */
function ordered({ Test, Interval, Timeout, Retries, StartPeriod }: HealthCheck): JsonValue {
  return {
    Test: Test === undefined || Test.length === 0 ? undefined : Test,
    Interval: Interval || undefined,
    Timeout: Timeout || undefined,
    Retries: Retries || undefined,
    StartPeriod: StartPeriod || undefined,
  };
}

/** updateHealthStatus: what one more result makes of the state. `ageNs`: of the container when the check began. */
export function nextState(
  before: HealthState | null,
  check: Required<HealthCheck>,
  exitCode: number,
  ageNs: number,
): HealthState {
  const state = before ?? { Status: 'starting', FailingStreak: 0, InStartPeriod: check.StartPeriod > 0 };
  if (ageNs < check.StartPeriod && state.InStartPeriod)
    return exitCode === 0 ? { Status: 'healthy', FailingStreak: 0, InStartPeriod: false } : state;
  if (exitCode === 0) return state.Status === 'healthy' ? state : { ...state, Status: 'healthy', FailingStreak: 0 };
  const streak = state.FailingStreak + 1;
  return { ...state, FailingStreak: streak, Status: streak >= check.Retries ? 'unhealthy' : state.Status };
}

const logFile = (stateDir: string): string => `${stateDir}/health.json`;

export async function appendResult(ctx: Context, stateDir: string, result: HealthResult): Promise<void> {
  await writeFile(ctx, logFile(stateDir), `${marshalJson(result)}\n`, { append: true, mode: 0o600 });
}

/** For inspect: the state and the last results, newest first; null without a state. */
export async function healthOf(ctx: Context, labels: Labels): Promise<Record<string, unknown> | null> {
  const state = jsonLabel<HealthState>(labels, LABELS.healthState);
  if (state === null) return null;
  const path = logFile(labels[LABELS.stateDir] ?? '');
  const lines = (await exists(ctx, path)) ? (await readFile(ctx, path)).trim().split('\n') : [];
  const results = lines
    .map((line) => JSON.parse(line) as HealthResult)
    .slice(-LOG_ENTRIES_MAX)
    .reverse();
  return {
    Status: state.Status,
    FailingStreak: state.FailingStreak,
    Log: results.map((result) => ({ ...result, Output: shortened(result.Output, SHOWN_OUTPUT_MAX) })),
  };
}

export function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}... [truncated]` : text;
}
