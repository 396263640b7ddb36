/**
 * Directories that paths led to lately, in one mount namespace. Daemons walk the same long ways again and again.
 * @models Linux 6.12 fs/dcache.c @fidelity partial: whole paths instead of one name after the other; that it is there shows nowhere
 */
import type { Location } from './mounts.ts';

const PLACES_MAX = 256;

/** How often a directory anywhere has lost its name. */
let lost = 0;

/** To be said when a directory has been removed or renamed: ways over it lead nowhere, or elsewhere. */
export function directoryLost(): void {
  lost++;
}

export class PathCache {
  private readonly places = new Map<string, Location>();
  private lostBefore = lost;

  /** Where an absolute path led, if it leads there still. */
  find(path: string): Location | undefined {
    if (this.lostBefore === lost) return this.places.get(path);
    this.forget();
    return undefined;
  }

  /** The way to `place` has gone over nothing but directories that keep their names until `directoryLost`. */
  remember(path: string, place: Location): void {
    if (this.places.size >= PLACES_MAX) this.places.clear();
    this.places.set(path, place);
  }

  /** Something has been mounted, or is no more. */
  forget(): void {
    this.lostBefore = lost;
    if (this.places.size > 0) this.places.clear();
  }
}
