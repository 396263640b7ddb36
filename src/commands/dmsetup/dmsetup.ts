/** dmsetup: the kernel's device mapper by hand. @models lvm2 2.03.31 libdm/dm-tools/dmsetup.c, libdm/ioctl/libdm-iface.c @fidelity partial: create, remove, suspend, resume, load, reload, message, ls, info, status, table, deps, version, targets; no udev cookies */
import type { DmInfo, DmRequest } from '../../linux/block/device-mapper.ts';
import { TARGETS_NOT_SIMULATED } from '../../linux/block/device-mapper.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, readAll } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { utf8 } from '../../linux/rope.ts';
import { LATENCY } from '../../sim/latency.ts';

const CONTROL = '/dev/mapper/control';
const DIRECTORY = '/dev/mapper/';
/** What an ioctl is called in an error. */
const NAMES: Readonly<Record<DmRequest['op'], string>> = {
  create: 'create',
  load: 'reload',
  suspend: 'suspend',
  resume: 'resume',
  status: 'status',
  table: 'table',
  remove: 'remove',
  message: 'message',
  list: 'names',
};

/** It has been said what is wrong: only `Command failed.` is left. */
class Failed extends Error {}

type Words = { operands: string[]; flags: Set<string>; values: Map<string, string> };

const WITH_VALUE = new Set(['table', 'o', 'separator', 'target', 'uuid', 'u', 'readahead', 'noudevsync-']);

function parse(argv: readonly string[]): Words {
  const words: Words = { operands: [], flags: new Set(), values: new Map() };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (!word.startsWith('-') || word === '-') {
      words.operands.push(word);
      continue;
    }
    const [name = '', inline] = word.replace(/^--?/, '').split(/=(.*)/s);
    if (!WITH_VALUE.has(name)) words.flags.add(name);
    else words.values.set(name, inline ?? argv[++i] ?? '');
  }
  return words;
}

export const dmsetup: Program = {
  name: 'dmsetup',
  startCpuNs: LATENCY.coreutilsStartNs,
  rssBytes: 4_000 << 10,
  async main(ctx, argv) {
    try {
      return (await run(ctx, parse(argv.slice(1)))) ? 0 : 1;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (error.message !== '') await printError(ctx, `${error.message}\n`);
      await printError(ctx, 'Command failed.\n');
      return 1;
    }
  },
};

