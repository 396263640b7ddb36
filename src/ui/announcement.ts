/** What a command has done, in words, for those who do not see the drawing. Fetched when there is something to say. */
import { summarise } from '../projections/command-summary.ts';
import type { History } from '../projections/history.ts';
import type { CommandRecord, TraceIndex } from '../projections/trace-index.ts';
import { type Catalogue, translator } from './messages/catalogue.ts';
import { toldWords } from './stage/told.ts';

/** Null while there are no words for it yet: a history that is made again runs ahead of them, and is no news either. */
export function announcementOf(
  catalogue: Catalogue,
  history: History,
  index: TraceIndex,
  command: CommandRecord,
): string | null {
  if (catalogue['announce.done'] === undefined) return null;
  const summary = summarise(history.events, command, index, history.live);
  return toldWords(translator(catalogue), summary, command.exitCode);
}
