/** runc's command line. @models runc main.go and the flags of each command @fidelity partial: checkpoint and restore are declared and refuse */
import type { CliApp, CliCommand, CliFlag } from '../../../go/cli-types.ts';
import type { Context } from '../../../linux/context.ts';
import type { RuncCall } from './program.ts';

export const VERSION = '1.3.6+ds1';

/** How many arguments an action wants. */
export type Arity = { readonly kind: 'exactly' | 'at least'; readonly count: number };

export type RuncAction = {
  readonly arity: Arity | null;
  readonly main: (ctx: Context, call: RuncCall) => Promise<number>;
  readonly failCode?: number;
};

type Actions = Readonly<Record<CommandName, RuncAction['main']>>;

export type CommandName =
  | 'checkpoint'
  | 'create'
  | 'delete'
  | 'events'
  | 'exec'
  | 'kill'
  | 'list'
  | 'pause'
  | 'ps'
  | 'restore'
  | 'resume'
  | 'run'
  | 'spec'
  | 'start'
  | 'state'
  | 'update'
  | 'features';

const ID = '<container-id>';
const ID_NOTE = `\n\nHere "${ID}" is the name that the container got when it was created.`;
const NEW_ID_NOTE = `\n\nHere "${ID}" is the name to give the container; no other container on this\nhost may have it.`;

const exactlyOne: Arity = { kind: 'exactly', count: 1 };
const atLeastOne: Arity = { kind: 'at least', count: 1 };

const launchFlags: readonly CliFlag[] = [
  { name: 'bundle', aliases: ['b'], kind: 'string', usage: 'directory of the bundle; the current one unless given' },
  {
    name: 'console-socket',
    kind: 'string',
    usage: "AF_UNIX socket to send the descriptor of the pseudoterminal's master end to",
  },
  { name: 'pidfd-socket', kind: 'string', usage: 'AF_UNIX socket to send a descriptor of the init process to' },
];

const lateLaunchFlags: readonly CliFlag[] = [
  { name: 'no-pivot', kind: 'bool', usage: 'change root without pivot_root, as a rootfs on a ramdisk needs it' },
  { name: 'no-new-keyring', kind: 'bool', usage: 'let the container keep the session keyring of the caller' },
  {
    name: 'preserve-fds',
    kind: 'int',
    usage: 'pass this many descriptors beyond the standard three to the container',
    value: 0,
  },
];

const pidFile: CliFlag = { name: 'pid-file', kind: 'string', usage: 'file to write the process id to' };

const updateFlags: readonly CliFlag[] = [
  { name: 'resources', aliases: ['r'], kind: 'string', usage: 'file with the new resources as JSON, or - for stdin' },
  { name: 'blkio-weight', kind: 'int', usage: 'weight for block I/O, 10 to 1000' },
  { name: 'cpu-period', kind: 'string', usage: 'length of a CFS period in microseconds' },
  { name: 'cpu-quota', kind: 'string', usage: 'CPU time in each period in microseconds' },
  { name: 'cpu-burst', kind: 'string', usage: 'CPU time that may be saved up, in microseconds' },
  { name: 'cpu-share', kind: 'string', usage: 'relative weight against other containers' },
  { name: 'cpu-rt-period', kind: 'string', usage: 'real-time period in microseconds (cgroup v1)' },
  { name: 'cpu-rt-runtime', kind: 'string', usage: 'real-time limit in microseconds (cgroup v1)' },
  { name: 'cpuset-cpus', kind: 'string', usage: 'CPUs that may be used' },
  { name: 'cpuset-mems', kind: 'string', usage: 'memory nodes that may be used' },
  { name: 'memory', kind: 'string', usage: 'memory limit in bytes' },
  { name: 'memory-reservation', kind: 'string', usage: 'soft memory limit in bytes' },
  { name: 'memory-swap', kind: 'string', usage: 'limit of memory and swap together; -1 for no limit on swap' },
  { name: 'pids-limit', kind: 'int', usage: 'most processes at a time', value: 0 },
  { name: 'l3-cache-schema', kind: 'string', usage: 'Intel RDT/CAT schema for the L3 cache' },
  { name: 'mem-bw-schema', kind: 'string', usage: 'Intel RDT/MBA schema for memory bandwidth' },
  { name: 'cpu-idle', kind: 'string', usage: '1 makes the cgroup SCHED_IDLE, 0 takes that back' },
];