async function ask(ctx: Context, request: DmRequest): Promise<DmInfo[]> {
  const { sys } = ctx;
  let control: number;
  try {
    control = await sys.open(ctx, CONTROL, { read: true, write: true, closeOnExec: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Failed(
      `${CONTROL}: open failed: ${error.libc}\nFailure to communicate with kernel device-mapper driver.\nCheck that device-mapper is available in the kernel.`,
    );
  }
  try {
    return await sys.deviceMapper(ctx, control, request);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === 'ENXIO' && (request.op === 'status' || request.op === 'table')) return [];
    const name = request.op === 'list' ? '' : request.name;
    throw new Failed(`device-mapper: ${NAMES[request.op]} ioctl on ${name}  failed: ${error.libc}`);
  } finally {
    await sys.close(ctx, control);
  }
}

/** A name, or a path below /dev/mapper, whose device must be there. */
async function nameOf(ctx: Context, given: string): Promise<string> {
  if (!given.includes('/')) return given;
  try {
    await ctx.sys.stat(ctx, given);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Failed(`Device ${given.replace(DIRECTORY, '')} not found`);
  }
  return given.startsWith(DIRECTORY) ? given.slice(DIRECTORY.length) : given.slice(given.lastIndexOf('/') + 1);
}

async function run(ctx: Context, { operands, flags, values }: Words): Promise<boolean> {
  if (flags.has('version')) operands.unshift('version');
  const [verb, first, ...rest] = operands;
  const need = async (): Promise<string> => {
    if (first === undefined) throw new Failed(`Incorrect number of arguments`);
    return nameOf(ctx, first);
  };
  switch (verb) {
    case 'version':
      await print(ctx, 'Library version:   1.02.205 (2025-02-27)\nDriver version:    4.48.0\n');
      return true;
    case 'targets':
      await print(
        ctx,
        'thin-pool        v1.23.0\nthin             v1.23.0\nstriped          v1.6.0\nlinear           v1.4.0\nerror            v1.7.0\n',
      );
      return true;
    case 'create': {
      if (first === undefined) throw new Failed('Please provide a name for the new device.');
      const table =
        values.get('table') ?? (flags.has('notable') || flags.has('n') ? null : await tableFrom(ctx, rest[0]));
      if (table !== null) refuseTarget(table);
      await ask(ctx, { op: 'create', name: first });
      try {
        if (table !== null) {
          await ask(ctx, { op: 'load', name: first, table });
          await ask(ctx, { op: 'resume', name: first });
        }
      } catch (error) {
        await ask(ctx, { op: 'remove', name: first, deferred: false });
        throw error;
      }
      return true;
    }
    case 'load':
    case 'reload': {
      const name = await need();
      const table = values.get('table') ?? (await tableFrom(ctx, rest[0]));
      refuseTarget(table);
      await ask(ctx, { op: 'load', name, table });
      return true;
    }
    case 'remove':
      if (first === undefined) throw new Failed('Incorrect number of arguments');
      for (const given of [first, ...rest]) {
        const name = await nameOf(ctx, given);
        await retried(ctx, flags.has('retry'), () => ask(ctx, { op: 'remove', name, deferred: flags.has('deferred') }));
      }
      return true;
    case 'suspend':
    case 'resume':
      await ask(ctx, { op: verb, name: await need() });
      return true;
    case 'message': {
      const name = await need();
      const [sector = '', ...message] = rest;
      if (!/^\d+$/.test(sector)) throw new Failed('Invalid sector.');
      if (message.length === 0) throw new Failed('No message supplied.');
      await ask(ctx, { op: 'message', name, message: message.join(' ') });
      return true;
    }
    case 'ls': {
      const devices = await ofTarget(ctx, values.get('target'));
      if (devices.length === 0) await print(ctx, 'No devices found\n');
      for (const { name, number } of devices) await print(ctx, `${name}\t(${number.join(':')})\n`);
      return true;
    }
    case 'status':
    case 'table': {
      const all =
        first === undefined ? await ofTarget(ctx, values.get('target')) : [{ name: await nameOf(ctx, first) }];
      if (all.length === 0) await print(ctx, 'No devices found\n');
      for (const { name } of all) {
        const [info] = await ask(ctx, { op: verb, name });
        if (info === undefined) throw new Failed('Device does not exist.');
        await print(ctx, `${first === undefined ? `${name}: ` : ''}${info.line}\n`);
      }
      return true;
    }
    case 'deps':
    case 'info': {
      const all = first === undefined ? await ask(ctx, { op: 'list' }) : [];
      if (first !== undefined) {
        const [info] = await ask(ctx, { op: 'status', name: await nameOf(ctx, first) });
        if (info === undefined) {
          if (!flags.has('c') && !flags.has('C') && !flags.has('columns')) {
            await print(ctx, 'Device does not exist.\n');
            throw new Failed('');
          }
          throw new Failed('Device does not exist.');
        }
        all.push(info);
      }
      if (all.length === 0) await print(ctx, 'No devices found\n');
      else if (flags.has('c') || flags.has('C') || flags.has('columns'))
        await print(ctx, columnsOf(all, flags, values));
      else for (const info of all) await print(ctx, described(info));
      return true;
    }
    default:
      await printError(
        ctx,
        verb === undefined ? 'Usage:\n\ndmsetup [OPTIONS] COMMAND [ARGUMENTS]\n' : `Unknown command\n`,
      );
      if (verb !== undefined) throw new Failed('');
      return false;
  }
}

async function tableFrom(ctx: Context, path: string | undefined): Promise<string> {
  if (path === undefined) return utf8(await readAll(ctx, 0));
  const fd = await ctx.sys.open(ctx, path, { read: true });
  try {
    return utf8(await readAll(ctx, fd));
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

/** What the kernel of the model has not, though a real one has. */
function refuseTarget(table: string): void {
  const type = table.trim().split(/\s+/)[2] ?? '';
  if (TARGETS_NOT_SIMULATED.includes(type)) throw new Failed(`not simulated: device-mapper target ${type}`);
}

const RETRIES_MAX = 25;
const RETRY_NS = 200_000_000;

async function retried(ctx: Context, again: boolean, body: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await body();
      return;
    } catch (error) {
      if (!again || tries >= RETRIES_MAX || !(error instanceof Failed) || !error.message.endsWith('busy')) throw error;
    }
    await ctx.sleep(RETRY_NS);
  }
}

async function ofTarget(ctx: Context, target: string | undefined): Promise<DmInfo[]> {
  const all = await ask(ctx, { op: 'list' });
  if (target === undefined) return all;
  const found: DmInfo[] = [];
  for (const device of all) {
    const [info] = await ask(ctx, { op: 'status', name: device.name });
    if (info?.line.split(' ')[2] === target) found.push(device);
  }
  return found;
}

const attributes = ({ live, inactive, suspended }: DmInfo): string =>
  `${live ? 'L' : '-'}${inactive ? 'I' : '-'}${suspended ? 's' : '-'}w`;

const FIELDS: Readonly<Record<string, readonly [heading: string, value: (info: DmInfo) => string]>> = {
  name: ['Name', ({ name }) => name],
  blkdevname: ['BlkDevName', ({ blockName }) => blockName],
  major: ['Maj', ({ number }) => String(number[0])],
  minor: ['Min', ({ number }) => String(number[1])],
  attr: ['Stat', attributes],
  open: ['Open', ({ openCount }) => String(openCount)],
  segments: ['Targ', ({ live }) => (live ? '1' : '0')],
  events: ['Event', ({ events }) => String(events)],
  uuid: ['UUID', () => ''],
};

function columnsOf(all: readonly DmInfo[], flags: ReadonlySet<string>, values: ReadonlyMap<string, string>): string {
  const wanted = (values.get('o') ?? 'name,major,minor,attr,open,segments,events,uuid').split(',');
  const unknown = wanted.find((name) => FIELDS[name] === undefined);
  if (unknown !== undefined) throw new Failed(`not simulated: dmsetup info -o ${unknown}`);
  const fields = wanted.map((name) => FIELDS[name] as (typeof FIELDS)[string]);
  const rows = all.map((info) => fields.map(([, value]) => value(info)));
  const separator = values.get('separator');
  const headings = flags.has('noheadings') ? [] : [fields.map(([heading]) => heading)];
  const lines = [...headings, ...rows];
  if (separator !== undefined) return lines.map((cells) => `${cells.join(separator)}\n`).join('');
  const widths = fields.map((_, i) => Math.max(...lines.map((cells) => (cells[i] as string).length)));
  return lines.map((cells) => `${cells.map((cell, i) => cell.padEnd(widths[i] as number)).join(' ')}\n`).join('');
}

function described(info: DmInfo): string {
  const tables = [info.live ? 'LIVE' : '', info.inactive ? 'INACTIVE' : ''].filter((word) => word !== '').join(' & ');
  const lines: readonly (readonly [string, string])[] = [
    ['Name:', info.name],
    ['State:', info.suspended ? 'SUSPENDED' : 'ACTIVE'],
    ['Read Ahead:', '256'],
    ['Tables present:', tables === '' ? 'None' : tables],
    ['Open count:', String(info.openCount)],
    ['Event number:', String(info.events)],
    ['Major, minor:', info.number.join(', ')],
    ['Number of targets:', info.live ? '1' : '0'],
  ];
  return `${lines.map(([key, value]) => `${key.padEnd(19)}${value}\n`).join('')}\n`;
}
