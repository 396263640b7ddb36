/** @models etcd 3.6 etcdctl/ctlv3/command put_command.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { readAll } from '../../../linux/io.ts';
import { KVService, type PutRequest, PutResponse } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { EXIT, Exit } from '../exit.ts';
import type { Printer } from '../printer.ts';
import type { Action, Run } from '../run.ts';
import { leaseFrom } from './lease.ts';

const encoder = new TextEncoder();
const WHAT_IT_NEEDS = 'put command needs 1 argument and input from stdin or 2 arguments';

export const putCommand: CobraCommand<Action> = {
  name: 'put',
  use: '[options] <key> <value> (<value> can also be given from stdin)',
  short: 'Writes a key',
  long: `Writes a value under a key.

A value that begins with '-' would be taken for a flag: '--' before it ends the flags.

$ put <key> -- <value>
$ put -- <key> <value>

Without a value and without '--ignore-value' the value is what comes on standard input:
$ cat file | put <key>
`,
  flags: [
    { name: 'lease', kind: 'string', value: '0', usage: 'the lease (in hexadecimal) that the key is bound to' },
    { name: 'prev-kv', kind: 'bool', usage: 'print what was there before' },
    { name: 'ignore-value', kind: 'bool', usage: 'keep the value that is there' },
    { name: 'ignore-lease', kind: 'bool', usage: 'keep the lease that is there' },
  ],
  action: async (ctx, run) => {
    const request = await putRequest(ctx, run.cli);
    const client = await run.client(ctx);
    const answer = await client.call(ctx, KVService.methods.Put, request, run.timeoutNs);
    await run.printer.answer(ctx, PutResponse, answer, putForms(run.printer, answer));
  },
};

export function putForms(printer: Printer, { header, prevKv }: PutResponse) {
  return {
    simple: () => `OK\n${prevKv === undefined ? '' : printer.kv(prevKv)}`,
    fields: () => printer.header(header) + (prevKv === undefined ? '' : printer.kvFields(prevKv, 'Prev')),
  };
}

export async function putRequest(ctx: Context, cli: Run['cli']): Promise<Input<PutRequest>> {
  const [key, given] = cli.args;
  const ignoreValue = cli.bool('ignore-value');
  if (key === undefined) throw new Exit(EXIT.badArgs, WHAT_IT_NEEDS);
  if (ignoreValue && given !== undefined)
    throw new Exit(EXIT.badArgs, "put command needs only 1 argument when 'ignore-value' is set");
  const value = ignoreValue ? new Uint8Array(0) : given === undefined ? await readAll(ctx, 0) : encoder.encode(given);
  if (!ignoreValue && given === undefined && value.length === 0) throw new Exit(EXIT.badArgs, WHAT_IT_NEEDS);
  const lease = cli.string('lease');
  const id = leaseFrom(lease, (cause) => `bad lease ID (${cause}), expecting ID in Hex`);
  return {
    key: encoder.encode(key),
    value,
    lease: id,
    prevKv: cli.bool('prev-kv'),
    ignoreValue,
    ignoreLease: cli.bool('ignore-lease'),
  };
}
