/** A task of an interview: the report, two clocks, what may be used, and the end. No grade: that is the interviewer's. */
import { useEffect, useState } from 'react';
import '../lesson/lesson.css';
import './interview.css';
import { AIDS, type HandedInTask, INTERVIEW_FORMAT } from '../../lesson-engine/interview.ts';
import type { Drill, DrillText } from '../../lesson-engine/lesson.ts';
import { HintLadder } from '../lesson/hint-ladder.tsx';
import { download } from '../lesson/kept-progress.ts';
import { Markdown } from '../lesson/markdown-view.tsx';
import type { LessonTranslate } from '../lesson/use-lesson-messages.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { noteUse, type OpenInterview, switchAid } from './aids.ts';
import { forgetInterview, keepInterview, keptInterview } from './kept-interview.ts';
import { type InterviewTranslate, useInterviewMessages } from './use-interview-messages.ts';

type Props = { interview: OpenInterview; drill: Drill; text: DrillText; lessonT: LessonTranslate };

export function InterviewView({ interview, drill, text, lessonT }: Props) {
  const t = useInterviewMessages();
  const [failed, setFailed] = useState(false);
  const { pack, nonce, task, uses, on } = interview;
  useEffect(() => {
    const kept = keptInterview(pack.id, nonce);
    if (kept !== null && task < pack.drills.length) keepInterview(pack.id, nonce, { ...kept, uses });
  }, [pack, nonce, task, uses]);
  if (t === null) return <aside className="lesson" aria-busy="true" />;
  if (task >= pack.drills.length) return <End interview={interview} t={t} />;
  const kept = keptInterview(pack.id, nonce);
  const finish = async (): Promise<void> => {
    const savepoint = await session.link?.api.savepoint();
    if (savepoint === undefined || savepoint === null) return;
    const now = performance.timeOrigin + performance.now();
    const before = keptInterview(pack.id, nonce) ?? { tasks: [], starts: 1, uses, taskSince: now, since: now };
    const seconds = Math.round((now - before.taskSince) / 1000);
    const done: HandedInTask = { drill: drill.id, savepoint, uses, seconds, starts: Math.max(1, before.starts) };
    const next = { ...before, tasks: [...before.tasks, done], starts: 0, uses: [], taskSince: now };
    if (!keepInterview(pack.id, nonce, next)) setFailed(true);
    else if (task + 1 < pack.drills.length) location.reload();
    else ui.setState({ interview: { ...interview, task: task + 1, uses: [] } });
  };
  return (
    <aside className="lesson interview" aria-label={t('task.label')}>
      <p className="lesson-meta">
        {pack.id} · {nonce} · {t('task.of', { n: task + 1, of: pack.drills.length })}
      </p>
      <p className="clocks" role="timer">
        <Clock
          since={kept?.taskSince}
          minutes={pack.drills[task]?.minutes ?? 0}
          left="task.left"
          over="task.over"
          t={t}
        />
        <Clock since={kept?.since} minutes={pack.minutes} left="task.whole" over="task.wholeOver" t={t} />
      </p>
      {(kept?.starts ?? 1) > 1 && <p className="note">{t('task.again')}</p>}
      <h2>{text.title}</h2>
      <Markdown text={text.body} />
      {on.hints && <HintLadder hints={text.hints} t={lessonT} onShow={() => noteUse('hints')} />}
      <Aids interview={interview} t={t} />
      {failed && <p role="alert">{t('task.notKept')}</p>}
      <Finish t={t} finish={finish} />
    </aside>
  );
}

function Aids({ interview, t }: { interview: OpenInterview; t: InterviewTranslate }) {
  const { pack, on, uses, refused } = interview;
  return (
    <fieldset className="aids">
      <legend>{t('task.aids')}</legend>
      <p>{t('task.aidsWhat')}</p>
      {AIDS.map((aid) => {
        const count = uses.filter((each) => each.aid === aid).length;
        const locked = pack.aids[aid] === 'locked';
        return (
          <label key={aid}>
            <input
              type="checkbox"
              checked={on[aid]}
              disabled={locked}
              onChange={(event) => {
                switchAid(aid, event.target.checked);
                if (aid !== 'drawing') return;
                session.hopMode(event.target.checked);
                // To look at it is to use it.
                if (event.target.checked) noteUse('drawing');
              }}
            />
            <span>
              {t(`aid.${aid}`)}
              {locked && <span className="soft"> · {t('rule.locked')}</span>}
              {count > 0 && <span className="soft"> · {t('task.used', { count })}</span>}
            </span>
          </label>
        );
      })}
      <p role="status">{refused === null ? '' : t('task.refused', { aid: t(`aid.${refused}`) })}</p>
    </fieldset>
  );
}

function Finish({ t, finish }: { t: InterviewTranslate; finish: () => Promise<void> }) {
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <button type="button" onClick={() => setAsking(true)}>
        {t('task.finish')}
      </button>
    );
  return (
    <div role="alertdialog" aria-label={t('task.finish')} className="sure">
      <p>{t('task.finishSure')}</p>
      {/* biome-ignore lint/a11y/noAutofocus: it answers what was just pressed */}
      <button type="button" autoFocus onClick={() => void finish()}>
        {t('task.finishYes')}
      </button>{' '}
      <button type="button" onClick={() => setAsking(false)}>
        {t('task.finishNo')}
      </button>
    </div>
  );
}

function End({ interview: { pack, nonce }, t }: { interview: OpenInterview; t: InterviewTranslate }) {
  const [name, setName] = useState('');
  const [asking, setAsking] = useState(false);
  const save = (): void => {
    const tasks = keptInterview(pack.id, nonce)?.tasks ?? [];
    const file = { format: INTERVIEW_FORMAT, pack: pack.id, nonce, name: name.trim(), tasks };
    const safe = name.trim().replace(/[\\/:*?"<>|\s]+/g, '_') || '-';
    download(`${safe}-${pack.id}-${nonce}.cutaway`, JSON.stringify(file));
  };
  return (
    <aside className="lesson interview" aria-label={t('task.label')}>
      <p className="lesson-meta">
        {pack.id} · {nonce}
      </p>
      <h2>{t('end.title')}</h2>
      <p>{t('end.what')}</p>
      <p>
        <label>
          {t('end.name')} <input value={name} onChange={(event) => setName(event.target.value)} />
        </label>
      </p>
      <p className="lesson-buttons">
        <button type="button" disabled={name.trim() === ''} onClick={save}>
          {t('end.save')}
        </button>
        <button type="button" aria-expanded={asking} onClick={() => setAsking(!asking)}>
          {t('end.discard')}
        </button>
      </p>
      {asking && (
        <div className="sure">
          <p>{t('end.discardSure')}</p>
          <button
            type="button"
            onClick={() => {
              forgetInterview(pack.id, nonce);
              location.reload();
            }}
          >
            {t('end.discardYes')}
          </button>
        </div>
      )}
    </aside>
  );
}

type ClockProps = {
  since: number | undefined;
  minutes: number;
  left: 'task.left' | 'task.whole';
  over: 'task.over' | 'task.wholeOver';
  t: InterviewTranslate;
};

function Clock({ since, minutes, left, over, t }: ClockProps) {
  const [now, setNow] = useState(() => performance.timeOrigin + performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.timeOrigin + performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.round(minutes * 60 - (now - (since ?? now)) / 1000);
  const clock = `${Math.floor(Math.abs(seconds) / 60)}:${String(Math.abs(seconds) % 60).padStart(2, '0')}`;
  return <span>{seconds >= 0 ? t(left, { left: clock }) : t(over, { over: clock })}</span>;
}
