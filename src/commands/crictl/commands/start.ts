import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { startOne } from '../container-actions.ts';
import { Failure, wrapping } from '../failure.ts';
import type { Action } from '../run.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go startContainerCommand @fidelity full */
export const startCommand: CliCommand<Action> = {
  name: 'start',
  usage: 'Start created containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  action: async (ctx, run) => {
    const { args } = run.cli;
    if (args.length === 0) throw new Failure('ID cannot be empty');
    const runtime = await connectRuntime(ctx, run);
    for (const id of args) {
      await wrapping(`starting the container ${quote(id)}`, () => startOne(ctx, runtime, id));
    }
  },
};
