/**
 * Tells the learning management system that opened this page how far the learner is, and goes on where that learner
 * stopped. Without such a system nothing happens.
 * @models SCORM 2004 4th Edition, Run-Time Environment 1.1 (API_1484_11)
 */
type LmsApi = {
  Initialize(nothing: ''): string;
  Terminate(nothing: ''): string;
  GetValue(element: string): string;
  SetValue(element: string, value: string): string;
  Commit(nothing: ''): string;
};

/** How many windows above this one are asked: the standard wants at least seven. */
const PARENTS_MAX = 10;

let api: LmsApi | null = null;
let startedAt = 0;
let finished = false;

/** Opens the session. Returns what was kept when the learner left: a catch-up code, or ''. */
export function enterLms(): string {
  api = findApi(window) ?? (window.opener === null ? null : findApi(window.opener as Window));
  if (api === null) return '';
  try {
    if (api.Initialize('') !== 'true') {
      api = null;
      return '';
    }
    startedAt = performance.now();
    finished = api.GetValue('cmi.completion_status') === 'completed';
    addEventListener('pagehide', leaveLms);
    return finished ? '' : api.GetValue('cmi.suspend_data');
  } catch {
    // A broken system must not keep anybody from the lesson.
    api = null;
    return '';
  }
}

/** @param code what leads back here, '' if nothing does */
export function reportToLms(done: number, of: number, code: string): void {
  const share = of === 0 ? 0 : Math.min(1, done / of);
  const complete = share === 1;
  // Whoever looks at a finished lesson again has still finished it.
  if (api === null || (finished && !complete)) return;
  finished = complete;
  const measure = String(Math.round(share * 10_000) / 10_000);
  tell([
    ['cmi.progress_measure', measure],
    ['cmi.score.min', '0'],
    ['cmi.score.max', String(of)],
    ['cmi.score.raw', String(done)],
    ['cmi.score.scaled', measure],
    ['cmi.completion_status', complete ? 'completed' : 'incomplete'],
    ['cmi.success_status', complete ? 'passed' : 'unknown'],
    ['cmi.suspend_data', complete ? '' : code],
  ]);
}

function leaveLms(): void {
  const seconds = Math.max(0, (performance.now() - startedAt) / 1000).toFixed(2);
  tell([
    ['cmi.session_time', `PT${seconds}S`],
    ['cmi.exit', finished ? 'normal' : 'suspend'],
  ]);
  try {
    api?.Terminate('');
  } catch {
    // It has gone before us.
  }
  api = null;
}

function tell(values: readonly (readonly [string, string])[]): void {
  try {
    for (const [element, value] of values) api?.SetValue(element, value);
    api?.Commit('');
  } catch {
    // The lesson goes on without it.
  }
}

function findApi(from: Window): LmsApi | null {
  let at = from;
  for (let i = 0; i < PARENTS_MAX; i++) {
    try {
      const found = (at as Window & { API_1484_11?: LmsApi }).API_1484_11;
      if (found !== undefined && found !== null) return found;
    } catch {
      // Of another origin: it cannot be asked, nor can those above it be reached in any other way.
    }
    if (at.parent === at) return null;
    at = at.parent;
  }
  return null;
}
