/** Since when a file's content has been what it was before a write. */
import type { TraceEvent } from '../sim/trace.ts';

/**
 * The number of events after which process `pid` saw the content that `path` had before event `seq` wrote it anew: the
 * end of the write before, or when the process began. Null if the file was made for this write.
 */
export function lastContent(events: readonly TraceEvent[], seq: number, pid: number, path: string): number | null {
  for (let i = seq - 1; i >= 0; i--) {
    const event = events[i] as TraceEvent;
    if (event.kind === 'file.create' && event.path === path) return null;
    if (event.kind === 'file.write' && event.path === path) return i + 1;
    if (event.kind === 'file.rename' && event.to === path) return i + 1;
    if (event.kind === 'process.fork' && event.child === pid) return i + 1;
  }
  return 0;
}
