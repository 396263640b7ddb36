/**
 * fluentd: a message in its forward protocol for each line.
 * @models nerdctl v2.3.5 pkg/logging/fluentd_logger.go; fluent/fluent-logger-golang fluent/fluent.go, proto.go
 * @fidelity partial: no TLS, no acknowledgements, nothing is sent again
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { fail } from '../../run.ts';
import type { LogDriver, LogOwner } from './driver.ts';
import type { LogOptions } from './drivers.ts';

const HOST = '127.0.0.1';
const PORT = 24_224;

export class FluentdDriver implements LogDriver {
  readonly isImmediate = false;
  private readonly opts: LogOptions;
  private owner: LogOwner | null = null;
  private fd = -1;

  constructor(opts: LogOptions) {
    this.opts = opts;
  }

  async open(ctx: Context, owner: LogOwner): Promise<void> {
    this.owner = owner;
    const text = this.opts['fluentd-address'] ?? '';
    const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/.exec(text) ?? [];
    if (scheme !== 'tcp' && scheme !== 'unix')
      fail(`error occurs unsupported protocol: ${scheme},invalid fluentd address (${text})`);
    const [, host = HOST, port = String(PORT)] = /^([^:]*)(?::(\d+))?$/.exec(rest) ?? [];
    const where = host === '' ? HOST : host;
    try {
      this.fd = await ctx.sys.connect(
        ctx,
        scheme === 'unix' ? { family: 'unix', path: rest } : { family: 'inet', host: where, port: Number(port) },
      );
    } catch (error) {
      if (!isErrno(error)) throw error;
      const what = scheme === 'unix' ? `unix ${rest}` : `tcp ${where}:${port}`;
      fail(`failed to create fluent client: dial ${what}: connect: ${error.go}`);
    }
  }

  async write(ctx: Context, stream: 'stdout' | 'stderr', line: string): Promise<void> {
    const { id = '', namespace = '' } = this.owner ?? {};
    const record = { container_id: id, log: line, namespace, source: stream };
    const seconds = Number(ctx.wallTime / 1_000_000_000n);
    await ctx.sys.write(ctx, this.fd, forward(this.opts['tag'] ?? '', seconds, record));
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }
}

/** [tag, time, record, option] in MessagePack. */
function forward(tag: string, seconds: number, record: Readonly<Record<string, string>>): Uint8Array {
  const out: number[] = [0x94, ...text(tag), 0xce, ...bigEndian(seconds, 4)];
  const entries = Object.entries(record);
  out.push(0x80 | entries.length);
  for (const [key, value] of entries) out.push(...text(key), ...text(value));
  out.push(0x80);
  return new Uint8Array(out);
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
}

function text(value: string): number[] {
  const data = [...new TextEncoder().encode(value)];
  const { length } = data;
  if (length < 32) return [0xa0 | length, ...data];
  if (length < 256) return [0xd9, length, ...data];
  return length < 65_536 ? [0xda, ...bigEndian(length, 2), ...data] : [0xdb, ...bigEndian(length, 4), ...data];
}
