/**
 * journald: a message for each line, with the container's names as fields.
 * @models nerdctl v2.3.5 pkg/logging/journald_logger.go; coreos/go-systemd journal (Send)
 * @fidelity full
 */
import { executeTemplate } from '../../../../go/template.ts';
import type { Context } from '../../../../linux/context.ts';
import { exists } from '../../../../linux/io.ts';
import { Client } from '../../../common/containerd/client.ts';
import { loadContainer } from '../../../common/containerd/container.ts';
import { containerName } from '../../labels.ts';
import { fail, shortId } from '../../run.ts';
import type { LogDriver, LogOwner } from './driver.ts';
import type { LogOptions } from './drivers.ts';

const SOCKET = '/run/systemd/journal/socket';
const PRIORITIES = { stdout: '6', stderr: '3' } as const;

export class JournaldDriver implements LogDriver {
  readonly isImmediate = false;
  private readonly opts: LogOptions;
  private fields: Readonly<Record<string, string>> = {};
  private fd = -1;

  constructor(opts: LogOptions) {
    this.opts = opts;
  }

  async open(ctx: Context, { address, namespace, id }: LogOwner): Promise<void> {
    if (!(await exists(ctx, SOCKET))) fail('the local systemd journal is not available for logging');
    const short = shortId(id);
    const template = this.opts['tag'];
    const names = { ID: short, FullID: id, Namespace: namespace };
    const tag = template === undefined ? short : tagOf(template, names);
    const { labels, image } = await loadContainer(ctx, await Client.connect(ctx, address, namespace), id);
    this.fields = {
      SYSLOG_IDENTIFIER: tag,
      CONTAINER_TAG: tag,
      CONTAINER_ID: short,
      CONTAINER_ID_FULL: id,
      CONTAINER_NAME: containerName(labels),
      IMAGE_NAME: image,
    };
    this.fd = await ctx.sys.connect(ctx, { family: 'unix', path: SOCKET });
  }

  async write(ctx: Context, stream: 'stdout' | 'stderr', line: string): Promise<void> {
    await ctx.sys.write(ctx, this.fd, message({ PRIORITY: PRIORITIES[stream], MESSAGE: line, ...this.fields }));
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }
}

function tagOf(template: string, names: Readonly<Record<string, string>>): string {
  const result = executeTemplate('', template, names);
  return result.ok ? result.text : fail(result.error);
}

/** `KEY=value`, or with newlines the key, the length in eight bytes, and the value. */
function message(fields: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (!value.includes('\n')) {
      parts.push(encoder.encode(`${key}=${value}\n`));
      continue;
    }
    const data = encoder.encode(value);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
    parts.push(encoder.encode(`${key}\n`), length, data, encoder.encode('\n'));
  }
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
