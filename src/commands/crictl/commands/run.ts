import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { createFlags, createFromFiles, createOptions, runPod, startOne } from '../container-actions.ts';
import { Failure, wrapping } from '../failure.ts';
import { schemaCommand } from '../json-schema.ts';
import { loadPodSandboxConfig } from '../load-config.ts';
import { type Action, showHelp } from '../run.ts';
import { connectImages, connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go runContainerCommand @fidelity full */
export const runCommand: CliCommand<Action> = {
  name: 'run',
  usage: 'Start a pod with one container in it',
  argsUsage: 'container-config.[json|yaml] pod-config.[json|yaml]',
  flags: createFlags({
    noPull: 'Take the image that is there, also with disable-pull-on-run=false in the config',
    withPull: 'Pull the image first, also with disable-pull-on-run=true in the config',
    more: [
      {
        name: 'runtime',
        aliases: ['r'],
        kind: 'string',
        usage: 'Runtime handler, one of those that the runtime is configured with',
      },
    ],
  }),
  subcommands: [schemaCommand],
  action: async (ctx, run) => {
    const { cli, settings } = run;
    const [containerConfig = '', podConfig = ''] = cli.args;
    if (cli.args.length !== 2) return await showHelp(ctx, run);
    const { noPull, withPull } = { noPull: cli.bool('no-pull'), withPull: cli.bool('with-pull') };
    if (noPull && withPull) throw new Failure('conflict: no-pull and with-pull are both set');
    const pulls = withPull || (!noPull && !settings.disablePullOnRun);
    const images = pulls ? await connectImages(ctx, run) : undefined;
    const runtime = await connectRuntime(ctx, run, cli.duration('cancel-timeout'));
    await wrapping('running container', async () => {
      const config = await wrapping('load podSandboxConfig', () => loadPodSandboxConfig(ctx, run, podConfig));
      const podId = await wrapping('run pod sandbox', () => runPod(ctx, run, runtime, config, cli.string('runtime')));
      const options = createOptions(run, containerConfig, podConfig);
      const id = await wrapping('creating container failed', () => {
        return createFromFiles(ctx, run, runtime, images, podId, options);
      });
      await wrapping(`starting the container ${quote(id)}`, () => startOne(ctx, runtime, id));
    });
  },
};
