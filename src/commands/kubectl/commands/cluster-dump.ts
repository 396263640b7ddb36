/** @models k8s.io/kubectl pkg/cmd/clusterinfo clusterinfo_dump.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { mkdirAll, print, writeFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { ALL_NAMESPACES } from '../flags.ts';
import type { Action, Run } from '../run.ts';

const PARTS: readonly (readonly [resource: string, file: string])[] = [
  ['events', 'events'],
  ['services', 'services'],
  ['daemonsets', 'daemonsets'],
  ['deployments', 'deployments'],
  ['replicasets', 'replicasets'],
  ['pods', 'pods'],
];

export const dumpCommand: CobraCommand<Action> = {
  name: 'dump',
  short: 'Dump relevant information for debugging and diagnosis',
  flags: [
    ALL_NAMESPACES,
    {
      name: 'namespaces',
      kind: 'stringSlice',
      usage: 'Namespaces to look at; the present one and kube-system by default.',
    },
    { name: 'output-directory', kind: 'string', usage: 'Folder for the files; - prints them.' },
  ],
  action: async (ctx, run) => {
    const directory = run.cli.string('output-directory');
    const client = await run.client(ctx);
    const write = async (path: string, content: string): Promise<void> => {
      if (directory === '' || directory === '-') return await print(ctx, content);
      const whole = `${directory}/${path}`;
      await mkdirAll(ctx, whole.slice(0, whole.lastIndexOf('/')), 0o755);
      await writeFile(ctx, whole, content);
    };
    const json = (value: unknown): string => `${marshalJson(value as never, { indent: '    ', sortKeys: true })}\n`;
    await write('nodes.json', json(await client.list<Fields>(ctx, 'nodes', null)));
    for (const namespace of await namespacesOf(ctx, run)) {
      for (const [resource, file] of PARTS)
        await write(`${namespace}/${file}.json`, json(await client.list<Fields>(ctx, resource, namespace)));
      for (const pod of list(await client.list<Fields>(ctx, 'pods', namespace), 'items'))
        for (const container of [...list(pod, 'spec', 'initContainers'), ...list(pod, 'spec', 'containers')]) {
          const [name, one] = [text(pod, 'metadata', 'name'), text(container, 'name')];
          const log = await logOf(ctx, run, namespace, name, one);
          const title = `logs for container ${one} of pod ${namespace}/${name} ====\n`;
          await write(`${namespace}/${name}/logs.txt`, `==== START ${title}${log}==== END ${title}`);
        }
    }
    if (directory !== '' && directory !== '-') await print(ctx, `Cluster info dumped to ${directory}\n`);
  },
};

async function namespacesOf(ctx: Context, run: Run): Promise<string[]> {
  const client = await run.client(ctx);
  if (run.cli.bool('all-namespaces'))
    return list(await client.list<Fields>(ctx, 'namespaces', null), 'items').map((one) =>
      text(one, 'metadata', 'name'),
    );
  const asked = run.cli.strings('namespaces');
  return asked.length > 0 ? [...asked] : ['kube-system', await run.namespace(ctx)];
}

async function logOf(ctx: Context, run: Run, namespace: string, pod: string, container: string): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
    await (await run.client(ctx)).stream(ctx, path, { container }, async (_, data) => {
      parts.push(data);
      return true;
    });
  } catch (error) {
    if (!isStatusError(error)) throw error;
    return `Request log error: ${error.message}\n`;
  }
  return parts.map((part) => utf8(part)).join('');
}
