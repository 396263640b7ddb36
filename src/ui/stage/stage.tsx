/** The cutaway drawing. It is also the tree that a keyboard or a screen reader walks: every thing drawn is an item. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Hop } from '../../projections/hops.ts';
import { NUMERALS, type Stratum } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import type { Shown } from '../director.ts';
import { useNodeView, useSize, useT, useUi } from '../hooks.ts';
import { type Selection, sameSelection } from '../selection.ts';
import { session } from '../session.ts';
import { select, ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { Caption } from './caption.tsx';
import { Legend } from './legend.tsx';
import { NodeShape } from './node-shape.tsx';
import { HopPacket, InFlightPackets } from './packets.tsx';
import { endsOf, route } from './routes.ts';
import type { Scene } from './scene-types.ts';
import { type Ahead, useScene } from './use-scene.ts';
import { useZoom, type Zoom } from './use-zoom.ts';
import { useZoomKeys, ZoomButtons, zoomByKey } from './zoom-buttons.tsx';

export function Stage() {
  const { view, version } = useNodeView();
  const shown = useUi((state) => state.shown);
  const selection = useUi((state) => state.selection);
  const filter = useUi((state) => state.podFilter) ?? '';
  const watched = useUi((state) => state.watched);
  return (
    <Drawing {...{ view, version, shown, selection, filter, watched }} onSelect={select} ahead={session.drawing.ahead}>
      {(scene, zoom) => <StageBar scene={scene} zoom={zoom} />}
    </Drawing>
  );
}

function StageBar({ scene, zoom }: { scene: Scene; zoom: Zoom }) {
  useZoomKeys(zoom);
  return (
    <div className="stage-bar">
      <FindPod scene={scene} />
      <Caption />
      <Legend />
      <ZoomButtons zoom={zoom} />
    </div>
  );
}

type DrawingProps = {
  view: NodeView;
  /** Stands for the view, which changes in place. */
  version: number;
  shown: Shown;
  selection: Selection | null;
  filter: string;
  watched: readonly Stratum[];
  onSelect: (selection: Selection | null) => void;
  ahead?: Ahead;
  /** Tells the parts of several drawings on one page apart, and the drawings by name. */
  name?: string;
  children?: (scene: Scene, zoom: Zoom) => ReactNode;
};

