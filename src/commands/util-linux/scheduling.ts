/** prlimit, taskset, ionice, chrt, choom: how a process is treated. @models util-linux 2.41 sys-utils/prlimit.c, schedutils @fidelity partial: limits and the OOM score can be set for a command; affinity and scheduling classes can only be read */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile, writeFile } from '../../linux/io.ts';
import type { Invocation } from '../common/command.ts';
import { shortCommand } from '../common/short-command.ts';
import { become } from '../run/run.ts';

const VERSION = 'util-linux) 2.41';

async function ofProcess(call: Invocation, pid: string, file: string): Promise<string | null> {
  try {
    return await readFile(call.ctx, `/proc/${pid}/${file}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}

/** Option, what the kernel calls it in /proc/PID/limits, getrlimit's name, the table's words and unit. */
const LIMITS: readonly (readonly [
  option: string,
  letter: string,
  row: string,
  resource: string,
  about: string,
  unit: string,
])[] = [
  ['as', 'v', 'Max address space', 'AS', 'address space limit', 'bytes'],
  ['core', 'c', 'Max core file size', 'CORE', 'max core file size', 'bytes'],
  ['cpu', 't', 'Max cpu time', 'CPU', 'CPU time', 'seconds'],
  ['data', 'd', 'Max data size', 'DATA', 'max data size', 'bytes'],
  ['fsize', 'f', 'Max file size', 'FSIZE', 'max file size', 'bytes'],
  ['locks', 'x', 'Max file locks', 'LOCKS', 'max number of file locks held', 'locks'],
  ['memlock', 'l', 'Max locked memory', 'MEMLOCK', 'max locked-in-memory address space', 'bytes'],
  ['msgqueue', 'q', 'Max msgqueue size', 'MSGQUEUE', 'max bytes in POSIX mqueues', 'bytes'],
  ['nice', 'e', 'Max nice priority', 'NICE', 'max nice prio allowed to raise', ''],
  ['nofile', 'n', 'Max open files', 'NOFILE', 'max number of open files', 'files'],
  ['nproc', 'u', 'Max processes', 'NPROC', 'max number of processes', 'processes'],
  ['rss', 'm', 'Max resident set', 'RSS', 'max resident set size', 'bytes'],
  ['rtprio', 'r', 'Max realtime priority', 'RTPRIO', 'max real-time priority', ''],
  ['rttime', 'y', 'Max realtime timeout', 'RTTIME', 'timeout for real-time tasks', 'microsecs'],
  ['sigpending', 'i', 'Max pending signals', 'SIGPENDING', 'max number of pending signals', 'signals'],
  ['stack', 's', 'Max stack size', 'STACK', 'max stack size', 'bytes'],
];

export const prlimit = shortCommand(
  {
    name: 'prlimit',
    version: VERSION,
    usage: ['[options] [--<resource>=<limit>] [-p PID]', '[options] [--<resource>=<limit>] COMMAND'],
    about: '\nShow or change the resource limits of a process.',
    stopAtOperand: true,
    options: {
      'p,pid=PID': 'of this process',
      'o,output=LIST': 'which columns',
      noheadings: 'no headings',
      raw: '',
      ...Object.fromEntries(LIMITS.map(([option, letter, , , about]) => [`${letter},${option}[=LIMITS]`, about])),
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const pid = options.value('pid') ?? 'self';
    const named = LIMITS.filter(([option]) => options.has(option));
    const changes = named.filter(([option]) => (options.value(option) ?? '') !== '');
    const text = await ofProcess(call, pid, 'limits');
    if (text === null) {
      await call.complain(`failed to get the AS resource limit: No such process`);
      return 1;
    }
    const current = (row: string): [string, string] => {
      const [, soft = '', hard = ''] = new RegExp(`^${row}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text) ?? [];
      return [soft, hard];
    };
    for (const [option, , row, resource] of changes) {
      const value = (options.value(option) as string).replace(/^=/, '');
      const [softText = '', hardText] = value.includes(':') ? value.split(':') : [value, value];
      const [soft, hard] = current(row);
      const number = (one: string, otherwise: string): number => {
        const chosen = one === '' ? otherwise : one;
        return chosen === 'unlimited' || chosen === 'infinity' || chosen === '-1'
          ? Number.POSITIVE_INFINITY
          : Number(chosen);
      };
      const pair: [number, number] = [number(softText, soft), number(hardText ?? '', hard)];
      if (pair.some(Number.isNaN)) {
        await call.complain(`failed to parse ${resource} limit`);
        return 1;
      }
      if (pair[0] > pair[1]) {
        await call.complain(`the soft limit ${resource} cannot exceed the hard limit`);
        return 1;
      }
      if (pid !== 'self' && Number(pid) !== ctx.sys.getpid(ctx)) {
        await call.complain('not simulated: changing the limits of another process');
        return 1;
      }
      try {
        ctx.sys.setrlimit(ctx, resource, ...pair);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`failed to set the ${resource} resource limit: ${error.libc}`);
        return 1;
      }
    }
    if (operands.length > 0) return become(call, operands, undefined, (n, why) => `failed to execute ${n}: ${why}`);
    if (changes.length > 0) return 0;
    const rows = (named.length === 0 ? LIMITS : named).map(([, , row, resource, about, unit]) => [
      resource,
      about,
      ...current(row),
      unit,
    ]);
    const heads = ['RESOURCE', 'DESCRIPTION', 'SOFT', 'HARD', 'UNITS'];
    const table = options.has('noheadings') ? rows : [heads, ...rows];
    const widths = heads.map((_, i) => Math.max(...table.map((row) => (row[i] ?? '').length)));
    for (const row of table)
      await out.write(
        `${row
          .map((cell, i) =>
            i === 2 || i === 3 ? cell.padStart(widths[i] ?? 0) : i === 4 ? cell : cell.padEnd(widths[i] ?? 0),
          )
          .join(' ')
          .trimEnd()}\n`,
      );
    return 0;
  },
);

