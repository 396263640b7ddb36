/** The page: drawing, time, terminal; the inspector when something is open. */
import { lazy, type PointerEvent, Suspense, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { Ask } from './ask.tsx';
import { breaks } from './breaks/armed.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { clockText } from './format.ts';
import { Header } from './header.tsx';
import { useFields, useMedia, usePlace, useT, useUi } from './hooks.ts';
import { Inspector } from './inspector/inspector.tsx';
import { keepPanes } from './kept-panes.ts';
import { takeMarksKey } from './marks/marks-keys.ts';
import { Palette } from './palette/palette.tsx';
import { Strip } from './phone/strip.tsx';
import { makeBlack, type RemoteKey, remoteKeyOf } from './remote.ts';
import { session } from './session.ts';
import { Stage } from './stage/stage.tsx';
import { DIVIDER_STEP_PX, select, TERMINAL_HEIGHT_MIN, ui } from './store.ts';
import { Terminal } from './terminal/terminal.tsx';
import { focusTerminal } from './terminal/terminal-host.ts';
import { printInLight } from './theme/on-paper.ts';
import { Poster } from './theme/poster.tsx';
import { Timeline } from './timeline/timeline.tsx';
import { WalkBar } from './walk/walk-bar.tsx';

const BroughtBar = lazy(() => import('./bring/brought-bar.tsx').then((m) => ({ default: m.BroughtBar })));
const CoursePanel = lazy(() => import('./lesson/course-panel.tsx').then((m) => ({ default: m.CoursePanel })));
const Compare = lazy(() => import('./compare/compare-view.tsx').then((m) => ({ default: m.CompareView })));
const MomentBar = lazy(() => import('./moment/moment-bar.tsx').then((m) => ({ default: m.MomentBar })));
const NotKeptBar = lazy(() => import('./autosave/not-kept-bar.tsx').then((m) => ({ default: m.NotKeptBar })));
const RestoreBar = lazy(() => import('./autosave/restore-bar.tsx').then((m) => ({ default: m.RestoreBar })));
const SharePanel = lazy(() => import('./moment/share-panel.tsx').then((m) => ({ default: m.SharePanel })));
const Stopped = lazy(() => import('./breaks/stopped.tsx').then((m) => ({ default: m.Stopped })));
const TerminalTabs = lazy(() => import('./terminal/terminal-tabs.tsx').then((m) => ({ default: m.TerminalTabs })));
const Home = lazy(() => import('./lesson/home.tsx').then((m) => ({ default: m.Home })));

export function App() {
  const place = usePlace();
  const t = useT();
  const phone = useMedia('(max-width: 699px)');
  const {
    course,
    hidden,
    inspectorOpen: wantsInspector,
    terminalFirst,
    terminalHeight,
    inspectorWidth,
    projector,
    embedded,
    prompted,
    bootError,
    crash,
    replaced,
    announcement,
    branching,
    interview,
    finding,
    moment,
    restorable,
    notKept,
    brought,
    sharing,
  } = useFields(
    'course',
    'hidden',
    'inspectorOpen',
    'terminalFirst',
    'terminalHeight',
    'inspectorWidth',
    'projector',
    'embedded',
    'prompted',
    'bootError',
    'crash',
    'replaced',
    'announcement',
    'branching',
    'interview',
    'finding',
    'moment',
    'restorable',
    'notKept',
    'brought',
    'sharing',
  );
  // What shows the node's inside belongs to the drawing: without it there is neither finder nor inspector.
  const drawn = interview?.on.drawing ?? true;
  const stop = useStore(breaks, (state) => state.stop);
  const inspectorOpen = wantsInspector && drawn;
  const drawing = !hidden.drawing && drawn;
  const timeline = !hidden.timeline && (interview === null || interview.on.rewind || interview.on.undo);
  useEffect(printInLight, []);
  useEffect(keepPanes, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (ui.getState().black) {
        event.preventDefault();
        // A demo's own keys are heard at the same place.
        event.stopImmediatePropagation();
        makeBlack(false);
      } else if (event.key === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
        // In the terminal it is the shell's: it kills to the end of the line.
        if (inTerminal(event) && event.ctrlKey) return;
        event.preventDefault();
        ui.setState({ finding: !ui.getState().finding });
      } else if (event.key === 'F9' && ui.getState().interview?.on.drawing !== false) {
        event.preventDefault();
        event.stopPropagation();
        if (ui.getState().selection?.kind === 'breaks') session.close();
        else select({ kind: 'breaks' });
      } else if (event.key === 'F6') {
        // Between what is read and where it is typed.
        event.preventDefault();
        event.stopPropagation();
        if (event.target instanceof Element && event.target.closest('.lesson, .timeline') !== null) focusTerminal();
        else focusText();
      } else if (event.key === 'F8') {
        event.preventDefault();
        event.stopPropagation();
        if (event.shiftKey) void session.anotherTerminal();
        else session.nextTerminal();
        focusTerminal();
      } else if (event.key === 'Escape') {
        // An open question or panel has it first.
        if (ui.getState().asking !== null || ui.getState().sharing) return;
        if (session.director.shown.playhead !== null || (inTerminal(event) && session.justArrived)) {
          // Esc belongs to the drawing while it is not in the present, and to whoever pressed it a moment too late; at
          // the prompt it would swallow the next letter.
          event.preventDefault();
          event.stopPropagation();
          session.skip();
        } else if (!inTerminal(event)) session.close();
      } else if (
        (event.key === 'ArrowRight' || event.key === 'ArrowLeft') &&
        session.director.replaying &&
        // In a demo they are the presenter's.
        ui.getState().course?.kind !== 'demo' &&
        !inField(event)
      ) {
        // At a prompt where nothing was typed yet an arrow would do nothing: it steps the drawing.
        if (inTerminal(event) && session.typing) return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'ArrowRight') session.next();
        else session.previous();
      } else if (!inTerminal(event) && !away() && takeMarksKey(event)) {
        event.preventDefault();
        event.stopPropagation();
      } else if (ui.getState().projector || ui.getState().course?.kind === 'demo') {
        const key = remoteKeyOf(event);
        if (key === null || !isForRemote(key, event)) return;
        event.preventDefault();
        event.stopPropagation();
        if (key === 'next') session.next();
        else if (key === 'back') session.previous();
        else if (key === 'black') makeBlack(true);
        else session.replayLast();
      }
    };
    addEventListener('keydown', onKey, true);
    return () => removeEventListener('keydown', onKey, true);
  }, []);
  const coursePanel = course !== null && (
    <ErrorBoundary t={t}>
      <Suspense fallback={<aside className="lesson" />}>
        <CoursePanel />
      </Suspense>
    </ErrorBoundary>
  );
  // The terminal stays as it is where it is moved: by its key.
  const picture = [
    drawing && (
      <ErrorBoundary key="drawing" t={t}>
        <Stage />
      </ErrorBoundary>
    ),
    timeline && (
      <ErrorBoundary key="timeline" t={t}>
        <Timeline />
      </ErrorBoundary>
    ),
  ];
  const divider = !hidden.terminal && drawing && <TerminalDivider key="divider" above={terminalFirst} />;
  const walk = course === null && !embedded && (
    <ErrorBoundary key="walk" t={t}>
      <WalkBar />
    </ErrorBoundary>
  );
  const terminal = (
    <div
      key="terminal"
      id="terminal"
      className={`terminal-pane ${hidden.terminal ? 'hidden' : ''} ${drawing ? '' : 'fills'}`}
    >
      <ErrorBoundary t={t}>
        <Terminal />
      </ErrorBoundary>
      <PastTerminal />
      {prompted && (
        <ErrorBoundary t={t}>
          <Suspense fallback={null}>
            <TerminalTabs />
          </Suspense>
        </ErrorBoundary>
      )}
      <EndedTerminal />
      {!prompted && bootError === null && moment?.phase !== 'making' && <p className="booting">{t('app.booting')}</p>}
    </div>
  );
  const classes = [
    'app',
    phone ? 'phone' : '',
    projector ? 'projector' : '',
    inspectorOpen ? 'with-inspector' : '',
    course === null ? '' : 'with-lesson',
  ].join(' ');
  const style = {
    '--terminal-height': `${terminalHeight}px`,
    '--inspector-width': `${inspectorWidth}px`,
  } as React.CSSProperties;
  return (
    <div className={classes} style={style}>
      <a className="skip" href="#terminal">
        {t('app.skipToTerminal')}
      </a>
      {!embedded && <Header />}
      {place !== '' && (
        <ErrorBoundary t={t}>
          <Suspense fallback={null}>{place === 'compare' ? <Compare /> : <Home place={place} />}</Suspense>
        </ErrorBoundary>
      )}
      <Black />
      {finding && drawn && (
        <ErrorBoundary t={t}>
          <Palette />
        </ErrorBoundary>
      )}
      {/* One below the other: each says something else. */}
      <div className="banners">
        <Ask />
        {stop !== null && drawn && (
          <ErrorBoundary t={t}>
            <Suspense fallback={null}>
              <Stopped />
            </Suspense>
          </ErrorBoundary>
        )}
        {(moment !== null || sharing || restorable !== null || notKept !== null || brought !== null) && (
          <ErrorBoundary t={t}>
            <Suspense fallback={null}>
              {moment !== null && <MomentBar moment={moment} />}
              {restorable !== null && <RestoreBar kept={restorable} />}
              {notKept !== null && <NotKeptBar what={notKept} />}
              {sharing && <SharePanel />}
              {brought !== null && <BroughtBar brought={brought} />}
            </Suspense>
          </ErrorBoundary>
        )}
        {branching !== null && <Branching until={branching} />}
        {(bootError !== null || crash !== null || replaced !== 'no') && (
          <div className="banner" role="alert">
            {bootError !== null
              ? t('app.bootFailed', { reason: bootError })
              : crash !== null
                ? t('app.crashed', { reason: crash })
                : t(replaced === 'made' ? 'app.restored' : 'app.replaced')}
            {bootError === null && crash === null && replaced === 'made' && (
              <button
                type="button"
                onClick={() => {
                  ui.setState({ replaced: 'no' });
                  focusTerminal();
                }}
              >
                {t('app.dismiss')}
              </button>
            )}
          </div>
        )}
      </div>
      {!phone && coursePanel}
      <main>
        <Poster />
        {phone && coursePanel}
        {phone
          ? drawn && (
              <ErrorBoundary t={t}>
                <Strip />
              </ErrorBoundary>
            )
          : terminalFirst
            ? [terminal, divider, walk, ...picture]
            : [...picture, walk, divider, terminal]}
        {phone && [walk, terminal]}
      </main>
      {inspectorOpen && (
        <ErrorBoundary t={t}>
          <Inspector />
        </ErrorBoundary>
      )}
      <div className="sr-only" role="status" aria-live="polite">
        {announcement}
      </div>
    </div>
  );
}

