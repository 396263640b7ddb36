import type { NamespaceSelection } from './inspector/describe-namespace.ts';

/** What the inspector is open on. */
export type Selection =
  | { readonly kind: 'call'; readonly call: number }
  /** What a command caused; which one is `causeOf` in the store. */
  | { readonly kind: 'causes' }
  /** What the machine stops at. */
  | { readonly kind: 'breaks' }
  | { readonly kind: 'event'; readonly seq: number }
  | NamespaceSelection
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'container'; readonly id: string }
  | { readonly kind: 'pod'; readonly id: string }
  | { readonly kind: 'socket'; readonly address: string }
  | { readonly kind: 'topic'; readonly topics: readonly string[]; readonly title: string }
  | { readonly kind: 'state'; readonly id: string }
  | { readonly kind: 'cgroup'; readonly path: string }
  | { readonly kind: 'mount'; readonly id: string }
  | { readonly kind: 'link'; readonly id: string }
  | { readonly kind: 'kernel'; readonly number: number }
  | { readonly kind: 'processes'; readonly title: string; readonly pids: readonly number[] };

export function sameSelection(a: Selection | null, b: Selection | null): boolean {
  return a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b);
}
