/** `runsc create`. @models gVisor runsc/cmd/create.go @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { createContainer } from './container.ts';
import { readSpec } from './read-spec.ts';

export async function create(ctx: Context, call: RunscCall): Promise<number> {
  const bundle = await bundleOf(ctx, call);
  await readSpec(ctx, bundle);
  try {
    await createContainer(ctx, call, {
      id: call.args[0] ?? '',
      bundle,
      pidFile: call.options.get('pid-file') ?? '',
      consoleSocket: call.options.get('console-socket') ?? '',
    });
  } catch (error) {
    throw wrapped('creating container', error);
  }
  return 0;
}

export async function bundleOf(ctx: Context, call: RunscCall): Promise<string> {
  const given = call.options.get('bundle') ?? '';
  if (given === '') return ctx.sys.getcwd(ctx);
  return given.startsWith('/') ? given : `${await ctx.sys.getcwd(ctx)}/${given}`;
}
