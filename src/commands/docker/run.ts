/** What every action of docker works with. @models docker/cli 20.10 cli/command, cli/required.go @fidelity partial: no contexts, no config.json but its credentials */
import type { CobraCommand, CobraContext, Pflag } from '../../go/cobra-types.ts';
import { type TabwriterOptions, tabwrite } from '../../go/tabwriter.ts';
import { executeTemplate } from '../../go/template.ts';
import { JSON_FUNCTION, type TemplateFunction } from '../../go/template-funcs.ts';
import { humanDuration } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { getenv, print } from '../../linux/io.ts';
import { DOCKER_SOCKET, DockerClient, DockerError } from '../../protocols/docker/client.ts';

export const VERSION = '20.10.5+dfsg1';
export const BUILD = '55c4c88';

export type Action = (ctx: Context, run: Run) => Promise<number | void>;
export type Command = CobraCommand<Action> & {
  /** Flags end with the first argument: what follows belongs to somebody else's command. */
  readonly stopsAtArgument?: true;
};

export type Run = { cli: CobraContext; client: DockerClient };

/** A failure with its exit code; an empty text has been told already. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export class NotSimulated extends Error {
  override readonly name = 'NotSimulated';
}

export function newClient(ctx: Context, cli: CobraContext): DockerClient {
  const host = (cli.has('host') ? cli.string('host') : '') || (getenv(ctx, 'DOCKER_HOST') ?? '');
  if (host !== '' && !host.startsWith('unix://')) throw new NotSimulated(`docker: not simulated: the host ${host}`);
  const path = host === '' ? DOCKER_SOCKET : host.slice('unix://'.length);
  return new DockerClient(path, `Docker-Client/${VERSION} (linux)`);
}

/** What the daemon said, in the client's words. */
export function wordsOf(error: DockerError): string {
  return error.status === 0 ? error.message : `Error response from daemon: ${error.message}`;
}

export function needArguments(cli: CobraContext, usage: string, least: number, most = Number.POSITIVE_INFINITY): void {
  const count = cli.args.length;
  if (count >= least && count <= most) return;
  const name = cli.path.join(' ');
  const plural = (n: number): string => `${n} argument${n === 1 ? '' : 's'}`;
  const what =
    most === 0
      ? 'accepts no arguments'
      : least === most
        ? `requires exactly ${plural(least)}`
        : count < least
          ? `requires at least ${plural(least)}`
          : `requires at most ${plural(most)}`;
  throw new Failure(`"${name}" ${what}.\nSee '${name} --help'.\n\nUsage:  ${name} ${usage}`);
}

const TABLE: TabwriterOptions = { minWidth: 10, tabWidth: 1, padding: 3, padChar: ' ' };

export async function printTable(ctx: Context, rows: readonly (readonly string[])[]): Promise<void> {
  await print(ctx, tabwrite(rows.map((row) => `${row.join('\t')}\n`).join(''), TABLE));
}

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  JSON_FUNCTION,
  ['lower', (text) => String(text).toLowerCase()],
  ['upper', (text) => String(text).toUpperCase()],
  ['join', (list, separator) => (list as readonly unknown[]).map(String).join(String(separator))],
  ['split', (text, separator) => String(text).split(String(separator))],
  ['title', (text) => String(text).replace(/\b\w/g, (letter) => letter.toUpperCase())],
]);

export function render(template: string, data: unknown): string {
  const result = executeTemplate('', template, data, FUNCTIONS);
  if (result.ok) return result.text;
  throw new Failure(`Template parsing error: ${result.error}`, result.stage === 'parse' ? 64 : 1);
}

/** `--format`: a template for each row, with its titles first if it begins with `table`. */
export async function printFormatted(
  ctx: Context,
  format: string,
  titles: Readonly<Record<string, string>>,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const unescaped = format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  if (!unescaped.startsWith('table ')) {
    for (const row of rows) await print(ctx, `${render(unescaped, row)}\n`);
    return;
  }
  const template = unescaped.slice('table '.length);
  const lines = [titles, ...rows].map((row) => `${render(template, row)}\n`);
  await print(ctx, tabwrite(lines.join(''), TABLE));
}

export function agoText(ctx: Context, seconds: number): string {
  return `${humanDuration(Number(ctx.wallTime - BigInt(seconds) * 1_000_000_000n))} ago`;
}

/** Does one thing to each argument; what fails is told at the end. */
export async function forEach(
  ctx: Context,
  names: readonly string[],
  body: (name: string) => Promise<void>,
): Promise<void> {
  const failed: string[] = [];
  for (const name of names) {
    try {
      await body(name);
      await print(ctx, `${name}\n`);
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      failed.push(wordsOf(error));
      if (error.status === 0) break;
    }
  }
  if (failed.length > 0) throw new Failure(failed.join('\n'));
}

export function filtersOf(words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const filters: Record<string, string[]> = {};
  for (const word of words) {
    const [key = '', value] = word.split(/=(.*)/s, 2);
    if (value === undefined) throw new Failure(`bad format of filter (expected name=value)`, 125);
    (filters[key] ??= []).push(value);
  }
  return JSON.stringify(filters);
}

export const TIME_FLAG: Pflag = {
  name: 'time',
  short: 't',
  kind: 'int',
  value: 10,
  usage: 'Seconds to wait before killing it',
};
