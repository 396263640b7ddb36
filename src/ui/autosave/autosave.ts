/**
 * Keeps what was typed in this browser as one goes, and offers what a tab left that did not close but ended. A tab that is
 * closed takes its session along.
 */
import { marks } from '../marks/marks-store.ts';
import { KEPT, keep, kept } from '../moment/kept.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { aliveTabs, beAlive } from './alive.ts';
import { isFull } from './is-full.ts';
import { type KeptSession, keptSessions, putSession, removeSession, SESSIONS_MAX } from './kept-sessions.ts';
import type { NotKept } from './not-kept-bar.tsx';

/** After the end of a command: one that follows at once is saved with it. Sooner where it costs little. */
const SAVE_AFTER_MS = 1500;
const SAVE_AFTER_MS_MIN = 250;
const COST_SHARE = 20;
/** What is typed into a program that goes on (an editor, a shell in a container) is looked for so often. */
const LOOK_MS = 3000;
const TEXT_LENGTH_MAX = 4_000_000;
/** Which session this tab goes on with, across the reload that restores it. */
const RESTORED_KEY = 'cutaway.restored';
/** This tab's latest session that was kept: it outlives a reload, and a tab that is opened again. */
const OWN_KEY = 'cutaway.session';
/** Told at once, which a database cannot: the tab of this session was closed. */
const CLOSED_PREFIX = 'cutaway.closed.';

/** The session of this tab. */
let own = '';

/** A sandbox of one's own is kept, and what becomes of a moment that somebody has shared; a lesson or an interview is not. */
export function keepSession(): void {
  const restored = takeRestored();
  const { course, embedded, interview, moment } = ui.getState();
  if (embedded || course !== null || interview !== null) return;
  const shared = moment !== null && restored === null;
  const id = restored ?? Math.random().toString(36).slice(2);
  own = id;
  beAlive(id);
  void offer(read(OWN_KEY)).catch(() => undefined);
  let pending: ReturnType<typeof setTimeout> | null = null;
  let seen = 0;
  let wait = SAVE_AFTER_MS_MIN;
  const save = async (): Promise<void> => {
    pending = null;
    try {
      seen = session.received.length;
      const now = await current(id);
      if (now === null) return;
      wait = Math.min(SAVE_AFTER_MS, Math.max(SAVE_AFTER_MS_MIN, now.costMs * COST_SHARE));
      await putSession(now.kept, ui.getState().restorable?.id);
      write(OWN_KEY, id);
      keptAgain();
    } catch (error) {
      // Without storage everything else works as before. It is tried again: somebody may make room.
      console.info(`This session is not kept: ${String(error)}`);
      sayOnce(isFull(error) ? 'full' : 'storage');
    }
  };
  const saveSoon = (): void => {
    pending ??= setTimeout(() => void save(), wait);
  };
  const typedInto = (): boolean => {
    if (session.received.length < seen) seen = 0;
    return session.received.slice(seen).some(({ kind }) => kind === 'input');
  };
  session.onCommandEnd(saveSoon);
  setInterval(() => {
    if (session.arriving === null && session.index.commands.at(-1)?.endSeq === null && typedInto()) saveSoon();
  }, LOOK_MS);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden || pending === null) return;
    clearTimeout(pending);
    void save();
  });
  marks.subscribe(({ markers, branches }, before) => {
    if (session.arriving === null && (markers !== before.markers || branches !== before.branches)) saveSoon();
  });
  // Whoever types at once has ended a command before this code came.
  if (!shared && session.index.commands.some(({ endSeq }) => endSeq !== null)) saveSoon();
  addEventListener('pagehide', (event) => {
    if (!(event as PageTransitionEvent).persisted) write(`${CLOSED_PREFIX}${id}`, '1', localStorage);
  });
}

/** The page is loaded again for a session that was kept, and goes on keeping it. */
export function restore({ id, text, marks: packed }: KeptSession): void {
  try {
    keep(text, packed ?? null);
    sessionStorage.setItem(RESTORED_KEY, id);
  } catch (error) {
    const problem = isFull(error) ? 'storageFull' : 'storage';
    ui.setState({ restorable: null, moment: { phase: 'problem', problem, fresh: false } });
    return;
  }
  history.replaceState(null, '', KEPT);
  location.reload();
}

/** The next one is offered, if there is one. */
export async function forget({ id }: KeptSession): Promise<void> {
  ui.setState({ restorable: null });
  try {
    await removeSession(id);
    await offer(null);
  } catch {
    // Then it is offered again with the next page.
  }
}

/**
 * What this tab had before it was loaded again, or else the latest session whose tab is gone; those that were closed, and
 * too many, are removed.
 */
async function offer(before: string | null): Promise<void> {
  const [sessions, alive] = await Promise.all([keptSessions(), aliveTabs()]);
  const left: KeptSession[] = [];
  for (const each of sessions) {
    if (each.id === own || alive.has(each.id)) continue;
    const closed = unmark(`${CLOSED_PREFIX}${each.id}`);
    if (each.id !== before && (closed || left.length >= SESSIONS_MAX)) await removeSession(each.id);
    else left.push(each);
  }
  const mine = left.find(({ id }) => id === before);
  // It was restored, and nothing has come to it since: it is what the page has opened again.
  if (mine !== undefined && location.hash === KEPT && mine.text === kept().text) return;
  const latest = mine ?? left[0];
  if (latest !== undefined) ui.setState({ restorable: { ...latest, reloaded: latest === mine } });
}

/** Null: there is nothing yet that would be worth it, or it is larger than what can be opened. */
async function current(id: string): Promise<{ kept: KeptSession; costMs: number } | null> {
  const savepoint = (await session.link?.api.savepoint()) ?? null;
  const commands = session.index.commands.length;
  if (savepoint === null || commands === 0) return null;
  const { node, scenario } = ui.getState();
  const { linkText } = await import('../../machine/moments/moment-link.ts');
  const at = session.received.length;
  const begun = performance.now();
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
  const kept = { id, savedAt: Date.now(), scenario, commands, text, ...packed };
  return { kept, costMs: performance.now() - begun };
}

let told: NotKept | null = null;

function sayOnce(what: NotKept): void {
  // That nothing is kept any more is news to who knows of branches.
  if (told === what || (told !== null && typeof what !== 'string')) return;
  told = what;
  ui.setState({ notKept: what });
}

/** There is room again: what was said is no longer so. */
function keptAgain(): void {
  if (told !== 'full' && told !== 'storage') return;
  told = null;
  ui.setState({ notKept: null });
}

function takeRestored(): string | null {
  const id = read(RESTORED_KEY);
  try {
    sessionStorage.removeItem(RESTORED_KEY);
  } catch {
    // Then there was none.
  }
  // The reload was no end of it.
  if (id !== null) unmark(`${CLOSED_PREFIX}${id}`);
  return id;
}

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string, storage = sessionStorage): void {
  try {
    storage.setItem(key, value);
  } catch {
    // Then a session is offered once more, or once less, than it need be.
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
