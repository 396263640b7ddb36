/** What a command did, said to those who do not see the drawing. */
import { summarise } from '../projections/command-summary.ts';
import type { History } from '../projections/history.ts';
import type { CommandRecord, TraceIndex } from '../projections/trace-index.ts';
import type { Translate } from './messages/catalogue.ts';

export function wordsOf(history: History, index: TraceIndex, command: CommandRecord, t: Translate): string {
  const summary = summarise(history.events, command, index, history.live);
  const parts = [
    summary.path.length > 1 ? t('announce.path', { path: summary.path.join(' → ') }) : '',
    summary.exited.length > 0 ? t('announce.exited', { list: summary.exited.join(', ') }) : '',
    summary.started.length > 0
      ? t('announce.running', { list: summary.started.map((p) => `${p.comm} ${p.pid}`).join(', ') })
      : '',
    t('announce.done', { code: summary.exitCode }),
  ];
  return parts.filter((part) => part !== '').join(' ');
}
