import { useState } from 'react';
import { SCENARIO_NAMES } from '../machine/scenarios/names.ts';
import { useFields, useT, useUi } from './hooks.ts';
import { type Locale, loadCatalogue } from './messages/catalogue.ts';
import { session } from './session.ts';
import { type Pane, ui } from './store.ts';
import { focusTerminal } from './terminal/terminal-host.ts';
import { applyTheme, type ThemeName } from './theme/tokens.ts';

const PANES: readonly { pane: Pane; key: 'app.showDrawing' | 'app.showTimeline' | 'app.showTerminal' }[] = [
  { pane: 'drawing', key: 'app.showDrawing' },
  { pane: 'timeline', key: 'app.showTimeline' },
  { pane: 'terminal', key: 'app.showTerminal' },
];

export async function switchLocale(locale: Locale): Promise<void> {
  const catalogue = await loadCatalogue(locale);
  document.documentElement.lang = locale;
  ui.setState({ locale, catalogue });
}

export function switchTheme(theme: ThemeName): void {
  applyTheme(theme, document.documentElement);
  ui.setState({ theme });
}

/** A node of another kind is another session: a page of its own, with what was chosen kept. */
function openScenario(name: string): void {
  const query = new URLSearchParams(location.search);
  query.set('scenario', name);
  for (const other of ['seed', 'lesson', 'drill', 'variant', 'article', 'demo']) query.delete(other);
  location.assign(`?${query}`);
}

/** Which of several nodes is drawn. */
function NodeSwitch() {
  const t = useT();
  const nodes = useUi((state) => state.nodes);
  const node = useUi((state) => state.node);
  if (nodes.length < 2) return null;
  return (
    <label>
      <span className="sr-only">{t('app.drawnNode')}</span>
      <select value={node} onChange={(event) => session.lookFrom(Number(event.target.value))}>
        {nodes.map(({ number, name }) => (
          <option key={number} value={number}>
            {t('app.drawn', { name })}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Header() {
  const t = useT();
  const { scenario, locale, theme, projector, hidden, terminalFirst, screenReader, interview } = useFields(
    'scenario',
    'locale',
    'theme',
    'projector',
    'hidden',
    'terminalFirst',
    'screenReader',
    'interview',
  );
  const [about, setAbout] = useState(false);
  const [more, setMore] = useState(false);
  return (
    <>
      <header>
        <h1>{t('app.title')}</h1>
        <label className="scenario">
          <span className="sr-only">{t('app.scenarioLabel')}</span>
          <select value={scenario} onChange={(event) => openScenario(event.target.value)}>
            {SCENARIO_NAMES.map((name) => (
              <option key={name} value={name}>
                {t('app.scenario', { name })}
              </option>
            ))}
          </select>
        </label>
        <NodeSwitch />
        <a className="button" href="#learn">
          {t('app.home')}
        </a>
        <span className="space" />
        {/* A phone has no row to spare: they come when asked for. */}
        <div className={more ? 'more-controls open' : 'more-controls'}>
          <button
            type="button"
            title="Ctrl-K"
            disabled={interview?.on.drawing === false}
            onClick={() => ui.setState({ finding: true })}
          >
            {t('find.button')}
          </button>
          <button
            type="button"
            className="only-phone"
            disabled={interview !== null}
            onClick={() => ui.setState({ sharing: true })}
          >
            {t('app.moment')}
          </button>
          <button type="button" aria-expanded={about} onClick={() => setAbout(!about)}>
            {t('app.about')}
          </button>
          <details className="menu">
            <summary>{t('app.panes')}</summary>
            <div>
              {PANES.map(({ pane, key }) => (
                <label key={pane}>
                  <input
                    type="checkbox"
                    checked={!hidden[pane]}
                    disabled={pane === 'drawing' && interview?.on.drawing === false}
                    onChange={() => ui.setState({ hidden: { ...hidden, [pane]: !hidden[pane] } })}
                  />
                  {t(key)}
                </label>
              ))}
              <label>
                <input
                  type="checkbox"
                  checked={projector}
                  onChange={() => ui.setState({ projector: !projector, terminalHeight: projector ? 232 : 330 })}
                />
                {t('app.projector')}
              </label>
              {projector && <p className="soft">{t('remote.keys')}</p>}
              <label className="not-phone">
                <input
                  type="checkbox"
                  checked={terminalFirst}
                  onChange={() => ui.setState({ terminalFirst: !terminalFirst })}
                />
                {t('app.terminalFirst')}
              </label>
              <label>
                <input
                  type="checkbox"
                  checked={screenReader}
                  onChange={() => ui.setState({ screenReader: !screenReader })}
                />
                {t('term.screenReader')}
              </label>
              <button
                type="button"
                disabled={interview !== null}
                onClick={(event) => {
                  event.currentTarget.closest('details')?.removeAttribute('open');
                  ui.setState({ sharing: true });
                }}
              >
                {t('app.moment')}
              </button>
              <button
                type="button"
                disabled={interview !== null}
                onClick={(event) => {
                  event.currentTarget.closest('details')?.removeAttribute('open');
                  void import('./bring/bring-files.ts').then(({ pickFiles }) => pickFiles());
                }}
              >
                {t('app.bring')}
              </button>
              <a href="#compare">{t('app.compare')}</a>
            </div>
          </details>
          <label className="theme">
            <span className="sr-only">{t('app.theme')}</span>
            <select value={theme} onChange={(event) => switchTheme(event.target.value as ThemeName)}>
              <option value="light">{t('app.theme.light')}</option>
              <option value="dark">{t('app.theme.dark')}</option>
              <option value="contrast">{t('app.theme.contrast')}</option>
            </select>
          </label>
        </div>
        <button
          type="button"
          lang={locale === 'en' ? 'zh-CN' : 'en'}
          aria-label={t('app.languageLabel')}
          onClick={() => void switchLocale(locale === 'en' ? 'zh-CN' : 'en')}
        >
          {t('app.language')}
        </button>
        <button
          type="button"
          className="more-button"
          aria-expanded={more}
          aria-label={t('app.more')}
          onClick={() => setMore(!more)}
        >
          ⋯
        </button>
      </header>
      {about && (
        <section className="honest" aria-label={t('app.about')}>
          <p>
            {t('app.honest')} {t('app.simplified')} <a href="#faithful">{t('app.faithful')}</a>
          </p>
          <button
            type="button"
            onClick={() => {
              setAbout(false);
              focusTerminal();
            }}
          >
            {t('app.dismiss')}
          </button>
        </section>
      )}
    </>
  );
}
