/** A demo as the class sees it: the slide, its question in large letters, and its claims as the state proves them. */
import { useCallback, useRef, useState } from 'react';
import { asLesson, type Demo, type DemoText } from '../../lesson-engine/demo.ts';
import { useUi } from '../hooks.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { addressOf } from './address.ts';
import { LayerChips } from './layer-chips.tsx';
import { Line, Markdown } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';
import { usePresenter } from './use-presenter.ts';

const NOTES_FEATURES = 'popup,width=760,height=640';

export function DemoView({ demo, text, t }: { demo: Demo; text: DemoText; t: LessonTranslate }) {
  const panel = useRef<HTMLElement | null>(null);
  const focusPanel = useCallback(() => panel.current?.focus({ preventScroll: true }), []);
  const { beats, at, busy, room, go } = usePresenter(demo, focusPanel);
  const prompted = useUi((state) => state.prompted);
  const progress = useUi((state) => state.progress);
  const [voted, setVoted] = useState<Readonly<Record<string, number>>>({});
  // The keys are the presenter's from the start.
  const place = useCallback((element: HTMLElement | null) => {
    panel.current = element;
    element?.focus({ preventScroll: true });
  }, []);
  const beat = beats[at];
  const slide = demo.slides[beat?.slide ?? 0];
  const words = slide === undefined ? undefined : text.slides.get(slide.id);
  if (beat === undefined || slide === undefined || words === undefined) return null;
  const question = words.prediction;
  const step = asLesson(demo).steps.findIndex(({ id }) => id === slide.id);
  const proved = (claim: string): boolean =>
    beat.show === 'run' &&
    // The machine is ahead of the drawing: what is not drawn yet is not told.
    !busy &&
    progress !== null &&
    (progress.step > step || (progress.step === step && !progress.missing.includes(claim)));
  const options = (question?.options ?? []).map((option, i) => {
    const answered = beat.show === 'run';
    const mark = !answered ? '' : i === slide.prediction ? 'right' : i === voted[slide.id] ? 'wrong' : '';
    return (
      <li key={option} className={mark}>
        <button
          type="button"
          aria-pressed={voted[slide.id] === i}
          disabled={answered}
          onClick={() => {
            setVoted({ ...voted, [slide.id]: i });
            focusPanel();
          }}
        >
          <Line text={option} />
        </button>
      </li>
    );
  });
  return (
    <aside className="lesson demo" aria-label={t('demo.label')} ref={place} tabIndex={-1}>
      <p className="lesson-meta">
        {text.title} · {t('demo.slideOf', { n: beat.slide + 1, of: demo.slides.length })}
      </p>
      <h2 aria-live="polite">{words.title}</h2>
      {at === 0 && <Markdown text={text.intro} />}
      <Markdown text={words.body} />
      {question !== null && beat.show === 'ask' && (
        <section className="demo-question" aria-label={t('lesson.predict')}>
          <h3>
            <Line text={question.question} />
          </h3>
          <ol>{options}</ol>
        </section>
      )}
      {question !== null && beat.show === 'run' && (
        <>
          <p>
            <Line text={question.question} />
          </p>
          <ol className="demo-options">{options}</ol>
          {!busy && (
            <p className="demo-why">
              <Line text={question.why} />
            </p>
          )}
        </>
      )}
      <LayerChips layers={slide.highlight} t={t} />
      {slide.lines.length > 0 && beat.show !== 'ask' && (
        <ol className="block-lines">
          {slide.lines.map((line) => (
            <li key={line}>
              <pre>{line}</pre>
            </li>
          ))}
        </ol>
      )}
      {slide.claims.length > 0 && beat.show === 'run' && (
        <ul className="claims">
          {slide.claims.map(({ id }) => (
            <li key={id} className={proved(id) ? 'met' : ''}>
              <span aria-hidden="true">{proved(id) ? '✓' : '○'}</span> <Line text={words.claims.get(id) ?? id} />
              {proved(id) && <span className="sr-only"> {t('demo.proved')}</span>}
            </li>
          ))}
        </ul>
      )}
      <div className="lesson-buttons">
        <button type="button" disabled={at === 0 || busy} onClick={() => go('back')}>
          ← {t('demo.back')}
        </button>
        <button
          type="button"
          className="primary"
          disabled={!prompted || (at === beats.length - 1 && !busy)}
          onClick={() => go('next')}
        >
          {busy ? t('demo.skip') : beats[at + 1]?.show === 'run' ? t('demo.run') : t('demo.next')} →
        </button>
        <button type="button" onClick={focusTerminal}>
          {t('demo.type')}
        </button>
        <button
          type="button"
          onClick={() => open(addressOf('demo', demo.id, { notes: room }), `notes-${room}`, NOTES_FEATURES)}
        >
          {t('demo.notes')}
        </button>
      </div>
      <p className="lesson-meta">{t('demo.keys')}</p>
      <p className="lesson-foot">
        <a href="#teach">{t('demo.all')}</a>
        <button type="button" onClick={() => location.reload()}>
          {t('demo.reset')}
        </button>
      </p>
    </aside>
  );
}
