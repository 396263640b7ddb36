import type { CliCommand } from '../../../go/cli-types.ts';
import { print } from '../../../linux/io.ts';
import { runPod } from '../container-actions.ts';
import { wrapping } from '../failure.ts';
import { podSchemaCommand } from '../json-schema.ts';
import { loadPodSandboxConfig } from '../load-config.ts';
import { type Action, showHelp } from '../run.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/sandbox.go runPodCommand @fidelity full */
export const runpCommand: CliCommand<Action> = {
  name: 'runp',
  usage: 'Start a pod',
  argsUsage: 'pod-config.[json|yaml]',
  subcommands: [podSchemaCommand],
  flags: [
    {
      name: 'cancel-timeout',
      aliases: ['T'],
      kind: 'duration',
      usage: 'Cancel the request for the pod after this long',
    },
    {
      name: 'runtime',
      aliases: ['r'],
      kind: 'string',
      usage: 'Runtime handler, one of those that the runtime is configured with',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [path = ''] = cli.args;
    if (cli.args.length !== 1 || path === '') return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run, cli.duration('cancel-timeout'));
    const config = await wrapping('load podSandboxConfig', () => loadPodSandboxConfig(ctx, run, path));
    const id = await wrapping('run pod sandbox', () => runPod(ctx, run, runtime, config, cli.string('runtime')));
    await print(ctx, `${id}\n`);
  },
};
