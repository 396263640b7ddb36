/**
 * A shell for embedders without a terminal. Command lines arrive on standard input; descriptor 3, when it is open, is
 * told where each complete command begins and ends, so that standard output and error can be attributed:
 *   {"event":"start","command":"echo hi"}
 *   {"event":"end","command":"echo hi","exitCode":0}
 * It behaves as an interactive shell that has no terminal and goes on after every error.
 */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { AbandonControl, ExitControl, InterruptControl, LoopControl, ReturnControl } from './control.ts';
import { shellName } from './interactive.ts';
import { notifyJobs } from './jobs.ts';
import { complain } from './messages.ts';
import { type CompleteCommand, completeCommands } from './parse.ts';
import { readLine } from './read-line.ts';
import { recognise } from './recognise.ts';
import { reportSyntax, runComplete } from './run-text.ts';
import type { Shell } from './shell.ts';
import { installInteractiveSignals } from './traps.ts';

const CONTROL_FD = 3;
/** Where the control pipe is kept, away from the descriptors that commands use. */
const KEPT_FD = 250;

/** Runs one complete command under a root span of its own: what the drawing attributes to the learner. */
export async function runTraced(ctx: Context, sh: Shell, command: CompleteCommand, where: string): Promise<void> {
  const { pid } = ctx.process;
  const span = ctx.trace.startSpan(0, pid, command.text, 'client');
  const inner = ctx.withSpan(span);
  ctx.trace.emit(span, pid, { kind: 'command.start', command: span, line: command.text });
  try {
    if (command.kind === 'error') {
      await reportSyntax(inner, sh, command.problem, where);
      sh.status = 2;
    } else await runComplete(inner, sh, command);
  } catch (error) {
    if (error instanceof InterruptControl) {
      sh.status = 130;
      // The terminal has echoed ^C: the prompt belongs on a line of its own.
      if (sh.ttyFd >= 0) await complain(inner, '\n');
    } else if (error instanceof AbandonControl) sh.status = error.status;
    else if (error instanceof ReturnControl || error instanceof ExitControl) {
      sh.status = error.status;
      throw error;
    } else if (!(error instanceof LoopControl)) throw error;
  } finally {
    sh.loopDepth = 0;
    sh.conditionDepth = 0;
    sh.executingList = 0;
    ctx.trace.emit(span, pid, { kind: 'command.end', command: span, exitCode: sh.status });
    ctx.trace.endSpan(span, pid);
  }
}

export async function runSession(ctx: Context, sh: Shell): Promise<number> {
  sh.interactive = true;
  sh.session = true;
  sh.setShopt('expand_aliases', true);
  sh.name = shellName(sh);
  installInteractiveSignals(ctx, sh);
  const tell = await controlPipe(ctx, sh);
  for (;;) {
    const text = await nextText(ctx);
    if (text === null) break;
    for (const command of completeCommands(text)) {
      if (command.text.trim() === '') continue;
      sh.history.push(command.text);
      await tell({ event: 'start', command: command.text });
      try {
        await runTraced(ctx, sh, command, '');
        await notifyJobs(ctx, sh);
      } finally {
        await tell({ event: 'end', command: command.text, exitCode: sh.status });
      }
    }
  }
  sh.interactive = false;
  return sh.status;
}

async function controlPipe(ctx: Context, sh: Shell): Promise<(event: Record<string, unknown>) => Promise<void>> {
  try {
    await ctx.sys.dup2(ctx, CONTROL_FD, KEPT_FD);
    await ctx.sys.setCloseOnExec(ctx, KEPT_FD, true);
    await ctx.sys.close(ctx, CONTROL_FD);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return async () => {};
  }
  void sh;
  return async (event) => {
    await ctx.sys.write(ctx, KEPT_FD, `${JSON.stringify(event)}\n`);
  };
}

/** Lines until they make a complete command (or a wrong one, or the input ends). */
async function nextText(ctx: Context): Promise<string | null> {
  let text = '';
  let heredoc: string | null = null;
  for (;;) {
    const line = await readLine(ctx, 0);
    if (line === null) return text === '' ? null : text;
    text += `${line}\n`;
    if (heredoc !== null && line.replace(/^\t+/, '') !== heredoc) continue;
    const r = recognise(text);
    if (r.status === 'error') return text;
    if (r.status === 'incomplete') heredoc = r.heredoc?.delimiter ?? null;
    else if (r.unclosedHeredoc !== null) heredoc = r.unclosedHeredoc;
    else return text;
  }
}
