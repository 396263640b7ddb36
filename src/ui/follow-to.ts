/** How far a second machine follows the first one. */
import type { CommandRecord } from '../projections/trace-index.ts';

/** Shorter histories are made again within the time that nobody notices. */
const HISTORY_EVENTS_MIN = 8000;
/** The commands that somebody most likely goes on from. */
const COMMANDS_BEHIND = 20;
/** What may be left to be made, whatever the commands. */
const EVENTS_BEHIND_MAX = 8000;

/**
 * The event after the command before the last twenty, or before fewer where much has happened since, but before the last
 * one anyway; 0: from nowhere.
 */
export function followTo(commands: readonly Pick<CommandRecord, 'endSeq'>[], events: number): number {
  if (events < HISTORY_EVENTS_MIN) return 0;
  const ends = commands.slice(-COMMANDS_BEHIND - 1, -1).map(({ endSeq }) => endSeq ?? 0);
  return ends.find((endSeq) => events - endSeq <= EVENTS_BEHIND_MAX) ?? ends.at(-1) ?? 0;
}
