/**
 * crictl, the program.
 * @models kubernetes-sigs/cri-tools v1.36.0 cmd/crictl
 * @fidelity partial: flags for tracing and profiling are accepted and do nothing
 */
import type { CliResult } from '../../go/cli-types.ts';
import { parseCli } from '../../go/urfave.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { crictlApp } from './app.ts';
import { ExitError, GoLogFatal, isFailure } from './failure.ts';
import { Interrupts } from './interrupts.ts';
import { goLogFatal, type Logger, log, newLogger } from './logger.ts';
import type { Action } from './run.ts';
import { resolveSettings, type Settings } from './settings.ts';

type Release = { readonly version: string; readonly knowsOlderCri: boolean };

const program = (name: string, release: Release): Program => ({
  name,
  layer: 'client',
  startCpuNs: LATENCY.crictlStartNs,
  rssBytes: 38 * 1024 * 1024,
  threads: 9,
  main: (ctx, argv) => main(ctx, argv, release),
});

export const crictlProgram = program('crictl', { version: crictlApp.version ?? '', knowsOlderCri: false });
/** The last that speaks v1alpha2 as well came with 1.25. */
export const crictl123Program = program('crictl-1.23', { version: '1.23.0', knowsOlderCri: true });

async function main(ctx: Context, argv: string[], release: Release): Promise<number> {
  const logger = await newLogger(ctx);
  try {
    return await runApp(ctx, argv, logger, release);
  } catch (error) {
    return await reportFailure(ctx, logger, error);
  }
}

async function runApp(ctx: Context, argv: readonly string[], logger: Logger, release: Release): Promise<number> {
  const app = { ...crictlApp, version: release.version };
  const parsed = parseCli<Action>(app, argv.slice(1), environment(ctx));
  const settings = await before(ctx, parsed, logger);
  switch (parsed.kind) {
    case 'help':
    case 'version':
      await print(ctx, parsed.text);
      return parsed.exitCode;
    case 'usage-error':
      await print(ctx, parsed.stdout);
      await log(ctx, logger, 'fatal', parsed.error);
      return 1;
    case 'exit':
      await printError(ctx, `${parsed.message}\n`);
      return parsed.exitCode;
    case 'run': {
      if (settings === null) throw new Error('an action without the level of the program');
      const { action, context: cli, help } = parsed;
      await action(ctx, {
        cli,
        help,
        settings,
        logger,
        interrupts: new Interrupts(ctx),
        knowsOlderCri: release.knowsOlderCri,
      });
      return 0;
    }
  }
}

/** The hook that runs ahead of every command, and of the complaints about what follows it. */
async function before(ctx: Context, parsed: CliResult<Action>, logger: Logger): Promise<Settings | null> {
  const [root] = parsed.entered;
  if (root === undefined) return null;
  const settings = await resolveSettings(ctx, root, logger);
  if (settings.debug) logger.threshold = 'debug';
  return settings;
}

async function reportFailure(ctx: Context, logger: Logger, error: unknown): Promise<number> {
  if (error instanceof ExitError) {
    await printError(ctx, `${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof GoLogFatal) await goLogFatal(ctx, error.message);
  else if (isFailure(error)) await log(ctx, logger, 'fatal', error.message);
  else throw error;
  return 1;
}

function environment(ctx: Context): Map<string, string> {
  return new Map(
    ctx.process.env.map((entry) => {
      const equals = entry.indexOf('=');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
