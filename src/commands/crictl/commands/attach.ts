import type { CliCommand } from '../../../go/cli-types.ts';
import { AttachRequest, AttachResponse } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { Failure, wrapping } from '../failure.ts';
import { TLS, TRANSPORT } from '../flags.ts';
import { debug } from '../logger.ts';
import { type Action, showHelp } from '../run.ts';
import { attach } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';
import { checkTlsFlags, stream } from '../streaming.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/attach.go @fidelity full */
export const attachCommand: CliCommand<Action> = {
  name: 'attach',
  usage: 'Join the streams of a running container',
  argsUsage: 'CONTAINER-ID',
  shortOptions: true,
  flags: [
    { name: 'stdin', aliases: ['i'], kind: 'bool', usage: 'Pass on what is typed' },
    ...TLS,
    TRANSPORT,
    { name: 'tty', aliases: ['t'], kind: 'bool', usage: 'The container has a terminal' },
  ],
  action: async (ctx, run) => {
    const { cli, logger } = run;
    const [id = ''] = cli.args;
    if (id === '') throw new Failure('ID cannot be empty');
    if (cli.args.length !== 1) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    checkTlsFlags(cli);
    await wrapping('attaching running container failed', async () => {
      const [tty, stdin] = [cli.bool('tty'), cli.bool('stdin')];
      const request = { containerId: id, tty, stdin, stdout: true, stderr: !tty };
      await debug(ctx, logger, () => `AttachRequest: ${toProtoText(AttachRequest, AttachRequest.create(request))}`);
      const answer = await attach(ctx, runtime, request);
      await debug(ctx, logger, () => `AttachResponse: ${toProtoText(AttachResponse, answer)}`);
      await debug(ctx, logger, () => `Attach URL: ${answer.url}`);
      await stream(ctx, { url: answer.url, transport: cli.string('transport'), stdin, tty });
    });
  },
};
