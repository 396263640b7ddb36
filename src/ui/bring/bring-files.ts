/** Files that somebody drops or picks become files in the node's /root, by the machine's own log: looking back and sharing keep them. */
import { session } from '../session.ts';
import { ui } from '../store.ts';
import {
  distinct,
  EXTENSIONS,
  FILE_BYTES_MAX,
  FILES_AT_ONCE_MAX,
  KEPT_BYTES_MAX,
  nextLine,
  safeName,
  TOTAL_BYTES_MAX,
} from './safe-file.ts';

const HOME = '/root';
/** Enough to see what it is for. */
const LOOKED_AT_CHARACTERS = 4096;

export type BroughtProblem = 'kind' | 'fileTooLarge' | 'tooMuch' | 'tooMany' | 'unreadable' | 'notTaken' | 'interview';

/** `id`: its place among those that came together. */
export type Brought = { id: number } & Progress;
type Progress =
  | { state: 'going' | 'there'; path: string; line: string }
  /** `name` is as it came: text, never markup. */
  | { state: BroughtProblem; name: string };

/** So far, into the node of this page. */
let total = 0;

export async function bringFiles(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  if (ui.getState().interview !== null) {
    ui.setState({ brought: { files: [{ id: 0, state: 'interview', name: '' }], heavy: false } });
    return;
  }
  // It comes to the node as it is now, whose time goes on.
  session.skip();
  if (ui.getState().paused) session.pace({ paused: false });
  const taken = new Set<string>();
  const all: Brought[] = [];
  const show = (at: number, progress: Progress): void => {
    all[at] = { id: at, ...progress };
    ui.setState({ brought: { files: [...all], heavy: total > KEPT_BYTES_MAX } });
  };
  for (const [at, file] of files.slice(0, FILES_AT_ONCE_MAX).entries()) {
    const name = shortened(file.name);
    const safe = safeName(file.name);
    if (safe === null) show(at, { state: 'kind', name });
    else if (file.size > FILE_BYTES_MAX) show(at, { state: 'fileTooLarge', name });
    else if (total + file.size > TOTAL_BYTES_MAX) show(at, { state: 'tooMuch', name });
    else {
      const kept = distinct(safe, taken);
      taken.add(kept);
      await bring(file, kept, name, (progress) => show(at, progress));
    }
  }
  const next = files[FILES_AT_ONCE_MAX];
  if (next !== undefined) show(FILES_AT_ONCE_MAX, { state: 'tooMany', name: shortened(next.name) });
}

async function bring(file: File, kept: string, name: string, show: (progress: Progress) => void): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    // A directory is dropped as a file without content that cannot be read.
    show({ state: 'unreadable', name });
    return;
  }
  const path = `${HOME}/${kept}`;
  const text = new TextDecoder().decode(bytes.subarray(0, LOOKED_AT_CHARACTERS));
  const line = nextLine(path, text, ui.getState().scenario);
  total += bytes.length;
  show({ state: 'going', path, line });
  const there = (await session.link?.api.upload(kept, bytes)) === true;
  show(there ? { state: 'there', path, line } : { state: 'notTaken', name });
}

/** Opens the browser's own dialog. */
export function pickFiles(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = EXTENSIONS.join(',');
  input.hidden = true;
  const done = (): void => input.remove();
  input.addEventListener('change', () => {
    void bringFiles([...(input.files ?? [])]);
    done();
  });
  input.addEventListener('cancel', done);
  document.body.append(input);
  input.click();
}

function shortened(name: string): string {
  const plain = name.replace(/\p{C}/gu, '\ufffd');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}
