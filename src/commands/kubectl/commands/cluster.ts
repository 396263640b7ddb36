/** @models k8s.io/kubectl pkg/cmd/clusterinfo, pkg/cmd/top @fidelity partial: no metrics API */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print } from '../../../linux/io.ts';
import { Failure, NotSimulated } from '../failure.ts';
import type { Action } from '../run.ts';
import { dumpCommand } from './cluster-dump.ts';

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
      if (!(await run.groups(ctx)).some(({ name }) => name === 'metrics.k8s.io'))
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
