/** jobs, fg, bg, wait, kill, disown. @models bash 5.2 builtins/{jobs,fg_bg,wait,kill}.def */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { parseSignal, type Signal, signalNumber } from '../../linux/signals.ts';
import {
  currentJob,
  exitStatus,
  findJob,
  finishForeground,
  type Job,
  jobLine,
  jobState,
  nextOrder,
  notifyJobs,
  reapJobs,
  remember,
  waitForJob,
} from '../jobs.ts';
import { builtinError, complain } from '../messages.ts';
import type { Shell } from '../shell.ts';
import { checkSignals } from '../traps.ts';
import { setScalar } from '../variables.ts';
import { signalList } from './flow.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

async function pick(ctx: Context, sh: Shell, builtin: string, spec: string | undefined): Promise<Job | null> {
  const job = spec === undefined ? currentJob(sh) : findJob(sh, spec);
  if (job === 'ambiguous') {
    await builtinError(ctx, sh, builtin, `${(spec ?? '').replace(/^%/, '')}: ambiguous job spec`);
    await builtinError(ctx, sh, builtin, `${spec}: no such job`);
    return null;
  }
  if (job === undefined) {
    await builtinError(ctx, sh, builtin, `${spec ?? 'current'}: no such job`);
    return null;
  }
  return job;
}

const jobs: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'lnprs');
  if ('bad' in parsed)
    return usage(ctx, sh, 'jobs', parsed.bad, 'jobs [-lnprs] [jobspec ...] or jobs -x command [args]');
  const { options, rest } = parsed;
  await reapJobs(ctx, sh);
  let listed = sh.jobs.filter((j) => !j.foreground && !j.disowned);
  if (rest.length > 0) {
    listed = [];
    for (const spec of rest) {
      const job = await pick(ctx, sh, 'jobs', spec);
      if (job === null) return 1;
      listed.push(job);
    }
  }
  let out = '';
  for (const job of listed) {
    const state = jobState(job);
    if ((options.has('r') && state !== 'Running') || (options.has('s') && state !== 'Stopped')) continue;
    out += options.has('p') ? `${job.group}\n` : `${jobLine(sh, job, options.has('l'))}\n`;
    job.notified = true;
  }
  if (out !== '') await ctx.sys.write(ctx, 1, out);
  for (const job of sh.jobs) if (jobState(job) === 'Done') remember(sh, job);
  sh.jobs = sh.jobs.filter((j) => jobState(j) !== 'Done' || !listed.includes(j));
  return 0;
};

async function signalJob(ctx: Context, sh: Shell, job: Job, signal: Signal): Promise<void> {
  if (sh.jobControl) {
    await ctx.sys.kill(ctx, -job.group, signal);
    return;
  }
  for (const process of job.processes) if (process.status === null) await ctx.sys.kill(ctx, process.pid, signal);
}

async function continueJob(ctx: Context, sh: Shell, job: Job): Promise<void> {
  for (const process of job.processes) process.stopped = null;
  job.order = nextOrder(sh);
  job.notified = true;
  await signalJob(ctx, sh, job, 'SIGCONT');
}

const fg: Builtin = async (ctx, sh, argv) => {
  if (!sh.jobControl) {
    await builtinError(ctx, sh, 'fg', 'no job control');
    return 1;
  }
  await reapJobs(ctx, sh);
  const job = await pick(ctx, sh, 'fg', argv[1]);
  if (job === null) return 1;
  if (jobState(job) === 'Done') {
    await builtinError(ctx, sh, 'fg', 'job has terminated');
    return 1;
  }
  await ctx.sys.write(ctx, 1, `${job.text}\n`);
  job.foreground = true;
  await ctx.sys.setForegroundGroup(ctx, sh.ttyFd, job.group);
  await continueJob(ctx, sh, job);
  const statuses = await finishForeground(ctx, sh, job);
  return statuses[statuses.length - 1] ?? 0;
};

