/** Jobs: what is running, stopped or done, and the words for it. @models bash 5.2 jobs.c @fidelity partial: no (wd: …) */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { type Signal, signalNumber } from '../linux/signals.ts';
import type { WaitStatus } from '../linux/syscalls.ts';
import { complain, prefix } from './messages.ts';
import type { Shell } from './shell.ts';
import { checkSignals } from './traps.ts';

export type JobProcess = { pid: number; text: string; status: WaitStatus | null; stopped: Signal | null };

export type Job = {
  id: number;
  group: number;
  processes: JobProcess[];
  text: string;
  foreground: boolean;
  /** Its present state has been shown to the user. */
  notified: boolean;
  disowned: boolean;
  /** Which job was touched last: `%+` is the highest. */
  order: number;
};

const SIGNAL_TEXTS: Partial<Record<Signal, string>> = {
  SIGHUP: 'Hangup',
  SIGINT: 'Interrupt',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGPIPE: 'Broken pipe',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
  SIGSTKFLT: 'Stack fault',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'File size limit exceeded',
  SIGVTALRM: 'Virtual timer expired',
  SIGPROF: 'Profiling timer expired',
  SIGIO: 'I/O possible',
  SIGPWR: 'Power failure',
  SIGSYS: 'Bad system call',
  SIGSTOP: 'Stopped (signal)',
  SIGTSTP: 'Stopped',
  SIGTTIN: 'Stopped (tty input)',
  SIGTTOU: 'Stopped (tty output)',
};

export function signalText(signal: Signal): string {
  return SIGNAL_TEXTS[signal] ?? signal;
}

export function exitStatus(status: WaitStatus): number {
  return status.signal !== null ? 128 + signalNumber(status.signal) : status.exitCode;
}

export function jobState(job: Job): 'Running' | 'Stopped' | 'Done' {
  if (job.processes.every((p) => p.status !== null)) return 'Done';
  return job.processes.every((p) => p.status !== null || p.stopped !== null) ? 'Stopped' : 'Running';
}

export function currentJob(sh: Shell): Job | undefined {
  return ranked(sh)[0];
}

/** Stopped jobs first, then by how recently they were touched. */
function ranked(sh: Shell): Job[] {
  const weight = (job: Job): number => (jobState(job) === 'Stopped' ? 1e9 : 0) + job.order;
  return [...sh.jobs].filter((j) => !j.foreground).sort((a, b) => weight(b) - weight(a));
}

export function addJob(sh: Shell, processes: { pid: number; text: string }[], text: string, foreground: boolean): Job {
  let id = 1;
  for (const job of sh.jobs) if (job.id >= id) id = job.id + 1;
  const job: Job = {
    id,
    group: processes[0]?.pid ?? 0,
    processes: processes.map(({ pid, text: line }) => ({ pid, text: line, status: null, stopped: null })),
    text,
    foreground,
    notified: true,
    disowned: false,
    order: nextOrder(sh),
  };
  sh.jobs.push(job);
  return job;
}

export function nextOrder(sh: Shell): number {
  let order = 0;
  for (const job of sh.jobs) if (job.order > order) order = job.order;
  return order + 1;
}

function stateText(job: Job): string {
  const last = job.processes[job.processes.length - 1] as JobProcess;
  const state = jobState(job);
  if (state === 'Running') return 'Running';
  if (state === 'Stopped') {
    const by = job.processes.find((p) => p.stopped !== null)?.stopped ?? 'SIGTSTP';
    return by === 'SIGSTOP' ? 'Stopped' : signalText(by);
  }
  if (last.status?.signal != null)
    return signalText(last.status.signal) + (isCore(last.status.signal) ? ' (core dumped)' : '');
  const code = last.status?.exitCode ?? 0;
  return code === 0 ? 'Done' : `Exit ${code}`;
}

function isCore(_signal: Signal): boolean {
  // The node's core limit is 0, as Debian's is.
  return false;
}

export function jobLine(sh: Shell, job: Job, long = false): string {
  const [first, second] = ranked(sh);
  const mark = job === first ? '+' : job === second ? '-' : ' ';
  const running = jobState(job) === 'Running';
  const pid = long ? `${String(job.group).padStart(5)} ` : '';
  const text = running && !job.text.endsWith('&') ? `${job.text} &` : job.text;
  return `[${job.id}]${mark}  ${pid}${stateText(job).padEnd(24)}${text}`;
}

/** Takes what the kernel has to say about one process into its job. */
function record(sh: Shell, job: Job, process: JobProcess, status: WaitStatus): void {
  if (status.stopped) {
    process.stopped = status.signal ?? 'SIGTSTP';
    job.order = nextOrder(sh);
  } else {
    process.status = status;
    process.stopped = null;
  }
  job.notified = false;
}

const GONE: Omit<WaitStatus, 'pid'> = { exitCode: 127, signal: null, stopped: false };

/** Waits for one child without a job entry (command substitution). Interrupts do not end the wait. */
export async function waitForPid(ctx: Context, _sh: Shell, pid: number): Promise<number> {
  for (;;) {
    try {
      const status = await ctx.sys.wait(ctx, pid);
      if (status !== null) return exitStatus(status);
    } catch (error) {
      if (isErrno(error, 'ECHILD')) return 127;
      if (!isErrno(error, 'EINTR')) throw error;
    }
  }
}

