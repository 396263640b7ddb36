/** `runsc kill`. @models gVisor runsc/cmd/kill.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { ALL_SIGNALS, signalNumber } from '../../../linux/signals.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { connect, loadContainer } from './container.ts';
import { loading } from './state.ts';

export async function kill(ctx: Context, call: RunscCall): Promise<number> {
  const state = await loading(loadContainer(ctx, call, call.args[0] ?? ''));
  const pid = Number(call.options.get('pid') ?? 0);
  const signo = parseSignal(call.args[1] ?? 'TERM');
  if (state.status === 'stopped') throw newError('sandbox is not running');
  const client = await connect(ctx, state);
  try {
    await client.call(ctx, 'containerManager.Signal', {
      cid: state.id,
      signo,
      pid,
      all: call.options.get('all') === 'true',
    });
  } catch (error) {
    throw pid === 0 ? error : wrapped(`failed to signal pid ${pid}`, error);
  }
  await client.close(ctx);
  return 0;
}

function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    if (!ALL_SIGNALS.some((known) => signalNumber(known) === Number(text)))
      throw newError(`unknown signal ${quote(text)}`);
    return Number(text);
  }
  const name = text.toUpperCase().startsWith('SIG') ? text.toUpperCase() : `SIG${text.toUpperCase()}`;
  const found = ALL_SIGNALS.find((candidate) => candidate === name);
  if (found === undefined) throw newError(`unknown signal ${quote(text)}`);
  return signalNumber(found);
}
