/**
 * @models k8s.io/kubectl pkg/cmd/apply apply.go patcher.go
 * @fidelity partial: no --prune, no --server-side conflicts resolution texts, no retries on conflict
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { printError } from '../../../linux/io.ts';
import { type Fields, field, object, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { type DryRun, dryRunOf, reportDone, validationOf, writeQuery } from '../dry-run.ts';
import { ErrorCollector, Failure, prefixed, usageFailure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, FILENAME, PRINT, SELECTOR, VALIDATE } from '../flags.ts';
import { threeWayPatch } from '../merge-patch.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, type Target } from '../select.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export const applyCommand: CobraCommand<Action> = {
  name: 'apply',
  use: '(-f FILENAME | -k DIRECTORY)',
  short: 'Apply a configuration to a resource by file name or stdin',
  group: 'Advanced Commands',
  flags: [
    ...PRINT,
    ...FILENAME,
    SELECTOR,
    DRY_RUN,
    VALIDATE,
    FIELD_MANAGER('kubectl-client-side-apply'),
    RECORD,
    { name: 'server-side', kind: 'bool', usage: 'Let the server merge.' },
    { name: 'force-conflicts', kind: 'bool', usage: 'With --server-side, take over fields of others.' },
    { name: 'force', kind: 'bool', usage: 'Delete and create again what cannot be patched.' },
    { name: 'overwrite', kind: 'bool', value: true, usage: 'Resolve conflicts in favour of the manifest.' },
    { name: 'wait', kind: 'bool', usage: 'Wait until deleted objects are gone.' },
    { name: 'grace-period', kind: 'int', value: -1, usage: 'Seconds that a deleted object has.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 0) throw usageFailure(cli.path, `Unexpected args: [${cli.args.join(' ')}]`);
    if (!hasManifests(run)) throw new Failure('must specify one of -f and -k');
    const cause = changeCause(cli);
    const dryRun = await dryRunOf(ctx, cli);
    const errors = new ErrorCollector();
    const targets = await manifestTargets(ctx, run, validationOf(cli) !== 'Ignore', errors);
    if (targets.length === 0 && !errors.any) throw new Failure('no objects passed to apply');
    for (const target of targets) {
      const apply = cli.bool('server-side') ? applyServerSide : applyOne;
      const { manifest } = target;
      const recorded =
        manifest === undefined
          ? target
          : { ...target, manifest: { ...manifest, object: annotated(manifest.object, cause) } };
      await errors.attempt(() => apply(ctx, run, recorded, dryRun));
    }
    if (!errors.any) await run.log(ctx, 4, 'apply.go:546', 'Running apply post-processor function');
    errors.finish();
  },
};

async function applyOne(ctx: Context, run: Run, target: Target, dryRun: DryRun): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const { resource, namespace, name, manifest } = target;
  if (manifest === undefined) return;
  const generateName = text(manifest.object, 'metadata', 'generateName');
  if (name === null && generateName !== '')
    throw new Failure(`from ${generateName}: cannot use generate name with apply`);
  const retrieving = `error when retrieving current configuration of:\n${describeTarget(target)}\nfrom server for: "${manifest.source}"`;
  if (name === null) throw new Failure(`${retrieving}: resource name may not be empty`);
  const modified = withLastApplied(manifest.object, namespace);
  const query = writeQuery(dryRun, cli.string('field-manager'), validationOf(cli));
  let current: Fields;
  try {
    current = await client.get(ctx, resource, namespace, name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) {
      throw prefixed(error, retrieving);
    }
    if (dryRun === 'client') return await reportDone(ctx, cli, modified, 'created', dryRun);
    try {
      const created = await client.create<Fields>(ctx, resource, namespace, modified, query);
      return await reportDone(ctx, cli, created, 'created', dryRun);
    } catch (failure) {
      throw prefixed(failure, `error when creating "${manifest.source}"`);
    }
  }
  const before = text(current, 'metadata', 'annotations', LAST_APPLIED);
  if (before === '' && dryRun !== 'client') {
    const words = `is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.`;
    await printError(ctx, `Warning: resource ${resource.resource}/${name} ${words}\n`);
  }
  const original = before === '' ? {} : (JSON.parse(before) as Fields);
  const isKnown = !resource.group.includes('.') || resource.group.endsWith('.k8s.io');
  const patch = threeWayPatch(original, modified, current, isKnown);
  if (Object.keys(patch).length === 0) return await reportDone(ctx, cli, current, 'unchanged', dryRun);
  if (dryRun === 'client') return await reportDone(ctx, cli, modified, 'configured', dryRun);
  try {
    const patched = await client.patch<Fields>(
      ctx,
      resource,
      namespace,
      name,
      isKnown ? 'strategic' : 'merge',
      patch,
      query,
    );
    const same = field(patched, 'metadata', 'resourceVersion') === field(current, 'metadata', 'resourceVersion');
    await reportDone(ctx, cli, patched, same ? 'unchanged' : 'configured', dryRun);
  } catch (error) {
    throw prefixed(
      error,
      `error when applying patch:\n${marshalJson(patch as never)}\nto:\n${describeTarget(target)}\nfor: "${manifest.source}": error when patching "${manifest.source}"`,
    );
  }
}

/** resource.Info's String. */
function describeTarget({ resource, namespace, name }: Target): string {
  const { group, version, kind } = resource;
  return `Resource: "${group}/${version}, Resource=${resource.resource}", GroupVersionKind: "${group}/${version}, Kind=${kind}"\nName: "${name ?? ''}", Namespace: "${namespace ?? ''}"`;
}

async function applyServerSide(ctx: Context, run: Run, target: Target, dryRun: DryRun): Promise<void> {
  const { cli } = run;
  const { resource, namespace, name, manifest } = target;
  if (manifest === undefined || name === null) throw new Failure('resource name may not be empty');
  const client = await run.client(ctx);
  const manager = cli.isSet('field-manager') ? cli.string('field-manager') : 'kubectl';
  const query = { ...writeQuery(dryRun, manager, validationOf(cli)), force: cli.bool('force-conflicts') };
  const applied = await client.patch<Fields>(ctx, resource, namespace, name, 'apply', manifest.object, query);
  await reportDone(ctx, cli, applied, 'serverside-applied', dryRun);
}

/** The manifest with its own text as an annotation. */
export function withLastApplied(manifest: Fields, namespace: string | null): Fields {
  const metadata = object(manifest, 'metadata') ?? {};
  const { [LAST_APPLIED]: _, ...annotations } = object(metadata, 'annotations') ?? {};
  const plain = {
    ...manifest,
    metadata: { ...metadata, annotations, ...(namespace === null ? {} : { namespace }) },
  };
  const config = `${marshalJson(plain as never, { sortKeys: true })}\n`;
  return { ...plain, metadata: { ...plain.metadata, annotations: { ...annotations, [LAST_APPLIED]: config } } };
}
