/** `runsc debug`. @models gVisor runsc/cmd/debug.go @fidelity partial: no stacks, profiles, traces of calls or levels of logs */
import { newError } from '../../../go/errors.ts';
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError, printRefusal } from '../../../linux/io.ts';
import { ALL_SIGNALS, signalNumber } from '../../../linux/signals.ts';
import type { ProcessRow } from './boot.ts';
import type { RunscCall } from './call.ts';
import { connect } from './container.ts';
import { processFields } from './ps.ts';
import { loading } from './state.ts';
import { type ContainerState, loadState, stateNames } from './state-file.ts';
import { commandUsage } from './usage.ts';

const FAILED = 128;
const MISSING = ['stacks', 'strace', 'log-level'];

export async function debug(ctx: Context, call: RunscCall): Promise<number> {
  const { options } = call;
  const state = await loading(find(ctx, call));
  const { sandbox } = state;
  if (state.status === 'stopped') throw newError('container sandbox is not running');
  await print(ctx, `Found sandbox ${JSON.stringify(sandbox.id)}, PID: ${sandbox.pid}\n`);
  const signo = Number(options.get('signal') ?? -1);
  if (signo > 0) {
    await print(ctx, `Sending signal ${signo} to process: ${sandbox.pid}\n`);
    await send(ctx, sandbox.pid, signo);
  }
  for (const name of MISSING) {
    if (!options.has(name)) continue;
    await printRefusal(ctx, `runsc: not simulated: debug -${name}\n`);
    return FAILED;
  }
  if (options.get('ps') !== 'true') return 0;
  await print(ctx, 'Retrieving process list\n');
  const client = await connect(ctx, state);
  const rows = await client.call<ProcessRow[]>(ctx, 'containerManager.Processes', { cid: state.id });
  await client.close(ctx);
  await print(ctx, `${marshalJson(rows.map(processFields), { indent: '  ' })}\n`);
  return 0;
}

/** By the container's name, or by the pid of its sandbox. */
async function find(ctx: Context, { root, options, args }: RunscCall): Promise<ContainerState> {
  const pid = Number(options.get('pid') ?? 0);
  const wrong = pid === 0 ? args.length !== 1 : args.length !== 0;
  if (wrong) {
    await printError(ctx, commandUsage('debug'));
    throw newError(
      `container ID should ${pid === 0 ? 'be provided when -pid is not set' : 'not be provided when -pid is set'}`,
    );
  }
  if (pid === 0) return loadState(ctx, root, args[0] ?? '');
  for (const { id, sandbox } of await stateNames(ctx, root)) {
    if (id !== sandbox) continue;
    const state = await loadState(ctx, root, id);
    if (state.sandbox.pid === pid) return state;
  }
  throw newError(`container with PID ${pid} not found`);
}

async function send(ctx: Context, pid: number, signo: number): Promise<void> {
  const refused = newError(`failed to send signal ${signo} to process ${pid}`);
  const signal = ALL_SIGNALS.find((known) => signalNumber(known) === signo);
  if (signal === undefined) throw refused;
  try {
    await ctx.sys.kill(ctx, pid, signal);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw refused;
  }
}
