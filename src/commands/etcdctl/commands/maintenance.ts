/**
 * compaction, defrag, alarm, endpoint, member list.
 * @models etcd 3.6 etcdctl/ctlv3/command compaction_command.go defrag_command.go alarm_command.go ep_command.go member_command.go
 * @fidelity partial: endpoints are asked one after the other
 */
import type { CobraCommand, Pflag } from '../../../go/cobra-types.ts';
import { durationString } from '../../../go/duration.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import {
  AlarmRequest_AlarmAction,
  AlarmResponse,
  AlarmType,
  ClusterService,
  HashKVResponse,
  KVService,
  MaintenanceService,
  MemberListResponse,
  StatusResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { type Client, EtcdFailure } from '../client.ts';
import { EXIT, Exit, SilentExit } from '../exit.ts';
import type { EndpointHash, EndpointStatus, Health } from '../printer.ts';
import type { EtcdctlRelease } from '../release.ts';
import type { Action, Run } from '../run.ts';

const CLUSTER: Pflag = { name: 'cluster', kind: 'bool', usage: 'all endpoints that the members name' };

export const compactionCommand: CobraCommand<Action> = {
  name: 'compaction',
  use: '[options] <revision>',
  short: 'Forgets what was before a revision',
  flags: [{ name: 'physical', kind: 'bool', usage: 'wait until it is gone from the disk' }],
  action: async (ctx, run) => {
    const [text, ...more] = run.cli.args;
    if (text === undefined || more.length > 0) throw new Exit(EXIT.badArgs, 'compaction command needs 1 argument');
    if (!/^[-+]?\d+$/.test(text)) throw new Exit(EXIT.error, `strconv.ParseInt: parsing "${text}": invalid syntax`);
    const request = { revision: BigInt(text), physical: run.cli.bool('physical') };
    await (await run.client(ctx)).call(ctx, KVService.methods.Compact, request, run.timeoutNs);
    await print(ctx, `compacted revision ${BigInt(text)}\n`);
  },
};

export function defragCommand({ isOld }: EtcdctlRelease): CobraCommand<Action> {
  return {
    name: 'defrag',
    short: "Gives back the room that members' databases do not use",
    flags: [CLUSTER],
    action: async (ctx, run) => {
      let failed = false;
      for (const [endpoint, client] of await clients(ctx, run)) {
        const start = ctx.now;
        const took = (): string => durationString(ctx.now - start);
        try {
          await client.call(ctx, MaintenanceService.methods.Defragment, {}, run.timeoutNs);
          await print(ctx, `Finished defragmenting etcd member[${endpoint}]${isOld ? '' : `. took ${took()}`}\n`);
        } catch (error) {
          if (!(error instanceof EtcdFailure)) throw error;
          failed = true;
          const spent = isOld ? '' : ` took ${took()}.`;
          const dot = isOld ? '' : '.';
          await printError(ctx, `Failed to defragment etcd member[${endpoint}]${dot}${spent} (${error.message})\n`);
        }
        await client.close(ctx);
      }
      if (failed) throw new SilentExit(EXIT.error, '');
    },
  };
}

export const alarmCommand: CobraCommand<Action> = {
  name: 'alarm',
  use: '<subcommand>',
  short: 'Commands about alarms; `etcdctl alarm --help` lists them',
  subcommands: [
    {
      name: 'disarm',
      short: 'Puts out all alarms',
      action: (ctx, run) => alarm(ctx, run, 'disarm', AlarmRequest_AlarmAction.DEACTIVATE),
    },
    {
      name: 'list',
      short: 'Lists all alarms',
      action: (ctx, run) => alarm(ctx, run, 'list', AlarmRequest_AlarmAction.GET),
    },
  ],
};

async function alarm(ctx: Context, run: Run, name: string, action: AlarmRequest_AlarmAction): Promise<void> {
  if (run.cli.args.length > 0) throw new Exit(EXIT.badArgs, `alarm ${name} command accepts no arguments`);
  const client = await run.client(ctx);
  const answer = await client.call(ctx, MaintenanceService.methods.Alarm, { action }, run.timeoutNs);
  const { printer } = run;
  await printer.answer(ctx, AlarmResponse, answer, {
    simple: () => answer.alarms.map((one) => `memberID:${one.memberID} alarm:${alarmName(one.alarm)} \n`).join(''),
    fields: () =>
      printer.header(answer.header) +
      answer.alarms
        .map((one) => `"MemberID" : ${printer.id(one.memberID)}\n"AlarmType" : ${alarmName(one.alarm)}\n\n`)
        .join(''),
  });
}

function alarmName(type: AlarmType): string {
  return Object.entries(AlarmType).find(([, value]) => value === type)?.[0] ?? 'UNKNOWN';
}

export function memberCommand(others: readonly CobraCommand<Action>[]): CobraCommand<Action> {
  return {
    name: 'member',
    use: '<subcommand>',
    short: 'Commands about members; `etcdctl member --help` lists them',
    subcommands: [memberList, ...others],
  };
}

