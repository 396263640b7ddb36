/** @models coreutils 9.7 src/tail.c @fidelity partial: follows by polling, as tail does without inotify */
import { isErrno } from '../../linux/errno.ts';
import { Heap } from '../../linux/heap.ts';
import { Rope } from '../../linux/rope.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { type Input, openInput } from '../common/streams.ts';
import { banner, failedOpen, readCount, rewriteObsolete } from '../head/head.ts';

const SECOND = 1_000_000_000;
const POLL_NS = 20_000_000;

type Followed = { path: string; fd: number; ino: number; offset: number; open: boolean };

async function lastPart(
  call: Invocation,
  input: Input,
  unit: 'lines' | 'bytes',
  sign: string,
  count: number,
  delimiter: number,
): Promise<void> {
  const parts: { rope: Rope; lines: number }[] = [];
  const heap = new Heap();
  let kept = 0;
  let lines = 0;
  // From the end it keeps what has the last lines, or bytes, however much goes by; from the beginning it passes all on.
  const isSpare = (first: { rope: Rope; lines: number }): boolean =>
    unit === 'bytes' ? kept - first.rope.length >= count : lines - first.lines > count;
  for (let rope = await input.chunkRope(); rope.length > 0; rope = await input.chunkRope()) {
    const part = { rope, lines: unit === 'lines' && sign !== '+' ? countOf(rope.bytes(), delimiter) : 0 };
    parts.push(part);
    kept += rope.length;
    lines += part.lines;
    if (sign === '+') continue;
    while (parts.length > 1 && isSpare(parts[0] as typeof part)) {
      const gone = parts.shift() as typeof part;
      kept -= gone.rope.length;
      lines -= gone.lines;
    }
    await heap.hold(call.ctx, kept);
  }
  await heap.hold(call.ctx, 0);
  const all = Rope.concat(parts.map(({ rope }) => rope)).bytes();
  await call.out.bytes(all.subarray(startOf(all, unit, sign, count, delimiter)));
}

