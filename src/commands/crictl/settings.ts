/**
 * Where to connect, and how: flags and environment first, then the config file, then defaults.
 * @models kubernetes-sigs/cri-tools cmd/crictl/main.go (Before), pkg/common/config.go
 * @fidelity partial: tracing and profiling flags are accepted and do nothing
 */
import type { CliContext } from '../../go/cli-types.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { type ConfigFile, readConfig } from './config-file.ts';
import { Failure, isFailure, onPath, pathFailure, wrapping } from './failure.ts';
import { type Logger, log } from './logger.ts';

export const DEFAULT_TIMEOUT_NS = 2_000_000_000;

export type Settings = {
  readonly runtimeEndpoint: string;
  readonly isRuntimeEndpointSet: boolean;
  readonly imageEndpoint: string;
  readonly isImageEndpointSet: boolean;
  readonly timeoutNs: number;
  readonly debug: boolean;
  readonly pullImageOnCreate: boolean;
  readonly disablePullOnRun: boolean;
};

/** @param cli the level of the program itself */
export async function resolveSettings(ctx: Context, cli: CliContext, logger: Logger): Promise<Settings> {
  const config = await findConfig(ctx, cli, logger);
  const runtime = endpoint(cli, 'runtime-endpoint', config?.runtimeEndpoint);
  const image = endpoint(cli, 'image-endpoint', config?.imageEndpoint);
  return {
    runtimeEndpoint: runtime.value,
    isRuntimeEndpointSet: runtime.isSet,
    imageEndpoint: image.value,
    isImageEndpointSet: image.isSet,
    timeoutNs: timeout(cli, config),
    debug: config === null || cli.isSet('debug') ? cli.bool('debug') : config.debug,
    pullImageOnCreate: config?.pullImageOnCreate ?? false,
    disablePullOnRun: config?.disablePullOnRun ?? false,
  };
}

function endpoint(cli: CliContext, flag: string, fromFile: string | undefined): { value: string; isSet: boolean } {
  if (cli.isSet(flag)) return { value: cli.string(flag), isSet: true };
  if (fromFile !== undefined && fromFile !== '') return { value: fromFile, isSet: true };
  return { value: cli.string(flag), isSet: false };
}

function timeout(cli: CliContext, config: ConfigFile | null): number {
  const fromFlag = cli.duration('timeout');
  if (cli.isSet('timeout')) return fromFlag > 0 ? fromFlag : DEFAULT_TIMEOUT_NS;
  return config !== null && config.timeout > 0 ? config.timeout * 1_000_000_000 : fromFlag;
}

/** A config file that cannot be used only matters when somebody asked for it. */
async function findConfig(ctx: Context, cli: CliContext, logger: Logger): Promise<ConfigFile | null> {
  try {
    return await wrapping('load config file', () => loadConfig(ctx, cli.string('config'), logger));
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (cli.isSet('config')) throw new Failure(error.message, { cause: error });
    return null;
  }
}

async function loadConfig(ctx: Context, path: string, logger: Logger): Promise<ConfigFile> {
  try {
    await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (!isErrno(error, 'ENOENT')) throw pathFailure('stat', path, error);
    const beside = await besideProgram(ctx);
    await log(ctx, logger, 'warning', `Config ${quote(path)} does not exist, trying next: ${quote(beside)}`);
    await onPath('stat', beside, () => ctx.sys.stat(ctx, beside));
    return await readConfig(ctx, beside);
  }
  return await readConfig(ctx, path);
}

async function besideProgram(ctx: Context): Promise<string> {
  const program = await onPath('readlink', '/proc/self/exe', () => ctx.sys.readlink(ctx, '/proc/self/exe'));
  const folder = program.slice(0, program.lastIndexOf('/'));
  return `${folder}/crictl.yaml`;
}
