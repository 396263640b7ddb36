/** Labels to be put in order: dragged, or moved by buttons, which work by mouse, by tap and by key alike. */
import { useState } from 'react';
import { Line } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

type Props = { ids: readonly string[]; labels: ReadonlyMap<string, string>; t: LessonTranslate; onRight: () => void };

export function OrderExercise({ ids, labels, t, onRight }: Props) {
  // Every other one first: the same start for everybody, and never the right one.
  const [order, setOrder] = useState(() => [
    ...ids.filter((_, i) => i % 2 === 1),
    ...ids.filter((_, i) => i % 2 === 0),
  ]);
  const [asked, setAsked] = useState(false);
  const [dragged, setDragged] = useState<string | null>(null);
  const wrong = order.filter((id, i) => id !== ids[i]).length;
  const move = (at: number, by: number): void => {
    const next = [...order];
    const [moved = ''] = next.splice(at, 1);
    next.splice(at + by, 0, moved);
    setOrder(next);
    setAsked(false);
  };
  return (
    <div className="order">
      <h4>{t('lesson.order')}</h4>
      <ol>
        {order.map((id, i) => {
          const label = labels.get(id) ?? id;
          return (
            <li
              key={id}
              draggable
              className={dragged === id ? 'dragged' : ''}
              onDragStart={(event) => {
                setDragged(id);
                event.dataTransfer.effectAllowed = 'move';
                event.dataTransfer.setData('text/plain', label);
              }}
              onDragOver={(event) => {
                if (dragged === null) return;
                event.preventDefault();
                const from = order.indexOf(dragged);
                if (from !== i) move(from, i - from);
              }}
              onDrop={(event) => event.preventDefault()}
              onDragEnd={() => setDragged(null)}
            >
              <span>
                <Line text={label} />
              </span>
              <button
                type="button"
                aria-label={t('lesson.up', { label })}
                disabled={i === 0}
                onClick={() => move(i, -1)}
              >
                ↑
              </button>
              <button
                type="button"
                aria-label={t('lesson.down', { label })}
                disabled={i === order.length - 1}
                onClick={() => move(i, 1)}
              >
                ↓
              </button>
            </li>
          );
        })}
      </ol>
      <button
        type="button"
        onClick={() => {
          setAsked(true);
          if (wrong === 0) onRight();
        }}
      >
        {t('lesson.checkOrder')}
      </button>
      {asked && <p role="status">{wrong === 0 ? t('lesson.orderRight') : t('lesson.orderWrong', { count: wrong })}</p>}
    </div>
  );
}
