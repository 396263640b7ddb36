/** @models etcd 3.6 etcdctl/ctlv3/command lease_command.go, client/v3 lease.go @fidelity partial: a lease that is kept alive ends with the connection */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { JsonValue } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import {
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeResponse,
  LeaseService,
  LeaseTimeToLiveResponse,
  ResponseHeader,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { EtcdFailure } from '../client.ts';
import { EXIT, Exit } from '../exit.ts';
import { messageJson } from '../message-json.ts';
import type { Action, Run } from '../run.ts';
import { keepAlive, keepAliveOnce } from '../session.ts';

const { LeaseGrant, LeaseLeases, LeaseRevoke, LeaseTimeToLive } = LeaseService.methods;

export const leaseCommand: CobraCommand<Action> = {
  name: 'lease',
  use: '<subcommand>',
  short: 'Commands about leases; `etcdctl lease --help` lists them',
  subcommands: [
    { name: 'grant', use: '<ttl>', short: 'Makes a lease', action: grant },
    { name: 'revoke', use: '<leaseID>', short: 'Ends a lease, and the keys that are bound to it', action: revoke },
    {
      name: 'timetolive',
      use: '<leaseID> [options]',
      short: 'Tells how long a lease still has',
      flags: [{ name: 'keys', kind: 'bool', usage: 'name the keys that are bound to it, too' }],
      action: timeToLive,
    },
    { name: 'list', short: 'Lists the leases', action: list },
    {
      name: 'keep-alive',
      use: '[options] <leaseID>',
      short: 'Keeps a lease going',
      flags: [{ name: 'once', kind: 'bool', usage: 'give it its whole time once more, and end' }],
      action: keepGoing,
    },
  ],
};

type Headed = { header?: ResponseHeader | undefined };

/** Go's client puts a header's fields beside the answer's own. */
const flat = (headed: Headed, own: { readonly [name: string]: JsonValue }): JsonValue => ({
  ...(messageJson(ResponseHeader, (headed.header ?? {}) as ResponseHeader) as object),
  ...own,
});

const signed = (id: bigint): bigint => BigInt.asIntN(64, id);
export const leaseText = (id: bigint): string => BigInt.asUintN(64, id).toString(16).padStart(16, '0');

/** A number in hexadecimal. */
export function leaseFrom(text: string, wrong: (cause: string) => string): bigint {
  if (!/^[-+]?[\da-f]+$/i.test(text))
    throw new Exit(EXIT.badArgs, wrong(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`));
  const id = BigInt(`0x${text.replace(/^[-+]/, '')}`);
  if (id > 0x7fffffffffffffffn)
    throw new Exit(EXIT.badArgs, wrong(`strconv.ParseInt: parsing ${quote(text)}: value out of range`));
  return text.startsWith('-') ? -id : id;
}

function idOf(run: Run, needs: string): bigint {
  const [text, ...more] = run.cli.args;
  if (text === undefined || more.length > 0) throw new Exit(EXIT.badArgs, needs);
  return leaseFrom(text, (cause) => `bad lease ID arg (${cause}), expecting ID in Hex`);
}

async function failing<T>(body: Promise<T>, code: number, what: (cause: string) => string): Promise<T> {
  try {
    return await body;
  } catch (error) {
    if (!(error instanceof EtcdFailure)) throw error;
    throw new Exit(code, what(error.message));
  }
}

async function grant(ctx: Context, run: Run): Promise<void> {
  const [text, ...more] = run.cli.args;
  if (text === undefined || more.length > 0) throw new Exit(EXIT.badArgs, 'lease grant command needs TTL argument');
  if (!/^[-+]?\d+$/.test(text))
    throw new Exit(EXIT.badArgs, `bad TTL (strconv.ParseInt: parsing ${quote(text)}: invalid syntax)`);
  const client = await run.client(ctx);
  const answer = await failing(
    client.call(ctx, LeaseGrant, { TTL: BigInt(text) }, run.timeoutNs),
    EXIT.error,
    (cause) => `failed to grant lease (${cause})`,
  );
  const { header, ID, TTL } = answer;
  const { printer } = run;
  await printer.shaped(ctx, LeaseGrantResponse, answer, flat(answer, { ID: signed(ID), TTL, Error: '' }), {
    simple: () => `lease ${leaseText(ID)} granted with TTL(${TTL}s)\n`,
    fields: () => `${printer.header(header)}"ID" : ${printer.leaseId(ID)}\n"TTL" : ${TTL}\n`,
  });
}

async function revoke(ctx: Context, run: Run): Promise<void> {
  const id = idOf(run, 'lease revoke command needs 1 argument');
  const client = await run.client(ctx);
  const answer = await failing(
    client.call(ctx, LeaseRevoke, { ID: id }, run.timeoutNs),
    EXIT.error,
    (cause) => `failed to revoke lease (${cause})`,
  );
  await run.printer.answer(ctx, LeaseRevokeResponse, answer, {
    simple: () => `lease ${leaseText(id)} revoked\n`,
    fields: () => run.printer.header(answer.header),
  });
}

async function timeToLive(ctx: Context, run: Run): Promise<void> {
  const id = idOf(run, 'lease timetolive command needs lease ID as argument');
  const withKeys = run.cli.bool('keys');
  const client = await run.client(ctx);
  const answer = await failing(
    client.call(ctx, LeaseTimeToLive, { ID: id, keys: withKeys }, null),
    EXIT.badConnection,
    (cause) => cause,
  );
  const { header, ID, TTL, grantedTTL, keys } = answer;
  const json = { id: signed(ID), ttl: TTL, 'granted-ttl': grantedTTL, keys: keys.length === 0 ? null : keys };
  const bound = withKeys ? `, attached keys([${keys.map((key) => utf8(key)).join(' ')}])` : '';
  const { printer } = run;
  await printer.shaped(ctx, LeaseTimeToLiveResponse, answer, flat(answer, json), {
    simple: () =>
      grantedTTL === 0n && TTL === -1n
        ? `lease ${leaseText(ID)} already expired\n`
        : `lease ${leaseText(ID)} granted with TTL(${grantedTTL}s), remaining(${TTL}s)${bound}\n`,
    fields: () =>
      `${printer.header(header)}"ID" : ${printer.leaseId(ID)}\n"TTL" : ${TTL}\n"GrantedTTL" : ${grantedTTL}\n` +
      keys.map((key) => `"Key" : ${quote(utf8(key))}\n`).join(''),
  });
}

async function list(ctx: Context, run: Run): Promise<void> {
  const client = await run.client(ctx);
  const answer = await failing(client.call(ctx, LeaseLeases, {}, null), EXIT.badConnection, (cause) => cause);
  const { header, leases } = answer;
  const json = { leases: leases.map(({ ID }) => ({ id: signed(ID) })) };
  const { printer } = run;
  await printer.shaped(ctx, LeaseLeasesResponse, answer, flat(answer, json), {
    simple: () => `found ${leases.length} leases\n${leases.map(({ ID }) => `${leaseText(ID)}\n`).join('')}`,
    fields: () => printer.header(header) + leases.map(({ ID }) => `"ID" : ${printer.leaseId(ID)}\n`).join(''),
  });
}

async function keepGoing(ctx: Context, run: Run): Promise<void> {
  const id = idOf(run, 'lease keep-alive command needs lease ID as argument');
  const client = await run.client(ctx);
  const show = async (answer: LeaseKeepAliveResponse): Promise<void> => {
    const { header, ID, TTL } = answer;
    const { printer } = run;
    await printer.shaped(ctx, LeaseKeepAliveResponse, answer, flat(answer, { ID: signed(ID), TTL }), {
      simple: () => `lease ${leaseText(ID)} keepalived with TTL(${TTL})\n`,
      fields: () => `${printer.header(header)}"ID" : ${printer.leaseId(ID)}\n"TTL" : ${TTL}\n`,
    });
  };
  if (run.cli.bool('once')) {
    const answer = await keepAliveOnce(ctx, client, id);
    if (answer === null) throw new Exit(EXIT.badConnection, 'etcdserver: requested lease not found');
    return show(answer);
  }
  await keepAlive(ctx, client, id, show);
  if (run.printer.format === 'simple') await print(ctx, `lease ${leaseText(id)} expired or revoked.\n`);
}
