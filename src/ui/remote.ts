/** The keys of a presenter's remote: what a lecture without a script makes of them. Demos have their own (`demo-channel`). */

export type RemoteKey = 'next' | 'back' | 'again';

/** PageDown and PageUp go on and back, F5 (a remote's "start") begins again; null is no key of a remote. */
export function remoteKeyOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>,
): RemoteKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return null;
  if (event.key === 'PageDown') return 'next';
  if (event.key === 'PageUp') return 'back';
  return event.key === 'F5' ? 'again' : null;
}
