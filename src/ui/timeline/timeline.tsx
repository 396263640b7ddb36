/**
 * Time under the drawing. The axis counts events, not seconds: a command's 90 ms would vanish beside the minute the
 * learner thought about it. One track for each stratum, a mark for each command; dragging looks back.
 */
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { NUMERALS, STANDING_NS, STRATA, type Stratum } from '../../projections/layers.ts';
import { STEP_KINDS, type StepKind } from '../../projections/steps.ts';
import { breaks } from '../breaks/armed.ts';
import { clockText } from '../format.ts';
import { useSize, useT, useUi } from '../hooks.ts';
import { asides } from '../marks/branch-tree.ts';
import { markHere, mayMark } from '../marks/marks.ts';
import { marks } from '../marks/marks-store.ts';
import { session } from '../session.ts';
import { select, showCauses, ui } from '../store.ts';
import { RATIOS } from '../worker/pacer.ts';
import { stepOnce } from './step.ts';

const SignRow = lazy(() => import('../marks/sign-row.tsx').then((m) => ({ default: m.SignRow })));

const COMMANDS_SHOWN = 10;
const LABEL_WIDTH = 22;
const RIGHT_MARGIN = 8;
const PAINT_MS = 120;

/** Strata that only Kubernetes has get their track when something happens in them. */
function tracks(): Stratum[] {
  const { strata } = session.index;
  return STRATA.filter((stratum) => (stratum !== 'control-plane' && stratum !== 'kubelet') || strata.has(stratum));
}

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
            {t('time.speed')}{' '}
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
          <button type="button" className="said" title={t('marks.title')} onClick={() => select({ kind: 'marks' })}>
            {said.join(' · ')}
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

function Tracks({ from, to, at }: { from: number; to: number; at: number }) {
  const box = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(box);
  const theme = useUi((state) => state.theme);
  const painted = useRef(0);
  useEffect(() => {
    const paint = (): void => {
      painted.current = performance.now();
      paintTracks(box.current, { from, to, at, width, height });
    };
    void theme;
    // While time goes on a few pictures a second will do; who drags sees each.
    const wait = session.director.lookingAt !== null ? 0 : PAINT_MS - (performance.now() - painted.current);
    if (wait <= 0) {
      paint();
      return undefined;
    }
    const timer = setTimeout(paint, wait);
    return () => clearTimeout(timer);
  });
  return <canvas ref={box} aria-hidden="true" />;
}

/** Bars that touch are painted as one. */
type Stretch = { readonly start: number; right: number };

function paintTracks(
  canvas: HTMLCanvasElement | null,
  { from, to, at, width, height }: { from: number; to: number; at: number; width: number; height: number },
): void {
  const context = canvas?.getContext('2d');
  if (canvas == null || context == null || width === 0) return;
  const density = devicePixelRatio;
  canvas.width = width * density;
  canvas.height = height * density;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  // Asked once for each token: the style engine answers slowly, and there are thousands of bars.
  const colours = new Map<string, string>();
  const colour = (token: string): string => {
    const known = colours.get(token) ?? style.getPropertyValue(`--${token}`);
    colours.set(token, known);
    return known;
  };
  const scale = (width - LABEL_WIDTH - RIGHT_MARGIN) / Math.max(1, to - from);
  const x = (seq: number): number => LABEL_WIDTH + (seq - from) * scale;
  const shown = tracks();
  const row = height / shown.length;
  context.font = `${Math.min(11, row + 1)}px system-ui`;
  context.textBaseline = 'middle';
  shown.forEach((stratum, i) => {
    const y = row * (i + 0.5);
    context.fillStyle = colour(stratum);
    context.fillText(NUMERALS[stratum], 4, y + 0.5);
    context.fillStyle = colour('hair');
    context.fillRect(LABEL_WIDTH, y, width - LABEL_WIDTH - RIGHT_MARGIN, 0.5);
  });
  for (const command of session.index.commands.slice(-COMMANDS_SHOWN)) {
    context.fillStyle = colour('soft');
    context.fillRect(x(command.startSeq), 0, 1, height);
  }
  const now = session.history.live.time;
  const tracksOf = new Map<Stratum, Stretch[]>(shown.map((stratum) => [stratum, []]));
  for (const bar of session.index.bars) {
    const end = bar.to ?? (now - bar.startTime > STANDING_NS ? bar.from + 1 : to);
    const track = end < from ? undefined : tracksOf.get(bar.stratum);
    if (track === undefined) continue;
    const start = Math.max(LABEL_WIDTH, x(bar.from));
    const right = Math.max(start + 2, x(end));
    const last = track[track.length - 1];
    if (last === undefined || start > last.right) track.push({ start, right });
    else if (right > last.right) last.right = right;
  }
  shown.forEach((stratum, i) => {
    context.fillStyle = colour(stratum);
    for (const { start, right } of tracksOf.get(stratum) ?? [])
      context.fillRect(start, row * i + row * 0.22, right - start, row * 0.56);
  });
  context.fillStyle = colour('focus');
  context.fillRect(x(at) - 1, 0, 2, height);
}
