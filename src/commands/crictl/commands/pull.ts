import type { CliCommand } from '../../../go/cli-types.ts';
import { print } from '../../../linux/io.ts';
import { Failure, wrapping } from '../failure.ts';
import { podSchemaCommand } from '../json-schema.ts';
import { parseLabels } from '../labels.ts';
import { loadPodSandboxConfig } from '../load-config.ts';
import { authOf, PULL_TIMEOUT, pullWithSandbox } from '../pull-image.ts';
import { type Action, showHelp } from '../run.ts';
import { connectImages } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/image.go pullImageCommand @fidelity full */
export const pullCommand: CliCommand<Action> = {
  name: 'pull',
  usage: 'Fetch an image from its registry',
  argsUsage: 'NAME[:TAG|@DIGEST]',
  shortOptions: true,
  flags: [
    { name: 'annotation', aliases: ['a'], kind: 'stringSlice', usage: 'Set this annotation on the image' },
    {
      name: 'auth',
      kind: 'string',
      usage: "Show the registry this `AUTH_STRING`, which is 'USERNAME[:PASSWORD]' in base64",
      env: ['CRICTL_AUTH'],
    },
    { name: 'creds', kind: 'string', usage: 'Show the registry `USERNAME[:PASSWORD]`', env: ['CRICTL_CREDS'] },
    { name: 'pod-config', kind: 'string', usage: 'Pull for the pod of this `pod-config.[json|yaml]`' },
    PULL_TIMEOUT,
    {
      name: 'username',
      aliases: ['u'],
      kind: 'string',
      usage: 'Show the registry this `USERNAME`; asks for the password',
    },
  ],
  subcommands: [podSchemaCommand],
  action: async (ctx, run) => {
    const { cli } = run;
    const [name = ''] = cli.args;
    if (name === '') throw new Failure('image name cannot be empty');
    if (cli.args.length > 1) return await showHelp(ctx, run);
    const images = await connectImages(ctx, run);
    const auth = await authOf(ctx, {
      creds: cli.string('creds'),
      auth: cli.string('auth'),
      username: cli.string('username'),
    });
    const sandbox = cli.isSet('pod-config')
      ? await wrapping('load podSandboxConfig', () => loadPodSandboxConfig(ctx, run, cli.string('pod-config')))
      : undefined;
    const annotations = parseLabels(cli.strings('annotation'));
    const imageRef = await wrapping('pulling image', () =>
      pullWithSandbox(ctx, images, name, auth, sandbox, annotations, cli.duration('pull-timeout')),
    );
    await print(ctx, `Image is up to date for ${imageRef}\n`);
  },
};
