import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { ContainerEventResponse, RuntimeService } from '../../../protocols/cri/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { toProtoJson } from '../../../protocols/protojson.ts';
import { Failure, isFailure, wrapping } from '../failure.ts';
import { OUTPUT, TEMPLATE } from '../flags.ts';
import { debug, klogError } from '../logger.ts';
import { printJson, printYaml } from '../output.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { type CriService, connectRuntime } from '../service.ts';
import { executeOnJson, validateTemplate } from '../templates.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/events.go @fidelity full */
export const eventsCommand: CliCommand<Action> = {
  name: 'events',
  aliases: ['event'],
  usage: 'Print what happens to containers, as it happens',
  shortOptions: true,
  flags: [{ ...OUTPUT('json|yaml|go-template'), value: 'json' }, TEMPLATE],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length !== 0) return await showHelp(ctx, run);
    const format = cli.string('output');
    const template = cli.string('template');
    if (format === 'json' || format === 'yaml') {
      if (template !== '') throw new Failure(`template can't be used with ${quote(format)} format`);
    } else if (format === 'go-template') {
      await wrapping('failed to parse go-template', async () => validateTemplate(template));
    } else throw new Failure(`don't support ${quote(format)} format`);
    const runtime = await connectRuntime(ctx, run);
    await wrapping('getting container events', async () => {
      await debug(ctx, run.logger, () => 'getting container events');
      await run.interrupts.guard(ctx, (c) => follow(c, run, runtime));
    });
  },
};

async function follow(ctx: Context, run: Run, runtime: CriService): Promise<void> {
  try {
    const stream = await runtime.connection.stream(ctx, RuntimeService.methods.GetContainerEvents, {});
    for (let event = await stream.next(ctx); event !== null; event = await stream.next(ctx)) {
      await printEvent(ctx, run, event);
    }
  } catch (error) {
    if (error instanceof GrpcError) {
      const text = 'failed to receive streaming container event';
      await klogError(ctx, 'remote_runtime.go:1086', text, error.message);
    }
    throw error;
  }
  await klogError(ctx, 'remote_runtime.go:1082', 'container events stream is closed', 'EOF');
}

async function printEvent(ctx: Context, run: Run, event: ContainerEventResponse): Promise<void> {
  const format = run.cli.string('output');
  try {
    if (format === 'yaml') await printYaml(ctx, ContainerEventResponse, event);
    else if (format === 'json') await printJson(ctx, ContainerEventResponse, event);
    else {
      const json = toProtoJson(ContainerEventResponse, event);
      await print(ctx, `${executeOnJson(run.cli.string('template'), json)}\n`);
    }
  } catch (error) {
    if (!isFailure(error)) throw error;
    await print(ctx, `failed to format container event with the error: ${error.message}\n`);
  }
}
