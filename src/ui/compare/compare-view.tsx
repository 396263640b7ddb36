/** Machines side by side: one command line for all, the drawings at the same moment, the first difference in words. */
import { type FormEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Savepoint } from '../../machine/machine.ts';
import '../lesson/lesson.css';
import './compare.css';
import { useStore } from 'zustand';
import { useUi } from '../hooks.ts';
import { nameOf } from '../marks/branch-names.ts';
import { asides } from '../marks/branch-tree.ts';
import { marks } from '../marks/marks-store.ts';
import { type MarksTranslate, useMarksMessages } from '../marks/use-marks-messages.ts';
import { session } from '../session.ts';
import { BranchSelects, chosenBranches } from './branch-selects.tsx';
import { CompareRun } from './compare-run.ts';
import { DifferencePanel } from './difference-panel.tsx';
import { FiguresTable } from './figures-table.tsx';
import { NodePane } from './node-pane.tsx';
import { type Branches, FAULT_LINE, PRESETS, type Preset, planOf } from './presets.ts';
import { StartCards } from './start-cards.tsx';
import { TimeBars } from './time-bars.tsx';
import { type CompareTranslate, useCompareMessages } from './use-compare-messages.ts';

export function CompareView() {
  const t = useCompareMessages();
  const m = useMarksMessages();
  const top = useRef<HTMLElement>(null);
  const scenario = useUi((state) => state.scenario);
  const seed = useUi((state) => state.seed);
  const [run, setRun] = useState<CompareRun | null>(null);
  const [preset, setPreset] = useState<Preset>('lab');
  const [fault, setFault] = useState(FAULT_LINE);
  const ready = t !== null && m !== null;
  // Asked for in the list of branches, where the two were chosen.
  const [asked] = useState(() => marks.getState().comparing !== null);
  useEffect(() => {
    if (ready) top.current?.focus();
  }, [ready]);
  // The session behind has nobody who watches; it must not take the processor from these.
  useEffect(() => {
    const { link } = session;
    void link?.api.pace({ watched: false });
    return () => void link?.api.pace({ watched: true });
  }, []);
  useEffect(() => () => run?.end(), [run]);
  useEffect(() => () => marks.setState({ comparing: null }), []);
  const begin = useRef<(preset: Preset, fault: string) => Promise<void>>(null);
  useEffect(() => {
    if (asked && ready) void begin.current?.('branches', FAULT_LINE);
  }, [asked, ready]);
  if (t === null || m === null) return null;
  const start = async (chosen: Preset, told: string): Promise<void> => {
    setPreset(chosen);
    setFault(told);
    let branches: Branches | null = null;
    let names: readonly [string, string] = [t('before'), t('after')];
    if (chosen === 'branches') {
      const pair = await chosenPair(m);
      if (pair === null) return;
      branches = { scenario, seed, savepoints: pair.savepoints };
      names = pair.names;
    }
    setRun(new CompareRun(planOf(chosen, seed, told, names, branches)));
    // The button that was pressed is gone.
    top.current?.focus();
  };
  begin.current = start;
  return (
    <section
      className="home compare"
      aria-label={t('title')}
      ref={top}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !(event.target as Element).closest('.xterm, input')) location.hash = '';
      }}
    >
      <nav aria-label={t('title')}>
        <h2>{t('title')}</h2>
        {run !== null && <Chooser key={`${preset} ${fault}`} t={t} preset={preset} fault={fault} start={start} />}
        <span className="space" />
        <a href="#sandbox">{t('back')}</a>
      </nav>
      {run === null ? (
        <StartCards t={t} start={(chosen, told) => void start(chosen, told)} />
      ) : (
        <Running run={run} t={t} />
      )}
    </section>
  );
}

/** The histories of the two, and what they are called: apart, as everything else here is told by its name. */
async function chosenPair(
  m: MarksTranslate,
): Promise<{ savepoints: readonly [Savepoint, Savepoint]; names: readonly [string, string] } | null> {
  const now = (await session.link?.api.savepoint()) ?? null;
  const { branches } = marks.getState();
  const [left, right] = (chosenBranches() ?? []).map((id) => branches.find((branch) => branch.id === id));
  if (left === undefined || right === undefined || now === null) return null;
  const [first, second] = [nameOf(left, m), nameOf(right, m)];
  return {
    savepoints: [left.savepoint ?? now, right.savepoint ?? now],
    names: [first, first === second ? `${second} (2)` : second],
  };
}

type ChooserProps = {
  t: CompareTranslate;
  preset: Preset;
  fault: string;
  start: (preset: Preset, fault: string) => Promise<void>;
};

