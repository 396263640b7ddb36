/** @models k8s.io/kubectl pkg/cmd/config view.go current_context.go get_contexts.go @fidelity partial: no --minify, no --flatten */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import { print } from '../../../linux/io.ts';
import { Failure } from '../failure.ts';
import { loadKubeconfig } from '../kubeconfig-file.ts';
import type { Action } from '../run.ts';
import { layOutTable } from '../tables.ts';
import { configWriters } from './config-write.ts';

const SECRET_KEYS = ['certificate-authority-data', 'client-certificate-data', 'client-key-data'];

function redacted(entry: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]): [string, string] => [
      key,
      SECRET_KEYS.includes(key) ? 'DATA+OMITTED' : key === 'token' ? 'REDACTED' : String(value),
    ]),
  );
}

export const configCommand: CobraCommand<Action> = {
  name: 'config',
  use: 'SUBCOMMAND',
  short: 'Modify kubeconfig files',
  group: 'Other Commands',
  subcommands: [
    {
      name: 'view',
      short: 'Display merged kubeconfig settings or a specified kubeconfig file',
      flags: [{ name: 'raw', kind: 'bool', usage: 'Show certificates and tokens, too.' }],
      action: async (ctx, run) => {
        const config = await loadKubeconfig(ctx, run.cli);
        const show = (entry: object): Record<string, string> =>
          run.cli.bool('raw') ? (entry as Record<string, string>) : redacted(entry);
        const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length === 0 ? null : items);
        await print(
          ctx,
          marshalYaml({
            apiVersion: 'v1',
            clusters: orNull(config.clusters.map(({ name, cluster }) => ({ cluster: show(cluster), name }))),
            contexts: orNull(config.contexts.map(({ name, context }) => ({ context: { ...context }, name }))),
            'current-context': config['current-context'],
            kind: 'Config',
            users: orNull(config.users.map(({ name, user }) => ({ name, user: show(user) }))),
          }),
        );
      },
    },
    {
      name: 'current-context',
      short: 'Display the current-context',
      action: async (ctx, run) => {
        const current = (await loadKubeconfig(ctx, run.cli))['current-context'];
        if (current === '') throw new Failure('current-context is not set');
        await print(ctx, `${current}\n`);
      },
    },
    {
      name: 'get-contexts',
      short: 'Describe one or many contexts',
      action: async (ctx, run) => {
        const config = await loadKubeconfig(ctx, run.cli);
        const rows = config.contexts.map(({ name, context }) => [
          name === config['current-context'] ? '*' : '',
          name,
          context.cluster,
          context.user,
          context.namespace ?? '',
        ]);
        await print(ctx, layOutTable(['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'], rows));
      },
    },
    ...configWriters,
  ],
};
