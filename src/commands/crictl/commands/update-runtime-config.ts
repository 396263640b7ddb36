import type { CliCommand } from '../../../go/cli-types.ts';
import { wrapping } from '../failure.ts';
import { log } from '../logger.ts';
import { type Action, showHelp } from '../run.ts';
import { updateRuntimeConfig } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/update_runtime_config.go @fidelity full */
export const updateRuntimeConfigCommand: CliCommand<Action> = {
  name: 'update-runtime-config',
  usage: 'Change the configuration of the runtime',
  shortOptions: true,
  flags: [
    {
      name: 'pod-cidr',
      aliases: ['p'],
      kind: 'string',
      usage: 'Range of pod IP addresses as a CIDR; runtimes ignore an empty one',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length !== 0 || !cli.isSet('pod-cidr')) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    const config = { networkConfig: { podCidr: cli.string('pod-cidr') } };
    await wrapping('update runtime config', () => updateRuntimeConfig(ctx, runtime, config));
    await log(ctx, run.logger, 'info', 'Runtime config successfully updated');
  },
};