function commands(actions: Actions): CliCommand<RuncAction>[] {
  const act = (name: CommandName, arity: Arity | null): { name: CommandName; action: RuncAction } => ({
    name,
    action: { arity, main: actions[name], ...(name === 'exec' ? { failCode: 255 } : {}) },
  });
  return [
    { ...act('checkpoint', exactlyOne), usage: 'save the state of a running container', argsUsage: ID + ID_NOTE },
    {
      ...act('create', exactlyOne),
      usage: 'create a container',
      argsUsage: ID + NEW_ID_NOTE,
      description:
        'Makes a container from a bundle: a directory with a config.json and a root\nfilesystem. Its process waits until "runc start".',
      flags: [...launchFlags, pidFile, ...lateLaunchFlags],
    },
    {
      ...act('delete', exactlyOne),
      usage: 'delete what a container holds, usually after it ran detached',
      argsUsage: ID + ID_NOTE,
      flags: [{ name: 'force', aliases: ['f'], kind: 'bool', usage: 'kill the container (SIGKILL) if it still runs' }],
    },
    {
      ...act('events', exactlyOne),
      usage: 'show OOM notices and statistics of cpu, memory and IO',
      argsUsage: ID + ID_NOTE,
      flags: [
        { name: 'interval', kind: 'duration', usage: 'time between statistics', value: 5_000_000_000 },
        { name: 'stats', kind: 'bool', usage: 'print the statistics once' },
      ],
    },
    {
      ...act('exec', atLeastOne),
      usage: 'run another process inside a container',
      keepArgumentOrder: true,
      argsUsage: `${ID} <command> [command options]  || -p process.json ${ID}${ID_NOTE}`,
      flags: [
        {
          name: 'console-socket',
          kind: 'string',
          usage: "AF_UNIX socket to send the descriptor of the pseudoterminal's master end to",
        },
        { name: 'pidfd-socket', kind: 'string', usage: 'AF_UNIX socket to send a descriptor of the process to' },
        { name: 'cwd', kind: 'string', usage: 'working directory in the container' },
        { name: 'env', aliases: ['e'], kind: 'stringSlice', usage: 'add an environment variable' },
        { name: 'tty', aliases: ['t'], kind: 'bool', usage: 'allocate a pseudo-TTY' },
        { name: 'user', aliases: ['u'], kind: 'string', usage: 'UID (format: <uid>[:<gid>])' },
        { name: 'additional-gids', aliases: ['g'], kind: 'stringSlice', usage: 'additional gids' },
        { name: 'process', aliases: ['p'], kind: 'string', usage: 'path of a process.json' },
        { name: 'detach', aliases: ['d'], kind: 'bool', usage: 'do not wait for the process' },
        pidFile,
        { name: 'process-label', kind: 'string', usage: 'SELinux label of the process' },
        { name: 'apparmor', kind: 'string', usage: 'AppArmor profile of the process' },
        { name: 'no-new-privs', kind: 'bool', usage: 'set no_new_privs for the process' },
        { name: 'cap', aliases: ['c'], kind: 'stringSlice', usage: 'add a capability to the bounding set' },
        { name: 'preserve-fds', kind: 'int', usage: 'pass this many descriptors beyond the standard three', value: 0 },
        { name: 'cgroup', kind: 'stringSlice', usage: 'run in an existing sub-cgroup' },
        { name: 'ignore-paused', kind: 'bool', usage: 'allow it in a paused container' },
        { name: 'no-subreaper', kind: 'bool', usage: 'do not collect orphans', hidden: true },
      ],
    },
    {
      ...act('kill', atLeastOne),
      usage: "send a signal (default: SIGTERM) to the container's init process",
      argsUsage: `${ID} [signal]${ID_NOTE}`,
      flags: [
        {
          name: 'all',
          aliases: ['a'],
          kind: 'bool',
          usage: 'obsolete; no error if the container is stopped',
          hidden: true,
        },
      ],
    },
    {
      ...act('list', { kind: 'exactly', count: 0 }),
      usage: 'list the containers that runc started with this root',
      flags: [
        { name: 'format', aliases: ['f'], kind: 'string', usage: 'table or json', value: 'table' },
        { name: 'quiet', aliases: ['q'], kind: 'bool', usage: 'ids only' },
      ],
    },
    { ...act('pause', exactlyOne), usage: 'suspend all processes of a container', argsUsage: ID + ID_NOTE },
    {
      ...act('ps', atLeastOne),
      usage: 'show the processes that run in a container',
      argsUsage: `${ID} [ps options]`,
      keepArgumentOrder: true,
      flags: [{ name: 'format', aliases: ['f'], kind: 'string', usage: 'table or json', value: 'table' }],
    },
    { ...act('restore', exactlyOne), usage: 'restore a container from a checkpoint', argsUsage: ID + NEW_ID_NOTE },
    {
      ...act('resume', exactlyOne),
      usage: 'let the suspended processes of a container go on',
      argsUsage: ID + ID_NOTE,
    },
    {
      ...act('run', exactlyOne),
      usage: 'create and run a container',
      argsUsage: ID + NEW_ID_NOTE,
      description:
        'Makes a container from a bundle: a directory with a config.json and a root\nfilesystem. What runs is "args" in config.json.',
      flags: [
        ...launchFlags,
        { name: 'detach', aliases: ['d'], kind: 'bool', usage: "do not wait for the container's process" },
        { name: 'keep', kind: 'bool', usage: 'keep the container after its process has ended' },
        pidFile,
        { name: 'no-subreaper', kind: 'bool', usage: 'do not collect orphans of the container' },
        ...lateLaunchFlags,
      ],
    },
    {
      ...act('spec', { kind: 'exactly', count: 0 }),
      usage: 'write an example config.json',
      flags: [
        { name: 'bundle', aliases: ['b'], kind: 'string', value: '', usage: 'directory of the bundle' },
        { name: 'rootless', kind: 'bool', usage: 'for a container without root' },
      ],
    },
    {
      ...act('start', exactlyOne),
      usage: "let the user's process of a created container run",
      argsUsage: ID + ID_NOTE,
    },
    { ...act('state', exactlyOne), usage: 'print the state of a container', argsUsage: ID + ID_NOTE },
    {
      ...act('update', exactlyOne),
      usage: 'change the resource limits of a container',
      argsUsage: ID,
      flags: updateFlags,
    },
    { ...act('features', { kind: 'exactly', count: 0 }), usage: 'show what this build supports' },
  ];
}

