/**
 * What things cost in virtual CPU nanoseconds (or waiting time where said). One table, each entry with its source.
 * "measured" means the median of the recorded transcripts on two idle cores; "estimate" is tuned so that totals agree.
 */
const US = 1_000;
const MS = 1_000_000;

export const LATENCY = {
  // Kernel (estimates of Linux 6.12 on a current server core).
  syscallNs: 0,
  forkNs: 250 * US,
  execNs: 350 * US,
  coreutilsStartNs: 300 * US,
  goRuntimeStartNs: 4 * MS,
  /** Bytes a second that a disk accepts; charged for bulk content only. */
  diskBytesPerSecond: 1_200_000_000,

  // Network (estimates): one way between hosts, a gigabit segment, and a registry's bandwidth.
  loopbackNs: 30 * US,
  segmentRoundTripNs: 250 * US,
  segmentBytesPerSecond: 118_000_000,
  internetRoundTripNs: 12 * MS,
  registryBytesPerSecond: 60_000_000,

  // Virtual machines (estimates; the whole of a Kata pod start is 0.85–1.3 s in public benchmarks, of which the guest
  // kernel has 150–300 ms).
  /** A vsock connection request through vhost and back. */
  vsockConnectNs: 120 * US,
  /** KVM_CREATE_VM, memory slots, vCPUs. */
  kvmCreateNs: 4 * MS,
  /** The guest kernel from entry to executing init, on one vCPU. */
  guestKernelBootNs: 220 * MS,
  /** A FUSE request: the guest's kick, virtiofsd's answer. */
  virtioFsRequestNs: 40 * US,

  /** From the reset of the node to the first instruction of its kernel: SeaBIOS, and GRUB's menu of five seconds (estimate). */
  firmwareNs: 6000 * MS,

  // Kata (estimates within a pod start of 0.85–1.3 s; kata-containers releases and kuasar.io's benchmark).
  /** Hypervisors: from execve to the first instruction of the guest. */
  qemuStartNs: 90 * MS,
  cloudHypervisorStartNs: 22 * MS,
  firecrackerStartNs: 9 * MS,
  virtiofsdStartNs: 9 * MS,
  /** mke2fs 1.47.0 on a sparse file of 10 GB, less what it writes (measured). */
  mkfsNs: 35 * MS,
  /** systemd in the guest until the agent's unit, less what systemd itself is charged. */
  kataAgentStartNs: 400 * MS,
  /** Building one container process in the guest. */
  kataAgentLaunchNs: 12 * MS,
  kataShimStartNs: 9 * MS,
  /** tap, tc filters, scanning the pod's network namespace. */
  kataNetworkNs: 18 * MS,
  /** runtime-rs tries the agent's socket again after this. */
  kataDialRetryNs: 10 * MS,

  // Shell (estimates: bash runs about 100,000 builtins a second on a current core; starting it takes about 1 ms).
  shellCommandNs: 10 * US,
  shellStartNs: 1 * MS,

  // containerd (its own share of the measured medians: create 33 ms, rm 27, of which crictl itself takes 21).
  /** Waiting for the fsync that ends a bolt transaction; estimate. */
  containerdBoltCommitNs: 350 * US,
  /** Parsing the config and loading the plugins: "successfully booted in 0.118s" less what is waited for. */
  containerdBootNs: 60 * MS,
  /** Building and encoding an OCI runtime spec, with the name and path checks around it; estimate. */
  containerdSpecNs: 6 * MS,
  /** mkdir of fs and work, quota look-ups of a snapshot; estimate. */
  containerdSnapshotNs: 1_500 * US,
  /** Verifying and extracting layers, bytes a second; estimate for gzip. */
  containerdUnpackBytesPerSecond: 180_000_000,
  /** Bundle, shim connection and rootfs of a task. */
  containerdTaskCreateNs: 12 * MS,
  /** Waiting for the streams' end, and removing the bundle. */
  containerdTaskDeleteNs: 8 * MS,
  /** StartContainer's own share, log file and fifos (measured: 90 ms by runc, 62 by crun, 20 of them crictl's). */
  containerdStartContainerNs: 6 * MS,
  /** Fifos and process spec of an exec (measured: `exec -s` 64 ms by runc, 48 by crun). */
  containerdExecNs: 13 * MS,
  /** What the streaming server adds to an exec: URL, upgrade, four streams (measured: 72 ms against 64). */
  containerdStreamNs: 7 * MS,
  /** Removing a container's or a pod's directories. */
  containerdCleanupNs: 3 * MS,
  /** One run of the garbage collector. */
  containerdCollectNs: 4 * MS,
  /** An RPC that only reads the plugin's memory; estimate. */
  containerdReadRpcNs: 200 * US,
  /** Making a network namespace and its mount; estimate. */
  containerdNetnsNs: 2 * MS,

  // CRI-O (measured: runp 77 ms without an infra process, create 57, start 28, stop 36, rm 27, stopp 113, rmp 27, by crun; 20 of
  // each are crictl's; shares are estimates).
  /** Reading the configuration and asking the runtimes for their versions: 60 ms from the first line to the socket. */
  crioBootNs: 30 * MS,
  /** An RPC that only reads the daemon's memory. */
  crioReadRpcNs: 300 * US,
  /** A record in the store's lists of JSON, with the directories of a layer. */
  crioStorageNs: 1_800 * US,
  /** Building an OCI runtime spec, with everything that is looked up for it. */
  crioSpecNs: 3 * MS,
  /** What a call of the runtime's binary costs the daemon itself: a fork of a large process. */
  crioExecNs: 4 * MS,
  /** URL, upgrade, four streams of an exec (measured: 45 ms against 38 by ExecSync). */
  crioStreamNs: 7 * MS,
  /** conmon up to its fork; from its start to the container's pid are 24 ms, of which crun has about 8. */
  conmonStartNs: 5 * MS,
  /** Sockets, fifos, pipes and the fork of the runtime. */
  conmonSetupNs: 5 * MS,
  /** Unsharing three namespaces and mounting them; the network's is the dear one. */
  pinnsNs: 3 * MS,

  // Commands (estimates: text filters go through about 1 GB a second, a small read or write costs about 2 µs).
  textByteNs: 1,
  textCallNs: 2 * US,
  /** One statement of an awk program; estimate for mawk. */
  awkStatementNs: 100,
  /** A small static request in a web server; estimate. */
  httpRequestNs: 60 * US,
  /** Checksums, a byte; sha256 with the SHA extensions is about 2 GB/s, md5 0.6: rounded. */
  hashByteNs: 1,
  /** gzip -6 of a program's text, and unpacking it, a byte of what is unpacked; measured with gzip 1.12 on two cores. */
  gzipByteNs: 50,
  gunzipByteNs: 6,

  // Registry.
  /** Looking up and answering one request; estimate of distribution's own share (the local one answers a HEAD in 1 ms). */
  registryRequestNs: 400 * US,

  // systemd (estimates: a job through the queue, and the idle priority at which it looks at cgroups that have become empty).
  systemdTransientNs: 300 * US,
  systemdCgroupEmptyNs: 1 * MS,

  // runc (measured: `runc run true` 36.6 ms, `runc list` and other small commands about 10 ms, create about 30, start about 10).
  /** Go's runtime, and libseccomp's and systemd's libraries. */
  runcStartNs: 9 * MS,
  /** Parsing and validating config.json, sealing a copy of the own binary. */
  runcConfigNs: 4 * MS,
  runcCgroupNs: 2 * MS,
  /** Making a network namespace is the dear one among the namespaces. */
  runcNetNamespaceNs: 2 * MS,
  /** Mounts, device nodes and pivot_root inside init. */
  runcRootfsNs: 4 * MS,
  runcSaveStateNs: 1 * MS,
  /** Compiling the seccomp filter, dropping capabilities, looking up the program. */
  runcFinalizeNs: 2 * MS,
  /** Removing the cgroup waits for an RCU grace period. */
  runcDestroyNs: 4 * MS,

  // crun (measured: `crun run true` 9.7 ms, other commands 2 to 3; shares of the phases are estimates in runc's proportions).
  crunStartNs: 1_200 * US,
  crunConfigNs: 400 * US,
  crunCgroupNs: 1 * MS,
  crunRootfsNs: 2 * MS,
  crunSaveStateNs: 200 * US,
  crunFinalizeNs: 700 * US,
  crunDestroyNs: 2 * MS,

  // gVisor (measured: `runsc run true` 137 ms under systrap, create 90, start 60, exec 40, list and state 20 to 30;
  // the shares of the phases are estimates).
  runscStartNs: 15 * MS,
  /** The cgroup, the namespaces and the clones of gofer and sandbox. */
  runscSandboxNs: 10 * MS,
  /** The Sentry from its main to the first message on the control socket: memory file, platform, network stack. */
  sentryBootNs: 48 * MS,
  /** Reading the spec, mounting, the first task's image. */
  sentryLoadNs: 46 * MS,
  /** What one more process costs. */
  sentryExecNs: 12 * MS,
  /** A gofer's start, less the Go runtime's. */
  goferStartNs: 4 * MS,
  /** openat and its like by the Sentry itself on a donated directory (directfs). */
  directfsRequestNs: 12 * US,
  /** The same by a request to the gofer: gvisor.dev's blog of 2023-06-27 has stat(2) at 122 µs by lisafs, at 54 by directfs. */
  lisafsRequestNs: 27 * US,
  /**
   * From an application into the Sentry and back, a call: getpid takes 1,017 ns under systrap and 15,400 under ptrace in
   * gvisor.dev's blog of 2023-04-28; 763 on KVM in the performance guide's syscall.csv. Linux itself is the 0 of this table.
   */
  systrapCallNs: 1_017,
  ptraceCallNs: 15_400,
  kvmCallNs: 763,
  runscShimStartNs: 11 * MS,

  // containerd-shim-runc-v2 (measured: RunPodSandbox's log has 30 ms from the shim's exec to "connecting to shim").
  shimStartNs: 11 * MS,
  /** Mounting the rootfs and opening the fifos. */
  shimCreateNs: 1 * MS,
  shimRpcNs: 150 * US,

  // Control plane (estimates; recorded: apply answers in about 20 ms, the API server is ready some seconds after its start).
  etcdStartNs: 400 * MS,
  /** Waiting for the disk to confirm a log entry. */
  etcdFsyncNs: 600 * US,
  etcdRequestNs: 100 * US,
  apiServerStartNs: 1_600 * MS,
  /** Decoding, admission, encoding of one request. */
  apiServerRequestNs: 700 * US,
  /** One event sent to one watcher. */
  apiServerWatchEventNs: 40 * US,
  schedulerStartNs: 500 * MS,
  /** One attempt to place a pod. */
  schedulerCycleNs: 1 * MS,
  controllerManagerStartNs: 700 * MS,
  /** One pass of a controller over one object. */
  controllerSyncNs: 300 * US,

  // CNI plugins (measured: stopp 192 ms with a network, about 60 without; the ADD is about 100 ms of runp's 161).
  cniPluginStartNs: 3 * MS,
  /** Each iptables or nft call of ipMasq and portmap forks a process. */
  cniIptablesCallNs: 3 * MS,
  cniVethNs: 4 * MS,
  /** Removing a veth end waits for the device to be unregistered in both namespaces (RCU). */
  cniVethDeleteNs: 60 * MS,
  /** Waiting for the bridge port to be up. */
  cniLinkUpNs: 25 * MS,

  // crictl (measured: `crictl version` takes 20.8 ms in all, fork, exec and its two calls included).
  crictlStartNs: 20_050 * US,

  // ctr (measured: `ctr namespaces ls` takes 0.02 s in all, its three calls included).
  ctrStartNs: 17 * MS,

  // nerdctl (not measured: ctr's, and a third more for its larger set of packages).
  nerdctlStartNs: 23 * MS,

  // kubectl (measured: a command that asks once takes 50 to 60 ms in all).
  kubectlStartNs: 45 * MS,

  // kubelet (recorded: 0.4 s from its first line to "Started kubelet", most of it waiting; estimate of the CPU's share).
  kubeletBootNs: 120 * MS,

  // Docker 20.10 (estimates: `docker version` takes about 50 ms, `docker run` of a small image about 0.4 s).
  dockerStartNs: 38 * MS,
  dockerdBootNs: 350 * MS,
  dockerdRequestNs: 300 * US,
  dockerdCreateNs: 20 * MS,
  dockerdStartNs: 45 * MS,
  dockershimRpcNs: 500 * US,

  // apt and dpkg (estimates).
  aptStartNs: 60 * MS,
  dpkgUnpackNs: 250 * MS,

  // Workloads (estimates: nginx starts in about 5 ms and serves some 20,000 small files a second on a core).
  nginxStartNs: 4 * MS,
  nginxRequestNs: 50 * US,
  /** Resident memory of a worker: nginx in a fresh container shows about 3 MB. */
  nginxWorkerBytes: 3_100_000,
  redisStartNs: 6 * MS,
  redisCommandNs: 8 * US,
  /** busybox is small and static: an applet starts in a fraction of what a dynamic program takes. */
  busyboxStartNs: 120 * US,
  /** jq compiles its builtins, written in jq, at each start. */
  jqStartNs: 2 * MS,
} as const;