export const taskset = shortCommand(
  {
    name: 'taskset',
    version: VERSION,
    usage: ['[options] [mask | cpu-list] [pid|cmd [args...]]'],
    about: '\nShow on which CPUs a process may run.',
    stopAtOperand: true,
    options: { 'a,all-tasks': 'all its threads', 'p,pid': 'a process that runs', 'c,cpu-list': 'as a list' },
  },
  async (call) => {
    const { options, operands, out } = call;
    if (!options.has('pid') || operands.length !== 1) {
      if (operands.length === 0) {
        await call.complain(`bad usage\nTry '${call.name} --help' for more information.`);
        return 1;
      }
      await call.complain('not simulated: setting the affinity of a process; use cpuset.cpus of a cgroup');
      return 1;
    }
    const pid = operands[0] as string;
    const status = await ofProcess(call, pid, 'status');
    if (status === null) {
      await call.complain(`failed to get pid ${pid}'s affinity: No such process`);
      return 1;
    }
    const value =
      new RegExp(`^Cpus_allowed${options.has('cpu-list') ? '_list' : ''}:\\t(.*)$`, 'm').exec(status)?.[1] ?? '';
    const shown = options.has('cpu-list')
      ? value.replace(/^(\d+)-(\d+)$/, (all, a, b) => (Number(b) - Number(a) === 1 ? `${a},${b}` : all))
      : value;
    await out.write(`pid ${pid}'s current affinity ${options.has('cpu-list') ? 'list' : 'mask'}: ${shown}\n`);
    return 0;
  },
);

export const ionice = shortCommand(
  {
    name: 'ionice',
    version: VERSION,
    usage: ['[options] -p <pid>...', '[options] <command>'],
    about: '\nShow the I/O scheduling class of a process.',
    stopAtOperand: true,
    options: { 'c,class=CLASS': '', 'n,classdata=NUM': '', 'p,pid': 'a process that runs', 't,ignore': '' },
  },
  async (call) => {
    const { options, operands, out } = call;
    if (options.has('class') || options.has('classdata')) {
      await call.complain('not simulated: setting an I/O class');
      return 1;
    }
    if (operands.length > 0 && !options.has('pid'))
      return become(call, operands, undefined, (n, why) => `failed to execute ${n}: ${why}`);
    for (const pid of operands.length === 0 ? ['self'] : operands) {
      if ((await ofProcess(call, pid, 'status')) === null) {
        await call.complain('ioprio_get failed: No such process');
        return 1;
      }
      await out.write('none: prio 0\n');
    }
    return 0;
  },
);

