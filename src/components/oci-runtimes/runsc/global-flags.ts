/**
 * The flags that stand before runsc's subcommand: those that act, and those that are known and accepted.
 * @models gVisor runsc/config/flags.go @fidelity partial: without those for its own tests and the deprecated ones
 */
import type { FlagKinds } from './flags.ts';

type Kind = 'bool' | 'string' | 'int' | 'uint' | 'duration' | 'value';
/** `shown` is the default as `runsc flags` prints it; empty for what Go takes for nothing. */
type GlobalFlag = readonly [name: string, kind: Kind, shown: string, what: string];

const FLAGS: readonly GlobalFlag[] = [
  ['EXPERIMENTAL-xdp', 'value', '', 'XDP: off, ns, redirect:DEVICE or tunnel:DEVICE'],
  ['EXPERIMENTAL-xdp-need-wakeup', 'bool', 'true', 'XDP sockets that want to be woken'],
  ['allow-connected-on-save', 'bool', '', 'connections stay while a checkpoint is taken'],
  ['allow-flag-override', 'bool', '', 'annotations dev.gvisor.flag.NAME may set flags, for debugging'],
  ['allow-live-tcp-migration', 'bool', 'true', 'a checkpoint keeps the state of TCP connections'],
  ['allow-packet-socket-write', 'bool', '', 'AF_PACKET sockets may be written to'],
  ['allow-rootfs-tar-annotation', 'bool', '', 'the upper layer of the root may come from an archive'],
  ['allow-suid', 'bool', '', 'setuid and setgid programs change who they are'],
  ['alsologtostderr', 'bool', '', 'log to stderr as well'],
  ['app-huge-pages', 'bool', 'true', 'huge pages for the memory of applications'],
  [
    'character-device-policy',
    'value',
    '',
    'emulated-only, prefer-emulated or passthrough, of device files that the gofer serves',
  ],
  ['control-rpc-stop-timeout', 'duration', '15s', 'how long calls may go on when the sandbox ends'],
  ['cpu-num-from-quota', 'bool', 'true', 'as many CPUs as the quota pays for, two at least'],
  ['dcache', 'int', '-1', 'size of one dentry cache for all mounts; negative: one for each'],
  ['debug', 'bool', '', 'log what is for debugging'],
  ['debug-command', 'string', '', 'of which subcommands --debug-log is kept; ! excludes'],
  ['debug-log', 'string', '', 'file or directory of further logs; %TIMESTAMP% and %COMMAND% stand for themselves'],
  ['debug-log-fd', 'int', '-1', 'descriptor for them'],
  ['debug-log-format', 'string', '"text"', 'text, json or json-k8s'],
  ['debug-to-user-log', 'bool', '', "the Sentry's log goes to the user's as well"],
  ['directfs', 'bool', 'true', 'the Sentry opens files itself, with more rights; otherwise it asks its gofer'],
  ['enable-core-tags', 'bool', '', 'core tagging, from Linux 5.14 on'],
  ['fdlimit', 'int', '-1', 'how many descriptors of the host Sentry and gofer may each have open'],
  ['file-access', 'value', '', 'whether others change the root as well: exclusive (default) or shared'],
  ['file-access-mounts', 'value', 'shared', 'the same of volumes: shared (default) or exclusive'],
  ['final-metrics-log', 'string', '', 'file for the metrics at the end'],
  ['gofer-network-namespace', 'value', 'null', 'network namespace of gofers: null, new, host or a path'],
  ['gso', 'bool', 'true', 'segmentation by the device of the host'],
  ['gvisor-gro', 'bool', '', 'segments are put together by netstack'],
  ['gvisor-marker-file', 'bool', '', '/proc/gvisor/kernel_is_gvisor is there'],
  ['host-fifo', 'value', '', 'pipes of the host: none or open'],
  ['host-settings', 'value', 'check', 'settings of the host: check, ignore, adjust or enforce'],
  ['host-uds', 'value', '', 'Unix sockets of the host: none, open, create or all'],
  ['ignore-cgroups', 'bool', '', 'make no cgroups'],
  ['iouring', 'bool', '', 'io_uring for the container, for tests'],
  ['kvm-use-cpu-nums', 'bool', '', 'on KVM a vCPU has the number of a CPU'],
  ['log', 'string', '', 'file of the log; stdout by default'],
  ['log-fd', 'int', '-1', 'descriptor for it'],
  ['log-format', 'string', '"text"', 'text, json or json-k8s'],
  ['log-packets', 'bool', '', 'log every packet'],
  ['metric-server', 'string', '', 'address or socket that serves metrics'],
  ['mount-cgroup-v2', 'bool', '', 'cgroup v2 in the sandbox'],
  ['net-disconnect-ok', 'bool', 'true', 'a checkpoint ends open connections'],
  ['net-raw', 'bool', '', 'raw sockets; without, containers have no CAP_NET_RAW'],
  ['network', 'value', '', 'sandbox (default): a stack of its own; host: that of the host; none: only lo'],
  ['network-processors-per-channel', 'int', '', 'goroutines for what arrives on a channel'],
  ['num-network-channels', 'int', '1', 'descriptors of a link'],
  ['nvproxy', 'bool', '', 'NVIDIA GPUs'],
  ['oci-seccomp', 'bool', '', "the container's seccomp profile counts inside"],
  [
    'overlay2',
    'value',
    'root:self',
    'writable layer in the sandbox: none, or MOUNT:MEDIUM of root or all, and memory, self or dir=PATH',
  ],
  ['panic-log', 'string', '', 'file for what the Go runtime says at its end'],
  ['panic-signal', 'int', '-1', 'a signal that ends the Sentry with a trace'],
  ['pause-external-networking', 'bool', '', 'begin without the network outside'],
  ['pcap-log', 'string', '', 'file for packets'],
  ['platform', 'string', '"systrap"', 'how calls are caught: systrap (default), ptrace or kvm'],
  ['platform_device_path', 'string', '', "the platform's device, such as /dev/kvm"],
  ['pod-init-config', 'string', '', 'what else to do when a pod is made'],
  ['profile', 'bool', '', "Go's profiler in the sandbox"],
  ['qdisc', 'value', 'fifo', 'queueing of what is sent'],
  ['ref-leak-mode', 'value', '', 'look for leaked references: disabled, log-names, log-traces'],
  ['reproduce-nat', 'bool', '', "the namespace's NAT rules in the sandbox"],
  ['reproduce-nftables', 'bool', '', 'the same of nftables'],
  ['root', 'string', '', 'directory of its state'],
  ['rootless', 'bool', '', 'started by a user who is not root'],
  ['rx-checksum-offload', 'bool', 'true', 'checksums of what arrives by the device'],
  ['shared-root', 'string', '', 'directory of what sandboxes share; --root by default'],
  ['software-gso', 'bool', 'true', 'segmentation by netstack where the device cannot'],
  ['strace', 'bool', '', 'log system calls'],
  ['strace-event', 'bool', '', 'make events of them'],
  ['strace-log-size', 'uint', '1024', 'bytes that are shown of an argument'],
  ['strace-syscalls', 'string', '', 'only these'],
  ['systemd-cgroup', 'bool', '', 'cgroups by systemd'],
  ['systrap-disable-fast-path', 'bool', '', 'systrap without spinning'],
  ['systrap-disable-syscall-patching', 'bool', '', 'systrap without patched call sites: every call is a signal'],
  ['tpuproxy', 'bool', '', 'TPUs'],
  ['traceback', 'string', '"system"', 'how much the Go runtime tells'],
  ['tx-checksum-offload', 'bool', '', 'checksums of what is sent by the device'],
  ['user-log', 'string', '', 'file for what the user is to know'],
  ['version', 'bool', '', 'show the version and end'],
  ['watchdog-action', 'string', '"log"', 'when tasks hang: log (default) or panic'],
];

