/** `nerdctl internal`: what runc executes. @models nerdctl v2.3.5 cmd/nerdctl/internal @fidelity full */
import { type Command, command } from '../run.ts';
import { ociHook } from './oci-hook.ts';

export const internalCommand: Command = {
  name: 'internal',
  short: 'DO NOT EXECUTE MANUALLY',
  hidden: true,
  subcommands: [
    command({
      name: 'oci-hook',
      use: '[flags]',
      short: 'OCI hook',
      action: (ctx, cli) => ociHook(ctx, cli, cli.args[0] ?? ''),
    }),
  ],
};
