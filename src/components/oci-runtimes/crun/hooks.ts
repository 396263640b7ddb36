/** OCI hooks as crun runs them. @models crun src/libcrun/container.c do_hooks @fidelity partial: what hooks print is thrown away without the annotations run.oci.hooks.* */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { runCommand } from '../../../linux/io.ts';
import { signalNumber } from '../../../linux/signals.ts';
import type { Hook, Spec } from '../../../protocols/oci-runtime/types.ts';
import { failure, printJson } from './failure.ts';

/** What a hook reads: crun's own words for the states. */
export type HookState = {
  ociVersion: '1.0';
  id: string;
  pid: number;
  root: string;
  bundle: string;
  status: 'created' | 'starting' | 'running' | 'stopped';
  annotations?: Readonly<Record<string, string>>;
};

export function hookState(spec: Spec, values: Pick<HookState, 'id' | 'pid' | 'bundle' | 'status'>): HookState {
  const { annotations } = spec;
  return {
    ociVersion: '1.0',
    id: values.id,
    pid: values.pid,
    root: spec.root?.path ?? '',
    bundle: values.bundle,
    status: values.status,
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/** What do_hooks returns and says: the exit code of the first hook that failed, else 0; -1 if its time was up. */
export type HookResult = { code: number; said: string; error: string | null };

const FINE: HookResult = { code: 0, said: '', error: null };
const EXEC_FAILED = 1;

export async function runHooks(
  ctx: Context,
  hooks: readonly Hook[] | undefined,
  state: HookState,
): Promise<HookResult> {
  for (const hook of hooks ?? []) {
    const result = await ctx.spanned('hook', 'oci-runtime', (inner) => runHook(inner, hook, state), {
      path: hook.path,
    });
    if (result.code !== 0) return result;
  }
  return FINE;
}

async function runHook(ctx: Context, hook: Hook, state: HookState): Promise<HookResult> {
  const argv = hook.args !== undefined && hook.args.length > 0 ? hook.args : [hook.path];
  let code: number;
  let error: string | null = null;
  try {
    const { status, timedOut } = await runCommand(ctx, argv, {
      path: hook.path,
      env: hook.env ?? [],
      stdin: printJson(state),
      ...((hook.timeout ?? 0) > 0 ? { timeoutNs: (hook.timeout ?? 0) * 1e9 } : {}),
    });
    code = timedOut ? -1 : status.signal === null ? status.exitCode : 128 + signalNumber(status.signal);
    if (timedOut) error = `timeout expired for \`${hook.path}\``;
  } catch (thrown) {
    // The fork is there already when it finds out that there is nothing to execute.
    if (!isErrno(thrown)) throw thrown;
    code = EXEC_FAILED;
  }
  return code === 0 ? FINE : { code, said: `error executing hook \`${hook.path}\` (exit code: ${code})`, error };
}

/** It has been said already why: only the exit code is left. */
export class HookFailed extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('hook failed');
    this.exitCode = exitCode;
  }
}

/** Throws if one failed: what it died of if its time was up, else HookFailed with the exit code that crun ends with. */
export async function requireHooks(
  result: HookResult,
  say: (words: string) => Promise<void>,
  exitCode: number,
): Promise<void> {
  if (result.code === 0) return;
  await say(result.said);
  if (result.error !== null) throw failure(result.error);
  throw new HookFailed(exitCode);
}
