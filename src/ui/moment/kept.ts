/** The address of a moment that is too long for one: it is kept in this tab, with the marks of its session. */
export const KEPT = '#at=kept';
const KEPT_KEY = 'cutaway.moment';
const MARKS_KEY = 'cutaway.marks';

/** Throws where nothing can be kept. `marks` is `PackedMarks` as JSON. */
export function keep(text: string, marks: string | null): void {
  sessionStorage.removeItem(MARKS_KEY);
  sessionStorage.setItem(KEPT_KEY, text);
  if (marks !== null) sessionStorage.setItem(MARKS_KEY, marks);
}

/** May be anything: the storage is everybody's who has a script here. */
export function kept(): { text: string; marks: string | null } {
  return { text: sessionStorage.getItem(KEPT_KEY) ?? '', marks: sessionStorage.getItem(MARKS_KEY) };
}
