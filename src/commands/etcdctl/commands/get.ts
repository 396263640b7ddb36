/** @models etcd 3.6 etcdctl/ctlv3/command get_command.go @fidelity full */
import type { CobraCommand, CobraContext, Pflag } from '../../../go/cobra-types.ts';
import {
  KVService,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  RangeResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { EXIT, Exit } from '../exit.ts';
import type { Printer } from '../printer.ts';
import { keyRange } from '../ranges.ts';
import type { EtcdctlRelease } from '../release.ts';
import type { Action } from '../run.ts';

const FLAGS: readonly Pflag[] = [
  { name: 'consistency', kind: 'string', value: 'l', usage: 'l asks the cluster, s only the member' },
  { name: 'order', kind: 'string', usage: 'ASCEND (which it is without) or DESCEND' },
  { name: 'sort-by', kind: 'string', usage: 'CREATE, KEY, MODIFY, VALUE or VERSION' },
  { name: 'limit', kind: 'int64', usage: 'at most so many' },
  { name: 'prefix', kind: 'bool', usage: 'all keys that begin so' },
  { name: 'from-key', kind: 'bool', usage: 'this key and all after it' },
  { name: 'rev', kind: 'int64', usage: 'as it was at this revision' },
  { name: 'keys-only', kind: 'bool', usage: 'keys without their values' },
  { name: 'count-only', kind: 'bool', usage: 'only how many there are' },
  { name: 'print-value-only', kind: 'bool', usage: 'values without their keys, in the simple form' },
];

const REVISION_FLAGS: readonly Pflag[] = [
  { name: 'min-create-rev', kind: 'int64', usage: 'created at this revision or later' },
  { name: 'max-create-rev', kind: 'int64', usage: 'created at this revision or before' },
  { name: 'min-mod-rev', kind: 'int64', usage: 'changed at this revision or later' },
  { name: 'max-mod-rev', kind: 'int64', usage: 'changed at this revision or before' },
];

export function getCommand({ isOld }: EtcdctlRelease): CobraCommand<Action> {
  return {
    name: 'get',
    use: '[options] <key> [range_end]',
    short: 'Reads a key, or a range of keys',
    flags: isOld ? FLAGS : [...FLAGS, ...REVISION_FLAGS],
    action: async (ctx, run) => {
      const { cli } = run;
      const request = rangeRequest(cli);
      const client = await run.client(ctx);
      const answer = await client.call(ctx, KVService.methods.Range, request, run.timeoutNs);
      const { printer } = run;
      if (cli.bool('count-only') && printer.format !== 'fields')
        throw new Exit(EXIT.badArgs, '--count-only is only for `--write-out=fields`');
      if (cli.bool('print-value-only')) {
        if (printer.format !== 'simple')
          throw new Exit(EXIT.badArgs, 'print-value-only is only for `--write-out=simple`');
        printer.valueOnly = true;
      }
      await printer.answer(ctx, RangeResponse, answer, rangeForms(printer, answer));
    },
  };
}

export function rangeForms(printer: Printer, answer: RangeResponse) {
  const { header, kvs, more, count } = answer;
  return {
    simple: () => kvs.map((kv) => printer.kv(kv)).join(''),
    fields: () =>
      `${printer.header(header)}${kvs.map((kv) => printer.kvFields(kv)).join('')}"More" : ${more}\n"Count" : ${count}\n`,
  };
}

const ORDERS: Readonly<Record<string, RangeRequest_SortOrder>> = {
  '': RangeRequest_SortOrder.NONE,
  ASCEND: RangeRequest_SortOrder.ASCEND,
  DESCEND: RangeRequest_SortOrder.DESCEND,
};

const TARGETS: Readonly<Record<string, RangeRequest_SortTarget>> = {
  '': RangeRequest_SortTarget.KEY,
  CREATE: RangeRequest_SortTarget.CREATE,
  KEY: RangeRequest_SortTarget.KEY,
  MODIFY: RangeRequest_SortTarget.MOD,
  VALUE: RangeRequest_SortTarget.VALUE,
  VERSION: RangeRequest_SortTarget.VERSION,
};

export function rangeRequest(cli: CobraContext): Input<RangeRequest> {
  if (cli.args.length === 0)
    throw new Exit(EXIT.badArgs, 'get command needs one argument as key and an optional argument as range_end');
  const range = keyRange(cli);
  if (cli.bool('keys-only') && cli.bool('count-only'))
    throw new Exit(EXIT.badArgs, '`--keys-only` and `--count-only` cannot be set at the same time, choose one');
  const [consistency, order, target] = ['consistency', 'order', 'sort-by'].map((name) => cli.string(name));
  if (consistency !== 'l' && consistency !== 's')
    throw new Exit(EXIT.badFeature, `unknown consistency flag "${consistency}"`);
  const sortOrder = ORDERS[order?.toUpperCase() ?? ''];
  if (sortOrder === undefined) throw new Exit(EXIT.badFeature, `bad sort order ${order}`);
  const sortTarget = TARGETS[target?.toUpperCase() ?? ''];
  if (sortTarget === undefined) throw new Exit(EXIT.badFeature, `bad sort target ${target}`);
  return {
    ...range,
    serializable: consistency === 's',
    limit: cli.number('limit'),
    revision: Math.max(0, cli.number('rev')),
    sortOrder,
    sortTarget,
    keysOnly: cli.bool('keys-only'),
    countOnly: cli.bool('count-only'),
    ...(cli.has('min-mod-rev') ? revisions(cli) : {}),
  };
}

function revisions(cli: CobraContext): Input<RangeRequest> {
  const between = (flag: string, name: string): [number, number] => {
    const [least, most] = [cli.number(`min-${flag}-rev`), cli.number(`max-${flag}-rev`)];
    if (most > 0 && least > most)
      throw new Exit(EXIT.badFeature, `getMin${name}Rev(=${least}) > getMax${name}Rev(=${most})`);
    return [Math.max(0, least), Math.max(0, most)];
  };
  const [minCreateRevision, maxCreateRevision] = between('create', 'Create');
  const [minModRevision, maxModRevision] = between('mod', 'Mod');
  return { minCreateRevision, maxCreateRevision, minModRevision, maxModRevision };
}
