/** An interview that goes on, kept in this tab: each of its tasks is a page of its own. */
import type { AidUse, HandedInTask } from '../../lesson-engine/interview.ts';
import type { Savepoint } from '../../machine/machine.ts';

export type KeptInterview = {
  tasks: readonly HandedInTask[];
  /** Of the task in hand. */
  starts: number;
  uses: readonly AidUse[];
  /** Milliseconds of the device's clock. */
  taskSince: number;
  since: number;
};

const REPLAY_KEY = 'cutaway.replay';
export type KeptReplay = { drill: string; variant: number; seed: number; savepoint: Savepoint };

function keyOf(pack: string, nonce: string): string {
  return `cutaway.interview.${pack}.${nonce}`;
}

export function keptInterview(pack: string, nonce: string): KeptInterview | null {
  return read<KeptInterview>(keyOf(pack, nonce));
}

/** False if the browser does not keep it. */
export function keepInterview(pack: string, nonce: string, kept: KeptInterview): boolean {
  return write(keyOf(pack, nonce), kept);
}

export function forgetInterview(pack: string, nonce: string): void {
  try {
    sessionStorage.removeItem(keyOf(pack, nonce));
  } catch {
    // Then there is nothing to forget.
  }
}

export function keepReplay(replay: KeptReplay): boolean {
  return write(REPLAY_KEY, replay);
}

export function keptReplay(): KeptReplay | null {
  return read<KeptReplay>(REPLAY_KEY);
}

function read<T>(key: string): T | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): boolean {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
