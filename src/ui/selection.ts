import type { NamespaceSelection } from './inspector/describe-namespace.ts';

/** Files as a process names them, from a directory on; `overlay` is where a container's root lies, by a process and its path. */
export type FilesSelection = {
  readonly kind: 'files';
  readonly title: string;
  readonly pid: number;
  readonly path: string;
  readonly overlay: { readonly pid: number; readonly path: string } | null;
  /** The file that is shown at once. */
  readonly open?: string;
};

/** The system calls of a process, all or those that belong to a span, between two events; `until` is null while it goes on. */
export type CallsSelection = {
  readonly kind: 'calls';
  readonly title: string;
  readonly pid: number;
  readonly span: number | null;
  readonly from: number;
  readonly until: number | null;
};

/** What the inspector is open on. */
export type Selection =
  | { readonly kind: 'call'; readonly call: number }
  /** What a command caused; which one is `causeOf` in the store. */
  | { readonly kind: 'causes' }
  /** Whose words a line is made of; only what failed before event `until` counts. */
  | { readonly kind: 'error'; readonly line: string; readonly until: number }
  | CallsSelection
  /** What the write that event `seq` tells of has changed in a file, whose path is the writer's. */
  | { readonly kind: 'file-change'; readonly pid: number; readonly path: string; readonly seq: number }
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

/** What has a view of its own; all else is a thing of the drawing. */
export type Viewed = 'call' | 'causes' | 'error' | 'calls' | 'file-change' | 'breaks' | 'marks' | 'files';

const VIEWED: ReadonlySet<string> = new Set<Viewed>([
  'call',
  'causes',
  'error',
  'calls',
  'file-change',
  'breaks',
  'marks',
  'files',
]);

export type ThingSelection = Exclude<Selection, { kind: Viewed }>;

export function isThing(selection: Selection): selection is ThingSelection {
  return !VIEWED.has(selection.kind);
}

export function sameSelection(a: Selection | null, b: Selection | null): boolean {
  return a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b);
}