const bg: Builtin = async (ctx, sh, argv) => {
  if (!sh.jobControl) {
    await builtinError(ctx, sh, 'bg', 'no job control');
    return 1;
  }
  await reapJobs(ctx, sh);
  for (const spec of argv.length > 1 ? argv.slice(1) : [undefined]) {
    const job = await pick(ctx, sh, 'bg', spec);
    if (job === null) return 1;
    if (jobState(job) === 'Running') {
      await builtinError(ctx, sh, 'bg', `job ${job.id} already in background`);
      continue;
    }
    await continueJob(ctx, sh, job);
    sh.lastBackground = job.group;
    await ctx.sys.write(ctx, 1, `[${job.id}]${job === currentJob(sh) ? '+' : '-'} ${job.text} &\n`);
  }
  return 0;
};

const wait: Builtin = (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'fnp:');
  if ('bad' in parsed) return usage(ctx, sh, 'wait', parsed.bad, 'wait [-fn] [-p var] [id ...]');
  const { options, rest } = parsed;
  if (options.has('n')) return waitForNext(ctx, sh, options.get('p'));
  return rest.length === 0 ? waitForAll(ctx, sh) : waitForEach(ctx, sh, rest);
};

const background = (sh: Shell): Job[] => sh.jobs.filter((j) => !j.foreground);

/** The status to end with if a signal came instead of the job's end; else null. */
async function waitFor(ctx: Context, sh: Shell, job: Job): Promise<number | null> {
  for (;;) {
    await waitForJob(ctx, sh, job, true);
    const state = jobState(job);
    if (state !== 'Running') break;
    const signal = sh.pending[0];
    await checkSignals(ctx, sh);
    if (signal !== undefined) return 128 + signalNumber(signal);
  }
  if (jobState(job) === 'Done' && !sh.interactive) {
    remember(sh, job);
    sh.jobs = sh.jobs.filter((j) => j !== job);
  }
  return null;
}

function statusOf(job: Job): number {
  const last = job.processes[job.processes.length - 1];
  return last?.status == null ? 128 + 20 : exitStatus(last.status);
}

async function waitForNext(ctx: Context, sh: Shell, pidName: string | undefined): Promise<number> {
  const candidates = background(sh);
  if (candidates.length === 0) return 127;
  const job = await firstDone(ctx, sh, candidates);
  sh.jobs = sh.jobs.filter((j) => j !== job);
  if (pidName !== undefined) setScalar(sh, pidName, String(job.processes[job.processes.length - 1]?.pid ?? 0));
  return statusOf(job);
}

async function waitForAll(ctx: Context, sh: Shell): Promise<number> {
  for (const job of background(sh)) {
    const interrupted = await waitFor(ctx, sh, job);
    if (interrupted !== null) return interrupted;
  }
  if (!sh.interactive) await notifyJobs(ctx, sh);
  return 0;
}

async function waitForEach(ctx: Context, sh: Shell, ids: readonly string[]): Promise<number> {
  let status = 0;
  for (const id of ids) {
    let job: Job | undefined;
    if (/^\d+$/.test(id)) {
      job = sh.jobs.find((j) => j.processes.some((p) => p.pid === Number(id)));
      if (job === undefined) {
        const known = sh.finished.get(Number(id));
        if (known !== undefined) {
          status = known;
          continue;
        }
        await builtinError(ctx, sh, 'wait', `pid ${id} is not a child of this shell`);
        status = 127;
        continue;
      }
    } else if (id.startsWith('%')) {
      const found = await pick(ctx, sh, 'wait', id);
      if (found === null) {
        status = 127;
        continue;
      }
      job = found;
    } else {
      await builtinError(ctx, sh, 'wait', `\`${id}': not a pid or valid job spec`);
      status = 1;
      continue;
    }
    const interrupted = await waitFor(ctx, sh, job);
    if (interrupted !== null) return interrupted;
    status = statusOf(job);
    for (const p of job.processes) if (p.status !== null) sh.setFinished(p.pid, exitStatus(p.status));
  }
  return status;
}

/** Whichever of the jobs ends first: any child's end wakes us, as waitpid(-1) does. */
async function firstDone(ctx: Context, sh: Shell, candidates: readonly Job[]): Promise<Job> {
  for (;;) {
    const done = candidates.find((j) => jobState(j) === 'Done');
    if (done !== undefined) return done;
    try {
      const status = await ctx.sys.wait(ctx, -1);
      for (const job of sh.jobs)
        for (const p of job.processes) if (status !== null && p.pid === status.pid) p.status = status;
    } catch (error) {
      if (isErrno(error, 'EINTR')) await checkSignals(ctx, sh);
      else if (isErrno(error)) return candidates[0] as Job;
      else throw error;
    }
  }
}

