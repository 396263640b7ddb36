/** Talking to pid 1: one JSON request line, one JSON reply line. @models systemd 257 org.freedesktop.systemd1 @fidelity partial: JSON lines of our own instead of D-Bus */
import type { Context } from '../../linux/context.ts';
import { LineReader } from '../../linux/io.ts';

const SYSTEMD_SOCKET = '/run/systemd/private';

export type Exec = {
  /** ExecStart, ExecStartPre … */
  setting: string;
  line: string;
  pid: number;
  exitCode: number;
  signal: string | null;
  ended: boolean;
};

export type Unit = {
  name: string;
  description: string;
  loadState: string;
  activeState: string;
  subState: string;
  mainPid: number;
  lastMainPid: number;
  /** ns since 1970 of the last change of activeState; '0' if there was none. */
  since: string;
  activeSince: string;
  inactiveSince: string;
  path: string;
  dropIns: string[];
  needsReload: boolean;
  enabledState: string;
  transient: boolean;
  installable: boolean;
  cgroup: string;
  slice: string;
  result: string;
  exitCode: number;
  exitSignal: string | null;
  restarts: number;
  execs: Exec[];
  invocation: string;
  statusText: string;
  type: string;
  /** What the file and its drop-ins say in the section of the unit's kind. */
  settings: Record<string, string>;
  dependencies: Record<'requires' | 'wants' | 'bindsTo' | 'partOf' | 'conflicts' | 'before' | 'after', string[]>;
  reverse: Record<'requiredBy' | 'wantedBy' | 'boundBy' | 'consistsOf' | 'before' | 'after', string[]>;
  tasks: number;
  memoryBytes: number;
  docs: string[];
  pids: number[];
};

export type Reply = {
  ok: boolean;
  unit?: Unit;
  units?: Unit[];
  jobs?: number;
  error?: string;
  messages?: string[];
  warning?: string;
  /** What systemctl says although it went well. */
  warnings?: string[];
  /** CancelShutdown: whether there was one. */
  cancelled?: boolean;
  /** ScheduledShutdown: what for, and when (ns since 1970). */
  scheduled?: { kind: 'reboot' | 'poweroff' | 'halt'; at: string } | null;
};

export class SystemdClient {
  private readonly fd: number;
  private readonly lines: LineReader;

  private constructor(fd: number) {
    this.fd = fd;
    this.lines = new LineReader(fd);
  }

  /** Throws the connect's Errno. */
  static async connect(ctx: Context): Promise<SystemdClient> {
    return new SystemdClient(await ctx.sys.connect(ctx, { family: 'unix', path: SYSTEMD_SOCKET }));
  }

  async call(ctx: Context, method: string, parameters: Record<string, unknown> = {}): Promise<Reply> {
    await ctx.sys.write(ctx, this.fd, `${JSON.stringify({ method, ...parameters })}\n`);
    const line = await this.lines.next(ctx);
    return line === null ? { ok: false, error: 'Connection reset by peer' } : (JSON.parse(line) as Reply);
  }

  async units(ctx: Context): Promise<Unit[]> {
    return (await this.call(ctx, 'ListUnits')).units ?? [];
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }
}
