/** @models etcd 3.6 etcdctl/ctlv3/command txn_command.go @fidelity partial: no comparison of leases */
import { parseCobra } from '../../../go/cobra.ts';
import type { CobraApp, CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { LineReader, print } from '../../../linux/io.ts';
import {
  type Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  KVService,
  type RequestOp,
  type ResponseOp,
  TxnResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { EXIT, Exit } from '../exit.ts';
import type { Forms, Printer } from '../printer.ts';
import type { Action, Run } from '../run.ts';
import { argify, unquote } from '../words.ts';
import { delCommand, deleteForms, deleteRequest } from './del.ts';
import { getCommand, rangeForms, rangeRequest } from './get.ts';
import { putCommand, putForms, putRequest } from './put.ts';

const encoder = new TextEncoder();

export const txnCommand: CobraCommand<Action> = {
  name: 'txn',
  use: '[options]',
  short: 'Does several things as one, if what is compared holds',
  long: `Reads a transaction from standard input, in three parts, each ended by an empty line:
what is compared, what is done if all of it holds, and what is done if not.

---
etcdctl txn -i
# compares:
mod("key1") > "0"

# success requests (get, put, del):
put key1 "there-was-one"

# failure requests (get, put, del):
put key1 "the-first"
put key2 "another"
---`,
  flags: [{ name: 'interactive', short: 'i', kind: 'bool', usage: 'say which part comes next' }],
  action: async (ctx, run) => {
    if (run.cli.args.length > 0) throw new Exit(EXIT.badArgs, 'txn command does not accept argument');
    const client = await run.client(ctx);
    const lines = new LineReader(0);
    const part = async <T>(title: string, read: (line: string) => T | Promise<T>): Promise<T[]> => {
      if (run.cli.bool('interactive')) await print(ctx, `${title}\n`);
      const out: T[] = [];
      for (;;) {
        const line = await lines.next(ctx);
        if (line === null) throw new Exit(EXIT.invalidInput, 'EOF');
        if (line.trim() === '') return out;
        out.push(await read(line.trim()));
      }
    };
    const compare = await part('compares:', parseCompare);
    const success = await part('success requests (get, put, del):', (line) => parseRequest(ctx, run, line));
    const failure = await part('failure requests (get, put, del):', (line) => parseRequest(ctx, run, line));
    const answer = await client.call(ctx, KVService.methods.Txn, { compare, success, failure }, null);
    await run.printer.answer(ctx, TxnResponse, answer, txnForms(run.printer, answer));
  },
};

function txnForms(printer: Printer, { header, succeeded, responses }: TxnResponse): Forms {
  const forms = responses.map((response) => formsOf(printer, response));
  return {
    simple: () => `${succeeded ? 'SUCCESS' : 'FAILURE'}\n${forms.map(({ simple }) => `\n${simple?.()}`).join('')}`,
    fields: () =>
      `${printer.header(header)}"Succeeded" : ${succeeded}\n${forms.map(({ fields }) => fields?.()).join('')}`,
  };
}

function formsOf(printer: Printer, { responseRange, responsePut, responseDeleteRange }: ResponseOp): Forms {
  if (responseRange !== undefined) return rangeForms(printer, responseRange);
  if (responsePut !== undefined) return putForms(printer, responsePut);
  return responseDeleteRange === undefined ? {} : deleteForms(printer, responseDeleteRange);
}

const RESULTS: Readonly<Record<string, Compare_CompareResult>> = {
  '=': Compare_CompareResult.EQUAL,
  '!=': Compare_CompareResult.NOT_EQUAL,
  '>': Compare_CompareResult.GREATER,
  '<': Compare_CompareResult.LESS,
};

/** `mod("key") > "0"`. */
export function parseCompare(line: string): Input<Compare> {
  const bad = (text: string, code: number = EXIT.invalidInput): Exit => new Exit(code, text);
  const open = line.indexOf('(');
  if (open < 0) throw bad(`malformed comparison: ${line}`);
  const target = line.slice(0, open);
  const [, keyText = '""', sign = '', valueText = '""'] =
    /^\s*("(?:[^"\\]|\\.)*")(?:\)\s*(\S+)(?:\s+("(?:[^"\\]|\\.)*"))?)?/.exec(line.slice(open + 1)) ?? [];
  const [name, value] = [unquote(keyText), unquote(valueText)];
  if (valueText === '""' && !/\s""\s*$/.test(line))
    throw bad(`malformed comparison: ${line}; got ${target}(${keyText}) ${sign} ${valueText}`);
  const result = RESULTS[sign];
  const key = encoder.encode(name);
  const number = (): bigint => {
    if (!/^[-+]?\d+$/.test(value)) throw bad(`invalid txn compare request: ${line}`);
    return BigInt(value);
  };
  // A sign that is none of these ends the original in a panic.
  const compare = (one: Input<Compare>): Input<Compare> => {
    if (result === undefined) throw bad(`panic: Unknown result op`, 2);
    return { key, result, ...one };
  };
  if (target === 'ver' || target === 'version')
    return compare({ target: Compare_CompareTarget.VERSION, version: number() });
  if (target === 'c' || target === 'create')
    return compare({ target: Compare_CompareTarget.CREATE, createRevision: number() });
  if (target === 'm' || target === 'mod') return compare({ target: Compare_CompareTarget.MOD, modRevision: number() });
  if (target === 'val' || target === 'value')
    return compare({ target: Compare_CompareTarget.VALUE, value: encoder.encode(value) });
  if (target === 'lease') return compare({ target: Compare_CompareTarget.LEASE, lease: number() });
  throw bad(`malformed comparison: ${line} (unknown target ${target})`);
}

async function parseRequest(ctx: Context, run: Run, line: string): Promise<Input<RequestOp>> {
  const words = argify(line);
  if (words.length < 2) throw new Exit(EXIT.invalidInput, `invalid txn compare request: ${line}`);
  const app: CobraApp<Action> = {
    root: { name: '', short: '', subcommands: [putCommand, getCommand(run.release), delCommand] },
    globalFlags: [],
    groups: [],
    prefixMatching: true,
  };
  const parsed = parseCobra(app, words);
  if (parsed.kind !== 'run') throw new Exit(EXIT.invalidInput, `invalid txn request: ${line}`);
  const { context: cli } = parsed;
  if (parsed.command.name === 'put') return { requestPut: await putRequest(ctx, cli) };
  if (parsed.command.name === 'get') return { requestRange: rangeRequest(cli) };
  return { requestDeleteRange: await deleteRequest(ctx, { cli, release: run.release }) };
}
