/** `crun kill`. @models crun src/kill.c, src/libcrun/linux.c libcrun_kill_linux @fidelity partial: --regex takes JavaScript's syntax */
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { parseSignal } from '../../../linux/signals.ts';
import { cgroupPids } from '../shared/cgroup.ts';
import type { CrunCall } from './call.ts';
import { attempt, failure } from './failure.ts';
import { cgroupOf, listContainers, processStat, readStatus, type Status } from './status.ts';

type Target = Parameters<Context['sys']['kill']>[2];

/** A name in capitals, or the number at the beginning. `null` is a number that no signal has. */
function signalOf(word: string): Target | null {
  const number = /^\d+/.exec(word)?.[0];
  if (number !== undefined) return Number(number) === 0 ? 0 : parseSignal(String(Number(number)));
  const signal = word === word.toUpperCase() ? parseSignal(word) : null;
  if (signal === null) throw failure(`unknown signal \`${word}\``);
  return signal;
}

export async function kill(ctx: Context, call: CrunCall): Promise<number> {
  const id = call.args[0] ?? '';
  const word = call.args[1] ?? 'SIGTERM';
  const signal = signalOf(word);
  if (call.flag('regex')) {
    const pattern = new RegExp(id);
    for (const name of await listContainers(ctx, call))
      if (pattern.test(name)) await signalInit(ctx, await readStatus(ctx, call.root, name), signal);
    return 0;
  }
  const status = await readStatus(ctx, call.root, id);
  if (!call.flag('all')) await signalInit(ctx, status, signal);
  else
    for (const pid of await cgroupPids(ctx, cgroupOf(status)))
      await attempt('kill container', ctx.sys.kill(ctx, pid, valid(signal)));
  return 0;
}

export async function signalInit(ctx: Context, status: Status, signal: Target | null): Promise<void> {
  await attempt('process not running', ctx.sys.kill(ctx, status.pid, 0));
  const stat = await processStat(ctx, status.pid);
  if (stat !== null && stat.startTicks !== status['process-start-time'])
    throw failure('kill container: No such process');
  await attempt('kill container', ctx.sys.kill(ctx, status.pid, valid(signal)));
}

function valid(signal: Target | null): Target {
  if (signal === null) throw failure('send signal to pidfd', new Errno('EINVAL'));
  return signal;
}
