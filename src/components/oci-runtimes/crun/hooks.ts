/** OCI hooks as crun runs them. @models crun src/libcrun/container.c do_hooks @fidelity partial: a hook's timeout is not enforced */
import type { Context } from '../../../linux/context.ts';
import { runCommand } from '../../../linux/io.ts';
import type { Hook, State } from '../../../protocols/oci-runtime/types.ts';
import { attempt, failure } from './failure.ts';

export async function runHooks(ctx: Context, hooks: readonly Hook[] | undefined, state: State): Promise<void> {
  for (const hook of hooks ?? []) {
    const argv = hook.args !== undefined && hook.args.length > 0 ? hook.args : [hook.path];
    const result = await ctx.spanned('hook', 'oci-runtime', (inner) =>
      attempt(
        `executing hook \`${hook.path}\``,
        runCommand(inner, argv, { path: hook.path, env: hook.env ?? [], stdin: JSON.stringify(state) }),
      ),
    );
    const code = result.status.signal === null ? result.status.exitCode : 1;
    if (code !== 0) throw failure(`error executing hook \`${hook.path}\` (exit code: ${code})`);
  }
}
