/**
 * @models etcd 3.6 etcdctl/ctlv3/command watch_command.go, client/v3 watch.go
 * @fidelity partial: in the interactive mode no `progress`
 */
import { parseCobra } from '../../../go/cobra.ts';
import type { CobraCommand, CobraContext } from '../../../go/cobra-types.ts';
import { marshalJson } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { getenv, LineReader, lookPath, print, printError } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { ResponseHeader, WatchResponse, WatchService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { Event, Event_EventType } from '../../../protocols/etcd/mvccpb/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import { EXIT, Exit, SilentExit } from '../exit.ts';
import { messageJson } from '../message-json.ts';
import { prefixEnd } from '../ranges.ts';
import type { Action, Run } from '../run.ts';
import { argify } from '../words.ts';

const encoder = new TextEncoder();

export const watchCommand: CobraCommand<Action> = {
  name: 'watch',
  use: '[options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]',
  short: 'Tells what happens to keys, until it is interrupted',
  flags: [
    { name: 'interactive', short: 'i', kind: 'bool', usage: 'take watches from standard input' },
    { name: 'prefix', kind: 'bool', usage: 'all keys that begin so' },
    { name: 'rev', kind: 'int64', usage: 'the revision to begin at' },
    { name: 'prev-kv', kind: 'bool', usage: 'print what was there before, too' },
    { name: 'progress-notify', kind: 'bool', usage: 'have the server say now and then how far it is' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [key = '', end = ''] = ['ETCDCTL_WATCH_KEY', 'ETCDCTL_WATCH_RANGE_END'].map(
      (name) => getenv(ctx, name) ?? '',
    );
    if (key === '' && end !== '')
      throw new Exit(EXIT.badArgs, `ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=${quote(end)}`);
    const environment = [key, end].filter((word) => word !== '');
    if (cli.bool('interactive')) return interactive(ctx, run, environment);
    const { keys, command } = watchWords(cli, environment);
    await watch(ctx, run, cli, keys, command);
    throw new Exit(EXIT.interrupted, 'watch is canceled by the server');
  },
};

/** What is watched, and what is run at each event: `--` stands between them. */
function watchWords(cli: CobraContext, environment: readonly string[]): { keys: string[]; command: string[] } {
  const { args, argsBeforeDash } = cli;
  const separated = argsBeforeDash >= 0;
  const given = separated ? args.slice(0, argsBeforeDash) : args;
  const command = separated ? args.slice(argsBeforeDash) : [];
  if (separated && command.length === 0)
    throw new Exit(EXIT.badArgs, 'bad number of arguments (found separator --, but no commands)');
  if (given.length > 0 && environment.length > 0)
    throw new Exit(EXIT.badArgs, 'bad number of arguments (found conflicting environment key)');
  return { keys: [...environment, ...given], command: [...command] };
}

async function watch(
  ctx: Context,
  run: Run,
  cli: CobraContext,
  [key, end, ...more]: readonly string[],
  command: readonly string[],
): Promise<void> {
  const client = await run.client(ctx);
  if (key === undefined) throw new Exit(EXIT.badArgs, 'bad number of arguments');
  const isPrefix = cli.bool('prefix');
  const hasEnd = end !== undefined && more.length === 0;
  if (hasEnd && isPrefix) throw new Exit(EXIT.badArgs, '`range_end` and `--prefix` are mutually exclusive');
  const bytes = encoder.encode(key);
  const open = isPrefix && bytes.length === 0;
  const create = {
    // No key, and from there on: everything.
    key: open || bytes.length === 0 ? new Uint8Array(1) : bytes,
    rangeEnd: open ? new Uint8Array(1) : isPrefix ? prefixEnd(bytes) : encoder.encode(hasEnd ? end : ''),
    prevKv: cli.bool('prev-kv'),
    progressNotify: cli.bool('progress-notify'),
  };
  let startRevision = BigInt(cli.number('rev'));
  for (;;) {
    try {
      const { stream, first } = await client.reaching(ctx, null, async (connection) => {
        const stream = await connection.duplex(ctx, WatchService.methods.Watch);
        await stream.send(ctx, { createRequest: { ...create, startRevision } });
        return { stream, first: await stream.next(ctx) };
      });
      for (let answer = first; answer !== null; answer = await stream.next(ctx)) {
        if (!(await show(ctx, run, answer, command))) return;
        // After a break it goes on from there: nothing is told twice, and nothing is left out.
        const seen =
          answer.events.at(-1)?.kv?.modRevision ?? (startRevision === 0n ? answer.header?.revision : undefined);
        if (seen !== undefined) startRevision = seen + 1n;
      }
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      if (error.code !== grpcCode.Unavailable) return;
    }
  }
}

const COMPACTED = 'etcdserver: mvcc: required revision has been compacted';

/** False after the last. */
async function show(ctx: Context, run: Run, answer: WatchResponse, command: readonly string[]): Promise<boolean> {
  const { created, canceled, cancelReason, compactRevision, events, header } = answer;
  // That it has begun is for the client's library alone.
  if (created) return true;
  if (canceled) await printError(ctx, `watch was canceled (${compactRevision > 0n ? COMPACTED : cancelReason})\n`);
  else if (events.length === 0) await print(ctx, `progress notify: ${header?.revision ?? 0}\n`);
  await printEvents(ctx, run, answer);
  if (command.length > 0) for (const event of events) await perform(ctx, command, answer, event);
  return !canceled;
}

async function printEvents(ctx: Context, { printer }: Run, answer: WatchResponse): Promise<void> {
  const { header, events, compactRevision, canceled, created } = answer;
  if (printer.format === 'json') {
    const json = {
      Header: messageJson(ResponseHeader, (header ?? {}) as ResponseHeader),
      Events: events.length === 0 ? null : events.map((event) => messageJson(Event, event)),
      CompactRevision: compactRevision,
      Canceled: canceled,
      Created: created,
    };
    return print(ctx, `${marshalJson(json)}\n`);
  }
  const type = (event: Event): string => (event.type === Event_EventType.DELETE ? 'DELETE' : 'PUT');
  await printer.answer(ctx, WatchResponse, answer, {
    simple: () =>
      events
        .map((event) => `${type(event)}\n${[event.prevKv, event.kv].map((kv) => (kv ? printer.kv(kv) : '')).join('')}`)
        .join(''),
    fields: () =>
      printer.header(header) +
      events
        .map(
          (event) =>
            `"Type" : ${type(event)}\n${event.prevKv ? printer.kvFields(event.prevKv, 'Prev') : ''}${event.kv ? printer.kvFields(event.kv) : ''}`,
        )
        .join(''),
  });
}

async function perform(ctx: Context, command: readonly string[], answer: WatchResponse, event: Event): Promise<void> {
  const [name = ''] = command;
  const path = await lookPath(ctx, name);
  const failed = async (text: string): Promise<never> => {
    await printError(ctx, `command ["${command.join('" "')}"] error (${text})\n`);
    throw new SilentExit(EXIT.error, '');
  };
  if (path === null) return failed(`exec: "${name}": executable file not found in $PATH`);
  const word = (bytes: Uint8Array | undefined): string => quote(utf8(bytes ?? new Uint8Array(0)));
  const env = [
    ...ctx.process.env,
    `ETCD_WATCH_REVISION=${answer.header?.revision ?? 0}`,
    `ETCD_WATCH_EVENT_TYPE="${event.type === Event_EventType.DELETE ? 'DELETE' : 'PUT'}"`,
    `ETCD_WATCH_KEY=${word(event.kv?.key)}`,
    `ETCD_WATCH_VALUE=${word(event.kv?.value)}`,
  ];
  const pid = await ctx.sys.spawn(ctx, path, { argv: command, env });
  const status = await ctx.sys.wait(ctx, pid);
  if (status?.exitCode !== 0) await failed(`exit status ${status?.exitCode ?? 1}`);
}

/** `watch [flags] KEY` on each line. */
async function interactive(ctx: Context, run: Run, environment: readonly string[]): Promise<void> {
  await run.configure(ctx);
  const lines = new LineReader(0);
  for (;;) {
    const line = await lines.next(ctx);
    if (line === null) throw new Exit(EXIT.invalidInput, 'error reading watch request line: EOF');
    const words = argify(line);
    const [verb] = words;
    if (verb === undefined) await printError(ctx, `Invalid command: ${line} (watch and progress supported)\n`);
    else if (verb !== 'watch') await printError(ctx, `Invalid command ${line} (only support watch)\n`);
    else if (words.length < 2 && environment.length === 0)
      await printError(ctx, `Invalid command ${line} (command type or key is not provided)\n`);
    else begin(ctx, run, words, environment);
  }
}

function begin(ctx: Context, run: Run, words: readonly string[], environment: readonly string[]): void {
  const app = { root: { name: '', short: '', subcommands: [watchCommand] }, globalFlags: [], groups: [] };
  const parsed = parseCobra<Action>(app, words);
  if (parsed.kind !== 'run')
    throw new Exit(EXIT.badArgs, parsed.kind === 'help' ? 'pflag: help requested' : parsed.error);
  const { keys, command } = watchWords(parsed.context, environment);
  ctx.go('watch', (c) => watch(c, run, parsed.context, keys, command));
}
