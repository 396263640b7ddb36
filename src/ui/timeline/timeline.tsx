/**
 * Time under the drawing. The axis counts events, not seconds: a command's 90 ms would vanish beside the minute the
 * learner thought about it. One track for each stratum, a mark for each command; dragging looks back.
 */
import { lazy, Suspense } from 'react';
import { useStore } from 'zustand';
import { STEP_KINDS, type StepKind } from '../../projections/steps.ts';
import { breaks } from '../breaks/armed.ts';
import { clockText } from '../format.ts';
import { useT, useUi } from '../hooks.ts';
import { asides } from '../marks/branch-tree.ts';
import { markHere, mayMark } from '../marks/marks.ts';
import { marks } from '../marks/marks-store.ts';
import { FLAG, FORK } from '../marks/signs.ts';
import { session } from '../session.ts';
import { select, showCauses, ui } from '../store.ts';
import { RATIOS } from '../worker/pacer.ts';
import { stepOnce } from './step.ts';
import { COMMANDS_SHOWN, LABEL_WIDTH, RIGHT_MARGIN, Tracks } from './tracks.tsx';

const SignRow = lazy(() => import('../marks/sign-row.tsx').then((m) => ({ default: m.SignRow })));

function windowOf(): { from: number; to: number } {
  const { commands } = session.index;
  const first = commands[Math.max(0, commands.length - COMMANDS_SHOWN)];
  const to = Math.max(1, session.history.length);
  return { from: first?.startSeq ?? Math.max(0, to - 200), to };
}

export function Timeline() {
  const t = useT();
  const paused = useUi((state) => state.paused);
  const hopMode = useUi((state) => state.hopMode);
  const ratio = useUi((state) => state.ratio);
  const shown = useUi((state) => state.shown);
  const now = useUi((state) => state.now);
  const branching = useUi((state) => state.branching !== null);
  const interview = useUi((state) => state.interview);
  useUi((state) => state.version);
  const set = useStore(breaks, ({ points }) => points.filter(({ on }) => on).length);
  const { from, to } = windowOf();
  const at = shown.playhead ?? to;
  const time = shown.playhead === null ? now : (session.history.events[Math.max(0, shown.playhead - 1)]?.time ?? 0);
  const stepKind = useUi((state) => state.stepKind);
  const markers = useStore(marks, (state) => state.markers.length);
  const branches = useStore(marks, (state) => asides(state.branches).length);
  const said = [
    ...(markers > 0 ? [t('marks.markers', { count: markers })] : []),
    ...(branches > 0 && interview === null ? [t('marks.branches', { count: branches })] : []),
  ];
  return (
    <section className="timeline" aria-label={t('time.toolbar')}>
      <div className="controls" role="toolbar" aria-label={t('time.toolbar')}>
        <Button label={t('time.back')} onClick={() => session.replayLast()} icon="M3 2h2v10H3zM12 2v10L5.5 7z" />
        <Button
          label={paused ? t('time.play') : t('time.pause')}
          onClick={() => session.pace({ paused: !paused })}
          icon={paused ? 'M3 2v10l9-5z' : 'M3 2h3v10H3zM8 2h3v10H8z'}
        />
        <Button
          label={t('time.step')}
          onClick={() => void stepOnce()}
          icon="M2 2v10l6.500-5zM9.500 2h2v10h-2z"
          text={t('time.step')}
        />
        <select
          className="step-kind"
          aria-label={t('time.stepKind')}
          title={t('time.stepKind')}
          value={stepKind}
          onChange={(event) => ui.setState({ stepKind: event.target.value as StepKind })}
        >
          {STEP_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t(`time.step.${kind}`)}
            </option>
          ))}
        </select>
        <button type="button" aria-pressed={hopMode} onClick={() => session.hopMode(!hopMode)}>
          {t('time.hopMode')}
        </button>
        {!hopMode && (
          <label>
            <span>{t('time.speed')} </span>
            <select value={ratio} onChange={(event) => session.pace({ ratio: Number(event.target.value) })}>
              {RATIOS.map((r) => (
                <option key={r} value={r}>
                  {r < 1 ? `1/${1 / r}×` : `${r}×`}
                </option>
              ))}
            </select>
          </label>
        )}
        <output className="mono clock">{clockText(time)}</output>
        {shown.playhead !== null && (
          <button type="button" onClick={() => session.skip()}>
            {session.director.replaying ? t('time.skip') : t('time.live')}
          </button>
        )}
        {session.director.lookingAt !== null && (
          <button type="button" onClick={() => void session.branch(session.director.lookingAt ?? 0)}>
            {t('time.continue')}
          </button>
        )}
        <Button
          label={`${t('marks.put')} (m)`}
          disabled={!mayMark()}
          onClick={markHere}
          icon="M3 1h1.500v1H12L9.700 5 12 8H4.500v5H3z"
        />
        {said.length > 0 && (
          <button
            type="button"
            className="marked"
            title={t('marks.title')}
            aria-label={said.join(' · ')}
            onClick={() => select({ kind: 'marks' })}
          >
            {markers > 0 && <Count icon={FLAG} count={markers} />}
            {branches > 0 && interview === null && <Count icon={FORK} count={branches} />}
          </button>
        )}
        <button
          type="button"
          title={t('time.undo')}
          disabled={branching || session.index.commands.length === 0 || interview?.on.undo === false}
          onClick={() => void session.undo()}
        >
          {t('time.undo')}
        </button>
        <button type="button" disabled={session.index.commands.length === 0} onClick={() => showCauses(null)}>
          {t('cause.button')}
        </button>
        <button
          type="button"
          title={t('app.moment')}
          disabled={interview !== null}
          onClick={() => ui.setState({ sharing: true })}
        >
          {t('app.moment')}
        </button>
        <button
          type="button"
          title="F9"
          disabled={interview?.on.drawing === false}
          onClick={() => select({ kind: 'breaks' })}
        >
          {set === 0 ? t('breaks.button') : t('breaks.count', { count: set })}
        </button>
      </div>
      {said.length > 0 && (
        <Suspense fallback={<div className="signs" />}>
          <SignRow from={from} to={to} left={LABEL_WIDTH} right={RIGHT_MARGIN} />
        </Suspense>
      )}
      <div className="tracks">
        <Tracks from={from} to={to} at={at} />
        <input
          type="range"
          min={from}
          max={to}
          value={Math.min(to, Math.max(from, at))}
          aria-label={t('time.scrub')}
          disabled={interview?.on.rewind === false}
          aria-valuetext={clockText(time)}
          onChange={(event) => session.lookAt(Number(event.target.value))}
        />
      </div>
    </section>
  );
}

type ButtonProps = { label: string; onClick: () => void; icon: string; text?: string; disabled?: boolean };

function Count({ icon, count }: { icon: string; count: number }) {
  return (
    <>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <path d={icon} fill="none" stroke="currentColor" strokeWidth="1.600" />
      </svg>
      {count}
    </>
  );
}

function Button({ label, onClick, icon, text, disabled = false }: ButtonProps) {
  return (
    <button type="button" aria-label={label} title={label} disabled={disabled} onClick={onClick}>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <path d={icon} fill="currentColor" />
      </svg>
      {text !== undefined && <span>{text}</span>}
    </button>
  );
}
