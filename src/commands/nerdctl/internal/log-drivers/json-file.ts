/**
 * json-file: a line of JSON for each of the container's, in a file that is rotated.
 * @models nerdctl v2.3.5 pkg/logging/json_logger.go, pkg/logging/jsonfile; fahedouch/go-logrotate
 * @fidelity full
 */
import { type JsonValue, marshalJson } from '../../../../go/json.ts';
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { exists, mkdirAll, removeAll } from '../../../../linux/io.ts';
import { fail } from '../../run.ts';
import type { LogDriver } from './driver.ts';

const DEFAULT_MAX_BYTES = 100 << 20;
const SIZE_UNITS = ['', 'k', 'm', 'g', 't'];

export class JsonFileDriver implements LogDriver {
  readonly isImmediate = true;
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly maxFiles: number;
  private fd = -1;
  private size = 0;

  constructor(path: string, opts: Readonly<Record<string, string>>) {
    this.path = opts['log-path'] ?? path;
    const size = opts['max-size'];
    this.maxBytes = size === undefined ? DEFAULT_MAX_BYTES : (humanSize(size) ?? Number.NaN);
    this.maxFiles = Number(opts['max-file'] ?? '1');
  }

  async open(ctx: Context): Promise<void> {
    if (!(this.maxBytes > 0)) fail('max-size must be a positive number');
    if (!(this.maxFiles >= 1)) fail('max-file cannot be less than 1');
    await this.openFile(ctx);
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }

  private async openFile(ctx: Context): Promise<void> {
    await mkdirAll(ctx, this.path.slice(0, this.path.lastIndexOf('/')), 0o700);
    this.fd = await ctx.sys.open(ctx, this.path, { write: true, create: true, append: true }, 0o600);
    this.size = (await ctx.sys.fstat(ctx, this.fd)).size;
  }

  async write(ctx: Context, stream: string, line: string): Promise<void> {
    const entry: JsonValue = { log: line, stream, time: rfc3339Nano(ctx.wallTime) };
    const data = new TextEncoder().encode(`${marshalJson(entry)}\n`);
    if (this.size > 0 && this.size + data.length > this.maxBytes) await this.rotate(ctx);
    this.size += await ctx.sys.write(ctx, this.fd, data);
  }

  private async rotate(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
    for (let i = this.maxFiles - 1; i > 0; i--) {
      const from = i === 1 ? this.path : `${this.path}.${i - 1}`;
      if (await exists(ctx, from)) await ctx.sys.rename(ctx, from, `${this.path}.${i}`);
    }
    if (this.maxFiles === 1) await removeAll(ctx, this.path);
    await this.openFile(ctx);
  }
}

function humanSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text);
  if (match === null) return null;
  return Math.trunc(Number(match[1]) * 1000 ** SIZE_UNITS.indexOf((match[2] ?? '').toLowerCase()));
}
