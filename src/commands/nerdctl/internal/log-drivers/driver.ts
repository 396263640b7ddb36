/** What a logging driver does. @models nerdctl v2.3.5 pkg/logging/logging.go Driver, SyncDriver @fidelity full */
import type { Context } from '../../../../linux/context.ts';

/** Whose log it is, and where its containerd is. */
export type LogOwner = { readonly address: string; readonly namespace: string; readonly id: string };

export interface LogDriver {
  /** Parts of a line are written as they come; otherwise only whole lines are, and what is left at the end. */
  readonly isImmediate: boolean;
  /** Throws when nothing can be written. */
  open(ctx: Context, owner: LogOwner): Promise<void>;
  /** `line` with its newline. */
  write(ctx: Context, stream: 'stdout' | 'stderr', line: string): Promise<void>;
  close(ctx: Context): Promise<void>;
}
