/**
 * systemd-journald: takes services' output line by line and keeps it.
 * @models systemd 257 journald @fidelity partial: stdout streams only; the journal is a file of JSON lines, our own format
 */
import type { Context } from '../context.ts';
import { Errno } from '../errno.ts';
import { getenv, LineReader, mkdirAll, writeFile } from '../io.ts';
import type { Program } from '../program.ts';

const SOCKET = '/run/systemd/journal/stdout';
const JOURNAL = '/var/log/journal/node.journal.jsonl';
/** identifier, unit, priority, level prefix, three forwarding flags */
const HEADER_LINES = 7;

export const journald: Program = {
  name: 'systemd-journald',
  layer: 'kernel',
  startCpuNs: 5_000_000,
  rssBytes: 14_000_000,
  main: async (ctx) => {
    await mkdirAll(ctx, '/var/log/journal');
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path: SOCKET }, { mode: 0o666 });
    await notifyReady(ctx);
    for (;;) {
      const fd = await ctx.sys.accept(ctx, listener);
      ctx.go('stream', (c) => readStream(c, fd));
    }
  },
};

async function notifyReady(ctx: Context): Promise<void> {
  const path = getenv(ctx, 'NOTIFY_SOCKET');
  if (path === undefined) return;
  const fd = await ctx.sys.connect(ctx, { family: 'unix', path });
  await ctx.sys.write(ctx, fd, 'READY=1\n');
  await ctx.sys.close(ctx, fd);
}

async function readStream(ctx: Context, fd: number): Promise<void> {
  const lines = new LineReader(fd);
  try {
    const header: string[] = [];
    while (header.length < HEADER_LINES) {
      const line = await lines.next(ctx);
      if (line === null) break;
      header.push(line);
    }
    const [identifier = '', unit = ''] = header;
    let pid = 0;
    for (let line = await lines.next(ctx); line !== null; line = await lines.next(ctx)) {
      // The last words of a process that has ended meanwhile are still its own.
      pid = (await mainPid(ctx, unit)) || pid;
      const entry = {
        MESSAGE: line,
        PRIORITY: header[2] ?? '6',
        SYSLOG_IDENTIFIER: identifier,
        _PID: String(pid),
        _SYSTEMD_UNIT: unit,
        __REALTIME_TIMESTAMP: String(ctx.wallTime / 1000n),
      };
      await writeFile(ctx, JOURNAL, `${JSON.stringify(entry)}\n`, { append: true });
      ctx.trace.emit(0, ctx.process.pid, { kind: 'log', source: identifier, text: line });
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}

/** The oldest process of the unit's cgroup is its main one. */
async function mainPid(ctx: Context, unit: string): Promise<number> {
  const fd = await ctx.sys
    .open(ctx, `/sys/fs/cgroup/system.slice/${unit}/cgroup.procs`, { read: true })
    .catch(() => -1);
  if (fd < 0) return 0;
  const first = await new LineReader(fd).next(ctx);
  await ctx.sys.close(ctx, fd);
  return Number(first ?? 0);
}
