/** Markers and branches as lists: gone to, named, removed, compared. In the place of the inspector. */
import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { BRANCHES_MAX, type Branch, MARKERS_MAX, type Marker, NAME_LENGTH_MAX } from '../../machine/moments/marks.ts';
import { clockText } from '../format.ts';
import { useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { BranchPicker } from './branch-picker.tsx';
import { asides, presentOf, treeOf } from './branch-tree.ts';
import './marks.css';
import { nameOf } from './branch-names.ts';
import { markHere, mayMark, showMarker } from './marks.ts';
import { marks, removeBranch, removeMarker, renameBranch, renameMarker, sharedWith } from './marks-store.ts';
import { NameField } from './name-field.tsx';
import { type MarksTranslate, useMarksMessages } from './use-marks-messages.ts';

export function MarksPanel() {
  const m = useMarksMessages();
  const { markers, dropped, branches } = useStore(marks);
  const interview = useUi((state) => state.interview);
  const fleeting = useUi((state) => state.embedded || state.course !== null);
  useUi((state) => state.version);
  if (m === null) return null;
  return (
    <section className="marks" aria-label={m('title')}>
      <h2>{m('title')}</h2>
      <h3>{m('markers')}</h3>
      {markers.length === 0 ? (
        <p>{m('noMarkers')}</p>
      ) : (
        <ul aria-label={m('markers')}>
          {markers.map((marker) => (
            <MarkerRow key={marker.id} m={m} marker={marker} />
          ))}
        </ul>
      )}
      <button type="button" disabled={markers.length >= MARKERS_MAX || !mayMark()} onClick={markHere}>
        {m('put')}
      </button>
      {markers.length >= MARKERS_MAX && <p role="status">{m('tooMany', { max: MARKERS_MAX })}</p>}
      {interview === null && (
        <>
          <h3>{m('branches')}</h3>
          {asides(branches).length === 0 ? <p>{m('noBranches')}</p> : <BranchList m={m} branches={branches} />}
          {dropped.length > 0 && (
            <p role="status">
              {m('dropped', { max: BRANCHES_MAX, names: dropped.map((each) => nameOf(each, m)).join(', ') })}
            </p>
          )}
          {asides(branches).length > 0 && <BranchPicker m={m} branches={branches} />}
          <p className="soft">{m(fleeting ? 'keptNot' : 'kept')}</p>
        </>
      )}
      <h3>{m('keys')}</h3>
      <dl className="facts">
        {(
          [
            ['m', 'key.marker'],
            ['[', 'key.previous'],
            [']', 'key.next'],
            ['s', 'key.step'],
          ] as const
        ).map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{m(what)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function MarkerRow({ m, marker }: { m: MarksTranslate; marker: Marker }) {
  const naming = useStore(marks, (state) => state.naming === marker.id);
  const drawn = useUi((state) => state.shown.playhead === marker.at);
  const { at, name } = marker;
  const time = clockText(marker.time);
  const command = session.index.commands.findLast(({ startSeq }) => startSeq < at);
  const line = command?.line.split('\n')[0] ?? '';
  const runs = command !== undefined && (command.endSeq === null || command.endSeq >= at);
  return (
    <li className={drawn ? 'current' : ''}>
      <NameField
        label={m('markerName', { time })}
        name={name}
        asked={naming}
        done={(text) => renameMarker(marker.id, text)}
      />
      <button type="button" aria-label={m('showMarker', { name })} onClick={() => showMarker(marker)}>
        {m('show')}
      </button>
      <button
        type="button"
        className="remove"
        aria-label={m('remove', { name })}
        onClick={() => removeMarker(marker.id)}
      >
        ×
      </button>
      <small>{m(command === undefined ? 'atTime' : runs ? 'during' : 'after', { time, line })}</small>
    </li>
  );
}

function BranchList({ m, branches }: { m: MarksTranslate; branches: readonly Branch[] }) {
  const branching = useUi((state) => state.branching !== null);
  const list = useRef<HTMLUListElement>(null);
  const [gone, setGone] = useState(0);
  useEffect(() => {
    // The row whose button was pressed is another one now.
    if (gone > 0) list.current?.querySelector('input')?.focus();
  }, [gone]);
  const present = presentOf(branches);
  const { commands } = session.index;
  return (
    <ul aria-label={m('branches')} ref={list}>
      <li className="current">
        <Name m={m} branch={present} />
        <span className="here">{m('here')}</span>
        <small>
          {commands.length === 0
            ? m('presentNothing')
            : m('present', { line: commands.at(-1)?.line.split('\n')[0] ?? '', count: commands.length })}
        </small>
      </li>
      {asides(treeOf(branches))
        .toReversed()
        .map((branch) => {
          const name = nameOf(branch, m);
          const { last, commands: count } = branch;
          return (
            <li key={branch.id}>
              <Name m={m} branch={branch} />
              <button
                type="button"
                disabled={branching}
                aria-label={m('goTo', { name })}
                onClick={() => void session.goToBranch(branch.id).then(() => setGone((times) => times + 1))}
              >
                {m('goThere')}
              </button>
              <button
                type="button"
                className="remove"
                disabled={branching}
                aria-label={m('delete', { name })}
                onClick={() => removeBranch(branch.id)}
              >
                ×
              </button>
              <small>{m('parted', { time: clockText(sharedWith(branch.id).time), line: last, count })}</small>
            </li>
          );
        })}
    </ul>
  );
}

function Name({ m, branch }: { m: MarksTranslate; branch: Branch }) {
  const name = nameOf(branch, m);
  return (
    <NameField
      label={m('branchName', { name })}
      name={branch.name ?? ''}
      placeholder={name.slice(0, NAME_LENGTH_MAX)}
      asked={false}
      done={(text) => renameBranch(branch.id, text)}
    />
  );
}
