/** How control leaves a command other than by its status: thrown by the evaluator, caught at loops, calls, the top. */

export class LoopControl {
  readonly kind: 'break' | 'continue';
  levels: number;
  constructor(kind: 'break' | 'continue', levels: number) {
    this.kind = kind;
    this.levels = levels;
  }
}

export class ReturnControl {
  readonly status: number;
  constructor(status: number) {
    this.status = status;
  }
}

export class ExitControl {
  readonly status: number;
  constructor(status: number) {
    this.status = status;
  }
}

/** SIGINT reached an interactive shell, or a foreground job inside a list died of it: back to the prompt. */
export class InterruptControl {}

/** An expansion failed (its message is already printed): abandons the complete command, or ends a non-interactive shell. */
export class AbandonControl {
  readonly status: number;
  /** Ends the shell that is not interactive, too. */
  readonly fatal: boolean;
  constructor(status: number, fatal = false) {
    this.status = status;
    this.fatal = fatal;
  }
}

/** Thrown by expansions that have no context to print with; whoever holds one turns it into AbandonControl. */
export class ExpansionError {
  readonly message: string;
  readonly status: number;
  readonly fatal: boolean;
  constructor(message: string, status = 1, fatal = false) {
    this.message = message;
    this.status = status;
    this.fatal = fatal;
  }
}

const EXHAUSTED_STATUS = 2;

/** For a text longer than any can be: bash's xmalloc.c, whose shell ends. */
export function exhausted(bytes: number): ExpansionError {
  return new ExpansionError(`xrealloc: cannot allocate ${bytes} bytes`, EXHAUSTED_STATUS, true);
}
