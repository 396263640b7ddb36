/** Flags in the manner of Go's package flag, for runsc and its subcommands. @models go flag, gVisor runsc/config/flags.go @fidelity partial: the flags used here act; the others known are accepted */
export type FlagKinds = Readonly<Record<string, 'bool' | 'string'>>;

export type Parsed = { values: Map<string, string>; rest: string[]; fault: string | null };

export const GLOBAL_FLAGS: FlagKinds = {
  root: 'string',
  log: 'string',
  'log-format': 'string',
  'log-fd': 'string',
  debug: 'bool',
  'debug-log': 'string',
  'debug-log-fd': 'string',
  strace: 'bool',
  'log-packets': 'bool',
  platform: 'string',
  network: 'string',
  'net-raw': 'bool',
  'file-access': 'string',
  'file-access-mounts': 'string',
  overlay2: 'string',
  directfs: 'bool',
  'host-uds': 'string',
  'oci-seccomp': 'bool',
  'systemd-cgroup': 'bool',
  'ignore-cgroups': 'bool',
  rootless: 'bool',
  'watchdog-action': 'string',
  'cpu-num-from-quota': 'bool',
  'allow-flag-override': 'bool',
  'panic-signal': 'string',
  'user-log': 'string',
  version: 'bool',
  help: 'bool',
  h: 'bool',
};

export const DEFAULT_ROOT = '/var/run/runsc';

export function parseFlags(words: readonly string[], kinds: FlagKinds | null): Parsed {
  const values = new Map<string, string>();
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
    if (kind === undefined) return { values, rest: words.slice(i), fault: `flag provided but not defined: -${name}` };
    if (at >= 0) values.set(name, text.slice(at + 1));
    else if (kind === 'bool') values.set(name, 'true');
    else if (i + 1 < words.length) values.set(name, words[++i] ?? '');
    else return { values, rest: [], fault: `flag needs an argument: -${name}` };
  }
  return { values, rest: words.slice(i), fault: null };
}

/** What runsc passes on of its own flags to the processes it starts. */
export function flagWords(values: ReadonlyMap<string, string>): string[] {
  return [...values]
    .filter(([name]) => name !== 'version' && name !== 'help')
    .map(([name, value]) => `--${name}=${value}`);
}
