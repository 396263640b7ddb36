/** Talking to pid 1: one JSON request line, one JSON reply line. @models systemd 257 org.freedesktop.systemd1 @fidelity partial: JSON lines of our own instead of D-Bus */
import type { Context } from '../../linux/context.ts';
import { LineReader } from '../../linux/io.ts';

const SYSTEMD_SOCKET = '/run/systemd/private';

export type Unit = {
  name: string;
  description: string;
  loadState: string;
  activeState: string;
  subState: string;
  mainPid: number;
  /** ns since 1970 of the last change of activeState; '0' if there was none. */
  since: string;
  path: string;
  enabledState: string;
  cgroup: string;
  result: string;
  exitCode: number;
  exitSignal: string | null;
  tasks: number;
  memoryBytes: number;
  docs: string[];
  pids: number[];
};

export type Reply = {
  /** What the manager wants people to know although it did as it was told. */
  warnings?: string[];
  ok: boolean;
  unit?: Unit;
  units?: Unit[];
  error?: string;
  messages?: string[];
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

  async call(ctx: Context, method: string, parameters: Record<string, string> = {}): Promise<Reply> {
    await ctx.sys.write(ctx, this.fd, `${JSON.stringify({ method, ...parameters })}\n`);
    const line = await this.lines.next(ctx);
    return line === null ? { ok: false, error: 'Connection reset by peer' } : (JSON.parse(line) as Reply);
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }
}
