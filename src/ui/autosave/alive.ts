/** Which tabs are there: by locks that end with their tab, and over plain HTTP, where there are none, by asking. */
const PREFIX = 'cutaway.tab.';
const CHANNEL = 'cutaway.tabs';
const ANSWER_MS = 400;

/** Says of this tab that it is there, for as long as it is. */
export function beAlive(id: string): void {
  if (navigator.locks !== undefined) {
    void navigator.locks.request(`${PREFIX}${id}`, () => new Promise(() => undefined)).catch(() => undefined);
    return;
  }
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (data === 'who') channel.postMessage(id);
  };
}

export async function aliveTabs(): Promise<ReadonlySet<string>> {
  if (navigator.locks !== undefined) {
    const { held = [] } = await navigator.locks.query();
    return new Set(held.map(({ name }) => (name ?? '').slice(PREFIX.length)));
  }
  const channel = new BroadcastChannel(CHANNEL);
  const found = new Set<string>();
  channel.onmessage = ({ data }) => void found.add(String(data));
  channel.postMessage('who');
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  channel.close();
  return found;
}
