import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { loadCatalogue, preferredLocale, translator } from './messages/catalogue.ts';
import { cutaway } from './scripting.ts';
import { session } from './session.ts';
import './styles.css';
import './theme/fonts.css';
import { useUi } from './store.ts';
import { applyTheme, type ThemeName } from './theme/tokens.ts';

declare global {
  interface Window {
    cutaway: typeof cutaway;
  }
}

/** `?scenario=bare&seed=7&lang=zh-CN&theme=dark&projector=1`; whatever is absent is chosen here. */
async function start(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const asked = query.get('lang');
  const locale = asked === 'en' || asked === 'zh-CN' ? asked : preferredLocale(navigator.languages);
  const scenario = query.get('scenario') ?? 'bare';
  const seed = Number.parseInt(query.get('seed') ?? '', 10) || 1 + Math.floor(Math.random() * 9999);
  const wanted = query.get('theme');
  const preferred: ThemeName = matchMedia('(prefers-contrast: more)').matches
    ? 'contrast'
    : matchMedia('(prefers-color-scheme: dark)').matches
      ? 'dark'
      : 'light';
  const theme = wanted === 'light' || wanted === 'dark' || wanted === 'contrast' ? wanted : preferred;
  applyTheme(theme, document.documentElement);
  session.start(scenario, seed);
  const catalogue = await loadCatalogue(locale);
  document.documentElement.lang = locale;
  const projector = query.get('projector') === '1';
  useUi.setState({
    catalogue,
    locale,
    theme,
    scenario,
    seed,
    projector,
    ...(projector ? { terminalHeight: 330, introSeen: true } : {}),
  });
  window.cutaway = cutaway;
  const root = document.getElementById('root');
  if (root === null) throw new Error('no #root');
  createRoot(root).render(
    <ErrorBoundary t={translator(catalogue)}>
      <App />
    </ErrorBoundary>,
  );
}

void start();
