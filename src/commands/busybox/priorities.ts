/** nice, renice, flock. @models busybox 1.37 coreutils/nice.c, util-linux/renice.c, util-linux/flock.c @fidelity full */
import { isErrno } from '../../linux/errno.ts';
import { getenv } from '../../linux/io.ts';
import type { PriorityOf } from '../../linux/syscalls.ts';
import { execStatus, execvp, spawnp, statusCode, waitFor } from '../common/exec.ts';
import { readUsers } from '../common/users.ts';
import { type AppletCall, applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

const DEFAULT_ADJUSTMENT = 10;
const KINDS: Readonly<Record<string, PriorityOf>> = { p: 'process', g: 'group', u: 'user' };

function numberIn(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Fatal(`invalid number '${text}'`);
  return Number(text);
}

// They read their words themselves: what begins with a dash may be a number. So nothing is an option here.
const words = ({ operands }: AppletCall): string[] => operands.slice(1);
const RAW = '+';
const raw =
  (main: ReturnType<typeof applet>): ReturnType<typeof applet> =>
  (ctx, argv) =>
    main(ctx, [argv[0] ?? '', '', ...argv.slice(1)]);

export const nice = raw(
  applet(USAGES['nice'] ?? ['', ''], RAW, async (call) => {
    const { ctx, out } = call;
    let argv = words(call);
    const before = await ctx.sys.getPriority(ctx, 'process', 0);
    if (argv.length === 0) {
      await out.write(`${before}\n`);
      return 0;
    }
    let adjustment = DEFAULT_ADJUSTMENT;
    const [first = '', second = ''] = argv;
    if (first.startsWith('-')) {
      const isApart = first === '-n';
      const text = isApart ? second : first.slice(first.startsWith('-n') ? 2 : 1);
      argv = argv.slice(isApart ? 2 : 1);
      if (argv.length === 0) throw new BadUsage();
      adjustment = numberIn(text);
    }
    const wanted = before + adjustment;
    await ctx.sys.setPriority(ctx, 'process', 0, wanted).catch((error: unknown) => {
      throw isErrno(error) ? new Fatal(`setpriority(${wanted}): ${error.libc}`) : error;
    });
    await out.flush();
    const error = await execvp(ctx, argv);
    throw new Fatal(`can't execute '${argv[0]}': ${error.libc}`, execStatus(error));
  }),
);

export const renice = raw(
  applet(USAGES['renice'] ?? ['', ''], RAW, async (call) => {
    const { ctx, complain } = call;
    const { sys } = ctx;
    const [first = '', ...others] = words(call);
    const isRelative = first.startsWith('-n');
    const text = isRelative ? (first.length > 2 ? first.slice(2) : others.shift()) : first;
    if (text === undefined || text === '') throw new BadUsage();
    const amount = numberIn(text);
    let kind: PriorityOf = 'process';
    let status = 0;
    for (const one of others) {
      const next = /^-[pgu]$/.test(one) ? KINDS[one.charAt(1)] : undefined;
      if (next !== undefined) {
        kind = next;
        continue;
      }
      let doing = 'getpriority';
      try {
        const user = kind === 'user' ? (await readUsers(ctx)).find(({ name }) => name === one) : undefined;
        const id = user?.uid ?? (/^\d+$/.test(one) ? Number(one) : null);
        if (id === null) {
          await complain(kind === 'user' ? `unknown user ${one}` : `invalid number '${one}'`);
          status = 1;
          continue;
        }
        const wanted = isRelative ? (await sys.getPriority(ctx, kind, id)) + amount : amount;
        doing = 'setpriority';
        await sys.setPriority(ctx, kind, id, wanted);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await complain(`${doing}: ${error.libc}`);
        status = 1;
      }
    }
    return status;
  }),
);

const LONG = { shared: 's', exclusive: 'x', unlock: 'u', nonblock: 'n' };

export const flock = applet(
  USAGES['flock'] ?? ['', ''],
  '+sxnu',
  async ({ ctx, flags, operands, out, complain }) => {
    const { sys } = ctx;
    const [target, ...rest] = operands;
    if (target === undefined) throw new BadUsage();
    let fd: number;
    if (rest.length === 0) {
      if (!/^\d+$/.test(target)) throw new Fatal(`invalid number '${target}'`);
      fd = Number(target);
    } else fd = await openFile(ctx, target);
    let argv = rest;
    if (rest[0] === '-c' || rest[0] === '-command') {
      if (rest.length > 2) throw new Fatal('-c takes only one argument');
      argv = [getenv(ctx, 'SHELL') || '/bin/sh', '-c', ...rest.slice(1)];
    }
    const operation = flags.has('u') ? 'unlock' : flags.has('s') ? 'shared' : 'exclusive';
    try {
      await sys.flock(ctx, fd, operation, { nonBlock: flags.has('n') });
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return 1;
      throw error;
    }
    if (argv.length === 0) return 0;
    await out.flush();
    const pid = await spawnp(ctx, argv);
    if (typeof pid === 'number') return statusCode(await waitFor(ctx, pid));
    await complain(`${argv[0]}: ${pid.libc}`);
    return 255;
  },
  LONG,
);

async function openFile(ctx: AppletCall['ctx'], path: string): Promise<number> {
  try {
    return await ctx.sys.open(ctx, path, { read: true, create: true }, 0o666);
  } catch (error) {
    if (isErrno(error, 'EISDIR')) return ctx.sys.open(ctx, path, { read: true });
    throw isErrno(error) ? new Fatal(`can't open '${path}': ${error.libc}`) : error;
  }
}
