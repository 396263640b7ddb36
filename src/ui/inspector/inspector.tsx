import { lazy, Suspense } from 'react';
import { useMedia, useT, useUi } from '../hooks.ts';
import { isThing } from '../selection.ts';
import { session } from '../session.ts';
import { DIVIDER_STEP_PX, followField, INSPECTOR_WIDTH_MIN, ui } from '../store.ts';
import { CallView } from './call-view.tsx';
import { ThingView } from './thing-view.tsx';

const CauseView = lazy(() => import('../cause/cause-view.tsx').then((m) => ({ default: m.CauseView })));

const ErrorView = lazy(() => import('../cause/error-view.tsx').then((m) => ({ default: m.ErrorView })));

const CallsView = lazy(() => import('../cause/calls-view.tsx').then((m) => ({ default: m.CallsView })));

const FileChangeView = lazy(() => import('../files/file-change-view.tsx').then((m) => ({ default: m.FileChangeView })));

const BreaksPanel = lazy(() => import('../breaks/breaks-panel.tsx').then((m) => ({ default: m.BreaksPanel })));

const MarksPanel = lazy(() => import('../marks/marks-panel.tsx').then((m) => ({ default: m.MarksPanel })));

const FilesPanel = lazy(() => import('../files/files-panel.tsx').then((m) => ({ default: m.FilesPanel })));

export function Inspector() {
  const t = useT();
  const selection = useUi((state) => state.selection);
  const following = useUi((state) => state.following);
  useUi((state) => state.version);
  const phone = useMedia('(max-width: 699px)');
  const call = selection?.kind === 'call' ? session.index.calls.get(selection.call) : undefined;
  return (
    <aside className="inspector" aria-label={t('inspector.label')}>
      {!phone && <Divider />}
      <button type="button" className="close" onClick={() => session.close()}>
        {t('app.close')}
      </button>
      {following !== null && !(selection?.kind === 'container' && selection.id === following.container) && (
        <p>
          <button type="button" className="link" onClick={() => followField(following.container, following.field)}>
            ← {t('inspector.follow')}
          </button>
        </p>
      )}
      {selection === null && <p className="soft">{t('inspector.empty')}</p>}
      {call !== undefined && <CallView key={call.call} call={call} />}
      {selection?.kind === 'causes' && (
        <Suspense fallback={null}>
          <CauseView />
        </Suspense>
      )}
      {selection?.kind === 'error' && (
        <Suspense fallback={null}>
          <ErrorView line={selection.line} until={selection.until} />
        </Suspense>
      )}
      {selection?.kind === 'calls' && (
        <Suspense fallback={null}>
          <CallsView key={JSON.stringify(selection)} selection={selection} />
        </Suspense>
      )}
      {selection?.kind === 'file-change' && (
        <Suspense fallback={null}>
          <FileChangeView key={selection.seq} pid={selection.pid} path={selection.path} seq={selection.seq} />
        </Suspense>
      )}
      {selection?.kind === 'breaks' && (
        <Suspense fallback={null}>
          <BreaksPanel />
        </Suspense>
      )}
      {selection?.kind === 'marks' && (
        <Suspense fallback={null}>
          <MarksPanel />
        </Suspense>
      )}
      {selection?.kind === 'files' && (
        <Suspense fallback={null}>
          <FilesPanel key={JSON.stringify(selection)} selection={selection} />
        </Suspense>
      )}
      {selection !== null && isThing(selection) && <ThingView selection={selection} />}
    </aside>
  );
}

function Divider() {
  const t = useT();
  const width = useUi((state) => state.inspectorWidth);
  const set = (px: number): void =>
    ui.setState({ inspectorWidth: Math.round(Math.max(INSPECTOR_WIDTH_MIN, Math.min(innerWidth / 2, px))) });
  return (
    <hr
      className="divider vertical"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t('app.resizeInspector')}
      aria-valuenow={width}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.buttons === 1) set(innerWidth - event.clientX);
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') set(width + DIVIDER_STEP_PX);
        else if (event.key === 'ArrowRight') set(width - DIVIDER_STEP_PX);
      }}
    />
  );
}