/** One node at one moment. */
export function Drawing(props: DrawingProps) {
  const { view, version, shown, selection, filter, watched, onSelect, ahead, name = '', children } = props;
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(box);
  const projector = useUi((state) => state.projector);
  const scene = useScene({ view, version, size: { width, height }, selection, filter, ahead });
  const svg = useRef<SVGSVGElement>(null);
  const zoom = useZoom(svg, scene, width > 0);
  const chosen = selection === null ? undefined : scene.nodes.find((node) => sameSelection(node.select, selection))?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawing is another one each frame; only another choice moves what is seen
  useEffect(() => {
    const node = chosen === undefined ? undefined : scene.byId.get(chosen);
    if (node !== undefined) zoom.show(node);
  }, [chosen]);
  const [focusId, setFocusId] = useState<string | null>(null);
  const items = scene.nodes.filter((node) => node.kind !== 'note');
  const current = items.find((node) => node.id === focusId) ?? items[0];
  const idOf = (id: string): string => `item-${name}${id}`;

  const onKeyDown = (event: KeyboardEvent<SVGSVGElement>): void => {
    const at = items.findIndex((node) => node.id === current?.id);
    const move = (to: number): void => {
      const next = items[Math.max(0, Math.min(items.length - 1, to))];
      if (next === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      setFocusId(next.id);
      document.getElementById(idOf(next.id))?.focus();
    };
    if (event.key === 'ArrowDown') move(at + 1);
    else if (event.key === 'ArrowUp') move(at - 1);
    else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(items.length - 1);
    else if (!event.ctrlKey && !event.metaKey && !event.altKey && zoomByKey(event.key, zoom)) event.preventDefault();
    else if ((event.key === 'Enter' || event.key === ' ') && current !== undefined && current.select !== null) {
      event.preventDefault();
      onSelect(current.select);
    }
  };

  const hop = shown.hop;
  return (
    <div className={projector ? 'stage lecture' : 'stage'}>
      <div className="sheet" ref={box}>
        {width > 0 && (
          <svg
            ref={svg}
            role="tree"
            className={zoom.near ? 'near' : undefined}
            aria-label={name === '' ? t('stage.label') : `${t('stage.label')}: ${name}`}
            preserveAspectRatio="xMidYMin meet"
            onKeyDown={onKeyDown}
            onFocus={({ target }) => {
              const node = target.matches(':focus-visible') && items.find(({ id }) => idOf(id) === target.id);
              if (node) zoom.show(node);
            }}
          >
            <Hatches />
            <g aria-hidden="true">
              {scene.slabs.map(({ x, y, w }) => (
                <path key={y} className="slab" d={`M${x} ${y}h${w}`} />
              ))}
              {scene.post !== null && (
                <rect className="post" x={scene.post.x} y={scene.post.y} width={scene.post.w} height={scene.post.h} />
              )}
              {scene.strata.map(({ stratum, y }) => (
                <text
                  key={stratum}
                  className={watched.includes(stratum) ? 'stratum watched' : 'stratum'}
                  x={108}
                  y={y}
                  textAnchor="end"
                  style={{ fill: `var(--${stratum})` }}
                >
                  {t(`strata.${stratum}`)} {NUMERALS[stratum]}
                </text>
              ))}
              <RuntimeName scene={scene} />
            </g>
            {scene.nodes.map((node) => (
              <NodeShape
                key={node.id}
                id={idOf(node.id)}
                onSelect={onSelect}
                node={node}
                pids={scene.pidsOf.get(node.id)}
                watched={node.stratum !== null && watched.includes(node.stratum) ? t('stage.watched') : null}
                selected={sameSelection(node.select, selection)}
                focusable={node.id === current?.id}
                onFocus={setFocusId}
              />
            ))}
            <Lines scene={scene} view={view} hop={hop} />
            {hop !== null ? (
              <HopPacket scene={scene} shown={shown} view={view} />
            ) : (
              <InFlightPackets scene={scene} view={view} />
            )}
          </svg>
        )}
      </div>
      {children?.(scene, zoom)}
    </div>
  );
}

function Lines({ scene, view, hop }: { scene: Scene; view: NodeView; hop: Hop | null }) {
  const active = hop === null ? null : endsOf(scene, hop, view);
  const path = active?.from && active.to ? route(active.from, active.to) : null;
  return (
    <g className="lines" aria-hidden="true">
      {scene.lines.map((line) => (
        <path
          key={line.id}
          className={line.kind}
          d={`M${line.points.map((p) => p.join(' ')).join('L')}`}
          style={line.stratum === null ? undefined : { stroke: `var(--${line.stratum})` }}
        />
      ))}
      {path !== null && path.length > 1 && hop !== null && (
        <path
          className="active"
          d={`M${path.map((p) => p.join(' ')).join('L')}`}
          style={{ stroke: `var(--${hop.stratum ?? 'ink'})` }}
        />
      )}
    </g>
  );
}

/** `/` asks which pod is meant; those that are stand first and in full, the others step back. */
function FindPod({ scene }: { scene: Scene }) {
  const t = useT();
  const filter = useUi((state) => state.podFilter);
  const pods = scene.nodes.filter((node) => node.id.startsWith('pod:'));
  const found = pods.filter((node) => node.found === true);
  const open = (): void => ui.setState({ podFilter: '' });
  const close = (): void => {
    ui.setState({ podFilter: null });
    focusTerminal();
  };
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const typing =
        event.target instanceof Element && event.target.closest('input, textarea, select, .xterm') !== null;
      if (event.key !== '/' || typing) return;
      event.preventDefault();
      open();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  if (filter === null)
    return (
      <button type="button" className="find" onClick={open}>
        {t('stage.find')}
      </button>
    );
  return (
    <search className="find">
      <input
        // biome-ignore lint/a11y/noAutofocus: it opens because somebody asked for it
        autoFocus
        type="search"
        value={filter}
        placeholder={t('stage.find')}
        aria-label={t('stage.find')}
        onChange={(event) => ui.setState({ podFilter: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && found[0] !== undefined) select(found[0].select);
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          close();
        }}
      />
      <output>{filter === '' ? '' : t('stage.foundCount', { found: found.length, count: pods.length })}</output>
      <button type="button" onClick={close}>
        {t('app.close')}
      </button>
    </search>
  );
}

/** The runtime is a process too, though its room shows what is inside: its name and pid stand under the layer's. */
function RuntimeName({ scene }: { scene: Scene }) {
  const layer = scene.strata.find(({ stratum }) => stratum === 'cri-runtime');
  const runtime = scene.nodes.find((node) => node.kind === 'runtime');
  if (layer === undefined || runtime === undefined || runtime.ghost === true) return null;
  return (
    <text className="stratum-process" x={108} y={layer.y + 16} textAnchor="end">
      {runtime.label}
    </text>
  );
}

function Hatches() {
  return (
    <defs>
      <pattern id="hatch" width="7" height="7" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">
        <path d="M0 0V7" stroke="var(--hatch)" strokeWidth="1.4" />
      </pattern>
      <pattern id="hatch-fine" width="5" height="5" patternTransform="rotate(-45)" patternUnits="userSpaceOnUse">
        <path d="M0 0V5" stroke="var(--hatch)" strokeWidth="1" />
      </pattern>
    </defs>
  );
}
