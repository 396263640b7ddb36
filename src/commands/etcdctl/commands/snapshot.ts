/**
 * @models etcd 3.6 etcdctl/ctlv3/command snapshot_command.go, client/v3/snapshot v3_snapshot.go
 * @fidelity full
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { durationString } from '../../../go/duration.ts';
import { humanizeBytes } from '../../../go/units.ts';
import { type ZapEntry, zapJson } from '../../../go/zap.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError, removeAll } from '../../../linux/io.ts';
import { MaintenanceService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { type Client, EtcdFailure } from '../client.ts';
import { EXIT, Exit } from '../exit.ts';
import type { Action, Run } from '../run.ts';

const EXAMPLES = `
  # The whole of etcd into a file
  etcdctl snapshot save /backup/etcd-snapshot.db

  # From a member that wants to see certificates
  etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.crt --cert=/etc/etcd/etcd.crt --key=/etc/etcd/etcd.key snapshot save /backup/etcd-snapshot.db

  # With the time in its name
  etcdctl snapshot save /backup/etcd_$(date +%Y%m%d_%H%M%S).db`;

export function snapshotCommand(more: readonly CobraCommand<Action>[]): CobraCommand<Action> {
  return {
    name: 'snapshot',
    use: '<subcommand>',
    short: 'Commands about backups of a member',
    examples: EXAMPLES,
    subcommands: [
      {
        name: 'save',
        use: '<filename>',
        short: "Saves a member's database in a file",
        examples: EXAMPLES,
        action: save,
      },
      ...more,
    ],
  };
}

async function save(ctx: Context, run: Run): Promise<void> {
  const [path, ...more] = run.cli.args;
  if (path === undefined || more.length > 0) {
    const name = run.release.isOld ? '' : ' <filename>';
    throw new Exit(EXIT.badArgs, `snapshot save expects one argument${name}`);
  }
  await run.configure(ctx);
  const endpoints = run.endpoints;
  if (endpoints.length !== 1)
    throw new Exit(
      EXIT.interrupted,
      `snapshot must be requested to one selected node, not multiple [${endpoints.join(' ')}]`,
    );
  const client = await run.client(ctx);
  const part = `${path}.part`;
  let fd: number;
  try {
    fd = await ctx.sys.open(ctx, part, { write: true, create: true, truncate: true }, 0o600);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Exit(EXIT.interrupted, `could not open ${part} (open ${part}: ${error.go})`);
  }
  try {
    const version = await receive(ctx, run, client, fd, part);
    await ctx.sys.rename(ctx, part, path);
    await tell(ctx, { caller: run.release.callers.saved, msg: 'saved', fields: { path } });
    await print(ctx, `Snapshot saved at ${path}\n${version === '' ? '' : `Server version ${version}\n`}`);
  } catch (error) {
    await removeAll(ctx, part);
    if (error instanceof EtcdFailure) throw new Exit(EXIT.interrupted, error.message);
    if (isErrno(error)) throw new Exit(EXIT.interrupted, `could not write snapshot: write ${part}: ${error.go}`);
    throw error;
  }
}

/** The server's version, if it says so. */
async function receive(ctx: Context, run: Run, client: Client, fd: number, path: string): Promise<string> {
  const { callers, isOld } = run.release;
  const endpoint = run.endpoints[0] ?? '';
  await tell(ctx, { caller: callers.created, msg: 'created temporary db file', fields: { path } });
  const start = ctx.now;
  // It takes the time that it takes, unless told otherwise.
  const deadline = run.cli.isSet('command-timeout') ? ctx.now + run.timeoutNs : null;
  const { first, rest } = await client.stream(ctx, MaintenanceService.methods.Snapshot, {}, deadline);
  await tell(ctx, { logger: 'client', caller: callers.opened, msg: 'opened snapshot stream; downloading' });
  await tell(ctx, { caller: callers.fetching, msg: 'fetching snapshot', fields: { endpoint } });
  let size = 0;
  for (let answer = first; answer !== null; answer = await rest.next(ctx)) {
    await ctx.sys.write(ctx, fd, answer.blob);
    size += answer.blob.length;
  }
  await tell(ctx, { logger: 'client', caller: callers.completed, msg: 'completed snapshot read; closing' });
  await ctx.sys.close(ctx, fd);
  // 3.5 counts the time in whole seconds, of which there are none.
  const took = isOld ? 'now' : durationString(ctx.now - start);
  const version = first?.version ?? '';
  const fields = { endpoint, size: humanizeBytes(size), took, ...(isOld ? {} : { 'etcd-version': version }) };
  await tell(ctx, { caller: callers.fetched, msg: 'fetched snapshot', fields });
  return isOld ? '' : version;
}

function tell(ctx: Context, entry: Omit<ZapEntry, 'level'>): Promise<void> {
  return printError(ctx, zapJson(ctx.wallTime, { level: 'info', ...entry }));
}
