/**
 * @models k8s.io/kubectl pkg/cmd/delete delete.go, pkg/cmd/wait (for deletion)
 * @fidelity partial: no --raw, no interactive
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { kindText } from '../api-resource.ts';
import { dryRunOf, dryRunSuffix } from '../dry-run.ts';
import { Failure, Failures } from '../failure.ts';
import { ALL_NAMESPACES, DRY_RUN, FIELD_SELECTOR, FILENAME, OUTPUT, SELECTOR } from '../flags.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, listSelected, manifestTargets, selectTargets, type Target } from '../select.ts';
import { untilGone } from './wait.ts';

export const deleteCommand: CobraCommand<Action> = {
  name: 'delete',
  use: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  group: 'Basic Commands (Intermediate)',
  suggestFor: ['rm'],
  flags: [
    ...FILENAME,
    SELECTOR,
    FIELD_SELECTOR,
    ALL_NAMESPACES,
    OUTPUT,
    DRY_RUN,
    { name: 'all', kind: 'bool', usage: 'All objects of the types given.' },
    {
      name: 'cascade',
      kind: 'string',
      value: 'background',
      bare: 'background',
      usage: 'What becomes of dependents: background, orphan or foreground.',
    },
    { name: 'force', kind: 'bool', usage: 'Do not wait for the node to confirm.' },
    { name: 'grace-period', kind: 'int', value: -1, usage: 'Seconds to end in; negative for the default.' },
    { name: 'ignore-not-found', kind: 'bool', usage: 'Succeed when an object does not exist.' },
    { name: 'now', kind: 'bool', usage: 'The same as --grace-period=1.' },
    { name: 'timeout', kind: 'duration', value: 0, usage: 'How long to wait for the end.' },
    { name: 'wait', kind: 'bool', value: true, usage: 'Wait until the objects are gone.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const fromFiles = hasManifests(run);
    if (!fromFiles && cli.args.length === 0)
      throw new Failure(
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
      );
    const force = cli.bool('force');
    let grace = cli.bool('now') ? 1 : cli.number('grace-period');
    if (grace === 0 && !force) grace = 1;
    if (force && grace < 0) grace = 0;
    const selected = fromFiles
      ? await manifestTargets(ctx, run, false)
      : await selectTargets(ctx, run, cli.args, { allNamespaces: cli.bool('all-namespaces') });
    const selects = cli.bool('all') || cli.string('selector') !== '' || cli.string('field-selector') !== '';
    if (!fromFiles && selected.some(({ name }) => name === null) && !selects) {
      throw new Failure('resource(s) were provided, but no name was specified');
    }
    if (force && grace === 0) {
      await printError(
        ctx,
        'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
      );
    }
    const targets = await expand(ctx, run, selected);
    if (targets.length === 0) return await print(ctx, 'No resources found\n');
    const client = await run.client(ctx);
    const gone: { target: Target; uid: string }[] = [];
    const errors: unknown[] = [];
    for (const target of targets) {
      const { resource, namespace, name } = target;
      if (name === null) throw new Failure('resource name may not be empty');
      try {
        if (dryRun !== 'client') {
          const cascade = cli.string('cascade');
          const propagationPolicy =
            cascade === 'orphan' ? 'Orphan' : cascade === 'foreground' ? 'Foreground' : 'Background';
          const answer = await client.delete(ctx, resource, namespace, name, {
            propagationPolicy,
            ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
            ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
          });
          gone.push({ target, uid: text(answer, 'metadata', 'uid') || text(answer, 'details', 'uid') });
        }
        if (cli.string('output') === 'name') await print(ctx, `${kindText(resource)}/${name}\n`);
        else
          await print(
            ctx,
            `${kindText(resource)} "${name}" ${force && grace === 0 ? 'force ' : ''}deleted${namespace === null ? '' : ` from ${namespace} namespace`}${dryRunSuffix(dryRun)}\n`,
          );
      } catch (error) {
        if (isStatusError(error, 'NotFound') && (cli.bool('ignore-not-found') || selects)) continue;
        if (!isStatusError(error)) throw error;
        errors.push(error);
      }
    }
    if (cli.bool('wait') && dryRun === 'none') await waitForEnd(ctx, run, gone);
    if (errors.length > 0) throw new Failures(errors);
  },
};

/** Kinds without a name become the objects that exist. */
async function expand(ctx: Context, run: Run, targets: readonly Target[]): Promise<Target[]> {
  const found: Target[] = [];
  for (const target of targets) {
    if (target.name !== null) {
      found.push(target);
      continue;
    }
    for (const item of await listSelected(ctx, run, target)) {
      const namespace = target.resource.namespaced ? text(item, 'metadata', 'namespace') : null;
      found.push({ resource: target.resource, namespace, name: text(item, 'metadata', 'name') });
    }
  }
  return found;
}

/** Until each object is gone, or another of the same name stands in its place. */
export async function waitForEnd(
  ctx: Context,
  run: Run,
  targets: readonly { target: Target; uid: string }[],
): Promise<void> {
  const timeout = run.cli.has('timeout') ? run.cli.duration('timeout') : 0;
  const deadline = timeout > 0 ? ctx.now + timeout : Number.POSITIVE_INFINITY;
  for (const { target, uid } of targets) {
    const { name } = target;
    if (name !== null) await untilGone(ctx, run, { ...target, name }, deadline, uid);
  }
}
