import type { CliCommand } from '../../../go/cli-types.ts';
import { PortForwardRequest, PortForwardResponse } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { Failure, wrapping } from '../failure.ts';
import { TLS, TRANSPORT } from '../flags.ts';
import { forwardPorts, parsePorts } from '../forward-ports.ts';
import { debug } from '../logger.ts';
import { type Action, showHelp } from '../run.ts';
import { portForward } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';
import { checkTlsFlags, fullUrl, transportOf } from '../streaming.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/portforward.go @fidelity full */
export const portForwardCommand: CliCommand<Action> = {
  name: 'port-forward',
  usage: 'Make ports of a pod reachable on this node',
  argsUsage: 'POD-ID [LOCAL_PORT:]REMOTE_PORT',
  flags: [...TLS, TRANSPORT],
  action: async (ctx, run) => {
    const { cli, logger } = run;
    if (cli.args.length < 2) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    checkTlsFlags(cli);
    const [id = '', ...ports] = cli.args;
    await wrapping('port forward', async () => {
      if (id === '') throw new Failure('ID cannot be empty');
      const request = PortForwardRequest.create({ podSandboxId: id });
      await debug(ctx, logger, () => `PortForwardRequest: ${toProtoText(PortForwardRequest, request)}`);
      const answer = await portForward(ctx, runtime, id);
      await debug(ctx, logger, () => `PortForwardResponse; ${toProtoText(PortForwardResponse, answer)}`);
      await debug(ctx, logger, () => `PortForward URL: ${answer.url}`);
      const transport = transportOf(cli.string('transport'), 'dialer');
      await debug(ctx, logger, () => `Ports to forward: [${ports.join(' ')}]`);
      await forwardPorts(ctx, fullUrl(answer.url), transport, parsePorts(ports), run.interrupts);
    });
  },
};
