/** One thing of the drawing in the shape of its kind. A dotted outline is what is not there any more. */
import { memo } from 'react';
import type { Selection } from '../selection.ts';
import { INSET } from './scene-builder.ts';
import { GUEST_FLOOR } from './scene-lecture.ts';
import { MONO_CHAR, type SceneKind, type SceneNode, shorten, textWidth, VM_BASE } from './scene-types.ts';

type Props = {
  node: SceneNode;
  id: string;
  onSelect: (selection: Selection | null) => void;
  pids: string | undefined;
  selected: boolean;
  /** What is said of a thing that the lesson asks to watch; null of any other. */
  watched: string | null;
  focusable: boolean;
  onFocus: (id: string) => void;
};

export const NodeShape = memo(function NodeShape(props: Props) {
  const { node, id, onSelect, pids, selected, watched, focusable, onFocus } = props;
  const { x, y, w, h, kind } = node;
  if (kind === 'note') {
    return (
      <text className="soft" x={x + 8} y={y + 16}>
        {node.texts[0]?.text}
      </text>
    );
  }
  const classes = [
    'node',
    kind,
    node.ghost ? 'ghost' : '',
    node.dashed ? 'dashed' : '',
    node.found === undefined ? '' : node.found ? 'found' : 'dim',
    node.grewFrom === undefined ? '' : 'grows',
    selected ? 'selected' : '',
    watched === null ? '' : 'watched',
  ]
    .filter((name) => name !== '')
    .join(' ');
  const colour = node.stratum === null ? 'var(--ink)' : `var(--${node.stratum})`;
  return (
    <g
      id={id}
      role="treeitem"
      aria-level={node.level}
      aria-label={watched === null ? node.label : `${node.label} (${watched})`}
      aria-selected={selected}
      data-pids={pids}
      tabIndex={focusable ? 0 : -1}
      className={classes}
      style={
        {
          '--stroke': colour,
          ...(node.grewFrom === undefined
            ? {}
            : { '--from-x': `${node.grewFrom[0]}px`, '--from-y': `${node.grewFrom[1]}px` }),
        } as React.CSSProperties
      }
      onFocus={() => onFocus(node.id)}
      onClick={() => node.select !== null && onSelect(node.select)}
    >
      <title>{node.label}</title>
      <Outline node={node} />
      <Bars node={node} />
      <Blocks node={node} />
      <Gauges node={node} />
      {node.texts.map((line, i) => (
        <text
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          key={i}
          className={`${line.mono === true ? 'mono' : ''} ${line.soft === true ? 'soft' : ''}`}
          x={textX(node)}
          y={textY(node, i)}
          textAnchor={MIDDLE.has(kind) ? 'middle' : 'start'}
        >
          {`${line.text} `}
        </text>
      ))}
      <rect className="focus-ring" x={x - 3} y={y - 3} width={w + 6} height={h + 6} rx={4} />
    </g>
  );
});

const MIDDLE: ReadonlySet<SceneKind> = new Set(['pipe', 'sentry', 'vm']);
const FROM_TOP: ReadonlySet<SceneKind> = new Set(['pod', 'frame', 'container', 'room', 'runtime', 'guest-room']);
const LINE = 14;
const VM_WALL = 7;

function textX(node: SceneNode): number {
  return MIDDLE.has(node.kind) ? node.x + node.w / 2 : node.x + (INSET.has(node.kind) ? 6 : 8);
}

function textY(node: SceneNode, i: number): number {
  const { y, h, kind, texts } = node;
  if (kind === 'vm') return y + h - VM_BASE / 2 + 3.5;
  if (kind === 'frame') return y + 11;
  // The last names the floor, the others stand on it.
  if (kind === 'guest-room' && i === texts.length - 1) return y + h - 4;
  if (FROM_TOP.has(kind)) return y + (kind === 'room' ? 19 : 15) + i * LINE;
  return y + h / 2 + 4 - ((texts.length - 1) * LINE) / 2 + i * LINE;
}

/** A plate behind text that stands on a hatch. */
function Plate({ node, y, h }: { node: SceneNode; y: number; h: number }) {
  const text = node.texts[0]?.text ?? '';
  if (text === '') return null;
  const w = Math.min(node.w - 8, 14 + textWidth(text, MONO_CHAR));
  return <rect className="plate" x={node.x + (node.w - w) / 2} y={y} width={w} height={h} />;
}

const STILT_DISTANCE = 56;

function stilts({ x, y, w, h }: SceneNode): string {
  const count = Math.max(2, Math.round(w / STILT_DISTANCE));
  const step = (w - 20) / (count - 1);
  return Array.from({ length: count }, (_, i) => `M${x + 10 + i * step} ${y}v${h}`).join('');
}

