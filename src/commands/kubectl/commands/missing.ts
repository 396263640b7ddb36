/** Commands that kubectl has and this one has not: they say so. */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';

const MISSING: readonly (readonly [name: string, group: string, short: string])[] = [
  ['autoscale', 'Deploy Commands', 'Auto-scale a deployment, replica set, stateful set, or replication controller'],
  ['certificate', 'Cluster Management Commands', 'Modify certificate resources'],
  ['proxy', 'Troubleshooting and Debugging Commands', 'Run a proxy to the Kubernetes API server'],
  ['kustomize', 'Advanced Commands', 'Build a kustomization target from a directory or URL'],
  ['kuberc', 'Other Commands', 'Manage kuberc configuration files'],
  ['plugin', 'Other Commands', 'Provides utilities for interacting with plugins'],
];

export const missingCommands: readonly CobraCommand<Action>[] = MISSING.map(([name, group, short]) => ({
  name,
  group,
  short,
  disableFlagParsing: true,
  action: async () => {
    throw new Failure(`kubectl ${name}: not simulated: the command`);
  },
}));
