/** The faults of this node: each typed at its terminal, and undone there. */
import { useId, useState } from 'react';
import { FAULTS, type Fault } from '../../machine/faults.ts';
import { SCENARIO_NAMES, type ScenarioName } from '../../machine/scenarios/names.ts';
import { useUi } from '../hooks.ts';
import { Line } from '../lesson/markdown-view.tsx';
import type { Locale } from '../messages/catalogue.ts';
import type { FaultMessageKey } from '../messages/faults/en.ts';
import { cutaway } from '../scripting.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

type Translate = TranslateOf<FaultMessageKey>;

export function FaultsPanel() {
  const t = useMessages(load);
  const chosen = useUi((state) => state.scenario);
  const scenario = SCENARIO_NAMES.find((name) => name === chosen);
  if (t === null) return null;
  const here = scenario === undefined ? [] : FAULTS.filter(({ scenarios }) => scenarios.includes(scenario));
  return (
    <>
      <h2>{t('faults.title')}</h2>
      <p className="measure">{here.length === 0 ? t('faults.none') : <Line text={t('faults.intro')} />}</p>
      <ul className="cards">
        {scenario !== undefined &&
          here.map((fault) => <FaultCard key={fault.id} fault={fault} scenario={scenario} t={t} />)}
      </ul>
    </>
  );
}

function FaultCard({ fault, scenario, t }: { fault: Fault; scenario: ScenarioName; t: Translate }) {
  const [argument, setArgument] = useState(fault.argument?.value ?? '');
  const wrongId = useId();
  const say = (key: string): string => t(key as FaultMessageKey);
  const name = say(fault.catalogue.name);
  const wrong = fault.argument !== null && !fault.argument.pattern.test(argument);
  const end = fault.end(scenario, argument);
  return (
    <li className="fault">
      <b>{name}</b>
      {fault.argument !== null && (
        <label>
          {say(fault.argument.catalogue)}{' '}
          <input
            value={argument}
            size={22}
            aria-invalid={wrong}
            aria-describedby={wrong ? wrongId : undefined}
            onChange={(event) => setArgument(event.target.value)}
          />
          {wrong && <span id={wrongId}> {t('faults.wrong')}</span>}
        </label>
      )}
      <details>
        <summary>{t('faults.what')}</summary>
        {say(fault.catalogue.symptom)}
      </details>
      <span>
        <button
          type="button"
          disabled={wrong}
          aria-label={`${t('faults.begin')}: ${name}`}
          onClick={() => typeIt(fault.begin(scenario, argument), t('faults.begun', { name }))}
        >
          {t('faults.begin')}
        </button>{' '}
        {end !== null && (
          <button
            type="button"
            disabled={wrong}
            aria-label={`${t('faults.end')}: ${name}`}
            onClick={() => typeIt(end, t('faults.ended', { name }))}
          >
            {t('faults.end')}
          </button>
        )}
      </span>
    </li>
  );
}

/** In sight: the drawing and the terminal come back first. */
function typeIt(line: string, announcement: string): void {
  location.hash = '';
  session.skip();
  ui.setState({ announcement });
  void cutaway.run(line);
}

async function load(locale: Locale): Promise<Readonly<Record<FaultMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/faults/zh-CN.ts')).faultsZhCN
    : (await import('../messages/faults/en.ts')).faultsEn;
}
