import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { print } from '../../../linux/io.ts';
import { CheckpointContainerRequest } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { Failure, wrapping } from '../failure.ts';
import { debug } from '../logger.ts';
import type { Action } from '../run.ts';
import { checkpointContainer } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go checkpointContainerCommand @fidelity full */
export const checkpointCommand: CliCommand<Action> = {
  name: 'checkpoint',
  usage: 'Save running containers to a file',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  shortOptions: true,
  flags: [
    {
      name: 'export',
      aliases: ['e'],
      kind: 'string',
      usage: 'Tar archive (/path/to/checkpoint.tar) to save the checkpoint to',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const location = cli.string('export');
    if (cli.args.length === 0) throw new Failure('ID cannot be empty');
    if (location === '') {
      const advice = 'Use --export=/path/to/checkpoint.tar';
      throw new Failure(`cannot checkpoint a container without specifying the checkpoint destination. ${advice}`);
    }
    const runtime = await connectRuntime(ctx, run);
    for (const id of cli.args) {
      await wrapping(`checkpointing the container ${quote(id)} failed`, async () => {
        if (id === '') throw new Failure('ID cannot be empty');
        const request = CheckpointContainerRequest.create({ containerId: id, location });
        await debug(ctx, run.logger, () => {
          return `CheckpointContainerRequest: ${toProtoText(CheckpointContainerRequest, request)}`;
        });
        await checkpointContainer(ctx, runtime, request);
        await print(ctx, `${id}\n`);
      });
    }
  },
};
