/** The end of a lesson: what was learnt, what the learner's commands caused, and what comes next. */
import type { Lesson, LessonText } from '../../lesson-engine/lesson.ts';
import { useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { showCauses } from '../store.ts';
import { Markdown } from './markdown-view.tsx';
import { NextUp } from './next-up.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

const COMMANDS_SHOWN_MAX = 12;

type Props = { lesson: Lesson; text: LessonText; predicted: Readonly<Record<string, number>>; t: LessonTranslate };

export function LessonEnd({ lesson, text, predicted, t }: Props) {
  const asked = lesson.steps.filter((step) => predicted[step.id] !== undefined);
  const right = asked.filter((step) => predicted[step.id] === step.prediction);
  return (
    <>
      <h3>{t('lesson.finished')}</h3>
      {asked.length > 0 && <p>{t('lesson.predictions', { right: right.length, asked: asked.length })}</p>}
      <NextUp id={lesson.id} t={t} />
      <h4>{t('lesson.misconception')}</h4>
      <Markdown text={text.misconception} />
      <Caused t={t} />
    </>
  );
}

/** Each line that was typed, or the `first` of them, with all that it set in motion behind it. */
export function Caused({ first, t }: { first?: number; t: LessonTranslate }) {
  useUi((state) => state.version);
  const typed = session.index.commands.slice(0, first);
  const commands = typed.filter(({ endSeq }) => endSeq !== null).slice(-COMMANDS_SHOWN_MAX);
  if (commands.length === 0) return null;
  return (
    <>
      <h4>{t('lesson.caused')}</h4>
      <ol className="caused">
        {commands.map(({ command, span, line, exitCode }) => (
          <li key={command}>
            <button type="button" onClick={() => showCauses(span)}>
              <code>{line.split('\n')[0]}</code>
              {exitCode !== 0 && ` (${exitCode})`}
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
