/** `runc kill`. @models runc kill.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { parseSignal } from '../../../linux/signals.ts';
import { isGoError } from '../shared/fault.ts';
import { loadContainer, signalInit } from './container.ts';
import type { RuncCall } from './program.ts';

export async function kill(ctx: Context, call: RuncCall): Promise<number> {
  const { cli } = call;
  const container = await loadContainer(ctx, call.root, cli.args[0] ?? '');
  const word = cli.args[1] ?? '';
  const signal = word === '0' ? 0 : parseSignal(word === '' ? 'SIGTERM' : word);
  if (signal === null) throw newError(`unknown signal ${quote(word)}`);
  try {
    await signalInit(ctx, container, signal);
  } catch (error) {
    // --all used to be for stopped containers whose processes live on; it still silences this.
    if (!(cli.bool('all') && isGoError(error) && error.message === 'container not running')) throw error;
  }
  return 0;
}
