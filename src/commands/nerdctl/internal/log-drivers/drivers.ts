/**
 * The logging drivers by name, and which options each of them knows.
 * @models nerdctl v2.3.5 pkg/logging/logging.go (GetDriver, ValidateLogOpts)
 * @fidelity partial: no syslog by UDP or TLS
 */
import type { Context } from '../../../../linux/context.ts';
import { log, notSimulated } from '../../run.ts';
import type { LogDriver } from './driver.ts';
import { FluentdDriver } from './fluentd.ts';
import { JournaldDriver } from './journald.ts';
import { JsonFileDriver } from './json-file.ts';
import { checkSyslogOptions, SyslogDriver } from './syslog.ts';

export type LogOptions = Readonly<Record<string, string>>;

const KNOWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'json-file': ['log-path', 'max-size', 'max-file', 'env', 'labels'],
  journald: ['tag', 'env', 'labels'],
  syslog: [
    'syslog-address',
    'syslog-facility',
    'syslog-tls-ca-cert',
    'syslog-tls-cert',
    'syslog-tls-key',
    'syslog-tls-skip-verify',
    'syslog-format',
    'tag',
  ],
  fluentd: [
    'fluentd-address',
    'fluentd-async',
    'fluentd-buffer-limit',
    'fluentd-retry-wait',
    'fluentd-max-retries',
    'fluentd-sub-second-precision',
    'fluentd-async-reconnect-interval',
    'fluentd-request-ack',
    'tag',
  ],
};

export function isDriver(name: string): boolean {
  return KNOWN_OPTIONS[name] !== undefined;
}

/** Tells what is ignored; throws what cannot be. */
export async function checkLogOptions(ctx: Context, driver: string, opts: LogOptions): Promise<void> {
  const known = KNOWN_OPTIONS[driver] ?? [];
  for (const key of Object.keys(opts).sort())
    if (!known.includes(key)) await log(ctx, 'warning', `log-opt ${key} is ignored for ${driver} log driver`);
  if (driver === 'fluentd' && opts['fluentd-address'] === undefined)
    await log(
      ctx,
      'warning',
      'fluentd-address is missing for fluentd log driver, the default value 127.0.0.1:24224 will be used',
    );
  if (driver !== 'syslog') return;
  await checkSyslogOptions(ctx, opts);
  const protocol = /^(udp|tcp\+tls):/.exec(opts['syslog-address'] ?? '')?.[1];
  if (protocol !== undefined) notSimulated(`--log-opt syslog-address=${protocol}://`);
}

/** Null when there is none of that name. */
export function driverNamed(name: string, opts: LogOptions, jsonPath: string): LogDriver | null {
  switch (name) {
    case 'json-file':
      return new JsonFileDriver(jsonPath, opts);
    case 'journald':
      return new JournaldDriver(opts);
    case 'syslog':
      return new SyslogDriver(opts);
    case 'fluentd':
      return new FluentdDriver(opts);
    default:
      return null;
  }
}
