/** `runsc usage`: the memory of a sandbox's applications. @models gVisor runsc/cmd/usage.go, pkg/sentry/control/usage.go @fidelity partial: what processes hold counts as anonymous memory; no kinds beside it */
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { connect } from './container.ts';
import { loading } from './state.ts';
import { loadState } from './state-file.ts';

type MemoryUsage = Readonly<Record<string, number>>;

export async function usage(ctx: Context, call: RunscCall): Promise<number> {
  const { options, root, args } = call;
  const state = await loading(loadState(ctx, root, args[0] ?? ''));
  let found: MemoryUsage;
  try {
    const client = await connect(ctx, state);
    found = await client.call<MemoryUsage>(ctx, 'Usage.Collect', { full: options.get('full') === 'true' });
    await client.close(ctx);
  } catch (error) {
    throw wrapped(options.get('fd') === 'true' ? 'usagefd failed' : 'usage failed', error);
  }
  const { Mapped, Unknown, Total } = found;
  await print(
    ctx,
    options.get('fd') === 'true'
      ? `Mapped ${Mapped}, Unknown ${Unknown}, Total ${Total}\n\n`
      : `${marshalJson(found, { indent: '  ' })}\n`,
  );
  return 0;
}
