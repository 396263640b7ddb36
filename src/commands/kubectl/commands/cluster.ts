/** @models k8s.io/kubectl pkg/cmd/apiresources, pkg/cmd/clusterinfo, pkg/cmd/top @fidelity partial: no metrics API */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print } from '../../../linux/io.ts';
import { type ApiResource, apiVersionText } from '../discovery.ts';
import { Failure, NotSimulated } from '../failure.ts';
import type { Action } from '../run.ts';
import { layOutTable } from '../tables.ts';
import { dumpCommand } from './cluster-dump.ts';

export const apiResourcesCommand: CobraCommand<Action> = {
  name: 'api-resources',
  short: 'Print the supported API resources on the server',
  group: 'Other Commands',
  flags: [
    { name: 'api-group', kind: 'string', usage: 'Only resources of this group.' },
    { name: 'namespaced', kind: 'bool', value: true, usage: 'Only resources that are, or are not, in namespaces.' },
    { name: 'no-headers', kind: 'bool', usage: 'Leave the headers out.' },
    { name: 'output', short: 'o', kind: 'string', usage: 'One of: (wide, name).' },
    { name: 'verbs', kind: 'stringSlice', usage: 'Only resources with these verbs.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const group = cli.string('api-group');
    const found = preferred(await run.discovery(ctx, 1))
      .filter((item) => !cli.isSet('api-group') || item.group === group)
      .filter((item) => !cli.isSet('namespaced') || item.namespaced === cli.bool('namespaced'))
      .filter((item) => cli.strings('verbs').every((verb) => item.verbs.includes(verb)))
      .sort((a, b) => (a.group === b.group ? (a.resource < b.resource ? -1 : 1) : a.group < b.group ? -1 : 1));
    if (cli.string('output') === 'name') {
      return await print(
        ctx,
        found.map((r) => `${r.group === '' ? r.resource : `${r.resource}.${r.group}`}\n`).join(''),
      );
    }
    const wide = cli.string('output') === 'wide';
    const rows = found.map((item) => [
      item.resource,
      item.shortNames.join(','),
      apiVersionText(item),
      String(item.namespaced),
      item.kind,
      ...(wide ? [item.verbs.join(','), item.categories.join(',')] : []),
    ]);
    const headers = [
      'NAME',
      'SHORTNAMES',
      'APIVERSION',
      'NAMESPACED',
      'KIND',
      ...(wide ? ['VERBS', 'CATEGORIES'] : []),
    ];
    await print(ctx, layOutTable(cli.bool('no-headers') ? null : headers, rows));
  },
};

/** Of what a group has in several versions the first: the server lists the one that it prefers first. */
function preferred(all: readonly ApiResource[]): ApiResource[] {
  const first = new Map<string, ApiResource>();
  for (const item of all) {
    const key = `${item.group} ${item.resource}`;
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

export const apiVersionsCommand: CobraCommand<Action> = {
  name: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  group: 'Other Commands',
  action: async (ctx, run) => {
    const versions = new Set((await run.discovery(ctx, 1)).map(apiVersionText));
    await print(
      ctx,
      [...versions]
        .sort()
        .map((version) => `${version}\n`)
        .join(''),
    );
  },
};

export const clusterInfoCommand: CobraCommand<Action> = {
  name: 'cluster-info',
  short: 'Display cluster information',
  group: 'Cluster Management Commands',
  subcommands: [dumpCommand],
  action: async (ctx, run) => {
    const hint = "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n";
    try {
      await run.discovery(ctx);
      await print(ctx, `Kubernetes control plane is running at ${run.server}\n`);
    } finally {
      await print(ctx, hint);
    }
  },
};

function metricsCommand(name: string, aliases: readonly string[]): CobraCommand<Action> {
  return {
    name,
    aliases,
    short: `Display resource (CPU/memory) usage of ${name}s`,
    flags: [{ name: 'all-namespaces', short: 'A', kind: 'bool', usage: 'Pods of all namespaces.' }],
    action: async (ctx, run) => {
      const groups = await (await run.client(ctx)).request<{ groups?: { name: string }[] }>(ctx, 'GET', '/apis');
      if (!(groups.groups ?? []).some((group) => group.name === 'metrics.k8s.io'))
        throw new Failure('Metrics API not available');
      throw new NotSimulated('top: not simulated: the metrics API');
    },
  };
}

export const topCommand: CobraCommand<Action> = {
  name: 'top',
  short: 'Display resource (CPU/memory) usage',
  group: 'Cluster Management Commands',
  subcommands: [metricsCommand('node', ['nodes', 'no']), metricsCommand('pod', ['pods', 'po'])],
};
