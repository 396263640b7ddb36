/** A lesson: its steps, of which the one in hand is open, and at the end what was learnt. */
import { useEffect, useRef, useState } from 'react';
import { catchUpCode } from '../../lesson-engine/catch-up.ts';
import type { Lesson, LessonText } from '../../lesson-engine/lesson.ts';
import { useUi } from '../hooks.ts';
import { cutaway } from '../scripting.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { HandIn } from './hand-in.tsx';
import { keep } from './kept-progress.ts';
import { LessonEnd } from './lesson-end.tsx';
import { reportToLms } from './lms.ts';
import { Line, Markdown } from './markdown-view.tsx';
import { StepView } from './step-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';
import { useSteps } from './use-steps.ts';

type Props = { lesson: Lesson; text: LessonText; catchUp: number; t: LessonTranslate };

export function LessonView({ lesson, text, catchUp, t }: Props) {
  const progress = useUi((state) => state.progress);
  const steps = useSteps(lesson, catchUp);
  const { at, held, predicted, ordered } = steps;
  const seed = useUi((state) => state.seed);
  const code = catchUpCode({ lesson: lesson.id, step: at, seed });
  const seen = useRef(at);
  useEffect(() => {
    if (at > 0) keep(lesson.id, at, lesson.steps.length);
    reportToLms(at, lesson.steps.length, code ?? '');
    const proved = lesson.steps[at - 1];
    if (at > seen.current && proved !== undefined) {
      const title = text.steps.get(proved.id)?.title ?? '';
      ui.setState({ announcement: t('lesson.proved', { title }) });
    }
    seen.current = at;
  }, [at, lesson, text, t, code]);
  // The next step begins where it is looked for, not where the last one was left.
  const current = useRef<HTMLElement>(null);
  const begun = useRef(at);
  useEffect(() => {
    if (at > begun.current) {
      showFromTop(current.current);
      // What had the focus may have gone with its step.
      if (document.activeElement === document.body) current.current?.focus({ preventScroll: true });
    }
    begun.current = at;
  }, [at]);
  const catchingUp = useCatchUp(lesson, catchUp);
  const highlight = lesson.steps[at]?.highlight;
  useEffect(() => {
    ui.setState({ watched: (highlight ?? []).filter((layer) => layer !== 'client') });
    return () => ui.setState({ watched: [] });
  }, [highlight]);
  const wentBack = steps.takeBack !== null && (
    <p className="taken-back" role="status">
      {t('lesson.wentBack')}{' '}
      <button type="button" onClick={() => void steps.takeBack?.()}>
        {t('lesson.takeBack')}
      </button>
    </p>
  );
  return (
    <aside className="lesson" aria-label={t('lesson.label')}>
      <p className="lesson-meta">
        {lesson.id} · {t(`level.${lesson.level}`)} · {t('home.minutes', { count: lesson.minutes })}
      </p>
      <h2>{text.title}</h2>
      <p role="status">{catchingUp ? t('catchUp.working', { count: catchUp }) : ''}</p>
      {at === 0 && (
        <>
          <Markdown text={text.intro} />
          <h3>{t('lesson.objectives')}</h3>
          <ul>
            {text.objectives.map((objective) => (
              <li key={objective}>
                <Line text={objective} />
              </li>
            ))}
          </ul>
        </>
      )}
      <ol className="lesson-steps" aria-label={t('lesson.steps')}>
        {lesson.steps.map((step, i) => {
          const words = text.steps.get(step.id);
          if (words === undefined) return null;
          const state = i < at ? 'done' : i === at ? 'current' : 'later';
          return (
            <li
              key={step.id}
              ref={(element) => {
                if (state === 'current') current.current = element;
              }}
              className={state}
              tabIndex={state === 'current' ? -1 : undefined}
              aria-current={state === 'current' ? 'step' : undefined}
            >
              <h3>
                <span aria-hidden="true">{state === 'done' ? '✓' : state === 'current' ? '▶' : '○'}</span> {words.title}
                {state === 'done' && <span className="sr-only"> {t('lesson.done')}</span>}
              </h3>
              {state === 'current' && wentBack}
              {state === 'current' && (
                <StepView
                  key={step.id}
                  step={step}
                  text={words}
                  t={t}
                  missing={steps.proven > i ? [] : (progress?.missing ?? [])}
                  held={held}
                  ordered={step.order === null || ordered.includes(step.id)}
                  onOrdered={() => steps.putInOrder(step.id)}
                  predicted={predicted[step.id] ?? null}
                  onPredict={(option) => steps.predict(step.id, option)}
                  onReset={() => void steps.back(i)}
                />
              )}
              {state === 'done' && (
                <div className="why">
                  {words.prediction !== null && <Line text={words.prediction.why} />}{' '}
                  <button
                    type="button"
                    className="quiet"
                    aria-label={t('lesson.backToStep', { title: words.title })}
                    onClick={() => void steps.back(i)}
                  >
                    {t('lesson.fromHere')}
                  </button>
                </div>
              )}
            </li>
          );
        })}
      </ol>
      {at >= lesson.steps.length && (
        <section
          className="lesson-end"
          tabIndex={-1}
          ref={(element) => {
            current.current = element;
          }}
        >
          <LessonEnd lesson={lesson} text={text} predicted={predicted} t={t} />
        </section>
      )}
      <HandIn lesson={lesson} done={at} t={t} />
      {lesson.exam.length > 0 && <p className="lesson-meta">{t('lesson.exam', { list: lesson.exam.join('; ') })}</p>}
      {code !== null && <p className="lesson-meta">{t('catchUp.mine', { code })}</p>}
      <p className="lesson-meta keys">{t('lesson.keys')}</p>
      <p className="lesson-foot">
        <a href="#learn">{t('lesson.all')}</a>
        <button type="button" onClick={() => void steps.back(0)}>
          {t('lesson.reset')}
        </button>
      </p>
    </aside>
  );
}

/** `scrollIntoView` would move everything around the text as well. */
function showFromTop(element: HTMLElement | null): void {
  const text = element?.closest('.lesson');
  if (!element || !text) return;
  text.scrollTop += element.getBoundingClientRect().top - text.getBoundingClientRect().top;
}

const CATCH_UP_RATIO = 16;

/** Types the solutions of the first steps, once, without stopping at each hop. True while that goes on. */
function useCatchUp(lesson: Lesson, steps: number): boolean {
  const [working, setWorking] = useState(steps > 0);
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current || steps === 0) return;
    begun.current = true;
    const { hopMode } = ui.getState();
    const type = async (): Promise<void> => {
      session.hopMode(false);
      session.pace({ ratio: CATCH_UP_RATIO });
      for (const step of lesson.steps.slice(0, steps)) for (const line of step.solution) await cutaway.run(line);
    };
    void type().finally(() => {
      session.pace({ ratio: 1 });
      session.hopMode(hopMode);
      setWorking(false);
    });
  }, [lesson, steps]);
  return working;
}
