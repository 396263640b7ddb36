/** `time` and `times`: what the shell and its children took. */
import type { Context } from '../linux/context.ts';
import { print } from '../linux/io.ts';
import { complain } from './messages.ts';

type Times = { realNs: number; userNs: number; systemNs: number };

/** So far: of the shell itself and of the children that it has waited for. */
export function timesNow(ctx: Context): Times {
  const own = ctx.sys.getrusage(ctx, 'self');
  const children = ctx.sys.getrusage(ctx, 'children');
  return {
    realNs: ctx.now,
    userNs: own.userNs + children.userNs,
    systemNs: own.systemNs + children.systemNs,
  };
}

/** What has passed since `start`, as the keyword `time` prints it. */
export async function printTimes(ctx: Context, start: Times, style: 'bash' | 'ash' | 'posix'): Promise<void> {
  const end = timesNow(ctx);
  const rows: [string, number][] = [
    ['real', end.realNs - start.realNs],
    ['user', end.userNs - start.userNs],
    ['sys', end.systemNs - start.systemNs],
  ];
  const text =
    style === 'posix'
      ? rows.map(([name, ns]) => `${name} ${(ns / 1e9).toFixed(2)}\n`)
      : style === 'ash'
        ? rows.map(([name, ns]) => `${name}\t${Math.floor(ns / 6e10)}m ${((ns % 6e10) / 1e9).toFixed(2)}s\n`)
        : ['\n', ...rows.map(([name, ns]) => `${name}\t${minutes(ns)}\n`)];
  await complain(ctx, text.join(''));
}

/** The builtin: the shell's own user and system time, then its children's. */
export async function times(ctx: Context): Promise<number> {
  for (const who of ['self', 'children'] as const) {
    const { userNs, systemNs } = ctx.sys.getrusage(ctx, who);
    await print(ctx, `${minutes(userNs)} ${minutes(systemNs)}\n`);
  }
  return 0;
}

function minutes(ns: number): string {
  const ms = Math.round(ns / 1_000_000);
  return `${Math.floor(ms / 60_000)}m${Math.floor((ms % 60_000) / 1000)}.${String(ms % 1000).padStart(3, '0')}s`;
}
