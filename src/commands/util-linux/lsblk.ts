/** @models util-linux 2.41 misc-utils/lsblk.c @fidelity partial: the columns below */
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';
import { shortCommand } from '../common/short-command.ts';
import { renderJson, renderTable, type TableColumn, type TableRow } from '../common/smart-table.ts';
import { readMounts } from './mount-table.ts';

const COLUMNS = ['NAME', 'MAJ:MIN', 'RM', 'SIZE', 'RO', 'TYPE', 'MOUNTPOINTS'];

type Device = { name: string; number: string; bytes: number; type: string; readOnly: boolean; parts: Device[] };

/** From /proc/partitions: a name with another device's name in front of its number is a partition of it. */
function devices(text: string): Device[] {
  const all: Device[] = [];
  for (const line of text.split('\n').slice(2)) {
    const [major = '', minor = '', blocks = '', name = ''] = line.trim().split(/\s+/);
    if (name === '') continue;
    const device: Device = {
      name,
      number: `${major}:${minor}`,
      bytes: Number(blocks) * 1024,
      type: typeOf(name),
      readOnly: false,
      parts: [],
    };
    const whole = all.find(
      (d) =>
        !d.name.startsWith('loop') &&
        !d.name.startsWith('dm-') &&
        name.startsWith(d.name) &&
        /^p?\d+$/.test(name.slice(d.name.length)),
    );
    if (whole !== undefined) device.type = 'part';
    (whole?.parts ?? all).push(device);
  }
  return all;
}

const typeOf = (name: string): string => (name.startsWith('loop') ? 'loop' : name.startsWith('dm-') ? 'dm' : 'disk');

/** From /sys/block: the names that the device mapper gave, what is read-only, and what lies on what. */
async function withHolders(ctx: Context, all: Device[]): Promise<Device[]> {
  const { sys } = ctx;
  const held = new Set<Device>();
  const text = (path: string): Promise<string> => readFile(ctx, path).then((t) => t.trim());
  for (const { name } of await sys.readDirectory(ctx, '/sys/block')) {
    const device = all.flatMap((one) => [one, ...one.parts]).find((one) => one.name === name);
    if (device === undefined) continue;
    device.readOnly = (await text(`/sys/block/${name}/ro`)) === '1';
    for (const { name: slave } of await sys.readDirectory(ctx, `/sys/block/${name}/slaves`)) {
      all.find((one) => one.name === slave)?.parts.push(device);
      held.add(device);
    }
  }
  for (const device of all) if (device.type === 'dm') device.name = await text(`/sys/block/${device.name}/dm/name`);
  return all.filter((device) => !held.has(device));
}

/** `40G`, `1.5M`: rounded to one digit, as lsblk has it. */
export function sizeText(bytes: number): string {
  const letters = ['B', 'K', 'M', 'G', 'T'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < letters.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${(Math.round(value * 10) / 10).toString()}${letters[unit]}`;
}

export const lsblk = shortCommand(
  {
    name: 'lsblk',
    version: 'util-linux) 2.41',
    usage: ['[options] [<device> ...]'],
    about: '\nList block devices.',
    options: {
      'a,all': 'empty devices too',
      'b,bytes': 'sizes in bytes',
      'd,nodeps': 'no partitions',
      'J,json': 'JSON',
      'l,list': 'a list, not a tree',
      'n,noheadings': 'no headings',
      'o,output=LIST': 'which columns',
      'p,paths': 'whole paths of devices',
      'r,raw': 'raw output',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const names = (options.value('output')?.toUpperCase().split(',') ?? COLUMNS).map((n) =>
      n === 'MOUNTPOINT' ? 'MOUNTPOINTS' : n,
    );
    const bad = names.find((n) => ![...COLUMNS, 'FSTYPE'].includes(n));
    if (bad !== undefined) {
      await call.complain(`unknown column: ${bad}`);
      return 1;
    }
    const mounts = await readMounts(ctx);
    const value = (name: string, device: Device): string => {
      const mounted = mounts.filter((m) => m.device === device.number && m.root === '/');
      switch (name) {
        case 'NAME':
          return options.has('paths') ? `/dev/${device.type === 'dm' ? 'mapper/' : ''}${device.name}` : device.name;
        case 'MAJ:MIN':
          return device.number;
        case 'SIZE':
          return options.has('bytes') ? String(device.bytes) : sizeText(device.bytes);
        case 'TYPE':
          return device.type;
        case 'RO':
          return device.readOnly ? '1' : '0';
        case 'MOUNTPOINTS':
          return mounted.map((m) => m.target).at(0) ?? '';
        case 'FSTYPE':
          return mounted[0]?.type ?? '';
        default:
          return '0';
      }
    };
    const rowOf = (device: Device): TableRow => ({
      cells: names.map((name) => value(name, device)),
      children: options.has('nodeps') ? [] : device.parts.map(rowOf),
    });
    const wanted = operands.map((operand) => operand.replace(/^\/dev\//, ''));
    const all = await withHolders(ctx, devices(await readFile(ctx, '/proc/partitions')));
    const missing = wanted.find((name) => !all.some((d) => d.name === name || d.parts.some((p) => p.name === name)));
    if (missing !== undefined) {
      await call.complain(`${missing}: not a block device`);
      return 32;
    }
    const roots =
      wanted.length === 0
        ? all.map(rowOf)
        : all.flatMap((device) => [
            ...(wanted.includes(device.name) ? [rowOf(device)] : []),
            ...device.parts.filter((part) => wanted.includes(part.name)).map(rowOf),
          ]);
    const columns: TableColumn[] = names.map((name) => ({
      name,
      ...(['MAJ:MIN', 'RM', 'SIZE', 'RO'].includes(name) ? { right: true } : {}),
    }));
    if (options.has('json')) {
      await out.write(renderJson('blockdevices', columns, roots, new Set()));
      return 0;
    }
    const tree = !options.has('list') && !options.has('raw');
    const flat = (rows: readonly TableRow[]): TableRow[] =>
      rows.flatMap((row) => [{ ...row, children: [] }, ...flat(row.children)]);
    await out.write(
      renderTable(columns, tree ? roots : flat(roots), {
        treeColumn: tree ? names.indexOf('NAME') : -1,
        headings: !options.has('noheadings'),
        raw: options.has('raw'),
      }),
    );
    return 0;
  },
);
