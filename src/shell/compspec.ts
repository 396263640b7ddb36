/** What `complete` knows of a command's words. @models bash 5.2 pcomplib.c, complete.def @fidelity full */
import { singleQuote } from './quote.ts';

/** In the order in which they are printed. */
export const COMPLETION_OPTIONS = [
  'bashdefault',
  'default',
  'dirnames',
  'filenames',
  'noquote',
  'nosort',
  'nospace',
  'plusdirs',
] as const;
export type CompletionOption = (typeof COMPLETION_OPTIONS)[number];

/** Actions by their letters, as they are printed; the others have none and are printed with -A. */
export const LETTERED_ACTIONS = {
  alias: 'a',
  builtin: 'b',
  command: 'c',
  directory: 'd',
  export: 'e',
  file: 'f',
  group: 'g',
  job: 'j',
  keyword: 'k',
  service: 's',
  user: 'u',
  variable: 'v',
} as const;
export const NAMED_ACTIONS = [
  'arrayvar',
  'binding',
  'disabled',
  'enabled',
  'function',
  'helptopic',
  'hostname',
  'running',
  'setopt',
  'shopt',
  'signal',
  'stopped',
] as const;
export type CompletionAction = keyof typeof LETTERED_ACTIONS | (typeof NAMED_ACTIONS)[number];

/** Options that take a text, by their letters. */
export type Compspec = {
  options: Set<CompletionOption>;
  actions: Set<CompletionAction>;
  G: string | null;
  W: string | null;
  P: string | null;
  S: string | null;
  X: string | null;
  C: string | null;
  F: string | null;
};

/** What -D, -E and -I are kept under. */
export const SPECIAL_NAMES = { D: '_DefaultCmD_', E: '_EmptycmD_', I: '_InitialWorD_' } as const;

export type Compspecs = ReadonlyMap<string, Compspec>;

export function newCompspec(): Compspec {
  return { options: new Set(), actions: new Set(), G: null, W: null, P: null, S: null, X: null, C: null, F: null };
}

/** The command line that makes it again. */
export function compspecText(name: string, spec: Compspec): string {
  let text = 'complete';
  for (const option of COMPLETION_OPTIONS) if (spec.options.has(option)) text += ` -o ${option}`;
  for (const [action, letter] of Object.entries(LETTERED_ACTIONS))
    if (spec.actions.has(action as CompletionAction)) text += ` -${letter}`;
  for (const action of NAMED_ACTIONS) if (spec.actions.has(action)) text += ` -A ${action}`;
  for (const letter of ['G', 'W', 'P', 'S', 'X', 'C'] as const) {
    const value = spec[letter];
    if (value !== null) text += ` -${letter} ${singleQuote(value)}`;
  }
  if (spec.F !== null) text += ` -F ${spec.F}`;
  return `${text} ${shownName(name)}`;
}

export function shownName(name: string): string {
  const special = Object.entries(SPECIAL_NAMES).find(([, kept]) => kept === name);
  return special === undefined ? name : `-${special[0]}`;
}

const BUCKETS = 512;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** In the order in which they lie in bash's hash table. */
export function inTableOrder(specs: Compspecs): [string, Compspec][] {
  const bucket = (name: string): number => {
    let hash = FNV_OFFSET;
    for (const byte of new TextEncoder().encode(name)) hash = (Math.imul(hash, FNV_PRIME) ^ byte) >>> 0;
    return hash % BUCKETS;
  };
  // The newest of a bucket comes first.
  return [...specs].reverse().sort(([a], [b]) => bucket(a) - bucket(b));
}
