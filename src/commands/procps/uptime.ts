/** uptime, w, pwdx, sysctl, vmstat. @models procps-ng 4.0.4 src @fidelity partial: vmstat prints one kind of report */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile, writeFile } from '../../linux/io.ts';
import { command, type Invocation } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { memoryTotals, uptimeSeconds } from '../common/processes.ts';
import { sessions } from '../login/getent.ts';

const VERSION = 'procps-ng 4.0.4';

/** ` 17:02:11 up 2 min,  1 user,  load average: 0.00, 0.00, 0.00` */
export async function uptimeLine(ctx: Context): Promise<string> {
  const seconds = Math.floor(await uptimeSeconds(ctx));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const clock = hours > 0 ? `${String(hours).padStart(2)}:${String(minutes).padStart(2, '0')}` : `${minutes} min`;
  const since = days > 0 ? `${days} day${days === 1 ? '' : 's'}, ${clock}` : clock;
  const [one = '0.00', five = '0.00', fifteen = '0.00'] = (await readFile(ctx, '/proc/loadavg')).split(' ');
  const count = (await sessions(ctx)).length;
  return ` ${strftime('%H:%M:%S', ctx.wallTime)} up ${since},  ${count} user${count === 1 ? '' : 's'},  load average: ${one}, ${five}, ${fifteen}`;
}

export const uptime = command(
  {
    name: 'uptime',
    usage: ['[options]'],
    about: 'Print how long the system has been running.',
    version: VERSION,
    options: { 'p,pretty': 'in words', 's,since': 'since when', 'c,container': '' },
  },
  async ({ ctx, options, out }) => {
    const seconds = await uptimeSeconds(ctx);
    if (options.has('since')) {
      await out.write(`${strftime('%Y-%m-%d %H:%M:%S', ctx.wallTime - BigInt(Math.round(seconds * 1e9)))}\n`);
    } else if (options.has('pretty')) {
      const units: [number, string][] = [
        [604_800, 'week'],
        [86_400, 'day'],
        [3600, 'hour'],
        [60, 'minute'],
      ];
      let rest = Math.floor(seconds);
      const parts: string[] = [];
      for (const [size, name] of units) {
        const n = Math.floor(rest / size);
        rest %= size;
        if (n > 0) parts.push(`${n} ${name}${n === 1 ? '' : 's'}`);
      }
      await out.write(`up ${parts.length === 0 ? '0 minutes' : parts.join(', ')}\n`);
    } else await out.write(`${await uptimeLine(ctx)}\n`);
    return 0;
  },
);

export const w = command(
  {
    name: 'w',
    usage: ['[options] [user]'],
    about: 'Print who is logged in and what they do.',
    version: VERSION,
    options: {
      'h,no-header': 'no headings',
      's,short': 'short form',
      'f,from': '',
      'i,ip-addr': '',
      'u,no-current': '',
    },
  },
  async ({ ctx, options, operands, out }) => {
    if (!options.has('no-header'))
      await out.write(
        `${await uptimeLine(ctx)}\nUSER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n`,
      );
    for (const s of await sessions(ctx))
      if (operands.length === 0 || operands.includes(s.user))
        await out.write(
          `${s.user.padEnd(8)} ${s.tty.padEnd(8)} ${'-'.padEnd(16)} ${strftime('%H:%M', s.since)}    0.00s  0.00s  0.00s ${s.command}\n`,
        );
    return 0;
  },
);