/** Other machines in place of those that run, or the same once more. */
function Chooser({ t, start, ...begun }: ChooserProps) {
  const [preset, setPreset] = useState(begun.preset);
  const [fault, setFault] = useState(begun.fault);
  const none = useStore(marks, (state) => asides(state.branches).length === 0);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void start(preset, fault);
  };
  return (
    <form onSubmit={submit} className="chooser">
      <label>
        {t('what')}{' '}
        <select value={preset} onChange={(event) => setPreset(event.target.value as Preset)}>
          {PRESETS.map((name) => (
            <option key={name} value={name} disabled={name === 'branches' && none}>
              {t(`preset.${name}`)}
            </option>
          ))}
        </select>
      </label>
      {preset === 'fault' && (
        <label>
          {t('fault')}{' '}
          <input
            className="mono"
            value={fault}
            onChange={(event) => setFault(event.target.value.replace(/\n/g, ' '))}
          />
        </label>
      )}
      {preset === 'branches' && <BranchSelects t={t} />}
      <button type="submit">{t(preset === begun.preset ? 'again' : 'start')}</button>
    </form>
  );
}

function Running({ run, t }: { run: CompareRun; t: CompareTranslate }) {
  useSyncExternalStore(run.subscribe, run.snapshot);
  const { nodes, lines, pair } = run;
  const failed = nodes.find((node) => node.failure !== null);
  const waits = nodes.some((node) => !node.ready);
  const status =
    failed !== undefined
      ? t('failed', { name: failed.plan.name, reason: failed.failure ?? '' })
      : waits
        ? t(lines.length === 0 ? 'starting' : 'running')
        : t('ready');
  return (
    <>
      <LineForm run={run} t={t} waits={waits} />
      <p role="status" className="soft">
        {status}
      </p>
      {nodes.length > 2 && <PairPicker run={run} t={t} />}
      <div className="pair">
        {pair.map((machine, side) => (
          <NodePane key={machine} run={run} machine={machine} side={side as 0 | 1} t={t} />
        ))}
      </div>
      {lines.length > 0 && (
        <>
          <Scrubber run={run} t={t} />
          <DifferencePanel run={run} t={t} />
          <TimeBars run={run} t={t} />
        </>
      )}
      {run.figures.size > 0 && <FiguresTable run={run} t={t} />}
    </>
  );
}

function LineForm({ run, t, waits }: { run: CompareRun; t: CompareTranslate; waits: boolean }) {
  const [line, setLine] = useState('');
  const next = run.plan.lines[run.next];
  const tell = (text: string): void => {
    if (text === next) run.next++;
    run.tell(`${text}\r`);
    setLine('');
  };
  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault();
        tell(line);
      }}
    >
      <input
        className="mono"
        value={line}
        aria-label={t('line')}
        placeholder={next ?? t('line')}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        onChange={(event) => setLine(event.target.value)}
      />
      <button type="submit" disabled={line === ''}>
        {t('tell')}
      </button>
      {next !== undefined && (
        <button type="button" disabled={waits} title={next} onClick={() => run.ready && tell(next)}>
          {t('nextLine')} <span className="mono soft">{next.length > 44 ? `${next.slice(0, 44)}…` : next}</span>
        </button>
      )}
    </form>
  );
}

function PairPicker({ run, t }: { run: CompareRun; t: CompareTranslate }) {
  return (
    <p className="picker">
      {(['leftMachine', 'rightMachine'] as const).map((key, side) => (
        <label key={key}>
          {t(key)}{' '}
          <select
            value={run.pair[side]}
            onChange={(event) => {
              const chosen = Number(event.target.value);
              const other = run.pair[1 - side] as number;
              // One beside itself says nothing: they change places.
              const rest = other === chosen ? (run.pair[side] as number) : other;
              run.look({ pair: side === 0 ? [chosen, rest] : [rest, chosen] });
            }}
          >
            {run.nodes.map((node, i) => (
              <option key={node.plan.name} value={i}>
                {node.plan.name}
              </option>
            ))}
          </select>
        </label>
      ))}
    </p>
  );
}

const STEPS = 1000;

/** One moment for all: as long after each began with the command. */
function Scrubber({ run, t }: { run: CompareRun; t: CompareTranslate }) {
  const { lines, command, moments } = run;
  const longest = Math.max(1, ...run.pair.map((machine) => run.spanOf(machine)?.ns ?? 0));
  const moment = moments[0] ?? moments[1];
  const at = moment === null ? STEPS : Math.min(STEPS, Math.round((moment / longest) * STEPS));
  const text = moment === null ? t('present') : `${(moment / 1e6).toFixed(1)} ms`;
  return (
    <p className="scrubber">
      <label>
        {t('command')}{' '}
        <select
          value={command}
          onChange={(event) => run.look({ chosen: Number(event.target.value), moments: [null, null] })}
        >
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is told apart by when it was typed
            <option key={i} value={i}>
              {`${i + 1}. ${line.length > 60 ? `${line.slice(0, 60)}…` : line}`}
            </option>
          ))}
        </select>
      </label>
      <input
        type="range"
        min={0}
        max={STEPS}
        value={at}
        aria-label={t('moment')}
        aria-valuetext={text}
        onChange={(event) => {
          const value = Number(event.target.value);
          const ns = value >= STEPS ? null : (value / STEPS) * longest;
          run.look({ moments: [ns, ns] });
        }}
      />
      <output>{text}</output>
    </p>
  );
}
