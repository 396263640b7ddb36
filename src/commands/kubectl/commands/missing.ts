/** Commands that kubectl has and this one has not: they say so. */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';

const MISSING: readonly (readonly [name: string, group: string, short: string])[] = [
  ['explain', 'Basic Commands (Intermediate)', 'Get documentation for a resource'],
  ['autoscale', 'Deploy Commands', 'Auto-scale a deployment, replica set, stateful set, or replication controller'],
  ['certificate', 'Cluster Management Commands', 'Modify certificate resources'],
  ['port-forward', 'Troubleshooting and Debugging Commands', 'Forward one or more local ports to a pod'],
  ['proxy', 'Troubleshooting and Debugging Commands', 'Run a proxy to the Kubernetes API server'],
  ['cp', 'Troubleshooting and Debugging Commands', 'Copy files and directories to and from containers'],
  ['auth', 'Troubleshooting and Debugging Commands', 'Inspect authorization'],
  [
    'debug',
    'Troubleshooting and Debugging Commands',
    'Create debugging sessions for troubleshooting workloads and nodes',
  ],
  ['diff', 'Advanced Commands', 'Diff the live version against a would-be applied version'],
  ['replace', 'Advanced Commands', 'Replace a resource by file name or stdin'],
  ['kustomize', 'Advanced Commands', 'Build a kustomization target from a directory or URL'],
  [
    'completion',
    'Settings Commands',
    'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
  ],
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
