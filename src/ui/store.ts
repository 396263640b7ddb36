/** What the page renders from. The history and the index are kept beside it and change in place; `version` tells. */

import { createStore } from 'zustand/vanilla';
import type { ProgressReport } from '../lesson-engine/progress.ts';
import type { Stratum } from '../projections/layers.ts';
import type { StepKind } from '../projections/steps.ts';
import type { SeenNode } from '../projections/viewpoint.ts';
import type { OfferedSession } from './autosave/kept-sessions.ts';
import type { NotKept } from './autosave/not-kept-bar.tsx';
import type { BroughtFiles } from './bring/brought-bar.tsx';
import type { Shown } from './director.ts';
import type { OpenInterview } from './interview/aids.ts';
import type { OpenCourse } from './lesson/course.ts';
import type { Catalogue, Locale } from './messages/catalogue.ts';
import type { OpenMoment } from './moment/open-moment.ts';
import type { FilesSelection, Selection } from './selection.ts';
import type { OpenTerminal } from './terminal/terminals-in-use.ts';
import type { ThemeName } from './theme/tokens.ts';

export type Pane = 'drawing' | 'timeline' | 'terminal';

export type UiState = {
  catalogue: Catalogue;
  locale: Locale;
  theme: ThemeName;
  projector: boolean;
  /** A presenter has made the screen black for a while. */
  black: boolean;
  /** In somebody's frame: drawing and terminal, without what is around them. */
  embedded: boolean;
  scenario: string;
  seed: number;
  /** The nodes that there are, and the one that is drawn, by the number of its kernel. */
  nodes: readonly SeenNode[];
  node: number;
  /** Grows when the history, the index or the shown moment changed: at most once a frame. */
  version: number;
  shown: Shown;
  now: number;
  running: boolean;
  paused: boolean;
  hopMode: boolean;
  ratio: number;
  /** How far a step goes. */
  stepKind: StepKind;
  selection: Selection | null;
  inspectorOpen: boolean;
  /** The search over everything is open. */
  finding: boolean;
  /** The span of the command whose causal tree is shown; null for the last. */
  causeOf: number | null;
  /** The container whose field is followed down, and which one; null for the first that is offered. */
  following: { readonly container: string; readonly field: string | null } | null;
  /** What pods the drawing should show before others; the field for it is open while not null. */
  podFilter: string | null;
  /** Something was typed, or another terminal asked for, while the past was looked at: where, and what. */
  asking: { readonly seq: number; readonly text: string; readonly opens: boolean } | null;
  /** A history is being made again, up to this virtual time (ns); null otherwise. */
  branching: number | null;
  hidden: Readonly<Record<Pane, boolean>>;
  /** The terminal stands above the drawing. */
  terminalFirst: boolean;
  /** The terminal's text is there for a screen reader, too, and what is printed is read. */
  screenReader: boolean;
  terminalHeight: number;
  inspectorWidth: number;
  /** Those that are open; none when the last session has ended. */
  terminals: readonly OpenTerminal[];
  /** The one that is typed in, by its number. */
  terminal: number;
  /** All of them are in view. */
  sideBySide: boolean;
  prompted: boolean;
  bootError: string | null;
  crash: string | null;
  /** The machine stopped answering: another one makes its session again, or has made it. */
  replaced: 'no' | 'making' | 'made';
  fullWidth: boolean;
  walkStep: number;
  /** On which terminal the text of the walk's step stands at the prompt and waits for Enter; null: on none. */
  walkTyped: number | null;
  announcement: string;
  phoneLayer: string | null;
  /** The lesson or drill that this page was opened for. */
  course: OpenCourse | null;
  progress: ProgressReport | null;
  /** Layers that the lesson's step asks to watch. */
  watched: readonly Stratum[];
  /** The moment that this page was opened for: being made again, shown, or why it cannot be. */
  moment: OpenMoment | null;
  /** What this tab had before it was loaded again, or another left that ended without being closed. */
  restorable: OfferedSession | null;
  /** What of the session is not kept, until it is read. */
  notKept: NotKept | null;
  /** The moment on the screen is being shared. */
  sharing: boolean;
  /** Files that were brought to the node: until it is read where they are. */
  brought: BroughtFiles | null;
  /** The interview whose task this is, with what its candidate may use. */
  interview: OpenInterview | null;
};

export const TERMINAL_HEIGHT = 232;
export const TERMINAL_HEIGHT_MIN = 96;
export const DIVIDER_STEP_PX = 24;
export const INSPECTOR_WIDTH_MIN = 240;

/** Without React: the page is used before the drawing's code is there. Components read it through `useUi`. */
export const ui = createStore<UiState>()(() => ({
  catalogue: {} as Catalogue,
  locale: 'en',
  theme: 'light',
  projector: false,
  black: false,
  embedded: false,
  scenario: 'bare',
  seed: 1,
  nodes: [],
  node: 0,
  version: 0,
  shown: { playhead: null, hop: null, hopAt: 0, hopsOf: 0 },
  now: 0,
  running: false,
  paused: false,
  hopMode: true,
  ratio: 1,
  stepKind: 'event',
  selection: null,
  inspectorOpen: false,
  finding: false,
  causeOf: null,
  following: null,
  podFilter: null,
  asking: null,
  branching: null,
  hidden: { drawing: false, timeline: false, terminal: false },
  terminalFirst: false,
  screenReader: false,
  terminalHeight: TERMINAL_HEIGHT,
  inspectorWidth: 340,
  terminals: [],
  terminal: 0,
  sideBySide: false,
  prompted: false,
  bootError: null,
  crash: null,
  replaced: 'no',
  fullWidth: false,
  walkStep: 0,
  walkTyped: null,
  announcement: '',
  phoneLayer: null,
  course: null,
  progress: null,
  watched: [],
  moment: null,
  restorable: null,
  notKept: null,
  sharing: false,
  brought: null,
  interview: null,
}));

const CAUSES_WIDTH_MIN = 520;

/** The causal tree needs more room than a thing's facts do. */
export function showCauses(command: number | null): void {
  widen();
  ui.setState({ causeOf: command });
  select({ kind: 'causes' });
}

/** Whose words a line that was printed is made of. */
export function showError(line: string, until = Number.MAX_SAFE_INTEGER): void {
  widen();
  select({ kind: 'error', line, until });
}

/** And so do files. */
export function showFiles(selection: FilesSelection): void {
  widen();
  select(selection);
}

function widen(): void {
  const { inspectorWidth } = ui.getState();
  ui.setState({ inspectorWidth: Math.max(inspectorWidth, Math.min(CAUSES_WIDTH_MIN, innerWidth / 2)) });
}

/** Opens a container at the way of one of its fields. */
export function followField(container: string, field: string | null): void {
  widen();
  ui.setState({ following: { container, field } });
  select({ kind: 'container', id: container });
}

export function select(selection: Selection | null): void {
  ui.setState({ selection, inspectorOpen: selection !== null });
}
