/** Usage texts of runsc, as Go's subcommands package prints them. @models github.com/google/subcommands, gVisor runsc/cli @fidelity partial: help of single commands without their prose */
export type Group = { title: string; commands: readonly (readonly [name: string, what: string])[] };

export const GROUPS: readonly Group[] = [
  {
    title: 'Subcommands',
    commands: [
      ['checkpoint', 'checkpoint current state of container (experimental)'],
      ['create', 'create a secure container'],
      ['delete', 'delete resources held by a container'],
      ['do', "Simplistic way to execute a command inside the sandbox. It's to be used for testing only."],
      ['events', 'display container events such as OOM notifications, cpu, memory, and IO usage statistics'],
      ['exec', 'execute new process inside the container'],
      ['flags', 'describe all known top-level flags'],
      ['help', 'Print help documentation.'],
      ['kill', 'sends a signal to the container'],
      ['list', 'list containers started by runsc with the given root'],
      ['pause', 'pause suspends all processes in a container'],
      ['port-forward', 'port forward to a secure container'],
      ['ps', 'ps displays the processes running inside a container'],
      ['restore', 'restore a saved state of container (experimental)'],
      ['resume', 'Resume unpauses a paused container'],
      ['run', 'create and run a secure container'],
      ['spec', 'create a new OCI bundle specification file'],
      ['start', 'start a secure container'],
      ['state', 'get the state of a container'],
      ['wait', 'wait on a process inside a container'],
    ],
  },
  {
    title: 'Subcommands for debug',
    commands: [
      ['debug', 'shows a variety of debug information'],
      ['read-control', 'read a cgroups control value inside the container'],
      ['statefile', 'shows information about a statefile'],
      [
        'symbolize',
        'Convert synthetic instruction pointers from kcov into positions in the runsc source code. Only used when Go coverage is enabled.',
      ],
      ['usage', 'Usage shows application memory usage across various categories in bytes.'],
      ['write-control', 'write a cgroups control value inside the container'],
    ],
  },
  {
    title: 'Subcommands for helpers',
    commands: [
      ['features', 'list CPU features supported on current machine'],
      ['install', 'adds a runtime to docker daemon configuration'],
      ['mitigate', 'mitigate mitigates the underlying system against side channel attacks'],
      ['nvproxy', 'shows information about nvproxy support'],
      ['trace', 'manages trace sessions for a given sandbox'],
      ['uninstall', 'removes a runtime from docker daemon configuration'],
    ],
  },
  {
    title: 'Subcommands for internal use only',
    commands: [
      ['boot', 'launch a sandbox process'],
      ['gofer', 'launch a gofer process that proxies access to container files'],
      ['umount', 'umount the specified directory lazily when one byte is read from sync-fd'],
    ],
  },
  {
    title: 'Subcommands for metrics',
    commands: [
      ['export-metrics', 'export metric data for the sandbox'],
      ['metric-metadata', 'export metric metadata of metrics registered in this build, in text proto format'],
      ['metric-server', 'implements Prometheus metrics HTTP endpoint'],
    ],
  },
];

const NAME_WIDTH = 15;
const HEAD = 'Usage: runsc <flags> <subcommand> <subcommand args>\n';
const TAIL = '\nUse "runsc flags" for a list of top-level flags\n';

export function isCommand(name: string): boolean {
  return GROUPS.some((group) => group.commands.some(([known]) => known === name));
}

function groups(): string {
  return GROUPS.map(
    ({ title, commands }) =>
      `${title}:\n${commands.map(([name, what]) => `\t${shown(name).padEnd(NAME_WIDTH)}  ${what}\n`).join('')}\n`,
  ).join('');
}

/** Two commands of the real program answer to `state`. */
function shown(name: string): string {
  return name === 'statefile' ? 'state' : name;
}

/** On stderr, after a mistake. */
export function shortUsage(): string {
  return `${HEAD}\n${groups()}${TAIL}`;
}

export function fullHelp(): string {
  return `${HEAD}
runsc is the gVisor container runtime.

Functionality is provided by subcommands. For help with a specific subcommand,
use "runsc help <subcommand>".

${groups()}Additional help topics (Use "runsc help <topic>" to see help on the topic):
	platforms        Print a list of available platforms.
	syscalls         Print compatibility information for syscalls.
${TAIL}`;
}

type OwnFlag = readonly [name: string, type: '' | 'string' | 'int' | 'value', what: string];