/** Waits until every process of a foreground job has ended, or the job has stopped. */
export async function waitForJob(ctx: Context, sh: Shell, job: Job, interruptible = false): Promise<void> {
  for (const process of job.processes) {
    while (process.status === null && process.stopped === null) {
      try {
        const status = await ctx.sys.wait(ctx, process.pid, sh.jobControl ? { untraced: true } : {});
        if (status !== null) record(sh, job, process, status);
      } catch (error) {
        if (isErrno(error, 'ECHILD')) process.status = { pid: process.pid, ...GONE };
        else if (!isErrno(error, 'EINTR')) throw error;
        else if (interruptible) return;
      }
    }
  }
}

/** Polls background children; at a prompt, before `jobs`, in `wait`. */
export async function reapJobs(ctx: Context, sh: Shell): Promise<void> {
  for (const job of sh.jobs) {
    for (const process of job.processes) {
      if (process.status !== null) continue;
      try {
        const status = await ctx.sys.wait(ctx, process.pid, { noHang: true, untraced: true });
        if (status !== null) record(sh, job, process, status);
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (error.code === 'ECHILD') process.status = { pid: process.pid, ...GONE };
      }
    }
  }
}

/** Tells the user about background jobs whose state has changed, and forgets those that are done. */
export async function notifyJobs(ctx: Context, sh: Shell): Promise<void> {
  await reapJobs(ctx, sh);
  for (const job of [...sh.jobs]) {
    const state = jobState(job);
    if (state === 'Running') continue;
    if (!job.notified) {
      const last = job.processes[job.processes.length - 1] as JobProcess;
      if (sh.interactive) await complain(ctx, `${jobLine(sh, job)}\n`);
      else if (last.status?.signal != null) await complainDead(ctx, sh, job);
      job.notified = true;
    }
    if (state !== 'Done') continue;
    remember(sh, job);
    sh.jobs = sh.jobs.filter((j) => j !== job);
  }
}

/** `wait PID` may still ask. */
export function remember(sh: Shell, job: Job): void {
  for (const process of job.processes)
    if (process.status !== null) sh.setFinished(process.pid, exitStatus(process.status));
}

async function complainDead(ctx: Context, sh: Shell, job: Job): Promise<void> {
  const last = job.processes[job.processes.length - 1] as JobProcess;
  const signal = last.status?.signal;
  const isAsh = sh.flavour === 'ash';
  if (signal == null || signal === 'SIGINT' || signal === 'SIGPIPE') return;
  if (signal === 'SIGTERM' && !job.foreground && !isAsh) return;
  if (isAsh) await complain(ctx, `${signalText(signal)}\n`);
  else
    await complain(ctx, `${prefix(sh)}${String(last.pid).padStart(5)} ${signalText(signal).padEnd(23)} ${job.text}\n`);
}

/** After a foreground job: its status, the terminal back, the message for a signal or a stop. */
export async function finishForeground(ctx: Context, sh: Shell, job: Job): Promise<number[]> {
  await waitForJob(ctx, sh, job);
  if (sh.jobControl) await ctx.sys.setForegroundGroup(ctx, sh.ttyFd, sh.group);
  if (jobState(job) === 'Stopped') {
    job.foreground = false;
    job.notified = true;
    await complain(ctx, `\n${jobLine(sh, job)}\n`);
    const by = job.processes.find((p) => p.stopped !== null)?.stopped ?? 'SIGTSTP';
    return job.processes.map((p) => (p.status === null ? 128 + signalNumber(by) : exitStatus(p.status)));
  }
  sh.jobs = sh.jobs.filter((j) => j !== job);
  const last = job.processes[job.processes.length - 1] as JobProcess;
  const signal = last.status?.signal ?? null;
  if (signal !== null && sh.subshell === 0) {
    if (signal === 'SIGINT') {
      if (sh.jobControl) {
        if (sh.loopDepth > 0 || sh.executingList > 0) sh.interrupted = true;
        else await complain(ctx, '\n');
      }
    } else if (signal !== 'SIGPIPE') {
      // jobs.c keeps SIGTERM out of the long form that scripts get.
      if (sh.interactive || signal === 'SIGTERM') await complain(ctx, `${signalText(signal)}\n`);
      else await complainDead(ctx, sh, job);
    }
  }
  return job.processes.map((p) => (p.status === null ? 0 : exitStatus(p.status)));
}

/** Runs queued traps after a child has ended. */
async function afterChild(ctx: Context, sh: Shell): Promise<void> {
  await checkSignals(ctx, sh);
}

/** `%1 %+ %% %- %name %?text` or a bare number: which job. */
export function findJob(sh: Shell, spec: string): Job | undefined | 'ambiguous' {
  const listed = sh.jobs.filter((j) => !j.foreground);
  const text = spec.startsWith('%') ? spec.slice(1) : spec;
  if (text === '' || text === '+' || text === '%') return currentJob(sh);
  if (text === '-') return ranked(sh)[1] ?? currentJob(sh);
  if (/^\d+$/.test(text)) return listed.find((j) => j.id === Number(text));
  const found = listed.filter((j) => (text.startsWith('?') ? j.text.includes(text.slice(1)) : j.text.startsWith(text)));
  return found.length > 1 ? 'ambiguous' : found[0];
}