const memberList: CobraCommand<Action> = {
  name: 'list',
  short: 'Lists all members of the cluster',
  long: `In the simple form a line for each member: ID, status, name, peer addresses, client addresses, whether it
only learns.`,
  flags: [{ name: 'consistency', kind: 'string', value: 'l', usage: 'l asks the cluster, s only the member' }],
  action: async (ctx, run) => {
    const consistency = run.cli.string('consistency');
    if (consistency !== 'l' && consistency !== 's')
      throw new Exit(EXIT.badFeature, `unknown consistency flag "${consistency}"`);
    const request = { linearizable: consistency === 'l' };
    const client = await run.client(ctx);
    const answer = await client.call(ctx, ClusterService.methods.MemberList, request, run.timeoutNs);
    await run.printer.members(ctx, MemberListResponse, answer);
  },
};

export const endpointCommand: CobraCommand<Action> = {
  name: 'endpoint',
  use: '<subcommand>',
  short: 'Commands about endpoints; `etcdctl endpoint --help` lists them',
  flags: [CLUSTER],
  subcommands: [
    { name: 'health', short: 'Tells whether each endpoint answers', flags: [CLUSTER], action: endpointHealth },
    {
      name: 'status',
      short: 'Tells how each endpoint is',
      long: `In the simple form a line for each endpoint: endpoint, ID, version, size of the database, whether it leads, whether
it only learns, term, index and applied index of Raft, errors.`,
      flags: [CLUSTER],
      action: endpointStatus,
    },
    {
      name: 'hashkv',
      short: 'Prints a hash of the keys of each endpoint',
      flags: [CLUSTER, { name: 'rev', kind: 'int64', usage: 'up to this revision (else to the newest)' }],
      action: endpointHash,
    },
  ],
};

async function clients(ctx: Context, run: Run, logger?: string): Promise<(readonly [string, Client])[]> {
  await run.configure(ctx);
  const out: (readonly [string, Client])[] = [];
  for (const endpoint of await run.asked(ctx)) out.push([endpoint, await run.client(ctx, [endpoint], logger)]);
  return out;
}

async function endpointHealth(ctx: Context, run: Run): Promise<void> {
  const list: Health[] = [];
  for (const [endpoint, client] of await clients(ctx, run, 'client')) {
    const start = ctx.now;
    let error: string | undefined;
    let took = '';
    try {
      const key = new TextEncoder().encode('health');
      await client.call(ctx, KVService.methods.Range, { key }, run.timeoutNs);
      took = durationString(ctx.now - start);
      const { alarms } = await client.call(ctx, MaintenanceService.methods.Alarm, {}, run.timeoutNs);
      if (alarms.length > 0) error = `Active Alarm(s): ${alarms.map((one) => `${alarmName(one.alarm)} `).join('')}`;
    } catch (thrown) {
      if (!(thrown instanceof EtcdFailure)) throw thrown;
      error = took === '' ? thrown.message : 'Unable to fetch the alarm list';
      if (took === '') took = durationString(ctx.now - start);
    }
    list.push({ endpoint, health: error === undefined, took, ...(error === undefined ? {} : { error }) });
    await client.close(ctx);
  }
  await run.printer.health(ctx, list, (text) => printError(ctx, text));
  if (list.some(({ health }) => !health)) throw new Exit(EXIT.error, 'unhealthy cluster');
}

async function endpointStatus(ctx: Context, run: Run): Promise<void> {
  const list: EndpointStatus[] = [];
  const failure = await each(ctx, run, 'status', async (endpoint, client) => {
    list.push({ endpoint, status: await client.call(ctx, MaintenanceService.methods.Status, {}, run.timeoutNs) });
  });
  await run.printer.status(ctx, StatusResponse, list);
  if (failure !== null) throw new SilentExit(EXIT.error, '');
}

async function endpointHash(ctx: Context, run: Run): Promise<void> {
  const list: EndpointHash[] = [];
  const revision = run.cli.number('rev');
  const failure = await each(ctx, run, 'hash', async (endpoint, client) => {
    const hash = await client.call(ctx, MaintenanceService.methods.HashKV, { revision }, run.timeoutNs);
    list.push({ endpoint, hash });
  });
  await run.printer.hashes(ctx, HashKVResponse, list);
  if (failure !== null) throw new Exit(EXIT.error, failure);
}

/** What went wrong last, or null. */
async function each(
  ctx: Context,
  run: Run,
  what: string,
  body: (endpoint: string, client: Client) => Promise<void>,
): Promise<string | null> {
  let failure: string | null = null;
  for (const [endpoint, client] of await clients(ctx, run)) {
    try {
      await body(endpoint, client);
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      failure = error.message;
      await printError(ctx, `Failed to get the ${what} of endpoint ${endpoint} (${failure})\n`);
    }
    await client.close(ctx);
  }
  return failure;
}
