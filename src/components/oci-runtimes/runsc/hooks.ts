/**
 * OCI hooks as runsc runs them: on the host only, since nothing of the host runs in a sandbox.
 * @models gVisor runsc/specutils/hooks.go @fidelity partial: createContainer and startContainer hooks are passed over, as there
 */
import { newError } from '../../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { runCommand } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Hook } from '../../../protocols/oci-runtime/types.ts';
import { isGoError, messageOf } from '../shared/fault.ts';
import { exitWords } from '../shared/hooks.ts';
import { describe } from './state.ts';
import type { ContainerState } from './state-file.ts';

export async function executeHooks(
  ctx: Context,
  hooks: readonly Hook[] | undefined,
  state: ContainerState,
): Promise<void> {
  for (const hook of hooks ?? [])
    await ctx.spanned('hook', 'oci-runtime', (inner) => executeHook(inner, hook, state), { path: hook.path });
}

/** One that fails stops nothing, and nobody is told: runsc says it in its debug log, which is not kept here. */
export async function executeHooksBestEffort(
  ctx: Context,
  hooks: readonly Hook[] | undefined,
  state: ContainerState,
): Promise<void> {
  for (const hook of hooks ?? []) {
    try {
      await executeHooks(ctx, [hook], state);
    } catch (error) {
      if (!isGoError(error)) throw error;
    }
  }
}

async function executeHook(ctx: Context, hook: Hook, state: ContainerState): Promise<void> {
  const path = hook.path ?? '';
  if (path.trim() === '') throw newError('empty path for hook');
  if (!path.startsWith('/')) throw newError(`path for hook is not absolute: ${quote(path)}`);
  const argv = hook.args !== undefined && hook.args.length > 0 ? hook.args : [path];
  const { annotations } = state.spec;
  const given = { ...describe(state), ...(annotations === undefined ? {} : { annotations }) };
  try {
    const { status, stdout, stderr, timedOut } = await runCommand(ctx, argv, {
      path,
      env: hook.env ?? [],
      stdin: marshalJson(given as unknown as JsonValue),
      ...(hook.timeout === undefined ? {} : { timeoutNs: hook.timeout * 1e9 }),
    });
    const printed = `stdout: ${utf8(stdout)}\nstderr: ${utf8(stderr)}`;
    if (timedOut) throw newError(`timeout executing hook ${quote(path)}\n${printed}`);
    const words = exitWords(status);
    if (words !== null) throw newError(`failure executing hook ${quote(path)}, err: ${words}\n${printed}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw newError(`fork/exec ${path}: ${messageOf(error)}`);
  }
}
