/**
 * systemd-journald: takes services' output line by line, messages in its own protocol and in syslog's, and keeps them.
 * @models systemd 257 journald @fidelity partial: the journal is a file of JSON lines, our own format; the sockets for
 * messages keep their bounds but take connections (SOCK_SEQPACKET in place of SOCK_DGRAM)
 */
import type { Context } from '../context.ts';
import { Errno, isErrno } from '../errno.ts';
import { exists, getenv, LineReader, mkdirAll, readFile, writeFile } from '../io.ts';
import type { Program } from '../program.ts';
import { nativeFields, syslogFields } from './journal-messages.ts';
import { bootId } from './journal-writer.ts';

const SOCKET = '/run/systemd/journal/stdout';
const NATIVE_SOCKET = '/run/systemd/journal/socket';
const SYSLOG_SOCKET = '/run/systemd/journal/dev-log';
const SYSLOG_LINK = '/dev/log';
const MESSAGE_BYTES_MAX = 1 << 20;
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
    for (const path of [SOCKET, NATIVE_SOCKET, SYSLOG_SOCKET])
      if (await exists(ctx, path)) await ctx.sys.unlink(ctx, path);
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path: SOCKET }, { mode: 0o666 });
    await listenForMessages(ctx, NATIVE_SOCKET, nativeFields);
    await listenForMessages(ctx, SYSLOG_SOCKET, syslogFields);
    if (!(await exists(ctx, SYSLOG_LINK))) await ctx.sys.symlink(ctx, SYSLOG_SOCKET, SYSLOG_LINK);
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

async function listenForMessages(
  ctx: Context,
  path: string,
  fieldsOf: (message: Uint8Array) => Record<string, string> | null,
): Promise<void> {
  const listener = await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o666, packets: true });
  ctx.go(path, async (c) => {
    for (;;) {
      const fd = await c.sys.accept(c, listener);
      c.go('messages', (inner) => readMessages(inner, fd, fieldsOf));
    }
  });
}

async function readMessages(
  ctx: Context,
  fd: number,
  fieldsOf: (message: Uint8Array) => Record<string, string> | null,
): Promise<void> {
  try {
    for (;;) {
      const message = await ctx.sys.read(ctx, fd, MESSAGE_BYTES_MAX);
      if (message.length === 0) break;
      const fields = fieldsOf(message);
      if (fields === null) continue;
      const pid = ctx.sys.senderPid(ctx, fd);
      await append(ctx, {
        PRIORITY: '6',
        ...fields,
        _PID: String(pid),
        ...(await unitOf(ctx, pid)),
        __REALTIME_TIMESTAMP: String(ctx.wallTime / 1000n),
      });
      ctx.trace.emit(0, ctx.process.pid, {
        kind: 'log',
        source: fields['SYSLOG_IDENTIFIER'] ?? '',
        text: (fields['MESSAGE'] ?? '').trimEnd(),
      });
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}

/** The sender's unit is what its cgroup is named after. */
async function unitOf(ctx: Context, pid: number): Promise<Record<string, string>> {
  try {
    const path = (await readFile(ctx, `/proc/${pid}/cgroup`)).trim().split(':').at(-1) ?? '';
    const unit = path.split('/').find((part) => /\.(service|scope)$/.test(part));
    return unit === undefined ? {} : { _SYSTEMD_UNIT: unit };
  } catch (error) {
    if (isErrno(error)) return {};
    throw error;
  }
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
