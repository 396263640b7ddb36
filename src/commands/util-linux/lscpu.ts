/** lscpu. @models util-linux 2.41 sys-utils/lscpu.c @fidelity partial: what /proc/cpuinfo and sysfs say; no caches, vulnerabilities or -J */
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';
import { shortCommand } from '../common/short-command.ts';

type Cpu = { number: number; core: number; socket: number };

async function cpus(ctx: Context, info: string): Promise<Cpu[]> {
  const out: Cpu[] = [];
  for (const match of info.matchAll(/^processor\s*: (\d+)/gm)) {
    const number = Number(match[1]);
    const topology = `/sys/devices/system/cpu/cpu${number}/topology`;
    const read = async (name: string): Promise<number> =>
      Number((await readFile(ctx, `${topology}/${name}`).catch(() => '0')).trim());
    out.push({ number, core: await read('core_id'), socket: await read('physical_package_id') });
  }
  return out;
}

export const lscpu = shortCommand(
  {
    name: 'lscpu',
    version: 'util-linux) 2.41',
    usage: ['[options]'],
    about: '\nShow what kind of processors there are.',
    options: {
      'a,all': 'offline ones too',
      'b,online': 'online ones only',
      'e,extended[=LIST]': 'a table, one CPU a line',
      'p,parse[=LIST]': 'a table for programs',
    },
  },
  async ({ ctx, options, out }) => {
    const info = await readFile(ctx, '/proc/cpuinfo');
    const list = await cpus(ctx, info);
    if (options.has('extended')) {
      await out.write('CPU NODE SOCKET CORE ONLINE\n');
      for (const c of list)
        await out.write(
          `${String(c.number).padStart(3)}    0 ${String(c.socket).padStart(6)} ${String(c.core).padStart(4)}    yes\n`,
        );
      return 0;
    }
    if (options.has('parse')) {
      await out.write(
        '# One line for each CPU; equal numbers in a column are the same thing, counted from zero.\n# CPU,Core,Socket,Node\n',
      );
      for (const c of list) await out.write(`${c.number},${c.core},${c.socket},0\n`);
      return 0;
    }
    const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(info)?.[1] ?? '';
    const { machine } = await ctx.sys.uname(ctx);
    const sockets = new Set(list.map((c) => c.socket)).size;
    const cores = new Set(list.map((c) => `${c.socket}/${c.core}`)).size;
    const flags = field('flags').split(' ');
    const rows: [string, string][] = [
      ['Architecture:', machine],
      ['CPU op-mode(s):', flags.includes('lm') ? '32-bit, 64-bit' : '64-bit'],
      ['Byte Order:', 'Little Endian'],
      ['CPU(s):', String(list.length)],
      ['On-line CPU(s) list:', list.length > 1 ? `0-${list.length - 1}` : '0'],
      ['Vendor ID:', field('vendor_id')],
      ['Model name:', field('model name')],
      ['CPU family:', field('cpu family')],
      ['Model:', field('model')],
      ['Thread(s) per core:', String(list.length / cores)],
      ['Core(s) per socket:', String(cores / sockets)],
      ['Socket(s):', String(sockets)],
      ['Stepping:', field('stepping')],
      ['BogoMIPS:', field('bogomips')],
      ['Flags:', flags.join(' ')],
      ...(flags.includes('vmx') ? [['Virtualization:', 'VT-x'] as [string, string]] : []),
      ['NUMA node(s):', '1'],
      ['NUMA node0 CPU(s):', list.length > 1 ? `0-${list.length - 1}` : '0'],
    ];
    const width = Math.max(...rows.map(([key]) => key.length)) + 1;
    for (const [key, value] of rows) await out.write(`${key.padEnd(width)}${value}\n`);
    return 0;
  },
);
