/**
 * --dry-run, and the line that tells what was done.
 * @models k8s.io/kubectl pkg/cmd/util/helpers.go GetDryRunStrategy, pkg/cmd/util/print
 * @fidelity full
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import type { Fields } from '../../protocols/kube/fields.ts';
import { Failure } from './failure.ts';
import { nameOf, objectPrinter } from './output.ts';

export type DryRun = 'none' | 'client' | 'server';

export async function dryRunOf(ctx: Context, cli: CobraContext): Promise<DryRun> {
  const given = cli.string('dry-run');
  if (given === 'unchanged') {
    await printError(ctx, 'W: --dry-run is deprecated and can be replaced with --dry-run=client.\n');
    return 'client';
  }
  if (given === 'none' || given === 'client' || given === 'server') return given;
  throw new Failure(`Invalid dry-run value (${given}). Must be "none", "server", or "client".`);
}

export function dryRunSuffix(dryRun: DryRun): string {
  return dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
}

/** `pod/web created`, or the object when -o asks for it. */
export async function reportDone(
  ctx: Context,
  cli: CobraContext,
  value: Fields,
  done: string,
  dryRun: DryRun,
): Promise<void> {
  const printer = cli.has('output') ? await objectPrinter(ctx, cli) : null;
  await print(ctx, printer === null ? `${nameOf(value)} ${done}${dryRunSuffix(dryRun)}\n` : printer(value));
}

export function writeQuery(dryRun: DryRun, fieldManager: string, validation?: string): Record<string, string> {
  return {
    ...(dryRun === 'server' ? { dryRun: 'All' } : {}),
    ...(fieldManager === '' ? {} : { fieldManager }),
    ...(validation === undefined ? {} : { fieldValidation: validation }),
  };
}

/** What the server is to do about unknown fields. */
export function validationOf(cli: CobraContext): 'Strict' | 'Warn' | 'Ignore' {
  const given = cli.string('validate');
  if (given === 'strict' || given === 'true') return 'Strict';
  if (given === 'warn') return 'Warn';
  if (given === 'ignore' || given === 'false') return 'Ignore';
  throw new Failure(`invalid - validate option ${JSON.stringify(given)}`);
}
