/** `runsc state`. @models gVisor runsc/cmd/state.go @fidelity full */
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { loadContainer } from './container.ts';
import type { ContainerState } from './state-file.ts';

export const OCI_VERSION = '1.2.1';

export async function state(ctx: Context, call: RunscCall): Promise<number> {
  const found = await loading(loadContainer(ctx, call, call.args[0] ?? ''));
  await print(ctx, marshalJson(describe(found), { indent: '  ' }));
  return 0;
}

export function describe(found: ContainerState): Record<string, string | number> {
  return {
    ociVersion: OCI_VERSION,
    id: found.id,
    status: found.status,
    pid: pidOf(found),
    bundle: found.bundleDir,
  };
}

/** The sandbox's, whichever of its containers is meant. */
export function pidOf(found: ContainerState): number {
  return found.status === 'stopped' ? -1 : found.sandbox.pid;
}

export async function loading<T>(found: Promise<T>, words = 'loading container'): Promise<T> {
  try {
    return await found;
  } catch (error) {
    throw wrapped(words, error);
  }
}