const BUNDLE: readonly OwnFlag[] = [
  ['bundle', 'string', 'the bundle, by default the working directory'],
  ['console-socket', 'string', "Unix socket that gets the master end of the console's pseudoterminal"],
  ['pid-file', 'string', "file for the sandbox's pid"],
  ['user-log', 'string', 'file for what the user is to know'],
];

const OWN: Readonly<Record<string, readonly [line: string, flags: readonly OwnFlag[]]>> = {
  create: ['create [flags] <container id>\n', BUNDLE],
  debug: [
    'debug [flags] <container id>\n',
    [
      ['log-level', 'string', 'how much the Sentry logs: warning (0), info (1) or debug (2)'],
      ['pid', 'int', 'pid of a sandbox, instead of a container'],
      ['ps', '', 'list the processes'],
      ['signal', 'int', 'send a signal to the sandbox (default -1)'],
      ['stacks', '', "show the stacks of the Sentry's goroutines"],
      ['strace', 'string', 'log these system calls; "all" or "off"'],
    ],
  ],
  flags: [
    'flags [<subcommand>]:\n\tOf a subcommand, print its flags. Without one,\n\tprint those that stand before every subcommand.\n',
    [],
  ],
  usage: [
    'usage [flags] <container id> - print memory usages to standard output.\n',
    [
      ['fd', '', 'by the descriptor that the sandbox keeps'],
      ['full', '', 'each category of its own'],
    ],
  ],
  delete: ['delete [flags] <container ids>\n', [['force', '', 'end it if it still runs']]],
  events: [
    '<container-id>\n',
    [
      ['interval', 'int', 'seconds between two figures (default 5)'],
      ['stats', '', 'figures once, then end'],
    ],
  ],
  exec: [
    'exec [command options] <container-id> <command> [command options] || --process process.json <container-id>\n',
    [
      ['additional-gids', 'value', 'further groups'],
      ['cap', 'value', 'add a capability'],
      ['console-socket', 'string', "Unix socket that gets the master end of the console's pseudoterminal"],
      ['cwd', 'string', 'working directory'],
      ['detach', '', 'do not wait for the process'],
      ['env', 'value', "environment variables ('-env A=b -env C=d')"],
      ['exec-fd', 'int', 'descriptor of the program to execute (default -1)'],
      ['internal-pid-file', 'string', 'file for the pid in the sandbox'],
      ['pass-fd', 'value', 'descriptor to pass on as M:N'],
      ['pid-file', 'string', 'file for the pid'],
      ['process', 'string', 'path of a process.json'],
      ['user', 'value', 'UID (format: <uid>[:<gid>])'],
    ],
  ],
  features: ['features\n', []],
  kill: [
    'kill <container id> [signal]\n',
    [
      ['all', '', 'to every process in the container'],
      ['pid', 'int', 'to this process of the root PID namespace'],
    ],
  ],
  list: [
    'list [flags]\n',
    [
      ['format', 'string', "'text' or 'json' (default \"text\")"],
      ['quiet', '', 'only the ids'],
      ['sandbox', '', 'only sandboxes'],
    ],
  ],
  pause: ['pause <container id>\n', []],
  ps: ['<container-id> [ps options]\n', [['format', 'string', 'table or json (default "table")']]],
  resume: ['resume <container id>\n', []],
  run: ['run [flags] <container id>\n', [...BUNDLE, ['detach', '', 'do not wait for the container']]],
  spec: [
    'spec [options] [-- args...]\n',
    [
      ['bundle', 'string', 'the bundle (default ".")'],
      ['cwd', 'string', 'working directory of the program (default "/")'],
      ['netns', 'string', 'path of a network namespace'],
    ],
  ],
  start: ['start <container id>\n', []],
  state: ['state [flags] <container id>\n', []],
  wait: [
    'wait [flags] <container id>\n',
    [
      ['pid', 'int', 'a process of the container (default -1)'],
      ['rootpid', 'int', 'a process of the sandbox (default -1)'],
    ],
  ],
};

/** Of one command: its line, then its flags by name. */
export function commandUsage(name: string): string {
  const own = OWN[name];
  if (own === undefined) {
    const what = GROUPS.flatMap(({ commands }) => commands).find(([known]) => known === name)?.[1] ?? '';
    return `${name} - ${what}\n`;
  }
  return own[0] + commandFlags(name);
}

/** Only its flags. */
export function commandFlags(name: string): string {
  const flags = [...(OWN[name]?.[1] ?? [])].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return flags.map(([flag, type, what]) => `  -${flag}${type === '' ? '' : ` ${type}`}\n    \t${what}\n`).join('');
}
