/**
 * The objects that a command line means: `TYPE`, `TYPE NAME…`, `TYPE/NAME…`, `TYPE,TYPE`, files, a selector.
 * @models k8s.io/cli-runtime pkg/resource builder.go
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { type Fields, list, text } from '../../protocols/kube/fields.ts';
import { type ApiResource, preferredOf } from './api-resource.ts';
import { ErrorCollector, Failure, listFailure } from './failure.ts';
import { buildKustomization } from './kustomize/build.ts';
import { checkHead, type Manifest, visitManifests } from './manifests.ts';
import type { Run } from './run.ts';

/** One resource, and the name that was asked for; without a name all of the kind. */
export type Target = {
  readonly resource: ApiResource;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly manifest?: Manifest;
};

export async function selectTargets(
  ctx: Context,
  run: Run,
  words: readonly string[],
  options: { allNamespaces?: boolean } = {},
): Promise<Target[]> {
  const base = options.allNamespaces === true ? null : await run.namespace(ctx);
  const scope = (resource: ApiResource): string | null => (resource.namespaced ? base : null);
  const [first, ...names] = words;
  if (first === undefined) return [];
  if (words.some((word) => word.includes('/'))) {
    const targets: Target[] = [];
    for (const word of words) {
      const parts = word.split('/');
      if (parts.length !== 2) {
        const text =
          'there is no need to specify a resource type as a separate argument when passing arguments in resource/name form';
        throw new Failure(
          parts.length === 1
            ? `${text} (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`
            : 'arguments in resource/name form may not have more than one slash',
        );
      }
      const [type = '', name = ''] = parts;
      if (type === '' || name === '')
        throw new Failure(`arguments in resource/name form must have a single resource and name`);
      const resource = await run.resource(ctx, type);
      targets.push({ resource, namespace: scope(resource), name });
    }
    return targets;
  }
  const resources: ApiResource[] = [];
  for (const type of first.split(',').filter((word) => word !== '')) {
    const members = preferredOf(await run.discovery(ctx)).filter(({ categories }) => categories.includes(type));
    if (members.length > 0) resources.push(...members);
    else resources.push(await run.resource(ctx, type));
  }
  if (names.length > 0 && resources.length > 1) throw new Failure('you may only specify a single resource type');
  return resources.flatMap((resource): Target[] =>
    names.length === 0
      ? [{ resource, namespace: scope(resource), name: null }]
      : names.map((name) => ({ resource, namespace: scope(resource), name })),
  );
}

/** All of a kind that the selectors leave. */
export async function listSelected(
  ctx: Context,
  run: Run,
  { resource, namespace }: Pick<Target, 'resource' | 'namespace'>,
): Promise<readonly Fields[]> {
  const { cli } = run;
  const [labelSelector, fieldSelector] = ['selector', 'field-selector'].map((flag) =>
    cli.has(flag) ? cli.string(flag) : '',
  ) as [string, string];
  const options = {
    ...(labelSelector === '' ? {} : { labelSelector }),
    ...(fieldSelector === '' ? {} : { fieldSelector }),
  };
  try {
    return list(await (await run.client(ctx)).list<Fields>(ctx, resource, namespace, options), 'items');
  } catch (error) {
    throw listFailure(error, resource, labelSelector, fieldSelector);
  }
}

/** Whether objects come from files: -f or -k. */
export function hasManifests({ cli }: Run): boolean {
  const folder = cli.has('kustomize') ? cli.string('kustomize') : '';
  if (folder !== '' && cli.strings('filename').length > 0) throw new Failure('only one of -f or -k can be specified');
  return folder !== '' || cli.strings('filename').length > 0;
}

/** With `errors` what is wrong with one manifest does not keep the others back; without it is thrown. */
export async function manifestTargets(
  ctx: Context,
  run: Run,
  validate = true,
  errors?: ErrorCollector,
): Promise<Target[]> {
  const { cli } = run;
  const collected = errors ?? new ErrorCollector();
  const targets: Target[] = [];
  const recursive = cli.has('recursive') && cli.bool('recursive');
  const visit = async (manifest: Manifest): Promise<void> => {
    checkHead(manifest, validate);
    await collected.attempt(async () => targets.push(await targetOf(ctx, run, manifest)));
  };
  const folder = cli.has('kustomize') ? cli.string('kustomize') : '';
  if (folder !== '')
    for (const object of await buildKustomization(ctx, folder)) await visit({ source: folder, object });
  await visitManifests(ctx, cli.strings('filename'), recursive, collected, visit);
  if (errors === undefined) collected.finish();
  return targets;
}

export async function targetOf(ctx: Context, run: Run, manifest: Manifest): Promise<Target> {
  const { source, object } = manifest;
  const [apiVersion, kind] = [text(object, 'apiVersion'), text(object, 'kind')];
  const resource = await run.kind(ctx, apiVersion, kind);
  const name = text(object, 'metadata', 'name');
  if (resource === undefined) {
    const where = `name: ${JSON.stringify(name)} namespace: ${JSON.stringify(text(object, 'metadata', 'namespace'))} from ${JSON.stringify(source)}`;
    throw new Failure(
      `resource mapping not found for ${where}: no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  }
  const given = text(object, 'metadata', 'namespace');
  const wanted = await run.namespace(ctx);
  if (resource.namespaced && given !== '' && run.cli.isSet('namespace') && given !== wanted) {
    throw new Failure(
      `the namespace from the provided object "${given}" does not match the namespace "${wanted}". You must pass '--namespace=${given}' to perform this operation.`,
    );
  }
  const namespace = resource.namespaced ? given || wanted : null;
  return { resource, namespace, name: name === '' ? null : name, manifest };
}
