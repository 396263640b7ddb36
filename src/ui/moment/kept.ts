/** The address of a moment that is too long for one: it is kept in this tab, with the marks of its session. */
export const KEPT = '#at=kept';
const KEPT_KEY = 'cutaway.moment';
const MARKS_KEY = 'cutaway.marks';
const BREAKPOINTS_KEY = 'cutaway.moment.breakpoints';

/** Throws where nothing can be kept. `marks` is `PackedMarks` as JSON, `breakpoints` those of a file. */
export function keep(text: string, marks: string | null, breakpoints = '[]'): void {
  sessionStorage.removeItem(MARKS_KEY);
  sessionStorage.setItem(KEPT_KEY, text);
  if (marks !== null) sessionStorage.setItem(MARKS_KEY, marks);
  sessionStorage.setItem(BREAKPOINTS_KEY, breakpoints);
}

/** May be anything: the storage is everybody's who has a script here. */
export function kept(): { text: string; marks: string | null } {
  return { text: sessionStorage.getItem(KEPT_KEY) ?? '', marks: sessionStorage.getItem(MARKS_KEY) };
}

/** Once: whoever has removed them from the page does not find them there again when it is loaded again. */
export function takeBreakpoints(): string {
  const text = sessionStorage.getItem(BREAKPOINTS_KEY) ?? '[]';
  sessionStorage.removeItem(BREAKPOINTS_KEY);
  return text;
}
