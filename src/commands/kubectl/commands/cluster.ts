/** @models k8s.io/kubectl pkg/cmd/clusterinfo, pkg/cmd/top @fidelity partial: no metrics API */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, field, list, number, text } from '../../../protocols/kube/fields.ts';
import { DISCOVERY_ACCEPT } from '../discovery.ts';
import { Failure, NotSimulated } from '../failure.ts';
import type { Action, Run } from '../run.ts';
import { dumpCommand } from './cluster-dump.ts';

export const clusterInfoCommand: CobraCommand<Action> = {
  name: 'cluster-info',
  short: 'Display cluster information',
  group: 'Cluster Management Commands',
  subcommands: [dumpCommand],
  action: async (ctx, run) => {
    const hint = "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n";
    try {
      const services = await run.resource(ctx, 'services');
      const client = await run.client(ctx);
      const labelSelector = 'kubernetes.io/cluster-service=true';
      const found = await client.list<Fields>(ctx, services, 'kube-system', { labelSelector });
      await print(ctx, `Kubernetes control plane is running at ${run.server}\n`);
      for (const service of list(found, 'items')) await print(ctx, serviceLine(service, run.server));
    } finally {
      await print(ctx, hint);
    }
  },
};

/** What the server passes on to a service that belongs to the cluster. */
function serviceLine(service: Fields, server: string): string {
  const [name, namespace] = [text(service, 'metadata', 'name'), text(service, 'metadata', 'namespace')];
  const [port] = list(service, 'spec', 'ports');
  const scheme = text(port, 'name') === 'https' || number(port, 'port') === 443 ? 'https:' : '';
  const path = port === undefined ? name : `${scheme}${name}:${text(port, 'name')}`;
  const title = text(field(service, 'metadata', 'labels'), 'kubernetes.io/name') || name;
  return `${title} is running at ${server}/api/v1/namespaces/${namespace}/services/${path}/proxy\n`;
}

function metricsCommand(name: string, aliases: readonly string[]): CobraCommand<Action> {
  return {
    name,
    aliases,
    short: `Display resource (CPU/memory) usage of ${name}s`,
    flags: [{ name: 'all-namespaces', short: 'A', kind: 'bool', usage: 'Pods of all namespaces.' }],
    action: async (ctx, run) => {
      if (!(await groupNames(ctx, run)).includes('metrics.k8s.io')) throw new Failure('Metrics API not available');
      throw new NotSimulated('top: not simulated: the metrics API');
    },
  };
}

/** Asked anew, whatever is kept. */
async function groupNames(ctx: Context, run: Run): Promise<string[]> {
  const client = await run.client(ctx);
  const names: string[] = [];
  for (const path of ['/api', '/apis']) {
    const answer = await client.request<unknown>(ctx, 'GET', path, { accept: DISCOVERY_ACCEPT });
    names.push(...list(answer, 'items').map((item) => text(item, 'metadata', 'name')));
    names.push(...list(answer, 'groups').map((group) => text(group, 'name')));
  }
  return names;
}

export const topCommand: CobraCommand<Action> = {
  name: 'top',
  short: 'Display resource (CPU/memory) usage',
  group: 'Cluster Management Commands',
  subcommands: [metricsCommand('node', ['nodes', 'no']), metricsCommand('pod', ['pods', 'po'])],
};