function Outline({ node }: { node: SceneNode }) {
  const { x, y, w, h, kind } = node;
  switch (kind) {
    case 'pipe':
      return (
        <>
          <rect
            className="body"
            x={x}
            y={y}
            width={w}
            height={h}
            style={node.ghost ? undefined : { fill: 'url(#hatch-fine)' }}
          />
          <Plate node={node} y={y + 3} h={h - 6} />
        </>
      );
    case 'vm':
      return (
        <>
          <rect className="body" x={x} y={y} width={w} height={h} />
          {!node.ghost && <rect x={x} y={y} width={w} height={h} fill="url(#hatch)" />}
          <rect
            className="inside"
            x={x + VM_WALL}
            y={y + VM_WALL}
            width={Math.max(0, w - 2 * VM_WALL)}
            height={Math.max(0, h - VM_WALL - VM_BASE)}
          />
          <Plate node={node} y={y + h - VM_BASE + 1.5} h={VM_BASE - 3} />
        </>
      );
    case 'sentry':
      return (
        <>
          <rect className="body" x={x} y={y} width={w} height={h} />
          {!node.ghost && <rect x={x} y={y} width={w} height={h} fill="url(#hatch-fine)" />}
          <Plate node={node} y={y + 1.5} h={h - 3} />
        </>
      );
    case 'stilts':
      return (
        <>
          <rect className="area" x={x} y={y} width={w} height={h} />
          <path className="stilt" d={stilts(node)} />
        </>
      );
    case 'guest-room':
      return (
        <>
          <rect className="area" x={x} y={y} width={w} height={h} />
          <rect className="body" x={x} y={y + h - GUEST_FLOOR} width={w} height={GUEST_FLOOR} />
        </>
      );
    case 'runtime':
      return (
        <>
          <rect className="body" x={x} y={y} width={w} height={h} />
          {!node.ghost && <path d={`M${x} ${y}h${w}v5h${-w}zM${x} ${y + h - 5}h${w}v5h${-w}z`} fill="url(#hatch)" />}
        </>
      );
    case 'room':
      return (
        <>
          <rect className={node.lit === true ? 'body lit' : 'body'} x={x + 2} y={y + 6} width={w - 4} height={h - 12} />
          {node.first !== true && <path className="wall" d={`M${x} ${y + 5}V${y + h - 5}`} />}
        </>
      );
    case 'floor':
      return (
        <>
          <rect x={x} y={y + h} width={w} height={300} fill="url(#hatch)" />
          <rect className="body" x={x} y={y} width={w} height={h} />
        </>
      );
    default:
      return <rect className="body" x={x} y={y} width={w} height={h} rx={ROUNDED.has(kind) ? 3 : 0} />;
  }
}

const ROUNDED: ReadonlySet<SceneKind> = new Set(['chip', 'client', 'service', 'bridge']);

/** Layers, the writable one hollow. */
function Blocks({ node }: { node: SceneNode }) {
  if (node.blocks === undefined) return null;
  return (
    <g className="blocks">
      {node.blocks.map((block) => (
        <rect
          key={`${block.x}:${block.y}`}
          className={block.upper ? 'upper' : ''}
          x={block.x}
          y={block.y}
          width={Math.max(1, block.w)}
          height={Math.max(1, block.h)}
        />
      ))}
    </g>
  );
}

function Gauges({ node }: { node: SceneNode }) {
  const { gauges, blocks } = node;
  if (gauges === undefined) return null;
  const top = blocks === undefined ? node.y + node.h : Math.min(...blocks.map((block) => block.y));
  const width = node.w - 12;
  return (
    <g className="gauges">
      {gauges.map((gauge, i) => {
        const y = top - 6 - (gauges.length - 1 - i) * LINE;
        return (
          <g key={gauge.label}>
            <text className="soft" x={node.x + 6} y={y - 1}>
              {shorten(gauge.label, width, SMALL_CHAR)}
            </text>
            {gauge.share !== null && (
              <>
                <rect className="scale" x={node.x + 6} y={y + 1} width={width} height={3} />
                <rect
                  className={gauge.share > NEARLY_FULL ? 'value high' : 'value'}
                  x={node.x + 6}
                  y={y + 1}
                  width={Math.max(1, width * Math.min(1, gauge.share))}
                  height={3}
                />
              </>
            )}
          </g>
        );
      })}
    </g>
  );
}

const SMALL_CHAR = 6.4;
const NEARLY_FULL = 0.9;

function Bars({ node }: { node: SceneNode }) {
  if (node.bars === undefined) return null;
  const top = node.y + 20 + node.texts.length * 14;
  const room = node.y + node.h - 10 - top;
  const step = Math.min(12, room / Math.max(1, node.bars.length));
  if (step < 5) return null;
  return (
    <g className="bars">
      {node.bars.map((bar, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity but their place
          key={i}
          x={node.x + 10}
          y={top - 6 + i * step}
          width={(node.w - 28) * bar.share}
          height={Math.max(3, step - 4)}
        />
      ))}
    </g>
  );
}
