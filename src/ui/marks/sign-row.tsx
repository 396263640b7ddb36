/** Over the tracks of the timeline: a flag for each marker, a fork where a branch has parted from what goes on. */
import { useRef } from 'react';
import { useStore } from 'zustand';
import { clockText } from '../format.ts';
import { useSize, useUi } from '../hooks.ts';
import { select } from '../store.ts';
import { nameOf } from './branch-names.ts';
import { asides } from './branch-tree.ts';
import './marks.css';
import { showMarker } from './marks.ts';
import { marks, renameMarker, sharedWith } from './marks-store.ts';
import { NameField } from './name-field.tsx';
import { FLAG, FORK } from './signs.ts';
import { useMarksMessages } from './use-marks-messages.ts';

const WIDTH_PX = 24;
const NAME_WIDTH_PX = 220;

type Sign = { key: string; at: number; label: string; path: string; press: () => void };

/** `from` and `to` are the events at the ends of the tracks, which lie between `left` and `right` px of its sides. */
export function SignRow({ from, to, left, right }: { from: number; to: number; left: number; right: number }) {
  const m = useMarksMessages();
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const { markers, branches, naming } = useStore(marks);
  const playhead = useUi((state) => state.shown.playhead);
  const interview = useUi((state) => state.interview);
  const named = markers.find(({ id }) => id === naming);
  const signs: Sign[] = [];
  if (m !== null) {
    for (const marker of markers)
      signs.push({
        key: `m${marker.id}`,
        at: marker.at,
        label: marker.name,
        path: FLAG,
        press: () => showMarker(marker),
      });
    for (const branch of interview === null ? asides(branches) : []) {
      const { at, time } = sharedWith(branch.id);
      const label = `${nameOf(branch, m)}: ${m('atTime', { time: clockText(time) })}`;
      signs.push({ key: `b${branch.id}`, at, label, path: FORK, press: () => select({ kind: 'marks' }) });
    }
  }
  const scale = Math.max(0, width - left - right) / Math.max(1, to - from);
  const x = (at: number): number => left + (at - from) * scale;
  let free = 0;
  const placed = signs
    .filter(({ at }) => at >= from && at <= to)
    .sort((a, b) => a.at - b.at)
    .map((sign) => {
      // Side by side where they would lie on one another.
      const place = Math.max(free, Math.min(width - WIDTH_PX, x(sign.at) - WIDTH_PX / 2));
      free = place + WIDTH_PX;
      return { ...sign, place };
    });
  return (
    <div className="signs" ref={box}>
      {placed.map(({ key, at, label, path, press, place }) => (
        <button
          key={key}
          type="button"
          className={at === playhead ? 'at' : ''}
          style={{ left: place }}
          title={label}
          aria-label={label}
          onClick={press}
        >
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d={path} fill="none" stroke="currentColor" strokeWidth="1.600" />
          </svg>
        </button>
      ))}
      {m !== null && named !== undefined && (
        <div
          className="naming"
          style={{ left: Math.max(0, Math.min(width - NAME_WIDTH_PX, x(named.at) + WIDTH_PX / 2)) }}
        >
          <NameField
            label={m('markerName', { time: clockText(named.time) })}
            name={named.name}
            asked
            done={(text) => renameMarker(named.id, text)}
          />
        </div>
      )}
    </div>
  );
}
