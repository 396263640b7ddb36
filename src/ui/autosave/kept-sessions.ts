/**
 * Sessions as they are kept in this browser, one for each tab: what was typed, as a moment's link has it. Every operation
 * may fail (no storage in a private window, none left), which is the caller's to bear.
 */
import { aliveTabs } from './alive.ts';
import { isFull } from './is-full.ts';

export type KeptSession = {
  readonly id: string;
  /** When it was last saved: ms since 1970. */
  readonly savedAt: number;
  readonly scenario: string;
  /** How many command lines it has. */
  readonly commands: number;
  /** See `linkText` of moments. */
  readonly text: string;
  /** `PackedMarks` as JSON; absent in what an older page has kept. */
  readonly marks?: string;
};

/** As it is offered; `reloaded`: this tab had it before it was loaded again. */
export type OfferedSession = KeptSession & { readonly reloaded: boolean };

const DATABASE = 'cutaway';
const STORE = 'sessions';
const VERSION = 1;
/** Older ones make room. */
export const SESSIONS_MAX = 6;

/**
 * Where there is no room for it, sessions of tabs that are gone make room, the oldest first; never the one that is being
 * offered, nor that of a tab that is there.
 */
export async function putSession(session: KeptSession, offered?: string): Promise<void> {
  try {
    await put(session);
    return;
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  const [kept, alive] = await Promise.all([keptSessions(), aliveTabs()]);
  const spared = kept.filter(({ id }) => id !== session.id && id !== offered && !alive.has(id));
  for (const { id } of spared.reverse()) {
    await removeSession(id);
    try {
      await put(session);
      return;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
  await put(session);
}

/** The latest first. */
export async function keptSessions(): Promise<KeptSession[]> {
  const all = await transact<KeptSession[]>('readonly', (store) => store.getAll());
  return all.sort((a, b) => b.savedAt - a.savedAt);
}

export async function removeSession(id: string): Promise<void> {
  await transact('readwrite', (store) => store.delete(id));
}

async function put(session: KeptSession): Promise<void> {
  await transact('readwrite', (store) => store.put(session));
}

async function transact<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result as T);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('another version of the page holds the database'));
  });
}
