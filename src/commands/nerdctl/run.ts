/** What every action of nerdctl works with. @models nerdctl v2.3.5 pkg/clientutil/client.go, pkg/errutil @fidelity partial: no rootless mode */
import type { CobraCommand, CobraContext, Pflag } from '../../go/cobra-types.ts';
import { isLevelEnabled, type LogLevel, logrusTerminal, logrusText } from '../../go/logrus.ts';
import { type TabwriterOptions, tabwrite } from '../../go/tabwriter.ts';
import { rfc3339Nano, ZERO_TIME_NS } from '../../go/time.ts';
import { humanDuration } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { getenv, LineReader, print, printError } from '../../linux/io.ts';
import type { Timestamp } from '../../protocols/google/protobuf/generated.ts';
import { Client } from '../common/containerd/client.ts';
import { ContainerdError, nativeError } from '../common/containerd/errors.ts';

export type Action = (ctx: Context, cli: CobraContext) => Promise<void>;
export type Command = CobraCommand<Action> & { readonly management?: boolean };

export const ID_LENGTH_SHORT = 12;

/** What this model leaves out: told without a log line, for it is not nerdctl that says so. */
export class NotSimulated extends Error {
  override readonly name = 'NotSimulated';
}

/** errutil.ExitCodeError: nothing is printed. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('');
    this.exitCode = exitCode;
  }
}

export function fail(message: string): never {
  throw new ContainerdError(message);
}

export function notSimulated(what: string): never {
  throw new NotSimulated(`nerdctl: not simulated: ${what}`);
}

/** How many arguments a command takes: cobra's own checks, or helpers.IsExactArgs. */
export type Arguments = 'none' | { min?: number; max?: number; exact?: number; exactly?: number };

type Definition = Omit<Command, 'action'> & { readonly args?: Arguments; readonly action: Action };

export function command({ args, action, ...rest }: Definition): Command {
  return {
    ...rest,
    action: async (ctx, cli) => {
      checkArguments(rest, cli, args);
      await action(ctx, cli);
    },
  };
}

function checkArguments(definition: Omit<Command, 'action'>, cli: CobraContext, wanted: Arguments | undefined): void {
  if (wanted === undefined) return;
  const count = cli.args.length;
  const path = cli.path.join(' ');
  if (wanted === 'none') {
    if (count > 0) fail(`unknown command "${cli.args[0]}" for "${path}"`);
    return;
  }
  const { min = 0, max = Infinity, exact, exactly } = wanted;
  if (exactly !== undefined && count !== exactly)
    fail(
      `"${path}" requires exactly ${exactly} argument(s).\nSee '${path} --help'.\n\nUsage:  ${path} ${definition.use ?? ''}\n\n${definition.short}`,
    );
  if (exact !== undefined && count !== exact) fail(`accepts ${exact} arg(s), received ${count}`);
  if (min > 0 && max !== Infinity && (count < min || count > max))
    fail(`accepts between ${min} and ${max} arg(s), received ${count}`);
  if (count < min) fail(`requires at least ${min} arg(s), only received ${count}`);
  if (count > max) fail(`accepts at most ${max} arg(s), received ${count}`);
}

export async function newClient(ctx: Context, cli: CobraContext): Promise<Client> {
  const address = addressOf(cli);
  try {
    await ctx.sys.stat(ctx, address);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ContainerdError(`cannot access containerd socket "${address}": ${error.go}`);
  }
  return Client.connect(ctx, address, cli.string('namespace'));
}

export function addressOf(cli: CobraContext): string {
  return cli.string('address').replace(/^unix:\/\//, '');
}

/** A line of the program's own log, on standard error. */
export async function log(ctx: Context, level: LogLevel, message: string, error?: unknown): Promise<void> {
  if (!isLevelEnabled(level, 'info')) return;
  const fields = error === undefined ? {} : { fields: { error: nativeError(error).message } };
  const entry = { level, message, timeNs: ctx.wallTime, ...fields };
  const startNs = ctx.process.startWallTime;
  await printError(ctx, (await ctx.sys.isTty(ctx, 2)) ? logrusTerminal(entry, { startNs }) : logrusText(entry));
}

const TABLE: TabwriterOptions = { minWidth: 4, tabWidth: 8, padding: 4, padChar: ' ' };

export async function printTable(
  ctx: Context,
  rows: readonly (readonly string[])[],
  options: TabwriterOptions = TABLE,
): Promise<void> {
  await print(ctx, tabwrite(rows.map((row) => `${row.join('\t')}\n`).join(''), options));
}

export function timestampNs(timestamp: Timestamp | undefined): bigint {
  return timestamp === undefined ? ZERO_TIME_NS : timestamp.seconds * 1_000_000_000n + BigInt(timestamp.nanos);
}

export function timeText(timestamp: Timestamp | undefined): string {
  return rfc3339Nano(timestampNs(timestamp));
}

export function ago(ctx: Context, timestamp: Timestamp | undefined): string {
  return `${humanDuration(Number(ctx.wallTime - timestampNs(timestamp)))} ago`;
}

/** Newest first. */
export function byCreation(a: { createdAt?: Timestamp | undefined }, b: { createdAt?: Timestamp | undefined }): number {
  const [x, y] = [timestampNs(a.createdAt), timestampNs(b.createdAt)];
  return x > y ? -1 : x < y ? 1 : 0;
}

/** `key=value …`; a key alone has an empty value. strutil.ConvertKVStringsToMap. */
export function keyValues(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

export function shortId(id: string): string {
  return id.slice(0, ID_LENGTH_SHORT);
}

/** 64 digits: idgen.GenerateID. */
export function newId(ctx: Context): string {
  return ctx.random.hex(64);
}

export const FORMAT: Pflag = {
  name: 'format',
  short: 'f',
  kind: 'string',
  usage: "Go template for the output, such as '{{json .}}'",
};

/** Asks on standard output and reads a word. */
export async function confirmed(ctx: Context, message: string): Promise<boolean> {
  await print(ctx, `WARNING! ${message}\nAre you sure you want to continue? [y/N] `);
  const answer = (await new LineReader(0).next(ctx)) ?? '';
  return answer.trim().toLowerCase() === 'y';
}

/** os.Environ with more directories to look in. */
export function hookEnvironment(ctx: Context): string[] {
  const path = getenv(ctx, 'PATH') ?? '';
  return [...ctx.process.env.filter((entry) => !entry.startsWith('PATH=')), `PATH=${path}:/usr/sbin:/sbin`];
}

export function nonEmpty<T>(list: readonly T[] | null | undefined): T[] | undefined {
  return list === null || list === undefined || list.length === 0 ? undefined : [...list];
}