const KILL_USAGE = 'kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]';

const kill: Builtin = async (ctx, sh, argv) => {
  let args = argv.slice(1);
  let signal: Signal | 0 = 'SIGTERM';
  const parse = (text: string): Signal | 0 | null => (text === '0' || text === 'EXIT' ? 0 : parseSignal(text));
  const first = args[0];
  if (first === undefined) {
    await complain(ctx, `kill: usage: ${KILL_USAGE}\n`);
    return 2;
  }
  if (first === '-l' || first === '-L') {
    if (args.length === 1) {
      await ctx.sys.write(ctx, 1, signalList());
      return 0;
    }
    let status = 0;
    for (const text of args.slice(1)) {
      const n = Number(text);
      if (text === '0' || text === 'EXIT') {
        await ctx.sys.write(ctx, 1, text === '0' ? 'EXIT\n' : '0\n');
        continue;
      }
      const found = /^\d+$/.test(text) ? parseSignal(String(n > 128 ? n - 128 : n)) : parseSignal(text);
      if (found === null) {
        await builtinError(ctx, sh, 'kill', `${text}: invalid signal specification`);
        status = 1;
      } else await ctx.sys.write(ctx, 1, /^\d+$/.test(text) ? `${found.slice(3)}\n` : `${signalNumber(found)}\n`);
    }
    return status;
  }
  let text: string | null = null;
  if (first === '-s' || first === '-n') {
    text = args[1] ?? '';
    args = args.slice(2);
  } else if (first.startsWith('-') && first !== '--' && first.length > 1) {
    text = first.slice(1);
    args = args.slice(1);
  }
  if (text !== null) {
    const found = parse(text);
    if (found === null) {
      await builtinError(ctx, sh, 'kill', `${text}: invalid signal specification`);
      return 1;
    }
    signal = found;
  }
  if (args[0] === '--') args = args.slice(1);
  if (args.length === 0) {
    await complain(ctx, `kill: usage: ${KILL_USAGE}\n`);
    return 2;
  }
  let status = 1;
  for (const target of args) {
    try {
      if (target.startsWith('%')) {
        const job = await pick(ctx, sh, 'kill', target);
        if (job === null) continue;
        if (signal !== 0) await signalJob(ctx, sh, job, signal);
        if (signal === 'SIGTERM' || signal === 'SIGHUP')
          if (jobState(job) === 'Stopped') await signalJob(ctx, sh, job, 'SIGCONT');
      } else if (/^-?\d+$/.test(target)) {
        await ctx.sys.kill(ctx, Number(target), signal);
      } else {
        await builtinError(ctx, sh, 'kill', `${target}: arguments must be process or job IDs`);
        continue;
      }
      status = 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await builtinError(
        ctx,
        sh,
        'kill',
        sh.flavour === 'ash' ? `can't kill pid ${target}: ${error.libc}` : `(${target}) - ${error.libc}`,
      );
    }
  }
  // A signal to ourselves is delivered before the next command.
  return status;
};

const disown: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'ahr');
  if ('bad' in parsed) return usage(ctx, sh, 'disown', parsed.bad, 'disown [-h] [-ar] [jobspec ... | pid ...]');
  const { options, rest } = parsed;
  if (options.has('a')) {
    sh.jobs = sh.jobs.filter((j) => j.foreground);
    return 0;
  }
  for (const spec of rest.length > 0 ? rest : [undefined]) {
    const byPid = spec !== undefined && /^\d+$/.test(spec) ? sh.jobs.find((j) => j.group === Number(spec)) : undefined;
    const job = byPid ?? (await pick(ctx, sh, 'disown', spec));
    if (job === null) return 1;
    if (!options.has('h')) sh.jobs = sh.jobs.filter((j) => j !== job);
  }
  return 0;
};

export const jobBuiltins: Record<string, Builtin> = { jobs, fg, bg, wait, kill, disown };
