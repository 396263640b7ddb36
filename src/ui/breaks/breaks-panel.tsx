/** What the machine stops at: the list, and a form for one more. In the place of the inspector. */
import { type FormEvent, useState } from 'react';
import { useStore } from 'zustand';
import { type BreakRule, saneRule } from '../../projections/breakpoints.ts';
import { NUMERALS, STRATA, type Stratum } from '../../projections/layers.ts';
import { useT } from '../hooks.ts';
import { add, breaks, remove, toggle } from './armed.ts';
import './breaks.css';
import { ruleText } from './rule-text.ts';
import { type BreaksTranslate, useBreaksMessages } from './use-breaks-messages.ts';

type Kind = BreakRule['kind'];
const KINDS: readonly Kind[] = ['call', 'process', 'file', 'layer', 'condition'];

export function BreaksPanel() {
  const t = useT();
  const b = useBreaksMessages();
  const { points, stop } = useStore(breaks);
  if (b === null) return null;
  return (
    <section className="breaks" aria-label={b('title')}>
      <h2>{b('title')}</h2>
      <p className="soft">{b('intro')}</p>
      {points.length === 0 ? (
        <p>{b('none')}</p>
      ) : (
        <ul aria-label={b('list')}>
          {points.map(({ id, on, rule }) => {
            const text = ruleText(rule, b, t);
            return (
              <li key={id} className={stop?.breakpoint === id ? 'hit' : ''}>
                <label>
                  <input type="checkbox" checked={on} onChange={() => toggle(id)} />
                  <span className="mono">{text}</span>
                </label>
                <button
                  type="button"
                  className="remove"
                  aria-label={b('remove', { what: text })}
                  onClick={() => remove(id)}
                >
                  ×
                </button>
              </li>
            );
          })}
        </ul>
      )}
      <AddForm b={b} />
    </section>
  );
}

function AddForm({ b }: { b: BreaksTranslate }) {
  const t = useT();
  const [kind, setKind] = useState<Kind>('call');
  const [text, setText] = useState('');
  const [failed, setFailed] = useState(false);
  const [moment, setMoment] = useState<'exec' | 'exit'>('exec');
  const [layer, setLayer] = useState<Stratum>('oci-runtime');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const rule = saneRule({ kind, layer, method: text, failed, name: text, moment, path: text, expression: text });
    if (rule === null) return;
    if (rule.kind === 'condition') {
      const { compileCheck } = await import('../../lesson-engine/checks.ts');
      const wrong = compileCheck(rule.expression).problem;
      setProblem(wrong);
      if (wrong !== null) return;
    }
    add(rule);
    setText('');
  };
  const written = { call: 'method', process: 'name', file: 'path', condition: 'expression' } as const;
  const example = { call: 'RunPodSandbox', process: 'runc', file: '/etc/hosts', condition: 'pods.size() > 1' };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h3>{b('add')}</h3>
      <label>
        <span>{b('kind')}</span>
        <select
          value={kind}
          onChange={(event) => {
            setKind(event.target.value as Kind);
            setProblem(null);
          }}
        >
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {b(`kind.${each}`)}
            </option>
          ))}
        </select>
      </label>
      {kind === 'layer' ? (
        <label>
          <span>{b('layer')}</span>
          <select value={layer} onChange={(event) => setLayer(event.target.value as Stratum)}>
            {STRATA.map((each) => (
              <option key={each} value={each}>
                {NUMERALS[each]} {t(`strata.${each}`)}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <label>
          <span>{b(written[kind])}</span>
          <input
            className="mono"
            required
            spellCheck={false}
            autoCapitalize="off"
            value={text}
            placeholder={example[kind]}
            aria-invalid={problem !== null}
            onChange={(event) => {
              setText(event.target.value);
              setProblem(null);
            }}
          />
        </label>
      )}
      {kind === 'call' && (
        <label className="check">
          <input type="checkbox" checked={failed} onChange={() => setFailed(!failed)} />
          <span>{b('failed')}</span>
        </label>
      )}
      {kind === 'process' && (
        <label>
          <span>{b('moment')}</span>
          <select value={moment} onChange={(event) => setMoment(event.target.value === 'exit' ? 'exit' : 'exec')}>
            <option value="exec">{b('moment.exec')}</option>
            <option value="exit">{b('moment.exit')}</option>
          </select>
        </label>
      )}
      {kind === 'file' && <p className="soft">{b('path.hint')}</p>}
      {kind === 'condition' && <p className="soft">{b('expression.hint')}</p>}
      {problem !== null && (
        <p className="danger" role="alert">
          {b('expression.bad', { problem })}
        </p>
      )}
      <button type="submit">{b('set')}</button>
    </form>
  );
}