export const pwdx = command(
  {
    name: 'pwdx',
    usage: ['[options] pid...'],
    about: 'Print the working directory of processes.',
    version: VERSION,
    options: {},
  },
  async (call) => {
    let status = 0;
    for (const operand of call.operands) {
      try {
        await call.out.write(
          `${operand}: ${await call.ctx.sys.readlink(call.ctx, `/proc/${operand.replace(/^\/proc\//, '')}/cwd`)}\n`,
        );
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.out.flush();
        await call.ctx.sys.write(
          call.ctx,
          2,
          `${operand}: ${error.code === 'ENOENT' ? 'No such process' : error.libc}\n`,
        );
        status = 1;
      }
    }
    return status;
  },
);

async function allSettings(ctx: Context, folder: string): Promise<string[]> {
  const out: string[] = [];
  for (const entry of await ctx.sys.readDirectory(ctx, folder)) {
    if (entry.name === '.' || entry.name === '..') continue;
    if (entry.type === 'directory') out.push(...(await allSettings(ctx, `${folder}/${entry.name}`)));
    else out.push(`${folder}/${entry.name}`);
  }
  return out;
}

async function setting(call: Invocation, text: string): Promise<number> {
  const { ctx, options, out } = call;
  const equals = text.indexOf('=');
  const name = (equals < 0 ? text : text.slice(0, equals)).trim();
  // In `net.ipv4.conf.eth0/1.forwarding` dots and slashes change places.
  const slash = name.indexOf('/');
  const dot = name.indexOf('.');
  const file = slash >= 0 && (dot < 0 || slash < dot) ? name : name.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'));
  const shown = file.replaceAll('/', '.');
  const path = `/proc/sys/${file}`;
  try {
    if (equals >= 0) {
      const value = text.slice(equals + 1).trim();
      await writeFile(ctx, path, `${value}\n`);
      if (!options.has('quiet')) await out.write(options.has('values') ? `${value}\n` : `${shown} = ${value}\n`);
      return 0;
    }
    for (const line of (await readFile(ctx, path)).replace(/\n$/, '').split('\n'))
      await out.write(
        options.has('names') ? `${shown}\n` : options.has('values') ? `${line}\n` : `${shown} = ${line}\n`,
      );
    return 0;
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === 'ENOENT') {
      if (options.has('ignore')) return 0;
      await call.complain(`cannot stat ${path}: ${error.libc}`);
    } else
      await call.complain(
        equals >= 0
          ? `${error.code === 'EACCES' || error.code === 'EPERM' ? 'permission denied on' : 'setting'} key "${shown}"${error.code === 'EACCES' || error.code === 'EPERM' ? '' : `: ${error.libc}`}`
          : `reading key "${shown}": ${error.libc}`,
      );
    return 1;
  }
}

export const sysctl = command(
  {
    name: 'sysctl',
    usage: ['[options] [variable[=value] ...]'],
    about: 'Read and set parameters of the running kernel.',
    version: VERSION,
    options: {
      'a,all': 'all of them',
      A: '',
      'b,binary': '',
      'e,ignore': 'unknown ones do not matter',
      'N,names': 'only names',
      'n,values': 'only values',
      'p,load[=FILE]': 'read settings from FILE (/etc/sysctl.conf)',
      'q,quiet': 'do not say what was set',
      'w,write': 'set',
      system: 'read settings from all system directories',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    let status = 0;
    if (options.has('all') || options.has('A')) {
      for (const path of await allSettings(ctx, '/proc/sys')) await setting(call, path.slice('/proc/sys/'.length));
      return 0;
    }
    if (options.has('load') || options.has('system')) {
      const files = options.has('system')
        ? []
        : operands.length > 0
          ? operands
          : [options.value('load') || '/etc/sysctl.conf'];
      if (options.has('system'))
        for (const folder of ['/run/sysctl.d', '/etc/sysctl.d', '/usr/lib/sysctl.d'])
          try {
            for (const entry of await ctx.sys.readDirectory(ctx, folder))
              if (entry.name.endsWith('.conf')) files.push(`${folder}/${entry.name}`);
          } catch (error) {
            if (!isErrno(error)) throw error;
          }
      for (const file of files) {
        let text: string;
        try {
          text = await readFile(ctx, file);
        } catch (error) {
          if (!isErrno(error)) throw error;
          await call.complain(`cannot open "${file}": ${error.libc}`);
          status = 1;
          continue;
        }
        if (options.has('system')) await out.write(`* Applying ${file} ...\n`);
        for (const line of text.split('\n'))
          if (/^\s*[^#;\s]/.test(line) && line.includes('='))
            status = Math.max(status, await setting(call, line.trim().replace(/^-/, '')));
      }
      return status;
    }
    if (operands.length === 0) {
      await call.complain(`no variables specified\nTry \`sysctl --help' for more information.`);
      return 1;
    }
    for (const operand of operands) status = Math.max(status, await setting(call, operand));
    return status;
  },
);

export const vmstat = command(
  {
    name: 'vmstat',
    usage: ['[options] [delay [count]]'],
    about: 'Print memory, CPU and processes, every DELAY seconds.',
    version: VERSION,
    options: {
      'a,active': '',
      'n,one-header': 'headings once',
      'w,wide': '',
      't,timestamp': '',
      'S,unit=CHAR': '',
      's,stats': '',
      'd,disk': '',
    },
  },
  async ({ ctx, operands, out }) => {
    const [delay, count] = [
      Number(operands[0] ?? 0),
      Number(operands[1] ?? (operands[0] === undefined ? 1 : Infinity)),
    ];
    await out.write(
      'procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------\n r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu\n',
    );
    let before = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      if (i > 0) await ctx.sleep(delay * 1e9);
      const kb = await memoryTotals(ctx);
      const stat = await readFile(ctx, '/proc/stat');
      const cpu = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 5).map(Number);
      const delta = cpu.map((v, n) => v - (before[n] ?? 0));
      before = cpu;
      const total = Math.max(
        1,
        delta.reduce((sum, v) => sum + v, 0),
      );
      const percent = (n: number): string => String(Math.round(((delta[n] ?? 0) * 100) / total)).padStart(2);
      const running = /^procs_running (\d+)/m.exec(stat)?.[1] ?? '1';
      await out.write(
        `${running.padStart(2)}  0 ${'0'.padStart(6)} ${String(kb['MemFree'] ?? 0).padStart(6)} ${String(kb['Buffers'] ?? 0).padStart(6)} ${String(kb['Cached'] ?? 0).padStart(6)}    0    0     0     0    0    0 ${percent(0)} ${percent(2)} ${percent(3)}  0  0  0\n`,
      );
      await out.flush();
    }
    return 0;
  },
);
