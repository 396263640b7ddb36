/**
 * Keeps what was typed in this browser as one goes, and offers what a tab left that did not close but ended. A tab that is
 * closed takes its session along.
 */
import { marks } from '../marks/marks-store.ts';
import { KEPT, keep } from '../moment/kept.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { aliveTabs, beAlive } from './alive.ts';
import { type KeptSession, keptSessions, putSession, removeSession, SESSIONS_MAX } from './kept-sessions.ts';
import type { NotKept } from './not-kept-bar.tsx';

/** After the end of a command: one that follows at once is saved with it. */
const SAVE_AFTER_MS = 1500;
const TEXT_LENGTH_MAX = 4_000_000;
/** Which session this tab goes on with, across the reload that restores it. */
const RESTORED_KEY = 'cutaway.restored';
/** Told at once, which a database cannot: the tab of this session was closed. */
const CLOSED_PREFIX = 'cutaway.closed.';

/** A sandbox of one's own is kept; a lesson, an interview or what somebody has shared is not. */
export function keepSession(): void {
  const restored = takeRestored();
  const { course, embedded, interview, moment } = ui.getState();
  if (embedded || course !== null || interview !== null || (moment !== null && restored === null)) return;
  const id = restored ?? Math.random().toString(36).slice(2);
  beAlive(id);
  void offer(id).catch(() => undefined);
  let pending: ReturnType<typeof setTimeout> | null = null;
  let failed = false;
  const save = async (): Promise<void> => {
    pending = null;
    try {
      const kept = await current(id);
      if (kept !== null) await putSession(kept);
    } catch (error) {
      // Without storage everything else works as before: it is said once, to whoever looks for it.
      if (!failed) console.info(`This session is not kept: ${String(error)}`);
      failed = true;
    }
  };
  const saveSoon = (): void => {
    if (!failed) pending ??= setTimeout(() => void save(), SAVE_AFTER_MS);
  };
  session.onCommandEnd(saveSoon);
  marks.subscribe(({ markers, branches }, before) => {
    if (markers !== before.markers || branches !== before.branches) saveSoon();
  });
  // Whoever types at once has ended a command before this code came.
  if (session.index.commands.some(({ endSeq }) => endSeq !== null)) saveSoon();
  addEventListener('pagehide', (event) => {
    if (!(event as PageTransitionEvent).persisted) mark(`${CLOSED_PREFIX}${id}`);
  });
}

/** The page is loaded again for a session that was kept, and goes on keeping it. */
export function restore({ id, text, marks: kept }: KeptSession): void {
  try {
    keep(text, kept ?? null);
    sessionStorage.setItem(RESTORED_KEY, id);
  } catch {
    ui.setState({ restorable: null, moment: { phase: 'problem', problem: 'storage', fresh: false } });
    return;
  }
  history.replaceState(null, '', KEPT);
  location.reload();
}

export function forget({ id }: KeptSession): void {
  ui.setState({ restorable: null });
  void removeSession(id).catch(() => undefined);
}

/** The latest session whose tab is gone; those that were closed, and too many, are removed. */
async function offer(own: string): Promise<void> {
  const [kept, alive] = await Promise.all([keptSessions(), aliveTabs()]);
  const left: KeptSession[] = [];
  for (const each of kept) {
    if (each.id === own || alive.has(each.id)) continue;
    if (unmark(`${CLOSED_PREFIX}${each.id}`) || left.length >= SESSIONS_MAX) await removeSession(each.id);
    else left.push(each);
  }
  const [latest] = left;
  if (latest !== undefined) ui.setState({ restorable: latest });
}

/** Null: there is nothing yet that would be worth it, or it is larger than what can be opened. */
async function current(id: string): Promise<KeptSession | null> {
  const savepoint = (await session.link?.api.savepoint()) ?? null;
  const commands = session.index.commands.length;
  if (savepoint === null || commands === 0) return null;
  const { node, scenario } = ui.getState();
  const { linkText } = await import('../../machine/moments/moment-link.ts');
  const at = session.received.length;
  const text = linkText({ savepoint, at, live: true, play: false, node, course: null, check: '' });
  if (text === null) return null;
  if (text.length > TEXT_LENGTH_MAX) {
    sayOnce('session');
    return null;
  }
  const { fitMarks } = await import('./fit-marks.ts');
  const fitted = fitMarks(marks.getState(), TEXT_LENGTH_MAX - text.length);
  if (fitted.leftOut.length > 0) sayOnce(fitted.leftOut);
  const packed = fitted.text === null ? {} : { marks: fitted.text };
  return { id, savedAt: Date.now(), scenario, commands, text, ...packed };
}

let told: NotKept | null = null;

function sayOnce(what: NotKept): void {
  // That nothing is kept any more is news to who knows of branches.
  if (told === 'session' || (told !== null && what !== 'session')) return;
  told = what;
  ui.setState({ notKept: what });
}

function takeRestored(): string | null {
  try {
    const id = sessionStorage.getItem(RESTORED_KEY);
    sessionStorage.removeItem(RESTORED_KEY);
    // The reload was no end of it.
    if (id !== null) localStorage.removeItem(`${CLOSED_PREFIX}${id}`);
    return id;
  } catch {
    return null;
  }
}

function mark(key: string): void {
  try {
    localStorage.setItem(key, '1');
  } catch {
    // Then it is offered once more than it need be.
  }
}

function unmark(key: string): boolean {
  try {
    const marked = localStorage.getItem(key) !== null;
    localStorage.removeItem(key);
    return marked;
  } catch {
    return false;
  }
}
