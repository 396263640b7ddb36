/** @models k8s.io/kubectl pkg/cmd/wait wait.go condition.go json.go @fidelity partial: looks again every half second where upstream watches */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { Failure } from '../failure.ts';
import { ALL_NAMESPACES, FILENAME, SELECTOR } from '../flags.ts';
import { findAll, relaxedJsonPath, valueText } from '../jsonpath/evaluate.ts';
import { nameOf } from '../output.ts';
import type { Action } from '../run.ts';
import { selectTargets } from '../select.ts';
import { existing } from './label.ts';

const PERIOD_NS = 500_000_000;

export const waitCommand: CobraCommand<Action> = {
  name: 'wait',
  use: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  short: 'Wait for a specific condition on one or many resources',
  group: 'Advanced Commands',
  flags: [
    ...FILENAME,
    SELECTOR,
    ALL_NAMESPACES,
    { name: 'all', kind: 'bool', usage: 'All objects of the type' },
    {
      name: 'for',
      kind: 'stringArray',
      usage: 'What to wait for: delete, condition=NAME[=VALUE], jsonpath={…}=VALUE.',
    },
    { name: 'timeout', kind: 'duration', value: 30e9, usage: 'How long to wait.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [wanted = ''] = cli.strings('for');
    const isMet = conditionOf(wanted);
    const client = await run.client(ctx);
    const deadline = ctx.now + cli.duration('timeout');
    const targets = await selectTargets(ctx, run, cli.args, { allNamespaces: cli.bool('all-namespaces') });
    for (const { target, item } of await existing(ctx, run, targets)) {
      for (let current: Fields | null = item; ; ) {
        if (isMet(current)) break;
        if (ctx.now >= deadline) {
          throw new Failure(`timed out waiting for the condition on ${target.resource.resource}/${target.name}`);
        }
        await ctx.sleep(Math.min(PERIOD_NS, Math.max(deadline - ctx.now, 1)));
        try {
          current = (await client.get(ctx, target.resource, target.namespace, target.name)) as Fields;
        } catch (error) {
          if (!isStatusError(error, 'NotFound') || wanted !== 'delete') throw error;
          current = null;
        }
      }
      await print(ctx, `${nameOf(item)} condition met\n`);
    }
  },
};

function conditionOf(wanted: string): (item: Fields | null) => boolean {
  if (wanted === 'delete') return (item) => item === null;
  const condition = /^condition=([^=]+)(?:=(.*))?$/.exec(wanted);
  if (condition !== null) {
    const [, type = '', status = 'true'] = condition;
    return (item) =>
      list(item, 'status', 'conditions').some(
        (c) =>
          text(c, 'type').toLowerCase() === type.toLowerCase() &&
          text(c, 'status').toLowerCase() === status.toLowerCase(),
      );
  }
  const path = /^jsonpath=(\{[^{}]*\}|[^={}]+)(?:=(.*))?$/.exec(wanted);
  if (path !== null) {
    const [, expression = '', value] = path;
    return (item) => {
      const found = findAll(relaxedJsonPath(expression), item);
      return value === undefined ? found.length > 0 : found.length === 1 && valueText(found[0]) === value;
    };
  }
  throw new Failure(`unrecognized condition: ${JSON.stringify(wanted)}`);
}
