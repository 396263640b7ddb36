/**
 * /usr/bin/runc: one program, many short lives. It is executed for every operation and keeps nothing but files.
 * @models runc 1.3.6 main.go @fidelity partial: no AppArmor, SELinux, user namespaces' id maps, checkpoint and restore
 */

import type { CliApp, CliContext } from '../../../go/cli-types.ts';
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import { commandHelp, parseCli } from '../../../go/urfave.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { lookPath, print } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf, onPath } from '../shared/fault.ts';
import { type RuncAction, type RuncRelease, runc10, runc13, runcApp } from './app.ts';
import { loadContainer } from './container.ts';
import { create } from './create.ts';
import { deleteContainer } from './delete.ts';
import { events } from './events.ts';
import { exec } from './exec.ts';
import { features } from './features.ts';
import { nsexec } from './init/nsexec.ts';
import { kill } from './kill.ts';
import { list } from './list.ts';
import { type Logger, log, logFatal, startLogger } from './log.ts';
import { pause, resume } from './pause.ts';
import { ps } from './ps.ts';
import { run } from './run.ts';
import { loadSpec } from './spec.ts';
import { writeSpec } from './spec-template.ts';
import { start } from './start.ts';
import { state } from './state.ts';
import { update } from './update.ts';

/** What every command gets. */
export type RuncCall = {
  cli: CliContext;
  root: string;
  logger: Logger;
  /** 1.0. */
  isOld: boolean;
};

export const RUNC_PATH = '/usr/bin/runc';
export const RUNC_FILE_BYTES = 13_207_336;

const ACTIONS = {
  create,
  delete: deleteContainer,
  events,
  exec,
  features,
  kill,
  list,
  pause,
  ps,
  resume,
  run,
  spec: writeSpec,
  start,
  state,
  update,
  checkpoint,
  restore,
};

const program = (name: string, release: RuncRelease): Program => {
  const app = runcApp(ACTIONS, release);
  return {
    name,
    layer: 'oci-runtime',
    startCpuNs: LATENCY.runcStartNs,
    rssBytes: 13 << 20,
    fileBytes: 8 << 20,
    threads: 7,
    main: (ctx, argv) => main(ctx, argv, app),
  };
};

export const runcProgram = program('runc', runc13);
export const runc10Program = program('runc-1.0', runc10);

async function main(ctx: Context, argv: string[], app: CliApp<RuncAction>): Promise<number> {
  if (argv[1] === 'init') return nsexec(ctx);
  const env = new Map(
    ctx.process.env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  const result = parseCli<RuncAction>(app, argv.slice(1), env);
  let logger = startLogger();
  switch (result.kind) {
    case 'help':
    case 'version':
      await print(ctx, result.text);
      return result.exitCode;
    case 'exit':
      await log(ctx, logger, 'error', `${result.message}\n`);
      return result.exitCode;
    case 'usage-error':
      await print(ctx, result.stdout);
      await logFatal(ctx, logger, result.error);
      return 1;
    default:
  }
  const { context: cli, action, command } = result;
  try {
    logger = await openLog(ctx, cli);
    const complaint = arityFault(command?.name ?? '', action, cli.args.length);
    if (complaint !== null) {
      await print(ctx, `Incorrect Usage.\n\n${commandHelp(app, command?.name ?? '') ?? ''}`);
      await logFatal(ctx, logger, complaint);
      return 1;
    }
    const root = cli.string('root');
    return await ctx.spanned(
      `runc ${command?.name ?? ''}`,
      'oci-runtime',
      (inner) => action.main(inner, { cli, root, logger, isOld: app.version === runc10.version }),
      { id: cli.args[0] ?? '' },
    );
  } catch (error) {
    if (!isGoError(error) && !(error instanceof Errno)) throw error;
    await logFatal(ctx, logger, messageOf(error));
    return action.failCode ?? 1;
  }
}

function arityFault(name: string, { arity }: RuncAction, count: number): string | null {
  if (arity === null) return null;
  if (arity.kind === 'exactly' && count !== arity.count)
    return `runc: ${quote(name)} requires exactly ${arity.count} argument(s)`;
  if (arity.kind === 'at least' && count < arity.count)
    return `runc: ${quote(name)} requires a minimum of ${arity.count} argument(s)`;
  return null;
}

async function openLog(ctx: Context, cli: CliContext): Promise<Logger> {
  const format = cli.string('log-format');
  if (format !== 'text' && format !== 'json') throw newError(`invalid log-format: ${format}`);
  const path = cli.string('log');
  const fd =
    path === ''
      ? 2
      : await onPath(
          'open',
          path,
          ctx.sys.open(ctx, path, { write: true, create: true, append: true, closeOnExec: true }, 0o644),
        );
  return { format, level: cli.bool('debug') ? 'debug' : 'info', fd };
}

/** A container is made anew from its bundle, so that this is read first. */
async function restore(ctx: Context): Promise<number> {
  await loadSpec(ctx);
  return refuseCheckpoints(ctx);
}

/** Needs CRIU, which no machine of ours has: the error is the one runc gives then. */
async function checkpoint(ctx: Context, call: RuncCall): Promise<number> {
  await loadContainer(ctx, call.root, call.cli.args[0] ?? '');
  return refuseCheckpoints(ctx);
}

async function refuseCheckpoints(ctx: Context): Promise<number> {
  if ((await lookPath(ctx, 'criu')) === null)
    throw newError('CRIU version check failed: exec: "criu": executable file not found in $PATH');
  throw newError('checkpoints are not simulated');
}
