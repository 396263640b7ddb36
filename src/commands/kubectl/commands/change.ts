/** @models k8s.io/kubectl pkg/cmd/patch, pkg/cmd/drain (cordon), pkg/cmd/taint @fidelity full for what is described */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { parseYaml } from '../../../go/yaml-in.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readAll, readFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { type Fields, field, flag, list, number, text } from '../../../protocols/kube/fields.ts';
import { type DryRun, dryRunOf, reportDone, validationOf, writeQuery } from '../dry-run.ts';
import { Failure, usageFailure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, FILENAME, PRINT, SELECTOR, SUBRESOURCE, VALIDATE } from '../flags.ts';
import { RECORD, recordOn } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { selectTargets, type Target } from '../select.ts';
import { existing } from './label.ts';

const COMMON = [...PRINT, ...FILENAME, DRY_RUN, SELECTOR] as const;

export const patchCommand: CobraCommand<Action> = {
  name: 'patch',
  use: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  short: 'Update fields of a resource',
  group: 'Advanced Commands',
  flags: [
    ...COMMON,
    RECORD,
    FIELD_MANAGER('kubectl-patch'),
    { name: 'patch', short: 'p', kind: 'string', usage: 'The patch, as JSON or YAML.' },
    { name: 'patch-file', kind: 'string', usage: 'File with the patch.' },
    { name: 'type', kind: 'string', value: 'strategic', usage: 'One of [json merge strategic].' },
    SUBRESOURCE,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const file = cli.string('patch-file');
    if (file !== '' && cli.string('patch') !== '')
      throw new Failure('cannot specify --patch and --patch-file together');
    const given = file === '' ? cli.string('patch') : await readPatch(ctx, file);
    if (given === '') throw new Failure('must specify --patch or --patch-file containing the contents of the patch');
    const type = cli.string('type');
    if (type !== 'json' && type !== 'merge' && type !== 'strategic')
      throw new Failure(`--type must be one of [json merge strategic], not ${JSON.stringify(type)}`);
    const body = patchBody(given);
    const client = await run.client(ctx);
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, cli.args))) {
      const subresource = cli.string('subresource');
      const options = {
        ...writeQuery(dryRun, cli.string('field-manager')),
        ...(subresource === '' ? {} : { subresource }),
      };
      const done = await client.patch<Fields>(ctx, target.resource, target.namespace, target.name, type, body, options);
      if (dryRun === 'none') await recordOn(ctx, run, target);
      const same = field(done, 'metadata', 'resourceVersion') === field(item, 'metadata', 'resourceVersion');
      await reportDone(ctx, cli, done, same && dryRun === 'none' ? 'patched (no change)' : 'patched', dryRun);
    }
  },
};

/** What looks like JSON is the server's to understand. */
function patchBody(given: string): unknown {
  if (/^\s*\{/.test(given)) return given;
  const parsed = parseYaml(given);
  if (!parsed.ok) throw new Failure(`unable to parse ${JSON.stringify(given)}: ${parsed.error}`);
  return parsed.value;
}

async function readPatch(ctx: Context, path: string): Promise<string> {
  try {
    return path === '-' ? utf8(await readAll(ctx, 0)) : await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Failure(`unable to read patch file: open ${path}: ${error.go}`);
  }
}

function cordon(name: 'cordon' | 'uncordon', short: string): CobraCommand<Action> {
  return {
    name,
    use: 'NODE',
    short,
    group: 'Cluster Management Commands',
    flags: [DRY_RUN, SELECTOR],
    action: async (ctx, run) => {
      const { cli } = run;
      const dryRun = await dryRunOf(ctx, cli);
      if (cli.args.length === 0 && cli.string('selector') === '')
        throw usageFailure(cli.path, `USAGE: ${name} NODE [flags]`);
      for (const node of await existing(ctx, run, await selectTargets(ctx, run, ['nodes', ...cli.args])))
        await markSchedulable(ctx, run, node, name, dryRun);
    },
  };
}

export async function markSchedulable(
  ctx: Context,
  run: Run,
  { target, item }: { readonly target: Target & { name: string }; readonly item: Fields },
  name: 'cordon' | 'uncordon',
  dryRun: DryRun,
): Promise<void> {
  const wanted = name === 'cordon';
  if (flag(item, 'spec', 'unschedulable') === wanted)
    return await reportDone(ctx, run.cli, item, `already ${name}ed`, dryRun);
  if (dryRun !== 'client') {
    const client = await run.client(ctx);
    const patch = { spec: { unschedulable: wanted ? true : null } };
    await client.patch<Fields>(ctx, target.resource, null, target.name, 'strategic', patch, writeQuery(dryRun, ''));
  }
  await reportDone(ctx, run.cli, item, `${name}ed`, dryRun);
}

export const cordonCommand = cordon('cordon', 'Mark node as unschedulable');
export const uncordonCommand = cordon('uncordon', 'Mark node as schedulable');

export const taintCommand: CobraCommand<Action> = {
  name: 'taint',
  use: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  short: 'Update the taints on one or more nodes',
  group: 'Cluster Management Commands',
  flags: [
    ...PRINT,
    DRY_RUN,
    SELECTOR,
    { name: 'all', kind: 'bool', usage: 'All nodes' },
    { name: 'overwrite', kind: 'bool', usage: 'Replace taints that exist.' },
    VALIDATE,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const at = cli.args.findIndex((word, i) => i > 0 && /[=:]|-$/.test(word));
    const specs = at < 0 ? [] : cli.args.slice(at);
    if (specs.length === 0) throw new Failure('at least one taint update is required');
    const changes = specs.map((spec) => {
      const [, key = '', value, effect = '', removes] = /^([^=:]+?)(?:=([^:]*))?(?::([^-]*))?(-)?$/.exec(spec) ?? [];
      if (effect !== '' && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect))
        throw usageFailure(cli.path, `invalid taint effect: ${effect}, unsupported taint effect`);
      return { key, effect, removes: removes !== undefined, ...(value === undefined || value === '' ? {} : { value }) };
    });
    const client = await run.client(ctx);
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, cli.args.slice(0, at)))) {
      let taints = [...list(item, 'spec', 'taints')];
      let outcome = 'tainted';
      for (const { key, effect, removes, ...rest } of changes) {
        const same = (taint: Fields): boolean =>
          text(taint, 'key') === key && (effect === '' || text(taint, 'effect') === effect);
        const exists = taints.some(same);
        if (removes) {
          if (!exists) throw new Failure(`taint ${JSON.stringify(effect === '' ? key : `${key}:${effect}`)} not found`);
          outcome = 'untainted';
          taints = taints.filter((taint) => !same(taint));
          continue;
        }
        if (exists && !cli.bool('overwrite'))
          throw new Failure(
            `node ${target.name} already has ${key} taint(s) with same effect(s) and --overwrite is false`,
          );
        if (exists) outcome = 'modified';
        taints = [...taints.filter((taint) => !same(taint)), { effect, key, ...rest }];
      }
      const patch = { spec: { taints: taints.length === 0 ? null : taints } };
      if (dryRun !== 'client')
        await client.patch<Fields>(
          ctx,
          target.resource,
          null,
          target.name,
          'merge',
          patch,
          writeQuery(dryRun, 'kubectl-taint', validationOf(cli)),
        );
      await reportDone(ctx, cli, item, outcome, dryRun);
    }
  },
};