/** What the keys of a remote mean to whoever types with the same. */
function isForRemote(key: RemoteKey, event: KeyboardEvent): boolean {
  if (key === 'again') return true;
  // In a demo they are the presenter's; a page of `less` is turned by them, once nothing is being shown.
  if (key !== 'black') return ui.getState().course?.kind !== 'demo' && session.director.replaying;
  if (inTerminal(event)) return event.key === '.' && !session.typing && session.index.commands.at(-1)?.endSeq !== null;
  return !inField(event);
}

/** A presenter's pause: nobody looks at the wall. */
function Black() {
  const t = useT();
  const black = useUi((state) => state.black);
  if (!black) return null;
  return (
    <button type="button" className="black" onClick={() => makeBlack(false)}>
      <span className="sr-only" role="alert">
        {t('remote.black')}
      </span>
    </button>
  );
}

/** The terminal stands where the drawing stands: which moment that is. */
function PastTerminal() {
  const t = useT();
  useUi((state) => state.shown);
  const seq = session.director.lookingAt;
  if (seq === null) return null;
  const time = clockText(session.history.events[Math.max(0, seq - 1)]?.time ?? 0);
  return <p className="past">{t('term.past', { time })}</p>;
}

/** Nobody listens at the terminal any more. */
function EndedTerminal() {
  const t = useT();
  const ended = useUi(
    ({ prompted, terminals, branching, bootError }) =>
      prompted && terminals.length === 0 && branching === null && bootError === null,
  );
  return ended && <p className="past ended">{t('term.ended')}</p>;
}

