/**
 * /usr/bin/crun: like runc executed anew for every operation, but in C and without a re-execution of itself.
 * @models crun 1.28 src/crun.c @fidelity partial: no checkpoint and restore, custom handlers (wasm, krun), mounts
 */
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { print, printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError } from '../shared/fault.ts';
import { COMMANDS, type CommandName, DEFAULT_ROOT, GLOBAL, isCommand, versionText } from './app.ts';
import { type ArgpCommand, argpHelp, argpUsage, parseArgp } from './argp.ts';
import { type CrunCall, type Log, type Verbosity, writeLog } from './call.ts';
import { create } from './create.ts';
import { deleteContainer } from './delete.ts';
import { exec } from './exec.ts';
import { attempt, failure } from './failure.ts';
import { features } from './features.ts';
import { HookFailed } from './hooks.ts';
import { wordsOf } from './init.ts';
import { kill } from './kill.ts';
import { list } from './list.ts';
import { pause, resume } from './pause.ts';
import { ps } from './ps.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';
import { start } from './start.ts';
import { state } from './state.ts';
import { readStatus } from './status.ts';
import { update } from './update.ts';

const FAILED = 1;
/** glibc's EX_USAGE, which argp exits with. */
const USAGE_FAILED = 64;
const TRY_HELP = "Try `crun --help' or `crun --usage' for more information.\n";

const ACTIONS: Readonly<Record<CommandName, (ctx: Context, call: CrunCall) => Promise<number>>> = {
  checkpoint: unsimulated,
  create,
  delete: deleteContainer,
  exec,
  features,
  kill,
  list,
  mounts: unsimulatedMounts,
  pause,
  ps,
  restore: unsimulated,
  resume,
  run,
  spec,
  start,
  state,
  update,
};

export const crunProgram: Program = {
  name: 'crun',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.crunStartNs,
  rssBytes: 1_940 << 10,
  threads: 1,
  main,
};

async function unsimulated(ctx: Context, call: CrunCall): Promise<number> {
  await readStatus(ctx, call.root, call.args[0] ?? '');
  throw failure('checkpoint and restore: not simulated: CRIU');
}

async function unsimulatedMounts(): Promise<number> {
  throw failure('mounts: not simulated: mounts of a running container');
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  const global = await parsed(ctx, argv.slice(1), GLOBAL);
  if (typeof global === 'number') return global;
  const value = (name: string): string | undefined => global.values.get(name)?.at(-1);
  const root = value('root') ?? DEFAULT_ROOT;
  if (global.values.has('version')) {
    await print(ctx, versionText(root));
    return 0;
  }
  let log: Log = { fd: 2, format: 'text', verbosity: 'error' };
  try {
    const name = global.args[0];
    if (name === undefined) throw failure('please specify a command');
    if (!isCommand(name)) throw failure(`unknown command ${name}`);
    const command = COMMANDS[name];
    const local = await parsed(ctx, global.args.slice(1), command);
    if (typeof local === 'number') return local;
    const { args, values } = local;
    if (name === 'features' && args.length > 0) {
      await printError(ctx, `crun: Too many arguments\n${TRY_HELP}`);
      return USAGE_FAILED;
    }
    if (command.needsId && args.length === 0) throw failure('please specify a ID for the container');
    const least = name === 'exec' && !values.has('process') ? 2 : command.min;
    const complaint = arityFault(name, args.length, least, command.max);
    if (complaint !== null) {
      await printError(ctx, `crun: ${complaint}\n`);
      return FAILED;
    }
    const manager = value('cgroup-manager');
    if (manager !== undefined && !['systemd', 'cgroupfs', 'disabled'].includes(manager))
      throw failure('unknown cgroup manager specified');
    log = await openLog(ctx, value, global.values.has('debug'));
    await writeLog(ctx, log, 'debug', 'Using debug verbosity');
    const call: CrunCall = {
      root,
      systemdCgroup: manager === undefined ? global.values.has('systemd-cgroup') : manager === 'systemd',
      noCgroup: manager === 'disabled',
      log,
      args,
      flag: (flag) => values.has(flag),
      value: (flag) => values.get(flag)?.at(-1),
      values: (flag) => values.get(flag) ?? [],
    };
    return await ctx.spanned(`crun ${name}`, 'oci-runtime', (inner) => ACTIONS[name](inner, call), {
      id: args[0] ?? '',
    });
  } catch (error) {
    if (error instanceof HookFailed) return error.exitCode;
    if (!isGoError(error) && !(error instanceof Errno)) throw error;
    await writeLog(ctx, log, 'error', wordsOf(error));
    return FAILED;
  }
}

async function parsed(
  ctx: Context,
  args: readonly string[],
  command: ArgpCommand,
): Promise<{ values: ReadonlyMap<string, readonly string[]>; args: string[] } | number> {
  const result = parseArgp(command, args);
  switch (result.kind) {
    case 'ok':
      return result;
    case 'error':
      await printError(ctx, `crun: ${result.words}\n${TRY_HELP}`);
      return USAGE_FAILED;
    case 'usage':
      await print(ctx, argpUsage('crun', command));
      return 0;
    default:
      await print(ctx, argpHelp('crun', command));
      return 0;
  }
}

function arityFault(name: string, count: number, min: number, max: number): string | null {
  if (count < min) return `\`${name}\` requires a minimum of ${min} arguments`;
  if (max >= 0 && count > max) return `\`${name}\` requires a maximum of ${max} arguments`;
  return null;
}

async function openLog(ctx: Context, value: (name: string) => string | undefined, debug: boolean): Promise<Log> {
  const format = value('log-format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw failure(`unknown log format type \`${format}\``);
  const level = value('log-level') ?? 'error';
  if (level !== 'error' && level !== 'warning' && level !== 'debug')
    throw failure(`unknown verbosity \`${level}\` specified`);
  const verbosity: Verbosity = debug ? 'debug' : level;
  const given = value('log');
  if (given?.includes(':') === true && !/^(file|syslog|journald):/.test(given))
    throw failure(`unknown log type \`${given}\``, new Errno('EINVAL'));
  const path = given?.replace(/^file:/, '');
  if (path === undefined) return { fd: 2, format, verbosity };
  if (/^(syslog|journald):/.test(path))
    throw failure(`--log=${path}: not simulated: logging to syslog and the journal`);
  const flags = { write: true, create: true, append: true, closeOnExec: true };
  return { fd: await attempt(`open log file \`${path}\``, ctx.sys.open(ctx, path, flags, 0o644)), format, verbosity };
}
