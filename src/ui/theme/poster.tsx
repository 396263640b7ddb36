/** The heading of a printed page: which node the section is of, and when. */
import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { useT, useUi } from '../hooks.ts';
import { caption } from '../moment/caption.ts';
import type { PictureCaption } from '../moment/picture.ts';

export function Poster() {
  const t = useT();
  const scenario = useUi((state) => state.scenario);
  const [said, setSaid] = useState<PictureCaption>({ head: '', command: '', text: '' });
  useEffect(() => {
    // The browser lays the page out as soon as this returns.
    const before = (): void => flushSync(() => setSaid(caption()));
    addEventListener('beforeprint', before);
    return () => removeEventListener('beforeprint', before);
  }, []);
  return (
    <div className="poster" aria-hidden="true">
      <p>
        <b>{said.head}</b> · {t('app.scenario', { name: scenario })}
      </p>
      {said.command !== '' && <p className="line">{said.command}</p>}
      <p>{said.text}</p>
    </div>
  );
}
