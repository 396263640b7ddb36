import type { CliCommand } from '../../../go/cli-types.ts';
import {
  RuntimeFeatures,
  RuntimeHandler,
  RuntimeStatus,
  StatusRequest,
  StatusResponse,
} from '../../../protocols/cri/generated.ts';
import { toGoJson } from '../../../protocols/go-json.ts';
import { toProtoJson } from '../../../protocols/protojson.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { OUTPUT, QUIET_STATUS, TEMPLATE } from '../flags.ts';
import { debug } from '../logger.ts';
import { printStatuses } from '../output.ts';
import { type Action, showHelp } from '../run.ts';
import { status } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/info.go @fidelity full */
export const infoCommand: CliCommand<Action> = {
  name: 'info',
  usage: 'Show the state and the configuration of the runtime',
  argsUsage: '',
  shortOptions: true,
  flags: [{ ...OUTPUT('json|yaml|go-template'), value: 'json' }, QUIET_STATUS, TEMPLATE],
  action: async (ctx, run) => {
    const { cli, logger } = run;
    if (cli.args.length !== 0) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    await wrapping('getting status of runtime', async () => {
      const request = StatusRequest.create({ verbose: !cli.bool('quiet') });
      await debug(ctx, logger, () => `StatusRequest: ${toProtoText(StatusRequest, request)}`);
      const answer = await status(ctx, runtime, request.verbose);
      await debug(ctx, logger, () => `StatusResponse: ${toProtoText(StatusResponse, answer)}`);
      const { runtimeHandlers, features, info } = answer;
      const data = {
        status: answer.status === undefined ? '' : toProtoJson(RuntimeStatus, answer.status),
        runtimeHandlers:
          runtimeHandlers.length === 0
            ? 'null'
            : `[${runtimeHandlers.map((handler) => toGoJson(RuntimeHandler, handler)).join(',')}]`,
        features: features === undefined ? 'null' : toGoJson(RuntimeFeatures, features),
        info,
      };
      await printStatuses(ctx, [data], cli.string('output'), cli.string('template'));
    });
  },
};
