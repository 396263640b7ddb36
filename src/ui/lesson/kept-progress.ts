/** What a learner has done, kept in this browser and nowhere else. */
const KEY = 'cutaway.progress';

/** By lesson or drill: steps that were proved, of how many; for a drill the best score of 100. */
export type Kept = Readonly<Record<string, { done: number; of: number; finished: boolean }>>;

export function keptProgress(): Kept {
  try {
    return sane(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    // Storage may be switched off, or hold what somebody else put there.
    return {};
  }
}

export function keep(id: string, done: number, of: number): void {
  const all = keptProgress();
  const best = Math.max(done, all[id]?.done ?? 0);
  replaceProgress({ ...all, [id]: { done: best, of, finished: best >= of } });
}

export function replaceProgress(kept: Kept): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Then it is not kept; the lesson goes on.
  }
}

export function exportProgress(): void {
  download('cutaway-progress.json', JSON.stringify({ format: 'cutaway-progress-1', progress: keptProgress() }));
}

/** Tells whether the file was one of ours. */
export async function importProgress(file: File): Promise<boolean> {
  try {
    const read = JSON.parse(await file.text()) as { format?: unknown; progress?: unknown };
    if (read.format !== 'cutaway-progress-1') return false;
    const merged = { ...sane(read.progress) };
    for (const [id, entry] of Object.entries(keptProgress())) {
      if ((merged[id]?.done ?? -1) < entry.done) merged[id] = entry;
    }
    replaceProgress(merged);
    return true;
  } catch {
    return false;
  }
}

export function download(name: string, content: string | Blob, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function sane(value: unknown): Record<string, { done: number; of: number; finished: boolean }> {
  const found: Record<string, { done: number; of: number; finished: boolean }> = {};
  for (const [id, entry] of Object.entries((value ?? {}) as Record<string, { done?: unknown; of?: unknown }>)) {
    const { done, of } = entry ?? {};
    if (/^[LR]\d\d$/.test(id) && typeof done === 'number' && typeof of === 'number')
      found[id] = { done, of, finished: done >= of };
  }
  return found;
}
