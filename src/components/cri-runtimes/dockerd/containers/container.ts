/**
 * One container as dockerd keeps it: in memory, and in two files of its directory.
 * @models moby 20.10 container/container.go, container/state.go
 * @fidelity partial: no health checks, no plugins; the files hold what the daemon here reads again
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { mkdirAll, writeFileAtomic } from '../../../../linux/io.ts';
import type {
  ContainerConfig,
  ContainerState,
  HostConfig,
  MountPoint,
  NetworkSettings,
} from '../../../../protocols/docker/types.ts';
import { Future } from '../../../../sim/primitives.ts';
import type { Scheduler } from '../../../../sim/scheduler.ts';
import type { ContainerStreams } from './streams.ts';

export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** What config.v2.json holds. */
export type ContainerRecord = {
  ID: string;
  Created: string;
  Path: string;
  Args: string[];
  Name: string;
  Image: string;
  Config: ContainerConfig;
  State: ContainerState;
  NetworkSettings: NetworkSettings;
  LogPath: string;
  Driver: string;
  MountPoints: MountPoint[];
  RestartCount: number;
  HasBeenStartedBefore: boolean;
  HasBeenManuallyStopped: boolean;
  ResolvConfPath: string;
  HostnamePath: string;
  HostsPath: string;
  ShmPath: string;
  /** The driver's directory of its own files. */
  MountId: string;
};

export class Container {
  readonly record: ContainerRecord;
  host: HostConfig;
  /** While it runs. */
  streams: ContainerStreams | null = null;
  /** Settled with the next exit. */
  exited: Future<number>;
  /** Settled once it is gone. */
  readonly removed: Future<void>;
  /** Numbers of the run: a watcher of an older one has nothing to say. */
  run = 0;
  private readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler, record: ContainerRecord, host: HostConfig) {
    this.scheduler = scheduler;
    this.record = record;
    this.host = host;
    this.exited = new Future<number>(scheduler);
    this.removed = new Future<void>(scheduler);
  }

  get id(): string {
    return this.record.ID;
  }

  /** Without the slash. */
  get name(): string {
    return this.record.Name.slice(1);
  }

  get state(): ContainerState {
    return this.record.State;
  }

  get networkMode(): string {
    const mode = this.host.NetworkMode ?? 'default';
    return mode === '' ? 'default' : mode;
  }

  setRunning(ctx: Context, pid: number): void {
    Object.assign(this.state, {
      Status: 'running',
      Running: true,
      Restarting: false,
      Pid: pid,
      ExitCode: 0,
      Error: '',
      OOMKilled: false,
      StartedAt: rfc3339Nano(ctx.wallTime),
    });
    // Whoever waits for the next exit since before the start waits for this one.
    if (this.exited.done) this.exited = new Future<number>(this.scheduler);
  }

  setStopped(code: number, atNs: bigint): void {
    Object.assign(this.state, {
      Status: 'exited',
      Running: false,
      Paused: false,
      Pid: 0,
      ExitCode: code,
      FinishedAt: rfc3339Nano(atNs),
    });
    this.exited.resolve(code);
  }
}

export async function saveContainer(ctx: Context, root: string, container: Container): Promise<void> {
  const directory = `${root}/containers/${container.id}`;
  await mkdirAll(ctx, directory, 0o710);
  await writeFileAtomic(ctx, `${directory}/config.v2.json`, JSON.stringify(container.record), 0o600);
  await writeFileAtomic(ctx, `${directory}/hostconfig.json`, JSON.stringify(container.host));
}
