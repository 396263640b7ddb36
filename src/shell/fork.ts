/** Subshells: a forked process that goes on with a copy of this shell. @models bash 5.2 execute_cmd.c, jobs.c make_child */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import type { Signal } from '../linux/signals.ts';
import {
  AbandonControl,
  ExitControl,
  ExpansionError,
  InterruptControl,
  LoopControl,
  ReturnControl,
} from './control.ts';
import { report } from './messages.ts';
import type { Shell } from './shell.ts';
import { runExitTrap } from './traps.ts';

export type ForkPlan = {
  /** Process group to join: 0 starts one; undefined stays in ours. Only with job control. */
  group?: number;
  /** The group becomes the terminal's foreground group. */
  foreground?: boolean;
  background?: boolean;
  /** Stays true for `(…)` and pipelines of a -e shell, false in `$(…)`. */
  keepErrexit?: boolean;
};

/** Signals an interactive shell ignores or catches for itself; children get the defaults back. */
const SHELL_SIGNALS: readonly Signal[] = [
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGWINCH',
  'SIGCHLD',
];

export async function forkShell(
  ctx: Context,
  sh: Shell,
  plan: ForkPlan,
  body: (ctx: Context, child: Shell) => Promise<number>,
): Promise<number> {
  const fork = (): Promise<number> => {
    const child = sh.clone();
    return ctx.sys.fork(ctx, async (c) => {
      await enterChild(c, child, plan);
      return runBody(c, child, body);
    });
  };
  let pid: number;
  try {
    pid = await fork();
  } catch (error) {
    if (!isErrno(error, 'EAGAIN')) throw error;
    pid = await (await import('./fork-again.ts')).forkAgain(ctx, sh, error, fork);
  }
  if (plan.group !== undefined) {
    try {
      await ctx.sys.setpgid(ctx, pid, plan.group === 0 ? pid : plan.group);
    } catch (error) {
      // EACCES: the child has executed already and has done this itself; ESRCH: it is gone.
      if (!isErrno(error)) throw error;
    }
  }
  return pid;
}

async function enterChild(ctx: Context, child: Shell, plan: ForkPlan): Promise<void> {
  if (plan.group !== undefined) {
    const group = plan.group === 0 ? ctx.sys.getpid(ctx) : plan.group;
    try {
      await ctx.sys.setpgid(ctx, 0, group);
      if (plan.foreground && child.ttyFd >= 0) await ctx.sys.setForegroundGroup(ctx, child.ttyFd, group);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  const wasInteractive = child.interactive;
  if (wasInteractive) for (const signal of SHELL_SIGNALS) ctx.sys.sigaction(ctx, signal, 'default');
  for (const [name, trap] of child.traps) {
    if (trap.command !== '' && name.startsWith('SIG')) ctx.sys.sigaction(ctx, name as Signal, 'default');
  }
  const keeps = child.option('errtrace') ? 'ERR' : '';
  for (const [name, trap] of child.traps) if (trap.command !== '' && name !== keeps) child.setTrap(name, null);
  if (plan.background && plan.group === undefined) {
    ctx.sys.sigaction(ctx, 'SIGINT', 'ignore');
    ctx.sys.sigaction(ctx, 'SIGQUIT', 'ignore');
  }
  child.subshell++;
  child.jobControl = false;
  child.interrupted = false;
  child.exitOnInterrupt = true;
  child.loopDepth = 0;
  child.jobs = [];
  child.conditionDepth = plan.keepErrexit === false ? 0 : child.conditionDepth;
  if (plan.keepErrexit === false) child.options.delete('errexit');
}

/** Runs a shell's work to its exit status, whatever way it ends. */
export async function runBody(
  ctx: Context,
  sh: Shell,
  body: (ctx: Context, sh: Shell) => Promise<number>,
): Promise<number> {
  let status: number;
  try {
    status = await body(ctx, sh);
  } catch (error) {
    status = await statusOf(ctx, sh, error);
  }
  return end(ctx, sh, status);
}

/** The last that a shell does: its EXIT trap, which may change the status. */
export async function end(ctx: Context, sh: Shell, status: number): Promise<number> {
  sh.status = status;
  return (await runExitTrap(ctx, sh, status)) & 255;
}

export async function statusOf(ctx: Context, sh: Shell, error: unknown): Promise<number> {
  if (error instanceof AbandonControl && sh.flavour === 'ash') return 2;
  if (error instanceof ExitControl || error instanceof ReturnControl || error instanceof AbandonControl)
    return error.status;
  if (error instanceof LoopControl) return 0;
  if (error instanceof InterruptControl) return 130;
  if (error instanceof ExpansionError) {
    await report(ctx, sh, error.message);
    return error.status;
  }
  throw error;
}
