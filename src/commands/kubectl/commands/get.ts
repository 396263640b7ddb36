/**
 * @models k8s.io/kubectl pkg/cmd/get get.go sorter.go
 * @fidelity partial: no --raw with bodies, no --chunk-size; --watch of one resource only, as upstream
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { queryText, statusErrorOf } from '../../../protocols/kube/client.ts';
import { type Fields, field, list, object, text } from '../../../protocols/kube/fields.ts';
import { tableOf } from '../../../protocols/kube/printers/table.ts';
import { resourcePath } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { ApiResource } from '../api-resource.ts';
import { kindText } from '../api-resource.ts';
import { Failure, Failures, listFailure } from '../failure.ts';
import { ALL_NAMESPACES, FIELD_SELECTOR, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { findAll, relaxedJsonPath, valueText } from '../jsonpath/evaluate.ts';
import { JsonPathFault } from '../jsonpath/parse.ts';
import { listOf, type ObjectPrinter, objectPrinter } from '../output.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets, type Target } from '../select.ts';
import { layOutTable, shownTable } from '../tables.ts';

export const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

export const getCommand: CobraCommand<Action> = {
  name: 'get',
  use: '[(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
  short: 'Display one or many resources',
  long: `Display one or many resources.

 Prints a table of what matters most of the resources. A label selector (--selector) narrows it; of namespaced types only those of the current namespace are shown unless another is given.

Use "kubectl api-resources" for a complete list of supported resources.`,
  examples: `# List all pods
kubectl get pods

# List all pods with more columns
kubectl get pods -o wide

# One pod as YAML
kubectl get pod web -o yaml`,
  group: 'Basic Commands (Intermediate)',
  flags: [
    ...PRINT,
    ...FILENAME,
    SELECTOR,
    FIELD_SELECTOR,
    ALL_NAMESPACES,
    { name: 'watch', short: 'w', kind: 'bool', usage: 'After listing, go on with the changes.' },
    { name: 'watch-only', kind: 'bool', usage: 'Show the changes without listing first.' },
    { name: 'output-watch-events', kind: 'bool', usage: 'With --watch, say what happened to each object.' },
    { name: 'no-headers', kind: 'bool', usage: 'Leave the headers out.' },
    { name: 'show-labels', kind: 'bool', usage: 'Show the labels as the last column.' },
    { name: 'show-kind', kind: 'bool', usage: 'Show the kind in front of each name.' },
    { name: 'label-columns', short: 'L', kind: 'stringSlice', usage: 'Labels that become columns.' },
    { name: 'sort-by', kind: 'string', usage: 'A JSONPath expression of the field to sort by.' },
    { name: 'ignore-not-found', kind: 'bool', usage: 'Succeed when an object does not exist.' },
    { name: 'server-print', kind: 'bool', value: true, usage: 'Let the server make the columns.' },
    { name: 'chunk-size', kind: 'int64', value: 500, usage: 'Ask for large lists in pieces.' },
    { name: 'raw', kind: 'string', usage: 'Path on the server to fetch and print as it is.' },
    { name: 'subresource', kind: 'string', usage: 'Subresource to get instead.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.string('raw') !== '') return await printRaw(ctx, run);
    if (cli.args.length === 0 && !hasManifests(run)) {
      const hint =
        'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n';
      await printError(ctx, hint);
      throw new Failure(
        'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee \'kubectl get -h\' for help and examples',
      );
    }
    if (cli.bool('output-watch-events') && !cli.bool('watch') && !cli.bool('watch-only'))
      throw new Failure('--output-watch-events option can only be used with --watch or --watch-only');
    const printer = await objectPrinter(ctx, cli);
    const targets = hasManifests(run)
      ? await manifestTargets(ctx, run)
      : await selectTargets(ctx, run, cli.args, { allNamespaces: cli.bool('all-namespaces') });
    if (cli.bool('watch') || cli.bool('watch-only')) return await watchTargets(ctx, run, targets, printer);
    const { found, errors } = await fetchTargets(ctx, run, targets, printer === null);
    if (printer === null) await printTables(ctx, run, targets, found, errors.length === 0);
    else await printObjects(ctx, run, targets, found, printer);
    if (errors.length > 0) throw new Failures(errors);
  },
};

type Found = { readonly resource: ApiResource; readonly namespace: string | null; readonly answer: Fields };

/** As it comes: a watch goes on. */
async function printRaw(ctx: Context, run: Run): Promise<void> {
  const client = await run.client(ctx);
  await client.stream(ctx, run.cli.string('raw'), {}, async (c, data) => {
    await print(c, data);
    return undefined;
  });
}

