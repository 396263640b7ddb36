/** The state of one shell process. Subshells run on a clone, as a forked process would on its copy of memory. */
import type { CompoundCommand, CompoundList, Redirected } from 'unbash';
import type { Context } from '../linux/context.ts';
import type { Heap } from '../linux/heap.ts';
import type { Signal } from '../linux/signals.ts';
import type { Compspec, Compspecs } from './compspec.ts';
import type { Job } from './jobs.ts';
import { Source } from './source.ts';
import { Scope } from './variables.ts';

export type ShellFunction = {
  body: CompoundCommand | Redirected | CompoundList;
  source: Source;
  text: string;
  /** The aliases there were when it was read. */
  aliases: ReadonlyMap<string, string>;
};

export const NO_NAMES: ReadonlySet<string> = new Set();

export type Flavour = 'bash' | 'ash';

export type Trap = { command: string };

type HashedPath = { path: string; hits: number };

/** `set -o` names with their letters. */
export const OPTION_LETTERS: Readonly<Record<string, string>> = {
  a: 'allexport',
  b: 'notify',
  e: 'errexit',
  f: 'noglob',
  h: 'hashall',
  m: 'monitor',
  n: 'noexec',
  u: 'nounset',
  v: 'verbose',
  x: 'xtrace',
  B: 'braceexpand',
  C: 'noclobber',
  E: 'errtrace',
  H: 'histexpand',
  P: 'physical',
  T: 'functrace',
};

/** As long as nobody has told anything: taking away what is not there is then no fault. */
export const NO_COMPSPECS: Compspecs = new Map();
const NO_FUNCTIONS: ReadonlyMap<string, ShellFunction> = new Map();
const NO_ALIASES: ReadonlyMap<string, string> = new Map();
export const NO_TRAPS: ReadonlyMap<string, Trap> = new Map();
const NO_PATHS: ReadonlyMap<string, HashedPath> = new Map();
const NO_STATUSES: ReadonlyMap<number, number> = new Map();
/** What is on at first. */
const SHOPTS: ReadonlySet<string> = new Set([
  'checkwinsize',
  'cmdhist',
  'complete_fullquote',
  'extquote',
  'force_fignore',
  'globasciiranges',
  'globskipdots',
  'hostcomplete',
  'interactive_comments',
  'patsub_replacement',
  'progcomp',
  'promptvars',
  'sourcepath',
]);

export class Shell {
  readonly flavour: Flavour;
  /** $0 */
  name: string;
  interactive = false;
  login = false;
  /** Commands come from `bash -c`, a file or standard input. */
  commandString = false;
  readingStdin = false;
  jobControl = false;
  /** Driven by an embedder through a pipe: interactive in its messages, but nobody sees it leave. */
  session = false;
  /** The terminal's descriptor that job control uses, and our own process group. */
  ttyFd = -1;
  group = 0;
  /** $$ */
  readonly pid: number;
  subshell = 0;
  parentPid = 0;

  scopes: Scope[];
  // Shared with forked children until one of them changes: replaced, never changed in place.
  functions: ReadonlyMap<string, ShellFunction> = NO_FUNCTIONS;
  aliases: ReadonlyMap<string, string> = NO_ALIASES;
  /** Those there were when the line that runs now was read, and those of it that are being expanded. */
  aliasesRead: ReadonlyMap<string, string> = this.aliases;
  aliasesHeld: ReadonlySet<string> = NO_NAMES;
  compspecs: Compspecs = NO_COMPSPECS;
  /** Builtins that `enable -n` has put aside. */
  disabled: ReadonlySet<string> = NO_NAMES;
  /** While a completion function runs: what `compopt` changes. */
  completing: Compspec['options'] | null = null;
  hashed: ReadonlyMap<string, HashedPath> = NO_PATHS;
  options: Set<string>;
  shopts: ReadonlySet<string>;
  positional: string[] = [];
  callStack: string[] = [];
  status = 0;
  pipeStatus: number[] = [];
  lastBackground = 0;
  /** Statuses of background processes that have been waited for already. */
  finished: ReadonlyMap<number, number> = NO_STATUSES;
  lastArgument = '';
  substitutionStatus: number | null = null;
  loopDepth = 0;
  /** More than 0 while the status of what runs is being tested, so that errexit does not apply. */
  conditionDepth = 0;
  /** Depth of `source` files and functions: where `return` is allowed. */
  returnDepth = 0;
  executingList = 0;
  line = 1;
  source: Source = new Source('', 1);
  startedAt: number;
  secondsBase = 0;

