/**
 * OCI hooks: programs run at fixed points with the container's state on stdin.
 * @models runc libcontainer/configs/config.go Command.Run @fidelity partial: what a hook that is killed by its timeout had started and still writes is waited for
 */

import { newError } from '../../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { runCommand } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { WaitStatus } from '../../../linux/syscalls.ts';
import type { Hook, State } from '../../../protocols/oci-runtime/types.ts';
import { messageOf } from './fault.ts';

export type HookKind = 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop';

/** The first failing hook stops the rest. */
export async function runHooks(
  ctx: Context,
  kind: HookKind,
  hooks: readonly Hook[] | undefined,
  state: State,
): Promise<void> {
  for (const [i, hook] of (hooks ?? []).entries()) {
    const failure = await ctx.spanned(`${kind} hook`, 'oci-runtime', (inner) => runHook(inner, hook, state), {
      path: hook.path,
    });
    if (failure !== null) throw newError(`error running ${kind} hook #${i}: ${failure}`);
  }
}

async function runHook(ctx: Context, hook: Hook, state: State): Promise<string | null> {
  if ((hook.path ?? '') === '') return 'exec: no command';
  const argv = hook.args !== undefined && hook.args.length > 0 ? hook.args : [hook.path];
  try {
    const result = await runCommand(ctx, argv, {
      path: hook.path,
      env: hook.env ?? [],
      stdin: marshalJson(state as unknown as JsonValue),
      ...(hook.timeout === undefined ? {} : { timeoutNs: hook.timeout * 1e9 }),
    });
    if (result.timedOut) return `hook ran past specified timeout of ${(hook.timeout ?? 0).toFixed(1)}s`;
    const words = exitWords(result.status);
    return words === null ? null : `${words}, stdout: ${utf8(result.stdout)}, stderr: ${utf8(result.stderr)}`;
  } catch (error) {
    return `fork/exec ${hook.path}: ${messageOf(error)}`;
  }
}

/** os/exec's ExitError. */
export function exitWords(status: WaitStatus): string | null {
  if (status.signal !== null) return `signal: ${SIGNAL_WORDS[status.signal] ?? status.signal}`;
  return status.exitCode === 0 ? null : `exit status ${status.exitCode}`;
}

const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGINT: 'interrupt',
  SIGSEGV: 'segmentation fault',
  SIGPIPE: 'broken pipe',
  SIGABRT: 'aborted',
  SIGHUP: 'hangup',
};
