/**
 * systemd-journald: takes services' output line by line and keeps it.
 * @models systemd 257 journald @fidelity partial: stdout streams only; the journal is a file of JSON lines, our own format
 */
import type { Context } from '../context.ts';
import { Errno } from '../errno.ts';
import { exists, getenv, LineReader, mkdirAll, writeFile } from '../io.ts';
import type { Program } from '../program.ts';
import { bootId } from './journal-writer.ts';

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
    // Left by one that was killed.
    if (await exists(ctx, SOCKET)) await ctx.sys.unlink(ctx, SOCKET);
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path: SOCKET }, { mode: 0o666 });
    await notifyReady(ctx);
    ctx.sys.sigaction(ctx, 'SIGTERM', () => ctx.go('stop', stop));
    ctx.go('kernel-log', readKernelLog);
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

async function stop(ctx: Context): Promise<never> {
  await append(ctx, {
    MESSAGE: 'Journal stopped',
    PRIORITY: '6',
    SYSLOG_IDENTIFIER: 'systemd-journald',
    _PID: String(ctx.sys.getpid(ctx)),
    _SYSTEMD_UNIT: 'systemd-journald.service',
    __REALTIME_TIMESTAMP: String(ctx.wallTime / 1000n),
  });
  return ctx.sys.exit(ctx, 0);
}

/** The kernel's log, from /dev/kmsg: `priority,number,µs since boot,flags;text`. */
async function readKernelLog(ctx: Context): Promise<void> {
  const bootUs = (ctx.wallTime - BigInt(ctx.sys.uptimeNs())) / 1000n;
  const lines = new LineReader(await ctx.sys.open(ctx, '/dev/kmsg', { read: true }));
  for (let line = await lines.next(ctx); line !== null; line = await lines.next(ctx)) {
    const match = /^(\d+),\d+,(\d+),[^;]*;(.*)$/s.exec(line);
    if (match === null) continue;
    const [, priority = '6', us = '0', text = ''] = match;
    await append(ctx, {
      MESSAGE: text,
      PRIORITY: priority,
      SYSLOG_IDENTIFIER: 'kernel',
      _TRANSPORT: 'kernel',
      __REALTIME_TIMESTAMP: String(bootUs + BigInt(us)),
    });
  }
}

async function append(ctx: Context, entry: Record<string, string>): Promise<void> {
  const whole = { ...entry, _BOOT_ID: await bootId(ctx) };
  await writeFile(ctx, JOURNAL, `${JSON.stringify(whole)}\n`, { append: true });
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
    for (let line = await lines.next(ctx); line !== null; line = await lines.next(ctx)) {
      const pid = ctx.sys.senderPid(ctx, fd);
      const entry = {
        MESSAGE: line,
        PRIORITY: header[2] ?? '6',
        SYSLOG_IDENTIFIER: identifier,
        _PID: String(pid),
        _SYSTEMD_UNIT: unit,
        __REALTIME_TIMESTAMP: String(ctx.wallTime / 1000n),
      };
      await append(ctx, entry);
      ctx.trace.emit(0, ctx.process.pid, { kind: 'log', source: identifier, text: line });
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}
