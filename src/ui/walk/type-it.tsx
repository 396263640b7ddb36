/** A command line that is typed into the terminal when asked for; Enter stays the learner's. */
import { useState } from 'react';
import { useT } from '../hooks.ts';
import { session } from '../session.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';

export function TypeIt({ line }: { line: string }) {
  const t = useT();
  const [typed, setTyped] = useState(false);
  const press = (): void => {
    if (typed) session.type('\r');
    else session.type(line.replaceAll('\n', '\r'));
    setTyped(!typed);
    focusTerminal();
  };
  return (
    <div className="type-it">
      <code>{line}</code>
      <button type="button" onClick={press}>
        {typed ? t('walk.enter') : t('walk.type')}
      </button>
    </div>
  );
}
