/** The read-eval loop at a terminal. @models bash 5.2 eval.c, parse.y, jobs.c initialize_job_control */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { readFile } from '../linux/io.ts';
import { EventNotFound, expandHistory, remember } from './history.ts';
import { notifyJobs } from './jobs.ts';
import { LineEditor, type LineResult } from './line-editor.ts';
import { complain } from './messages.ts';
import { completeCommands } from './parse.ts';
import { expandPrompt } from './prompt.ts';
import { readLine } from './read-line.ts';
import { recognise } from './recognise.ts';
import { runText } from './run-text.ts';
import { runTraced } from './session.ts';
import type { Shell } from './shell.ts';
import { installInteractiveSignals } from './traps.ts';
import { ensureVariable, scalar, setScalar } from './variables.ts';

/** Where bash keeps its own copy of the terminal. */
const TTY_FD = 255;

/** What bash calls itself in messages: `-bash` for a login shell, else its name without the directory. */
export function shellName(sh: Shell): string {
  return sh.name.split('/').pop() ?? sh.name;
}

export async function runInteractive(ctx: Context, sh: Shell): Promise<number> {
  sh.name = shellName(sh);
  const tty = await isTty(ctx, 0);
  if (tty) await takeTerminal(ctx, sh);
  installInteractiveSignals(ctx, sh);
  setDefaults(sh);
  sh.options.add('history').add('histexpand').add('emacs');
  if (sh.jobControl) sh.options.add('monitor');
  await loadHistory(ctx, sh);
  const editor = tty ? new LineEditor(sh, 0) : null;
  for (;;) {
    const text = await readCommand(ctx, sh, editor);
    if (text === null) {
      if (await mayLeave(ctx, sh)) return sh.status;
      continue;
    }
    for (const command of completeCommands(text)) {
      try {
        await runTraced(ctx, sh, command, '');
      } catch (error) {
        await saveHistory(ctx, sh);
        throw error;
      }
      if (command.kind === 'error') break;
    }
  }
}

