/** A drill: the report, the clock, hints, and the grade, which ends it. */
import { useEffect, useState } from 'react';
import type { DrillGrade } from '../../lesson-engine/grade-drill.ts';
import type { Drill, DrillText } from '../../lesson-engine/lesson.ts';
import { session } from '../session.ts';
import { addressOf } from './address.ts';
import { HintLadder } from './hint-ladder.tsx';
import { keep } from './kept-progress.ts';
import { Caused } from './lesson-end.tsx';
import { Line, Markdown } from './markdown-view.tsx';
import { NextUp } from './next-up.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

type Props = { drill: Drill; variant: number; text: DrillText; t: LessonTranslate };

export function DrillView({ drill, variant, text, t }: Props) {
  // A candidate's log that was run again: looked at, and nobody's own progress.
  const replay = new URLSearchParams(location.search).has('replay');
  const [grade, setGrade] = useState<DrillGrade | null>(null);
  const [grading, setGrading] = useState(false);
  // What the grader types is nobody's.
  const [typed, setTyped] = useState(0);
  const finish = async (): Promise<void> => {
    setGrading(true);
    setTyped(session.index.commands.length);
    try {
      const given = (await session.link?.api.grade()) ?? null;
      setGrade(given);
      if (given !== null && !replay) keep(drill.id, given.score, 100);
    } finally {
      setGrading(false);
    }
  };
  return (
    <aside className="lesson drill" aria-label={t('drill.label')}>
      <p className="lesson-meta">
        {drill.id} · {'★'.repeat(drill.stars)} · {t('home.variant', { n: variant + 1 })}
        {!replay && (
          <>
            {' · '}
            <Clock minutes={drill.minutes} stopped={grade !== null} t={t} />
          </>
        )}
      </p>
      {replay && <p className="taken-back">{t('drill.replay')}</p>}
      <h2>{text.title}</h2>
      <Markdown text={text.body} />
      {grade === null ? (
        <>
          <HintLadder hints={text.hints} t={t} />
          <p>{t('drill.gradeWhat')}</p>
          <button type="button" disabled={grading} onClick={() => void finish()}>
            {grading ? t('drill.grading') : t('drill.grade')}
          </button>
        </>
      ) : (
        <section className="lesson-end" role="status">
          <h3>{t('drill.score', { score: grade.score })}</h3>
          {grade.score === 0 && <p>{t('drill.unsolved')}</p>}
          {grade.missing.length > 0 && (
            <>
              <p>{t('drill.missing')}</p>
              <ul>
                {grade.missing.map((id) => (
                  <li key={id}>
                    <Line text={text.missing.get(id) ?? id} />
                  </li>
                ))}
              </ul>
            </>
          )}
          <h4>{t('drill.evidence')}</h4>
          <ul className="claims">
            {drill.evidence.map(({ id }) => (
              <li key={id}>
                <span aria-hidden="true">{grade.unseen.includes(id) ? '○' : '✓'}</span>{' '}
                <span className="sr-only">{t(grade.unseen.includes(id) ? 'drill.unseen' : 'drill.seen')} </span>
                <Line text={text.evidence.get(id) ?? id} />
              </li>
            ))}
          </ul>
          {grade.turned.length > 0 && (
            <>
              <h4>{t('drill.turns')}</h4>
              <ul>
                {grade.turned.map((id) => (
                  <li key={id}>
                    <Line text={text.turns.get(id) ?? id} />
                  </li>
                ))}
              </ul>
            </>
          )}
          <h4>{t('drill.debrief')}</h4>
          <Markdown text={text.debrief} />
          <Caused first={typed} t={t} />
          <NextUp id={drill.id} t={t} />
        </section>
      )}
      <p className="lesson-meta keys">{t('lesson.keys')}</p>
      <p className="lesson-foot">
        <a href={replay ? '#interview-report' : '#interview'}>{t('home.interview')}</a>
        <button type="button" onClick={() => location.reload()}>
          {t('drill.again')}
        </button>
        <a href={addressOf('drill', drill.id, { variant: String(((variant + 1) % drill.variants.length) + 1) })}>
          {t('drill.other')}
        </a>
      </p>
    </aside>
  );
}

function Clock({ minutes, stopped, t }: { minutes: number; stopped: boolean; t: LessonTranslate }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (stopped) return;
    const timer = setInterval(() => setSeconds((value) => value + 1), 1000);
    return () => clearInterval(timer);
  }, [stopped]);
  const left = minutes * 60 - seconds;
  const clock = `${Math.floor(Math.abs(left) / 60)}:${String(Math.abs(left) % 60).padStart(2, '0')}`;
  return <span role="timer">{left >= 0 ? t('drill.time', { left: clock }) : t('drill.over', { over: clock })}</span>;
}
