/** whereis, namei, uuidgen, mcookie, swapon, hwclock, blkid. @models util-linux 2.41 misc-utils, sys-utils @fidelity partial: there is no swap space here, so its list is empty */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { strftime } from '../common/dates.ts';
import { modeString } from '../common/modes.ts';
import { shortCommand } from '../common/short-command.ts';
import { nameTables } from '../common/users.ts';
import { readMounts } from './mount-table.ts';
import { ext4Uuid } from './probe.ts';

const VERSION = 'util-linux) 2.41';
const PLACES = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib',
  '/etc',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt',
  '/usr/share',
  '/usr/share/man/man1',
  '/usr/share/man/man8',
];

export const whereis = shortCommand(
  {
    name: 'whereis',
    version: VERSION,
    usage: ['[options] [-BMS <dir>... -f] <name>'],
    about: '\nFind the program, source and manual page of a command.',
    options: { b: 'programs only', m: 'manuals only', s: 'sources only', u: '', l: 'print where it looks' },
  },
  async ({ ctx, options, operands, out }) => {
    if (options.has('l'))
      for (const place of PLACES) await out.write(`${place.includes('/man') ? 'man' : 'bin'}: ${place}\n`);
    for (const operand of operands) {
      const name = operand.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
      const found: string[] = [];
      for (const place of PLACES) {
        const entries = await ctx.sys.readDirectory(ctx, place).catch((error: unknown) => {
          if (isErrno(error)) return [];
          throw error;
        });
        for (const entry of entries)
          if (entry.name === name || entry.name.startsWith(`${name}.`)) found.push(`${place}/${entry.name}`);
      }
      await out.write(`${name}:${found.map((path) => ` ${path}`).join('')}\n`);
    }
    return 0;
  },
);

const LETTERS: Readonly<Record<string, string>> = {
  directory: 'd',
  symlink: 'l',
  file: '-',
  char: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
};

