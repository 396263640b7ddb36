/** @models etcd 3.6 etcdctl/ctlv3/command lock_command.go, client/v3/concurrency mutex.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { lookPath } from '../../../linux/io.ts';
import {
  Compare_CompareTarget,
  KVService,
  RangeRequest_SortOrder,
  RangeResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { EXIT, Exit } from '../exit.ts';
import type { Action } from '../run.ts';
import { firstBy, Session } from '../session.ts';
import { rangeForms } from './get.ts';

const encoder = new TextEncoder();

export const lockCommand: CobraCommand<Action> = {
  name: 'lock',
  use: '<lockname> [exec-command arg1 arg2 ...]',
  short: 'Takes a lock, and holds it until it is interrupted or the command has ended',
  flags: [{ name: 'ttl', kind: 'int64', value: 10, usage: 'seconds after which the lock of one who has gone is free' }],
  action: async (ctx, run) => {
    const [name, ...command] = run.cli.args;
    if (name === undefined)
      throw new Exit(EXIT.badArgs, 'lock takes a lock name argument and an optional command to execute');
    const session = await Session.open(ctx, await run.client(ctx), run.cli.number('ttl'));
    const key = `${name}/${session.lease.toString(16)}`;
    let revision = 0n;
    const happened = await session.whenDone(ctx, async (c) => {
      revision = await acquire(c, session, `${name}/`, key);
    });
    if (happened !== 'acquired') {
      await session.delete(ctx, key);
      if (typeof happened === 'object') throw happened.failed;
      throw new Exit(EXIT.error, happened === 'interrupted' ? 'context canceled' : 'concurrency: session is expired');
    }
    if (command.length > 0) {
      const env = [`ETCD_LOCK_KEY=${key}`, `ETCD_LOCK_REV=${revision}`];
      const failed = await perform(ctx, command, env);
      await session.delete(ctx, key);
      if (failed !== null) throw failed;
      return;
    }
    const held = await session.range(ctx, { key: encoder.encode(key) });
    if (held.kvs.length === 0) throw new Exit(EXIT.error, 'lock lost on init');
    await run.printer.answer(ctx, RangeResponse, held, rangeForms(run.printer, held));
    if ((await session.happenings.take()) === 'expired') throw new Exit(EXIT.error, 'session expired');
    await session.delete(ctx, key);
  },
};

/** Who has waited longest holds it. Returns the revision at which that was so. */
async function acquire(ctx: Context, session: Session, prefix: string, key: string): Promise<bigint> {
  const path = encoder.encode(key);
  const owner = { requestRange: firstBy(prefix, RangeRequest_SortOrder.ASCEND) };
  const { header, succeeded, responses } = await session.client.call(
    ctx,
    KVService.methods.Txn,
    {
      compare: [{ key: path, target: Compare_CompareTarget.CREATE, createRevision: 0n }],
      success: [{ requestPut: { key: path, lease: session.lease } }, owner],
      failure: [{ requestRange: { key: path } }, owner],
    },
    null,
  );
  const there = responses[0]?.responseRange?.kvs[0];
  const mine = succeeded ? (header?.revision ?? 0n) : (there?.createRevision ?? 0n);
  const [first] = responses[1]?.responseRange?.kvs ?? [];
  if (first === undefined || first.createRevision === mine) return header?.revision ?? 0n;
  await session.untilOlderAreGone(ctx, prefix, mine - 1n);
  const found = await session.range(ctx, { key: path });
  if (found.kvs.length === 0) throw new Exit(EXIT.error, 'mutex: session is expired');
  return found.header?.revision ?? 0n;
}

/** Null if it ended well. */
async function perform(ctx: Context, command: readonly string[], env: readonly string[]): Promise<Exit | null> {
  const [name = ''] = command;
  const path = await lookPath(ctx, name);
  if (path === null) return new Exit(EXIT.error, `exec: "${name}": executable file not found in $PATH`);
  const pid = await ctx.sys.spawn(ctx, path, { argv: command, env: [...env, ...ctx.process.env] });
  const status = await ctx.sys.wait(ctx, pid);
  const code = status?.exitCode ?? 1;
  return code === 0 ? null : new Exit(code, `exit status ${code}`);
}