function queryOf(run: Run, target: Target): Record<string, string> {
  const { cli } = run;
  const query: Record<string, string> = {};
  const byName = target.name !== null ? `metadata.name=${target.name}` : '';
  if (cli.string('selector') !== '' && target.name === null) query['labelSelector'] = cli.string('selector');
  const fields = cli.string('field-selector') || byName;
  if (fields !== '') query['fieldSelector'] = fields;
  if (cli.string('sort-by') !== '') query['includeObject'] = 'Object';
  return query;
}

async function fetchTargets(
  ctx: Context,
  run: Run,
  targets: readonly Target[],
  asTable: boolean,
): Promise<{ found: Found[]; errors: unknown[] }> {
  const client = await run.client(ctx);
  const found: Found[] = [];
  const errors: unknown[] = [];
  const accept = asTable ? TABLE_ACCEPT : 'application/json';
  for (const target of targets) {
    const { resource, namespace, name } = target;
    const query: Record<string, string> = name === null ? { ...queryOf(run, target), limit: '500' } : {};
    if (name !== null && run.cli.string('sort-by') !== '') query['includeObject'] = 'Object';
    const subresource = run.cli.string('subresource');
    const path = resourcePath(resource, namespace, ...pathTail(name, subresource));
    try {
      const answer = await client.request<Fields>(ctx, 'GET', path, { query, accept });
      found.push({ resource, namespace, answer });
    } catch (error) {
      if (isStatusError(error, 'NotFound') && run.cli.bool('ignore-not-found')) continue;
      if (!isStatusError(error)) throw error;
      errors.push(
        name === null
          ? listFailure(error, resource, query['labelSelector'] ?? '', query['fieldSelector'] ?? '')
          : error,
      );
    }
  }
  return { found, errors };
}

function pathTail(name: string | null, subresource: string): [string?, string?] {
  if (name === null) return [];
  return subresource === '' ? [name] : [name, subresource];
}

/** A server that does not print is an old one; then the client knows the columns. */
function asTable(ctx: Context, answer: Fields, resource: ApiResource, withObject: boolean): Fields {
  if (text(answer, 'kind') === 'Table') return answer;
  const includeObject = withObject ? 'Object' : 'Metadata';
  return tableOf(answer, resource.kind, ctx.wallTime, { includeObject }) as unknown as Fields;
}

async function printTables(
  ctx: Context,
  run: Run,
  targets: readonly Target[],
  found: readonly Found[],
  isAlone: boolean,
): Promise<void> {
  const { cli } = run;
  const resources = [...new Set(targets.map(({ resource }) => resource))];
  const withKind = resources.length > 1 || cli.bool('show-kind');
  const parts: string[] = [];
  for (const resource of resources) {
    const tables = found
      .filter((item) => item.resource === resource)
      .map(({ answer }) => asTable(ctx, answer, resource, cli.string('sort-by') !== ''));
    const rows = tables.flatMap((table) => list(table, 'rows'));
    if (rows.length === 0) continue;
    const columns = list(tables[0], 'columnDefinitions');
    const inOrder = inSortOrder(run, rows);
    // What is wrong with the order, the printer of tables keeps to itself.
    if (inOrder === null) continue;
    const shown = shownTable({ rows: inOrder }, columns, {
      wide: cli.string('output') === 'wide',
      withNamespace: cli.bool('all-namespaces') && resource.namespaced,
      kind: withKind ? kindText(resource) : null,
      showLabels: cli.bool('show-labels'),
      labelColumns: cli.strings('label-columns'),
    });
    parts.push(layOutTable(cli.bool('no-headers') ? null : shown.headers, shown.rows));
  }
  if (parts.length > 0) return await print(ctx, parts.join('\n'));
  if (!isAlone || cli.bool('ignore-not-found')) return;
  const isScoped = !cli.bool('all-namespaces') && resources.some(({ namespaced }) => namespaced);
  await printError(
    ctx,
    isScoped ? `No resources found in ${await run.namespace(ctx)} namespace.\n` : 'No resources found\n',
  );
}

function inSortOrder(run: Run, rows: readonly Fields[]): readonly Fields[] | null {
  try {
    return sorted(run, rows);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof JsonPathFault)) throw error;
    return null;
  }
}

