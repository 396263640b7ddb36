/** The presenter's own window: notes, what comes next, and the time since it began. No machine runs here. */
import { useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import './lesson.css';
import { beatsOf, type Demo, type DemoText } from '../../lesson-engine/demo.ts';
import type { Locale } from '../messages/catalogue.ts';
import { remoteKeyOf } from '../remote.ts';
import { ui } from '../store.ts';
import { type Direction, directionOf, openChannel } from './demo-channel.ts';
import { fetchDemo, fetchDemoText } from './files.ts';
import { Line, Markdown } from './markdown-view.tsx';
import { type LessonTranslate, useLessonMessages } from './use-lesson-messages.ts';

const SECOND_MS = 1000;

export async function showNotes(root: HTMLElement, id: string, room: string, locale: Locale): Promise<void> {
  const found = await fetchDemo(id);
  if (found === null) return;
  ui.setState({ locale });
  const text = await fetchDemoText(found.path, found.demo, locale);
  document.title = text.title;
  createRoot(root).render(<Notes demo={found.demo} text={text} room={room} />);
}

function Notes({ demo, text, room }: { demo: Demo; text: DemoText; room: string }) {
  const t = useLessonMessages();
  const [at, setAt] = useState<number | null>(null);
  const go = useRef<(to: Direction) => void>(() => undefined);
  useEffect(() => {
    const channel = openChannel(room, (message) => {
      if (message.kind === 'at') setAt(message.beat);
    });
    go.current = (to) => channel.say({ kind: 'go', to });
    channel.say({ kind: 'hello' });
    const onKey = (event: KeyboardEvent): void => {
      if (remoteKeyOf(event) === 'black') channel.say({ kind: 'black' });
      const to = directionOf(event);
      if (to === null) return;
      event.preventDefault();
      go.current(to);
    };
    addEventListener('keydown', onKey);
    return () => {
      channel.close();
      removeEventListener('keydown', onKey);
    };
  }, [room]);
  if (t === null) return null;
  const beats = beatsOf(demo);
  const beat = beats[at ?? 0];
  const slide = demo.slides[beat?.slide ?? 0];
  const words = text.slides.get(slide?.id ?? '');
  const next = beats[(at ?? 0) + 1];
  const nextSlide = next === undefined ? undefined : demo.slides[next.slide];
  return (
    <main className="notes">
      <p className="lesson-meta">
        {t('demo.notesOf', { title: text.title })} · <Elapsed t={t} />
      </p>
      {at === null && <p role="status">{t('demo.waiting')}</p>}
      <h1>{words?.title}</h1>
      {at === 0 && <Markdown text={text.notes} />}
      <Markdown text={words?.notes ?? ''} />
      {words?.prediction !== null && words?.prediction !== undefined && (
        <section>
          <h2>
            <Line text={words.prediction.question} />
          </h2>
          <ol>
            {words.prediction.options.map((option, i) => (
              <li key={option} className={i === slide?.prediction ? 'right' : ''}>
                <Line text={option} />
                {i === slide?.prediction && ' ✓'}
              </li>
            ))}
          </ol>
          <p>
            <Line text={words.prediction.why} />
          </p>
        </section>
      )}
      <p className="goal">
        <strong>{t('demo.comes')}</strong>{' '}
        {next === undefined ? (
          t('demo.end')
        ) : next.show === 'run' ? (
          <code>{demo.slides[next.slide]?.lines.join('\n')}</code>
        ) : (
          text.slides.get(nextSlide?.id ?? '')?.title
        )}
      </p>
      <p className="lesson-buttons">
        <button type="button" onClick={() => go.current('back')}>
          ← {t('demo.back')}
        </button>
        <button type="button" className="primary" onClick={() => go.current('next')}>
          {t('demo.next')} →
        </button>
      </p>
    </main>
  );
}

function Elapsed({ t }: { t: LessonTranslate }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const start = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - start) / SECOND_MS)), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return <span>{t('demo.elapsed', { m: Math.floor(seconds / 60), s: String(seconds % 60).padStart(2, '0') })}</span>;
}
