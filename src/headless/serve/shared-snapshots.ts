/** Tells containerd where clients that mount snapshots themselves can find them: below the shared directory. */
import { rmSync } from 'node:fs';

const DROP_IN = '/etc/systemd/system/containerd.service.d/90-serve.conf';
const DIRECTORY = '.cutaway-snapshots';

/** Files of the node. @param shared path of the directory that both see */
export function sharedSnapshots(shared: string): Record<string, Uint8Array> {
  const text = `[Service]\nEnvironment=CUTAWAY_SHARED_DIRECTORY=${shared}/${DIRECTORY}\n`;
  return { [DROP_IN]: new TextEncoder().encode(text) };
}

export function removeSharedSnapshots(shared: string): void {
  rmSync(`${shared}/${DIRECTORY}`, { recursive: true, force: true });
}
