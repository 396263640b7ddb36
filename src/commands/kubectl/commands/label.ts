/** @models k8s.io/kubectl pkg/cmd/label label.go, pkg/cmd/annotate annotate.go @fidelity partial: no --resource-version, no --local */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, list, object, text } from '../../../protocols/kube/fields.ts';
import { dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { type ErrorCollector, Failure } from '../failure.ts';
import { ALL_NAMESPACES, DRY_RUN, FIELD_MANAGER, FIELD_SELECTOR, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { changeCause, RECORD } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, listSelected, manifestTargets, selectTargets, type Target } from '../select.ts';

type Change = { readonly key: string; readonly value: string | null };

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

function command(verb: 'label' | 'annotate', member: 'labels' | 'annotations', short: string): CobraCommand<Action> {
  const noun = verb === 'label' ? 'label' : 'annotation';
  return {
    name: verb,
    use: `[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N`,
    short,
    group: 'Settings Commands',
    flags: [
      ...PRINT,
      ...FILENAME,
      SELECTOR,
      FIELD_SELECTOR,
      ALL_NAMESPACES,
      DRY_RUN,
      RECORD,
      FIELD_MANAGER(`kubectl-${verb}`),
      { name: 'all', kind: 'bool', usage: 'All objects of the type' },
      { name: 'list', kind: 'bool', usage: `Print the ${noun}s.` },
      { name: 'overwrite', kind: 'bool', usage: 'Replace values that exist.' },
    ],
    action: async (ctx, run) => {
      const { cli } = run;
      const dryRun = await dryRunOf(ctx, cli);
      const at = cli.args.findIndex((word) => /=|-$/.test(word) && !/^[a-z]+\/[^=]*$/.test(word));
      const words = at < 0 ? cli.args : cli.args.slice(0, at);
      const changes = (at < 0 ? [] : cli.args.slice(at)).map((word) => changeOf(word, verb === 'label'));
      if (words.length === 0 && !hasManifests(run))
        throw new Failure('one or more resources must be specified as <resource> <name> or <resource>/<name>');
      const listed = cli.bool('list');
      if (changes.length === 0 && !listed) throw new Failure(`at least one ${noun} update is required`);
      const selected = hasManifests(run)
        ? await manifestTargets(ctx, run)
        : await selectTargets(ctx, run, words, { allNamespaces: cli.bool('all-namespaces') });
      const targets = await existing(ctx, run, selected);
      if (listed) {
        for (const { item } of targets) await listMember(ctx, item, member, targets.length > 1);
        return;
      }
      for (const { target, item } of targets) {
        const before = object(item, 'metadata', member) ?? {};
        const patch: Record<string, string | null> = {};
        let outcome = verb === 'label' ? 'not labeled' : 'annotated';
        for (const { key, value } of changes) {
          const known = before[key];
          if (value === null) {
            if (known === undefined) {
              if (verb === 'label') await print(ctx, `label "${key}" not found.\n`);
              continue;
            }
            if (verb === 'label') outcome = 'unlabeled';
          } else {
            if (known !== undefined && known !== value && !cli.bool('overwrite')) {
              throw new Failure(
                verb === 'label'
                  ? `'${key}' already has a value (${String(known)}), and --overwrite is false`
                  : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${String(known)})`,
              );
            }
            if (verb === 'label' && known !== value) outcome = 'labeled';
          }
          patch[key] = value;
        }
        const { resource, namespace, name } = target;
        const cause = changeCause(cli);
        const metadata =
          Object.keys(cause).length === 0
            ? { [member]: patch }
            : member === 'labels'
              ? { labels: patch, annotations: cause }
              : { annotations: { ...patch, ...cause } };
        if (dryRun === 'client' || Object.values(metadata).every((part) => Object.keys(part).length === 0)) {
          await reportDone(ctx, cli, item, outcome, dryRun);
          continue;
        }
        const client = await run.client(ctx);
        const done = await client.patch<Fields>(
          ctx,
          resource,
          namespace,
          name ?? '',
          'merge',
          { metadata },
          writeQuery(dryRun, cli.string('field-manager')),
        );
        await reportDone(ctx, cli, done, outcome, dryRun);
      }
    },
  };
}

/** Go visits maps in no order; sorted keys are one of its orders. */
async function listMember(ctx: Context, item: Fields, member: string, several: boolean): Promise<void> {
  const lines = Object.entries(object(item, 'metadata', member) ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${several ? ' ' : ''}${key}=${String(value)}\n`);
  const [group = ''] = /^[^/]+(?=\/)/.exec(text(item, 'apiVersion')) ?? [];
  const head = `Listing ${member} for ${text(item, 'kind')}.${group}/${text(item, 'metadata', 'name')}:\n`;
  await print(ctx, `${several ? head : ''}${lines.join('')}`);
}

function changeOf(word: string, isLabel: boolean): Change {
  const equals = word.indexOf('=');
  if (equals < 0) return { key: word.slice(0, -1), value: null };
  const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
  if (isLabel && !LABEL_VALUE.test(value)) {
    throw new Failure(
      `invalid label value: ${JSON.stringify(word)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    );
  }
  return { key, value };
}

/** The objects that the targets name, as they are now; with `errors` one that is not there does not keep the others back. */
export async function existing(
  ctx: Context,
  run: Run,
  targets: readonly Target[],
  errors?: ErrorCollector,
): Promise<{ target: Target & { name: string }; item: Fields }[]> {
  const client = await run.client(ctx);
  const found: { target: Target & { name: string }; item: Fields }[] = [];
  for (const target of targets) {
    const { resource, namespace, name } = target;
    if (name !== null) {
      const get = async (): Promise<void> => {
        const item = (await client.get(ctx, resource, namespace, name)) as Fields;
        found.push({ target: { ...target, name }, item });
      };
      await (errors === undefined ? get() : errors.attempt(get));
      continue;
    }
    const all = run.cli.has('all') && run.cli.bool('all');
    const selects = ['selector', 'field-selector'].some((flag) => run.cli.has(flag) && run.cli.string(flag) !== '');
    if (!selects && !all) throw new Failure('resource(s) were provided, but no name was specified');
    for (const item of await listSelected(ctx, run, target)) {
      const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
      const place = resource.namespaced ? text(item, 'metadata', 'namespace') : null;
      found.push({
        target: { resource, namespace: place, name: text(item, 'metadata', 'name') },
        item: { apiVersion, kind: resource.kind, ...item },
      });
    }
  }
  return found;
}

export const labelCommand = command('label', 'labels', 'Update the labels on a resource');
export const annotateCommand = command('annotate', 'annotations', 'Update the annotations on a resource');
