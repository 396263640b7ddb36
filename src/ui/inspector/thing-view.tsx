/** A thing of the drawing: its state at the moment shown, and what changed it. */
import { changesOf } from '../../projections/causes.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { clockText, memoryText } from '../format.ts';
import { useNodeView, useT, useUi } from '../hooks.ts';
import type { Selection } from '../selection.ts';
import { session } from '../session.ts';
import { select, showFiles } from '../store.ts';
import { type Fact, thingOf } from './describe.ts';
import { describeEvent } from './event-thing.ts';
import { filesOf } from './files-of.ts';
import { Grips } from './grips.tsx';
import { handlesOf } from './handles.ts';

export function ThingView({
  selection,
}: {
  selection: Exclude<Selection, { kind: 'call' | 'causes' | 'breaks' | 'marks' | 'files' }>;
}) {
  const t = useT();
  const { view } = useNodeView();
  const playhead = useUi((state) => state.shown.playhead);
  const end = playhead ?? session.history.length;
  const thing =
    selection.kind === 'event'
      ? describeEvent(view, session.history.events[selection.seq])
      : thingOf(view, session.index, selection);
  const handles = handlesOf(view, selection);
  const files = filesOf(view, selection);
  const changes = thing.about === null ? [] : changesOf(session.history.events, end, thing.about);
  return (
    <>
      <h2>{thing.title}</h2>
      {thing.facts === null && thing.parts.length === 0 && <p className="soft">{t('inspector.gone')}</p>}
      {thing.facts !== null && thing.facts.length > 0 && (
        <>
          <h3>{t('inspector.state')}</h3>
          <Facts facts={thing.facts} />
        </>
      )}
      {thing.parts.length > 0 && (
        <ul className="parts">
          {thing.parts.map((part) => (
            <li key={`${part.label} ${JSON.stringify(part.select)}`}>
              <button type="button" className="link mono" onClick={() => select(part.select)}>
                {part.label}
              </button>
            </li>
          ))}
        </ul>
      )}
      {files !== null && (
        <p>
          <button type="button" onClick={() => showFiles(files)}>
            {t(files.overlay === null ? 'inspector.files' : 'inspector.filesChanged')}
          </button>
        </p>
      )}
      <Grips handles={handles} id={JSON.stringify(selection)} seq={changes[0]?.seq ?? 0} />
      {changes.length > 0 && (
        <>
          <h3>{t('inspector.changes')}</h3>
          <ol className="changes mono">
            {changes.map((event) => (
              <li key={event.seq}>
                <button type="button" className="link" onClick={() => session.lookAt(event.seq + 1)}>
                  {clockText(event.time)}
                </button>{' '}
                <button type="button" className="link" onClick={() => select({ kind: 'event', seq: event.seq })}>
                  {changeText(event)}
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(([key, value]) => (
        <div key={`${key} ${value}`}>
          <dt>{key}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One event in the words of the thing itself. */
function changeText(event: TraceEvent): string {
  switch (event.kind) {
    case 'state':
      return event.value === null
        ? `− ${event.topic}`
        : `${event.topic} ${String(event.value.state ?? event.value.status ?? '')}`;
    case 'process.fork':
      return `fork ← ${event.pid}`;
    case 'process.exec':
      return `execve ${event.argv.join(' ').slice(0, 60)}`;
    case 'process.memory':
      return `rss ${memoryText(event.rssBytes)}`;
    case 'process.exit':
      return `exit ${event.signal ?? event.code}`;
    case 'process.reparent':
      return `ppid ${event.ppid}`;
    case 'signal.send':
      return `${event.signal} ← ${event.pid}`;
    case 'namespace.new':
    case 'namespace.join':
      return `${event.kind === 'namespace.new' ? 'unshare' : 'setns'} ${event.type}`;
    case 'cgroup.attach':
      return `cgroup.procs ${event.path.slice(-32)}`;
    case 'cgroup.write':
      return `${event.file} = ${event.value.trim()}`;
    case 'mount':
      return `mount ${event.fstype} ${event.target.slice(-40)}`;
    default:
      return event.kind;
  }
}
