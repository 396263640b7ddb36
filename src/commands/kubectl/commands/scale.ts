/** @models k8s.io/kubectl pkg/cmd/scale, pkg/scale @fidelity full, but for --timeout */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { type Fields, number, object, text } from '../../../protocols/kube/fields.ts';
import { qualifiedResource, resourcePath } from '../../../protocols/kube/resources.ts';
import { StatusError } from '../../../protocols/kube/status-error.ts';
import { type DryRun, dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { ErrorCollector, Failure } from '../failure.ts';
import { DRY_RUN, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { RECORD, recordOn } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets, type Target } from '../select.ts';
import { existing } from './label.ts';

export const scaleCommand: CobraCommand<Action> = {
  name: 'scale',
  use: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  group: 'Deploy Commands',
  flags: [
    ...PRINT,
    ...FILENAME,
    DRY_RUN,
    RECORD,
    SELECTOR,
    { name: 'all', kind: 'bool', usage: 'All objects of the type' },
    { name: 'current-replicas', kind: 'int', value: -1, usage: 'Only if there are so many now.' },
    { name: 'replicas', kind: 'int', usage: 'The new number of pods.', required: true },
    { name: 'resource-version', kind: 'string', usage: 'Only if this is the version now.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const replicas = cli.number('replicas');
    if (replicas < 0)
      throw new Failure('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
    if (cli.number('current-replicas') < -1)
      throw new Failure('The --current-replicas must specify an integer of -1 or greater');
    const errors = new ErrorCollector();
    const targets = hasManifests(run) ? await manifestTargets(ctx, run) : await selectTargets(ctx, run, cli.args);
    const found = await existing(ctx, run, targets, errors);
    if (cli.string('resource-version') !== '' && found.length > 1)
      throw new Failure('cannot use --resource-version with multiple resources');
    if (found.length === 0 && !errors.any) throw new Failure('no objects passed to scale');
    for (const { target, item } of found) {
      if (dryRun !== 'client') await scale(ctx, run, target, replicas, dryRun);
      if (dryRun === 'none') await recordOn(ctx, run, target);
      const scaled = { ...item, spec: { ...object(item, 'spec'), replicas } };
      await reportDone(ctx, cli, scaled, 'scaled', dryRun);
    }
    errors.finish();
  },
};

async function scale(
  ctx: Context,
  run: Run,
  { resource, namespace, name }: Target & { name: string },
  replicas: number,
  dryRun: DryRun,
): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const [expected, version] = [cli.number('current-replicas'), cli.string('resource-version')];
  const path = resourcePath(resource, namespace, name, 'scale');
  const query = writeQuery(dryRun, '');
  let verb = 'patch';
  try {
    if (expected < 0 && version === '') {
      const options = { ...query, subresource: 'scale' };
      await client.patch(ctx, resource, namespace, name, 'merge', { spec: { replicas } }, options);
      return;
    }
    verb = 'get';
    const before = await client.request<Fields>(ctx, 'GET', path);
    const present = number(before, 'spec', 'replicas') ?? 0;
    if (expected >= 0 && present !== expected) throw new Failure(`Expected replicas to be ${expected}, was ${present}`);
    const now = text(before, 'metadata', 'resourceVersion');
    if (version !== '' && version !== now) throw new Failure(`Expected resource version to be ${version}, was ${now}`);
    verb = 'update';
    await client.request(ctx, 'PUT', path, { query, body: { ...before, spec: { replicas } } });
  } catch (error) {
    // Of what has no size the server knows no such path, and says not of what.
    if (!(error instanceof StatusError) || error.status.reason !== 'NotFound' || error.status.details !== undefined)
      throw error;
    throw new StatusError({
      ...error.status,
      message: `${error.message} (${verb} ${qualifiedResource(resource)} ${name})`,
    });
  }
}
