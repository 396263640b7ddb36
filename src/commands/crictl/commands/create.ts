import type { CliCommand } from '../../../go/cli-types.ts';
import { print } from '../../../linux/io.ts';
import { createFlags, createFromFiles, createOptions } from '../container-actions.ts';
import { Failure, wrapping } from '../failure.ts';
import { schemaCommand } from '../json-schema.ts';
import { type Action, showHelp } from '../run.ts';
import { connectImages, connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go createContainerCommand @fidelity full */
export const createCommand: CliCommand<Action> = {
  name: 'create',
  usage: 'Create a container in a pod',
  argsUsage: 'POD container-config.[json|yaml] pod-config.[json|yaml]',
  flags: createFlags({
    noPull: 'Take the image that is there, also with pull-image-on-create=true in the config',
    withPull: 'Pull the image first, also with pull-image-on-create=false in the config',
    more: [],
  }),
  subcommands: [schemaCommand],
  action: async (ctx, run) => {
    const { cli, settings } = run;
    const [podId = '', containerConfig = '', podConfig = ''] = cli.args;
    if (cli.args.length !== 3) return await showHelp(ctx, run);
    const { noPull, withPull } = { noPull: cli.bool('no-pull'), withPull: cli.bool('with-pull') };
    if (noPull && withPull) throw new Failure('conflict: no-pull and with-pull are both set');
    const pulls = withPull || (!noPull && settings.pullImageOnCreate);
    const images = pulls ? await connectImages(ctx, run) : undefined;
    const runtime = await connectRuntime(ctx, run, cli.duration('cancel-timeout'));
    const options = createOptions(run, containerConfig, podConfig);
    const id = await wrapping('creating container', () => createFromFiles(ctx, run, runtime, images, podId, options));
    await print(ctx, `${id}\n`);
  },
};
