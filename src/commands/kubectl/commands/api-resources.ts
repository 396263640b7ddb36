/** @models k8s.io/kubectl pkg/cmd/apiresources @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { marshalKyaml } from '../../../go/kyaml.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { type ApiResource, apiVersionText, preferredOf } from '../api-resource.ts';
import { Failure, isGoError, usageFailure } from '../failure.ts';
import { MANAGED_FIELDS } from '../flags.ts';
import type { Action, Run } from '../run.ts';
import { layOutTable } from '../tables.ts';

const HEADERS = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'];
const FORMATS = ['json', 'kyaml', 'name', 'wide', 'yaml'];

export const apiResourcesCommand: CobraCommand<Action> = {
  name: 'api-resources',
  short: 'Print the supported API resources on the server',
  group: 'Other Commands',
  flags: [
    { name: 'api-group', kind: 'string', usage: 'Only resources of this group.' },
    { name: 'cached', kind: 'bool', usage: 'Ask the server only if what it said before is not kept.' },
    { name: 'categories', kind: 'stringSlice', usage: 'Only resources of these categories.' },
    { name: 'namespaced', kind: 'bool', value: true, usage: 'Only resources that are, or are not, in namespaces.' },
    { name: 'no-headers', kind: 'bool', usage: 'Leave the headers out.' },
    { name: 'output', short: 'o', kind: 'string', usage: 'Output format. One of: (json, yaml, kyaml, name, wide).' },
    MANAGED_FIELDS,
    { name: 'sort-by', kind: 'string', usage: "Sort by 'name' or 'kind' rather than by group." },
    { name: 'verbs', kind: 'stringSlice', usage: 'Only resources with these verbs.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [output, group, sortBy] = [cli.string('output'), cli.string('api-group'), cli.string('sort-by')];
    if (!['', 'name', 'kind'].includes(sortBy)) throw new Failure('--sort-by accepts only name or kind');
    noArguments(run);
    if (output !== '' && !FORMATS.includes(output))
      throw new Failure(
        `unable to match a printer suitable for the output format "${output}", allowed formats are: ${FORMATS.join()}`,
      );
    if (!cli.bool('cached')) await run.invalidateDiscovery(ctx);
    const keyOf = (item: ApiResource): string =>
      sortBy === 'name' ? item.resource : sortBy === 'kind' ? item.kind : item.group;
    const found = preferredOf(await run.discovery(ctx, 1))
      .filter((item) => !cli.isSet('api-group') || item.group === group)
      .filter((item) => !cli.isSet('namespaced') || item.namespaced === cli.bool('namespaced'))
      .filter((item) => cli.strings('verbs').every((verb) => item.verbs.includes(verb)))
      .filter((item) => cli.strings('categories').every((category) => item.categories.includes(category)))
      .sort((a, b) => compare(keyOf(a), keyOf(b)) || compare(a.resource, b.resource));
    await print(ctx, textOf(found, output, cli.bool('no-headers')));
  },
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function noArguments({ cli }: Run): void {
  if (cli.args.length > 0) throw usageFailure(cli.path, `unexpected arguments: [${cli.args.join(' ')}]`);
}

function textOf(found: readonly ApiResource[], output: string, noHeaders: boolean): string {
  if (output === 'name')
    return found.map(({ resource, group }) => `${group === '' ? resource : `${resource}.${group}`}\n`).join('');
  if (output !== '' && output !== 'wide') {
    const resources = found.length === 0 ? null : found.map(entryOf);
    const whole: JsonValue = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: '', resources };
    if (output === 'json') return `${marshalJson(whole, { indent: '    ' })}\n`;
    return output === 'yaml' ? marshalYaml(whole) : marshalKyaml(whole);
  }
  const wide = output === 'wide';
  const rows = found.map((item) => [
    item.resource,
    item.shortNames.join(','),
    apiVersionText(item),
    String(item.namespaced),
    item.kind,
    ...(wide ? [item.verbs.join(','), item.categories.join(',')] : []),
  ]);
  return layOutTable(noHeaders ? null : [...HEADERS, ...(wide ? ['VERBS', 'CATEGORIES'] : [])], rows);
}

function entryOf(item: ApiResource): JsonValue {
  const { resource: name, singular: singularName, namespaced, group, version, kind } = item;
  const [verbs, shortNames, categories] = [[...item.verbs], [...item.shortNames], [...item.categories]];
  return {
    name,
    singularName,
    namespaced,
    ...(group === '' ? {} : { group }),
    version,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

export const apiVersionsCommand: CobraCommand<Action> = {
  name: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  group: 'Other Commands',
  action: async (ctx: Context, run) => {
    noArguments(run);
    await run.invalidateDiscovery(ctx);
    const groups = await run.groups(ctx).catch((error: unknown) => {
      if (!isGoError(error) && !isStatusError(error)) throw error;
      throw new Failure(`couldn't get available api versions from server: ${error.message}`);
    });
    const versions = groups.flatMap((group) => group.versions.map((each) => each.groupVersion));
    await print(
      ctx,
      versions
        .sort()
        .map((version) => `${version}\n`)
        .join(''),
    );
  },
};
