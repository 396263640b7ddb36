/** crun's commands and their options. @models crun src/crun.c and the option tables of its commands @fidelity full */
import type { ArgpCommand, ArgpOption } from './argp.ts';

export const VERSION = '1.28';
export const COMMIT = '54f16ffbefcd022bf032af768b5c5ce075c18bfc';
export const DEFAULT_ROOT = '/run/crun';

export function versionText(root: string): string {
  return `crun version ${VERSION}\ncommit: ${COMMIT}\nrundir: ${root}\nspec: 1.0.0\n+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +CRIU +JSON_C\n`;
}

export type CommandName =
  | 'checkpoint'
  | 'create'
  | 'delete'
  | 'exec'
  | 'features'
  | 'kill'
  | 'list'
  | 'mounts'
  | 'pause'
  | 'ps'
  | 'restore'
  | 'resume'
  | 'run'
  | 'spec'
  | 'start'
  | 'state'
  | 'update';

const SUMMARIES: readonly [CommandName, string][] = [
  ['checkpoint', 'checkpoint a container'],
  ['create', 'create a container'],
  ['delete', 'remove definition for a container'],
  ['exec', 'exec a command in a running container'],
  ['features', 'show the enabled features'],
  ['list', 'list known containers'],
  ['mounts', 'mount in a running container, or take away'],
  ['kill', 'send a signal to the container init process'],
  ['ps', 'show the processes in the container'],
  ['restore', 'restore a container'],
  ['run', 'run a container'],
  ['spec', 'generate a configuration file'],
  ['start', 'start a container'],
  ['state', 'output the state of a container'],
  ['pause', 'pause all the processes in the container'],
  ['resume', 'unpause the processes in the container'],
  ['update', 'update container resource constraints'],
];

export const GLOBAL: ArgpCommand = {
  argsDoc: 'COMMAND [OPTION...]',
  doc: `\nCOMMANDS:\n${SUMMARIES.map(([name, words]) => `\t${name.padEnd(12)}- ${words}`).join('\n')}\n`,
  options: [
    { name: 'cgroup-manager', arg: 'MANAGER', doc: 'cgroup manager' },
    { name: 'debug', doc: 'more output, as with --log-level=debug' },
    {
      name: 'log',
      arg: 'FILE',
      doc: "where the log goes: '[file:]PATH', 'journald:ID' or 'syslog:ID' (default: stderr)",
    },
    { name: 'log-format', arg: 'FORMAT', doc: "format of the log: 'text' (default) or 'json'" },
    { name: 'log-level', arg: 'LEVEL', doc: "'error' (default), 'warning' or 'debug'" },
    { name: 'root', arg: 'DIR', doc: '' },
    { name: 'rootless', arg: 'VALUE', doc: '' },
    { name: 'systemd-cgroup', doc: 'let systemd make the cgroups' },
    { name: 'version', key: 'v', alias: ['V'], doc: '' },
  ],
};

const CONSOLE_SOCKET: ArgpOption = {
  name: 'console-socket',
  arg: 'SOCKET',
  doc: "socket that gets the master end of the container's terminal",
};
const PID_FILE: ArgpOption = { name: 'pid-file', arg: 'FILE', doc: 'file for the PID of the container' };
const PRESERVE_FDS: ArgpOption = { name: 'preserve-fds', arg: 'N', doc: 'further descriptors to pass on' };

const LAUNCH: readonly ArgpOption[] = [
  { name: 'bundle', key: 'b', arg: 'DIR', doc: 'the bundle (default ".")' },
  { name: 'config', key: 'f', arg: 'FILE', doc: 'another name for the config file' },
  CONSOLE_SOCKET,
  PRESERVE_FDS,
  PID_FILE,
  { name: 'no-subreaper', doc: 'accepted and ignored' },
  { name: 'no-new-keyring', doc: 'keep the session key' },
  { name: 'no-pivot', doc: 'change root without pivot_root' },
];

const NUMBERS: readonly [string, string][] = [
  ['blkio-weight', 'weight for block I/O'],
  ['cpu-period', 'length of a CFS period'],
  ['cpu-quota', 'CPU time in a period'],
  ['cpu-share', 'relative weight'],
  ['cpu-rt-period', 'real-time period'],
  ['cpu-rt-runtime', 'real-time limit'],
  ['cpuset-cpus', 'CPUs to use'],
  ['cpuset-mems', 'memory nodes to use'],
  ['kernel-memory', 'kernel memory limit'],
  ['kernel-memory-tcp', 'kernel memory limit of TCP buffers'],
  ['memory', 'memory limit'],
  ['memory-reservation', 'soft memory limit'],
  ['memory-swap', 'memory and swap together'],
  ['pids-limit', 'most processes at a time'],
  ['l3-cache-schema', 'Intel RDT/CAT schema for the L3 cache'],
  ['mem-bw-schema', 'Intel RDT/MBA schema for memory bandwidth'],
];