function sorted(run: Run, rows: readonly Fields[]): readonly Fields[] {
  const by = run.cli.string('sort-by');
  if (by === '') return rows;
  const path = relaxedJsonPath(by);
  const keyed = rows.map((row) => ({ row, key: findAll(path, object(row, 'object') ?? row)[0] }));
  if (keyed.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw new Failure(`couldn't find any field with path "${path}" in the list of objects`);
  }
  return keyed.sort((a, b) => compareValues(a.key, b.key)).map(({ row }) => row);
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [valueText(a), valueText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

async function printObjects(
  ctx: Context,
  run: Run,
  targets: readonly Target[],
  found: readonly Found[],
  printer: ObjectPrinter,
): Promise<void> {
  const [only] = found;
  const isSingle = targets.length === 1 && targets[0]?.name !== null;
  if (isSingle) {
    if (only !== undefined) await print(ctx, printer(only.answer));
    return;
  }
  const items = found.flatMap(({ answer, resource }) =>
    Array.isArray(answer['items']) ? list(answer, 'items').map((item) => withKind(item, resource)) : [answer],
  );
  const rows = sorted(
    run,
    items.map((item) => ({ object: item })),
  );
  await print(ctx, printer(listOf(rows.map((row) => row['object'] as Fields))));
}

/** Items of a list leave their kind to the list. */
export function withKind(item: Fields, resource: ApiResource): Fields {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return { apiVersion, kind: resource.kind, ...item };
}

async function watchTargets(
  ctx: Context,
  run: Run,
  targets: readonly Target[],
  printer: ObjectPrinter | null,
): Promise<void> {
  const { cli } = run;
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    throw new Failure('you may only specify a single resource type');
  }
  const { resource, namespace } = target;
  const client = await run.client(ctx);
  const accept = printer === null ? TABLE_ACCEPT : 'application/json';
  const path = resourcePath(resource, namespace);
  const query = queryOf(run, target);
  const answer = await client.request<Fields>(ctx, 'GET', path, { query, accept });
  if (target.name !== null) {
    await client.request<Fields>(ctx, 'GET', resourcePath(resource, namespace, target.name));
  }
  const widths: number[] = [];
  let columns: readonly unknown[] = [];
  let headersDue = !cli.bool('no-headers');
  const show = async (event: string, value: Fields): Promise<void> => {
    if (printer !== null) return await print(ctx, printer(withKind(value, resource)));
    const table = asTable(ctx, value, resource, false);
    const defined = list(table, 'columnDefinitions');
    if (defined.length > 0) columns = defined;
    const shown = shownTable(table, columns, {
      wide: cli.string('output') === 'wide',
      withNamespace: cli.bool('all-namespaces') && resource.namespaced,
      kind: cli.bool('show-kind') ? kindText(resource) : null,
      showLabels: cli.bool('show-labels'),
      labelColumns: cli.strings('label-columns'),
    });
    if (shown.rows.length === 0) return;
    const withEvents = cli.bool('output-watch-events');
    const headers = withEvents ? ['EVENT', ...shown.headers] : shown.headers;
    const rows = withEvents ? shown.rows.map((row) => [event, ...row]) : shown.rows;
    await print(ctx, layOutTable(headersDue ? headers : null, rows, widths));
    headersDue = false;
  };
  const initial = Array.isArray(answer['items']) && printer !== null ? list(answer, 'items') : [answer];
  if (!cli.bool('watch-only')) for (const item of initial) await show('ADDED', item);
  const watchQuery = {
    ...query,
    watch: 'true',
    resourceVersion: String(field(answer, 'metadata', 'resourceVersion') ?? ''),
  };
  const response = await client.open(ctx, 'GET', path, { query: watchQuery, accept });
  const decoder = new TextDecoder();
  let buffered = '';
  try {
    await client.transport.read(ctx, response, async (_, part) => {
      buffered += decoder.decode(part.bytes(), { stream: true });
      for (let end = buffered.indexOf('\n'); end >= 0; end = buffered.indexOf('\n')) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 1);
        if (line === '') continue;
        const event = JSON.parse(line) as { type: string; object: Fields };
        if (event.type === 'ERROR' || event.type === 'BOOKMARK') continue;
        await show(event.type, event.object);
      }
    });
  } catch (error) {
    // A watch that ends says nothing of it, also when its time was over.
    if (response.deadline?.isOver !== true) throw error;
  }
}
