/** Which of a session's terminals its log was typed in last, by its number. */
import type { LoggedInput } from './machine.ts';

export function typedInLast(inputs: readonly LoggedInput[]): number {
  const typed = inputs.findLast((input) => input.kind === 'keys');
  if (typed === undefined) return 0;
  const channels = inputs.filter(
    ({ kind }) => kind === 'open-terminal' || kind === 'open-session' || kind === 'connect',
  );
  const before = channels.slice(0, typed.kind === 'keys' ? typed.channel : 0);
  return before.filter(({ kind }) => kind === 'open-terminal').length;
}
