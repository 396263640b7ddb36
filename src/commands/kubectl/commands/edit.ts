/**
 * @models k8s.io/kubectl pkg/cmd/util/editor editoptions.go editor.go
 * @fidelity partial: one object at a time in the file; no --save-config, no JSON
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { parseYaml } from '../../../go/yaml-in.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import type { Context } from '../../../linux/context.ts';
import { getenv, print, printError, readFile, writeFile } from '../../../linux/io.ts';
import { type Fields, object, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { runEditor } from '../../common/editor.ts';
import { Failure } from '../failure.ts';
import { FIELD_MANAGER, FILENAME, PRINT, SUBRESOURCE } from '../flags.ts';
import { isSame, threeWayPatch } from '../merge-patch.ts';
import { nameOf } from '../output.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets } from '../select.ts';
import { existing } from './label.ts';

const HEADER = [
  "Please edit the object below. Lines beginning with a '#' will be ignored,",
  'and an empty file will abort the edit. If an error occurs while saving this file will be',
  'reopened with the relevant failures.',
  '',
];

export const editCommand: CobraCommand<Action> = {
  name: 'edit',
  use: '(RESOURCE/NAME | -f FILENAME)',
  short: 'Edit a resource on the server',
  group: 'Basic Commands (Intermediate)',
  flags: [...PRINT, ...FILENAME, FIELD_MANAGER('kubectl-edit'), RECORD, SUBRESOURCE],
  action: async (ctx, run) => {
    const { cli } = run;
    const fromFiles = hasManifests(run);
    if (!fromFiles && cli.args.length === 0) throw new Failure('must specify one of -f and -k, or a resource to edit');
    const selected = fromFiles
      ? await manifestTargets(ctx, run)
      : await selectTargets(ctx, run, cli.args, { allNamespaces: false });
    for (const { target, item } of await existing(ctx, run, selected)) await editOne(ctx, run, target, item);
  },
};

type Named = { resource: { resource: string; group: string }; namespace: string | null; name: string };

function comment(lines: readonly string[]): string {
  return lines.map((line) => `#${line === '' ? '' : ` ${line}`}\n`).join('');
}

async function editOne(ctx: Context, run: Run, target: Named, item: Fields): Promise<void> {
  const { managedFields: _, ...metadata } = object(item, 'metadata') ?? {};
  const original: Fields = { ...item, metadata };
  const shown = nameOf(item);
  const path = `/tmp/kubectl-edit-${ctx.random.below(4_000_000_000)}.yaml`;
  let body = marshalYaml(original as never);
  let reasons: string[] = [];
  const keep = async (words: string): Promise<never> => {
    await printError(ctx, `A copy of your changes has been stored to "${path}"\n`);
    throw new Failure(words);
  };
  for (;;) {
    const written = comment(HEADER) + (reasons.length > 0 ? comment([...reasons, '']) : '') + body;
    await writeFile(ctx, path, written, { mode: 0o600 });
    await edit(ctx, path);
    const saved = await readFile(ctx, path);
    const edited = withoutComments(saved);
    if (edited.trim() === '') {
      await ctx.sys.unlink(ctx, path);
      await printError(ctx, 'Edit cancelled, saved file was empty.\n');
      return;
    }
    if (edited === withoutComments(written)) {
      if (reasons.length > 0) return await keep('Edit cancelled, no valid changes were saved.');
      await ctx.sys.unlink(ctx, path);
      await printError(ctx, 'Edit cancelled, no changes made.\n');
      return;
    }
    body = edited;
    const parsed = parseYaml(edited);
    if (!parsed.ok) {
      reasons = ['', `The edited file had a syntax error: error converting YAML to JSON: ${parsed.error}`];
      await printError(ctx, `error: the edited file had a syntax error: ${parsed.error}\n`);
      continue;
    }
    const modified = parsed.value as Fields;
    if (text(modified, 'metadata', 'name') !== target.name) {
      reasons = [`${shown} was not valid:`, '* metadata.name may not be changed'];
      continue;
    }
    if (isSame(modified, original)) {
      await ctx.sys.unlink(ctx, path);
      await printError(ctx, 'Edit cancelled, no changes made.\n');
      return;
    }
    try {
      await send(ctx, run, target, original, modified);
    } catch (error) {
      if (!isStatusError(error)) throw error;
      reasons = [
        `${target.resource.resource}${target.resource.group === '' ? '' : `.${target.resource.group}`} "${target.name}" was not valid:`,
        ...error.message.split('\n').map((line) => `* ${line}`),
      ];
      await printError(ctx, `error: ${target.resource.resource} "${target.name}" is invalid\n`);
      continue;
    }
    await ctx.sys.unlink(ctx, path);
    await print(ctx, `${shown} edited\n`);
    return;
  }
}

async function send(ctx: Context, run: Run, target: Named, original: Fields, modified: Fields): Promise<void> {
  const client = await run.client(ctx);
  const subresource = run.cli.string('subresource');
  const strategic = !target.resource.group.includes('.') || target.resource.group.endsWith('.k8s.io');
  const recorded = annotated(modified, changeCause(run.cli));
  const patch = threeWayPatch(original, recorded, original, strategic);
  await client.patch<Fields>(
    ctx,
    target.resource as never,
    target.namespace,
    target.name,
    strategic ? 'strategic' : 'merge',
    patch,
    { fieldManager: run.cli.string('field-manager'), ...(subresource === '' ? {} : { subresource }) } as never,
  );
}

async function edit(ctx: Context, path: string): Promise<void> {
  const given = getenv(ctx, 'KUBE_EDITOR') || getenv(ctx, 'EDITOR') || 'vi';
  // What is quoted is for a shell to read.
  const throughShell = given.includes(' ') && /["'\\]/.test(given);
  const editor = given.split(' ').filter((word) => word !== '');
  const status = throughShell
    ? await runEditor(ctx, ['/bin/bash', '-c', `${given} "$0"`], path)
    : await runEditor(ctx, editor, path);
  const name = throughShell ? given : (editor[0] ?? '');
  if (status === null) throw new Failure(`unable to launch the editor ${JSON.stringify(name)}`);
  if (status !== 0) throw new Failure(`there was a problem with the editor ${JSON.stringify(name)}`);
}

function withoutComments(saved: string): string {
  return saved
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n');
}
