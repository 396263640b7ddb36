/** What every action of ctr works with. @models containerd 2.1 cmd/ctr/commands/client.go @fidelity full */
import type { CliCommand, CliContext } from '../../go/cli-types.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { isLevelEnabled, type LogLevel, logrusTerminal, logrusText } from '../../go/logrus.ts';
import { type TabwriterOptions, tabwrite } from '../../go/tabwriter.ts';
import { goTimeString, ZERO_TIME_NS } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { getenv, print, printError } from '../../linux/io.ts';
import { IntrospectionService } from '../../protocols/containerd/services/introspection/v1/generated.ts';
import type { Timestamp } from '../../protocols/google/protobuf/generated.ts';
import { Client } from '../common/containerd/client.ts';
import { ContainerdError, nativeError } from '../common/containerd/errors.ts';

export type Run = {
  readonly cli: CliContext;
  help(): string;
  readonly isTerminal: boolean;
  /** When the process started. */
  readonly startNs: bigint;
};

export type Action = (ctx: Context, run: Run) => Promise<void>;
export type Command = CliCommand<Action>;

/** cli.Exit: nothing is printed but the message, and the process ends with this code. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number, message = '') {
    super(message);
    this.exitCode = exitCode;
  }
}

export async function log(ctx: Context, run: Run, level: LogLevel, message: string, error?: unknown): Promise<void> {
  if (!isLevelEnabled(level, run.cli.bool('debug') ? 'debug' : 'info')) return;
  const fields = error === undefined ? {} : { fields: { error: nativeError(error).message } };
  const entry = { level, message, timeNs: ctx.wallTime, ...fields };
  await printError(ctx, run.isTerminal ? logrusTerminal(entry, { startNs: run.startNs }) : logrusText(entry));
}

/** commands.NewClient: looks for the socket, then asks the daemon for deprecation warnings. */
export async function newClient(ctx: Context, run: Run): Promise<Client> {
  const { cli } = run;
  const address = cli.string('address');
  try {
    await ctx.sys.stat(ctx, address);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ContainerdError(`cannot access socket ${address}: stat ${address}: ${error.go}`);
  }
  const timeout = cli.duration('timeout');
  const deadline = timeout > 0 ? ctx.now + timeout : null;
  const client = await Client.connect(ctx, address, cli.string('namespace'), deadline);
  if (/^(1|t|true)$/i.test(getenv(ctx, 'CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS') ?? '')) return client;
  try {
    const { deprecations } = await client.call(ctx, IntrospectionService.methods.Server, {});
    for (const { message } of deprecations) await log(ctx, run, 'warning', `DEPRECATION: ${message}`);
  } catch (error) {
    await log(ctx, run, 'warning', 'Failed to check deprecations', error);
  }
  return client;
}

export function showHelp(ctx: Context, run: Run): Promise<void> {
  return print(ctx, run.help());
}

/** `key=value …`; a key alone means true. */
export function labelArgs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, 'true'] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** In order of the keys; Go would print them in a random one. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(',');
}

export const NARROW: TabwriterOptions = { minWidth: 1, tabWidth: 8, padding: 1, padChar: ' ' };
export const WIDE: TabwriterOptions = { minWidth: 4, tabWidth: 8, padding: 4, padChar: ' ' };

export async function printTable(
  ctx: Context,
  options: TabwriterOptions,
  rows: readonly (readonly (string | number | bigint)[])[],
): Promise<void> {
  await print(ctx, tabwrite(rows.map((row) => `${row.join('\t')}\t\n`).join(''), options));
}

/** Some of ctr's tables end their head with a tab, but not their rows. */
export async function printOpenTable(
  ctx: Context,
  options: TabwriterOptions,
  [head, ...rows]: readonly (readonly (string | number | bigint)[])[],
): Promise<void> {
  const lines = [`${head?.join('\t') ?? ''}\t\n`, ...rows.map((row) => `${row.join('\t')}\n`)];
  await print(ctx, tabwrite(lines.join(''), options));
}

/** commands.PrintAsJSON. */
export async function printJson(ctx: Context, value: JsonValue, indent = '    '): Promise<void> {
  await print(ctx, `${marshalJson(value, { indent })}\n`);
}

export function timestampNs(timestamp: Timestamp | undefined): bigint {
  return timestamp === undefined ? ZERO_TIME_NS : timestamp.seconds * 1_000_000_000n + BigInt(timestamp.nanos);
}

export function timeText(timestamp: Timestamp | undefined): string {
  return goTimeString(timestampNs(timestamp));
}

/** Something that ctr has and that is not simulated. */
export class NotSimulated extends ContainerdError {}

export function refuse(message: string): never {
  throw new NotSimulated(message);
}

export function fail(message: string): never {
  throw new ContainerdError(message);
}
