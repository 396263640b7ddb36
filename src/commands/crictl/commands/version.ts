import type { CliCommand } from '../../../go/cli-types.ts';
import { print } from '../../../linux/io.ts';
import { VersionRequest, VersionResponse } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { debug } from '../logger.ts';
import { type Action, showHelp } from '../run.ts';
import { version } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/version.go @fidelity full */
export const versionCommand: CliCommand<Action> = {
  name: 'version',
  usage: 'Show which runtime answers, and its version',
  action: async (ctx, run) => {
    if (run.cli.args.length !== 0) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    const request = VersionRequest.create({ version: 'v1' });
    await debug(ctx, run.logger, () => `VersionRequest: ${toProtoText(VersionRequest, request)}`);
    const answer = await wrapping('getting the runtime version', () => version(ctx, runtime, 'v1'));
    await debug(ctx, run.logger, () => `VersionResponse: ${toProtoText(VersionResponse, answer)}`);
    const lines: readonly (readonly [string, string])[] = [
      ['Version', answer.version],
      ['RuntimeName', answer.runtimeName],
      ['RuntimeVersion', answer.runtimeVersion],
      ['RuntimeApiVersion', answer.runtimeApiVersion],
    ];
    await print(ctx, lines.map(([name, value]) => `${name}:  ${value}\n`).join(''));
  },
};
