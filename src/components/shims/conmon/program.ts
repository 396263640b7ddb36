/**
 * conmon: one for each container. It starts the OCI runtime, keeps the container's streams and terminal, writes its log,
 * and leaves the exit code in files, whether anyone who started it is still there or not.
 * @models conmon 2.1 src/conmon.c, ctr_exit.c, ctr_stdio.c
 * @fidelity partial: no seccomp notifications, no sd_notify relay
 */
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { print, printError, writeFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Reaper } from '../shared/reaper.ts';
import { ConmonFailure, Container } from './container.ts';
import { LogFile } from './log-file.ts';
import { HELP, type Options, parseOptions } from './options.ts';

const VERSION_TEXT = 'conmon version 2.1.13\ncommit: unknown\n';
const FAILED = 1;
const OOM_SCORE = -1000;
const START_BYTES = 8192;

export const conmonProgram: Program = {
  name: 'conmon',
  layer: 'shim',
  startCpuNs: LATENCY.conmonStartNs,
  rssBytes: 2_240 << 10,
  threads: 1,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const parsed = parseOptions(argv.slice(1));
  if (parsed.kind === 'error') {
    await printError(ctx, `conmon: option parsing failed: ${parsed.words}\n`);
    return FAILED;
  }
  const { options } = parsed;
  if (options.has('help')) {
    await print(ctx, HELP);
    return 0;
  }
  if (options.has('version')) {
    await print(ctx, VERSION_TEXT);
    return 0;
  }
  try {
    return await run(ctx, options);
  } catch (error) {
    if (!(error instanceof ConmonFailure)) throw error;
    await printError(ctx, `[conmon:e]: ${error.message}\n`);
    return FAILED;
  }
}

async function run(ctx: Context, options: Options): Promise<number> {
  const { sys } = ctx;
  if (options.text('cid') === '') throw new ConmonFailure('Container ID not provided. Use --cid');
  for (const name of ['restore', 'sdnotify-socket', 'exec-attach'])
    if (options.has(name)) throw new ConmonFailure(`--${name}: not simulated`);
  if (!options.has('exec') && options.text('cuuid') === '')
    throw new ConmonFailure('Container UUID not provided. Use --cuuid');
  if (options.text('runtime') === '') throw new ConmonFailure('Runtime path not provided. Use --runtime');
  const log = await openLog(ctx, options);
  sys.setOomScoreAdj(ctx, OOM_SCORE);
  sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  const startPipe = descriptorFrom(ctx, '_OCI_STARTPIPE');
  // Whoever started us may first put us into a cgroup.
  if (startPipe !== null) {
    await sys.read(ctx, startPipe, START_BYTES);
    await sys.close(ctx, startPipe);
  }
  if (options.has('sync')) return monitor(ctx, options, log);
  // The one that goes on is nobody's child.
  const pid = await sys.fork(ctx, (child) => monitor(child, options, log));
  const pidFile = options.text('conmon-pidfile');
  if (pidFile !== '') await writeFile(ctx, pidFile, String(pid));
  return 0;
}

async function openLog(ctx: Context, options: Options): Promise<LogFile | null> {
  const wanted = options.list('log-path');
  const given = wanted.at(-1);
  if (given === undefined) throw new ConmonFailure('Log driver not provided. Use --log-path');
  const [driver, path] = /^(k8s-file|journald|passthrough|none|off|null):?(.*)$/.exec(given)?.slice(1) ?? ['', given];
  if (driver === 'none' || driver === 'off' || driver === 'null') return null;
  if (driver !== '' && driver !== 'k8s-file') throw new ConmonFailure(`log driver ${driver}: not simulated`);
  const limit = (name: string): number => Math.max(0, Number(options.text(name) || 0));
  try {
    return await LogFile.open(ctx, path ?? given, {
      fileBytesMax: limit('log-size-max'),
      totalBytesMax: limit('log-global-size-max'),
    });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ConmonFailure(`Failed to open log file ${error.libc}`);
  }
}

async function monitor(ctx: Context, options: Options, log: LogFile | null): Promise<number> {
  const { sys } = ctx;
  const nobody = await sys.open(ctx, '/dev/null', { read: true, write: true });
  const syncPipe = descriptorFrom(ctx, '_OCI_SYNCPIPE');
  // Whoever waits for the end of our output must not wait for the container's.
  for (const fd of options.has('sync') ? [0] : [0, 1, 2]) await sys.dup2(ctx, nobody, fd);
  await sys.close(ctx, nobody);
  try {
    await sys.setsid(ctx);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  sys.setSubreaper(ctx, true);
  const container = new Container(options, log, syncPipe, new Reaper(ctx));
  const code = await container.run(ctx);
  const [command] = options.list('exit-command');
  if (command === undefined || options.has('exec')) return code;
  // Whoever is to hear of the end is executed in conmon's own place.
  try {
    return await sys.execve(ctx, command, [command, ...options.list('exit-command-arg')], ctx.process.env);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return FAILED;
  }
}

function descriptorFrom(ctx: Context, name: string): number | null {
  const entry = ctx.process.env.find((text) => text.startsWith(`${name}=`));
  return entry === undefined ? null : Number(entry.slice(name.length + 1));
}
