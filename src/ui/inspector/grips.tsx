/** Beneath a thing's state: what made it, its paths and commands to take along, and a breakpoint on it. */
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { shortMethod } from '../../projections/layers.ts';
import { makingOf, provenanceOf } from '../../projections/provenance.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { clockText } from '../format.ts';
import { useNodeView, useT } from '../hooks.ts';
import { session } from '../session.ts';
import { select, showCauses } from '../store.ts';
import { TypeIt } from '../walk/type-it.tsx';
import type { Handles } from './handles.ts';

const BreakHere = lazy(() => import('../breaks/break-here.tsx').then((m) => ({ default: m.BreakHere })));

/** `id` tells one thing from another; `seq` is of its last change: a thing that is made anew has another maker. */
export function Grips({ handles, id, seq }: { handles: Handles; id: string; seq: number }) {
  const t = useT();
  const { making } = handles;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what made a thing does not change with every event
  const maker = useMemo(
    () => (making === null ? null : makingOf(session.history.events, session.history.length, making)),
    [id, seq],
  );
  return (
    <>
      {maker !== null && <MadeBy event={maker} />}
      {handles.paths.length + handles.commands.length > 0 && (
        <>
          <h3>{t('inspector.take')}</h3>
          {handles.paths.map((path) => (
            <Copied key={path} text={path} />
          ))}
          {handles.commands.map((command) => (
            <Copied key={command} text={session.onDrawnNode(command)} command />
          ))}
        </>
      )}
      {handles.breaks.length > 0 && (
        <Suspense fallback={null}>
          <BreakHere rules={handles.breaks} />
        </Suspense>
      )}
    </>
  );
}

export function MadeBy({
  event,
  title = 'inspector.madeBy',
}: {
  event: TraceEvent;
  title?: 'inspector.madeBy' | 'inspector.causedBy';
}) {
  const t = useT();
  const { view } = useNodeView();
  const { call, command } = provenanceOf(session.index, event);
  const comm = view.processes.get(event.pid)?.comm ?? session.history.live.processes.get(event.pid)?.comm;
  return (
    <>
      <h3>{t(title)}</h3>
      <ul className="parts made-by mono">
        <li>
          <button type="button" className="link" onClick={() => session.lookAt(event.seq + 1)}>
            {clockText(event.time)}
          </button>{' '}
          <button type="button" className="link" onClick={() => select({ kind: 'event', seq: event.seq })}>
            {event.kind}
          </button>{' '}
          <button type="button" className="link" onClick={() => select({ kind: 'process', pid: event.pid })}>
            {comm === undefined ? event.pid : `${comm} ${event.pid}`}
          </button>
        </li>
        {call !== null && (
          <li>
            ←{' '}
            <button type="button" className="link" onClick={() => select({ kind: 'call', call: call.call })}>
              {shortMethod(call.method)}
            </button>
          </li>
        )}
        {command !== null && (
          <li>
            ←{' '}
            <button type="button" className="link" onClick={() => showCauses(command.span)}>
              {command.line.split('\n')[0]}
            </button>
          </li>
        )}
      </ul>
    </>
  );
}

/** Where the browser does not let a page copy (plain HTTP), the text is selected instead. */
function Copied({ text, command = false }: { text: string; command?: boolean }) {
  const t = useT();
  const code = useRef<HTMLElement>(null);
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
    } catch {
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
    }
  };
  return (
    <div className="grip">
      {command ? <TypeIt line={text} /> : <code ref={code}>{text}</code>}
      <button type="button" aria-label={t('inspector.copy', { text })} onClick={() => void copy()}>
        <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
          <path
            d={done ? 'M1.5 6.5 4.5 9.5 10.5 2.5' : 'M4 1h7v7H4zM8 8v3H1V4h3'}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
          />
        </svg>
      </button>
    </div>
  );
}
