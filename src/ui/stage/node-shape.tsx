/** One thing of the drawing in the shape of its kind. A dotted outline is what is not there any more. */
import { memo } from 'react';
import { select } from '../store.ts';
import type { SceneNode } from './scene-types.ts';

type Props = { node: SceneNode; selected: boolean; focusable: boolean; onFocus: () => void };

export const NodeShape = memo(function NodeShape({ node, selected, focusable, onFocus }: Props) {
  const { x, y, w, h, kind } = node;
  if (kind === 'note') {
    return (
      <text className="soft" x={x + 8} y={y + 16}>
        {node.texts[0]?.text}
      </text>
    );
  }
  const classes = ['node', kind, node.ghost ? 'ghost' : '', node.dashed ? 'dashed' : '', selected ? 'selected' : '']
    .join(' ')
    .replace(/ +/g, ' ')
    .trim();
  const colour = node.stratum === null ? 'var(--ink)' : `var(--${node.stratum})`;
  return (
    <g
      id={`item-${node.id}`}
      role="treeitem"
      aria-level={node.level}
      aria-label={node.label}
      aria-selected={selected}
      tabIndex={focusable ? 0 : -1}
      className={classes}
      style={{ '--stroke': colour } as React.CSSProperties}
      onFocus={onFocus}
      onClick={() => node.select !== null && select(node.select)}
    >
      <Outline node={node} />
      <Bars node={node} />
      {node.texts.map((line, i) => (
        <text
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          key={i}
          className={`${line.mono === true ? 'mono' : ''} ${line.soft === true ? 'soft' : ''}`}
          x={textX(node)}
          y={textY(node, i)}
          textAnchor={kind === 'pipe' ? 'middle' : 'start'}
        >
          {`${line.text} `}
        </text>
      ))}
      <rect className="focus-ring" x={x - 3} y={y - 3} width={w + 6} height={h + 6} rx={4} />
    </g>
  );
});

function textX(node: SceneNode): number {
  return node.kind === 'pipe' ? node.x + node.w / 2 : node.x + 9;
}

function textY(node: SceneNode, i: number): number {
  if (
    node.kind === 'chip' ||
    node.kind === 'floor' ||
    node.kind === 'pipe' ||
    node.kind === 'oci' ||
    node.kind === 'row' ||
    node.kind === 'service'
  )
    return node.y + node.h / 2 + 4 + i * 14;
  return node.y + (node.h < 40 ? 15 : 19) + i * 14;
}

function Outline({ node }: { node: SceneNode }) {
  const { x, y, w, h, kind } = node;
  switch (kind) {
    case 'pipe': {
      const textW = Math.min(w - 20, 24 + (node.texts[0]?.text.length ?? 0) * 6.7);
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
          <rect className="plate" x={x + (w - textW) / 2} y={y + 4} width={textW} height={h - 8} />
        </>
      );
    }
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
          <rect
            className={node.id === 'room:cri' ? 'body plugin' : 'body'}
            x={x + 2}
            y={y + 6}
            width={w - 4}
            height={h - 12}
          />
          {node.id !== 'room:content' && <path className="wall" d={`M${x} ${y + 5}V${y + h - 5}`} />}
        </>
      );
    case 'floor':
      return (
        <>
          <rect x={x} y={y + h} width={w} height={200} fill="url(#hatch)" />
          <rect className="body" x={x} y={y} width={w} height={h} />
        </>
      );
    default:
      return (
        <rect
          className="body"
          x={x}
          y={y}
          width={w}
          height={h}
          rx={kind === 'chip' ? 3 : kind === 'client' || kind === 'service' ? 3 : 0}
        />
      );
  }
}

function Bars({ node }: { node: SceneNode }) {
  if (node.bars === undefined || node.h < 84) return null;
  const top = node.y + 18 + node.texts.length * 14;
  const room = node.y + node.h - 10 - top;
  const step = Math.min(12, room / Math.max(1, node.bars.length));
  if (step < 5) return null;
  return (
    <g className="bars">
      {node.bars.map((bar, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity but their place
          key={i}
          className={bar.dashed ? 'dashed' : ''}
          x={node.x + 10}
          y={top - 6 + i * step}
          width={(node.w - 28) * bar.share}
          height={Math.max(3, step - 4)}
        />
      ))}
    </g>
  );
}
