/** @models etcd 3.6 etcdctl/ctlv3/command del_command.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { printError } from '../../../linux/io.ts';
import {
  type DeleteRangeRequest,
  DeleteRangeResponse,
  KVService,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { EXIT, Exit } from '../exit.ts';
import type { Printer } from '../printer.ts';
import { keyRange } from '../ranges.ts';
import type { Action, Run } from '../run.ts';

const TIME_TO_THINK_NS = 2_000_000_000;

export const delCommand: CobraCommand<Action> = {
  name: 'del',
  use: '[options] <key> [range_end]',
  short: 'Deletes a key, or the keys from the first to before the second',
  flags: [
    { name: 'prefix', kind: 'bool', usage: 'all keys that begin so' },
    { name: 'prev-kv', kind: 'bool', usage: 'print what is deleted' },
    { name: 'from-key', kind: 'bool', usage: 'this key and all after it' },
    { name: 'range', kind: 'bool', usage: 'a range is meant: do not wait before it is deleted' },
  ],
  action: async (ctx, run) => {
    const request = await deleteRequest(ctx, run);
    const client = await run.client(ctx);
    const answer = await client.call(ctx, KVService.methods.DeleteRange, request, run.timeoutNs);
    await run.printer.answer(ctx, DeleteRangeResponse, answer, deleteForms(run.printer, answer));
  },
};

export function deleteForms(printer: Printer, { header, deleted, prevKvs }: DeleteRangeResponse) {
  return {
    simple: () => `${deleted}\n${prevKvs.map((kv) => printer.kv(kv)).join('')}`,
    fields: () =>
      `${printer.header(header)}"Deleted" : ${deleted}\n${prevKvs.map((kv) => printer.kvFields(kv, 'Prev')).join('')}`,
  };
}

export async function deleteRequest(
  ctx: Context,
  { cli, release }: Pick<Run, 'cli' | 'release'>,
): Promise<Input<DeleteRangeRequest>> {
  const [key = '', end] = cli.args;
  if (cli.args.length === 0 || cli.args.length > 2)
    throw new Exit(EXIT.badArgs, 'del command needs one argument as key and an optional argument as range_end');
  const range = keyRange(cli);
  if (end !== undefined && !cli.bool('range')) {
    if (release.isOld) {
      const text =
        'In etcd v3.6, the operation will be suspended for a few seconds to provide the user time to verify range.';
      await printError(ctx, `${text}\n`);
    } else {
      await printError(
        ctx,
        `Warning: Keys between ${quote(key)} and ${quote(end)} will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide \`--range\` flag to avoid the delay.\n`,
      );
      await ctx.sleep(TIME_TO_THINK_NS);
    }
  }
  return { ...range, prevKv: cli.bool('prev-kv') };
}
