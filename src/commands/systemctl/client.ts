/** Talking to pid 1: one JSON request line, JSON reply lines. @models systemd 257 org.freedesktop.systemd1 @fidelity partial: JSON lines of our own instead of D-Bus */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LineReader } from '../../linux/io.ts';

export const SYSTEMD_SOCKET = '/run/systemd/private';

export type Unit = {
  name: string;
  description: string;
  loadState: string;
  activeState: string;
  subState: string;
  mainPid: number;
  /** ns since 1970; '0' if it never was in this state. */
  since: string;
  path: string;
  enabledState: string;
  cgroup: string;
  result: string;
  exitCode: number;
  exitSignal: string | null;
  tasks: number | null;
  memoryBytes: number | null;
  docs: string[];
  invocationId?: string;
  preset?: string;
  cpuNs?: number;
};

export type Reply = { ok: boolean; unit?: Unit; units?: Unit[]; error?: string; state?: string; [key: string]: unknown };

/** null: there is no systemd to talk to. */
export async function request(ctx: Context, message: Record<string, unknown>): Promise<Reply[] | null> {
  let fd: number;
  try {
    fd = await ctx.sys.connect(ctx, { family: 'unix', path: SYSTEMD_SOCKET });
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
  try {
    await ctx.sys.write(ctx, fd, `${JSON.stringify(message)}\n`);
    await ctx.sys.shutdown(ctx, fd, 'write');
    const reader = new LineReader(fd);
    const replies: Reply[] = [];
    for (let line = await reader.next(ctx); line !== null; line = await reader.next(ctx)) if (line.trim() !== '') replies.push(JSON.parse(line) as Reply);
    return replies;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}
