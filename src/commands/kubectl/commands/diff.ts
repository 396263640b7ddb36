/** @models k8s.io/kubectl pkg/cmd/diff diff.go @fidelity partial: no --prune, no --server-side */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import type { Context } from '../../../linux/context.ts';
import { getenv, lookPath, mkdirAll, removeAll, writeFile } from '../../../linux/io.ts';
import { type Fields, object, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { Failure } from '../failure.ts';
import { FIELD_MANAGER, FILENAME, SELECTOR } from '../flags.ts';
import { threeWayPatch } from '../merge-patch.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, type Target } from '../select.ts';
import { LAST_APPLIED, withLastApplied } from './apply.ts';

export const diffCommand: CobraCommand<Action> = {
  name: 'diff',
  use: '-f FILENAME',
  short: 'Diff the live version against a would-be applied version',
  group: 'Advanced Commands',
  flags: [...FILENAME, SELECTOR, FIELD_MANAGER('kubectl-client-side-apply')],
  action: async (ctx, run) => {
    const { cli } = run;
    if (!hasManifests(run)) throw new Failure('must specify one of -f and -k');
    const suffix = (): string => String(ctx.random.below(4_000_000_000));
    const live = `/tmp/LIVE-${suffix()}`;
    const merged = `/tmp/MERGED-${suffix()}`;
    for (const directory of [live, merged]) await mkdirAll(ctx, directory, 0o700);
    try {
      for (const target of await manifestTargets(ctx, run)) await writeBoth(ctx, run, target, live, merged);
      const exitCode = await runDiff(ctx, live, merged);
      if (exitCode !== 0) throw new Failure('', { exitCode, bare: true });
    } finally {
      for (const directory of [live, merged]) await removeAll(ctx, directory);
    }
  },
};

/** What is there, and what would be: an object that is not there yet has no file on the left. */
async function writeBoth(ctx: Context, run: Run, target: Target, live: string, merged: string): Promise<void> {
  const { resource, namespace, name, manifest } = target;
  if (manifest === undefined || name === null) return;
  const client = await run.client(ctx);
  const file = [resource.group, resource.version, resource.kind, namespace ?? '', name]
    .filter((part, i) => part !== '' || i === 3)
    .join('.');
  const modified = withLastApplied(manifest.object, namespace);
  const query = { dryRun: 'All' as const, fieldManager: run.cli.string('field-manager') };
  let current: Fields;
  try {
    current = await client.get(ctx, resource, namespace, name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    const made = await client.create<Fields>(ctx, resource, namespace, modified, query);
    await writeFile(ctx, `${merged}/${file}`, shown(made));
    return;
  }
  const before = text(current, 'metadata', 'annotations', LAST_APPLIED);
  const patch = threeWayPatch(before === '' ? {} : (JSON.parse(before) as Fields), modified, current);
  const next = await client.patch<Fields>(ctx, resource, namespace, name, 'strategic', patch, query);
  await writeFile(ctx, `${live}/${file}`, shown(current));
  await writeFile(ctx, `${merged}/${file}`, shown(next));
}

function shown(item: Fields): string {
  const { managedFields: _, ...metadata } = object(item, 'metadata') ?? {};
  const annotations = Object.fromEntries(
    Object.entries(object(metadata, 'annotations') ?? {}).filter(([key]) => key !== LAST_APPLIED),
  );
  const { annotations: __, ...rest } = metadata as Fields;
  const kept = Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
  return marshalYaml({ ...item, metadata: kept } as never);
}

async function runDiff(ctx: Context, live: string, merged: string): Promise<number> {
  const words = (getenv(ctx, 'KUBECTL_EXTERNAL_DIFF') ?? 'diff').split(/\s+/);
  const argv = words.length === 1 && words[0] === 'diff' ? ['diff', '-u', '-N'] : words;
  const path = await lookPath(ctx, argv[0] ?? 'diff');
  if (path === null) throw new Failure(`failed to run "${argv[0]}": executable file not found in $PATH`);
  const pid = await ctx.sys.spawn(ctx, path, { argv: [...argv, live, merged], env: ctx.process.env });
  return (await ctx.sys.wait(ctx, pid))?.exitCode ?? 1;
}
