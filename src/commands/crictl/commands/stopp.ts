import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { stopOnePod } from '../container-actions.ts';
import { wrapping } from '../failure.ts';
import { type Action, showHelp } from '../run.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/sandbox.go stopPodCommand @fidelity full */
export const stoppCommand: CliCommand<Action> = {
  name: 'stopp',
  usage: 'Stop running pods',
  argsUsage: 'POD-ID [POD-ID...]',
  action: async (ctx, run) => {
    const { args } = run.cli;
    if (args.length === 0) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    for (const id of args) {
      await wrapping(`stopping the pod sandbox ${quote(id)}`, () => stopOnePod(ctx, runtime, id));
    }
  },
};
