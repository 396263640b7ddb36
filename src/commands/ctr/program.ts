/**
 * ctr, the program.
 * @models containerd 2.1.9 cmd/ctr
 * @fidelity partial: no HTTP dumps, no CRIU, no image conversion
 */
import { parseCli } from '../../go/urfave.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { nativeError } from '../common/containerd/errors.ts';
import { ctrApp } from './app.ts';
import { type Action, ExitError, NotSimulated } from './run.ts';

export const ctrProgram: Program = {
  name: 'ctr',
  layer: 'client',
  startCpuNs: LATENCY.ctrStartNs,
  rssBytes: 30 * 1024 * 1024,
  threads: 8,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const parsed = parseCli<Action>(ctrApp, argv.slice(1), environment(ctx));
  switch (parsed.kind) {
    case 'help':
    case 'version':
      await print(ctx, parsed.text);
      return parsed.exitCode;
    case 'usage-error':
      await print(ctx, parsed.stdout);
      await printError(ctx, `ctr: ${parsed.error}\n`);
      return 1;
    case 'exit':
      await printError(ctx, `${parsed.message}\n`);
      return parsed.exitCode;
    case 'run':
      break;
  }
  const { action, context: cli, help } = parsed;
  try {
    await action(ctx, { cli, help, isTerminal: await ctx.sys.isTty(ctx, 2), startNs: ctx.wallTime });
    return 0;
  } catch (error) {
    if (error instanceof ExitError) {
      if (error.message !== '') await printError(ctx, `${error.message}\n`);
      return error.exitCode;
    }
    const say = error instanceof NotSimulated ? printRefusal : printError;
    await say(ctx, `ctr: ${nativeError(error).message}\n`);
    return 1;
  }
}

function environment(ctx: Context): Map<string, string> {
  return new Map(
    ctx.process.env.map((entry) => {
      const equals = entry.indexOf('=');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
