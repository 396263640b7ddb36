/** A command line that is typed into the terminal when asked for; Enter stays the learner's. */
import { useState } from 'react';
import { useT, useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';

export function TypeIt({ line }: { line: string }) {
  const t = useT();
  // Enter may also be pressed at the terminal: a command that begins is the end of the typed line.
  const commands = useUi(() => session.index.commands.length);
  const [typedAfter, setTypedAfter] = useState<number | null>(null);
  const typed = typedAfter === commands;
  const press = (): void => {
    if (typed) session.type('\r');
    else session.type(line.replaceAll('\n', '\r'));
    setTypedAfter(typed ? null : commands);
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
