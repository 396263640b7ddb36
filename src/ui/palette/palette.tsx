/** Search over everything, and what the page can do (Ctrl-K outside of the terminal, or the button). */
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { switchLocale, switchTheme } from '../header.tsx';
import { useT } from '../hooks.ts';
import { FILES_OF_NODE } from '../inspector/files-of.ts';
import { markHere, mayMark } from '../marks/marks.ts';
import type { Translate } from '../messages/catalogue.ts';
import { session } from '../session.ts';
import { type Pane, select, showCauses, showFiles, ui } from '../store.ts';
import { focusTerminal, showLastError } from '../terminal/terminal-host.ts';
import { type Find, findsOf, numeralOf, search } from './finds.ts';

const SHOWN_MAX = 40;
const PANES: readonly [Pane, 'app.showDrawing' | 'app.showTimeline' | 'app.showTerminal'][] = [
  ['drawing', 'app.showDrawing'],
  ['timeline', 'app.showTimeline'],
  ['terminal', 'app.showTerminal'],
];

function actions(t: Translate): Find[] {
  const { hidden, hopMode, interview, locale, projector, screenReader, terminalFirst } = ui.getState();
  const action = (label: string, run: () => void, detail = ''): Find => ({
    id: `action ${label}`,
    kind: 'action',
    label,
    detail,
    run,
  });
  return [
    action(t('term.label'), focusTerminal),
    action(t('cause.title'), () => showCauses(null)),
    action(t('error.last'), () => void showLastError(), 'error message why'),
    action(t('inspector.nodeFiles'), () => showFiles(FILES_OF_NODE), 'browser ls tree'),
    action(t('breaks.button'), () => select({ kind: 'breaks' }), 'F9 breakpoint'),
    action(t('marks.title'), () => select({ kind: 'marks' }), 'bookmark history'),
    ...(mayMark() ? [action(t('marks.put'), markHere, 'm bookmark')] : []),
    action(t('time.undo'), () => void session.undo()),
    action(t('time.hopMode'), () => session.hopMode(!hopMode)),
    action(t('time.live'), () => session.skip()),
    ...(interview === null ? [action(t('app.moment'), () => ui.setState({ sharing: true }))] : []),
    ...(interview === null
      ? [
          action(
            t('app.bring'),
            () => void import('../bring/bring-files.ts').then(({ pickFiles }) => pickFiles()),
            'upload yaml json toml tar',
          ),
        ]
      : []),
    ...PANES.map(([pane, key]) =>
      action(`${t('app.panes')}: ${t(key)}`, () => ui.setState({ hidden: { ...hidden, [pane]: !hidden[pane] } })),
    ),
    action(
      `${t('app.panes')}: ${t('app.terminalFirst')}`,
      () => ui.setState({ terminalFirst: !terminalFirst }),
      'swap',
    ),
    action(
      t('term.another'),
      () => void session.anotherTerminal().then((opened) => opened && focusTerminal()),
      'new tab window',
    ),
    action(
      `${t('app.panes')}: ${t('term.sideBySide')}`,
      () => ui.setState({ sideBySide: !ui.getState().sideBySide }),
      'split',
    ),
    action(t('term.screenReader'), () => ui.setState({ screenReader: !screenReader }), 'accessibility'),
    action(t('app.projector'), () => ui.setState({ projector: !projector })),
    ...(['light', 'dark', 'contrast'] as const).map((theme) =>
      action(`${t('app.theme')}: ${t(`app.theme.${theme}`)}`, () => switchTheme(theme)),
    ),
    action(t('app.language'), () => void switchLocale(locale === 'en' ? 'zh-CN' : 'en'), 'English 中文'),
    action(t('app.home'), () => {
      location.hash = '#learn';
    }),
    action(t('app.compare'), () => {
      location.hash = '#compare';
    }),
    action(
      t('app.keys'),
      () => {
        location.hash = '#keys';
      },
      'keyboard shortcuts help',
    ),
  ];
}

/** A replay is on its way to the present: what is looked for is there, not where the replay happens to be. */
function momentLookedAt(): Parameters<typeof findsOf> {
  const { director, history, index } = session;
  const seq = director.lookingAt;
  return seq === null ? [history.live, index, history.events] : [history.at(seq), index, history.events.slice(0, seq)];
}

export function Palette() {
  const t = useT();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  // Taken once: what is found must not move under the pointer while the node lives on.
  const taken = useRef<readonly Find[] | null>(null);
  taken.current ??= [...actions(t), ...findsOf(...momentLookedAt())];
  const [fields, setFields] = useState<readonly Find[]>([]);
  useEffect(() => {
    void import('../follow/follow-finds.ts')
      .then(({ followFinds }) => followFinds(momentLookedAt()[0]))
      .then(setFields);
  }, []);
  const all = useMemo(() => [...(taken.current ?? []), ...fields], [fields]);
  const found = useMemo(() => search(all, text, SHOWN_MAX), [all, text]);
  const current = Math.min(at, Math.max(0, found.length - 1));
  useEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const close = (): void => ui.setState({ finding: false });
  const choose = (find: Find | undefined): void => {
    if (find === undefined) return;
    close();
    if (find.select !== undefined) {
      if (session.director.replaying) session.skip();
      select(find.select);
    } else if (find.causes !== undefined) showCauses(find.causes);
    else find.run?.();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      close();
      focusTerminal();
    } else if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, current + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, current - 1));
    else if (event.key === 'Enter') choose(found[current]);
    else if (event.key === 'Tab') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="palette" role="dialog" aria-label={t('find.title')} onKeyDown={onKey}>
      <input
        // biome-ignore lint/a11y/noAutofocus: it was asked for in order to type
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[current] === undefined ? undefined : `${id}-${current}`}
        aria-label={t('find.title')}
        placeholder={t('find.placeholder')}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onBlur={(event) => {
          if (
            !(event.relatedTarget instanceof Node) ||
            !event.currentTarget.parentElement?.contains(event.relatedTarget)
          )
            close();
        }}
      />
      <div id={id} role="listbox" aria-label={t('find.title')} ref={list}>
        {found.map((find, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, as of any combobox
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
          <div
            key={find.id}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === current}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(find)}
          >
            <span className="kind">
              {numeralOf(find.kind)} {t(`find.${find.kind}`)}
            </span>
            <span className={find.kind === 'action' ? '' : 'mono'}>{find.label}</span>
            <span className="detail mono">{find.detail}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="soft">{t('find.nothing')}</p>}
    </div>
  );
}