const TEXTS = [
  '.lesson :is(.current, .lesson-end) :is(input:not([aria-disabled="true"]), button:enabled, a)',
  '.lesson :is(input:not([aria-disabled="true"]), button:enabled, a)',
  '.timeline button',
];

/** What somebody who types reads beside it: the step in hand, its end, else the page's own controls. */
function focusText(): void {
  for (const place of TEXTS) {
    const found = document.querySelector<HTMLElement>(place);
    found?.focus();
    if (found !== null) return;
  }
}

/** A history is being made again, up to virtual ns `until`. */
function Branching({ until }: { until: number }) {
  const t = useT();
  const percent = useUi(({ now }) => Math.min(99, Math.floor((100 * now) / Math.max(1, until))));
  return (
    <div className="banner calm" role="status">
      <progress max={100} value={percent} aria-hidden="true" />
      {t('time.branching')}
    </div>
  );
}

/** Something else than the node is before the reader. */
function away(): boolean {
  const { finding, sharing, asking } = ui.getState();
  return finding || sharing || asking !== null || document.querySelector('.home') !== null;
}

function inTerminal(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest('.terminal') !== null;
}

/** Where arrow keys have a meaning of their own. */
function inField(event: KeyboardEvent): boolean {
  const { target } = event;
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return true;
  return target instanceof Element && target.closest('[role="tree"], [role="tablist"]') !== null;
}

function TerminalDivider({ above }: { above: boolean }) {
  const t = useT();
  const height = useUi((state) => state.terminalHeight);
  const set = (px: number): void =>
    ui.setState({ terminalHeight: Math.round(Math.max(TERMINAL_HEIGHT_MIN, Math.min(innerHeight - 240, px))) });
  const drag = (event: PointerEvent<HTMLHRElement>): void => {
    if (event.buttons !== 1) return;
    const top = document.getElementById('terminal')?.getBoundingClientRect().top ?? 0;
    set(above ? event.clientY - top : innerHeight - event.clientY);
  };
  const grow = above ? DIVIDER_STEP_PX : -DIVIDER_STEP_PX;
  return (
    <hr
      className="divider horizontal"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label={t('app.resizeTerminal')}
      aria-valuenow={height}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={(event) => {
        if (event.key === 'ArrowUp') set(height - grow);
        else if (event.key === 'ArrowDown') set(height + grow);
      }}
    />
  );
}
