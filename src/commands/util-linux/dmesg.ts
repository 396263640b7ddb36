/** @models util-linux 2.41 sys-utils/dmesg.c @fidelity partial: /dev/kmsg only; no console levels */
import { isErrno } from '../../linux/errno.ts';
import { utf8 } from '../../linux/rope.ts';
import { strftime } from '../common/dates.ts';
import { shortCommand } from '../common/short-command.ts';
import { isTerminal } from '../common/streams.ts';

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
const READ_BYTES = 1 << 20;
const FOLLOW_POLL_NS = 250_000_000;

export const dmesg = shortCommand(
  {
    name: 'dmesg',
    version: 'util-linux) 2.41',
    usage: ['[options]'],
    about: '\nShow or steer the kernel ring buffer.',
    options: {
      'C,clear': '',
      'c,read-clear': '',
      'd,show-delta': 'time between messages',
      'f,facility=LIST': '',
      'H,human': 'output to be read by people',
      J: '',
      'k,kernel': 'kernel messages',
      'L,color[=WHEN]': 'colours',
      'l,level=LIST': 'only these levels',
      n: '',
      'P,nopager': 'no pager',
      'r,raw': 'the raw buffer',
      'S,syslog': '',
      's,buffer-size=SIZE': '',
      'T,ctime': 'readable times',
      't,notime': 'no times',
      'time-format=FORMAT': 'delta, reltime, ctime, notime or iso',
      'u,userspace': '',
      'w,follow': 'wait for new messages',
      'W,follow-new': 'only new messages',
      'x,decode': 'facility and level as text',
      'since=TIME': '',
      'until=TIME': '',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    let fd = -1;
    let buffer = '';
    const clears = options.has('clear') || options.has('read-clear');
    let records: Awaited<ReturnType<typeof ctx.sys.syslog>>;
    try {
      // What has been cleared is not shown, though the device still has it (lseek SEEK_DATA goes to what is left).
      records = await ctx.sys.syslog(ctx, clears);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`${clears ? 'clear' : 'read'} kernel buffer failed: ${error.libc}`);
      return 1;
    }
    if (options.has('clear')) return 0;
    try {
      fd = await ctx.sys.open(ctx, '/dev/kmsg', { read: true, nonBlock: true });
    } catch (error) {
      if (!isErrno(error)) throw error;
      // Without the device (in containers) the buffer is what syslog(2) gave.
      buffer = records.map((r, i) => `${r.level},${i},${Math.floor(r.timeNs / 1000)},-;${r.text}\n`).join('');
    }
    const levels = options.value('level')?.split(',');
    const format = options.value('time-format') ?? options.last('ctime', 'notime', 'show-delta', 'human') ?? 'reltime';
    const bootNs = ctx.wallTime - BigInt(Math.round(ctx.now));
    const colour =
      (options.has('color') || options.has('human') || (await isTerminal(ctx, 1))) &&
      options.value('color') !== 'never' &&
      (await isTerminal(ctx, 1));
    let previous = 0;
    const show = async (line: string): Promise<void> => {
      const match = /^(\d+),\d+,(\d+),[^;]*;(.*)$/.exec(line);
      if (match === null) return;
      const [priority, us, text = ''] = [Number(match[1]) & 7, Number(match[2]), match[3]];
      const level = LEVELS[priority] ?? 'info';
      if (levels !== undefined && !levels.includes(level)) return;
      const at = bootNs + BigInt(us) * 1000n;
      const seconds = `${String(Math.floor(us / 1e6)).padStart(5)}.${String(us % 1_000_000).padStart(6, '0')}`;
      const delta = `${String(Math.floor((us - previous) / 1e6)).padStart(5)}.${String((us - previous) % 1_000_000).padStart(6, '0')}`;
      previous = us;
      let stamp = `[${seconds}] `;
      if (options.has('raw')) stamp = `<${priority}>[${seconds}] `;
      else if (format === 'notime') stamp = '';
      else if (format === 'ctime' || format === 'human') stamp = `[${strftime('%a %b %e %H:%M:%S %Y', at)}] `;
      else if (format === 'iso')
        stamp = `${strftime('%Y-%m-%dT%H:%M:%S', at)},${String(us % 1_000_000).padStart(6, '0')}+00:00 `;
      else if (format === 'delta' || format === 'show-delta') stamp = `[${seconds} <${delta}>] `;
      const decoded = options.has('decode') ? `kern  :${level.padEnd(6)}: ` : '';
      const subject = /^[^\s:]+: /.exec(text)?.[0] ?? '';
      const body = !colour
        ? text
        : priority <= 3
          ? `\x1b[31m${text}\x1b[0m`
          : subject === ''
            ? text
            : `\x1b[33m${subject}\x1b[0m${text.slice(subject.length)}`;
      await out.write(`${decoded}${colour && stamp !== '' ? `\x1b[32m${stamp}\x1b[0m` : stamp}${body}\n`);
    };
    if (fd < 0) {
      for (const line of buffer.split('\n')) await show(line);
      return 0;
    }
    const follow = options.has('follow') || options.has('follow-new');
    let quiet = options.has('follow-new');
    let first = true;
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, READ_BYTES).catch((error: unknown) => {
        if (isErrno(error, 'EAGAIN')) return new Uint8Array(0);
        throw error;
      });
      const lines = utf8(bytes).split('\n');
      if (first) lines.splice(0, Math.max(0, lines.length - 1 - records.length));
      first = false;
      if (!quiet) for (const line of lines) await show(line);
      quiet = false;
      if (!follow) {
        if (bytes.length === 0) break;
        continue;
      }
      await out.flush();
      if (bytes.length === 0) await ctx.sleep(FOLLOW_POLL_NS);
    }
    await ctx.sys.close(ctx, fd);
    return 0;
  },
);
