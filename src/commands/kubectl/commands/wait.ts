/** @models k8s.io/kubectl pkg/cmd/wait wait.go condition.go create.go delete.go json.go @fidelity partial: no --local */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { type Fields, list, number, text } from '../../../protocols/kube/fields.ts';
import { isStatusError, notFound } from '../../../protocols/kube/status-error.ts';
import { reportDone } from '../dry-run.ts';
import { ErrorCollector, Failure } from '../failure.ts';
import { ALL_NAMESPACES, FIELD_SELECTOR, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { findAll, relaxedJsonPath, valueText } from '../jsonpath/evaluate.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets, type Target } from '../select.ts';
import { untilWithSync } from '../until.ts';
import { existing } from './label.ts';

const CREATE_PERIOD_NS = 500_000_000;
const WEEK_NS = 168 * 3600 * 1_000_000_000;
const TIMED_OUT = 'timed out waiting for the condition';

/** `create`, `delete`, or what an object must be like. */
type Condition = 'create' | 'delete' | ((item: Fields) => boolean);
type Named = Target & { readonly name: string };

export const waitCommand: CobraCommand<Action> = {
  name: 'wait',
  use: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  short: 'Wait for a specific condition on one or many resources',
  group: 'Advanced Commands',
  flags: [
    ...PRINT,
    ...FILENAME,
    SELECTOR,
    FIELD_SELECTOR,
    ALL_NAMESPACES,
    { name: 'all', kind: 'bool', usage: 'All objects of the type' },
    {
      name: 'for',
      kind: 'stringArray',
      usage:
        'What to wait for: create, delete, condition=NAME[=VALUE], jsonpath={…}[=VALUE]; several one after the other.',
    },
    {
      name: 'timeout',
      kind: 'duration',
      value: 30e9,
      usage: 'How long to wait; 0 looks once, less than that waits a week.',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const wanted = cli.strings('for');
    const conditions = wanted.map(conditionOf);
    if (conditions.length === 0) throw new Failure('unrecognized condition: []');
    const timeout = cli.duration('timeout') < 0 ? WEEK_NS : cli.duration('timeout');
    const deadline = timeout === 0 ? null : ctx.now + timeout;
    const targets = hasManifests(run)
      ? await manifestTargets(ctx, run)
      : await selectTargets(ctx, run, cli.args, { allNamespaces: cli.bool('all-namespaces') });
    const forDelete = conditions.includes('delete');
    // What one of them does not become keeps the others from nothing.
    const errors = new ErrorCollector();
    const found = conditions.includes('create')
      ? await created(ctx, run, targets, deadline)
      : await present(ctx, run, targets, forDelete, errors);
    for (const { target, item } of found)
      await errors.attempt(async () => {
        for (const condition of conditions) {
          const met = await isSoFor(ctx, run, target, item, condition, deadline);
          await reportDone(ctx, cli, met, 'condition met', 'none');
        }
      });
    errors.finish();
    if (found.length === 0 && !forDelete) throw new Failure('no matching resources found');
  },
};

type Found = Awaited<ReturnType<typeof existing>>;

async function present(
  ctx: Context,
  run: Run,
  targets: readonly Target[],
  forDelete: boolean,
  errors: ErrorCollector,
): Promise<Found> {
  const found: Found = [];
  for (const target of targets)
    await errors.attempt(async () => {
      try {
        found.push(...(await existing(ctx, run, [target])));
      } catch (error) {
        if (!forDelete || !isStatusError(error, 'NotFound')) throw error;
      }
    });
  return found;
}

/** Looks again every half second: what is not there cannot be watched by its name alone. */
async function created(ctx: Context, run: Run, targets: readonly Target[], deadline: number | null): Promise<Found> {
  for (;;) {
    try {
      const found = await existing(ctx, run, targets);
      if (found.length > 0) return found;
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
    if (deadline === null || ctx.now >= deadline) throw new Failure(TIMED_OUT);
    await ctx.sleep(Math.min(CREATE_PERIOD_NS, deadline - ctx.now));
  }
}

/** The object as it is then, or was last. */
async function isSoFor(
  ctx: Context,
  run: Run,
  target: Named,
  item: Fields,
  condition: Condition,
  deadline: number | null,
): Promise<Fields> {
  if (condition === 'create') return item;
  if (condition === 'delete') return (await untilGone(ctx, run, target, deadline, '')) ?? item;
  const { resource, name, namespace } = target;
  if (deadline === null) {
    const now = (await (await run.client(ctx)).get(ctx, resource, namespace, name)) as Fields;
    if (condition(now)) return now;
    throw new Failure(`condition not met for ${resource.resource}/${name}`);
  }
  const met = await untilWithSync(ctx, run, target, deadline, {
    already: (now) => {
      if (now === null) throw notFound(resource, name);
      return false;
    },
    isMet: ({ type, object }) => type !== 'DELETED' && condition(object),
  });
  if (met === null) throw new Failure(`${TIMED_OUT} on ${resource.resource}/${name}`);
  return met.object ?? item;
}

/**
 * Until the object is gone, or another of the same name stands in its place if a `uid` is given. What there was when it
 * began, or null. `deadline`: null looks once.
 */
export async function untilGone(
  ctx: Context,
  run: Run,
  target: Named,
  deadline: number | null,
  uid: string,
): Promise<Fields | null> {
  const { resource, namespace, name } = target;
  const isOther = (item: Fields): boolean => uid !== '' && text(item, 'metadata', 'uid') !== uid;
  let before: Fields;
  try {
    before = (await (await run.client(ctx)).get(ctx, resource, namespace, name)) as Fields;
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    return null;
  }
  if (isOther(before)) return before;
  if (deadline === null) throw new Failure(`condition not met for ${resource.resource}/${name}`);
  const gone = await untilWithSync(ctx, run, target, deadline, {
    already: (now) => now === null || isOther(now),
    isMet: ({ type }) => type === 'DELETED',
  });
  if (gone === null) throw new Failure(`${TIMED_OUT} on ${resource.resource}/${name}`);
  return before;
}

function conditionOf(wanted: string): Condition {
  const lower = wanted.toLowerCase();
  if (lower === 'delete' || lower === 'create') return lower;
  if (wanted.startsWith('condition=')) {
    const [, type = '', status = 'true'] = /^condition=([^=]*)(?:=(.*))?$/s.exec(wanted) ?? [];
    return (item) => hasCondition(item, type.toLowerCase(), status.toLowerCase());
  }
  if (wanted.startsWith('jsonpath=')) return jsonPathCondition(wanted.slice('jsonpath='.length));
  throw new Failure(`unrecognized condition: ${JSON.stringify(wanted)}`);
}

/** What was observed of an older generation does not count. */
function hasCondition(item: Fields, type: string, status: string): boolean {
  const condition = list(item, 'status', 'conditions').find((one) => text(one, 'type').toLowerCase() === type);
  if (condition === undefined) return false;
  const generation = number(item, 'metadata', 'generation');
  const observed = number(condition, 'observedGeneration') ?? number(item, 'status', 'observedGeneration');
  if (generation !== undefined && observed !== undefined && observed < generation) return false;
  return text(condition, 'status').toLowerCase() === status;
}

function jsonPathCondition(input: string): (item: Fields) => boolean {
  const form =
    "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'";
  // Two signs in a row belong to the path.
  const parts = input.split(/(?<!=)=(?!=)/);
  const [path = '', value] = parts;
  if (parts.length > 2) throw new Failure(form);
  const expected = value?.replace(/^['"]+|['"]+$/g, '');
  if (expected === '')
    throw new Failure(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  const expression = relaxedJsonPath(path);
  return (item) => {
    const found = findAll(expression, item);
    if (found.length === 0) return false;
    if (found.length > 1) throw new Failure('given jsonpath expression matches more than one value');
    if (expected === undefined) return true;
    const [only] = found;
    if (typeof only === 'object' && only !== null)
      throw new Failure('jsonpath leads to a nested object or list which is not supported');
    return valueText(only).trim() === expected.trim();
  };
}
