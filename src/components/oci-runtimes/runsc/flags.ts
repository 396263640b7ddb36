/** Flags in the manner of Go's package flag, for runsc and its subcommands. @models go flag, gVisor runsc/config/config.go @fidelity partial: of what a flag takes only the checks below */
import { quote } from '../../../go/quote.ts';

export type FlagKinds = Readonly<Record<string, 'bool' | 'string'>>;

export type Parsed = {
  values: Map<string, string>;
  /** Every value that was given, in order. */
  lists: Map<string, string[]>;
  rest: string[];
  fault: string | null;
};

const TRUE = /^(1|t|T|true|TRUE|True)$/;
const FALSE = /^(0|f|F|false|FALSE|False)$/;

/** What a flag's own parser says against a value; null if it takes it. */
export type FlagCheck = Readonly<Record<string, (value: string) => string | null>>;

const among =
  (what: string, ...known: string[]): ((value: string) => string | null) =>
  (value) =>
    known.includes(value) ? null : `invalid ${what} ${quote(value)}`;

export const GLOBAL_CHECKS: FlagCheck = {
  network: among('network type', 'sandbox', 'host', 'none', 'plugin'),
  'file-access': among('file access type', 'exclusive', 'shared'),
  'file-access-mounts': among('file access type', 'exclusive', 'shared'),
  'watchdog-action': (value) =>
    /^(log|logwarning|panic)$/i.test(value) ? null : `invalid watchdog action ${quote(value)}`,
  overlay2: (value) =>
    value === 'none' || /^[^:]+:/.test(value)
      ? null
      : `expected format is --overlay2={mount}:{medium}, got ${quote(value)}`,
};

export const DEFAULT_ROOT = '/var/run/runsc';

export function parseFlags(words: readonly string[], kinds: FlagKinds | null, checks: FlagCheck = {}): Parsed {
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const set = (name: string, value: string): void => {
    values.set(name, value);
    lists.set(name, [...(lists.get(name) ?? []), value]);
  };
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    if (word === '--') {
      i++;
      break;
    }
    const text = word.replace(/^--?/, '');
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const kind = kinds === null ? 'string' : kinds[name];
    const wrong = (fault: string): Parsed => ({ values, lists, rest: words.slice(i), fault });
    if (kind === undefined) return wrong(`flag provided but not defined: -${name}`);
    let value: string;
    if (at >= 0) value = text.slice(at + 1);
    else if (kind === 'bool') value = 'true';
    else if (i + 1 < words.length) value = words[++i] ?? '';
    else return wrong(`flag needs an argument: -${name}`);
    if (kind === 'bool' && kinds !== null) {
      if (!TRUE.test(value) && !FALSE.test(value))
        return wrong(`invalid boolean value ${quote(value)} for -${name}: parse error`);
      value = TRUE.test(value) ? 'true' : 'false';
    }
    const complaint = checks[name]?.(value) ?? null;
    if (complaint !== null) return wrong(`invalid value ${quote(value)} for flag -${name}: ${complaint}`);
    set(name, value);
  }
  return { values, lists, rest: words.slice(i), fault: null };
}

/** What runsc passes on of its own flags to the processes it starts. */
export function flagWords(values: ReadonlyMap<string, string>): string[] {
  return [...values]
    .filter(([name]) => name !== 'version' && name !== 'help')
    .map(([name, value]) => `--${name}=${value}`);
}
