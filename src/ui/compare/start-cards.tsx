/** What there is to compare before anything runs: who, what they will be told, and a start for each. */
import { type FormEvent, useId, useState } from 'react';
import { useStore } from 'zustand';
import { asides } from '../marks/branch-tree.ts';
import { marks } from '../marks/marks-store.ts';
import { BranchSelects } from './branch-selects.tsx';
import { FAULT_LINE, PRESETS, type Preset, planOf } from './presets.ts';
import type { CompareTranslate } from './use-compare-messages.ts';

type Start = (preset: Preset, fault: string) => void;

export function StartCards({ t, start }: { t: CompareTranslate; start: Start }) {
  return (
    <>
      <p className="intro">{t('intro')}</p>
      <ul className="ready">
        {PRESETS.map((preset) => (
          <li key={preset}>
            <Card preset={preset} t={t} start={start} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Card({ preset, t, start }: { preset: Preset; t: CompareTranslate; start: Start }) {
  const [fault, setFault] = useState(FAULT_LINE);
  const id = useId();
  const { branches } = useStore(marks);
  const missing = preset === 'branches' && asides(branches).length === 0;
  const names = [t('before'), t('after')] as const;
  // What the machines are called and told does not depend on their seed.
  const { machines, lines } = planOf(preset, 1, fault, names, null);
  const who = machines.map(({ name }) => name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start(preset, fault);
  };
  return (
    <form onSubmit={submit} aria-labelledby={id}>
      <h3 id={id}>{t(`preset.${preset}`)}</h3>
      {who.length > 0 && <p className="who mono">{who.join(' | ')}</p>}
      <p>{t(`about.${preset}`)}</p>
      {preset === 'fault' && (
        <label>
          {t('fault')}{' '}
          <input
            className="mono"
            value={fault}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            onChange={(event) => setFault(event.target.value.replace(/\n/g, ' '))}
          />
        </label>
      )}
      <p className="soft">{t(lines.length === 0 ? 'linesYours' : 'linesOffered')}</p>
      {lines.length > 0 && (
        <ol className="mono">
          {lines.map((line) => (
            <li key={line}>{line.length > 72 ? `${line.slice(0, 72)}…` : line}</li>
          ))}
        </ol>
      )}
      {missing && <p>{t('preset.noBranches')}</p>}
      {preset === 'branches' && !missing && <BranchSelects t={t} />}
      <button type="submit" disabled={missing} aria-describedby={id}>
        {t('start')}
      </button>
    </form>
  );
}
