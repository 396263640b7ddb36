/** Between a presenter's page and the window with the notes, which may be on another screen. */
export type DemoMessage =
  /** Where the presenter is: the beat's number. */
  | { kind: 'at'; beat: number }
  /** A notes window has opened and asks. */
  | { kind: 'hello' }
  /** A key pressed in the notes window. */
  | { kind: 'go'; to: Direction }
  /** Black the class's screen, or show it again. */
  | { kind: 'black' };

export type Direction = 'next' | 'back';

/** A room is one presenter's page: two tabs do not hear each other. */
export function openChannel(room: string, hear: (message: DemoMessage) => void) {
  const channel = new BroadcastChannel(`cutaway-demo-${room}`);
  channel.onmessage = (event: MessageEvent<DemoMessage>) => hear(event.data);
  return { say: (message: DemoMessage) => channel.postMessage(message), close: () => channel.close() };
}

export function newRoom(): string {
  return crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? '0';
}

/** → and PageDown, as a clicker sends them. Arrows are a field's and a terminal's own; null means nothing of ours. */
export function directionOf(event: KeyboardEvent): Direction | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return null;
  if (event.key === 'PageDown') return 'next';
  if (event.key === 'PageUp') return 'back';
  const { target } = event;
  const own = target instanceof Element && target.closest('.terminal, input, select, textarea, hr') !== null;
  if (own) return null;
  return event.key === 'ArrowRight' ? 'next' : event.key === 'ArrowLeft' ? 'back' : null;
}
