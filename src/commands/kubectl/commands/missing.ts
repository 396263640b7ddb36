/** Commands that kubectl has and this one has not: they say so. */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';

const MISSING: readonly (readonly [name: string, group: string, short: string])[] = [
  ['kuberc', 'Other Commands', 'Manage kuberc configuration files'],
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
