/**
 * A container as CRI-O keeps it: in memory, in config.json by annotations, in state.json.
 * @models CRI-O 1.36 internal/oci/container.go
 * @fidelity partial: no checkpoints, SELinux labels or id mappings
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import type { Mount } from '../../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { type Future, Mutex } from '../../../../sim/primitives.ts';

export type Status = 'created' | 'running' | 'paused' | 'stopped';

export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** state.json. */
export type ContainerState = {
  ociVersion: string;
  id: string;
  status: Status | '';
  pid?: number;
  bundle: string;
  annotations?: Record<string, string>;
  created: string;
  started: string;
  finished: string;
  exitCode?: number;
  oomKilled?: boolean;
  error?: string;
  initPid?: number;
  initStartTime?: string;
  checkpointedTime: string;
  containerMonitorProcess?: { pid: number; startTime: string };
};

export type Container = {
  readonly id: string;
  readonly name: string;
  readonly bundle: string;
  /** What survives a reboot. */
  readonly directory: string;
  readonly logPath: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  /** As the client has asked for it. */
  readonly userImage: string;
  readonly imageName: string;
  readonly imageId: string;
  /** `repository@sha256:…` */
  readonly imageRef: string;
  readonly metadata: { name: string; attempt: number };
  readonly sandboxId: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly handler: string;
  readonly createdAt: bigint;
  readonly stopSignal: string;
  readonly volumes: Input<Mount>[];
  readonly privileged: boolean;
  /** Stands for a process that does not exist. */
  readonly spoofed: boolean;
  spec: Spec;
  mountPoint: string;
  /** CreateContainer has been answered. */
  created: boolean;
  state: ContainerState;
  readonly lock: Mutex;
  /** A stop is on its way. */
  stopping: StopLoop | null;
  /** Pids of runtimes that execute commands in it. */
  readonly execs: Set<number>;
  usage: { nanoseconds: bigint; time: bigint } | null;
};

export type StopLoop = { readonly done: Future<void>; shorten(timeoutSeconds: number): void };

export type NewContainer = Omit<Container, 'created' | 'state' | 'lock' | 'stopping' | 'execs' | 'usage'>;

export function newContainer(ctx: Context, container: NewContainer): Container {
  return {
    ...container,
    created: false,
    state: newState(container.id, container.bundle),
    lock: new Mutex(ctx.scheduler),
    stopping: null,
    execs: new Set(),
    usage: null,
  };
}

function newState(id: string, bundle: string): ContainerState {
  return {
    ociVersion: '',
    id,
    status: '',
    bundle,
    created: ZERO_TIME,
    started: ZERO_TIME,
    finished: ZERO_TIME,
    checkpointedTime: ZERO_TIME,
  };
}

export function stamp(ctx: Context): string {
  return rfc3339Nano(ctx.wallTime);
}

/** `namespace/pod/container`, from the labels that the kubelet sets. */
export function description(labels: Record<string, string>): string {
  const part = (name: string): string => labels[`io.kubernetes.${name}`] ?? '';
  return `${part('pod.namespace')}/${part('pod.name')}/${part('container.name')}`;
}

/** The 22nd field of /proc/PID/stat; null when the process is gone. */
export async function startTimeOf(ctx: Context, pid: number): Promise<string | null> {
  try {
    const stat = await readFile(ctx, `/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

/** Whether the container's first process is there and still the same. */
export async function isLiving(ctx: Context, container: Container): Promise<boolean> {
  const { initPid, initStartTime } = container.state;
  if (initPid === undefined || initPid <= 0) return false;
  return (await startTimeOf(ctx, initPid)) === initStartTime;
}

/** Throws NotFound when nothing can be executed in it. */
export async function requireLiving(ctx: Context, container: Container): Promise<void> {
  const { initPid = 0, pid } = container.state;
  let why = '';
  if (initPid <= 0) why = 'container PID not initialized';
  else if (pid === 0 || !(await isLiving(ctx, container))) why = 'container process not found';
  if (why === '') return;
  const words = `container is not created or running: checking if PID of ${container.id} is running failed: ${why}`;
  throw new GrpcError(grpcCode.NotFound, words);
}
