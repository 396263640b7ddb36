/** Flags that several commands share. @models containerd 2.1 cmd/ctr/commands/commands.go, commands_unix.go @fidelity full */
import type { CliFlag } from '../../go/cli-types.ts';

export const SNAPSHOTTER: CliFlag = {
  name: 'snapshotter',
  kind: 'string',
  env: ['CONTAINERD_SNAPSHOTTER'],
  usage: 'Which snapshotter; the default one if empty.',
};

export const LABEL: CliFlag = { name: 'label', kind: 'stringSlice', usage: 'Labels for the image' };

export const PLATFORM: CliFlag = { name: 'platform', kind: 'stringSlice', usage: 'Only content of this platform' };

export const SYNC_FS: CliFlag = {
  name: 'sync-fs',
  kind: 'bool',
  usage: 'Sync the file system after unpacking',
};

export const QUIET = (usage: string): CliFlag => ({ name: 'quiet', aliases: ['q'], kind: 'bool', usage });

export const REGISTRY: readonly CliFlag[] = [
  { name: 'skip-verify', aliases: ['k'], kind: 'bool', usage: 'Believe any TLS certificate' },
  { name: 'plain-http', kind: 'bool', usage: 'Speak plain HTTP' },
  { name: 'user', aliases: ['u'], kind: 'string', usage: 'User[:password] at the registry' },
  { name: 'refresh', kind: 'string', usage: 'Refresh token for the authorization server' },
  { name: 'hosts-dir', kind: 'string', usage: 'Directory with hosts.toml files' },
  { name: 'tlscacert', kind: 'string', usage: 'File with the root CA' },
  { name: 'tlscert', kind: 'string', usage: 'File with the client certificate' },
  { name: 'tlskey', kind: 'string', usage: 'File with the client key' },
  { name: 'http-dump', kind: 'bool', usage: 'Print what is sent to the registry and what comes back' },
  { name: 'http-trace', kind: 'bool', usage: 'Trace the HTTP connections to the registry' },
];

export const RUNTIME: readonly CliFlag[] = [
  {
    name: 'runtime',
    kind: 'string',
    value: 'io.containerd.runc.v2',
    usage: 'Name of the runtime, or the absolute path of its shim',
  },
  { name: 'runtime-config-path', kind: 'string', usage: "The runtime's config file" },
  { name: 'runc-binary', kind: 'string', usage: 'A program to use like runc' },
  { name: 'runc-root', kind: 'string', usage: 'Its state directory' },
  { name: 'runc-systemd-cgroup', kind: 'bool', usage: 'Let systemd make the cgroup' },
];

export const SNAPSHOTTER_LABEL: CliFlag = {
  name: 'snapshotter-label',
  kind: 'stringSlice',
  usage: "Labels for the container's snapshot.",
};

export const CONTAINER: readonly CliFlag[] = [
  { name: 'config', aliases: ['c'], kind: 'string', usage: 'File with the whole runtime spec' },
  { name: 'cwd', kind: 'string', usage: 'Working directory of the process' },
  { name: 'env', kind: 'stringSlice', keepCommas: true, usage: 'More environment variables (FOO=bar)' },
  { name: 'env-file', kind: 'string', usage: 'File with environment variables, FOO=bar on each line' },
  { name: 'label', kind: 'stringSlice', keepCommas: true, usage: 'More labels (foo=bar)' },
  { name: 'annotation', kind: 'stringSlice', keepCommas: true, usage: 'More OCI annotations (foo=bar)' },
  {
    name: 'mount',
    kind: 'stringSlice',
    keepCommas: true,
    usage: 'More mounts (type=bind,src=/tmp,dst=/host,options=rbind:ro)',
  },
  { name: 'net-host', kind: 'bool', usage: "Use the host's network" },
  { name: 'privileged', kind: 'bool', usage: 'Run it privileged' },
  { name: 'read-only', kind: 'bool', usage: "Make the container's root read-only" },
  { name: 'sandbox', kind: 'string', usage: 'Put the container into this sandbox' },
  { name: 'tty', aliases: ['t'], kind: 'bool', usage: 'Give the container a terminal' },
  { name: 'with-ns', kind: 'stringSlice', usage: "Join existing Linux namespaces ('<nstype>:<path>')" },
  { name: 'pid-file', kind: 'string', usage: "Write the task's pid to this file" },
  { name: 'gpus', kind: 'stringSlice', usage: 'GPUs for the container' },
  { name: 'allow-new-privs', kind: 'bool', usage: 'Do not set NoNewPrivileges in the spec' },
  { name: 'memory-limit', kind: 'uint64', usage: 'Memory limit in bytes' },
  { name: 'cap-add', kind: 'stringSlice', usage: "Capabilities to add, with their 'CAP_' prefix" },
  { name: 'cap-drop', kind: 'stringSlice', usage: "Capabilities to drop, with their 'CAP_' prefix" },
  { name: 'seccomp', kind: 'bool', usage: 'Use the default seccomp profile' },
  { name: 'seccomp-profile', kind: 'string', usage: 'File with a seccomp profile; needs --seccomp' },
  { name: 'apparmor-default-profile', kind: 'string', usage: 'Use the default AppArmor profile under this name' },
  { name: 'apparmor-profile', kind: 'string', usage: 'Use this AppArmor profile, which must be loaded' },
  { name: 'blockio-config-file', kind: 'string', usage: 'File with block I/O classes' },
  { name: 'blockio-class', kind: 'string', usage: 'Block I/O class of the container' },
  { name: 'rdt-class', kind: 'string', usage: 'RDT class of the container' },
  { name: 'hostname', kind: 'string', usage: "The container's host name" },
  { name: 'user', aliases: ['u'], kind: 'string', usage: 'User, and group if wanted: <name|uid>[:<group|gid>]' },
  { name: 'rootfs', kind: 'bool', usage: 'The first argument is a directory, not an image' },
  { name: 'no-pivot', kind: 'bool', usage: 'Do without pivot_root (linux only)' },
  { name: 'cpu-quota', kind: 'int64', value: -1, usage: 'CPU CFS quota' },
  { name: 'cpu-period', kind: 'uint64', usage: 'CPU CFS period' },
  { name: 'rootfs-propagation', kind: 'string', usage: "Mount propagation of the container's root" },
  { name: 'device', kind: 'stringSlice', usage: 'A device to add, or a directory of devices' },
];

export const RUN_PLATFORM: readonly CliFlag[] = [
  { name: 'uidmap', kind: 'stringSlice', usage: 'User namespace with this UID mapping (container:host:length)' },
  { name: 'gidmap', kind: 'stringSlice', usage: 'User namespace with this GID mapping (container:host:length)' },
  { name: 'remap-labels', kind: 'bool', usage: 'Leave the remapping of IDs to the snapshotter' },
  { name: 'privileged-without-host-devices', kind: 'bool', usage: 'Privileged, but without the devices of the host' },
  { name: 'cpus', kind: 'float64', value: 0, usage: 'How many CPUs it may use' },
  { name: 'cpu-shares', kind: 'int', value: 1024, usage: 'CPU shares' },
  { name: 'cpuset-cpus', kind: 'string', usage: 'Only these CPUs (1-2,4)' },
  { name: 'cpuset-mems', kind: 'string', usage: 'Only these memory nodes (1-2,4)' },
];
