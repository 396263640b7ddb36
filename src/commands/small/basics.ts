/** true, false, sleep, yes, pwd, printenv, hostname, uname, arch, nproc, tty, sync, logname. @models coreutils 9.7, hostname 3.25 */
import { isErrno } from '../../linux/errno.ts';
import { getenv, printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { isTerminal } from '../common/streams.ts';

export const trueProgram: Program = { name: 'true', main: async () => 0 };
export const falseProgram: Program = { name: 'false', main: async () => 1 };

const UNITS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds as sleep and timeout read them; null if it is not a time. */
export function parseInterval(text: string): number | null {
  if (/^(inf|infinity)[smhd]?$/i.test(text)) return Infinity;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  return match === null ? null : Number(match[1]) * (UNITS[match[2] as string] as number);
}

export const sleep = command(
  {
    name: 'sleep',
    usage: ['NUMBER[SUFFIX]...'],
    about: 'Wait for NUMBER seconds; SUFFIX may be s, m (minutes), h (hours) or d (days). Several times are added up.',
    options: {},
  },
  async (call) => {
    const { ctx, operands } = call;
    if (operands.length === 0) {
      await call.complain(`missing operand\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    let total = 0;
    let bad = false;
    for (const operand of operands) {
      const seconds = parseInterval(operand);
      if (seconds === null) {
        await call.complain(`invalid time interval ${quote(ctx, operand)}`);
        bad = true;
      } else total += seconds;
    }
    if (bad) {
      await printError(ctx, `Try '${call.name} --help' for more information.\n`);
      return 1;
    }
    const DAY = 86_400;
    while (total > DAY) {
      await ctx.sleep(DAY * 1e9);
      total -= DAY;
    }
    await ctx.sleep(Math.round(total * 1e9));
    return 0;
  },
);

export const yes = command(
  {
    name: 'yes',
    usage: ['[STRING]...', 'OPTION'],
    about: "Write STRINGs, or 'y', line after line until killed.",
    options: {},
  },
  async (call) => {
    const line = `${call.operands.length === 0 ? 'y' : call.operands.join(' ')}\n`;
    const block = line.repeat(Math.max(1, Math.floor(8192 / line.length)));
    for (;;) await call.out.bytes(block);
  },
);

export const pwd = command(
  {
    name: 'pwd',
    usage: ['[OPTION]...'],
    about: 'Print the full name of the working directory.',
    options: { 'L,logical': 'use PWD even if it holds links', 'P,physical': 'no links' },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const physical = await ctx.sys.getcwd(ctx);
    const logical = getenv(ctx, 'PWD');
    let shown = physical;
    if (options.last('logical', 'physical') === 'logical' && logical?.startsWith('/')) {
      try {
        const [a, b] = [await ctx.sys.stat(ctx, logical), await ctx.sys.stat(ctx, '.')];
        if (a.ino === b.ino && a.dev === b.dev && !/\/\.{1,2}(\/|$)/.test(logical)) shown = logical;
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    if (call.operands.length > 0) await call.complain('ignoring non-option arguments');
    await out.write(`${shown}\n`);
    return 0;
  },
);

export const printenv = command(
  {
    name: 'printenv',
    usage: ['[OPTION]... [VARIABLE]...'],
    about: 'Print the values of environment VARIABLEs, or all of them.',
    options: { '0,null': 'lines end with NUL, not newline' },
    trouble: 2,
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const end = options.has('null') ? '\0' : '\n';
    if (operands.length === 0) for (const entry of ctx.process.env) await out.write(entry + end);
    let status = 0;
    for (const name of operands) {
      const value = getenv(ctx, name);
      if (value === undefined) status = 1;
      else await out.write(value + end);
    }
    return status;
  },
);

export const uname = command(
  {
    name: 'uname',
    usage: ['[OPTION]...'],
    about: 'Print what the system is. Without OPTION, the same as -s.',
    options: {
      'a,all': 'everything, in this order (-p and -i left out if unknown)',
      's,kernel-name': 'name of the kernel',
      'n,nodename': 'host name',
      'r,kernel-release': 'release of the kernel',
      'v,kernel-version': 'version of the kernel',
      'm,machine': 'hardware',
      'p,processor': 'processor',
      'i,hardware-platform': 'platform',
      'o,operating-system': 'operating system',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    if (call.operands[0] !== undefined) {
      await call.complain(
        `extra operand ${quote(ctx, call.operands[0])}\nTry '${call.name} --help' for more information.`,
      );
      throw new Exit(1);
    }
    const u = await ctx.sys.uname(ctx);
    const all = options.has('all');
    const fields: [string, string][] = [
      ['kernel-name', u.sysname],
      ['nodename', u.nodename],
      ['kernel-release', u.release],
      ['kernel-version', u.version],
      ['machine', u.machine],
      ['processor', 'unknown'],
      ['hardware-platform', 'unknown'],
      ['operating-system', 'GNU/Linux'],
    ];
    const shown = fields.filter(
      ([key, value]) =>
        options.has(key) || (all && value !== 'unknown') || (options.entries.length === 0 && key === 'kernel-name'),
    );
    await out.write(`${shown.map(([, value]) => value).join(' ')}\n`);
    return 0;
  },
);

export const arch = command(
  { name: 'arch', usage: ['[OPTION]...'], about: 'Print the machine architecture, as uname -m does.', options: {} },
  async ({ ctx, out }) => {
    await out.write(`${(await ctx.sys.uname(ctx)).machine}\n`);
    return 0;
  },
);

export const hostname = command(
  {
    name: 'hostname',
    usage: ['[-b] {hostname|-F file}', '[-a|-A|-d|-f|-i|-I|-s|-y]'],
    about: 'Print or set the name of the system.',
    version: 'hostname 3.25',
    trouble: 255,
    options: {
      's,short': 'up to the first dot',
      'f,fqdn': 'the long name',
      'd,domain': 'the domain',
      'i,ip-address': 'addresses of the name',
      'I,all-ip-addresses': 'all addresses of the host',
      'a,alias': 'alias names',
      'F,file=FILE': 'read the name from a file',
      'b,boot': 'set a default name',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const { nodename } = await ctx.sys.uname(ctx);
    const file = options.value('file');
    const wanted = file === undefined ? operands[0] : await readName(call, file);
    if (wanted !== undefined) {
      try {
        await ctx.sys.sethostname(ctx, wanted);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(error.code === 'EPERM' ? 'you must be root to change the host name' : error.libc);
        return 1;
      }
      return 0;
    }
    if (options.has('all-ip-addresses')) {
      const addresses = (await ctx.sys.netLinks(ctx))
        .filter((l) => l.kind !== 'loopback' && l.up)
        .flatMap((l) => l.addresses.map((a) => a.address));
      await out.write(`${addresses.map((a) => `${a} `).join('')}\n`);
    } else if (options.has('ip-address')) {
      const first = (await ctx.sys.netLinks(ctx)).filter((l) => l.kind !== 'loopback').flatMap((l) => l.addresses)[0];
      await out.write(`${first?.address ?? '127.0.1.1'}\n`);
    } else if (options.has('short')) await out.write(`${nodename.split('.')[0]}\n`);
    else if (options.has('domain')) await out.write(`${nodename.split('.').slice(1).join('.')}\n`);
    else await out.write(`${nodename}\n`);
    return 0;
  },
);

async function readName(call: Invocation, path: string): Promise<string> {
  return (
    (await readFile(call.ctx, path))
      .split('\n')
      .find((l) => l.trim() !== '' && !l.startsWith('#'))
      ?.trim() ?? ''
  );
}

export const nproc = command(
  {
    name: 'nproc',
    usage: ['[OPTION]...'],
    about: 'Print how many processors this process may use.',
    options: { all: 'how many are installed', 'ignore=N': 'leave N out' },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const count = (await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm)?.length ?? 1;
    await out.write(`${Math.max(1, count - Number(options.value('ignore') ?? 0))}\n`);
    return 0;
  },
);

export const tty = command(
  {
    name: 'tty',
    usage: ['[OPTION]...'],
    about: 'Print the name of the terminal on standard input.',
    options: { 's,silent': 'only an exit status', quiet: '' },
    trouble: 2,
  },
  async (call) => {
    const { ctx, options, out } = call;
    const isTty = await isTerminal(ctx, 0);
    const silent = options.has('silent') || options.has('quiet');
    if (!silent) await out.write(isTty ? `${await ctx.sys.readlink(ctx, '/proc/self/fd/0')}\n` : 'not a tty\n');
    return isTty ? 0 : 1;
  },
);

export const sync = command(
  {
    name: 'sync',
    usage: ['[OPTION] [FILE]...'],
    about: 'Write what is cached to disk.',
    options: { 'd,data': 'file data only', 'f,file-system': 'the file systems of the files' },
  },
  async (call) => {
    const { ctx, operands } = call;
    let status = 0;
    for (const path of operands) {
      try {
        await ctx.sys.stat(ctx, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`error opening ${quoteAlways(path)}: ${error.libc}`);
        status = 1;
      }
    }
    await ctx.sys.sync(ctx);
    return status;
  },
);