function countOf(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

export function startOf(
  all: Uint8Array,
  unit: 'lines' | 'bytes',
  sign: string,
  count: number,
  delimiter: number,
): number {
  if (unit === 'bytes') return sign === '+' ? Math.max(0, count - 1) : Math.max(0, all.length - count);
  if (sign === '+') {
    let at = 0;
    for (let n = 1; n < count; n++) {
      const newline = all.indexOf(delimiter, at);
      if (newline < 0) return all.length;
      at = newline + 1;
    }
    return at;
  }
  if (count === 0) return all.length;
  let at = all[all.length - 1] === delimiter ? all.length - 1 : all.length;
  for (let n = 0; n < count; n++) {
    if (at === 0) return 0;
    const newline = all.lastIndexOf(delimiter, at - 1);
    if (newline < 0) return 0;
    at = newline;
  }
  return at + 1;
}

export const tail = command(
  {
    name: 'tail',
    usage: ['[OPTION]... [FILE]...'],
    about:
      'Write the last 10 lines of each FILE. Several files get a header each.\n\nWithout FILE, or where FILE is -, standard input is read.',
    options: {
      'c,bytes=[+]NUM': 'the last NUM bytes; with +, from byte NUM on',
      'f,follow[={name|descriptor}]': 'go on writing what is appended to the file',
      F: 'the same as --follow=name --retry',
      'n,lines=[+]NUM': 'the last NUM lines instead of 10; with +, from line NUM on',
      'pid=PID': 'with -f, end when process PID has ended',
      'q,quiet': 'no headers with file names',
      silent: 'same as --quiet',
      retry: 'keep trying to open a file that cannot be opened',
      's,sleep-interval=N': 'with -f, wait about N seconds (default 1.0) between looks',
      'v,verbose': 'headers with file names always',
      'z,zero-terminated': 'lines end with NUL, not newline',
    },
    rewrite: (args) => {
      const match = /^([-+])(\d+)([cln]?)(f?)$/.exec(args[0] ?? '');
      if (match === null) return rewriteObsolete(args);
      const [, sign, digits, unit, follow] = match;
      return [
        unit === 'c' ? '-c' : '-n',
        `${sign === '+' ? '+' : ''}${digits}`,
        ...(follow === '' ? [] : ['-f']),
        ...args.slice(1),
      ];
    },
  },
  async (call) => {
    const { ctx, options } = call;
    const { sys } = ctx;
    const unit = options.last('bytes', 'lines') ?? 'lines';
    const { sign, count } = await readCount(call, options.value(unit) ?? '10', unit);
    const delimiter = options.has('zero-terminated') ? 0 : 10;
    const followOption = options.last('follow', 'F');
    const byName = followOption === 'F' || options.value('follow') === 'name';
    const retry = options.has('F') || options.has('retry');
    const interval = Number(options.value('sleep-interval') ?? '1');
    if (Number.isNaN(interval) || interval < 0) {
      await call.complain(`invalid number of seconds: ${quote(ctx, options.value('sleep-interval') ?? '')}`);
      throw new Exit(1);
    }
    const files = call.operands.length === 0 ? ['-'] : call.operands;
    const style = options.last('quiet', 'silent', 'verbose');
    const headers = style === 'verbose' || (style === undefined && files.length > 1);
    const followed: Followed[] = [];
    let status = 0;
    let first = true;
    let shown = '';
    for (const path of files) {
      let input: Input;
      try {
        input = await openInput(ctx, path);
      } catch (error) {
        status = 1;
        await failedOpen(call, path, error);
        if (retry && followOption !== undefined) followed.push({ path, fd: -1, ino: -1, offset: 0, open: false });
        continue;
      }
      if (headers) await banner(call, path, first);
      first = false;
      shown = path;
      try {
        await lastPart(call, input, unit, sign, count, delimiter);
      } catch (error) {
        if (!isErrno(error)) throw error;
        status = 1;
        await call.complain(`error reading '${path}': ${error.libc}`);
        if (isErrno(error, 'EISDIR') && followOption !== undefined)
          await call.complain(`${path}: cannot follow end of this type of file; giving up on this name`);
        continue;
      }
      if (followOption === undefined || path === '-') {
        await input.close();
        continue;
      }
      const stat = await sys.fstat(ctx, input.fd);
      followed.push({ path, fd: input.fd, ino: stat.ino, offset: stat.size, open: true });
    }
    if (followOption === undefined) return status;
    if (followed.length === 0) {
      if (files.includes('-')) return status;
      await call.complain('no files remaining');
      return 1;
    }
    const watched = options.value('pid');
    // inotify tells GNU tail at once; a short poll gives the same to whoever watches.
    const wait = options.has('sleep-interval') ? Math.max(POLL_NS, interval * SECOND) : POLL_NS;
    for (;;) {
      for (const file of followed) {
        if (byName || !file.open) await reopen(call, file);
        if (!file.open) continue;
        const { size } = await sys.fstat(ctx, file.fd);
        if (size < file.offset) {
          await call.complain(`${file.path}: file truncated`);
          file.offset = 0;
          await sys.seek(ctx, file.fd, 0, 'set');
        }
        const bytes = await sys.read(ctx, file.fd);
        if (bytes.length === 0) continue;
        file.offset += bytes.length;
        if (headers && shown !== file.path) await banner(call, file.path, false);
        shown = file.path;
        await call.out.bytes(bytes);
      }
      await call.out.flush();
      if (watched !== undefined) {
        try {
          await sys.kill(ctx, Number(watched), 0);
        } catch (error) {
          if (isErrno(error, 'ESRCH')) return status;
        }
      }
      await ctx.sleep(wait);
    }
  },
);

async function reopen(call: Invocation, file: Followed): Promise<void> {
  const { ctx } = call;
  const { sys } = ctx;
  try {
    const stat = await sys.stat(ctx, file.path);
    if (stat.ino === file.ino && file.open) return;
    const fd = await sys.open(ctx, file.path, { read: true });
    if (file.open) {
      await sys.close(ctx, file.fd);
      await call.complain(`'${file.path}' has been replaced;  following new file`);
    } else await call.complain(`'${file.path}' has appeared;  following new file`);
    Object.assign(file, { fd, ino: stat.ino, offset: 0, open: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (!file.open) return;
    await call.complain(`'${file.path}' has become inaccessible: ${error.libc}`);
    await sys.close(ctx, file.fd);
    file.open = false;
  }
}
