/**
 * Starts the page: the machine's worker and the terminal at once, the drawing when the prompt is there. What the
 * machine did meanwhile the drawing catches up with, since the session has kept it.
 */
import { SCENARIO_NAMES } from '../machine/scenarios/names.ts';
import { later } from './later.ts';
import { type Catalogue, loadCatalogue, preferredLocale, translator } from './messages/catalogue.ts';
import { cutaway } from './scripting.ts';
import { session } from './session.ts';
import { TERMINAL_HEIGHT, TERMINAL_HEIGHT_MIN, ui } from './store.ts';
import './styles.css';
import './theme/fonts.css';
import { openTerminal } from './terminal/terminal-host.ts';
import { applyTheme, type ThemeName } from './theme/tokens.ts';
import { firstWords } from './walk/walk.ts';

declare global {
  interface Window {
    cutaway: typeof cutaway;
  }
}

const SEED_MAX = 9999;
/** Beyond every walk: nothing is typed at the prompt. */
const AFTER_THE_WALK = 1000;
const PROJECTOR_TERMINAL_HEIGHT_PX = 330;
const PROJECTOR_TERMINAL_SHARE = 0.27;
/** A small window is the drawing's before it is the terminal's. */
const TERMINAL_SHARE = 0.25;

/** `?scenario=bare&seed=7&lang=zh-CN&theme=dark&projector=1&embed=1&run=LINE`, `#at=MOMENT`; whatever is absent is chosen here. */
function start(root: HTMLElement, terminal: HTMLElement): void {
  const query = new URLSearchParams(location.search);
  const asked = query.get('lang');
  const locale = asked === 'en' || asked === 'zh-CN' ? asked : preferredLocale(navigator.languages);
  const scenario = query.get('scenario') ?? SCENARIO_NAMES[0];
  const seed = Number.parseInt(query.get('seed') ?? '', 10) || 1 + Math.floor(Math.random() * SEED_MAX);
  const projector = query.get('projector') === '1';
  const embedded = query.get('embed') === '1';
  const theme = themeOf(query.get('theme'), projector);
  document.documentElement.lang = locale;
  document.documentElement.classList.toggle('with-projector', projector);
  applyTheme(theme, document.documentElement);
  ui.setState({
    locale,
    theme,
    scenario,
    seed,
    projector,
    terminalHeight: Math.max(TERMINAL_HEIGHT_MIN, Math.min(TERMINAL_HEIGHT, Math.round(innerHeight * TERMINAL_SHARE))),
    ...(embedded
      ? { embedded, walkStep: AFTER_THE_WALK, hidden: { drawing: false, timeline: true, terminal: false } }
      : {}),
    ...(projector
      ? { terminalHeight: Math.min(PROJECTOR_TERMINAL_HEIGHT_PX, Math.round(innerHeight * PROJECTOR_TERMINAL_SHARE)) }
      : {}),
  });
  const wanted = query.get('lesson') ?? query.get('drill') ?? query.get('article') ?? query.get('demo');
  const room = query.get('notes');
  if (wanted !== null && room !== null) {
    void import('./lesson/notes-window.tsx').then(({ showNotes }) => showNotes(root, wanted, room, locale));
    return;
  }
  window.cutaway = cutaway;
  if (embedded) void import('./embed/embed.ts').then(({ answerEmbedder }) => answerEmbedder(query));
  const moment = location.hash.startsWith('#at=');
  if (moment) void import('./moment/open-moment.ts').then(({ openMoment }) => openMoment(scenario, seed));
  else if (wanted !== null || ['at', 'interview', 'replay'].some((name) => query.has(name))) void startCourse(query);
  else session.start(scenario, seed);
  const terminalOpened = later().then(() => openTerminal(terminal));
  const catalogue = loadCatalogue(locale);
  if (!moment && wanted === null && !embedded) void catalogue.then((texts) => saySomething(root, scenario, texts));
  let shown = false;
  const show = async (): Promise<void> => {
    shown = true;
    // One after the other, each in a task of its own: together they would keep the page from answering.
    await Promise.all([terminalOpened, import('react-dom/client')]);
    await later();
    const [texts, { showPage }] = await Promise.all([catalogue, import('./page.tsx')]);
    await later();
    ui.setState({ catalogue: texts });
    showPage(root);
  };
  ui.subscribe(({ prompted, bootError, crash, moment }) => {
    if (!shown && (prompted || moment !== null || bootError !== null || crash !== null)) void show();
  });
}

/** What there is to read while the node comes up; the page says it again when it is there. */
function saySomething(root: HTMLElement, scenario: string, texts: Catalogue): void {
  const words = root.querySelector('.before .walk p');
  if (words !== null) words.textContent = translator(texts)(firstWords(scenario));
}

/**
 * `?lesson=L01`, `?at=CATCH-UP-CODE`, `?drill=R01&variant=2`, `?article=A1`, `?demo=D01`, `?interview=P30&nonce=WORD` or `?replay=R01`: the node is
 * the lesson's.
 */
async function startCourse(query: URLSearchParams): Promise<void> {
  const { openAddress } = await import('./lesson/open-course.ts');
  const opened = await openAddress(query);
  if (opened === null) {
    ui.setState({ bootError: query.toString() });
    return;
  }
  const { scenario, seed } = opened.stand;
  const interview = opened.interview ?? null;
  ui.setState({ scenario, seed, course: opened.open, interview });
  if (interview?.on.drawing === false) session.hopMode(false);
  const { course, savepoint } = opened;
  session.start(scenario, seed, savepoint === undefined ? { course } : { course, savepoint });
}

/** A projector washes dark colours out: for a lecture, who prefers them at their own desk has to ask for them. */
function themeOf(wanted: string | null, projector: boolean): ThemeName {
  if (wanted === 'light' || wanted === 'dark' || wanted === 'contrast') return wanted;
  if (matchMedia('(prefers-contrast: more)').matches) return 'contrast';
  if (projector) return 'light';
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

const root = document.getElementById('root');
const terminal = document.querySelector<HTMLElement>('.terminal');
if (root === null || terminal === null) throw new Error('index.html lacks #root or .terminal');
start(root, terminal);
