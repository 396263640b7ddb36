/** The step in hand: text, prediction, lines to try, goal, what is still missing, hints, and doing it for the learner. */
import { useState } from 'react';
import type { LessonStep, StepText } from '../../lesson-engine/lesson.ts';
import { cutaway } from '../scripting.ts';
import { TypeIt } from '../walk/type-it.tsx';
import { HintLadder } from './hint-ladder.tsx';
import { LayerChips } from './layer-chips.tsx';
import { Line, Markdown } from './markdown-view.tsx';
import { OrderExercise } from './order-exercise.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

type Props = {
  step: LessonStep;
  text: StepText;
  t: LessonTranslate;
  missing: readonly string[];
  /** Done already; the drawing still shows how. */
  held: boolean;
  ordered: boolean;
  onOrdered: () => void;
  predicted: number | null;
  onPredict: (option: number) => void;
  onReset: () => void;
};

export function StepView({ step, text, t, missing, held, ordered, onOrdered, predicted, onPredict, onReset }: Props) {
  const [skipped, setSkipped] = useState(false);
  const [asksWhy, setAsksWhy] = useState(false);
  const [solving, setSolving] = useState(false);
  const open = text.prediction === null || predicted !== null || skipped;
  const solve = async (): Promise<void> => {
    setSolving(true);
    try {
      for (const line of step.solution) await cutaway.run(line);
      onOrdered();
    } finally {
      setSolving(false);
    }
  };
  return (
    <div className="lesson-step">
      <Markdown text={text.body} />
      <LayerChips layers={step.highlight} t={t} />
      {text.prediction !== null && (
        <fieldset>
          <legend>{t('lesson.predict')}</legend>
          <p>
            <Line text={text.prediction.question} />
          </p>
          {text.prediction.options.map((option, i) => (
            <label
              key={option}
              className={predicted === null ? '' : i === step.prediction ? 'right' : i === predicted ? 'wrong' : ''}
            >
              <input
                type="radio"
                name={`predict-${step.id}`}
                checked={predicted === i}
                aria-disabled={predicted !== null}
                onChange={() => predicted === null && onPredict(i)}
              />
              <span>
                <Line text={option} />
              </span>
            </label>
          ))}
          {predicted !== null ? (
            <p role="status">
              <strong>{predicted === step.prediction ? t('lesson.right') : t('lesson.wrong')}</strong>{' '}
              <Line text={text.prediction.why} />
            </p>
          ) : (
            !skipped && (
              <button type="button" className="quiet" onClick={() => setSkipped(true)}>
                {t('lesson.skipPredict')}
              </button>
            )
          )}
        </fieldset>
      )}
      <p className="goal">
        <strong>{t('lesson.goal')}</strong> <Line text={text.goal} />
      </p>
      <p role="status" className="held">
        {held && `✓ ${t('lesson.held')}`}
      </p>
      {open && step.commands.length > 0 && (
        <div className="lines">
          <h4>{t('lesson.try')}</h4>
          {step.commands.map((line) => (
            <TypeIt key={line} line={line.trimEnd()} />
          ))}
        </div>
      )}
      {step.order !== null && <OrderExercise ids={step.order} labels={text.order} t={t} onRight={onOrdered} />}
      <div className="lesson-buttons">
        <button type="button" aria-expanded={asksWhy} onClick={() => setAsksWhy(!asksWhy)}>
          {t('lesson.notYet')}
        </button>
        <button type="button" disabled={solving} onClick={() => void solve()}>
          {solving ? t('lesson.solving') : t('lesson.solve')}
        </button>
        <button type="button" disabled={solving} onClick={onReset}>
          {t('lesson.resetStep')}
        </button>
      </div>
      {asksWhy && (
        <div className="missing" role="status">
          <p>{t('lesson.missing')}</p>
          <ul>
            {missing.map((id) => (
              <li key={id}>
                <Line text={text.missing.get(id) ?? id} />
              </li>
            ))}
            {!ordered && <li>{t('lesson.orderLeft')}</li>}
          </ul>
        </div>
      )}
      <HintLadder hints={text.hints} t={t} />
    </div>
  );
}
