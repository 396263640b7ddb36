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

  // Network (estimates): one way between hosts, and a registry's bandwidth.
  loopbackNs: 30 * US,
  internetRoundTripNs: 12 * MS,
  registryBytesPerSecond: 60_000_000,

  // Shell (estimates: bash runs about 100,000 builtins a second on a current core; starting it takes about 1 ms).
  shellCommandNs: 10 * US,
  shellStartNs: 1 * MS,

  // containerd (its own share of the measured medians: create 33 ms, rm 27, of which crictl itself takes 21).
  /** Waiting for the fsync that ends a bolt transaction; estimate. */
  containerdBoltCommitNs: 350 * US,
  /** Parsing the config and loading the plugins: "successfully booted in 0.118s" less what is waited for. */
  containerdBootNs: 60 * MS,
  /** Building and encoding an OCI runtime spec, with the name and path checks around it; estimate. */
  containerdSpecNs: 1_200 * US,
  /** mkdir of fs and work, quota look-ups of a snapshot; estimate. */
  containerdSnapshotNs: 500 * US,
  /** Verifying and extracting layers, bytes a second; estimate for gzip. */
  containerdUnpackBytesPerSecond: 180_000_000,
  /** An RPC that only reads the plugin's memory; estimate. */
  containerdReadRpcNs: 200 * US,
  /** Making a network namespace and its mount; estimate. */
  containerdNetnsNs: 2 * MS,
} as const;
