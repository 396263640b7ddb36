/** @models k8s.io/kubectl pkg/cmd/replace replace.go @fidelity partial: no --raw, no --save-config */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, object, text } from '../../../protocols/kube/fields.ts';
import { resourcePath } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { type DryRun, dryRunOf, reportDone, validationOf, writeQuery } from '../dry-run.ts';
import { ErrorCollector, Failure, prefixed } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, FILENAME, PRINT, VALIDATE } from '../flags.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, type Target } from '../select.ts';
import { waitForEnd } from './delete.ts';

export const replaceCommand: CobraCommand<Action> = {
  name: 'replace',
  use: '-f FILENAME',
  short: 'Replace a resource by file name or stdin',
  group: 'Advanced Commands',
  flags: [
    ...PRINT,
    ...FILENAME,
    DRY_RUN,
    VALIDATE,
    FIELD_MANAGER('kubectl-replace'),
    { name: 'force', kind: 'bool', usage: 'Delete and create again.' },
    { name: 'grace-period', kind: 'int', value: -1, usage: 'With --force: seconds that the old one has.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.number('grace-period') >= 0 && !cli.bool('force'))
      throw new Failure('--grace-period must have --force specified');
    if (!hasManifests(run)) throw new Failure('must specify --filename to replace');
    const dryRun = await dryRunOf(ctx, cli);
    if (dryRun !== 'none' && cli.bool('force')) throw new Failure('--dry-run can not be used when --force is set');
    const errors = new ErrorCollector();
    const targets = await manifestTargets(ctx, run, validationOf(cli) !== 'Ignore', errors);
    if (targets.length === 0 && !errors.any) throw new Failure('no objects passed to replace');
    if (cli.bool('force')) for (const target of targets) await errors.attempt(() => removeFirst(ctx, run, target));
    for (const target of targets) await errors.attempt(() => replaceOne(ctx, run, target, dryRun));
    errors.finish();
  },
};

async function replaceOne(ctx: Context, run: Run, target: Target, dryRun: DryRun): Promise<void> {
  const { cli } = run;
  const { resource, namespace, name, manifest } = target;
  if (manifest === undefined || name === null) return;
  if (dryRun === 'client') return await reportDone(ctx, cli, manifest.object, 'replaced', dryRun);
  const client = await run.client(ctx);
  const query = writeQuery(dryRun, cli.string('field-manager'), validationOf(cli));
  const metadata = { ...object(manifest.object, 'metadata'), ...(namespace === null ? {} : { namespace }) };
  const whole: Fields = { ...manifest.object, metadata };
  try {
    const done = cli.bool('force')
      ? await client.create<Fields>(ctx, resource, namespace, whole, query)
      : await client.request<Fields>(ctx, 'PUT', resourcePath(resource, namespace, name), { body: whole, query });
    await reportDone(ctx, cli, done, 'replaced', dryRun);
  } catch (error) {
    throw prefixed(error, `error when replacing "${manifest.source}"`);
  }
}

async function removeFirst(ctx: Context, run: Run, { resource, namespace, name }: Target): Promise<void> {
  if (name === null) return;
  const client = await run.client(ctx);
  const grace = run.cli.number('grace-period');
  try {
    const old = (await client.get(ctx, resource, namespace, name)) as Fields;
    await client.delete(ctx, resource, namespace, name, grace >= 0 ? { gracePeriodSeconds: grace } : {});
    const scope = namespace === null ? '' : ` from ${namespace} namespace`;
    await print(ctx, `${resource.singular} "${name}" deleted${scope}\n`);
    await waitForEnd(ctx, run, [{ target: { resource, namespace, name }, uid: text(old, 'metadata', 'uid') }]);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
}
