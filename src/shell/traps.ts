/** Signals in the shell: traps, and SIGINT at a prompt. @models bash 5.2 trap.c, sig.c @fidelity partial: no RETURN trap */
import type { Context } from '../linux/context.ts';
import type { Signal } from '../linux/signals.ts';
import { AbandonControl, ExitControl, InterruptControl } from './control.ts';
import { runText } from './run-text.ts';
import type { Shell } from './shell.ts';

/** Makes the kernel's action agree with the trap table. */
export function applyTrap(ctx: Context, sh: Shell, signal: Signal): void {
  const trap = sh.traps.get(signal);
  if (trap === undefined) {
    if (sh.interactive && sh.subshell === 0) installInteractive(ctx, sh, signal);
    else ctx.sys.sigaction(ctx, signal, 'default');
  } else if (trap.command === '') ctx.sys.sigaction(ctx, signal, 'ignore');
  else ctx.sys.sigaction(ctx, signal, (s) => sh.pending.push(s), { restart: false });
}

function installInteractive(ctx: Context, sh: Shell, signal: Signal): void {
  if (signal === 'SIGINT') {
    ctx.sys.sigaction(
      ctx,
      'SIGINT',
      () => {
        sh.interrupted = true;
      },
      { restart: false },
    );
  } else if (signal === 'SIGTERM' || signal === 'SIGQUIT') ctx.sys.sigaction(ctx, signal, 'ignore');
  else if (sh.jobControl && (signal === 'SIGTSTP' || signal === 'SIGTTIN' || signal === 'SIGTTOU')) {
    ctx.sys.sigaction(ctx, signal, 'ignore');
  } else ctx.sys.sigaction(ctx, signal, 'default');
}

export function installInteractiveSignals(ctx: Context, sh: Shell): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const)
    installInteractive(ctx, sh, signal);
}

/** Between commands: runs pending traps; an interrupt at an interactive shell ends the line. */
export async function checkSignals(ctx: Context, sh: Shell): Promise<void> {
  while (sh.pending.length > 0 && !sh.runningTrap) {
    const signal = sh.pending.shift() as Signal;
    const trap = sh.traps.get(signal);
    if (trap === undefined || trap.command === '') continue;
    await runTrap(ctx, sh, trap.command);
  }
  if (sh.interrupted) {
    sh.interrupted = false;
    sh.status = 130;
    throw new InterruptControl();
  }
}

async function runTrap(ctx: Context, sh: Shell, command: string): Promise<void> {
  const status = sh.status;
  sh.runningTrap = true;
  try {
    await runText(ctx, sh, command);
  } finally {
    sh.runningTrap = false;
  }
  sh.status = status;
}

/** ERR and DEBUG. */
export async function runPseudoTrap(ctx: Context, sh: Shell, name: 'ERR' | 'DEBUG'): Promise<void> {
  const trap = sh.traps.get(name);
  if (trap !== undefined && trap.command !== '' && !sh.runningTrap) await runTrap(ctx, sh, trap.command);
}

export async function runExitTrap(ctx: Context, sh: Shell, status: number): Promise<number> {
  const trap = sh.traps.get('EXIT');
  if (trap === undefined || trap.command === '') return status;
  sh.setTrap('EXIT', null);
  sh.status = status;
  try {
    await runText(ctx, sh, trap.command);
  } catch (error) {
    if (error instanceof ExitControl) return error.status;
    if (!(error instanceof InterruptControl) && !(error instanceof AbandonControl)) throw error;
  }
  return status;
}