export const chrt = shortCommand(
  {
    name: 'chrt',
    version: VERSION,
    usage: ['[options] -p <pid>', '[options] [<priority>] <command>'],
    about: '\nShow the scheduling policy of a process.',
    stopAtOperand: true,
    options: {
      'p,pid': 'a process that runs',
      'm,max': 'the ranges of priorities',
      'f,fifo': '',
      'r,rr': '',
      'o,other': '',
      'b,batch': '',
      'i,idle': '',
      'd,deadline': '',
    },
  },
  async (call) => {
    const { options, operands, out } = call;
    if (options.has('max')) {
      for (const [policy, range] of [
        ['OTHER', '0/0'],
        ['FIFO', '1/99'],
        ['RR', '1/99'],
        ['BATCH', '0/0'],
        ['IDLE', '0/0'],
        ['DEADLINE', '0/0'],
      ])
        await out.write(`SCHED_${`${policy}`.padEnd(8)} min/max priority${' '.repeat(8)}: ${range}\n`);
      return 0;
    }
    const [pid] = operands;
    if (!options.has('pid') || operands.length !== 1 || pid === undefined) {
      await call.complain(
        operands.length === 0
          ? `bad usage\nTry '${call.name} --help' for more information.`
          : 'not simulated: setting a scheduling policy',
      );
      return 1;
    }
    if ((await ofProcess(call, pid, 'status')) === null) {
      await call.complain(`failed to get pid ${pid}'s policy: No such process`);
      return 1;
    }
    await out.write(
      `pid ${pid}'s current scheduling policy: SCHED_OTHER\npid ${pid}'s current scheduling priority: 0\n`,
    );
    return 0;
  },
);

export const choom = shortCommand(
  {
    name: 'choom',
    version: VERSION,
    usage: ['[options] -p pid', '[options] -n number -p pid', '[options] -n number [--] command [args...]'],
    about: '\nShow and change how likely the OOM killer is to choose a process.',
    stopAtOperand: true,
    options: { 'n,adjust=NUM': 'the new adjustment', 'p,pid=NUM': 'of this process' },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const pid = options.value('pid');
    const wanted = options.value('adjust');
    if (pid === undefined) {
      if (wanted === undefined || operands.length === 0) {
        await call.complain(
          `${wanted === undefined ? 'no OOM score adjust value specified' : 'no PID or COMMAND specified'}\nTry '${call.name} --help' for more information.`,
        );
        return 1;
      }
      if (!(await adjust(ctx, 'self', wanted, call))) return 1;
      return become(call, operands, undefined, (n, why) => `failed to execute ${n}: ${why}`);
    }
    const before = (await ofProcess(call, pid, 'oom_score_adj'))?.trim();
    if (before === undefined) {
      await call.complain('failed to read OOM score value: No such file or directory');
      return 1;
    }
    if (wanted !== undefined) {
      if (!(await adjust(ctx, pid, wanted, call))) return 1;
      await out.write(`pid ${pid}'s OOM score adjust value changed from ${before} to ${wanted}\n`);
      return 0;
    }
    const score = (await ofProcess(call, pid, 'oom_score'))?.trim();
    await out.write(
      `pid ${pid}'s current OOM score: ${score}\npid ${pid}'s current OOM score adjust value: ${before}\n`,
    );
    return 0;
  },
);

async function adjust(ctx: Context, pid: string, value: string, call: Invocation): Promise<boolean> {
  try {
    await writeFile(ctx, `/proc/${pid}/oom_score_adj`, value);
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await call.complain(`failed to set score adjust value: ${error.libc}`);
    return false;
  }
}