export const namei = shortCommand(
  {
    name: 'namei',
    version: VERSION,
    usage: ['[options] <pathname>...'],
    about: '\nFollow a path name to its end.',
    options: {
      'l,long': 'modes and owners',
      'm,modes': 'modes',
      'o,owners': 'owners',
      'x,mountpoints': '',
      'n,nosymlinks': 'do not follow links',
      'v,vertical': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const names = await nameTables(ctx);
    const modes = options.has('long') || options.has('modes');
    const owners = options.has('long') || options.has('owners');
    let status = 0;
    const walk = async (base: string, path: string, depth: number): Promise<boolean> => {
      let at = path.startsWith('/') ? '/' : base;
      const parts = [...(path.startsWith('/') ? ['/'] : []), ...path.split('/').filter((p) => p !== '')];
      for (const part of parts) {
        const full = part === '/' ? '/' : `${at.replace(/\/$/, '')}/${part}`;
        let line = '';
        try {
          const stat = await ctx.sys.lstat(ctx, full);
          const kind = LETTERS[stat.type] ?? '?';
          if (modes) line += `${modeString(stat)} `;
          else line += `${' '.repeat(depth)}${kind} `;
          if (owners) line += `${names.user(stat.uid).padEnd(4)} ${names.group(stat.gid).padEnd(4)} `;
          if (modes) line += ' '.repeat(depth);
          if (stat.type === 'symlink') {
            const target = await ctx.sys.readlink(ctx, full);
            await out.write(`${line}${part} -> ${target}\n`);
            if (!options.has('nosymlinks') && !(await walk(at, target, depth + 2))) return false;
            at = await ctx.sys
              .readlink(ctx, full)
              .then((t) => (t.startsWith('/') ? t : `${at.replace(/\/$/, '')}/${t}`));
            continue;
          }
          await out.write(`${line}${part}\n`);
        } catch (error) {
          if (!isErrno(error)) throw error;
          await out.write(`${modes ? '              ' : `${' '.repeat(depth)}  `}${part} - ${error.libc}\n`);
          status = 1;
          return false;
        }
        at = full;
      }
      return true;
    };
    for (const operand of operands) {
      await out.write(`f: ${operand}\n`);
      await walk(await ctx.sys.getcwd(ctx), operand, options.has('long') ? 0 : 1);
    }
    return status;
  },
);

export const uuidgen = shortCommand(
  {
    name: 'uuidgen',
    version: VERSION,
    usage: ['[options]'],
    about: '\nMake a UUID.',
    options: { 'r,random': 'a random one', 't,time': '' },
  },
  async ({ ctx, out }) => {
    await out.write(await readFile(ctx, '/proc/sys/kernel/random/uuid'));
    return 0;
  },
);

export const mcookie = shortCommand(
  {
    name: 'mcookie',
    version: VERSION,
    usage: ['[options]'],
    about: '\nMake a 128-bit random number.',
    options: { 'f,file=FILE': '', 'v,verbose': '' },
  },
  async ({ ctx, out }) => {
    await out.write(`${ctx.random.hex(32)}\n`);
    return 0;
  },
);

export const swapon = shortCommand(
  {
    name: 'swapon',
    version: VERSION,
    usage: ['[options] [<spec>]'],
    about: '\nShow or enable swap space.',
    options: {
      'a,all': 'all of /etc/fstab',
      's,summary': 'what is in use',
      'show[=COLUMNS]': 'what is in use',
      noheadings: '',
      bytes: '',
      'v,verbose': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands.length > 0) {
      const [path = ''] = operands;
      const why = await ctx.sys.stat(ctx, path).then(
        () => 'read swap header failed',
        (error: unknown) => (isErrno(error) ? `cannot open ${path}: ${error.libc}` : Promise.reject(error)),
      );
      await call.complain(why.startsWith('cannot') ? why : `${path}: ${why}`);
      return 255;
    }
    const swaps = await readFile(ctx, '/proc/swaps');
    if (options.has('summary') && swaps.trim().split('\n').length > 1) await out.write(swaps);
    return 0;
  },
);

export const swapoff = shortCommand(
  {
    name: 'swapoff',
    version: VERSION,
    usage: ['[options] [<spec>]'],
    about: '\nDisable swap space.',
    options: { 'a,all': 'all that is in use', 'v,verbose': '' },
  },
  async (call) => {
    const { options, operands } = call;
    if (options.has('all')) return 0;
    const [path] = operands;
    if (path === undefined) {
      await call.complain(`bad usage\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    await call.complain(`${path}: swapoff failed: Invalid argument`);
    return 4;
  },
);

export const hwclock = shortCommand(
  {
    name: 'hwclock',
    version: VERSION,
    usage: ['[function] [option...]'],
    about: '\nShow the hardware clock.',
    options: {
      'r,show': 'show the time',
      'w,systohc': 'set it from the system clock',
      's,hctosys': 'set the system clock from it',
      'u,utc': '',
      'v,verbose': '',
    },
  },
  async ({ ctx, options, out }) => {
    if (options.has('systohc') || options.has('hctosys')) return 0;
    const us = (ctx.wallTime / 1000n) % 1_000_000n;
    await out.write(`${strftime('%Y-%m-%d %H:%M:%S', ctx.wallTime)}.${String(us).padStart(6, '0')}+00:00\n`);
    return 0;
  },
);

async function blockDevices(ctx: Context): Promise<string[]> {
  try {
    return (await ctx.sys.readDirectory(ctx, '/sys/block')).map(({ name }) => `/dev/${name}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return [];
  }
}

/** The identity of a file system: made from what it is on, the same each time. */
async function identity(ctx: Context, device: string): Promise<string> {
  const machine = (await readFile(ctx, '/etc/machine-id').catch(() => '')).trim().padEnd(32, '0');
  let seed = 7;
  for (const letter of device) seed = (seed * 31 + letter.charCodeAt(0)) % 0xffffffff;
  const head = seed.toString(16).padStart(8, '0').slice(0, 8);
  return `${head}-${machine.slice(0, 4)}-4${machine.slice(5, 8)}-8${machine.slice(9, 12)}-${machine.slice(12, 24)}`;
}

export const blkid = shortCommand(
  {
    name: 'blkid',
    version: VERSION,
    usage: ['[options] [<dev> ...]'],
    about: '\nShow what block devices hold.',
    options: {
      'o,output=FORMAT': 'full, value, list, device, udev or export',
      's,match-tag=TAG': 'only this tag',
      'L,label=LABEL': '',
      'U,uuid=UUID': '',
      'p,probe': '',
      'k,list-filesystems': '',
    },
  },
  async ({ ctx, options, operands, out }) => {
    const seen = new Map<string, string>();
    for (const { source, type } of await readMounts(ctx)) if (source.startsWith('/dev/')) seen.set(source, type);
    const probed = new Map<string, string>();
    for (const device of operands.length > 0 ? operands : await blockDevices(ctx)) {
      const uuid = await ext4Uuid(ctx, device);
      if (uuid === null) continue;
      seen.set(device, 'ext4');
      probed.set(device, uuid);
    }
    const format = options.value('output') ?? 'full';
    const tag = options.value('match-tag');
    let status = operands.length > 0 || seen.size === 0 ? 2 : 0;
    for (const [device, type] of seen) {
      if (operands.length > 0 && !operands.includes(device)) continue;
      status = 0;
      const partition = /\d$/.test(device) && !probed.has(device);
      const tags = Object.entries({
        UUID: probed.get(device) ?? (await identity(ctx, device)),
        BLOCK_SIZE: '4096',
        TYPE: type,
        ...(partition ? { PARTUUID: (await identity(ctx, `${device}p`)).slice(0, 8) + '-01' } : {}),
      }).filter(([key]) => tag === undefined || key === tag);
      if (format === 'device') await out.write(`${device}\n`);
      else if (format === 'value') await out.write(tags.map(([, value]) => `${value}\n`).join(''));
      else if (format === 'export')
        await out.write(`DEVNAME=${device}\n${tags.map(([key, value]) => `${key}=${value}\n`).join('')}`);
      else await out.write(`${device}: ${tags.map(([key, value]) => `${key}="${value}"`).join(' ')}\n`);
    }
    return status;
  },
);