const CRIU: readonly ArgpOption[] = [
  { name: 'ext-unix-sk', doc: 'Unix sockets to the outside are fine' },
  { name: 'file-locks', doc: 'file locks are fine' },
  { name: 'image-path', arg: 'DIR', doc: "where CRIU's images are" },
  { name: 'manage-cgroups-mode', arg: 'MODE', doc: "cgroups: 'soft' (default), 'ignore', 'full' or 'strict'" },
  { name: 'network-lock', doc: 'how the network is locked' },
  { name: 'shell-job', doc: 'shell jobs are fine' },
  { name: 'tcp-established', doc: 'open TCP connections are fine' },
  { name: 'work-path', arg: 'DIR', doc: 'for working files and logs' },
];

const REGEX: ArgpOption = { name: 'regex', key: 'r', doc: 'CONTAINER is a regular expression: several containers' };

export type CommandSpec = ArgpCommand & { readonly min: number; readonly max: number; readonly needsId: boolean };

function command(argsDoc: string, min: number, max: number, options: readonly ArgpOption[] = []): CommandSpec {
  return { argsDoc, doc: '', options, min, max, needsId: min > 0 };
}

export const COMMANDS: Readonly<Record<CommandName, CommandSpec>> = {
  checkpoint: command('checkpoint CONTAINER', 1, 1, [
    ...CRIU,
    { name: 'leave-running', doc: 'the container goes on' },
    { name: 'parent-path', arg: 'DIR', doc: 'images of the dump before' },
    { name: 'pre-dump', doc: 'only the memory, and the container goes on' },
  ]),
  create: command('create [OPTION]... CONTAINER', 1, 1, LAUNCH),
  delete: command('delete CONTAINER', 1, 1, [{ name: 'force', key: 'f', doc: 'also if it still runs' }, REGEX]),
  exec: command('exec CONTAINER cmd', 1, -1, [
    CONSOLE_SOCKET,
    { name: 'tty', key: 't', arg: 'TTY', optionalArg: true, doc: 'allocate a pseudo-TTY' },
    { name: 'process', key: 'p', arg: 'FILE', doc: 'path of a process.json' },
    { name: 'cwd', arg: 'CWD', doc: 'working directory' },
    { name: 'cgroup', arg: 'PATH', doc: 'sub-cgroup in the container' },
    { name: 'detach', key: 'd', doc: 'do not wait for the command' },
    { name: 'user', key: 'u', arg: 'USERSPEC', doc: 'user as UID[:GID]' },
    { name: 'env', key: 'e', arg: 'ENV', doc: 'add an environment variable' },
    { name: 'cap', key: 'c', arg: 'CAP', doc: 'add a capability' },
    PID_FILE,
    PRESERVE_FDS,
    { name: 'no-new-privs', doc: 'set no_new_privs for the process' },
    { name: 'process-label', arg: 'VALUE', doc: 'SELinux label of the process' },
    { name: 'apparmor', arg: 'VALUE', doc: 'AppArmor profile of the process' },
  ]),
  features: command('features', 0, -1),
  kill: command('kill CONTAINER [SIGNAL]', 1, 2, [{ name: 'all', key: 'a', doc: 'all the processes' }, REGEX]),
  list: command('list', 0, 0, [
    { name: 'quiet', key: 'q', doc: 'only the IDs' },
    { name: 'format', key: 'f', arg: 'FORMAT', doc: 'table or json (default: "table")' },
  ]),
  mounts: { ...command('mounts [add|remove] CONTAINER FILE', 3, 3), needsId: false },
  pause: command('pause CONTAINER', 1, 2),
  ps: { ...command('ps', 1, 1, [{ name: 'format', key: 'f', arg: 'FORMAT', doc: 'table or json' }]), needsId: false },
  restore: command('restore CONTAINER', 1, 1, [
    ...CRIU,
    { name: 'bundle', key: 'b', arg: 'DIR', doc: 'the bundle (default ".")' },
    CONSOLE_SOCKET,
    { name: 'detach', key: 'd', doc: 'do not wait for the container' },
    { name: 'lsm-mount-context', arg: 'VALUE', doc: 'LSM label of the mounts' },
    { name: 'lsm-profile', arg: 'VALUE', doc: 'LSM profile as TYPE:NAME' },
    PID_FILE,
    { name: 'tcp-close', doc: 'TCP connections may be closed' },
  ]),
  resume: command('resume CONTAINER', 1, 2),
  run: command('run [OPTION]... CONTAINER', 1, 1, [
    ...LAUNCH,
    { name: 'detach', key: 'd', doc: 'do not wait for the container' },
    { name: 'keep', doc: 'keep the container after it has ended' },
  ]),
  spec: command('spec', 0, 0, [
    { name: 'bundle', key: 'b', arg: 'DIR', doc: 'the bundle (default ".")' },
    { name: 'file', key: 'f', arg: 'PATH', doc: 'file to write' },
    { name: 'rootless', doc: 'for a container without root' },
  ]),
  start: command('start CONTAINER', 1, 1),
  state: command('state CONTAINER', 1, 1),
  update: command('update [OPTION]... CONTAINER', 1, 1, [
    { name: 'resources', key: 'r', arg: 'FILE', doc: 'file with the resources' },
    ...NUMBERS.map(([name, doc]) => ({ name, arg: 'VALUE', doc })),
  ]),
};

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
