/** One candidate's task in the report: the grade of the log as it was run again, how they went about it, and its lines. */
import { AIDS, type HandedInTask, type InterviewHandIn, type Pack } from '../../lesson-engine/interview.ts';
import type { DrillText } from '../../lesson-engine/lesson.ts';
import type { DrillRegrade } from '../../lesson-engine/regrade-drill.ts';
import { addressOf } from '../lesson/address.ts';
import { Line } from '../lesson/markdown-view.tsx';
import { keepReplay } from './kept-interview.ts';
import type { InterviewTranslate } from './use-interview-messages.ts';

/** `name` is the variant's; `result` a reason where the log could not be run again. */
export type Graded = {
  task: HandedInTask;
  variant: number;
  name: string;
  seed: number;
  result: DrillRegrade | string;
};
export type Candidate = { file: string; handIn: InterviewHandIn; pack: Pack; graded: ReadonlyMap<string, Graded> };

type CellProps = {
  candidate: Candidate;
  drill: string;
  text: DrillText | undefined;
  t: InterviewTranslate;
};

export function Cell({ candidate, drill, text, t }: CellProps) {
  const found = candidate.graded.get(drill);
  if (found === undefined) return t('report.none');
  const { task, variant, name, seed, result } = found;
  if (typeof result === 'string') return t('report.refused', { reason: result });
  const limit = candidate.pack.drills.find(({ id }) => id === drill)?.minutes ?? 0;
  const noted = AIDS.map((aid) => ({ aid, count: task.uses.filter((use) => use.aid === aid).length }))
    .filter(({ count }) => count > 0)
    .map(({ aid, count }) => `${t(`aid.${aid}`)} ×${count}`);
  const watch = (): void => {
    if (keepReplay({ drill, variant, seed, savepoint: task.savepoint })) location.assign(addressOf('replay', drill));
  };
  return (
    <>
      <strong>{t('report.score', { score: result.score })}</strong>{' '}
      <span className="soft">{t('report.variant', { name })}</span>
      {result.missing.length > 0 && (
        <p>
          <Line
            text={t('report.missing', { list: result.missing.map((id) => text?.missing.get(id) ?? id).join(' ') })}
          />
        </p>
      )}
      <p>
        {t('report.virtual', { minutes: minutesOf(result.virtualMs / 1000) })}
        <br />
        {t('report.seconds', { minutes: minutesOf(task.seconds), of: limit })}
        <br />
        {task.starts > 1 && (
          <>
            {t('report.starts', { count: task.starts })}
            <br />
          </>
        )}
        {noted.length === 0 ? t('report.noAids') : t('report.aids', { list: noted.join(', ') })}
        <br />
        {t('report.tabs', { count: result.tabs })}
      </p>
      {text !== undefined && <Seen text={text} result={result} t={t} />}
      <details>
        <summary>{t('report.commands', { count: result.commands.length })}</summary>
        <table className="commands">
          <thead>
            <tr>
              <th scope="col">{t('report.at')}</th>
              <th scope="col">{t('report.line')}</th>
              <th scope="col">{t('report.code')}</th>
            </tr>
          </thead>
          <tbody>
            {result.commands.map(({ line, exitCode, virtualMs }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a log's lines have no other identity
              <tr key={i}>
                <td>{clockOf(virtualMs)}</td>
                <td>
                  <code>{line}</code>
                </td>
                <td>{exitCode === -1 ? '…' : exitCode}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      <button
        type="button"
        aria-label={t('report.watchWhat', { drill, name: nameOf(candidate.handIn, t) })}
        onClick={watch}
      >
        {t('report.watch')}
      </button>
    </>
  );
}

/** What was there to be seen, and what led away from it, by the log. */
function Seen({ text, result, t }: { text: DrillText; result: DrillRegrade; t: InterviewTranslate }) {
  return (
    <>
      <p>{t('report.evidence')}</p>
      <ul className="seen">
        {[...text.evidence].map(([id, words]) => (
          <li key={id}>
            <span aria-hidden="true">{result.unseen.includes(id) ? '○' : '✓'}</span>{' '}
            <span className="sr-only">{t(result.unseen.includes(id) ? 'report.unseen' : 'report.seen')} </span>
            <Line text={words} />
          </li>
        ))}
      </ul>
      {result.turned.length === 0 ? (
        <p>{t('report.noTurns')}</p>
      ) : (
        <>
          <p>{t('report.turns')}</p>
          <ul>
            {result.turned.map((id) => (
              <li key={id}>
                <Line text={text.turns.get(id) ?? id} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function minutesOf(seconds: number): string {
  return (seconds / 60).toFixed(1);
}

function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function nameOf(handIn: InterviewHandIn, t: InterviewTranslate): string {
  return handIn.name.trim() === '' ? t('report.nobody') : handIn.name;
}
