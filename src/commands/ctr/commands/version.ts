/** ctr version. @models containerd 2.1 cmd/ctr/commands/version @fidelity full */
import { print, printError } from '../../../linux/io.ts';
import { IntrospectionService } from '../../../protocols/containerd/services/introspection/v1/generated.ts';
import { VersionService } from '../../../protocols/containerd/services/version/v1/generated.ts';
import { type Command, fail, newClient } from '../run.ts';

export const CTR_VERSION = '2.1.9+unknown';
const GO_VERSION = 'go1.27.1';

export const versionCommand: Command = {
  name: 'version',
  usage: 'Print the versions of client and server',
  action: async (ctx, run) => {
    if (run.cli.args.length > 0) fail(`extra arguments: &[${run.cli.args.join(' ')}]`);
    await print(ctx, `Client:\n  Version:  ${CTR_VERSION}\n  Revision: \n  Go version: ${GO_VERSION}\n\n`);
    const client = await newClient(ctx, run);
    const { version, revision } = await client.call(ctx, VersionService.methods.Version, {});
    await print(ctx, `Server:\n  Version:  ${version}\n  Revision: ${revision}\n`);
    const { uuid } = await client.call(ctx, IntrospectionService.methods.Server, {});
    await print(ctx, `  UUID: ${uuid}\n`);
    if (version !== CTR_VERSION) await printError(ctx, 'WARNING: version mismatch\n');
    if (revision !== '') await printError(ctx, 'WARNING: revision mismatch\n');
  },
};