async function isTty(ctx: Context, fd: number): Promise<boolean> {
  try {
    return await ctx.sys.isTty(ctx, fd);
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

/** Puts the shell into a process group of its own in the foreground of its terminal. */
async function takeTerminal(ctx: Context, sh: Shell): Promise<void> {
  const { sys } = ctx;
  try {
    sys.sigaction(ctx, 'SIGTTOU', 'ignore');
    await sys.dup2(ctx, 0, TTY_FD);
    await sys.setCloseOnExec(ctx, TTY_FD, true);
    const pid = sys.getpid(ctx);
    if (sys.getpgid(ctx, 0) !== pid && sys.getsid(ctx) !== pid) await sys.setpgid(ctx, 0, pid);
    sh.group = sys.getpgid(ctx, 0);
    await sys.setForegroundGroup(ctx, TTY_FD, sh.group);
    sh.ttyFd = TTY_FD;
    sh.jobControl = true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await complain(
      ctx,
      `${sh.name}: cannot set terminal process group (${sys.getpgid(ctx, 0)}): ${error.libc}\n${sh.name}: no job control in this shell\n`,
    );
  }
}

function setDefaults(sh: Shell): void {
  const defaults: Record<string, string> =
    sh.flavour === 'ash'
      ? { PS1: '\\w \\$ ', PS2: '> ' }
      : {
          PS1: '\\s-\\v\\$ ',
          PS2: '> ',
          HISTFILE: `${scalar(sh, 'HOME') ?? '/root'}/.bash_history`,
          HISTSIZE: '500',
          HISTFILESIZE: '500',
        };
  for (const [name, value] of Object.entries(defaults)) if (scalar(sh, name) === undefined) setScalar(sh, name, value);
  ensureVariable(sh, 'PS1');
}

async function loadHistory(ctx: Context, sh: Shell): Promise<void> {
  const path = scalar(sh, 'HISTFILE');
  if (path === undefined || path === '') return;
  try {
    const text = await readFile(ctx, path);
    for (const line of text.split('\n')) if (line !== '') sh.history.push(line);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

async function saveHistory(ctx: Context, sh: Shell): Promise<void> {
  const path = scalar(sh, 'HISTFILE');
  if (path === undefined || path === '') return;
  try {
    const fd = await ctx.sys.open(ctx, path, { write: true, create: true, truncate: true }, 0o600);
    await ctx.sys.write(ctx, fd, sh.history.map((l) => `${l}\n`).join(''));
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** Ctrl-D on an empty line: stopped jobs are mentioned once. */
async function mayLeave(ctx: Context, sh: Shell): Promise<boolean> {
  if (sh.flavour === 'bash') await complain(ctx, sh.login ? 'logout\n' : 'exit\n');
  else await complain(ctx, '\n');
  const stopped = sh.jobs.some(
    (j) => !j.foreground && j.processes.some((p) => p.stopped !== null && p.status === null),
  );
  if (stopped && !sh.exitWarned) {
    sh.exitWarned = true;
    await complain(ctx, 'There are stopped jobs.\n');
    return false;
  }
  await saveHistory(ctx, sh);
  return true;
}

/** One complete command, over as many lines as it takes; null at end of input. */
async function readCommand(ctx: Context, sh: Shell, editor: LineEditor | null): Promise<string | null> {
  let text = '';
  let heredoc: string | null = null;
  for (;;) {
    if (text === '') {
      await notifyJobs(ctx, sh);
      const command = scalar(sh, 'PROMPT_COMMAND');
      if (command !== undefined && command !== '') await promptCommand(ctx, sh, command);
    }
    const prompt = await expandPrompt(ctx, sh, scalar(sh, text === '' ? 'PS1' : 'PS2') ?? '');
    const result = await readOne(ctx, sh, editor, prompt);
    if (result.kind === 'interrupt') {
      sh.status = 130;
      text = '';
      heredoc = null;
      continue;
    }
    if (result.kind === 'end') {
      if (text === '') return null;
      return text;
    }
    let line = result.text;
    if (heredoc === null && sh.flavour === 'bash' && sh.option('histexpand')) {
      try {
        const expanded = expandHistory(sh, line);
        if (expanded !== line) await complain(ctx, `${expanded}\n`);
        line = expanded;
      } catch (error) {
        if (!(error instanceof EventNotFound)) throw error;
        await complain(ctx, `${sh.name}: ${error.event}: event not found\n`);
        text = '';
        continue;
      }
    }
    text += `${line}\n`;
    if (heredoc !== null && line.replace(/^\t+/, '') !== heredoc && !line.includes('\n')) continue;
    const state = pendingState(text);
    if (state === 'complete') {
      remember(sh, text.replace(/\n$/, ''));
      sh.exitWarned = sh.exitWarned && /^\s*(exit|logout|jobs)\b/.test(text);
      return text;
    }
    heredoc = state.heredoc;
  }
}

/** Several complete commands may have been pasted; only the last can be unfinished. */
function pendingState(text: string): 'complete' | { heredoc: string | null } {
  let at = 0;
  while (at < text.length) {
    const r = recognise(text, at);
    if (r.status === 'error') return 'complete';
    if (r.status === 'incomplete') return { heredoc: r.heredoc?.delimiter ?? null };
    if (r.unclosedHeredoc !== null) return { heredoc: r.unclosedHeredoc };
    at = r.end;
  }
  return 'complete';
}

async function promptCommand(ctx: Context, sh: Shell, command: string): Promise<void> {
  const status = sh.status;
  await runText(ctx, sh, command);
  sh.status = status;
}

async function readOne(ctx: Context, sh: Shell, editor: LineEditor | null, prompt: string): Promise<LineResult> {
  if (editor !== null) {
    const result = await editor.read(ctx, prompt, sh.flavour === 'bash' && scalar(sh, 'TERM') !== 'dumb');
    return result;
  }
  await complain(ctx, prompt.replace(/[\x01\x02]/g, ''));
  try {
    const line = await readLine(ctx, 0);
    return line === null ? { kind: 'end' } : { kind: 'line', text: line };
  } catch (error) {
    if (!isErrno(error)) throw error;
    sh.interrupted = false;
    await complain(ctx, '\n');
    return error.code === 'EINTR' ? { kind: 'interrupt' } : { kind: 'end' };
  }
}
