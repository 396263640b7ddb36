import type { NamespaceSelection } from './inspector/describe-namespace.ts';

/** Files as a process names them, from a directory on; `overlay` is where a container's root lies, by a process and its path. */
export type FilesSelection = {
  readonly kind: 'files';
  readonly title: string;
  readonly pid: number;
  readonly path: string;
  readonly overlay: { readonly pid: number; readonly path: string } | null;
};

/** What the inspector is open on. */
export type Selection =
  | { readonly kind: 'call'; readonly call: number }
  /** What a command caused; which one is `causeOf` in the store. */
  | { readonly kind: 'causes' }
  /** What the machine stops at. */
  | { readonly kind: 'breaks' }
  /** Markers and branches. */
  | { readonly kind: 'marks' }
  | FilesSelection
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
