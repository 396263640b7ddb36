/** What every `create TYPE` does alike: its name, its namespace, and sending it. @models k8s.io/kubectl pkg/cmd/create/create.go @fidelity full */
import type { Pflag } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import type { Fields } from '../../../protocols/kube/fields.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { dryRunOf, reportDone, validationOf, writeQuery } from '../dry-run.ts';
import { Failure, isGoError, usageFailure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, PRINT, VALIDATE } from '../flags.ts';
import type { Run } from '../run.ts';

export const COMMON: readonly Pflag[] = [...PRINT, DRY_RUN, VALIDATE, FIELD_MANAGER('kubectl-create')];

export function nameOf(run: Run): string {
  const { args, argsBeforeDash, path } = run.cli;
  const words = argsBeforeDash < 0 ? args : args.slice(0, argsBeforeDash);
  if (words.length !== 1) {
    throw usageFailure(path, `exactly one NAME is required, got ${words.length}`);
  }
  return words[0] ?? '';
}

export function commandWords(run: Run): readonly string[] {
  return run.cli.argsBeforeDash < 0 ? [] : run.cli.args.slice(run.cli.argsBeforeDash);
}

/** The namespace is written only when it was asked for: without a server nobody knows better. */
export async function namespaceOf(ctx: Context, run: Run): Promise<string | null> {
  return run.cli.isSet('namespace') ? await run.namespace(ctx) : null;
}

/** `what`: who fails, in the words of the generator; null where the server's own words suffice. */
export async function send(ctx: Context, run: Run, resource: string, item: Fields, what: string | null): Promise<void> {
  const { cli } = run;
  const dryRun = await dryRunOf(ctx, cli);
  if (dryRun === 'client') return await reportDone(ctx, cli, item, 'created', dryRun);
  const client = await run.client(ctx);
  const { namespaced } = resourceNamed(resource);
  const namespace = namespaced ? await run.namespace(ctx) : null;
  const query = writeQuery(dryRun, cli.string('field-manager'), validationOf(cli));
  try {
    await reportDone(ctx, cli, await client.create<Fields>(ctx, resource, namespace, item, query), 'created', dryRun);
  } catch (error) {
    if (what === null || !(isStatusError(error) || isGoError(error))) throw error;
    throw new Failure(`failed to create ${what} ${error.message}`);
  }
}
