/** Hints by level: one more with each press. */
import { useState } from 'react';
import type { Hints } from '../../lesson-engine/lesson.ts';
import { Line } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

const LEVELS = ['nudge', 'pointer', 'answer'] as const;
const LABELS = { nudge: 'lesson.hint', pointer: 'lesson.pointer', answer: 'lesson.answer' } as const;

export function HintLadder({ hints, t, onShow }: { hints: Hints; t: LessonTranslate; onShow?: () => void }) {
  const [shown, setShown] = useState(0);
  const next = LEVELS[shown];
  return (
    <div className="hints">
      <div role="status">
        {LEVELS.slice(0, shown).map((level) => (
          <p key={level} className="hint">
            <Line text={hints[level]} />
          </p>
        ))}
      </div>
      {next !== undefined && (
        <button
          type="button"
          onClick={() => {
            setShown(shown + 1);
            onShow?.();
          }}
        >
          {t(LABELS[next])}
        </button>
      )}
    </div>
  );
}