/** What differs between the builds of runc that nodes here have. */
export type RuncRelease = { readonly version: string; readonly versionText: string };

export const runc13: RuncRelease = {
  version: VERSION,
  versionText: `runc version ${VERSION}\ncommit: ${VERSION}-1\nspec: 1.2.1\ngo: go1.26.5\nlibseccomp: 2.6.1`,
};

/** Debian 11's. */
export const runc10: RuncRelease = {
  version: '1.0.0~rc93+ds1',
  versionText:
    'runc version 1.0.0~rc93+ds1\ncommit: 1.0.0~rc93+ds1-5+deb11u2\nspec: 1.0.2-dev\ngo: go1.15.15\nlibseccomp: 2.5.1',
};

export function runcApp(actions: Actions, { version, versionText }: RuncRelease): CliApp<RuncAction> {
  return {
    name: 'runc',
    usage:
      'Open Container Initiative runtime\n\nruns containers from bundles as the runtime specification of the Open Container\nInitiative describes them, without a daemon.',
    version,
    versionText,
    dialect: 1,
    flags: [
      { name: 'debug', kind: 'bool', usage: 'log at debug level' },
      { name: 'log', kind: 'string', usage: "file for runc's log (default is '/dev/stderr')" },
      { name: 'log-format', kind: 'string', usage: "format of the log: 'text' or 'json'", value: 'text' },
      {
        name: 'root',
        kind: 'string',
        usage: 'directory for the state of containers, best on a tmpfs',
        value: '/run/runc',
      },
      {
        name: 'systemd-cgroup',
        kind: 'bool',
        usage: 'use systemd for cgroups; cgroupsPath is then "slice:prefix:name", such as "system.slice:runc:434234"',
      },
      {
        name: 'rootless',
        kind: 'string',
        usage: "ignore cgroup permission errors ('true', 'false' or 'auto')",
        value: 'auto',
      },
    ],
    commands: commands(actions),
  };
}
