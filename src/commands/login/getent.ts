/** getent, who, users. @models glibc 2.41 nss/getent.c, coreutils 9.7 src/who.c @fidelity partial: passwd, group, hosts from files; sessions are the shells on terminals */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { command } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { readProcesses, TICKS_PER_SECOND, ttyName, uptimeSeconds } from '../common/processes.ts';
import { nameTables } from '../common/users.ts';

const FILES: Record<string, string> = {
  passwd: '/etc/passwd',
  group: '/etc/group',
  hosts: '/etc/hosts',
  shadow: '/etc/shadow',
  services: '/etc/services',
  protocols: '/etc/protocols',
  ahosts: '/etc/hosts',
  ahostsv4: '/etc/hosts',
};

export const getent = command(
  {
    name: 'getent',
    usage: ['[OPTION...] database [key ...]'],
    about: 'Get entries from administrative databases: passwd, group, hosts, shadow, services, protocols.',
    version: 'Debian GLIBC 2.41-12) 2.41',
    options: { 's,service=CONFIG': '', 'i,no-idn': '' },
  },
  async (call) => {
    const { ctx, operands, out } = call;
    const [database, ...keys] = operands;
    if (database === undefined) {
      await call.complain(`wrong number of arguments\nTry \`getent --help' or \`getent --usage' for more information.`);
      return 1;
    }
    const path = FILES[database];
    if (path === undefined) {
      await ctx.sys.write(ctx, 2, `Unknown database: ${database}\n`);
      await out.write("Try `getent --help' or `getent --usage' for more information.\n");
      return 1;
    }
    let text = '';
    try {
      text = await readFile(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    const lines = text
      .split('\n')
      .map((l) => l.replace(/#.*/, '').trim())
      .filter((l) => l !== '');
    const colons = database === 'passwd' || database === 'group' || database === 'shadow';
    const fields = (line: string): string[] => (colons ? line.split(':') : line.split(/\s+/));
    const show = (line: string): string => {
      if (colons) return line;
      const [address = '', ...names] = fields(line);
      return `${address.padEnd(15)} ${names.join(' ')}`;
    };
    const matches = (line: string, key: string): boolean =>
      colons ? fields(line)[0] === key || fields(line)[2] === key : fields(line).includes(key);
    let status = 0;
    if (keys.length === 0) for (const line of lines) await out.write(`${show(line)}\n`);
    for (const key of keys) {
      const found = lines.find((line) => matches(line, key));
      if (found === undefined) status = 2;
      else await out.write(`${show(found)}\n`);
    }
    return status;
  },
);

export type Session = { user: string; tty: string; pid: number; since: bigint; command: string };

/** Who is there: the leaders of sessions on terminals that sshd opened. */
export async function sessions(ctx: Context): Promise<Session[]> {
  const names = await nameTables(ctx);
  const boot = ctx.wallTime - BigInt(Math.round((await uptimeSeconds(ctx)) * 1e9));
  const processes = await readProcesses(ctx);
  return processes
    .filter(
      (p) => p.tty !== 0 && p.session === p.pid && processes.find((q) => q.pid === p.ppid)?.comm.startsWith('sshd'),
    )
    .map((p) => ({
      user: names.user(p.euid),
      tty: ttyName(p.tty),
      pid: p.pid,
      since: boot + (BigInt(p.startTicks) * 1_000_000_000n) / BigInt(TICKS_PER_SECOND),
      command: p.argv.join(' '),
    }));
}

export const who = command(
  {
    name: 'who',
    usage: ['[OPTION]... [ FILE | ARG1 ARG2 ]'],
    about: 'Print who is logged in.',
    options: {
      'a,all': '',
      'b,boot': 'when the system was booted',
      'H,heading': 'headings',
      m: 'only this terminal',
      'q,count': 'names and their number',
      'u,users': 'with idle time and pid',
      'r,runlevel': '',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const list = await sessions(ctx);
    if (options.has('boot')) {
      const boot = ctx.wallTime - BigInt(Math.round((await uptimeSeconds(ctx)) * 1e9));
      await out.write(`         system boot  ${strftime('%Y-%m-%d %H:%M', boot)}\n`);
      return 0;
    }
    if (options.has('count')) {
      await out.write(`${list.map((s) => s.user).join(' ')}\n# users=${list.length}\n`);
      return 0;
    }
    if (options.has('heading')) await out.write('NAME     LINE         TIME             COMMENT\n');
    for (const s of list)
      await out.write(
        `${s.user.padEnd(8)} ${s.tty.padEnd(12)} ${strftime('%Y-%m-%d %H:%M', s.since)}${options.has('users') ? `   .     ${String(s.pid).padStart(10)}` : ''}\n`,
      );
    return 0;
  },
);

export const users = command(
  { name: 'users', usage: ['[OPTION]... [FILE]'], about: 'Print the names of those who are logged in.', options: {} },
  async ({ ctx, out }) => {
    const list = (await sessions(ctx)).map((s) => s.user).sort();
    if (list.length > 0) await out.write(`${list.join(' ')}\n`);
    return 0;
  },
);
