/** What a shell's long values take in memory. @models bash 5.2 variables.c, subst.c @fidelity partial: see linux/heap.ts */
import type { Context } from '../linux/context.ts';
import { Heap } from '../linux/heap.ts';
import { LARGE_BYTES } from '../linux/large.ts';
import type { Shell } from './shell.ts';

/** Counts what the variables hold and `more` bytes that are being made. Does not return if that is too much for a limit. */
export async function holdValues(ctx: Context, sh: Shell, more: number): Promise<void> {
  let bytes = more;
  const add = (value: string | undefined): void => {
    if (value !== undefined && value.length >= LARGE_BYTES) bytes += value.length;
  };
  for (const scope of sh.scopes)
    for (const [, v] of scope) {
      add(v.value);
      v.indexed?.forEach(add);
      v.associative?.forEach(add);
    }
  sh.heap ??= new Heap();
  await sh.heap.hold(ctx, bytes);
}
