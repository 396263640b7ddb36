/** @models k8s.io/kubectl pkg/cmd/completion @fidelity partial: for bash alone */
import { cobraBashScript } from '../../../go/cobra-complete.ts';
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print } from '../../../linux/io.ts';
import { NotSimulated, usageFailure } from '../failure.ts';
import type { Action } from '../run.ts';

const SHELLS = ['bash', 'fish', 'powershell', 'zsh'];

export const completionCommand: CobraCommand<Action> = {
  name: 'completion',
  use: 'SHELL',
  short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
  group: 'Settings Commands',
  action: async (ctx, run) => {
    const [shell, ...more] = run.cli.args;
    if (shell === undefined) throw usageFailure(run.cli.path, 'Shell not specified.');
    if (more.length > 0) throw usageFailure(run.cli.path, 'Too many arguments. Expected only the shell type.');
    if (!SHELLS.includes(shell)) throw usageFailure(run.cli.path, `Unsupported shell type ${JSON.stringify(shell)}.`);
    if (shell !== 'bash') throw new NotSimulated(`completion ${shell}: not simulated: the shell ${shell}`);
    await print(ctx, cobraBashScript('kubectl'));
  },
};