  jobs: Job[] = [];
  traps: ReadonlyMap<string, Trap> = NO_TRAPS;
  /** Signals caught and not yet acted on. */
  pending: Signal[] = [];
  interrupted = false;
  directoryStack: string[] = [];
  history: string[] = [];
  historyBase = 1;
  optionIndex = { argument: 1, offset: 0 };
  /** High descriptors in use for saved copies (bash keeps them at 10 and up). */
  savedDescriptors = new Set<number>();
  /** Our ends of `<( )` pipes, closed after the command that used them. */
  substitutionDescriptors: number[] = [];
  cwd = '/';
  /** What long values take; null while there was none. A forked child has them in its parent's pages. */
  heap: Heap | null = null;
  exitWarned = false;
  /** In forked children SIGINT has its default action, so nothing has to be checked. */
  exitOnInterrupt = false;
  runningTrap = false;

  constructor(ctx: Context, flavour: Flavour, name: string) {
    this.flavour = flavour;
    this.name = name;
    this.pid = ctx.sys.getpid(ctx);
    this.startedAt = ctx.now;
    this.scopes = [new Scope()];
    this.options = new Set(flavour === 'ash' ? [] : ['braceexpand', 'hashall', 'interactive-comments']);
    this.shopts = SHOPTS;
  }

  /** What a forked child starts from. Traps are kept for listing only; the caller resets their signals. */
  clone(): Shell {
    // A spread copies an object whole; assigning to an empty one goes member by member, and every pipeline forks twice.
    const copy = Object.setPrototypeOf({ ...this }, Shell.prototype) as Shell;
    copy.scopes = this.scopes.map((scope) => scope.fork());
    copy.options = new Set(this.options);
    copy.positional = [...this.positional];
    copy.callStack = [...this.callStack];
    copy.pipeStatus = [...this.pipeStatus];
    copy.pending = [];
    copy.jobs = this.jobs.map((job) => ({ ...job, processes: job.processes.map((p) => ({ ...p })) }));
    copy.directoryStack = [...this.directoryStack];
    copy.history = this.history;
    copy.optionIndex = { ...this.optionIndex };
    copy.substitutionDescriptors = [...this.substitutionDescriptors];
    copy.savedDescriptors = new Set(this.savedDescriptors);
    copy.heap = null;
    return copy;
  }

  setShopt(name: string, on: boolean): void {
    const next = new Set(this.shopts);
    if (on) next.add(name);
    else next.delete(name);
    this.shopts = next;
  }

  /** Null removes it. Tells whether it was there. */
  setFunction(name: string, body: ShellFunction | null): boolean {
    const was = this.functions.has(name);
    this.functions = changed(this.functions, name, body);
    return was;
  }

  /** Null removes it. Tells whether it was there. */
  setAlias(name: string, value: string | null): boolean {
    const was = this.aliases.has(name);
    this.aliases = changed(this.aliases, name, value);
    return was;
  }

  /** Null removes it. */
  setCompspec(name: string, spec: Compspec | null): void {
    this.compspecs = changed(this.compspecs, name, spec);
  }

  /** Null removes it. */
  setTrap(name: string, trap: Trap | null): void {
    this.traps = changed(this.traps, name, trap);
  }

  /** Null removes it. */
  setHashed(name: string, path: HashedPath | null): void {
    this.hashed = changed(this.hashed, name, path);
  }

  forgetPaths(): void {
    this.hashed = NO_PATHS;
  }

  setFinished(pid: number, status: number): void {
    this.finished = changed(this.finished, pid, status);
  }

  option(name: string): boolean {
    return this.options.has(name);
  }
}

function changed<K, T>(map: ReadonlyMap<K, T>, name: K, value: T | null): ReadonlyMap<K, T> {
  const next = new Map(map);
  if (value === null) next.delete(name);
  else next.set(name, value);
  return next;
}
