/**
 * @models k8s.io/kubectl pkg/cmd/auth/reconcile.go, component-helpers auth/rbac/reconciliation
 * @fidelity partial: roles that are aggregated are compared by their own rules only
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { type Fields, list, object, text, texts } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { ApiResource } from '../api-resource.ts';
import { dryRunOf } from '../dry-run.ts';
import { Failure } from '../failure.ts';
import { DRY_RUN, FILENAME, PRINT } from '../flags.ts';
import { nameOf, objectPrinter } from '../output.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets } from '../select.ts';

const GROUP = 'rbac.authorization.k8s.io';
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

type Done = { item: Fields; operation: 'create' | 'update' | 'recreate' | null; lines: string[]; isProtected: boolean };

export const reconcileCommand: CobraCommand<Action> = {
  name: 'reconcile',
  use: '-f FILENAME',
  short: 'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
  flags: [
    ...PRINT,
    ...FILENAME,
    DRY_RUN,
    { name: 'remove-extra-permissions', kind: 'bool', usage: 'Take away what the file does not allow.' },
    { name: 'remove-extra-subjects', kind: 'bool', usage: 'Take away subjects that the file does not name.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (!hasManifests(run)) throw new Failure('must specify one of -f and -k');
    if (cli.args.length > 0) throw new Failure('no arguments are allowed');
    const dryRun = await dryRunOf(ctx, cli);
    if (dryRun === 'server') throw new Failure('--dry-run=server for command reconcile is not supported yet');
    const printer = cli.has('output') ? await objectPrinter(ctx, cli) : null;
    for (const { resource, namespace, manifest } of await manifestTargets(ctx, run)) {
      if (manifest === undefined || resource.group !== GROUP) continue;
      const isRole = resource.kind.endsWith('Role');
      const { item, operation, lines, isProtected } = await reconcile(ctx, run, {
        resource,
        namespace,
        wanted: manifest.object,
        isRole,
        confirm: dryRun === 'none',
      });
      const suffix = dryRun === 'client' ? ' (dry run)' : '';
      await print(ctx, printer === null ? `${nameOf(item)} reconciled${suffix}\n` : printer(item));
      if (operation === null) continue;
      const caveat = isProtected ? `, but object opted out (${AUTO_UPDATE}: false)` : '';
      await printError(ctx, `\treconciliation required ${operation}${caveat}\n${lines.join('')}`);
    }
  },
};

type Task = { resource: ApiResource; namespace: string | null; wanted: Fields; isRole: boolean; confirm: boolean };

async function reconcile(ctx: Context, run: Run, task: Task): Promise<Done> {
  const { resource, namespace, wanted, isRole, confirm } = task;
  const client = await run.client(ctx);
  const name = text(wanted, 'metadata', 'name');
  const key = isRole ? 'rules' : 'subjects';
  const told = (title: string, items: readonly Fields[]): string[] =>
    items.length === 0
      ? []
      : [`\t${title}:\n`, ...items.map((item) => `\t\t${isRole ? ruleText(item) : subjectText(item)}\n`)];
  let current: Fields;
  try {
    current = await client.get(ctx, resource, namespace, name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    const made = confirm ? await createWithNamespace(ctx, run, resource, namespace, wanted) : wanted;
    const all = isRole ? list(wanted, 'rules').flatMap(breakDown) : list(wanted, 'subjects');
    const lines = told(isRole ? 'missing rules added' : 'missing subjects added', all);
    return { item: made, operation: 'create', lines, isProtected: false };
  }
  const isProtected = text(current, 'metadata', 'annotations', AUTO_UPDATE) === 'false';
  const removing = run.cli.bool(isRole ? 'remove-extra-permissions' : 'remove-extra-subjects');
  const [have, want] = [list(current, key), list(wanted, key)];
  const missing = isRole ? missingRules(have, want) : want.filter((one) => !have.some((other) => equal(one, other)));
  const extra = isRole ? missingRules(want, have) : have.filter((one) => !want.some((other) => equal(one, other)));
  const merged = (part: string): Fields => ({
    ...object(wanted, 'metadata', part),
    ...object(current, 'metadata', part),
  });
  const metadata: Fields = { ...object(current, 'metadata') };
  const labelled = { labels: merged('labels'), annotations: merged('annotations') };
  const sameLabels =
    equal(labelled.labels, object(current, 'metadata', 'labels') ?? {}) &&
    equal(labelled.annotations, object(current, 'metadata', 'annotations') ?? {});
  const isOtherRole = !isRole && !equal(current['roleRef'], wanted['roleRef']);
  if (missing.length === 0 && (extra.length === 0 || !removing) && sameLabels && !isOtherRole)
    return { item: current, operation: null, lines: [], isProtected };
  const lines = [
    ...told(isRole ? 'missing rules added' : 'missing subjects added', missing),
    ...(removing ? told(isRole ? 'extra rules removed' : 'extra subjects removed', extra) : []),
  ];
  const next = removing ? want : [...have, ...missing];
  const changed: Fields = { ...current, metadata: { ...metadata, ...labelled }, [key]: next };
  if (isOtherRole) {
    if (confirm && !isProtected) {
      await client.delete(ctx, resource, namespace, name);
      await client.create(ctx, resource, namespace, wanted);
    }
    return { item: wanted, operation: 'recreate', lines, isProtected };
  }
  const item = confirm && !isProtected ? ((await client.update(ctx, resource, changed as never)) as Fields) : changed;
  return { item, operation: 'update', lines, isProtected };
}

/** A namespace that is not there is made. */
async function createWithNamespace(
  ctx: Context,
  run: Run,
  resource: ApiResource,
  namespace: string | null,
  wanted: Fields,
): Promise<Fields> {
  const client = await run.client(ctx);
  if (namespace !== null) {
    try {
      await client.create(ctx, 'namespaces', null, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists') && !isStatusError(error, 'Forbidden')) throw error;
    }
  }
  return await client.create<Fields>(ctx, resource, namespace, wanted);
}

/** One rule for each verb, group, resource and name. */
function breakDown(rule: Fields): Fields[] {
  const names = texts(rule, 'resourceNames');
  return texts(rule, 'apiGroups')
    .flatMap((group) =>
      texts(rule, 'resources').flatMap((resource) =>
        texts(rule, 'verbs').flatMap((verb): Fields[] => {
          const one = { verbs: [verb], apiGroups: [group], resources: [resource] };
          return names.length === 0 ? [one] : names.map((name) => ({ ...one, resourceNames: [name] }));
        }),
      ),
    )
    .concat(
      texts(rule, 'nonResourceURLs').flatMap((url) =>
        texts(rule, 'verbs').map((verb): Fields => ({ verbs: [verb], nonResourceURLs: [url] })),
      ),
    );
}

const within = (all: readonly string[], one: string): boolean => all.includes(one) || all.includes('*');

function missingRules(have: readonly Fields[], want: readonly Fields[]): Fields[] {
  const covered = (one: Fields): boolean =>
    have.some((rule) => {
      const inside = (key: string): boolean => texts(one, key).every((word) => within(texts(rule, key), word));
      const names = texts(rule, 'resourceNames');
      const named = names.length === 0 || texts(one, 'resourceNames').some((name) => names.includes(name));
      return ['verbs', 'apiGroups', 'resources', 'nonResourceURLs'].every(inside) && named;
    });
  return want.flatMap(breakDown).filter((one) => !covered(one));
}

/** As Go prints the struct with %+v. */
function ruleText(rule: Fields): string {
  const part = (title: string, key: string): string => `${title}:[${texts(rule, key).join(' ')}]`;
  return `{${part('Verbs', 'verbs')} ${part('APIGroups', 'apiGroups')} ${part('Resources', 'resources')} ${part('ResourceNames', 'resourceNames')} ${part('NonResourceURLs', 'nonResourceURLs')}}`;
}

function subjectText(subject: Fields): string {
  const part = (title: string, key: string): string => `${title}:${text(subject, key)}`;
  return `{${part('Kind', 'kind')} ${part('APIGroup', 'apiGroup')} ${part('Name', 'name')} ${part('Namespace', 'namespace')}}`;
}
