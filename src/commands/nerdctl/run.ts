/** What every action of nerdctl works with. @models nerdctl v2.3.5 pkg/clientutil/client.go @fidelity partial: no rootless mode */
import type { CobraCommand, CobraContext } from '../../go/cobra-types.ts';
import { type TabwriterOptions, tabwrite } from '../../go/tabwriter.ts';
import { ZERO_TIME_NS } from '../../go/time.ts';
import { humanDuration } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { print } from '../../linux/io.ts';
import type { Timestamp } from '../../protocols/google/protobuf/generated.ts';
import { Client } from '../common/containerd/client.ts';
import { ContainerdError } from '../common/containerd/errors.ts';

export type Action = (ctx: Context, cli: CobraContext) => Promise<void>;
export type Command = CobraCommand<Action>;

/** What this model leaves out: told without a log line, for it is not nerdctl that says so. */
export class NotSimulated extends Error {
  override readonly name = 'NotSimulated';
}

export async function newClient(ctx: Context, cli: CobraContext): Promise<Client> {
  const address = cli.string('address').replace(/^unix:\/\//, '');
  try {
    await ctx.sys.stat(ctx, address);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ContainerdError(`cannot access containerd socket "${address}": ${error.go}`);
  }
  return Client.connect(ctx, address, cli.string('namespace'));
}

const TABLE: TabwriterOptions = { minWidth: 4, tabWidth: 8, padding: 4, padChar: ' ' };

export async function printTable(ctx: Context, rows: readonly (readonly string[])[]): Promise<void> {
  await print(ctx, tabwrite(rows.map((row) => `${row.join('\t')}\n`).join(''), TABLE));
}

export function timestampNs(timestamp: Timestamp | undefined): bigint {
  return timestamp === undefined ? ZERO_TIME_NS : timestamp.seconds * 1_000_000_000n + BigInt(timestamp.nanos);
}

export function ago(ctx: Context, timestamp: Timestamp | undefined): string {
  return `${humanDuration(Number(ctx.wallTime - timestampNs(timestamp)))} ago`;
}

/** Newest first. */
export function byCreation(a: { createdAt?: Timestamp | undefined }, b: { createdAt?: Timestamp | undefined }): number {
  const [x, y] = [timestampNs(a.createdAt), timestampNs(b.createdAt)];
  return x > y ? -1 : x < y ? 1 : 0;
}
