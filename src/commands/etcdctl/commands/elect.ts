/** @models etcd 3.6 etcdctl/ctlv3/command elect_command.go, client/v3/concurrency election.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import {
  Compare_CompareTarget,
  KVService,
  RangeRequest_SortOrder,
  RangeResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { Event_EventType, type KeyValue } from '../../../protocols/etcd/mvccpb/generated.ts';
import { EXIT, Exit } from '../exit.ts';
import { prefixEnd } from '../ranges.ts';
import type { Action, Run } from '../run.ts';
import { firstBy, Session } from '../session.ts';
import { rangeForms } from './get.ts';

const encoder = new TextEncoder();
const TTL_SECONDS = 60;

export const electCommand: CobraCommand<Action> = {
  name: 'elect',
  use: '<election-name> [proposal]',
  short: 'Takes part in an election, or watches who leads',
  flags: [{ name: 'listen', short: 'l', kind: 'bool', usage: 'only watch' }],
  action: async (ctx, run) => {
    const [name, proposal, ...more] = run.cli.args;
    if (name === undefined || more.length > 0)
      throw new Exit(EXIT.badArgs, 'elect takes one election name argument and an optional proposal argument');
    const listens = run.cli.bool('listen');
    if (proposal === undefined && !listens) throw new Exit(EXIT.badArgs, 'no proposal argument but -l not set');
    if (proposal !== undefined && listens) throw new Exit(EXIT.badArgs, 'proposal given but -l is set');
    const session = await Session.open(ctx, await run.client(ctx), TTL_SECONDS);
    if (proposal === undefined) return observe(ctx, run, session, `${name}/`);
    await campaign(ctx, run, session, `${name}/`, proposal);
  },
};

async function campaign(ctx: Context, run: Run, session: Session, prefix: string, proposal: string): Promise<void> {
  const key = `${prefix}${session.lease.toString(16)}`;
  const path = encoder.encode(key);
  const happened = await session.whenDone(ctx, async (c) => {
    const { header } = await session.client.call(
      c,
      KVService.methods.Txn,
      {
        compare: [{ key: path, target: Compare_CompareTarget.CREATE, createRevision: 0n }],
        success: [{ requestPut: { key: path, value: encoder.encode(proposal), lease: session.lease } }],
        failure: [{ requestRange: { key: path } }],
      },
      null,
    );
    await session.untilOlderAreGone(c, prefix, (header?.revision ?? 0n) - 1n);
  });
  if (happened !== 'acquired') {
    await session.delete(ctx, key);
    if (typeof happened === 'object') throw happened.failed;
    throw new Exit(EXIT.error, happened === 'interrupted' ? 'context canceled' : 'elect: session expired');
  }
  const won = await session.range(ctx, { key: path });
  await run.printer.answer(ctx, RangeResponse, won, rangeForms(run.printer, won));
  if ((await session.happenings.take()) === 'expired') throw new Exit(EXIT.error, 'elect: session expired');
  await session.delete(ctx, key);
}

/** Tells of who leads and of what the leader says, until it is interrupted. */
async function observe(ctx: Context, run: Run, session: Session, prefix: string): Promise<void> {
  const show = async (header: RangeResponse['header'], kv: KeyValue): Promise<void> => {
    const answer = { ...RangeResponse.create({ kvs: [kv] }), header };
    await run.printer.answer(ctx, RangeResponse, answer, rangeForms(run.printer, answer));
  };
  const happened = await session.whenDone(ctx, async (c) => {
    for (;;) {
      const found = await session.range(c, firstBy(prefix, RangeRequest_SortOrder.ASCEND));
      const startRevision = found.header?.revision ?? 0n;
      const key = encoder.encode(prefix);
      let [leader] = found.kvs;
      if (leader === undefined)
        await session.watch(c, { key, rangeEnd: prefixEnd(key), startRevision }, async ({ type, kv }) => {
          if (type === Event_EventType.PUT) leader = kv as KeyValue;
          return leader !== undefined;
        });
      const now = leader as KeyValue;
      await show(found.header, now);
      const after = found.kvs.length > 0 ? startRevision + 1n : now.modRevision + 1n;
      await session.watch(c, { key: now.key, startRevision: after }, async ({ type, kv }) => {
        if (type === Event_EventType.DELETE) return true;
        await show(found.header, kv as KeyValue);
        return false;
      });
    }
  });
  if (happened === 'interrupted') return;
  if (typeof happened === 'object' && !(happened.failed instanceof Exit)) throw happened.failed;
  throw new Exit(EXIT.error, 'elect: observer lost');
}
