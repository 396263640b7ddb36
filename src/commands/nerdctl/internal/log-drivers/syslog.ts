/**
 * syslog: to the local socket, or over TCP.
 * @models nerdctl v2.3.5 pkg/logging/syslog_logger.go; yuchanns/srslog
 * @fidelity partial: no UDP, no TLS
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { fail, shortId } from '../../run.ts';
import type { LogDriver, LogOwner } from './driver.ts';
import type { LogOptions } from './drivers.ts';

const LOCAL_SOCKETS = ['/dev/log', '/var/run/syslog', '/var/run/log'];
const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp . . . . local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );
const FORMATS = ['', 'rfc3164', 'rfc5424', 'rfc5424micro'];
const DEFAULT_PORT = 514;
const SEVERITIES = { stdout: 6, stderr: 3 } as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function facilityOf(text: string): number {
  if (text === '') return FACILITIES.indexOf('daemon');
  const at = text === '.' ? -1 : FACILITIES.indexOf(text);
  if (at >= 0) return at;
  return /^\d+$/.test(text) && Number(text) < FACILITIES.length ? Number(text) : fail('invalid syslog facility');
}

type Place = { readonly protocol: string; readonly address: string };

async function placeOf(ctx: Context, text: string): Promise<Place> {
  if (text === '') return { protocol: '', address: '' };
  const [, scheme = '', rest = ''] = /^([a-z+]+):\/\/(.*)$/i.exec(text) ?? [];
  if (scheme === 'unix' || scheme === 'unixgram') {
    try {
      await ctx.sys.stat(ctx, rest);
    } catch (error) {
      if (!isErrno(error)) throw error;
      fail(`stat ${rest}: ${error.go}`);
    }
    return { protocol: scheme, address: rest };
  }
  if (!['udp', 'tcp', 'tcp+tls'].includes(scheme)) fail(`unsupported scheme: '${scheme}'`);
  return { protocol: scheme, address: /:\d+$/.test(rest) ? rest : `${rest}:${DEFAULT_PORT}` };
}

export async function checkSyslogOptions(ctx: Context, opts: LogOptions): Promise<void> {
  await placeOf(ctx, opts['syslog-address'] ?? '');
  facilityOf(opts['syslog-facility'] ?? '');
  if (!FORMATS.includes(opts['syslog-format'] ?? '')) fail('invalid syslog format');
}

export class SyslogDriver implements LogDriver {
  readonly isImmediate = false;
  private readonly opts: LogOptions;
  private tag = '';
  private fd = -1;

  constructor(opts: LogOptions) {
    this.opts = opts;
  }

  async open(ctx: Context, { id }: LogOwner): Promise<void> {
    this.tag = this.opts['tag'] ?? shortId(id);
    const { protocol, address } = await placeOf(ctx, this.opts['syslog-address'] ?? '');
    if (protocol === 'tcp') {
      const at = address.lastIndexOf(':');
      const [host, port] = [address.slice(0, at), Number(address.slice(at + 1))];
      this.fd = await ctx.sys.connect(ctx, { family: 'inet', host, port });
      return;
    }
    for (const path of protocol === '' ? LOCAL_SOCKETS : [address]) {
      try {
        this.fd = await ctx.sys.connect(ctx, { family: 'unix', path });
        return;
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    fail('Unix syslog delivery error');
  }

  async write(ctx: Context, stream: 'stdout' | 'stderr', line: string): Promise<void> {
    const priority = facilityOf(this.opts['syslog-facility'] ?? '') * 8 + SEVERITIES[stream];
    const pid = ctx.sys.getpid(ctx);
    const text = line.endsWith('\n') ? line : `${line}\n`;
    const date = new Stamp(ctx.wallTime);
    const { nodename } = await ctx.sys.uname(ctx);
    const format = this.opts['syslog-format'] ?? '';
    let head = `<${priority}>${date.short} ${this.tag}[${pid}]: `;
    if (format === 'rfc3164') head = `<${priority}>${date.short} ${nodename} ${this.tag}[${pid}]: `;
    if (format.startsWith('rfc5424'))
      head = `<${priority}>1 ${format === 'rfc5424' ? date.seconds : date.micro} ${nodename} ${this.tag} ${pid} ${this.tag} - `;
    await ctx.sys.write(ctx, this.fd, head + text);
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }
}

/** time.Stamp, time.RFC3339 and that with six digits of a second. */
class Stamp {
  readonly short: string;
  readonly seconds: string;
  readonly micro: string;

  constructor(ns: bigint) {
    const whole = rfc3339Nano(ns - (ns % 1_000_000_000n));
    const [, month = '01', day = '01', time = ''] = /^\d+-(\d\d)-(\d\d)T([\d:]+)/.exec(whole) ?? [];
    this.short = `${MONTHS[Number(month) - 1]} ${String(Number(day)).padStart(2)} ${time}`;
    this.seconds = whole;
    const micros = String((ns / 1000n) % 1_000_000n).padStart(6, '0');
    this.micro = whole.replace(/Z$/, `.${micros}Z`);
  }
}