export const GLOBAL_FLAGS: FlagKinds = {
  ...Object.fromEntries(FLAGS.map(([name, kind]) => [name, kind === 'bool' ? ('bool' as const) : ('string' as const)])),
  help: 'bool',
  h: 'bool',
};

/** The defaults that Go does not show, where they are words. */
const UNSHOWN: Readonly<Record<string, string>> = {
  'EXPERIMENTAL-xdp': 'off',
  'character-device-policy': 'emulated-only',
  'file-access': 'exclusive',
  'host-fifo': 'none',
  'host-uds': 'none',
  network: 'sandbox',
  'ref-leak-mode': 'disabled',
};

/** Each flag's default as the flag itself would print it. */
export function defaultValues(): [name: string, value: string][] {
  return FLAGS.map(([name, kind, shown]) => {
    if (shown !== '') return [name, kind === 'string' ? shown.slice(1, -1) : shown];
    const nothing = kind === 'bool' ? 'false' : kind === 'int' || kind === 'uint' ? '0' : '';
    return [name, UNSHOWN[name] ?? nothing];
  });
}

/** As Go's PrintDefaults. */
export function describeFlags(): string {
  return FLAGS.map(
    ([name, kind, shown, what]) =>
      `  -${name}${kind === 'bool' ? '' : ` ${kind}`}\n    \t${what}${shown === '' ? '' : ` (default ${shown})`}\n`,
  ).join('');
}
