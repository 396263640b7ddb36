/**
 * conmon's command line, as GLib parses it.
 * @models conmon 2.1 src/cli.c
 * @fidelity partial: what CRI-O and Podman pass; log drivers besides k8s-file and checkpoints say that they are not simulated
 */

const TEXT = {
  b: 'bundle',
  c: 'cid',
  P: 'conmon-pidfile',
  p: 'container-pidfile',
  u: 'cuuid',
  l: 'log-path',
  n: 'name',
  '0': 'persist-dir',
  r: 'runtime',
  T: 'timeout',
} as const;

const TEXT_LONG = new Set<string>([
  ...Object.values(TEXT),
  'exec-process-spec',
  'exit-command',
  'exit-command-arg',
  'exit-delay',
  'exit-dir',
  'log-level',
  'log-size-max',
  'log-global-size-max',
  'log-tag',
  'restore',
  'runtime-arg',
  'runtime-opt',
  'sdnotify-socket',
  'socket-dir-path',
]);

const SWITCH = { e: 'exec', i: 'stdin', s: 'systemd-cgroup', t: 'terminal' } as const;

const SWITCH_LONG = new Set<string>([
  ...Object.values(SWITCH),
  'api-version',
  'exec-attach',
  'full-attach',
  'leave-stdin-open',
  'no-new-keyring',
  'no-pivot',
  'no-sync-log',
  'replace-listen-pid',
  'sync',
  'syslog',
  'version',
  'help',
]);

export type Options = {
  text(name: string): string;
  list(name: string): readonly string[];
  has(name: string): boolean;
};

export type OptionsResult = { kind: 'ok'; options: Options } | { kind: 'error'; words: string };

export function parseOptions(args: readonly string[]): OptionsResult {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const long = arg.startsWith('--');
    const at = long ? arg.indexOf('=') : -1;
    const word = long ? arg.slice(2, at < 0 ? undefined : at) : arg.slice(1);
    const name = long ? word : ((TEXT as Record<string, string>)[word] ?? (SWITCH as Record<string, string>)[word]);
    if (!arg.startsWith('-') || name === undefined || (!TEXT_LONG.has(name) && !SWITCH_LONG.has(name)))
      return { kind: 'error', words: `Unknown option ${arg}` };
    if (SWITCH_LONG.has(name)) add(name, '');
    else if (at >= 0) add(name, arg.slice(at + 1));
    else if (i + 1 < args.length) add(name, args[++i] ?? '');
    else return { kind: 'error', words: `Missing argument for ${arg}` };
  }
  return {
    kind: 'ok',
    options: {
      text: (name) => values.get(name)?.at(-1) ?? '',
      list: (name) => values.get(name) ?? [],
      has: (name) => values.has(name),
    },
  };
}

export const HELP = `Usage:
  conmon [OPTION…] - conmon utility

Help Options:
  -h, --help

Application Options:
${[...TEXT_LONG, ...SWITCH_LONG]
  .sort()
  .map((name) => `  --${name}\n`)
  .join('')}
`;
