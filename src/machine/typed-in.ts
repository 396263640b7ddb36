/** Which of a session's terminals its log was typed in last, of those that are `open`; null: none. */
import type { LoggedInput } from './machine.ts';

export function typedInLast(inputs: readonly LoggedInput[], open: readonly number[]): number | null {
  const channels = inputs.filter(
    ({ kind }) => kind === 'open-terminal' || kind === 'open-session' || kind === 'connect',
  );
  const terminals = channels.flatMap(({ kind }, channel) => (kind === 'open-terminal' ? [channel] : []));
  const typed = inputs.findLast((input) => input.kind === 'keys' && open.includes(terminals.indexOf(input.channel)));
  return typed?.kind === 'keys' ? terminals.indexOf(typed.channel) : (open[0] ?? null);
}
