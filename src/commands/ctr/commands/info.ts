/** ctr info. @models containerd 2.1 cmd/ctr/commands/info @fidelity full */
import { IntrospectionService } from '../../../protocols/containerd/services/introspection/v1/generated.ts';
import { type Command, newClient, printJson } from '../run.ts';

export const infoCommand: Command = {
  name: 'info',
  usage: 'Print what the server says of itself',
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const { uuid, pid, pidns } = await client.call(ctx, IntrospectionService.methods.Server, {});
    await printJson(ctx, { server: { uuid, pid, pidns } });
  },
};
