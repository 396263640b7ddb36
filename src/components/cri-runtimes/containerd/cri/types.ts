/** What the CRI plugin keeps of pod sandboxes and containers. */
import type {
  ContainerConfig,
  ContainerState,
  LinuxContainerResources,
  PodSandboxConfig,
} from '../../../../protocols/cri/generated.ts';
import type { Future } from '../../../../sim/primitives.ts';
import type { ContainerIo } from '../../shared/io/container-io.ts';
import type { PodNetwork } from '../cni/go-cni.ts';
import type { AnyMessage } from '../config/handlers.ts';

export type SandboxMetadata = {
  id: string;
  name: string;
  config: PodSandboxConfig;
  netNsPath: string;
  ip: string;
  additionalIps: string[];
  runtimeHandler: string;
  cniResult: PodNetwork | null;
};

export type SandboxState = 'ready' | 'notready' | 'unknown';

export type SandboxStatus = {
  pid: number;
  state: SandboxState;
  createdAt: bigint;
  exitStatus: number;
  exitedAt: bigint;
};

export type ExitInfo = { status: number; exitedAt: bigint };

export type UsageSample = { nanoseconds: bigint; time: bigint };

export type Sandbox = {
  readonly id: string;
  readonly metadata: SandboxMetadata;
  /** As clients of the CRI see it. */
  status: SandboxStatus;
  /** As the sandbox controller sees it: it learns of an exit first. */
  controller: SandboxStatus;
  readonly runtime: { type: string; options: AnyMessage | null };
  /** The pause container has ended. */
  readonly exited: Future<ExitInfo>;
  /** False while there is no containerd container for it. */
  hasContainer: boolean;
  usage: UsageSample | null;
};

export type ContainerMetadata = {
  id: string;
  name: string;
  sandboxId: string;
  config: ContainerConfig;
  /** The image's id. */
  imageRef: string;
  logPath: string;
  stopSignal: string;
};

export type ContainerStatusRecord = {
  pid: number;
  createdAt: bigint;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  reason: string;
  message: string;
  starting: boolean;
  removing: boolean;
  unknown: boolean;
  resources: LinuxContainerResources | null;
};

export type CriContainer = {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  status: ContainerStatusRecord;
  io: ContainerIo | null;
  readonly stopped: Future<void>;
  /** The stop signal has been sent once by a stop with a timeout. */
  stopSignalSent: boolean;
  usage: UsageSample | null;
};

export type { ContainerState };

/** The containerd namespace of everything the CRI makes. */
export const CRI_NAMESPACE = 'k8s.io';

export const KIND_LABEL = 'io.cri-containerd.kind';
export const IMAGE_LABEL = 'io.cri-containerd.image';
export const PINNED_LABEL = 'io.cri-containerd.pinned';
export const SANDBOX_EXTENSION = 'io.cri-containerd.sandbox.metadata';
export const CONTAINER_EXTENSION = 'io.cri-containerd.container.metadata';

export const UNKNOWN_EXIT_CODE = 255;
